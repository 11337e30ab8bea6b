//! The limits, and who keeps how much.
//!
//! Owns: the counts. Does not own: what is counted, which is in the collections' memtables and queues.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytesize::ByteSize;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::{MAX_PENDING_BYTES, MAX_PENDING_POINTS};
use tokio::sync::Notify;

const MIB: u64 = 1024 * 1024;

/// How much may be unpublished, in bytes of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In one collection; [`MAX_PENDING_BYTES`] at most.
    pub collection_bytes: u64,
    /// In all collections of a server.
    pub total_bytes: u64,
    /// A collection with so much is published without being asked; so is the largest one when half of what all may have
    /// is reached. Never when absent.
    pub publish_at: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        // Some 150,000 points of 256 dimensions with their texts come before a publish that nobody asked for, and a
        // collection that one import fills stays one segment.
        Self { collection_bytes: 768 * MIB, total_bytes: 1536 * MIB, publish_at: Some(512 * MIB) }
    }
}

/// What all collections of a server keep.
#[derive(Debug, Default)]
pub struct Budget {
    limits: Limits,
    /// What memtables keep, and what writes under way will add.
    held: AtomicU64,
    wake: Notify,
}

impl Budget {
    /// One with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let collection_bytes = limits.collection_bytes.min(MAX_PENDING_BYTES);
        Self { limits: Limits { collection_bytes, ..limits }, ..Self::default() }
    }

    /// Bytes that all collections keep now.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// From how many bytes on a collection is published without being asked.
    pub(super) const fn publish_at(&self) -> Option<u64> {
        self.limits.publish_at
    }

    /// Whether all collections together keep so much that the largest one is to be published, though none has reached
    /// its own share.
    pub(super) fn is_half_full(&self) -> bool {
        self.held() >= self.limits.total_bytes / 2
    }

    /// Returns when something may be due.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Has the publisher look again.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// What one collection keeps.
#[derive(Debug)]
pub(crate) struct Account {
    collection: String,
    budget: Arc<Budget>,
    /// What the memtable keeps, and what writes under way will add.
    held: AtomicU64,
    /// What the memtable keeps.
    settled: AtomicU64,
    /// Changes in the memtable.
    changes: AtomicU64,
}

impl Account {
    pub(crate) fn new(budget: Arc<Budget>, collection: String) -> Arc<Self> {
        let (held, settled, changes) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { collection, budget, held, settled, changes })
    }

    /// Bytes that the memtable keeps.
    pub(crate) fn settled(&self) -> u64 {
        self.settled.load(Ordering::Relaxed)
    }

    /// Fails when nothing more is taken: before work is put into a write that would be refused.
    pub(crate) fn check_room(&self) -> Result<()> {
        let limits = &self.budget.limits;
        let changes = self.changes.load(Ordering::Relaxed);
        if changes >= MAX_PENDING_POINTS as u64 {
            return Err(self.full(&format!("{changes} changes"), &MAX_PENDING_POINTS.to_string()));
        }
        let held = self.held.load(Ordering::Relaxed);
        if held >= limits.collection_bytes {
            return Err(self.full(&size(held), &size(limits.collection_bytes)));
        }
        let all = self.budget.held();
        if all >= limits.total_bytes { Err(self.all_full(all)) } else { Ok(()) }
    }

    /// Takes room for a write, which is given back when the reservation is dropped. Fails when a limit is reached.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation> {
        self.check_room()?;
        let reservation = self.reserve_anyway(bytes);
        let limits = &self.budget.limits;
        // Of several at once, each sees those before it.
        if reservation.held_before >= limits.collection_bytes {
            return Err(self.full(&size(reservation.held_before), &size(limits.collection_bytes)));
        }
        if reservation.all_before >= limits.total_bytes {
            return Err(self.all_full(reservation.all_before));
        }
        Ok(reservation)
    }

    /// The same for a write that must not be refused, because it is one of several that belong together.
    pub(crate) fn reserve_anyway(self: &Arc<Self>, bytes: u64) -> Reservation {
        let held_before = self.held.fetch_add(bytes, Ordering::Relaxed);
        let all_before = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        Reservation { account: Arc::clone(self), bytes, held_before, all_before }
    }

    /// Says what the memtable keeps now.
    pub(crate) fn settle(&self, bytes: u64, changes: usize) {
        self.changes.store(changes as u64, Ordering::Relaxed);
        let before = self.settled.swap(bytes, Ordering::Relaxed);
        if bytes >= before {
            self.held.fetch_add(bytes - before, Ordering::Relaxed);
            self.budget.held.fetch_add(bytes - before, Ordering::Relaxed);
        } else {
            self.held.fetch_sub(before - bytes, Ordering::Relaxed);
            self.budget.held.fetch_sub(before - bytes, Ordering::Relaxed);
        }
        let limit = self.budget.limits.collection_bytes;
        if before < limit && limit <= bytes {
            let (collection, limit) = (&self.collection, size(limit));
            tracing::warn!(
                collection,
                "unpublished changes have reached {limit}: writes are refused until it is published"
            );
        }
        if self.budget.publish_at().is_some_and(|at| bytes >= at) || self.budget.is_half_full() {
            self.budget.wake();
        }
    }

    fn full(&self, held: &str, limit: &str) -> Error {
        let name = &self.collection;
        let message = format!(
            "collection {name:?} has {held} of unpublished changes, the limit is {limit}; {}, then send this write again",
            self.remedy(&format!("publish it (POST /v1/collections/{name}/publish)"))
        );
        Error::new(Code::PendingFull, message)
    }

    fn all_full(&self, held: u64) -> Error {
        let message = format!(
            "the collections of this server have {} of unpublished changes, the limit is {}; {}, then send this write again",
            size(held),
            size(self.budget.limits.total_bytes),
            self.remedy("publish the largest ones (GET /v1/collections shows pendingBytes)")
        );
        Error::new(Code::PendingFull, message)
    }

    fn remedy(&self, publish: &str) -> String {
        match self.budget.limits.publish_at {
            Some(_) => format!("they are being published: wait a few seconds, or {publish}"),
            None => format!("{publish}, or start the server with --publish-at"),
        }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.held.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Room that a write has taken, until it stands in the memtable.
#[derive(Debug)]
pub(crate) struct Reservation {
    account: Arc<Account>,
    bytes: u64,
    held_before: u64,
    all_before: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.account.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.account.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { collection_bytes: 100, total_bytes: 150, publish_at: None };

    fn two(limits: Limits) -> (Arc<Budget>, [Arc<Account>; 2]) {
        let budget = Arc::new(Budget::new(limits));
        let accounts = ["a", "b"].map(|name| Account::new(Arc::clone(&budget), name.to_owned()));
        (budget, accounts)
    }

    #[test]
    fn a_write_is_taken_until_a_limit_is_reached_and_again_when_there_is_room() {
        let (budget, [a, b]) = two(LIMITS);
        let large = a.reserve(5000).unwrap();
        assert_eq!(a.reserve(1).unwrap_err().code(), Code::PendingFull, "what is under way counts");
        assert_eq!(b.reserve(1).unwrap_err().code(), Code::PendingFull, "for the others too");
        drop(large);
        assert_eq!(budget.held(), 0);
        let under_way = a.reserve(60).unwrap();
        a.settle(90, 1);
        drop(under_way);
        assert_eq!(budget.held(), 90);
        let error = a.reserve(20).and_then(|last| {
            a.settle(110, 2);
            drop(last);
            a.reserve(1)
        });
        let message = error.unwrap_err().message().to_owned();
        assert!(message.contains("\"a\" has 110 B") && message.contains("/v1/collections/a/publish"), "{message}");
        assert!(message.contains("--publish-at"), "{message}");
        b.settle(45, 1);
        let message = b.reserve(1).unwrap_err().message().to_owned();
        assert!(message.contains("collections of this server have 155 B"), "{message}");
        a.settle(0, 0);
        assert!(a.reserve(1).is_ok() && b.reserve(1).is_ok());
        drop((a, b));
        assert_eq!(budget.held(), 0, "a collection that goes gives back what it had");
    }

    #[test]
    fn writers_at_the_same_time_pass_the_limit_by_one_write_at_most() {
        let (_, [a, _]) = two(Limits { total_bytes: 1_000_000, ..LIMITS });
        let mut taken: Vec<Reservation> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| (0..100).filter_map(|_| a.reserve(7).ok()).collect::<Vec<_>>()))
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        // A writer may have been refused for the sake of others that were about to be.
        taken.extend(std::iter::from_fn(|| a.reserve(7).ok()));
        assert_eq!(taken.len(), 15, "the last one was taken at 98 of 100");
    }

    #[test]
    fn no_collection_may_have_more_than_fits_a_segment() {
        let (_, [a, _]) = two(Limits { collection_bytes: u64::MAX, total_bytes: u64::MAX, publish_at: Some(7) });
        a.settle(MAX_PENDING_BYTES, 1);
        assert!(a.reserve(1).unwrap_err().message().contains("are being published"));
        a.settle(5, MAX_PENDING_POINTS);
        assert_eq!(a.reserve(1).unwrap_err().code(), Code::PendingFull);
    }
}
