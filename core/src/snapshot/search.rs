//! Search over all segments and what is in none as if they were one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::clauses::Clauses;
use super::collapse::{Collapse, Kept};
use super::diversity::Diversity;
use super::pages::Page;
use super::pins::Pins;
use super::ranked::{Place, Ranked};
use super::rings::Rings;
use super::scope::{Host, Scope, Unpublished};
use super::snippets::Snippeter;
use super::sorting::Sorting;
use super::total::are_told_by_sets;
use super::{Snapshot, facets, total};
use crate::error::{Code, Error, Result};
use crate::memtable::Memtable;
use crate::model::{Answer, ByName, Group, Hit, PayloadText, Query, SegmentPlan, Total};

impl Snapshot {
    /// Searches. Hits come by score descending, then by id, or as the query sorts; payloads are read for them only.
    ///
    /// Points of `memtable` count with their state there, unless the query is about a version alone. Where they are
    /// many, a [`View`] that is kept spares looking each of them up. `took_us` of the answer is the host's to fill.
    ///
    /// [`View`]: super::View
    pub fn search<'a>(
        &'a self,
        query: &'a Query,
        memtable: Option<&'a Memtable>,
        host: impl Into<Host<'a>>,
    ) -> Result<Answer> {
        #[cfg(feature = "changes")]
        if let Some(memtable) = memtable.filter(|_| query.as_of.is_none() && query.after.is_none()) {
            let unpublished = Unpublished { all: memtable, recent: memtable };
            return self.without(memtable).answer(query, Some(unpublished), host.into());
        }
        let _ = memtable;
        self.answer(query, None, host.into())
    }

    /// The same of a snapshot in which what is not published is not live any more.
    pub(super) fn answer(&self, query: &Query, unpublished: Option<Unpublished<'_>>, host: Host<'_>) -> Result<Answer> {
        query.check()?;
        self.if_all_here(self.answer_of_what_is_here(query, unpublished, host))
    }

    fn answer_of_what_is_here(
        &self,
        query: &Query,
        unpublished: Option<Unpublished<'_>>,
        host: Host<'_>,
    ) -> Result<Answer> {
        let mut scope = Scope::new(self, query, unpublished, host)?;
        let clauses = Clauses::new(&mut scope)?;
        let mut plan = Vec::with_capacity(self.segments.len() + 1);
        let FoundPage { kept, mut total, next } = found(&scope, &clauses, &mut plan)?;
        let start = scope.meter.now();
        let told = Told { scope: &scope, clauses: &clauses, snippets: Snippeter::new(&scope, &clauses)? };
        self.want_payloads(&kept, &told);
        let hits = kept.into_iter().map(|kept| self.first_of(kept, &told)).collect::<Result<_>>()?;
        scope.took(start, |stages| &mut stages.hits);
        let start = scope.meter.now();
        let is_told = are_told_by_sets(&scope, &clauses);
        let facets = query.facets.as_ref().map(|facets| facets::count(&mut scope, facets, &clauses)).transpose()?;
        let (facets, counted) = facets.unzip();
        if let Some(counted) = counted.filter(|_| is_told && !total.is_exact()) {
            total = Total::exact(counted);
        }
        scope.took(start, |stages| &mut stages.facets);
        let ended = scope.meter.ended();
        Ok(Answer {
            hits,
            total: if ended.is_some() { Total::at_least(total.value) } else { total },
            next: next.filter(|_| ended.is_none()),
            facets,
            ended,
            stages: scope.stages(),
            version: self.version(),
            lsn: scope.lsn,
            took_us: 0,
            answered_by: host.answered_by,
            plan,
        })
    }

    /// Notes which payloads of the hits are not here, so that they are fetched together.
    fn want_payloads(&self, kept: &[Kept<'_>], told: &Told<'_, '_>) {
        for found in kept.iter().filter(|_| told.reads_payloads()).flat_map(|kept| &kept.hits) {
            if let Place::Segment(index, ordinal) = found.place {
                self.segments.get(index).into_iter().for_each(|open| open.segment.want_payload(ordinal));
            }
        }
    }

    /// The first hit of some that share a value, with its group, where the query wants some.
    fn first_of(&self, kept: Kept<'_>, told: &Told<'_, '_>) -> Result<Hit> {
        let Kept { hits, value, count } = kept;
        let first = hits.first().cloned().ok_or_else(|| Error::new(Code::Internal, "a group without a hit"))?;
        let mut first = self.hit(first, told)?;
        if told.scope.query.collapse.as_ref().is_some_and(|collapse| collapse.hits.is_some()) {
            let mut group = Group { value, count, hits: Vec::with_capacity(hits.len()) };
            for found in hits {
                group.hits.push(self.hit(found, told)?);
            }
            if told.scope.meter.ended().is_some() {
                group.count = Total::at_least(count.value);
            }
            first.group = Some(group);
        }
        Ok(first)
    }

    #[inline(never)]
    fn hit(&self, found: Ranked<'_>, told: &Told<'_, '_>) -> Result<Hit> {
        let Told { scope, clauses, snippets: snippeter } = told;
        let (query, is_read) = (scope.query, told.reads_payloads());
        let whole = match &found.place {
            Place::Memtable(point, _) => point.payload_text.clone(),
            Place::Segment(index, ordinal) => match self.segments.get(*index) {
                Some(open) if is_read => open.segment.payload(*ordinal)?,
                _ => PayloadText::default(),
            },
        };
        let (mut highlights, mut snippets) = (None, None);
        let is_marked = query.highlight && clauses.words().next().is_some();
        // Thousands of long texts take a while: hits past the deadline come without.
        if (is_marked || snippeter.is_some()) && scope.meter.spend(0) {
            let tree = whole.to_tree()?;
            if is_marked {
                let mut all = ByName::new();
                clauses.words().try_for_each(|words| words.add_highlights(&tree, &mut all))?;
                highlights = Some(all);
            }
            snippets = snippeter.as_ref().map(|snippeter| snippeter.of(&tree, clauses)).transpose()?;
        }
        let payload = match &query.fields {
            None => whole,
            Some(names) => whole.select(names)?,
        };
        let parts = query.explain.then(|| clauses.parts(&found));
        let (id, score, pinned) = (found.id.to_string(), found.score, found.is_pinned);
        Ok(Hit { id, score, pinned, highlights, snippets, parts, group: None, payload })
    }
}

/// What hits are told of.
struct Told<'s, 'a> {
    scope: &'s Scope<'a>,
    clauses: &'s Clauses,
    snippets: Option<Snippeter>,
}

impl Told<'_, '_> {
    /// Whether the payloads of hits are read.
    fn reads_payloads(&self) -> bool {
        let query = self.scope.query;
        query.highlight || self.snippets.is_some() || query.fields.as_ref().is_none_or(|fields| !fields.is_empty())
    }
}

/// Rings after which the values of all points that are found are counted, if a page of collapsed hits is not full by
/// then: a few rings cost less than to count, and nearly always suffice.
const COUNTED_AFTER: usize = 3;

/// The hits of the page, and how many there are on all pages.
struct FoundPage<'a> {
    kept: Vec<Kept<'a>>,
    total: Total,
    /// Where the page behind begins, if there is one and the query goes from page to page.
    next: Option<String>,
}

/// Goes through rings until the page is full, and further where all are to be counted.
fn found<'a>(scope: &'a Scope<'a>, clauses: &Clauses, plan: &mut Vec<SegmentPlan>) -> Result<FoundPage<'a>> {
    let (sorting, mut collapse) = (Sorting::new(scope)?, Collapse::new(scope)?);
    let query = scope.query;
    let page = Page::new(scope, clauses, &sorting)?;
    let Page { from, to, .. } = page;
    let (pins, diversity) = (Pins::new(scope), Diversity::new(scope)?);
    // All candidates, before their order is known.
    let needed = diversity.as_ref().map_or(to, |diversity| to.max(diversity.candidates())) + Page::more(scope);
    let first = if diversity.is_some() { 0 } else { from };
    // As many more as may be pinned ones, which stand elsewhere.
    let enough = needed + pins.more();
    let mut rings = Rings::new(scope, clauses, &sorting, &page, enough)?;
    let (mut hits, mut total, mut rings_seen): (Vec<Ranked<'_>>, _, _) = (Vec::new(), None, 0);
    while collapse.as_ref().map_or(hits.len() < enough, |collapse| !collapse.is_filled(first, needed))
        && let Some(ring) = rings.next(plan)?
    {
        let Some(collapse) = &mut collapse else {
            hits.extend(ring);
            continue;
        };
        collapse.add(ring)?;
        rings_seen += 1;
        // How many values there are says when all have been seen.
        if rings_seen >= COUNTED_AFTER && !rings.is_through() && !collapse.is_filled(first, needed) {
            total = collapse.count(scope, clauses)?.or(total);
        }
    }
    let mut total = Some(rings.total()).filter(|total| total.is_exact()).or(total);
    if query.total {
        total = count_all(scope, clauses, &mut rings, collapse.as_mut())?.or(total);
    }
    let total = match total {
        Some(total) => total,
        None => {
            let known = total::known(scope, clauses)?;
            if known.is_exact() { known } else { Total::at_least(known.value.max(rings.total().value)) }
        }
    };
    let mut has_more = collapse.as_ref().is_some_and(|collapse| collapse.len() > to);
    let kept: Vec<Kept<'_>> = match collapse {
        Some(collapse) => match &diversity {
            None => collapse.into_page(from, to, rings.is_through()),
            Some(diversity) => {
                let kept = collapse.into_page(0, needed, rings.is_through());
                let mut kept = diversity.reorder_groups(scope, kept, to)?;
                kept.truncate(to);
                kept.drain(..from.min(kept.len()));
                kept
            }
        },
        None => {
            if let Some(diversity) = &diversity {
                hits = diversity.reorder(scope, hits, enough)?;
            }
            pins.put(&mut hits);
            has_more = hits.len() > to;
            hits.truncate(to);
            hits.drain(..from.min(hits.len()));
            hits.into_iter().map(Kept::alone).collect()
        }
    };
    let last = kept.last().and_then(|kept| kept.hits.first()).filter(|_| has_more && query.after.is_some());
    let next = last.and_then(|last| page.next(scope, kept.len(), last));
    Ok(FoundPage { kept, total, next })
}

/// Counts what is not counted yet: all points that are found, and those of each group. None where facets will.
fn count_all<'a>(
    scope: &'a Scope<'a>,
    clauses: &Clauses,
    rings: &mut Rings<'_, 'a>,
    mut collapse: Option<&mut Collapse<'a>>,
) -> Result<Option<Total>> {
    let has_groups = scope.query.collapse.as_ref().is_some_and(|collapse| collapse.hits.is_some());
    if rings.is_through() || (rings.total().is_exact() && !has_groups) {
        return Ok(None);
    }
    if !are_told_by_sets(scope, clauses) {
        while let Some(ring) = rings.next(&mut Vec::new())? {
            collapse.as_mut().map_or(Ok(()), |collapse| collapse.add(ring))?;
        }
        return Ok(Some(rings.total()));
    }
    match collapse {
        Some(collapse) if has_groups => collapse.count(scope, clauses),
        _ if scope.query.facets.is_some() => Ok(None),
        _ => total::counted(scope, clauses).map(Some),
    }
}
