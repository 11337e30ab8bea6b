//! Search over all segments and the memtable as if they were one.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{OpenSegment, Snapshot};
use crate::columns::{self, Bitmap};
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::{PreparedPoint, prepare_vector};
use crate::kernel::dot_f32;
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Hit, Metric, PayloadText, Query, SegmentPlan, Strategy, VectorField};
use crate::segment::SearchInput;
use crate::top_k::TopK;

/// Where a hit's payload stands.
enum Place {
    Segment(usize, Ordinal),
    Memtable(Arc<PreparedPoint>),
}

/// A found point. The greater one is the better hit: higher score, then lower id.
struct Ranked<'a> {
    score: f32,
    id: &'a str,
    place: Place,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.id.cmp(self.id))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked<'_> {}

impl Snapshot {
    /// Searches. Hits come by score descending, then by id; payloads are read for them only.
    ///
    /// Points of `memtable` count with their state there. `took_us` of the answer is the host's to
    /// fill: there is no clock in here.
    pub fn search(&self, query: &Query, memtable: Option<&Memtable>, answered_by: AnsweredBy) -> Result<Answer> {
        query.check()?;
        let (position, name, field) = self.schema.vector(query.using.as_deref())?;
        if let Some(filter) = &query.filter {
            columns::check(filter, &self.schema)?;
        }
        let vector = self.query_vector(query, name, field)?;
        let memtable = memtable.filter(|m| !m.is_empty());
        let mut ranked = TopK::new(query.top_k());
        let mut plan = Vec::with_capacity(self.segments.len() + 1);
        for (index, open) in self.segments.iter().enumerate() {
            plan.push(search_segment(self, query, (position, &vector), (index, open), memtable, &mut ranked)?);
        }
        if let Some(memtable) = memtable {
            plan.push(self.search_memtable(query, (position, &vector, field.metric), memtable, &mut ranked)?);
        }
        let hits = ranked
            .into_greatest_first()
            .into_iter()
            .map(|r| self.hit(r, query.fields.as_deref()))
            .collect::<Result<_>>()?;
        let lsn = self.lsn().max(memtable.map_or(0, Memtable::lsn));
        Ok(Answer { hits, version: self.version(), lsn, took_us: 0, answered_by, plan })
    }

    fn query_vector(&self, query: &Query, name: &str, field: &VectorField) -> Result<Vec<f32>> {
        let vector = match (&query.vector, &query.text) {
            (Some(vector), _) => vector.clone(),
            (None, text) => {
                let embed = field.embed.as_ref().ok_or_else(|| {
                    Error::new(
                        Code::InvalidQuery,
                        format!("vector {name:?} has no model, so it cannot be asked with \"text\"; send \"vector\""),
                    )
                })?;
                self.models.get(&embed.model)?.embed(text.as_deref().unwrap_or_default())
            }
        };
        prepare_vector(vector, name, field)
    }

    fn search_memtable<'a>(
        &'a self,
        query: &Query,
        (position, vector, metric): (usize, &[f32], Metric),
        memtable: &'a Memtable,
        ranked: &mut TopK<Ranked<'a>>,
    ) -> Result<SegmentPlan> {
        let (mut points, mut matches) = (0, 0);
        for point in memtable.points() {
            points += 1;
            let passes =
                query.filter.as_ref().map_or(Ok(true), |f| columns::matches(f, &self.schema, &point.payload))?;
            let Some(candidate) = point.vectors.get(position).filter(|_| passes) else { continue };
            matches += 1;
            let dot = dot_f32(vector, candidate);
            let score = match metric {
                Metric::Cosine | Metric::Dot => dot,
                Metric::L2 => 2.0 * dot - dot_f32(candidate, candidate) - dot_f32(vector, vector),
            };
            if query.admits(score) {
                ranked.push(Ranked { score, id: &point.id, place: Place::Memtable(Arc::clone(point)) });
            }
        }
        let strategy = if matches == 0 { Strategy::Empty } else { Strategy::Exact };
        Ok(SegmentPlan { strategy, points, matches, scanned: 0, compared: matches, scratch_bytes: 0 })
    }

    fn hit(&self, ranked: Ranked<'_>, fields: Option<&[String]>) -> Result<Hit> {
        let whole = match &ranked.place {
            Place::Memtable(point) => point.payload_text.clone(),
            Place::Segment(index, ordinal) => match self.segments.get(*index) {
                Some(open) if fields.is_none_or(|f| !f.is_empty()) => open.segment.payload(*ordinal)?,
                _ => PayloadText::default(),
            },
        };
        let payload = match fields {
            None => whole,
            Some(names) => whole.select(names)?,
        };
        Ok(Hit { id: ranked.id.to_string(), score: ranked.score, payload })
    }
}

fn search_segment<'a>(
    snapshot: &Snapshot,
    query: &Query,
    (position, vector): (usize, &[f32]),
    (index, open): (usize, &'a OpenSegment),
    memtable: Option<&Memtable>,
    ranked: &mut TopK<Ranked<'a>>,
) -> Result<SegmentPlan> {
    let segment = &open.segment;
    let mask: Option<Cow<'_, Bitmap>> = match &query.filter {
        None => open.live.as_ref().map(Cow::Borrowed),
        Some(filter) => {
            let mut passing = columns::evaluate(filter, &snapshot.schema, &segment.columns()?, segment.points())?;
            if let Some(live) = &open.live {
                passing.intersect(live);
            }
            Some(Cow::Owned(passing))
        }
    };
    let input = SearchInput {
        position,
        vector,
        top_k: query.top_k(),
        ef_search: query.ef_search(),
        exact: query.exact,
        mask: mask.as_deref(),
    };
    // A point that changed since is found, in its new state, in the memtable.
    let visible = |ordinal| memtable.is_none_or(|m| segment.id(ordinal).is_ok_and(|id| m.get(id).is_none()));
    let nearest = segment.nearest(&input, visible)?;
    for found in nearest.found.into_iter().filter(|f| query.admits(f.score)) {
        let id = segment.id(found.ordinal)?;
        ranked.push(Ranked { score: found.score, id, place: Place::Segment(index, found.ordinal) });
    }
    Ok(nearest.plan)
}
