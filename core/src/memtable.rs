//! Changes that are durable but not published yet, searchable at once.
//!
//! Owns: the newest state of every changed id. Does not own: the log, which the host keeps.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;

use crate::ids::Lsn;
use crate::ingest::PreparedPoint;

#[derive(Debug, Clone)]
struct Change {
    lsn: Lsn,
    /// None: deleted.
    point: Option<Arc<PreparedPoint>>,
}

/// The newest change of each id. Cloning shares the points.
#[derive(Debug, Clone, Default)]
pub struct Memtable {
    changes: BTreeMap<String, Change>,
    lsn: Lsn,
}

impl Memtable {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a point. A change older than the one held for the id is ignored, so that replaying is harmless.
    pub fn upsert(&mut self, lsn: Lsn, point: Arc<PreparedPoint>) {
        self.put(lsn, point.id.clone(), Some(point));
    }

    /// Deletes a point.
    pub fn delete(&mut self, lsn: Lsn, id: &str) {
        self.put(lsn, id.into(), None);
    }

    fn put(&mut self, lsn: Lsn, id: String, point: Option<Arc<PreparedPoint>>) {
        self.lsn = self.lsn.max(lsn);
        let change = Change { lsn, point };
        match self.changes.get_mut(&id) {
            Some(held) if held.lsn > lsn => {}
            Some(held) => *held = change,
            None => {
                self.changes.insert(id, change);
            }
        }
    }

    /// Ids changed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The last operation seen; it stays when changes are cleared.
    #[must_use]
    pub const fn lsn(&self) -> Lsn {
        self.lsn
    }

    /// The state of an id: none when it has not changed, `Some(None)` when it was deleted.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Option<&Arc<PreparedPoint>>> {
        self.changes.get(id).map(|c| c.point.as_ref())
    }

    /// The operation that changed an id last; none when it has not changed.
    #[must_use]
    pub fn lsn_of(&self, id: &str) -> Option<Lsn> {
        self.changes.get(id).map(|c| c.lsn)
    }

    /// Points put, by id.
    pub fn points(&self) -> impl Iterator<Item = &Arc<PreparedPoint>> {
        self.changes.values().filter_map(|c| c.point.as_ref())
    }

    /// Ids changed, ascending.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.changes.keys().map(String::as_str)
    }

    /// Forgets changes up to `lsn`: they are in the published snapshot now.
    pub fn clear_through(&mut self, lsn: Lsn) {
        self.changes.retain(|_, change| change.lsn > lsn);
    }
}
