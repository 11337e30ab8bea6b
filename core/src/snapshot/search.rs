//! Search over all segments and the memtable as if they were one.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::clauses::Clauses;
use super::collapse::Collapse;
use super::fusion::fuse;
use super::ranked::{Place, Ranked};
use super::scope::{Host, Scope};
use super::sorting::Sorting;
use super::{Snapshot, facets};
use crate::error::Result;
use crate::memtable::Memtable;
use crate::model::{Answer, ByName, Hit, PayloadText, Query, SegmentPlan};

/// How many times as many points are asked for when too few values were among them.
const DEEPER: usize = 4;

impl Snapshot {
    /// Searches. Hits come by score descending, then by id, or as the query sorts; payloads are read for them only.
    ///
    /// Points of `memtable` count with their state there. `took_us` of the answer is the host's to fill.
    pub fn search<'a>(
        &'a self,
        query: &'a Query,
        memtable: Option<&'a Memtable>,
        host: impl Into<Host<'a>>,
    ) -> Result<Answer> {
        query.check()?;
        let Host { answered_by, clock } = host.into();
        let mut scope = Scope::new(self, query, memtable, clock)?;
        let clauses = Clauses::new(&mut scope)?;
        let mut plan = Vec::with_capacity(self.segments.len() + 1);
        let found = hits_of(&scope, &clauses, &mut plan)?;
        let start = scope.meter.now();
        let hits = found.into_iter().skip(query.offset()).take(query.top_k());
        let hits = hits.map(|found| self.hit(found, &scope, &clauses)).collect::<Result<_>>()?;
        scope.took(start, |stages| &mut stages.hits);
        let start = scope.meter.now();
        let facets = query.facets.as_ref().map(|facets| facets::count(&scope, facets, &clauses)).transpose()?;
        scope.took(start, |stages| &mut stages.facets);
        Ok(Answer {
            hits,
            facets,
            ended: scope.meter.ended(),
            stages: scope.stages(),
            version: self.version(),
            lsn: scope.lsn,
            took_us: 0,
            answered_by,
            plan,
        })
    }

    fn hit(&self, found: Ranked<'_>, scope: &Scope<'_>, clauses: &Clauses) -> Result<Hit> {
        let query = scope.query;
        let is_read = query.highlight || query.fields.as_ref().is_none_or(|f| !f.is_empty());
        let whole = match &found.place {
            Place::Memtable(point) => point.payload_text.clone(),
            Place::Segment(index, ordinal) => match self.segments.get(*index) {
                Some(open) if is_read => open.segment.payload(*ordinal)?,
                _ => PayloadText::default(),
            },
        };
        let mut highlights = None;
        // Thousands of long texts take a while: hits past the deadline come without.
        if query.highlight && clauses.words().next().is_some() && scope.meter.spend(0) {
            let (tree, mut all) = (whole.to_tree()?, ByName::new());
            clauses.words().try_for_each(|words| words.add_highlights(&tree, &mut all))?;
            highlights = Some(all);
        }
        let payload = match &query.fields {
            None => whole,
            Some(names) => whole.select(names)?,
        };
        let parts = query.explain.then(|| clauses.parts(&found));
        Ok(Hit { id: found.id.to_string(), score: found.score, highlights, parts, payload })
    }
}

/// All hits up to the last one wanted.
fn hits_of<'a>(scope: &'a Scope<'a>, clauses: &Clauses, plan: &mut Vec<SegmentPlan>) -> Result<Vec<Ranked<'a>>> {
    let (sorting, collapse) = (Sorting::new(scope)?, Collapse::new(scope)?);
    let hits = scope.query.offset() + scope.query.top_k();
    let mut wanted = hits;
    loop {
        plan.clear();
        let found = ranking(scope, clauses, &sorting, wanted, plan)?;
        let Some(collapse) = &collapse else { return Ok(found) };
        let is_all = found.len() < wanted || scope.meter.ended().is_some();
        let kept = collapse.first_of_each(found)?;
        if kept.len() >= hits || is_all {
            return Ok(kept);
        }
        wanted = wanted.saturating_mul(DEEPER);
    }
}

/// The first points, as many as wanted, or all there are.
fn ranking<'a>(
    scope: &'a Scope<'a>,
    clauses: &Clauses,
    sorting: &Sorting<'a>,
    wanted: usize,
    plan: &mut Vec<SegmentPlan>,
) -> Result<Vec<Ranked<'a>>> {
    let is_ranked = !clauses.all().is_empty() && (sorting.is_empty() || clauses.has_vector());
    if !is_ranked {
        let start = scope.meter.now();
        let first = sorting.first(scope, clauses, wanted, plan);
        scope.took(start, |stages| &mut stages.rank);
        return first;
    }
    // A vector is near to all that have one, so only the nearest are sorted.
    let depth = if sorting.is_empty() { wanted } else { scope.query.ef_search().max(wanted) };
    let mut found = match clauses.all() {
        [only] => only.find(scope, depth, plan)?,
        _ => fuse(scope, clauses, depth, plan)?,
    };
    found.retain(|ranked| scope.query.admits(ranked.score));
    if sorting.is_empty() {
        return Ok(found);
    }
    let start = scope.meter.now();
    let sorted = sorting.sort(found);
    scope.took(start, |stages| &mut stages.rank);
    sorted
}
