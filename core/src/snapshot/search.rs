//! Search over all segments and the memtable as if they were one.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::fusion::fuse;
use super::matching::Matching;
use super::nearest::Nearest;
use super::ranked::{Place, Ranked};
use super::{Snapshot, facets};
use crate::columns::{self, Bitmap};
use crate::error::Result;
use crate::ids::Ordinal;
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Hit, PayloadText, Query, SegmentPlan};

/// What all parts of a query share.
pub(super) struct Scope<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) query: &'a Query,
    /// None when nothing has changed since.
    pub(super) memtable: Option<&'a Memtable>,
    /// For each segment the live points that pass the filter; none: all.
    pub(super) masks: Vec<Option<Cow<'a, Bitmap>>>,
}

impl<'a> Scope<'a> {
    fn new(snapshot: &'a Snapshot, query: &'a Query, memtable: Option<&'a Memtable>) -> Result<Self> {
        let mask = |open: &'a super::OpenSegment| -> Result<Option<Cow<'a, Bitmap>>> {
            let Some(filter) = &query.filter else { return Ok(open.live.as_ref().map(Cow::Borrowed)) };
            let segment = &open.segment;
            let mut passing = columns::evaluate(filter, &snapshot.schema, &segment.columns()?, segment.points())?;
            if let Some(live) = &open.live {
                passing.intersect(live);
            }
            Ok(Some(Cow::Owned(passing)))
        };
        if let Some(filter) = &query.filter {
            columns::check(filter, &snapshot.schema)?;
        }
        let masks = snapshot.segments.iter().map(mask).collect::<Result<_>>()?;
        Ok(Self { snapshot, query, memtable: memtable.filter(|m| !m.is_empty()), masks })
    }

    pub(super) fn mask(&self, segment: usize) -> Option<&Bitmap> {
        self.masks.get(segment)?.as_deref()
    }

    /// Whether a point of a segment has not changed since: in its new state it is found in the memtable.
    pub(super) fn is_current(&self, segment: usize, ordinal: Ordinal) -> bool {
        self.memtable.is_none_or(|memtable| {
            let open = self.snapshot.segments.get(segment);
            open.is_some_and(|open| open.segment.id(ordinal).is_ok_and(|id| memtable.get(id).is_none()))
        })
    }
}

impl Snapshot {
    /// Searches. Hits come by score descending, then by id; payloads are read for them only.
    ///
    /// Points of `memtable` count with their state there. `took_us` of the answer is the host's to
    /// fill: there is no clock in here.
    pub fn search(&self, query: &Query, memtable: Option<&Memtable>, answered_by: AnsweredBy) -> Result<Answer> {
        query.check()?;
        let scope = Scope::new(self, query, memtable)?;
        let mut plan = Vec::with_capacity(self.segments.len() + 1);
        let matching = query.r#match.as_ref().map(|m| Matching::new(&scope, m)).transpose()?;
        let nearest = query.has_vector().then(|| Nearest::new(&scope)).transpose()?;
        let wanted = query.offset() + query.top_k();
        let found = match (&nearest, &matching) {
            (Some(nearest), Some(matching)) => fuse(&scope, nearest, matching, wanted, &mut plan)?,
            (Some(nearest), None) => nearest.find(wanted, &mut plan)?,
            (None, Some(matching)) => matching.find(&scope, wanted, &mut plan)?,
            (None, None) => Vec::new(),
        };
        let found = found.into_iter().filter(|f| query.admits(f.score));
        let hits = found.skip(query.offset()).take(query.top_k());
        let hits = hits.map(|f| self.hit(f, query, matching.as_ref())).collect::<Result<_>>()?;
        // A vector is near to everything, so words decide what is found only where there is none.
        let words = matching.as_ref().filter(|_| nearest.is_none());
        let facets = query.facets.as_ref().map(|facets| facets::count(&scope, facets, words)).transpose()?;
        let lsn = self.lsn().max(scope.memtable.map_or(0, Memtable::lsn));
        Ok(Answer { hits, facets, version: self.version(), lsn, took_us: 0, answered_by, plan })
    }

    fn hit(&self, found: Ranked<'_>, query: &Query, matching: Option<&Matching>) -> Result<Hit> {
        let Ranked { score, id, place, parts } = found;
        let matching = matching.filter(|_| query.highlight);
        let is_read = matching.is_some() || query.fields.as_ref().is_none_or(|f| !f.is_empty());
        let whole = match &place {
            Place::Memtable(point) => point.payload_text.clone(),
            Place::Segment(index, ordinal) => match self.segments.get(*index) {
                Some(open) if is_read => open.segment.payload(*ordinal)?,
                _ => PayloadText::default(),
            },
        };
        let highlights = matching.map(|m| m.highlights(&whole)).transpose()?;
        let payload = match &query.fields {
            None => whole,
            Some(names) => whole.select(names)?,
        };
        Ok(Hit { id: id.to_string(), score, highlights, parts: query.explain.then_some(parts), payload })
    }
}

/// A plan with everything at nothing.
pub(super) const fn plan_of(strategy: crate::model::Strategy, points: u32, matches: u32) -> SegmentPlan {
    SegmentPlan { strategy, points, matches, scanned: 0, compared: 0, blocks: 0, blocks_read: 0, scratch_bytes: 0 }
}
