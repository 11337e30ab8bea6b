//! Changes that are durable but not published yet, searchable at once.
//!
//! Owns: the newest state of every changed id. Does not own: the log, which the host keeps.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::bm25::FieldStatistics;
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
    sums: Sums,
}

/// What all changes come to. Kept with every change, because searches ask and counting takes long.
#[derive(Debug, Clone, Default)]
struct Sums {
    bytes: u64,
    /// Points put.
    points: usize,
    /// What is known of their texts, by text field.
    texts: Vec<FieldStatistics>,
}

impl Sums {
    fn add(&mut self, change: &Change) {
        self.bytes += change.bytes;
        let Some(point) = &change.point else { return };
        self.points += 1;
        if self.texts.len() < point.texts.len() {
            self.texts.resize_with(point.texts.len(), FieldStatistics::default);
        }
        for (sum, words) in self.texts.iter_mut().zip(&point.texts) {
            sum.words += words.len() as u64;
            sum.texts += words.ends().len() as u64;
        }
    }

    fn take_off(&mut self, change: &Change) {
        self.bytes -= change.bytes;
        let Some(point) = &change.point else { return };
        self.points -= 1;
        for (sum, words) in self.texts.iter_mut().zip(&point.texts) {
            sum.words -= words.len() as u64;
            sum.texts -= words.ends().len() as u64;
        }
    }
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
        if self.changes.get(&id).is_some_and(|held| held.lsn > lsn) {
            return;
        }
        let bytes = Self::bytes_of(&id, point.as_deref());
        let change = Change { lsn, point, bytes };
        self.sums.add(&change);
        match self.changes.get_mut(&id) {
            Some(held) => {
                self.sums.take_off(held);
                *held = change;
            }
            None => drop(self.changes.insert(id, change)),
        }
    }

    /// Bytes that a change keeps in memory.
    #[must_use]
    pub fn bytes_of(id: &str, point: Option<&PreparedPoint>) -> u64 {
        CHANGE_BYTES + id.len() as u64 + point.map_or(0, PreparedPoint::resident_bytes)
    }

    /// Bytes that its changes keep in memory, points with vectors, words and payloads included. Counted with every
    /// change.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.sums.bytes
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

    /// How many there are.
    #[must_use]
    pub const fn point_count(&self) -> usize {
        self.sums.points
    }

    /// What is known of the texts of all points put in one of the schema's text fields.
    pub(crate) fn texts(&self, position: usize) -> FieldStatistics {
        self.sums.texts.get(position).copied().unwrap_or_default()
    }

    /// Ids changed, ascending.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.changes.keys().map(String::as_str)
    }

    /// Changes after an operation, by id: which one, and what was put. Complexity: a look at each change.
    pub fn since(&self, lsn: Lsn) -> impl Iterator<Item = (&str, Lsn, Option<&Arc<PreparedPoint>>)> {
        let changes = self.changes.iter().filter(move |(_, change)| change.lsn > lsn);
        changes.map(|(id, change)| (id.as_str(), change.lsn, change.point.as_ref()))
    }

    /// Bytes of the changes themselves, without ids and points.
    #[cfg(feature = "changes")]
    pub(crate) fn own_bytes(&self) -> u64 {
        self.changes.len() as u64 * CHANGE_BYTES
    }

    /// Forgets changes up to `lsn`: they are elsewhere now.
    pub fn clear_through(&mut self, lsn: Lsn) {
        let sums = &mut self.sums;
        self.changes.retain(|_, change| {
            let stays = change.lsn > lsn;
            if !stays {
                sums.take_off(change);
            }
            stays
        });
    }
}
