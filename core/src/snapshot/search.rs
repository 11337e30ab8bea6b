//! Search over all segments and the memtable as if they were one.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::clauses::Clauses;
use super::collapse::Collapse;
use super::ranked::{Place, Ranked};
use super::rings::Rings;
use super::scope::{Host, Scope};
use super::sorting::Sorting;
use super::{Snapshot, facets};
use crate::error::Result;
use crate::memtable::Memtable;
use crate::model::{Answer, ByName, Hit, PayloadText, Query, SegmentPlan};

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
        let facets = query.facets.as_ref().map(|facets| facets::count(&mut scope, facets, &clauses)).transpose()?;
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

/// All hits up to the last one of the page.
fn hits_of<'a>(scope: &'a Scope<'a>, clauses: &Clauses, plan: &mut Vec<SegmentPlan>) -> Result<Vec<Ranked<'a>>> {
    let (sorting, mut collapse) = (Sorting::new(scope)?, Collapse::new(scope)?);
    let wanted = scope.query.offset() + scope.query.top_k();
    let mut rings = Rings::new(scope, clauses, &sorting, wanted);
    let mut hits = Vec::new();
    while hits.len() < wanted
        && let Some(ring) = rings.next(plan)?
    {
        match &mut collapse {
            None => hits.extend(ring),
            Some(collapse) => hits.extend(collapse.first_of_each(ring)?),
        }
    }
    Ok(hits)
}
