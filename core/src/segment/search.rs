//! Nearest points of one segment: scan of codes of a few bits, walk of the graph, or every match compared.

use alloc::vec::Vec;
use core::cell::Cell;
use core::cmp::Ordering;

use super::Segment;
use super::plan::{Costs, WALK_GIVES_UP, Way, scratch_of_scan};
use super::point_codes::{PointCodes, PointQuery};
use crate::columns::Bitmap;
use crate::error::Result;
use crate::ids::Ordinal;
use crate::ingest::normalise;
use crate::meter::Meter;
use crate::model::{SegmentPlan, Strategy};
use crate::quant::{Full, Scores, rotate, unrotate};
use crate::scan::{Estimate, ScanQuery, nth_best};
use crate::stored::Ids;
use crate::top_k::TopK;

/// Codes compared at a time: they come from memory together.
const COMPARED_AT_ONCE: usize = 256;
/// Points compared by their whole vectors, for each hit wanted: u8 codes have nearly all of the true ones among twice
/// as many.
const FULL_PER_HIT: usize = 3;
/// Candidates compared, for each hit wanted, before the others must show that they may be hits.
const PROMISING_PER_HIT: usize = 3;

/// What to search for in a segment.
pub(crate) struct SearchInput<'a> {
    /// Which vector.
    pub(crate) position: usize,
    /// The query vector, checked and normalised.
    pub(crate) vector: &'a [f32],
    /// Hits wanted.
    pub(crate) top_k: usize,
    /// Candidates a search keeps.
    pub(crate) ef_search: usize,
    /// Candidates of a scan for each hit wanted, at least: codes of a few bits are vague.
    pub(crate) candidates_per_hit: usize,
    /// Candidates compared, as a multiple of what the segment finds right.
    pub(crate) oversampling: f32,
    /// Compare with every match.
    pub(crate) exact: bool,
    /// Live points that pass the filter; none: all.
    pub(crate) mask: Option<&'a Bitmap>,
    pub(crate) meter: &'a Meter<'a>,
}

/// A found point. The greater one is the better hit: higher score, then lower id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundPoint<'a> {
    pub(crate) score: f32,
    pub(crate) ordinal: Ordinal,
    ids: Ids<'a>,
}

impl<'a> FoundPoint<'a> {
    pub(crate) const fn new(score: f32, ordinal: Ordinal, ids: Ids<'a>) -> Self {
        Self { score, ordinal, ids }
    }
}

impl Ord for FoundPoint<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| self.ids.compare(other.ordinal, self.ordinal))
    }
}

impl PartialOrd for FoundPoint<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for FoundPoint<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for FoundPoint<'_> {}

/// Points, best first, and how they were found.
pub(crate) struct Nearest<'a> {
    pub(crate) found: Vec<FoundPoint<'a>>,
    pub(crate) plan: SegmentPlan,
}

impl Segment {
    /// The nearest matching points that `visible` lets through: `top_k`, or all there are.
    ///
    /// `visible` is asked only of points that would enter the result, so it may be slow.
    pub(crate) fn nearest(&self, input: &SearchInput<'_>, visible: impl Fn(Ordinal) -> bool) -> Result<Nearest<'_>> {
        let (points, misses) = (self.points(), self.misses());
        let matches = input.mask.map_or(points, Bitmap::count);
        let codes = self.point_codes(input.position)?;
        let full = self.full(input.position)?;
        // Whole vectors may rank another point first than codes do, but hardly one from far behind.
        let wanted = if full.is_some() { input.top_k * FULL_PER_HIT } else { input.top_k };
        let costs = self.costs(input, matches)?;
        let way = costs.choose(input.exact);
        let mut plan = SegmentPlan {
            strategy: way.strategy(),
            points,
            matches,
            expected: matches,
            scanned: 0,
            compared: 0,
            blocks: 0,
            blocks_read: 0,
            scratch_bytes: way.scratch_bytes(&costs, codes.dim(), wanted),
            unpublished: false,
            built: None,
        };
        let mut vector = Vec::new();
        rotate(input.vector, &mut vector);
        let query = codes.query(&vector);
        let best = TopK::new(wanted);
        let (ids, scores, bar) = (self.ids()?, Scores::default(), f32::NEG_INFINITY);
        let meter = input.meter;
        let mut ranking = Ranking { codes, query, ids, best, visible, bar, scores, meter, misses, compared: 0 };
        let mut is_astray = false;
        let all = || input.mask.map_or(Ordinals::All(0..points), |mask| Ordinals::Some(mask.iter()));
        let graph = if way.is_graph() { self.graph(input.position)? } else { None };
        match (way, self.scan(input.position)?, graph, &full) {
            (Way::Nothing, ..) => return Ok(Nearest { found: Vec::new(), plan }),
            (Way::Scan { candidates, points }, Some(scan), ..) => {
                let (mask, top_k) = (input.mask, input.top_k);
                let code = &ranking.query.code;
                let query = ScanQuery { vector: &vector, code, candidates, points, mask, matches, top_k, meter };
                let mut scanned = scan.search(&query);
                // What is compared is chosen among all that the scan passes.
                self.none_missing_since(misses)?;
                plan.scanned = scanned.codes;
                plan.scratch_bytes = plan.scratch_bytes.saturating_add(scratch_of_scan(scanned.room, scan.clusters()));
                ranking.rescore(&mut scanned.best);
            }
            (Way::Graph { candidates }, _, Some(graph), _) => {
                let codes = self.codes(input.position)?;
                let (met, matching) = (Cell::new(0u64), Cell::new(0u64));
                let passes = |o| {
                    let passes = input.mask.is_none_or(|m| m.contains(o));
                    met.set(met.get() + 1);
                    matching.set(matching.get() + u64::from(passes));
                    passes
                };
                let accept = |o| passes(o) && (ranking.visible)(o);
                let most = matches / WALK_GIVES_UP;
                let walked = graph.search_within(&codes, &ranking.query.code, (candidates, most), &accept);
                is_astray =
                    walked.gave_up || matching.get() * u64::from(points) * 4 < met.get() * u64::from(matches) * 3;
                ranking.compared = walked.compared;
                meter.spend(walked.compared);
                walked.candidates.iter().for_each(|c| ranking.offer(c.score, c.ordinal));
            }
            (_, _, _, Some(full)) => {
                plan.compared = matches;
                return Ok(Nearest { found: ranking.compare_full(all(), full, input), plan });
            }
            _ => {}
        }
        // Fewer than asked for: the matches are out of reach, hidden, or there are no more. Or a walk met far fewer
        // matches near the query than there are elsewhere, and turned back before it came to where they are. Comparing
        // all decides; k results are k results.
        self.none_missing_since(misses)?;
        let is_short = ranking.best.held() < input.top_k.min(matches as usize);
        if (is_short || is_astray) && meter.ended().is_none() {
            plan.strategy = Strategy::Exact;
            ranking.best.reset(wanted);
            ranking.bar = f32::NEG_INFINITY;
            ranking.compare(all());
        }
        plan.compared = ranking.compared;
        let found = match full {
            None => ranking.best.into_greatest_first(),
            Some(full) => rescore_full(ranking.best, &full, input),
        };
        Ok(Nearest { found, plan })
    }

    /// The score of one point, as [`Self::nearest`] would give it. `vector` is checked and normalised.
    pub(crate) fn score(&self, position: usize, vector: &[f32], ordinal: Ordinal) -> Result<f32> {
        if let Some(full) = self.full(position)? {
            return Ok(full.score(vector, ordinal, &mut Vec::new()));
        }
        let codes = self.point_codes(position)?;
        let mut rotated = Vec::new();
        rotate(vector, &mut rotated);
        Ok(codes.score(&codes.query(&rotated), ordinal))
    }

    /// The vector of a point, as exact as it is kept; none where it has none.
    pub(crate) fn vector(&self, position: usize, ordinal: Ordinal) -> Result<Option<Vec<f32>>> {
        let codes = self.point_codes(position)?;
        if codes.is_absent(ordinal) {
            return Ok(None);
        }
        if let Some(full) = self.full(position)? {
            return Ok(Some(full.vector(ordinal)));
        }
        let dim = self.vectors.get(position).map_or(0, |kind| kind.dim as usize);
        let mut vector = unrotate(&codes.decode(ordinal), dim);
        if !codes.keep_length() {
            normalise(&mut vector);
        }
        Ok(Some(vector))
    }

    fn costs(&self, input: &SearchInput<'_>, matches: u32) -> Result<Costs> {
        let scan = self.scan(input.position)?;
        let scanned_for = input.ef_search.max(input.top_k * input.candidates_per_hit);
        Ok(Costs {
            points: self.points(),
            matches,
            candidates: input.ef_search,
            scanned: scan.map(|s| (s.points_for(scanned_for), s.oversampled(scanned_for, input.oversampling))),
            has_graph: self.has_graph(input.position)?,
            codes: scan.map_or(0, |s| s.codes()),
            bits: scan.map_or(1, |s| s.bits()),
            is_masked: input.mask.is_some(),
        })
    }
}

/// Ordinals to compare: all, or those of a mask.
enum Ordinals<A, S> {
    All(A),
    Some(S),
}

impl<A: Iterator<Item = Ordinal>, S: Iterator<Item = Ordinal>> Iterator for Ordinals<A, S> {
    type Item = Ordinal;

    fn next(&mut self) -> Option<Ordinal> {
        match self {
            Self::All(all) => all.next(),
            Self::Some(some) => some.next(),
        }
    }
}

/// The best of the best: ranked by whole vectors.
fn rescore_full<'a>(best: TopK<FoundPoint<'a>>, full: &Full<'_>, input: &SearchInput<'_>) -> Vec<FoundPoint<'a>> {
    let (mut top, mut buffer) = (TopK::new(input.top_k), Vec::new());
    for found in best.into_greatest_first() {
        top.push(FoundPoint { score: full.score(input.vector, found.ordinal, &mut buffer), ..found });
    }
    top.into_greatest_first()
}

/// Points ranked by their u8 codes as they come.
struct Ranking<'a, 'm, V> {
    codes: PointCodes<'a>,
    query: PointQuery,
    ids: Ids<'a>,
    best: TopK<FoundPoint<'a>>,
    visible: V,
    /// The score of the worst hit, once there are enough.
    bar: f32,
    scores: Scores,
    meter: &'m Meter<'m>,
    /// How often something was missing before: see [`Segment::misses`].
    misses: u32,
    compared: u32,
}

impl<'a, V: Fn(Ordinal) -> bool> Ranking<'a, '_, V> {
    /// Compares all of `ordinals` by their whole vectors.
    fn compare_full(
        self,
        ordinals: impl Iterator<Item = Ordinal>,
        full: &Full<'_>,
        input: &SearchInput<'_>,
    ) -> Vec<FoundPoint<'a>> {
        let (mut top, mut buffer) = (TopK::new(input.top_k), Vec::new());
        for ordinal in ordinals {
            if !self.meter.spend(1) {
                break;
            }
            let found = FoundPoint { score: full.score(input.vector, ordinal, &mut buffer), ordinal, ids: self.ids };
            if top.admits(&found) && (self.visible)(ordinal) {
                top.push(found);
            }
        }
        top.into_greatest_first()
    }

    fn offer(&mut self, score: f32, ordinal: Ordinal) {
        // Most cannot win, and comparing two floats says so.
        if score < self.bar {
            return;
        }
        let found = FoundPoint { score, ordinal, ids: self.ids };
        if self.best.admits(&found) && (self.visible)(ordinal) {
            self.best.push(found);
            self.bar = self.best.least_when_full().map_or(f32::NEG_INFINITY, |found| found.score);
        }
    }

    /// Compares all of `ordinals`.
    fn compare(&mut self, ordinals: impl Iterator<Item = Ordinal>) {
        let mut ordinals = ordinals.peekable();
        let mut rows = Vec::with_capacity(COMPARED_AT_ONCE);
        while ordinals.peek().is_some() && self.meter.spend(rows.len() as u32) {
            rows.clear();
            rows.extend(ordinals.by_ref().take(COMPARED_AT_ONCE));
            self.score(&rows);
        }
    }

    /// Compares candidates: the most promising first, then those of the others that may reach the worst hit so far.
    ///
    /// Two steps and no more, so that what is compared does not depend on the order of the candidates.
    fn rescore(&mut self, estimates: &mut [Estimate]) {
        let promising = self.best.k() * PROMISING_PER_HIT;
        if promising < estimates.len() {
            nth_best(estimates, promising);
        }
        let (promising, others) = estimates.split_at_mut(promising.min(estimates.len()));
        self.compare(promising.iter().map(|e| e.ordinal()));
        let mut bar = self.bar;
        if !self.codes.none_missing_since(self.misses) {
            // Which of the others may be hits is not known before these are compared. What the codes of a few bits make
            // of the worst hit is near enough to have both fetched at once.
            // Of those that seem best most are a little worse, so it is not that of the last hit.
            let last = (2 * self.best.k()).min(promising.len()).saturating_sub(1);
            bar = if last + 1 < promising.len() { nth_best(promising, last).score() } else { f32::NEG_INFINITY };
        }
        self.compare(others.iter().filter(|e| e.may_reach(bar)).map(|e| e.ordinal()));
    }

    fn score(&mut self, rows: &[Ordinal]) {
        let mut scores = core::mem::take(&mut self.scores);
        let found = self.codes.score_rows(&self.query, rows, &mut scores);
        // Scores of codes that are not here say nothing.
        if self.codes.none_missing_since(self.misses) {
            found.iter().zip(rows).for_each(|(&score, &row)| self.offer(score, row));
        }
        self.scores = scores;
        self.compared = self.compared.saturating_add(rows.len() as u32);
    }
}
