//! Several rankings become one.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::clauses::{Clause, Clauses};
use super::ranked::{Place, Ranked, Share};
use super::scope::Scope;
use crate::error::Result;
use crate::model::{FusionMethod, Metric, SegmentPlan};
use crate::order::{Key, sort_keys};
use crate::top_k::TopK;

/// Points of each ranking that are fused, at least.
const CANDIDATES: usize = 100;
/// How little ranks far down differ: the constant of the paper.
const RRF_CONSTANT: f32 = 60.0;

/// The best of all rankings together, at most as many as they have.
pub(super) fn fuse<'a>(
    scope: &'a Scope<'a>,
    clauses: &Clauses,
    wanted: usize,
    plan: &mut Vec<SegmentPlan>,
) -> Result<Vec<Ranked<'a>>> {
    let (mut all, mut best) = (Vec::new(), Vec::new());
    for (index, clause) in clauses.all().iter().enumerate() {
        let found = clause.find(scope, wanted.max(CANDIDATES), plan)?;
        best.push(found.first().map(|ranked| ranked.score));
        unite(&mut all, found, index, clauses.all().len());
    }
    let start = scope.meter.now();
    match scope.query.fusion.unwrap_or_default().method {
        FusionMethod::Rrf => by_rank(clauses, &mut all),
        FusionMethod::Weighted => by_score(scope, clauses, &best, &mut all)?,
    }
    let mut top = TopK::new(wanted);
    for fused in all {
        let score = fused.ranked.shares.iter().map(|share| share.adds).fold(0.0, |sum, adds| sum + adds);
        top.push(Ranked { score, ..fused.ranked });
    }
    scope.took(start, |stages| &mut stages.rank);
    Ok(top.into_greatest_first())
}

/// A point with its places in the rankings that found it.
struct Fused<'a> {
    ranked: Ranked<'a>,
    places: Vec<Option<usize>>,
}

/// What tells a point from others.
fn key_of(place: &Place) -> u64 {
    match place {
        Place::Segment(index, ordinal) => (*index as u64) << 32 | u64::from(*ordinal),
        Place::Memtable(point) => 1 << 63 | Arc::as_ptr(point) as usize as u64,
    }
}

/// Adds the ranking of one of `of` parts, each point once.
fn unite<'a>(all: &mut Vec<Fused<'a>>, found: Vec<Ranked<'a>>, part: usize, of: usize) {
    let mut known: Vec<Key> = (0..).zip(all.iter()).map(|(index, f)| (key_of(&f.ranked.place), index)).collect();
    sort_keys(&mut known);
    for (place, ranked) in found.into_iter().enumerate() {
        let key = key_of(&ranked.place);
        let first = known.partition_point(|k| k.0 < key);
        let score = Some(ranked.score);
        let index = match known.get(first).filter(|k| k.0 == key) {
            Some(&(_, index)) => index as usize,
            None => {
                let shares = alloc::vec![Share::default(); of];
                all.push(Fused { ranked: Ranked { shares, ..ranked }, places: alloc::vec![None; of] });
                all.len() - 1
            }
        };
        let Some(fused) = all.get_mut(index) else { continue };
        fused.ranked.shares.get_mut(part).into_iter().for_each(|share| share.score = score);
        fused.places.get_mut(part).into_iter().for_each(|p| *p = Some(place));
    }
}

fn by_rank(clauses: &Clauses, all: &mut [Fused<'_>]) {
    for fused in all {
        for ((share, place), (_, weight)) in fused.ranked.shares.iter_mut().zip(&fused.places).zip(clauses.weighed()) {
            share.adds = place.map_or(0.0, |p| weight / (RRF_CONSTANT + 1.0 + p as f32));
        }
    }
}

/// Scores run from the least that there can be to the best that there is; what only one part found is scored by the others as
/// well, so that being cut off from a ranking costs nothing.
fn by_score(scope: &Scope<'_>, clauses: &Clauses, best: &[Option<f32>], all: &mut [Fused<'_>]) -> Result<()> {
    for (part, ((clause, weight), best)) in clauses.weighed().zip(best).enumerate() {
        fill(scope, clause, part, all)?;
        let scores = || all.iter().filter_map(|fused| fused.ranked.shares.get(part)?.score);
        let least = match clause {
            Clause::Words(_) => 0.0,
            Clause::Vector(nearest) => match nearest.metric() {
                Metric::Cosine => -1.0,
                // There is no least one: the worst of these candidates stands for it.
                Metric::Dot | Metric::L2 => scores().fold(f32::INFINITY, |least, s| if s < least { s } else { least }),
            },
        };
        for share in all.iter_mut().filter_map(|fused| fused.ranked.shares.get_mut(part)) {
            share.adds = weight * share_of(share.score.unwrap_or(least), least, *best);
        }
    }
    Ok(())
}

/// Fills in what a part gives points that only others found.
fn fill(scope: &Scope<'_>, clause: &Clause, part: usize, all: &mut [Fused<'_>]) -> Result<()> {
    let lacks = |fused: &&mut Fused<'_>| fused.ranked.shares.get(part).is_some_and(|share| share.score.is_none());
    let mut open: Vec<&mut Fused<'_>> = all.iter_mut().filter(lacks).collect();
    let places: Vec<&Place> = open.iter().map(|fused| &fused.ranked.place).collect();
    let scores = clause.scores(scope, &places)?;
    for (fused, score) in open.iter_mut().zip(scores) {
        fused.ranked.shares.get_mut(part).into_iter().for_each(|share| share.score = score);
    }
    Ok(())
}

/// Where a score stands between the least and the best.
fn share_of(score: f32, least: f32, best: Option<f32>) -> f32 {
    match best {
        Some(best) if best > least => (score - least) / (best - least),
        _ => 0.0,
    }
}
