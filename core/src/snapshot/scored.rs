//! All points that are found, each with its score: for orders in which any of them may come first.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::boosts::Boosts;
use super::clauses::Clauses;
use super::pages::no_page;
use super::ranked::{Place, Ranked};
use super::scope::Scope;
use super::sorting::{Sorting, score};
use crate::capabilities::HasChanges;
use crate::error::Result;
use crate::model::{SegmentPlan, Strategy};
use crate::parts::Gaps;
use crate::top_k::TopK;

/// The first ones in the order, and how many are found. Complexity: scores all that is found, passing nothing over.
pub(super) fn first_scored<'a>(
    scope: &'a Scope<'a>,
    clauses: &Clauses,
    (boosts, sorting, behind): (&Boosts<'_>, &Sorting<'a>, Option<&Ranked<'a>>),
    wanted: usize,
    plan: &mut Vec<SegmentPlan>,
) -> Result<(Vec<Ranked<'a>>, u64)> {
    let (mut all, mut gaps) = (Vec::new(), Gaps::default());
    for (index, open) in scope.snapshot.segments.iter().enumerate() {
        let (found, ids) = (gaps.pass(clauses.found_in(scope, index))?, gaps.pass(open.segment.ids()?.listed())?);
        let (Some(found), Some(ids)) = (found, ids) else { continue };
        for ordinal in found.iter() {
            if !scope.meter.spend(1) {
                break;
            }
            all.extend(ids.get(ordinal).map(|id| Ranked::new(0.0, id, Place::Segment(index, ordinal))));
        }
        plan.push(SegmentPlan { compared: found.count(), ..scope.plan(index, Strategy::Exact) });
    }
    gaps.close()?;
    for &point in scope.fresh().iter().filter(|point| clauses.finds(scope, point)) {
        let place = Place::Memtable(Arc::clone(point), HasChanges::check()?);
        all.push(Ranked::new(0.0, &point.id, place));
    }
    plan.extend(scope.fresh_plan());
    score(scope, clauses, &mut all)?;
    boosts.apply(&mut all)?;
    let count = all.len() as u64;
    let wanted_of_all = if behind.is_some() { all.len() } else { wanted };
    let mut first = if sorting.is_empty() { in_order_of_scores(all, wanted_of_all) } else { sorting.sort(all)? };
    if let Some(last) = behind {
        let at = first.iter().position(|ranked| ranked.id == last.id).ok_or_else(no_page)?;
        first.drain(..=at);
    }
    first.truncate(wanted);
    Ok((first, count))
}

/// The best ones.
pub(super) fn in_order_of_scores(all: Vec<Ranked<'_>>, wanted: usize) -> Vec<Ranked<'_>> {
    let mut top = TopK::new(wanted);
    for ranked in all {
        top.push(ranked);
    }
    top.into_greatest_first()
}
