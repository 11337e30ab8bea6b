//! Writes on their way to the queue: room found for them, checked against the schema, embedded, normalised.

use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Lsn, check_point_id};
use headwater_core::ingest::{PreparedPoint, check_arriving, prepare};
use headwater_core::limits::MAX_BATCH_POINTS;
use headwater_core::memtable::Memtable;
use headwater_core::model::{Point, Schema, WriteReceipt};
use tokio::sync::oneshot;

use super::writer::{Command, Write};
use super::{Collection, blocking};
use crate::store::Op;

/// What became of the leading points of a batch.
pub struct Leading {
    /// For the points before the first refused one.
    pub receipt: WriteReceipt,
    /// Position of the first refused point, and why.
    pub refused: Option<(usize, Error)>,
}

/// Whether a write may be refused because much is unpublished already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    Limited,
    /// It is one of several that belong together, and to stop between them would be worse.
    Unlimited,
}

/// Points that passed, and the first that did not.
struct Checked {
    ops: Vec<Op>,
    prepared: Vec<Option<Arc<PreparedPoint>>>,
    refused: Option<(usize, Error)>,
}

impl Collection {
    /// Puts points, all or none, and returns when they are durable and searchable.
    pub async fn upsert(self: &Arc<Self>, points: Vec<Point>) -> Result<WriteReceipt> {
        check_batch(points.len())?;
        self.check_room(points.len())?;
        let checked = self.check(points, check_arriving).await?;
        match checked.refused {
            Some((index, error)) => Err(error.context(format_args!("points[{index}]"))),
            None => self.enqueue(checked.ops, checked.prepared).await,
        }
    }

    /// Before work is put into a write that would be refused.
    fn check_room(&self, points: usize) -> Result<()> {
        if points == 0 { Ok(()) } else { self.account.check_room() }
    }

    /// Puts points up to the first that is refused.
    pub async fn upsert_leading(self: &Arc<Self>, points: Vec<Point>) -> Result<Leading> {
        check_batch(points.len())?;
        self.check_room(points.len())?;
        let checked = self.check(points, check_arriving).await?;
        let receipt = self.enqueue(checked.ops, checked.prepared).await?;
        Ok(Leading { receipt, refused: checked.refused })
    }

    /// Deletes points; ids that no point has are no error, and not counted.
    pub async fn delete(&self, ids: Vec<String>) -> Result<WriteReceipt> {
        check_batch(ids.len())?;
        for (index, id) in ids.iter().enumerate() {
            check_point_id(id).map_err(|e| e.context(format_args!("ids[{index}]")))?;
        }
        let prepared = vec![None; ids.len()];
        self.enqueue(ids.into_iter().map(Op::Delete).collect(), prepared).await
    }

    /// Embedding takes time: it does not run where requests are answered.
    async fn check(self: &Arc<Self>, points: Vec<Point>, first: fn(&Point, &Schema) -> Result<()>) -> Result<Checked> {
        let snapshot = self.snapshot();
        blocking(move || {
            let capacity = points.len();
            let (mut ops, mut prepared) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
            for (index, point) in points.into_iter().enumerate() {
                let schema = snapshot.schema();
                match first(&point, schema).and_then(|()| prepare(point.clone(), schema, snapshot.models())) {
                    Ok(passed) => prepared.push(Some(Arc::new(passed))),
                    Err(error) => return Ok(Checked { ops, prepared, refused: Some((index, error)) }),
                }
                ops.push(Op::Upsert(point));
            }
            Ok(Checked { ops, prepared, refused: None })
        })
        .await
    }

    async fn enqueue(&self, ops: Vec<Op>, prepared: Vec<Option<Arc<PreparedPoint>>>) -> Result<WriteReceipt> {
        if ops.is_empty() {
            return Ok(WriteReceipt { lsn: self.read().lsn(), count: 0 });
        }
        self.make_durable(ops, prepared, None, Room::Limited).await
    }

    /// Puts and deletes points as they have to be again, but leaves alone what was changed after an operation. However
    /// much is unpublished already: half a way back helps nobody.
    pub(super) async fn restore(
        self: &Arc<Self>,
        points: Vec<Point>,
        gone: Vec<String>,
        unless_after: Lsn,
    ) -> Result<()> {
        // What was asked of them when they came is not asked again.
        let mut checked = self.check(points, |_, _| Ok(())).await?;
        if let Some((index, error)) = checked.refused {
            return Err(error.context(format_args!("points[{index}]")));
        }
        checked.prepared.extend(gone.iter().map(|_| None));
        checked.ops.extend(gone.into_iter().map(Op::Delete));
        if !checked.ops.is_empty() {
            self.make_durable(checked.ops, checked.prepared, Some(unless_after), Room::Unlimited).await?;
        }
        Ok(())
    }

    /// Hands operations to the writer, and returns when they are durable.
    async fn make_durable(
        &self,
        ops: Vec<Op>,
        prepared: Vec<Option<Arc<PreparedPoint>>>,
        unless_after: Option<Lsn>,
        room: Room,
    ) -> Result<WriteReceipt> {
        let changes = ops.iter().zip(&prepared);
        let bytes = changes.map(|(op, point)| Memtable::bytes_of(op.id(), point.as_deref())).sum();
        let room = match room {
            Room::Limited => self.account.reserve(bytes)?,
            Room::Unlimited => self.account.reserve_anyway(bytes),
        };
        let (done, outcome) = oneshot::channel();
        let closed = || Error::new(Code::Closed, "the collection was deleted, or the server is stopping");
        let write = Write { ops, prepared, unless_after, room, done };
        self.queue.send(Command::Write(write)).await.map_err(|_| closed())?;
        outcome.await.map_err(|_| closed())?
    }
}

fn check_batch(count: usize) -> Result<()> {
    if count > MAX_BATCH_POINTS {
        let message =
            format!("a batch has at most {MAX_BATCH_POINTS} points, this one {count}; send several, or stream NDJSON");
        return Err(Error::new(Code::LimitExceeded, message));
    }
    Ok(())
}
