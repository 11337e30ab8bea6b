//! A part of a query that is a vector.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::rings::LEAST_DEPTH;
use super::scope::Scope;
use crate::capabilities::{HasChanges, HasVectors};
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::{PreparedPoint, embedded, normalise, prepare_vector};
use crate::kernel::dot_f32;
use crate::model::{Like, Metric, SegmentPlan, Strategy, Target, VectorField};
use crate::parts::Gaps;
use crate::segment::{SearchInput, Segment};
use crate::top_k::TopK;

/// Candidates of a scan for each hit wanted, at least; fewer where `efSearch` asks for so few.
const CANDIDATES_PER_HIT: usize = 4;
/// Components below this, of sums of vectors of length 1, are what rounding left.
const CANCELLED: f32 = 1e-6;

/// A query vector, checked and normalised.
pub(super) struct Nearest {
    name: String,
    position: usize,
    vector: Vec<f32>,
    metric: Metric,
    /// Whether it is zeros that stand for no vector.
    is_none: bool,
    _has: HasVectors,
}

impl Nearest {
    pub(super) fn new(scope: &mut Scope<'_>, using: Option<&str>, target: Target<'_>) -> Result<Self> {
        let _has = HasVectors::check()?;
        let (position, name, field) = scope.snapshot.schema.vector(using)?;
        let vector = query_vector(scope, position, name, field, target)?;
        let is_none = field.zeros_are_none() && vector.iter().all(|x| *x == 0.0);
        Ok(Self { name: name.into(), position, vector, metric: field.metric, is_none, _has })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn metric(&self) -> Metric {
        self.metric
    }

    /// Whether an unpublished point is near to the query at all.
    pub(super) fn finds(&self, point: &PreparedPoint) -> bool {
        !self.is_none && point.vectors.get(self.position).is_some_and(|vector| !vector.is_empty())
    }

    /// How many of a segment's points are near to nothing.
    pub(super) fn without_vector(&self, segment: &Segment) -> u32 {
        if self.is_none { segment.points() } else { segment.absent(self.position) }
    }

    /// Adds those of a segment's points that are near to the query at all.
    pub(super) fn add_all_of(&self, all: &Bitmap, scope: &Scope<'_>, index: usize, found: &mut Bitmap) -> Result<()> {
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| !self.is_none) else {
            return Ok(());
        };
        let mut near = all.clone();
        open.segment.drop_absent(self.position, &mut near)?;
        found.unite(&near);
        Ok(())
    }

    /// The best points.
    pub(super) fn find<'a>(
        &self,
        scope: &'a Scope<'a>,
        top_k: usize,
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let (mut ranked, mut gaps) = (TopK::new(top_k), Gaps::default());
        for index in 0..scope.snapshot.segments.len() {
            plan.extend(gaps.pass(self.search_segment(scope, index, top_k, &mut ranked))?);
        }
        gaps.close()?;
        for &point in scope.fresh() {
            let Some(candidate) = point.vectors.get(self.position).filter(|_| self.finds(point)) else { continue };
            let place = Place::Memtable(Arc::clone(point), HasChanges::check()?);
            ranked.push(Ranked::new(self.score_of(candidate), &point.id, place));
        }
        plan.extend(scope.fresh_plan());
        Ok(ranked.into_greatest_first())
    }

    fn search_segment<'a>(
        &self,
        scope: &'a Scope<'a>,
        index: usize,
        top_k: usize,
        ranked: &mut TopK<Ranked<'a>>,
    ) -> Result<SegmentPlan> {
        let can_find = !self.is_none && scope.meter.spend(0);
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| can_find) else {
            return Ok(scope.plan(index, Strategy::Empty));
        };
        let (segment, query, misses) = (&open.segment, scope.query, open.segment.misses());
        // A search that met only points without a vector would not see those behind them.
        let mut with_vector = None;
        if segment.absent(self.position) > 0 {
            let all = || Bitmap::all(segment.points());
            let mut mask = scope.mask(index).cloned().unwrap_or_else(all);
            segment.drop_absent(self.position, &mut mask)?;
            with_vector = Some(mask);
        }
        let input = SearchInput {
            position: self.position,
            vector: &self.vector,
            top_k,
            ef_search: query.ef_search().max(top_k),
            candidates_per_hit: (query.ef_search() / LEAST_DEPTH).clamp(1, CANDIDATES_PER_HIT),
            oversampling: query.oversampling.unwrap_or(1.0),
            exact: query.exact,
            mask: with_vector.as_ref().or_else(|| scope.mask(index)),
            meter: &scope.meter,
        };
        let nearest = segment.nearest(&input, |ordinal| scope.is_current(index, ordinal))?;
        let ids = segment.ids()?;
        let named: Vec<_> = nearest.found.into_iter().map(|found| (found, ids.get(found.ordinal))).collect();
        segment.none_missing_since(misses)?;
        for (found, id) in named {
            let id = id.ok_or_else(|| Error::corrupt(format!("segment: ordinal {} has no id", found.ordinal)))?;
            ranked.push(Ranked::new(found.score, id, Place::Segment(index, found.ordinal)));
        }
        let built = if query.explain { segment.built(self.position)? } else { None };
        Ok(SegmentPlan { built, ..scope.told_of(index, nearest.plan) })
    }

    fn score_of(&self, candidate: &[f32]) -> f32 {
        let dot = dot_f32(&self.vector, candidate);
        match self.metric {
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - dot_f32(candidate, candidate) - dot_f32(&self.vector, &self.vector),
        }
    }

    /// The score of one point: what [`Self::find`] would give it; none where the two are not near at all.
    pub(super) fn score(&self, scope: &Scope<'_>, place: &Place) -> Result<Option<f32>> {
        match place {
            Place::Memtable(point, _) => {
                Ok(point.vectors.get(self.position).filter(|_| self.finds(point)).map(|v| self.score_of(v)))
            }
            Place::Segment(index, ordinal) => self.score_in_segment(scope, *index, *ordinal),
        }
    }

    fn score_in_segment(&self, scope: &Scope<'_>, index: usize, ordinal: Ordinal) -> Result<Option<f32>> {
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| !self.is_none) else {
            return Ok(None);
        };
        if open.segment.point_codes(self.position)?.is_absent(ordinal) {
            return Ok(None);
        }
        open.segment.score(self.position, &self.vector, ordinal).map(Some)
    }
}

fn query_vector(
    scope: &mut Scope<'_>,
    position: usize,
    name: &str,
    field: &VectorField,
    target: Target<'_>,
) -> Result<Vec<f32>> {
    let vector = match target {
        Target::Vector(vector) => vector.into(),
        // Its components are those of checked vectors, and may be three times as large.
        Target::Like(like) => return vector_like(scope, position, name, field, like),
        Target::Text(text) => {
            let embed = field.embed.as_ref().ok_or_else(|| {
                Error::new(
                    Code::InvalidQuery,
                    format!("vector {name:?} has no model, so it cannot be asked with \"text\"; send \"vector\""),
                )
            })?;
            let (model, misses) = (scope.snapshot.models.get(&embed.model)?, scope.snapshot.misses());
            let vector = embedded(&**model, text);
            scope.snapshot.none_missing_since(misses)?;
            vector
        }
    };
    prepare_vector(vector, name, field)
}

/// The mean of the vectors of some points; where there are others that hits are not to be like, away from theirs by as
/// much as it is from the mean of these: what Qdrant calls `average_vector`. The points are hidden.
fn vector_like(
    scope: &mut Scope<'_>,
    position: usize,
    name: &str,
    field: &VectorField,
    like: &Like,
) -> Result<Vec<f32>> {
    let mut sums = [alloc::vec![0f32; field.dim as usize], alloc::vec![0f32; field.dim as usize]];
    for (id, is_like) in like.all() {
        let missing = || Error::new(Code::PointNotFound, format!("\"like\": no point {id:?} is here"));
        let place = scope.find(id).ok_or_else(missing)?;
        let vector = vector_at(scope, position, &place)?.ok_or_else(|| {
            let message = format!("\"like\": point {id:?} has no vector {name:?}, so nothing is like it");
            Error::new(Code::InvalidQuery, message)
        })?;
        scope.hide(place);
        let [likes, others] = &mut sums;
        let sum = if is_like { likes } else { others };
        sum.iter_mut().zip(&vector).for_each(|(sum, x)| *sum += x);
    }
    let [mut vector, others] = sums;
    let (likes, not) = (like.ids.len() as f32, like.not.len() as f32);
    vector.iter_mut().for_each(|x| *x /= likes);
    if not > 0.0 {
        vector.iter_mut().zip(&others).for_each(|(x, other)| *x += *x - other / not);
    }
    if field.metric == Metric::Cosine {
        // What cancels out has no direction, and what rounding leaves of it says none.
        if vector.iter().all(|x| x.abs() < CANCELLED) {
            vector.fill(0.0);
        }
        normalise(&mut vector);
    }
    Ok(vector)
}

/// The vector of a point, as exact as it is kept; none where it has none.
pub(super) fn vector_at(scope: &Scope<'_>, position: usize, place: &Place) -> Result<Option<Vec<f32>>> {
    match place {
        Place::Memtable(point, _) => Ok(point.vectors.get(position).filter(|vector| !vector.is_empty()).cloned()),
        Place::Segment(index, ordinal) => match scope.snapshot.segments.get(*index) {
            Some(open) => open.segment.vector(position, *ordinal),
            None => Ok(None),
        },
    }
}
