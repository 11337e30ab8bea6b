//! A part of a query that is a vector.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::scope::Scope;
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::{PreparedPoint, embedded, prepare_vector};
use crate::kernel::dot_f32;
use crate::model::{Metric, SegmentPlan, Strategy, Target, VectorField};
use crate::segment::{SearchInput, Segment};
use crate::top_k::TopK;

/// A query vector, checked and normalised.
pub(super) struct Nearest {
    name: String,
    position: usize,
    vector: Vec<f32>,
    metric: Metric,
    zeros_are_none: bool,
}

impl Nearest {
    pub(super) fn new(scope: &mut Scope<'_>, using: Option<&str>, target: Target<'_>) -> Result<Self> {
        let (position, name, field) = scope.snapshot.schema.vector(using)?;
        let vector = query_vector(scope, position, name, field, target)?;
        let zeros_are_none = field.zeros_are_none();
        Ok(Self { name: name.into(), position, vector, metric: field.metric, zeros_are_none })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn metric(&self) -> Metric {
        self.metric
    }

    /// Whether this is a vector, or zeros that stand for none.
    fn is_some(&self, vector: &[f32]) -> bool {
        !self.zeros_are_none || vector.iter().any(|x| *x != 0.0)
    }

    /// Whether an unpublished point is near to the query at all.
    pub(super) fn finds(&self, point: &PreparedPoint) -> bool {
        self.is_some(&self.vector) && point.vectors.get(self.position).is_some_and(|vector| self.is_some(vector))
    }

    /// How many of a segment's points are near to nothing; none where that takes a look at each.
    pub(super) fn without_direction(&self, segment: &Segment) -> Option<u32> {
        if !self.is_some(&self.vector) {
            return Some(segment.points());
        }
        if self.zeros_are_none { segment.zeros(self.position) } else { Some(0) }
    }

    /// Adds those of a segment's points that are near to the query at all.
    pub(super) fn add_all_of(&self, all: &Bitmap, scope: &Scope<'_>, index: usize, found: &mut Bitmap) -> Result<()> {
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| self.is_some(&self.vector)) else {
            return Ok(());
        };
        let mut near = all.clone();
        if self.zeros_are_none {
            let codes = open.segment.codes(self.position)?;
            near.retain(|ordinal| !codes.is_zero(ordinal));
        }
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
        let mut ranked = TopK::new(top_k);
        for index in 0..scope.snapshot.segments.len() {
            plan.push(self.search_segment(scope, index, top_k, &mut ranked)?);
        }
        for &point in &scope.fresh {
            let Some(candidate) = point.vectors.get(self.position).filter(|_| self.finds(point)) else { continue };
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
        let can_find = self.is_some(&self.vector) && scope.meter.spend(0);
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| can_find) else {
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
        let codes = segment.codes(self.position)?;
        let is_near = |ordinal| !(self.zeros_are_none && codes.is_zero(ordinal));
        let nearest = segment.nearest(&input, |ordinal| is_near(ordinal) && scope.is_current(index, ordinal))?;
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

    /// The score of one point: what [`Self::find`] would give it; none where the two are not near at all.
    pub(super) fn score(&self, scope: &Scope<'_>, place: &Place) -> Result<Option<f32>> {
        match place {
            Place::Memtable(point) => {
                Ok(point.vectors.get(self.position).filter(|_| self.finds(point)).map(|v| self.score_of(v)))
            }
            Place::Segment(index, ordinal) => self.score_in_segment(scope, *index, *ordinal),
        }
    }

    fn score_in_segment(&self, scope: &Scope<'_>, index: usize, ordinal: Ordinal) -> Result<Option<f32>> {
        let Some(open) = scope.snapshot.segments.get(index).filter(|_| self.is_some(&self.vector)) else {
            return Ok(None);
        };
        if self.zeros_are_none && open.segment.codes(self.position)?.is_zero(ordinal) {
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
        Target::Like(id) => {
            let missing = || Error::new(Code::PointNotFound, format!("\"like\": no point {id:?} is here"));
            let place = scope.find(id).ok_or_else(missing)?;
            let vector = vector_at(scope, position, &place).and_then(|vector| vector.ok_or_else(missing))?;
            if field.zeros_are_none() && vector.iter().all(|x| *x == 0.0) {
                let message = format!("\"like\": point {id:?} has no vector {name:?}, so nothing is like it");
                return Err(Error::new(Code::InvalidQuery, message));
            }
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
            embedded(&**scope.snapshot.models.get(&embed.model)?, text)
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
