//! Two rankings become one.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::matching::Matching;
use super::nearest::Nearest;
use super::ranked::{Place, Ranked};
use super::search::Scope;
use crate::error::Result;
use crate::model::{Fusion, FusionMethod, Metric, SegmentPlan};
use crate::order::{Key, sort_keys};
use crate::top_k::TopK;

/// Points of each ranking that are fused, at least.
const CANDIDATES: usize = 100;
/// How little ranks far down differ: the constant of the paper.
const RRF_CONSTANT: f32 = 60.0;

/// The best of both rankings together, at most as many as they have.
pub(super) fn fuse<'a>(
    scope: &'a Scope<'a>,
    nearest: &Nearest<'a>,
    matching: &Matching,
    wanted: usize,
    plan: &mut Vec<SegmentPlan>,
) -> Result<Vec<Ranked<'a>>> {
    let fusion = scope.query.fusion.unwrap_or_default();
    let by_vector = nearest.find(wanted.max(CANDIDATES), plan)?;
    let by_words = matching.find(scope, wanted.max(CANDIDATES), plan)?;
    let fused = match fusion.method {
        FusionMethod::Rrf => by_rank(fusion, by_vector, by_words),
        FusionMethod::Weighted => by_score(scope, fusion, (nearest, by_vector), (matching, by_words))?,
    };
    let mut best = TopK::new(wanted);
    fused.into_iter().for_each(|ranked| best.push(ranked));
    Ok(best.into_greatest_first())
}

/// What tells a point from others.
fn key_of(place: &Place) -> u64 {
    match place {
        Place::Segment(index, ordinal) => (*index as u64) << 32 | u64::from(*ordinal),
        Place::Memtable(point) => 1 << 63 | Arc::as_ptr(point) as usize as u64,
    }
}

/// Both rankings, each point once, with the places it has in them.
fn united<'a>(
    by_vector: Vec<Ranked<'a>>,
    by_words: Vec<Ranked<'a>>,
) -> Vec<(Ranked<'a>, Option<usize>, Option<usize>)> {
    let mut all: Vec<_> = by_vector.into_iter().enumerate().map(|(place, r)| (r, Some(place), None)).collect();
    let mut known: Vec<Key> = (0..).zip(&all).map(|(index, (ranked, ..))| (key_of(&ranked.place), index)).collect();
    sort_keys(&mut known);
    for (place, ranked) in by_words.into_iter().enumerate() {
        let key = key_of(&ranked.place);
        let first = known.partition_point(|k| k.0 < key);
        let same = known.get(first).filter(|k| k.0 == key);
        match same.and_then(|&(_, index)| all.get_mut(index as usize)) {
            Some((other, _, words)) => (other.parts.words, *words) = (ranked.parts.words, Some(place)),
            None => all.push((ranked, None, Some(place))),
        }
    }
    all
}

fn by_rank<'a>(fusion: Fusion, by_vector: Vec<Ranked<'a>>, by_words: Vec<Ranked<'a>>) -> Vec<Ranked<'a>> {
    let reciprocal = |place: Option<usize>| place.map_or(0.0, |p| 1.0 / (RRF_CONSTANT + 1.0 + p as f32));
    let score = |(ranked, vector, words)| Ranked {
        score: fusion.vector * reciprocal(vector) + (1.0 - fusion.vector) * reciprocal(words),
        ..ranked
    };
    united(by_vector, by_words).into_iter().map(score).collect()
}

/// Scores run from the least that there can be to the best that there is; what only one part found is scored by the other as
/// well, so that being cut off from a ranking costs nothing.
fn by_score<'a>(
    scope: &Scope<'a>,
    fusion: Fusion,
    (nearest, by_vector): (&Nearest<'a>, Vec<Ranked<'a>>),
    (matching, by_words): (&Matching, Vec<Ranked<'a>>),
) -> Result<Vec<Ranked<'a>>> {
    let best = |list: &[Ranked<'_>]| list.first().map(|r| r.score);
    let (best_vector, best_words) = (best(&by_vector), best(&by_words));
    let mut all: Vec<Ranked<'a>> = united(by_vector, by_words).into_iter().map(|(ranked, ..)| ranked).collect();
    for ranked in all.iter_mut().filter(|r| r.parts.vector.is_none()) {
        ranked.parts.vector = Some(nearest.score(&ranked.place)?);
    }
    matching.score(scope, &mut all)?;
    let least_vector = match nearest.metric() {
        Metric::Cosine => -1.0,
        // There is no least one: the worst of these candidates stands for it.
        Metric::Dot | Metric::L2 => {
            all.iter().filter_map(|r| r.parts.vector).fold(f32::INFINITY, |least, s| if s < least { s } else { least })
        }
    };
    for ranked in &mut all {
        let vector = share(ranked.parts.vector.unwrap_or(least_vector), least_vector, best_vector);
        let words = share(ranked.parts.words.unwrap_or_default(), 0.0, best_words);
        ranked.score = fusion.vector * vector + (1.0 - fusion.vector) * words;
    }
    Ok(all)
}

/// Where a score stands between the least and the best.
fn share(score: f32, least: f32, best: Option<f32>) -> f32 {
    match best {
        Some(best) if best > least => (score - least) / (best - least),
        _ => 0.0,
    }
}
