//! Points that were found, in the order of hits.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::capabilities::HasChanges;
use crate::ids::Ordinal;
use crate::ingest::PreparedPoint;
use crate::stored::Ids;

/// Where a hit's payload stands.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Segment(usize, Ordinal),
    Memtable(Arc<PreparedPoint>, HasChanges),
}

impl Place {
    /// What tells a point from others of the same search.
    pub(super) fn key(&self) -> u64 {
        match self {
            Self::Segment(index, ordinal) => (*index as u64) << 32 | u64::from(*ordinal),
            Self::Memtable(point, _) => 1 << 63 | Arc::as_ptr(point) as usize as u64,
        }
    }
}

/// What one part of the query gave a point.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    /// None where it has none of the words.
    pub(super) score: Option<f32>,
    /// What that adds.
    pub(super) adds: f32,
}

/// A found point. The greater one is the better hit: higher score, then lower id.
#[derive(Debug, Clone)]
pub(super) struct Ranked<'a> {
    pub(super) score: f32,
    pub(super) id: &'a str,
    pub(super) place: Place,
    /// By part of the query, where there are several.
    pub(super) shares: Vec<Share>,
    /// Whether it stands where the query puts it.
    pub(super) is_pinned: bool,
}

impl<'a> Ranked<'a> {
    pub(super) const fn new(score: f32, id: &'a str, place: Place) -> Self {
        Self { score, id, place, shares: Vec::new(), is_pinned: false }
    }

    /// Whether a point of a segment comes after it by id. Of its own segment none of the two ids is read.
    pub(super) fn is_before(&self, (segment, ordinal): (usize, Ordinal), ids: &Ids<'_>) -> bool {
        match self.place {
            Place::Segment(own, last) if own == segment => ids.compare(ordinal, last) == Ordering::Greater,
            _ => ids.get(ordinal).is_some_and(|id| id > self.id),
        }
    }
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.id.cmp(self.id))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked<'_> {}
