//! Points that stand at places of their own among the hits: docs/ranking.md, "Pins".

use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::scope::Scope;

/// The pinned points that count and pass the filter.
pub(super) struct Pins<'a> {
    /// By place, from 0 on, ascending.
    all: Vec<(usize, Ranked<'a>)>,
}

impl<'a> Pins<'a> {
    pub(super) fn new(scope: &Scope<'a>) -> Self {
        let mut all = Vec::new();
        for pin in scope.query.pins.iter().flatten() {
            let Some(place) = scope.find(&pin.id).filter(|place| scope.passes(place)) else { continue };
            let at = pin.at.saturating_sub(1) as usize;
            let before = all.partition_point(|(other, _)| *other < at);
            all.insert(before, (at, Ranked { is_pinned: true, ..Ranked::new(0.0, &pin.id, place) }));
        }
        Self { all }
    }

    /// How many hits are wanted of the others.
    pub(super) const fn more(&self) -> usize {
        self.all.len()
    }

    /// Takes pinned points out of the order, and puts them where they belong. Behind the last of the others, pins
    /// follow without gaps.
    pub(super) fn put(self, hits: &mut Vec<Ranked<'a>>) {
        hits.retain(|hit| self.all.iter().all(|(_, pin)| pin.place.key() != hit.place.key()));
        for (at, pin) in self.all {
            hits.insert(at.min(hits.len()), pin);
        }
    }
}

impl Scope<'_> {
    /// Whether a point that stands here passes the filter.
    fn passes(&self, place: &Place) -> bool {
        match place {
            Place::Segment(index, ordinal) => {
                let passes = self.mask(*index).is_none_or(|mask| mask.contains(*ordinal));
                passes && self.is_current(*index, *ordinal)
            }
            Place::Memtable(point, _) => self.fresh().iter().any(|fresh| alloc::sync::Arc::ptr_eq(fresh, point)),
        }
    }
}
