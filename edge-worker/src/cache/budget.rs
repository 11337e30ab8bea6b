//! The budget: what is let go so that something else fits.

use headwater_core::error::{Code, Error, Result};

use super::{Cache, Ticket};

/// Where the bytes of a load may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Beside the snapshot that is held, whose parts can be taken over.
    Beside,
    /// The held snapshot had to be let go: everything has to be fetched.
    Instead,
}

impl<S> Cache<S> {
    /// Sets the budget; it is a setting of the Worker and the same for all requests.
    pub(crate) const fn set_budget(&mut self, budget_bytes: u64) {
        self.budget_bytes = budget_bytes;
    }

    /// Makes room for `fetch_bytes` beside what is held, or for all `total_bytes` instead of it.
    ///
    /// Other collections' snapshots go first, the longest unused first. Only when that is not
    /// enough goes the collection's own: answering a little later beats never getting the new version.
    pub(crate) fn reserve(
        &mut self,
        collection: &str,
        ticket: Ticket,
        fetch_bytes: u64,
        total_bytes: u64,
    ) -> Result<Room> {
        let budget_bytes = self.budget_bytes;
        if total_bytes > budget_bytes {
            return Err(Error::new(
                Code::OverBudget,
                format!(
                    "collection {collection:?} has {total_bytes} bytes, this isolate may hold {budget_bytes}; raise \
                     HEADWATER_BUDGET_BYTES (an isolate has 128 MB in all), publish less, or send queries to the origin"
                ),
            ));
        }
        self.set_reserved(collection, ticket, 0)?;
        while self.used_bytes().saturating_add(fetch_bytes) > budget_bytes {
            if !self.let_go_oldest(collection) {
                return self.reserve_instead(collection, ticket, total_bytes);
            }
        }
        self.set_reserved(collection, ticket, fetch_bytes)?;
        Ok(Room::Beside)
    }

    fn reserve_instead(&mut self, collection: &str, ticket: Ticket, total_bytes: u64) -> Result<Room> {
        let own = self.entries.get(collection).and_then(|e| e.held.as_ref()).map_or(0, |h| h.bytes);
        if self.used_bytes().saturating_sub(own).saturating_add(total_bytes) > self.budget_bytes {
            return Err(Error::new(
                Code::NotReady,
                format!(
                    "other collections are being loaded and leave no room for {collection:?} yet; try again in a moment"
                ),
            ));
        }
        if let Some(entry) = self.entries.get_mut(collection) {
            entry.held = None;
        }
        self.set_reserved(collection, ticket, total_bytes)?;
        Ok(Room::Instead)
    }

    /// A snapshot can take more than its blobs (a model's vocabulary is indexed): others make room.
    pub(super) fn keep_to_budget(&mut self, collection: &str) {
        while self.used_bytes() > self.budget_bytes && self.let_go_oldest(collection) {}
    }

    /// Bytes of all snapshots and of all that is under way.
    pub(crate) fn used_bytes(&self) -> u64 {
        let entry_bytes = |e: &super::Entry<S>| {
            let held = e.held.as_ref().map_or(0, |h| h.bytes);
            held.saturating_add(e.load.as_ref().map_or(0, |l| l.reserved_bytes))
        };
        self.entries.values().map(entry_bytes).fold(0, u64::saturating_add)
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
        let lost = || Error::new(Code::NotReady, format!("another request has taken over loading {collection:?}"));
        self.load_mut(collection, ticket).map(|load| load.reserved_bytes = bytes).ok_or_else(lost)
    }
}
