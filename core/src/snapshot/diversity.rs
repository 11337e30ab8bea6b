//! Hits that differ: docs/ranking.md, "Diversity".
//!
//! Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998). The paper has one measure for query and points;
//! here hits may be of words or of several parts, so scores are brought to between 0 and 1 first, and likeness to at
//! most 1.

use alloc::vec::Vec;

use super::collapse::Kept;
use super::nearest::vector_at;
use super::ranked::Ranked;
use super::scope::Scope;
use crate::capabilities::HasVectors;
use crate::error::Result;
use crate::ingest::normalise;
use crate::kernel::dot_f32;
use crate::model::Metric;

/// What the first hits are put in order by.
pub(super) struct Diversity {
    position: usize,
    metric: Metric,
    weight: f32,
    candidates: usize,
    _has: HasVectors,
}

/// A hit that may be the next one.
struct Candidate<'a> {
    hit: Ranked<'a>,
    /// Empty where it has none.
    vector: Vec<f32>,
    relevance: f32,
    /// The likeness to that of the hits before that it is most like; none before the first.
    likeness: Option<f32>,
}

impl Diversity {
    /// Checks the vector, if the query asks for this.
    pub(super) fn new(scope: &Scope<'_>) -> Result<Option<Self>> {
        let query = scope.query;
        let Some(asked) = &query.diversity else { return Ok(None) };
        let _has = HasVectors::check()?;
        let mut names = query.vectors.iter().flatten().map(|(name, _)| name.as_str());
        let one = names.next().filter(|_| names.next().is_none());
        let using = asked.using.as_deref().or(query.using.as_deref()).or(one);
        let (position, _, field) =
            scope.snapshot.schema.vector(using).map_err(|e| e.context(format_args!("diversity")))?;
        let candidates = asked.candidates as usize;
        Ok(Some(Self { position, metric: field.metric, weight: asked.weight, candidates, _has }))
    }

    /// Hits that must be there before their order is known.
    pub(super) const fn candidates(&self) -> usize {
        self.candidates
    }

    /// Puts the first hits in order, as far as `wanted`.
    pub(super) fn reorder<'a>(
        &self,
        scope: &Scope<'_>,
        hits: Vec<Ranked<'a>>,
        wanted: usize,
    ) -> Result<Vec<Ranked<'a>>> {
        let mut hits = hits.into_iter();
        let mut left = Vec::new();
        for hit in hits.by_ref().take(self.candidates) {
            let mut vector = vector_at(scope, self.position, &hit.place)?.unwrap_or_default();
            if self.metric != Metric::L2 {
                normalise(&mut vector);
            }
            left.push(Candidate { relevance: hit.score, hit, vector, likeness: None });
        }
        let scores = || left.iter().map(|candidate| candidate.relevance);
        let (least, most) = (scores().fold(f32::INFINITY, f32::min), scores().fold(f32::NEG_INFINITY, f32::max));
        let range = if most > least { most - least } else { 1.0 };
        left.iter_mut().for_each(|candidate| candidate.relevance = (candidate.relevance - least) / range);
        let reach = self.reach(&left);
        let mut chosen = Vec::new();
        while chosen.len() < wanted && !left.is_empty() && scope.meter.spend(left.len() as u32) {
            let next = left.remove(self.best(&left));
            for other in &mut left {
                let likeness = self.likeness(&next.vector, &other.vector, reach);
                other.likeness = Some(other.likeness.map_or(likeness, |before| before.max(likeness)));
            }
            chosen.push(next.hit);
        }
        chosen.extend(left.into_iter().map(|candidate| candidate.hit));
        chosen.extend(hits);
        Ok(chosen)
    }

    /// The same of groups, by the first hit of each.
    pub(super) fn reorder_groups<'a>(
        &self,
        scope: &Scope<'_>,
        mut groups: Vec<Kept<'a>>,
        wanted: usize,
    ) -> Result<Vec<Kept<'a>>> {
        let firsts = groups.iter().filter_map(|group| group.hits.first().cloned()).collect();
        let key = |hit: Option<&Ranked<'_>>| hit.map(|hit| hit.place.key());
        let mut ordered = Vec::with_capacity(groups.len());
        for first in self.reorder(scope, firsts, wanted)? {
            let at = groups.iter().position(|group| key(group.hits.first()) == key(Some(&first)));
            ordered.extend(at.map(|at| groups.remove(at)));
        }
        Ok(ordered)
    }

    /// The first of the best.
    fn best(&self, left: &[Candidate<'_>]) -> usize {
        let (mut best, mut most) = (0, f32::NEG_INFINITY);
        for (index, candidate) in left.iter().enumerate() {
            let unlike = -candidate.likeness.unwrap_or_default();
            let value = (1.0 - self.weight) * candidate.relevance + self.weight * unlike;
            if value > most {
                (best, most) = (index, value);
            }
        }
        best
    }

    /// The square of the distance that counts as being not alike.
    fn reach(&self, all: &[Candidate<'_>]) -> f32 {
        let mut with = all.iter().map(|candidate| &candidate.vector).filter(|vector| !vector.is_empty());
        let Some(first) = with.next().filter(|_| self.metric == Metric::L2) else { return 0.0 };
        with.map(|vector| distance(first, vector)).fold(0.0, f32::max)
    }

    fn likeness(&self, a: &[f32], b: &[f32], reach: f32) -> f32 {
        match self.metric {
            _ if a.is_empty() || b.is_empty() => 0.0,
            Metric::Cosine | Metric::Dot => dot_f32(a, b),
            Metric::L2 if reach > 0.0 => 1.0 - distance(a, b) / reach,
            Metric::L2 => 1.0,
        }
    }
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let difference: Vec<f32> = a.iter().zip(b).map(|(x, y)| x - y).collect();
    dot_f32(&difference, &difference)
}
