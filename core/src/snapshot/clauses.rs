//! The parts of a query that rank: vectors first, in the order of their names, then texts.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::nearest::Nearest;
use super::ranked::{Place, Ranked};
use super::rings::first_depth;
use super::scope::Scope;
use super::words::WordSearch;
use crate::columns::Bitmap;
use crate::error::Result;
use crate::ingest::PreparedPoint;
use crate::model::{Part, SegmentPlan, Target};
use crate::parts::Gaps;

/// What a vector that a model derives gives of its weight, if all words are misspelt.
const MISSPELT_GIVES: f32 = 0.75;

/// One part.
#[allow(clippy::large_enum_variant, reason = "there are a few, and in a box none is known to be absent from a build")]
pub(super) enum Clause {
    Vector(Nearest),
    Words(WordSearch),
}

/// All parts.
pub(super) struct Clauses {
    all: Vec<Clause>,
    /// How much each counts; together 1.
    weights: Vec<f32>,
}

impl Clauses {
    /// Checks and prepares what the query asks. Points that it wants others like are hidden in the scope.
    pub(super) fn new(scope: &mut Scope<'_>) -> Result<Self> {
        let start = scope.meter.now();
        let query = scope.query;
        let (mut all, mut weights, mut derived, mut gaps) = (Vec::new(), Vec::new(), Vec::new(), Gaps::default());
        if let Some(target) = query.target()? {
            derived.push(matches!(target, Target::Text(_)));
            all.extend(gaps.pass(Nearest::new(scope, query.using.as_deref(), target))?.map(Clause::Vector));
            weights.push(1.0);
        }
        for (name, vector) in query.vectors.iter().flatten() {
            if let Some(target) = vector.target()? {
                derived.push(matches!(target, Target::Text(_)));
                all.extend(gaps.pass(Nearest::new(scope, Some(name), target))?.map(Clause::Vector));
                weights.push(vector.weight());
            }
        }
        let vectors = weights.len();
        for words in query.r#match.iter().flatten() {
            all.extend(gaps.pass(WordSearch::new(scope, words))?.map(Clause::Words));
            weights.push(words.boost());
        }
        if let Err(missing) = gaps.close() {
            want_rest_of(&all, scope, vectors > 0);
            return Err(missing);
        }
        let by_vectors = match (vectors, all.len() - vectors) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            _ => query.fusion.unwrap_or_default().vector_beside(longest(&all)),
        };
        let (of_vectors, of_words) = weights.split_at_mut(vectors);
        for (weights, all) in [(of_vectors, by_vectors), (of_words, 1.0 - by_vectors)] {
            let sum: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight *= all / sum);
        }
        let (of_vectors, of_words) = weights.split_at_mut(vectors);
        let of_models =
            of_vectors.iter_mut().zip(derived).filter_map(|(weight, is_derived)| is_derived.then_some(weight));
        trust_words(misspelt(&all), of_models, of_words);
        // A part alone gives its score, to the bit.
        if let [only] = weights.as_mut_slice() {
            *only = 1.0;
        }
        scope.took(start, |stages| &mut stages.prepare);
        Ok(Self { all, weights })
    }

    pub(super) fn all(&self) -> &[Clause] {
        &self.all
    }

    /// The parts with how much they count.
    pub(super) fn weighed(&self) -> impl Iterator<Item = (&Clause, f32)> {
        self.all.iter().zip(self.weights.iter().copied())
    }

    /// Whether a vector is among them: it is near to all that have one, so words then do not decide what is found.
    pub(super) fn has_vector(&self) -> bool {
        matches!(self.all.first(), Some(Clause::Vector(_)))
    }

    /// The points of a segment that are found: those that pass the filter and, where parts rank, that one part finds.
    pub(super) fn found_in(&self, scope: &Scope<'_>, index: usize) -> Result<Bitmap> {
        let all = scope.all_in(index);
        if self.all.is_empty() {
            return Ok(all);
        }
        let points = scope.snapshot.segments.get(index).map_or(0, |open| open.segment.points());
        let mut found = Bitmap::none(points);
        for clause in &self.all {
            match clause {
                Clause::Vector(nearest) => nearest.add_all_of(&all, scope, index, &mut found)?,
                // Nearly always vectors, which come first, have found all.
                Clause::Words(_) if self.has_vector() && found.count() == all.count() => {}
                Clause::Words(words) => {
                    words.add_all_in(scope, index, least(scope), &mut found)?;
                    // Words find what is hidden as well.
                    found.intersect(&all);
                }
            }
        }
        Ok(found)
    }

    /// The same of an unpublished point that passes the filter.
    pub(super) fn finds(&self, scope: &Scope<'_>, point: &PreparedPoint) -> bool {
        let finds = |clause: &Clause| match clause {
            Clause::Vector(nearest) => nearest.finds(point),
            Clause::Words(words) => words.finds(point, least(scope)),
        };
        self.all.is_empty() || self.all.iter().any(finds)
    }

    /// The texts.
    pub(super) fn words(&self) -> impl Iterator<Item = &WordSearch> {
        self.all.iter().filter_map(|clause| match clause {
            Clause::Words(words) => Some(words),
            Clause::Vector(_) => None,
        })
    }

    /// What each part gave a hit.
    pub(super) fn parts(&self, ranked: &Ranked<'_>) -> Vec<Part> {
        let mut texts = 0..;
        let share = |index| ranked.shares.get(index).copied();
        let part = |(index, clause): (usize, &Clause)| {
            let (score, adds) = share(index).map_or((Some(ranked.score), ranked.score), |s| (s.score, s.adds));
            match clause {
                Clause::Vector(nearest) => Part { vector: Some(nearest.name().to_string()), words: None, score, adds },
                Clause::Words(_) => Part { vector: None, words: texts.next(), score, adds },
            }
        };
        self.all.iter().enumerate().map(part).collect()
    }
}

/// Notes what those parts need that can be asked already, while others still miss what says how they are asked.
fn want_rest_of(all: &[Clause], scope: &Scope<'_>, has_vector: bool) {
    let depth = if has_vector { first_depth(scope.query, true) } else { scope.query.top_k() };
    for clause in all {
        // What comes of it is looked at when all can be asked, errors too.
        let _ = clause.find(scope, (depth, None), &mut Vec::new());
    }
}

/// The words of the longest text.
fn longest(all: &[Clause]) -> u32 {
    let words = all.iter().map(|clause| match clause {
        Clause::Words(search) => search.spelling().words,
        Clause::Vector(_) => 0,
    });
    words.max().unwrap_or_default()
}

/// The share of all typed words that is presumably misspelt.
fn misspelt(all: &[Clause]) -> f32 {
    let (mut words, mut misspelt) = (0, 0);
    for clause in all {
        if let Clause::Words(search) = clause {
            words += search.spelling().words;
            misspelt += search.spelling().misspelt;
        }
    }
    if misspelt == 0 { 0.0 } else { misspelt as f32 / words as f32 }
}

/// A model knows a misspelt word by pieces that mean something else: texts get a part of the weight of what it derives.
fn trust_words<'w>(misspelt: f32, of_models: impl Iterator<Item = &'w mut f32>, of_words: &mut [f32]) {
    let sum: f32 = of_words.iter().sum();
    if misspelt == 0.0 || sum == 0.0 {
        return;
    }
    let mut given = 0.0;
    for weight in of_models {
        let gives = *weight * MISSPELT_GIVES * misspelt;
        *weight -= gives;
        given += gives;
    }
    of_words.iter_mut().for_each(|weight| *weight *= 1.0 + given / sum);
}

/// The score below which a point with the words does not count. Of boosted ones only the whole score says that.
fn least(scope: &Scope<'_>) -> f32 {
    scope.query.score_threshold.filter(|_| !scope.query.has_boosts()).unwrap_or_default()
}

impl Clause {
    /// Its best points; of words alone, those behind one that has a score.
    pub(super) fn find<'a>(
        &self,
        scope: &'a Scope<'a>,
        (wanted, behind): (usize, Option<&Ranked<'a>>),
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let start = scope.meter.now();
        match self {
            Self::Vector(nearest) => {
                let found = nearest.find(scope, wanted, plan);
                scope.took(start, |stages| &mut stages.vectors);
                found
            }
            Self::Words(words) => {
                let found = words.find(scope, (wanted, behind), plan);
                scope.took(start, |stages| &mut stages.words);
                found
            }
        }
    }

    /// What it gives points that something else found; none to those that lack the words, or a vector.
    pub(super) fn scores(&self, scope: &Scope<'_>, places: &[&Place]) -> Result<Vec<Option<f32>>> {
        match self {
            Self::Vector(nearest) => places.iter().map(|place| nearest.score(scope, place)).collect(),
            Self::Words(words) => words.scores(scope, places),
        }
    }
}
