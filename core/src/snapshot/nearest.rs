//! The part of a query that is a vector.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Snapshot;
use super::ranked::{Place, Ranked};
use super::search::{Scope, plan_of};
use crate::columns;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::prepare_vector;
use crate::kernel::dot_f32;
use crate::model::{Metric, SegmentPlan, Strategy, VectorField};
use crate::segment::SearchInput;
use crate::top_k::TopK;

/// A query vector, checked and normalised.
pub(super) struct Nearest<'a> {
    scope: &'a Scope<'a>,
    position: usize,
    vector: Vec<f32>,
    metric: Metric,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(scope: &'a Scope<'a>) -> Result<Self> {
        let (position, name, field) = scope.snapshot.schema.vector(scope.query.using.as_deref())?;
        let vector = query_vector(scope, name, field)?;
        Ok(Self { scope, position, vector, metric: field.metric })
    }

    pub(super) const fn metric(&self) -> Metric {
        self.metric
    }

    /// The best points.
    pub(super) fn find(&self, top_k: usize, plan: &mut Vec<SegmentPlan>) -> Result<Vec<Ranked<'a>>> {
        let mut ranked = TopK::new(top_k);
        for index in 0..self.scope.snapshot.segments.len() {
            plan.push(self.search_segment(index, top_k, &mut ranked)?);
        }
        if self.scope.memtable.is_some() {
            plan.push(self.search_memtable(&mut ranked)?);
        }
        Ok(ranked.into_greatest_first())
    }

    fn search_segment(&self, index: usize, top_k: usize, ranked: &mut TopK<Ranked<'a>>) -> Result<SegmentPlan> {
        let Snapshot { segments, .. } = self.scope.snapshot;
        let Some(open) = segments.get(index) else { return Ok(plan_of(Strategy::Empty, 0, 0)) };
        let (segment, query) = (&open.segment, self.scope.query);
        let input = SearchInput {
            position: self.position,
            vector: &self.vector,
            top_k,
            ef_search: query.ef_search().max(top_k),
            exact: query.exact,
            mask: self.scope.mask(index),
        };
        let nearest = segment.nearest(&input, |ordinal| self.scope.is_current(index, ordinal))?;
        for found in nearest.found {
            let id = segment.id(found.ordinal)?;
            ranked.push(Ranked::by_vector(found.score, id, Place::Segment(index, found.ordinal)));
        }
        Ok(nearest.plan)
    }

    fn search_memtable(&self, ranked: &mut TopK<Ranked<'a>>) -> Result<SegmentPlan> {
        let (mut points, mut matches) = (0, 0);
        for point in self.scope.memtable.iter().flat_map(|m| m.points()) {
            points += 1;
            let (filter, schema) = (self.scope.query.filter.as_ref(), &self.scope.snapshot.schema);
            let passes = filter.map_or(Ok(true), |f| columns::matches(f, schema, &point.payload))?;
            let Some(candidate) = point.vectors.get(self.position).filter(|_| passes) else { continue };
            matches += 1;
            let score = self.score_of(candidate);
            ranked.push(Ranked::by_vector(score, &point.id, Place::Memtable(Arc::clone(point))));
        }
        let strategy = if matches == 0 { Strategy::Empty } else { Strategy::Exact };
        Ok(SegmentPlan { compared: matches, ..plan_of(strategy, points, matches) })
    }

    fn score_of(&self, candidate: &[f32]) -> f32 {
        let dot = dot_f32(&self.vector, candidate);
        match self.metric {
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - dot_f32(candidate, candidate) - dot_f32(&self.vector, &self.vector),
        }
    }

    /// The score of one point: what [`Self::find`] would give it.
    pub(super) fn score(&self, place: &Place) -> Result<f32> {
        match place {
            Place::Memtable(point) => Ok(point.vectors.get(self.position).map_or(0.0, |v| self.score_of(v))),
            Place::Segment(index, ordinal) => self.score_in_segment(*index, *ordinal),
        }
    }

    fn score_in_segment(&self, index: usize, ordinal: Ordinal) -> Result<f32> {
        let Some(open) = self.scope.snapshot.segments.get(index) else { return Ok(0.0) };
        open.segment.score(self.position, &self.vector, ordinal)
    }
}

fn query_vector(scope: &Scope<'_>, name: &str, field: &VectorField) -> Result<Vec<f32>> {
    let vector = match (&scope.query.vector, &scope.query.text) {
        (Some(vector), _) => vector.clone(),
        (None, text) => {
            let embed = field.embed.as_ref().ok_or_else(|| {
                Error::new(
                    Code::InvalidQuery,
                    format!("vector {name:?} has no model, so it cannot be asked with \"text\"; send \"vector\""),
                )
            })?;
            let text = text.as_ref().map_or("", String::as_str);
            scope.snapshot.models.get(&embed.model)?.embed(text)
        }
    };
    prepare_vector(vector, name, field)
}
