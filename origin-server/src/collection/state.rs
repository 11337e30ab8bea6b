//! What a search sees: the published snapshot and what is not published yet.

use std::sync::Arc;

use headwater_core::ids::Lsn;
use headwater_core::ingest::PreparedPoint;
use headwater_core::snapshot::{Next, Sealed, Snapshot, View};

use crate::pending::Account;

/// A view, and what is counted of it.
pub(super) struct State {
    pub(super) view: View,
    /// Points of the snapshot that no change has touched, and those that are unpublished.
    live_points: u64,
    /// Hears what is kept in memory.
    account: Arc<Account>,
}

impl State {
    pub(super) fn new(snapshot: Arc<Snapshot>, account: Arc<Account>) -> Self {
        let live_points = snapshot.live_points();
        Self { view: View::new(snapshot), live_points, account }
    }

    /// The last operation that it shows.
    pub(super) fn lsn(&self) -> Lsn {
        self.view.lsn()
    }

    /// Counted with every change, because a status is asked for often and counting takes long.
    pub(super) const fn live_points(&self) -> u64 {
        self.live_points
    }

    /// Puts a point, or deletes it when none is given; says whether there was one of this id.
    pub(super) fn apply(&mut self, lsn: Lsn, id: &str, point: Option<Arc<PreparedPoint>>) -> bool {
        let is_put = point.is_some();
        let lived = self.view.apply(lsn, id, point);
        match (lived, is_put) {
            (false, true) => self.live_points += 1,
            (true, false) => self.live_points -= 1,
            _ => {}
        }
        self.settle();
        lived
    }

    /// Searches by what was sealed; says whether it is of use still.
    pub(super) fn take(&mut self, sealed: Sealed) -> bool {
        let taken = self.view.take(sealed);
        self.settle();
        taken
    }

    /// Serves a newer version; changes that it holds are unpublished no more. What lives stays the same.
    pub(super) fn switch(&mut self, next: Next) {
        self.view.switch(next);
        self.settle();
    }

    fn settle(&self) {
        self.account.settle(self.view.pending_bytes(), self.view.memtable().len());
    }
}
