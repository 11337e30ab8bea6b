//! What a search sees: the published snapshot and, over it, what is not published yet.

use std::sync::Arc;

use headwater_core::ids::Lsn;
use headwater_core::ingest::PreparedPoint;
use headwater_core::memtable::Memtable;
use headwater_core::model::Schema;
use headwater_core::snapshot::Snapshot;

use crate::pending::Account;

/// Snapshot and memtable, which change together.
pub(super) struct State {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) memtable: Memtable,
    /// Points of the snapshot that the memtable has not touched, and those that live in the memtable.
    live_points: u64,
    /// Hears what the memtable keeps.
    account: Arc<Account>,
}

impl State {
    pub(super) fn new(snapshot: Arc<Snapshot>, account: Arc<Account>) -> Self {
        let live_points = snapshot.live_points();
        Self { snapshot, memtable: Memtable::new(), live_points, account }
    }

    /// The last operation that it shows.
    pub(super) fn lsn(&self) -> Lsn {
        self.memtable.lsn().max(self.snapshot.lsn())
    }

    /// Counted with every change, because a status is asked for often and counting takes long.
    pub(super) const fn live_points(&self) -> u64 {
        self.live_points
    }

    /// Puts a point, or deletes it when none is given; says whether there was one of this id.
    pub(super) fn apply(&mut self, lsn: Lsn, id: &str, point: Option<Arc<PreparedPoint>>) -> bool {
        let lived = match self.memtable.get(id) {
            Some(change) => change.is_some(),
            None => self.snapshot.contains(id),
        };
        match (lived, point.is_some()) {
            (false, true) => self.live_points += 1,
            (true, false) => self.live_points -= 1,
            _ => {}
        }
        match point {
            Some(point) => self.memtable.upsert(lsn, point),
            None => self.memtable.delete(lsn, id),
        }
        self.account.settle(self.memtable.bytes(), self.memtable.len());
        lived
    }

    /// Searches by other synonyms.
    pub(super) fn change_synonyms(&mut self, schema: &Schema) {
        self.snapshot = Arc::new(self.snapshot.with_synonyms(schema));
    }

    /// Serves a newer version; changes that it holds leave the memtable. What lives stays the same, and so do synonyms: they may
    /// have been changed while it was made.
    pub(super) fn switch(&mut self, mut next: Arc<Snapshot>) {
        let schema = self.snapshot.schema();
        if next.schema().synonyms != schema.synonyms {
            next = Arc::new(next.with_synonyms(schema));
        }
        self.memtable.clear_through(next.lsn());
        self.account.settle(self.memtable.bytes(), self.memtable.len());
        self.snapshot = next;
    }
}
