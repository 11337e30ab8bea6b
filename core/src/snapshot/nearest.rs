//! A part of a query that is a vector.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::prepare_vector;
use crate::kernel::dot_f32;
use crate::model::{Metric, SegmentPlan, Strategy, Target, VectorField};
use crate::segment::SearchInput;
use crate::top_k::TopK;

/// A query vector, checked and normalised.
pub(super) struct Nearest {
    name: String,
    position: usize,
    vector: Vec<f32>,
    metric: Metric,
}

impl Nearest {
    pub(super) fn new(scope: &mut Scope<'_>, using: Option<&str>, target: Target<'_>) -> Result<Self> {
        let (position, name, field) = scope.snapshot.schema.vector(using)?;
        let vector = query_vector(scope, position, name, field, target)?;
        Ok(Self { name: name.into(), position, vector, metric: field.metric })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn metric(&self) -> Metric {
        self.metric
    }

    /// The best points.
    pub(super) fn find<'a>(
        &self,
        scope: &'a Scope<'a>,
        top_k: usize,
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let mut ranked = TopK::new(top_k);
        for index in 0..scope.snapshot.segments.len() {
            plan.push(self.search_segment(scope, index, top_k, &mut ranked)?);
        }
        for &point in &scope.fresh {
            let Some(candidate) = point.vectors.get(self.position) else { continue };
            let place = Place::Memtable(Arc::clone(point));
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
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| scope.meter.spend(0)) else {
            return Ok(scope.plan(index, Strategy::Empty));
        };
        let (segment, query) = (&open.segment, scope.query);
        let input = SearchInput {
            position: self.position,
            vector: &self.vector,
            top_k,
            ef_search: query.ef_search().max(top_k),
            oversampling: query.oversampling.unwrap_or(1.0),
            exact: query.exact,
            mask: scope.mask(index),
            meter: &scope.meter,
        };
        let nearest = segment.nearest(&input, |ordinal| scope.is_current(index, ordinal))?;
        for found in nearest.found {
            let id = segment.id(found.ordinal)?;
            ranked.push(Ranked::new(found.score, id, Place::Segment(index, found.ordinal)));
        }
        Ok(SegmentPlan { expected: scope.expected_in(index), ..nearest.plan })
    }

    fn score_of(&self, candidate: &[f32]) -> f32 {
        let dot = dot_f32(&self.vector, candidate);
        match self.metric {
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - dot_f32(candidate, candidate) - dot_f32(&self.vector, &self.vector),
        }
    }

    /// The score of one point: what [`Self::find`] would give it.
    pub(super) fn score(&self, scope: &Scope<'_>, place: &Place) -> Result<f32> {
        match place {
            Place::Memtable(point) => Ok(point.vectors.get(self.position).map_or(0.0, |v| self.score_of(v))),
            Place::Segment(index, ordinal) => self.score_in_segment(scope, *index, *ordinal),
        }
    }

    fn score_in_segment(&self, scope: &Scope<'_>, index: usize, ordinal: Ordinal) -> Result<f32> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(0.0) };
        open.segment.score(self.position, &self.vector, ordinal)
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
        Target::Like(id) => {
            let missing = || Error::new(Code::PointNotFound, format!("\"like\": no point {id:?} is here"));
            let place = scope.find(id).ok_or_else(missing)?;
            let vector = vector_at(scope, position, &place).and_then(|vector| vector.ok_or_else(missing))?;
            scope.hide(place);
            vector
        }
        Target::Text(text) => {
            let embed = field.embed.as_ref().ok_or_else(|| {
                Error::new(
                    Code::InvalidQuery,
                    format!("vector {name:?} has no model, so it cannot be asked with \"text\"; send \"vector\""),
                )
            })?;
            scope.snapshot.models.get(&embed.model)?.embed(text)
        }
    };
    prepare_vector(vector, name, field)
}

/// The vector of a point, as exact as it is kept.
fn vector_at(scope: &Scope<'_>, position: usize, place: &Place) -> Result<Option<Vec<f32>>> {
    match place {
        Place::Memtable(point) => Ok(point.vectors.get(position).cloned()),
        Place::Segment(index, ordinal) => {
            let open = scope.snapshot.segments.get(*index);
            open.map(|open| open.segment.vector(position, *ordinal)).transpose()
        }
    }
}
