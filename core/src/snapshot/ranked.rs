//! Points that were found, in the order of hits.

use alloc::sync::Arc;
use core::cmp::Ordering;

use crate::ids::Ordinal;
use crate::ingest::PreparedPoint;
use crate::model::Parts;

/// Where a hit's payload stands.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Segment(usize, Ordinal),
    Memtable(Arc<PreparedPoint>),
}

/// A found point. The greater one is the better hit: higher score, then lower id.
#[derive(Debug, Clone)]
pub(super) struct Ranked<'a> {
    pub(super) score: f32,
    pub(super) id: &'a str,
    pub(super) place: Place,
    /// What the parts of the query gave it.
    pub(super) parts: Parts,
}

impl<'a> Ranked<'a> {
    pub(super) const fn by_vector(score: f32, id: &'a str, place: Place) -> Self {
        Self { score, id, place, parts: Parts { vector: Some(score), words: None } }
    }

    pub(super) const fn by_words(score: f32, id: &'a str, place: Place) -> Self {
        Self { score, id, place, parts: Parts { vector: None, words: Some(score) } }
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
