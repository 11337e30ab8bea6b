//! Group commit: one durable batch for everything that waits.
//!
//! One task takes all commands of a collection in turn, so between two of them the point store and
//! the memtable agree: that is when a publish freezes them.
//!
//! Owns: the next number of the log. Does not own: the memtable, which it changes under its lock.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use headwater_core::error::{Error, Result};
use headwater_core::ids::Lsn;
use headwater_core::ingest::PreparedPoint;
use headwater_core::memtable::Memtable;
use headwater_core::model::WriteReceipt;
use headwater_core::snapshot::Snapshot;
use tokio::sync::{mpsc, oneshot};

use super::Collection;
use crate::pending::Reservation;
use crate::store::{Op, Points};

/// Operations in one batch at most, so that a batch stays a few megabytes.
const BATCH_OPS: usize = 4096;
/// Commands that may wait; more wait in their requests.
pub(super) const QUEUE: usize = 64;

/// What the writer is asked to do.
pub(super) enum Command {
    Write(Write),
    /// Answers with a view in which store, memtable and snapshot agree.
    Freeze(oneshot::Sender<Result<Frozen>>),
    /// Ends the writer.
    Close(oneshot::Sender<()>),
}

/// A write that waits for its turn.
pub(super) struct Write {
    pub(super) ops: Vec<Op>,
    /// By operation; none for deletes.
    pub(super) prepared: Vec<Option<Arc<PreparedPoint>>>,
    /// Operations on points that were changed after this one are left out.
    pub(super) unless_after: Option<Lsn>,
    /// Room in memory, until the memtable has what is written.
    pub(super) room: Reservation,
    pub(super) done: oneshot::Sender<Result<WriteReceipt>>,
}

/// A collection at one moment.
pub(super) struct Frozen {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) memtable: Memtable,
    pub(super) points: Arc<dyn Points>,
}

struct Writer {
    /// The last number used.
    lsn: Lsn,
    /// The last number that a publish has taken up: what points are then may be part of a version.
    frozen: Lsn,
    /// After a batch that failed nobody knows whether it is durable. Nothing more is written then:
    /// a restart reads what is.
    failed: Option<Error>,
}

/// Takes commands until the collection is closed or gone. `lsn` is the last one used.
pub(super) async fn run(collection: Weak<Collection>, mut queue: mpsc::Receiver<Command>, lsn: Lsn) {
    let mut writer = Writer { lsn, frozen: 0, failed: None };
    while let Some(first) = queue.recv().await {
        let Some(collection) = collection.upgrade() else { return };
        let (mut writes, mut count, mut other) = (Vec::new(), 0, None);
        let mut next = Some(first);
        while let Some(command) = next.take() {
            match command {
                Command::Write(write) => {
                    count += write.ops.len();
                    writes.push(write);
                    next = if count < BATCH_OPS { queue.try_recv().ok() } else { None };
                }
                command => other = Some(command),
            }
        }
        writer.commit(&collection, writes).await;
        match other {
            Some(Command::Freeze(answer)) => {
                let _ = answer.send(writer.freeze(&collection));
            }
            Some(Command::Close(done)) => {
                // Whoever waits in the queue learns that it is closed before the closer goes on.
                drop(queue);
                let _ = done.send(());
                return;
            }
            _ => {}
        }
    }
}

impl Writer {
    fn freeze(&mut self, collection: &Collection) -> Result<Frozen> {
        self.failed.clone().map_or(Ok(()), Err)?;
        self.frozen = self.lsn;
        let points = collection.shared.store.freeze()?;
        // Nobody else changes anything, so this is the same moment.
        collection.write().view.freeze();
        let state = collection.read();
        let (snapshot, memtable) = (Arc::clone(state.view.published()), state.view.memtable().clone());
        Ok(Frozen { snapshot, memtable, points })
    }

    async fn commit(&mut self, collection: &Collection, mut writes: Vec<Write>) {
        if writes.is_empty() {
            return;
        }
        leave_changed(collection, &mut writes);
        let ops: Vec<Op> = writes.iter_mut().flat_map(|w| std::mem::take(&mut w.ops)).collect();
        let durable = match &self.failed {
            Some(error) => Err(error.clone()),
            None if ops.is_empty() => Ok(()),
            None => {
                let keep = self.keep(collection, &ops);
                collection.shared.store.append(&collection.name, self.lsn + 1, &ops, &keep).await
            }
        };
        if let Err(error) = durable {
            tracing::error!(collection = collection.name, %error, "write failed");
            for write in writes {
                let _ = write.done.send(Err(error.clone()));
            }
            self.failed = Some(error);
            return;
        }
        // Receipts go out when the lock is free again. A writer may have hung up; its write is
        // durable all the same.
        let receipts = self.apply(collection, &ops, writes);
        collection.sealer.wake();
        for (done, receipt) in receipts {
            let _ = done.send(Ok(receipt));
        }
    }

    /// Operations that change what a version holds, by position: what is published, and what a publish under way has
    /// taken up.
    fn keep(&self, collection: &Collection, ops: &[Op]) -> Vec<usize> {
        let state = collection.read();
        let mut changed = HashSet::new();
        let holds = |id: &str| match state.view.memtable().lsn_of(id) {
            Some(lsn) => lsn <= self.frozen,
            None => state.view.published().contains(id),
        };
        let mut keep = Vec::new();
        for (place, id) in ops.iter().map(Op::id).enumerate() {
            if changed.insert(id) && holds(id) {
                keep.push(place);
            }
        }
        keep
    }

    /// Of deletes those of points that were there are counted, which only this moment knows.
    fn apply(
        &mut self,
        collection: &Collection,
        ops: &[Op],
        writes: Vec<Write>,
    ) -> Vec<(oneshot::Sender<Result<WriteReceipt>>, WriteReceipt)> {
        let mut state = collection.write();
        let mut ops = ops.iter();
        let mut receipts = Vec::with_capacity(writes.len());
        for write in writes {
            let mut count = 0;
            for (point, op) in write.prepared.into_iter().zip(&mut ops) {
                self.lsn += 1;
                let is_put = point.is_some();
                let lived = state.apply(self.lsn, op.id(), point);
                count += u64::from(is_put || lived);
            }
            drop(write.room);
            receipts.push((write.done, WriteReceipt { lsn: self.lsn, count }));
        }
        receipts
    }
}

/// Takes out of each write what must not touch points that others have changed since, in the log or by writes before
/// it in the same batch.
fn leave_changed(collection: &Collection, writes: &mut [Write]) {
    if writes.iter().all(|write| write.unless_after.is_none()) {
        return;
    }
    let state = collection.read();
    let mut changed: HashSet<String> = HashSet::new();
    for write in writes {
        if let Some(moment) = write.unless_after {
            let unchanged =
                |id: &str| !changed.contains(id) && state.view.memtable().lsn_of(id).is_none_or(|lsn| lsn <= moment);
            let pairs = std::mem::take(&mut write.ops).into_iter().zip(std::mem::take(&mut write.prepared));
            (write.ops, write.prepared) = pairs.filter(|(op, _)| unchanged(op.id())).unzip();
        }
        changed.extend(write.ops.iter().map(|op| op.id().to_owned()));
    }
}
