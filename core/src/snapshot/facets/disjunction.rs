//! Facets that leave conditions on their own field out.
//!
//! Whoever has chosen `color: red` still wants to see how many are blue. So the scope's filter is widened by all such
//! conditions of all such facets, what is found is found once, and each condition is asked once of that: a facet then
//! counts what meets those of the others.

use alloc::vec::Vec;

use crate::columns::{Bitmap, Bound, CheckedFilter};
use crate::error::Result;
use crate::ingest::PreparedPoint;
use crate::model::{ByName, Facet, Filter};
use crate::segment::Segment;

use super::super::scope::Scope;

/// A set of points is asked one by one when it is this many times smaller than the segment.
const ASKED_BELOW: u32 = 4;

/// The conditions that facets leave out.
pub(super) struct Disjunction<'a> {
    /// By field; all have to hold for whatever is not counted by that field.
    own: Vec<(&'a str, CheckedFilter)>,
}

impl<'a> Disjunction<'a> {
    /// Takes these conditions out of the scope's filter.
    pub(super) fn widen(scope: &mut Scope<'a>, facets: &'a ByName<Facet>) -> Result<Self> {
        let mut own = Vec::new();
        let conjuncts = scope.query.filter.as_ref().map(Filter::conjuncts).unwrap_or_default();
        for (name, _) in facets.iter().filter(|(_, facet)| facet.disjunctive) {
            let conditions: Vec<&Filter> = conjuncts.iter().copied().filter(|c| c.field() == Some(name)).collect();
            if !conditions.is_empty() {
                own.push((name.as_str(), CheckedFilter::all_of(conditions, &scope.snapshot.schema)?));
            }
        }
        if !own.is_empty() {
            let is_own = |c: &Filter| c.field().is_some_and(|field| own.iter().any(|(name, _)| *name == field));
            let rest = conjuncts.into_iter().filter(|c| !is_own(c)).cloned().collect();
            scope.filter(Some(&Filter::And(rest)))?;
        }
        Ok(Self { own })
    }

    /// What counts of what was found in a segment.
    pub(super) fn sets_of(&self, segment: &Segment, found: Bitmap) -> Result<Sets<'a>> {
        if self.own.is_empty() {
            return Ok(Sets { narrow: found, wide: Vec::new() });
        }
        let (mut passing, mut narrow) = (Vec::with_capacity(self.own.len()), found.clone());
        for (name, conditions) in &self.own {
            let columns = segment.columns_for(conditions)?;
            let bound = Bound::new(conditions, segment.indexed(&columns))?;
            let mut set = found.clone();
            if found.count() < segment.points() / ASKED_BELOW {
                set.retain(|ordinal| bound.passes(ordinal));
            } else {
                set.intersect(&bound.bitmap(segment.points()));
            }
            narrow.intersect(&set);
            passing.push((*name, set));
        }
        let but_for = |own: usize| {
            let mut set = found.clone();
            let others = passing.iter().enumerate().filter(|(other, _)| *other != own);
            others.for_each(|(_, (_, passing))| set.intersect(passing));
            set
        };
        let wide = passing.iter().enumerate().map(|(own, (name, _))| (*name, but_for(own))).collect();
        Ok(Sets { narrow, wide })
    }

    /// Of which fields an unpublished point fails the conditions.
    pub(super) fn failed_by(&self, point: &PreparedPoint) -> Result<Failures<'a>> {
        let mut failed = Vec::new();
        for (name, conditions) in &self.own {
            if !conditions.passes(point.unpublished())? {
                failed.push(*name);
            }
        }
        Ok(Failures(failed))
    }
}

/// The points of a segment that count.
pub(super) struct Sets<'a> {
    /// For facets that leave nothing out.
    narrow: Bitmap,
    /// For the others, by field.
    wide: Vec<(&'a str, Bitmap)>,
}

impl Sets<'_> {
    /// What passes the whole filter.
    pub(super) const fn narrow(&self) -> &Bitmap {
        &self.narrow
    }

    pub(super) fn of(&self, name: &str) -> &Bitmap {
        self.wide.iter().find(|(own, _)| *own == name).map_or(&self.narrow, |(_, set)| set)
    }
}

/// The fields whose conditions a point fails.
pub(super) struct Failures<'a>(Vec<&'a str>);

impl Failures<'_> {
    /// Whether it passes the whole filter.
    pub(super) const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it counts for a facet of this field.
    pub(super) fn admits(&self, name: &str) -> bool {
        self.0.iter().all(|failed| *failed == name)
    }
}
