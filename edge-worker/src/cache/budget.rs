//! The budget: what is let go so that something else fits.

use headwater_core::error::{Code, Error, Result};

use super::renewal::lost;
use super::{Base, Cache, STALLED_MS, Ticket};

/// Where the bytes of a load may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Beside the snapshot that is held, whose parts can be taken over.
    Beside,
    /// The held snapshot had to be let go, but for the parts that can be taken over.
    Instead,
}

/// Fails when a version of so many bytes can never be held.
pub(crate) fn check_budget(collection: &str, total_bytes: u64, budget_bytes: u64) -> Result<()> {
    if total_bytes <= budget_bytes {
        return Ok(());
    }
    Err(Error::new(
        Code::OverBudget,
        format!(
            "collection {collection:?} has {total_bytes} bytes, this isolate may hold {budget_bytes}; raise \
             HEADWATER_BUDGET_BYTES (an isolate has 128 MB in all), publish less, or send queries to the origin"
        ),
    ))
}

impl<S> Cache<S> {
    /// Sets the budget; it is a setting of the Worker and the same for all requests.
    pub(crate) const fn set_budget(&mut self, budget_bytes: u64) {
        self.budget_bytes = budget_bytes;
    }

    /// Makes room for `fetch_bytes` beside what is held; or for all `total_bytes` instead of it, keeping what `shared`
    /// says.
    ///
    /// Loads that nobody goes on with go first, then other collections' snapshots, the longest unused first. Only when
    /// that is not enough goes the collection's own: answering a little later beats never getting the new version.
    pub(super) fn reserve(
        &mut self,
        collection: &str,
        ticket: Ticket,
        (fetch_bytes, total_bytes): (u64, u64),
        now_ms: u64,
        shared: impl FnOnce(&S) -> Base<S>,
    ) -> Result<Room> {
        let budget_bytes = self.budget_bytes;
        check_budget(collection, total_bytes, budget_bytes)?;
        self.set_reserved(collection, ticket, 0)?;
        if self.used_bytes().saturating_add(fetch_bytes) > budget_bytes {
            self.let_go_stalled(now_ms, collection);
        }
        while self.used_bytes().saturating_add(fetch_bytes) > budget_bytes {
            if !self.let_go_oldest(collection) {
                self.make_way(collection, total_bytes, shared)?;
                self.set_reserved(collection, ticket, fetch_bytes)?;
                return Ok(Room::Instead);
            }
        }
        self.set_reserved(collection, ticket, fetch_bytes)?;
        Ok(Room::Beside)
    }

    /// Lets go what the collection holds, but for what is shared with a version of so many bytes.
    fn make_way(&mut self, collection: &str, total_bytes: u64, shared: impl FnOnce(&S) -> Base<S>) -> Result<()> {
        let others = self.entries.iter().filter(|(name, _)| *name != collection);
        let others_bytes = others.map(|(_, entry)| entry.bytes()).fold(0, u64::saturating_add);
        if others_bytes.saturating_add(total_bytes) > self.budget_bytes {
            return Err(Error::new(
                Code::NotReady,
                format!(
                    "other collections are being loaded and leave no room for {collection:?} yet; try again in a moment"
                ),
            ));
        }
        let Some(entry) = self.entries.get_mut(collection) else { return Ok(()) };
        let Some(load) = &mut entry.load else { return Ok(()) };
        let held = entry.held.take().map(|held| held.snapshot);
        let own = held.or_else(|| load.base.take().map(|base| base.snapshot));
        load.base = own.map(|own| shared(&own));
        Ok(())
    }

    /// A snapshot can take more than its blobs (a model's vocabulary is indexed): others make room.
    pub(super) fn keep_to_budget(&mut self, collection: &str) {
        while self.used_bytes() > self.budget_bytes && self.let_go_oldest(collection) {}
    }

    /// Bytes of all snapshots and of all that is under way.
    pub(crate) fn used_bytes(&self) -> u64 {
        self.entries.values().map(super::Entry::bytes).fold(0, u64::saturating_add)
    }

    /// Ends loads whose requests are gone: what has landed for them is of use only to the next request for the same
    /// collection, which may never come.
    fn let_go_stalled(&mut self, now_ms: u64, except: &str) {
        for (_, entry) in self.entries.iter_mut().filter(|(name, _)| *name != except) {
            entry.load.take_if(|load| now_ms.saturating_sub(load.beat_ms) >= STALLED_MS);
        }
    }

    /// Lets go the longest unused snapshot of another collection. One that is being renewed stays:
    /// its loader builds on it, so letting go would free nothing.
    fn let_go_oldest(&mut self, except: &str) -> bool {
        let others =
            self.entries.iter_mut().filter(|(name, e)| *name != except && e.held.is_some() && e.load.is_none());
        let oldest = others.min_by_key(|(_, e)| e.used);
        oldest.map(|(_, entry)| entry.held = None).is_some()
    }

    fn set_reserved(&mut self, collection: &str, ticket: Ticket, bytes: u64) -> Result<()> {
        let load = self.load_mut(collection, ticket).ok_or_else(|| lost(collection))?;
        load.reserved_bytes = bytes;
        Ok(())
    }
}
