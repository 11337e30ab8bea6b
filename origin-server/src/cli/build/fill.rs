//! Brings a collection to what there is now: writes what has changed, deletes what has gone, publishes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use headwater_core::compaction::Extent;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::limits::MAX_BATCH_POINTS;
use headwater_core::model::{Point, PublishReceipt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{FOLDED_BYTES, PUBLISH_AT};
use crate::cli::meter::Meter;
use crate::collection::{Collection, blocking};

/// Points that are compared and embedded together.
const BATCH: usize = 256;
/// How often it is looked how far a publish is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What was done.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Changes {
    pub(super) written: u64,
    pub(super) removed: u64,
    /// Points whose id another one had before them: these are not taken.
    pub(super) doubles: u64,
}

/// Points on their way from what reads them.
pub(super) type Points = mpsc::Receiver<Result<Vec<Point>>>;

/// Reads points in a thread of its own, and hands them over in batches, few at a time.
pub(super) fn batches<I>(points: impl FnOnce() -> Result<I> + Send + 'static) -> Points
where
    I: Iterator<Item = Result<Point>>,
{
    let (send, receive) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        let points = match points() {
            Ok(points) => points,
            Err(error) => return drop(send.blocking_send(Err(error))),
        };
        let mut batch = Vec::with_capacity(BATCH);
        for point in points {
            match point {
                Ok(point) => batch.push(point),
                Err(error) => return drop(send.blocking_send(Err(error))),
            }
            if batch.len() == BATCH && send.blocking_send(Ok(std::mem::take(&mut batch))).is_err() {
                return;
            }
        }
        drop(send.blocking_send(Ok(batch)));
    });
    receive
}

/// Takes all points that there are, and publishes the difference.
pub(super) async fn fill(
    this: &Arc<Collection>,
    mut points: Points,
    meter: &mut Meter,
    total: u64,
) -> Result<(Changes, PublishReceipt)> {
    // Nobody searches here, so nothing need be quick to search before it is published.
    this.stop_sealing();
    if this.status().pending > 0 {
        // Of a build that was stopped. What is not meant to be there goes with the next version.
        publish(this, meter).await?;
    }
    let snapshot = this.snapshot();
    let mut gone: HashSet<String> = blocking(move || Ok(snapshot.live_ids()?.into_iter().collect())).await?;
    let is_new = gone.is_empty();
    let (mut changes, mut seen, mut done) = (Changes::default(), HashSet::<[u8; 16]>::new(), 0);
    let mut writes: JoinSet<Result<u64>> = JoinSet::new();
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    while let Some(batch) = points.recv().await {
        let mut batch = batch?;
        let count = batch.len();
        batch.retain(|point| seen.insert(short(&point.id)));
        changes.doubles += (count - batch.len()) as u64;
        for point in &batch {
            gone.remove(&point.id);
        }
        while writes.len() >= most {
            changes.written += finished(&mut writes).await?;
        }
        let collection = Arc::clone(this);
        writes.spawn(async move { write_changed(&collection, batch, is_new).await });
        done += count as u64;
        meter.set(done, total);
        if this.pending_bytes() > PUBLISH_AT {
            while !writes.is_empty() {
                changes.written += finished(&mut writes).await?;
            }
            publish(this, meter).await?;
        }
    }
    while !writes.is_empty() {
        changes.written += finished(&mut writes).await?;
    }
    let gone: Vec<String> = gone.into_iter().collect();
    for ids in gone.chunks(MAX_BATCH_POINTS) {
        changes.removed += this.delete(ids.to_vec()).await?.count;
    }
    let receipt = publish(this, meter).await?;
    Ok((changes, receipt))
}

/// Writes those of a batch that are not there as they are.
async fn write_changed(collection: &Arc<Collection>, mut batch: Vec<Point>, is_new: bool) -> Result<u64> {
    if !is_new {
        let ids: Vec<String> = batch.iter().map(|point| point.id.clone()).collect();
        let held = collection.get_many(&ids).await?;
        let mut held = held.into_iter();
        batch.retain(|point| held.next().flatten().as_ref() != Some(point));
    }
    if batch.is_empty() {
        return Ok(0);
    }
    Ok(collection.upsert(batch).await?.count)
}

async fn finished(writes: &mut JoinSet<Result<u64>>) -> Result<u64> {
    let joined = writes.join_next().await.unwrap_or(Ok(Ok(0)));
    joined.map_err(|_| Error::new(Code::Internal, "a write ended unexpectedly"))?
}

/// Publishes, and shows how far that is.
async fn publish(collection: &Arc<Collection>, meter: &mut Meter) -> Result<PublishReceipt> {
    let publishing = collection.publish_compacting(Extent::TiersWithin(FOLDED_BYTES));
    tokio::pin!(publishing);
    loop {
        tokio::select! {
            receipt = &mut publishing => return receipt,
            () = tokio::time::sleep(LOOK_EVERY) => meter.phase(&collection.publish_progress()),
        }
    }
}

fn short(id: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.iter_mut().zip(Hash::of(id.as_bytes()).as_bytes()).for_each(|(to, from)| *to = *from);
    short
}
