//! Several rankings become one.

use alloc::vec::Vec;

use super::clauses::{Clause, Clauses};
use super::ranked::{Place, Ranked, Share};
use super::scope::Scope;
use crate::error::Result;
use crate::model::{Fusion, FusionMethod, Metric, SegmentPlan};
use crate::order::{Key, sort_keys};
use crate::parts::Gaps;
use crate::top_k::TopK;

/// For each part, the score that counts as nothing: of the first ring, so that later ones go on in the same measure.
#[derive(Default)]
pub(super) struct Floors(Vec<f32>);

/// The best points of each part down to a depth, as one ranking, and whether no part has more.
pub(super) fn fuse<'a>(
    scope: &'a Scope<'a>,
    clauses: &Clauses,
    depth: usize,
    floors: &mut Floors,
    plan: &mut Vec<SegmentPlan>,
) -> Result<(Vec<Ranked<'a>>, bool)> {
    let (mut all, mut best, mut lasts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut is_all, mut gaps) = (true, Gaps::default());
    for (index, clause) in clauses.all().iter().enumerate() {
        let found = gaps.pass(clause.find(scope, (depth, None), plan))?.unwrap_or_default();
        is_all &= found.len() < depth;
        best.push(found.first().map(|ranked| ranked.score));
        lasts.push(floor(clause, found.last()));
        unite(&mut all, found, index, clauses.all().len());
    }
    gaps.close()?;
    if floors.0.is_empty() {
        floors.0 = lasts;
    }
    let start = scope.meter.now();
    match scope.query.fusion.unwrap_or_default().method {
        FusionMethod::Rrf => by_rank(clauses, &mut all),
        FusionMethod::Weighted => by_score(scope, clauses, &best, floors, &mut all)?,
    }
    let mut top = TopK::new(all.len());
    for fused in all {
        let score = fused.ranked.shares.iter().map(|share| share.adds).fold(0.0, |sum, adds| sum + adds);
        top.push(Ranked { score, ..fused.ranked });
    }
    scope.took(start, |stages| &mut stages.rank);
    Ok((top.into_greatest_first(), is_all))
}

/// The score that counts as nothing in a part: the least that there can be. Where there is no least one, the part's
/// last candidate stands for it.
fn floor(clause: &Clause, last: Option<&Ranked<'_>>) -> f32 {
    match clause {
        Clause::Words(_) => 0.0,
        Clause::Vector(nearest) => match nearest.metric() {
            Metric::Cosine => -1.0,
            Metric::Dot | Metric::L2 => last.map_or(0.0, |ranked| ranked.score),
        },
    }
}

/// A point with its places in the rankings that found it.
struct Fused<'a> {
    ranked: Ranked<'a>,
    places: Vec<Option<usize>>,
}

/// Adds the ranking of one of `of` parts, each point once.
fn unite<'a>(all: &mut Vec<Fused<'a>>, found: Vec<Ranked<'a>>, part: usize, of: usize) {
    let mut known: Vec<Key> = (0..).zip(all.iter()).map(|(index, f)| (f.ranked.place.key(), index)).collect();
    sort_keys(&mut known);
    for (place, ranked) in found.into_iter().enumerate() {
        let key = ranked.place.key();
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
            share.adds = place.map_or(0.0, |p| weight / (Fusion::RRF_CONSTANT + 1.0 + p as f32));
        }
    }
}

/// Scores run from the floor to the best that there is; what only one part found is scored by the others as well, so
/// that being cut off from a ranking costs nothing.
fn by_score(
    scope: &Scope<'_>,
    clauses: &Clauses,
    best: &[Option<f32>],
    floors: &Floors,
    all: &mut [Fused<'_>],
) -> Result<()> {
    let mut gaps = Gaps::default();
    for (part, clause) in clauses.all().iter().enumerate() {
        gaps.pass(fill(scope, clause, part, all))?;
    }
    gaps.close()?;
    for (part, (((_, weight), best), &floor)) in clauses.weighed().zip(best).zip(&floors.0).enumerate() {
        for share in all.iter_mut().filter_map(|fused| fused.ranked.shares.get_mut(part)) {
            share.adds = share.score.map_or(0.0, |score| weight * share_of(score, floor, *best));
        }
    }
    Ok(())
}

/// Fills in what a part gives points that only others found.
fn fill(scope: &Scope<'_>, clause: &Clause, part: usize, all: &mut [Fused<'_>]) -> Result<()> {
    let lacks = |fused: &&mut Fused<'_>| fused.ranked.shares.get(part).is_some_and(|share| share.score.is_none());
    let mut open: Vec<&mut Fused<'_>> = all.iter_mut().filter(lacks).collect();
    let places: Vec<&Place> = open.iter().map(|fused| &fused.ranked.place).collect();
    let misses = scope.snapshot.misses();
    let scores = clause.scores(scope, &places)?;
    scope.snapshot.none_missing_since(misses)?;
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
