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
    /// What the change keeps in memory.
    bytes: u64,
}

/// Bytes of a change beside its id and its point: its share of a node of the tree, which is about two thirds full.
const CHANGE_BYTES: u64 = (size_of::<(String, Change)>() * 3 / 2) as u64;

/// The newest change of each id. Cloning shares the points.
#[derive(Debug, Clone, Default)]
pub struct Memtable {
    changes: BTreeMap<String, Change>,
    lsn: Lsn,
    bytes: u64,
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
        let bytes = Self::bytes_of(&id, point.as_deref());
        let change = Change { lsn, point, bytes };
        match self.changes.get_mut(&id) {
            Some(held) if held.lsn > lsn => {}
            Some(held) => {
                self.bytes = self.bytes - held.bytes + bytes;
                *held = change;
            }
            None => {
                self.bytes += bytes;
                self.changes.insert(id, change);
            }
        }
    }

    /// Bytes that a change keeps in memory.
    #[must_use]
    pub fn bytes_of(id: &str, point: Option<&PreparedPoint>) -> u64 {
        CHANGE_BYTES + id.len() as u64 + point.map_or(0, PreparedPoint::resident_bytes)
    }

    /// Bytes that its changes keep in memory, points with vectors, words and payloads included. Counted with every change.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
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
        let bytes = &mut self.bytes;
        self.changes.retain(|_, change| {
            let stays = change.lsn > lsn;
            if !stays {
                *bytes -= change.bytes;
            }
            stays
        });
    }
}
