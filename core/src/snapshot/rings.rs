//! The order of hits, a ring at a time: docs/ranking.md, "Pages and rings".
//!
//! What one text of words ranks, or a sort orders, can be had as far as a page wants it, however far that is: each page
//! is a piece of one order. Vectors are searched to some depth, and a deeper search may find what the one before
//! missed. If each page were searched as deep as it reaches, hits would stand on two pages or on none; so depths are
//! fixed, and what a deeper ring finds comes after what is there.

use alloc::vec::Vec;

use super::boosts::Boosts;
use super::clauses::{Clause, Clauses};
use super::fusion::{Floors, fuse};
use super::pages::{Page, is_one_order, no_page};
use super::ranked::Ranked;
use super::scope::Scope;
use super::scored::{first_scored, in_order_of_scores};
use super::sorting::{Sorting, score};
use super::total::are_told_by_sets;
use crate::error::Result;
use crate::model::{Query, SegmentPlan, Total};
use crate::order::sort_numbers;

/// How many times as deep each ring is as the one before.
const DEEPER: usize = 4;
/// Points of each part that the first ring fuses, at most, unless `efSearch` asks for many: fewer where it asks for so
/// few. To a replica in parts each is a record.
const FUSED: usize = 100;
/// Candidates that a search by vector keeps for each point of the first ring.
const CANDIDATES_PER_POINT: usize = 4;
/// Points of the first ring, however small `efSearch` is: as many as a query asks for that says nothing.
pub(super) const LEAST_DEPTH: usize = 10;

/// Points of the first ring of a vector, or of each of several parts that are fused.
pub(super) fn first_depth(query: &Query, is_fused: bool) -> usize {
    let by_vector = (query.ef_search() / CANDIDATES_PER_POINT).max(LEAST_DEPTH);
    if is_fused { by_vector.max(query.ef_search().min(FUSED)) } else { by_vector }
}

/// See the module.
pub(super) struct Rings<'s, 'a> {
    scope: &'a Scope<'a>,
    clauses: &'s Clauses,
    sorting: &'s Sorting<'a>,
    boosts: Boosts<'a>,
    depth: usize,
    /// Which points were in rings before, ascending.
    seen: Vec<u64>,
    floors: Floors,
    /// Whether parts rank, and not a sort alone.
    is_ranked: bool,
    is_last: bool,
    /// Points of the rings that no threshold leaves out.
    admitted: u64,
    /// Where a sort went through all points that are found: how many these are.
    matched: Option<u64>,
    /// Points before the page, which are not looked at.
    passed: u64,
    /// The last one of them.
    behind: Option<Ranked<'a>>,
}

impl<'s, 'a> Rings<'s, 'a> {
    pub(super) fn new(
        scope: &'a Scope<'a>,
        clauses: &'s Clauses,
        sorting: &'s Sorting<'a>,
        page: &Page<'a>,
        wanted: usize,
    ) -> Result<Self> {
        let boosts = Boosts::new(scope, clauses)?;
        let depth = match clauses.all() {
            _ if is_one_order(clauses, sorting) => wanted,
            all => first_depth(scope.query, !matches!(all, [Clause::Vector(_)])),
        };
        // Of one text, boosted, any point that matches may be the first.
        let is_ranked = match clauses.all() {
            [] => false,
            [Clause::Words(_)] => sorting.is_empty() && boosts.is_empty(),
            _ => sorting.is_empty() || clauses.has_vector(),
        };
        let mut behind = page.behind.clone();
        if let (true, Some(behind)) = (is_ranked, &mut behind) {
            score(scope, clauses, core::slice::from_mut(behind))?;
            if behind.shares.iter().all(|share| share.score.is_none()) {
                return Err(no_page());
            }
        }
        Ok(Self {
            scope,
            clauses,
            sorting,
            boosts,
            depth,
            seen: Vec::new(),
            floors: Floors::default(),
            is_ranked,
            is_last: false,
            admitted: 0,
            matched: None,
            passed: page.passed(),
            behind,
        })
    }

    /// Whether there are no more rings.
    pub(super) const fn is_through(&self) -> bool {
        self.is_last
    }

    /// How many points all rings have, as far as those until now say.
    pub(super) fn total(&self) -> Total {
        let matched = self.matched.filter(|_| are_told_by_sets(self.scope, self.clauses));
        match matched {
            _ if self.is_last => Total::exact(self.passed + self.admitted),
            Some(matched) => Total::exact(matched),
            None => Total::at_least(self.passed + self.admitted),
        }
    }

    /// The next ring's points, in order; none when there are no more.
    pub(super) fn next(&mut self, plan: &mut Vec<SegmentPlan>) -> Result<Option<Vec<Ranked<'a>>>> {
        if self.is_last || self.scope.meter.ended().is_some() {
            return Ok(None);
        }
        plan.clear();
        let (mut found, is_all) = self.ranked(plan)?;
        self.is_last = is_all;
        self.depth = self.depth.saturating_mul(DEEPER);
        found.retain(|ranked| self.seen.binary_search(&ranked.place.key()).is_err());
        self.seen.extend(found.iter().map(|ranked| ranked.place.key()));
        sort_numbers(&mut self.seen);
        let new = found.len();
        found.retain(|ranked| self.scope.query.admits(ranked.score));
        self.admitted += found.len() as u64;
        // Deeper ones lie below what is wanted as well. (A ring that adds nothing at all says nothing of them.) In the
        // order of a text's scores all others do as soon as one does; in the order of fields none need.
        self.is_last |= match self.clauses.all() {
            [] => self.sorting.is_empty() && found.len() < new,
            [Clause::Words(_)] if self.is_ranked => found.len() < new,
            _ => self.is_ranked && new > 0 && found.is_empty(),
        };
        Ok(Some(found))
    }

    /// All points down to the depth, and whether there are none below.
    fn ranked(&mut self, plan: &mut Vec<SegmentPlan>) -> Result<(Vec<Ranked<'a>>, bool)> {
        let (scope, clauses, depth) = (self.scope, self.clauses, self.depth);
        let behind = self.behind.as_ref();
        if !self.is_ranked {
            let start = scope.meter.now();
            let (first, all) = if self.sorting.is_by_score() || (self.sorting.is_empty() && !self.boosts.is_empty()) {
                let order = (&self.boosts, self.sorting, behind);
                first_scored(scope, clauses, order, depth, plan)?
            } else {
                let (mut first, all) = self.sorting.first(scope, clauses, (depth, behind), plan)?;
                self.boosts.apply(&mut first)?;
                (first, all)
            };
            self.matched = Some(all);
            scope.took(start, |stages| &mut stages.rank);
            let is_all = first.len() < depth;
            return Ok((first, is_all));
        }
        let (found, is_all) = match clauses.all() {
            [only] => {
                let found = only.find(scope, (depth, behind), plan)?;
                let is_all = found.len() < depth;
                (found, is_all)
            }
            _ => fuse(scope, clauses, depth, &mut self.floors, plan)?,
        };
        if self.sorting.is_empty() && self.boosts.is_empty() {
            return Ok((found, is_all));
        }
        let (start, wanted) = (scope.meter.now(), found.len());
        let mut found = found;
        self.boosts.apply(&mut found)?;
        let sorted = match self.sorting.is_empty() {
            true => Ok(in_order_of_scores(found, wanted)),
            false => self.sorting.sort(found),
        };
        scope.took(start, |stages| &mut stages.rank);
        Ok((sorted?, is_all))
    }
}
