//! Nearest points of one segment: exact scan or graph walk.

use alloc::vec::Vec;

use super::Segment;
use crate::columns::Bitmap;
use crate::error::Result;
use crate::hnsw::Candidate;
use crate::ids::Ordinal;
use crate::model::{SegmentPlan, Strategy};
use crate::quant::{CodeQuery, Codes};
use crate::top_k::TopK;

/// What a graph walk costs for each candidate it keeps, counted in comparisons of a scan.
///
/// Measured on the demo's vectors (256 dimensions): 65 among 20,000 points, 130 among 117,791, where memory
/// is further away; a walk compares 17 vectors for each candidate, and a scan reads in order. Under a filter a walk keeps a candidate only where it matches, so its cost grows as the
/// share of matches falls; a scan compares each match once.
const WALK_COST_PER_CANDIDATE: u64 = 100;

/// What to search for in a segment.
pub(crate) struct SearchInput<'a> {
    /// Which vector.
    pub(crate) position: usize,
    /// The query vector, checked and normalised.
    pub(crate) vector: &'a [f32],
    /// Hits wanted.
    pub(crate) top_k: usize,
    /// Candidates a walk keeps.
    pub(crate) ef_search: usize,
    /// Compare with every match.
    pub(crate) exact: bool,
    /// Live points that pass the filter; none: all.
    pub(crate) mask: Option<&'a Bitmap>,
}

/// Candidates, best first, and how they were found.
pub(crate) struct Nearest {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) plan: SegmentPlan,
}

impl Segment {
    /// The nearest matching points that `visible` lets through: `top_k`, or all there are.
    ///
    /// `visible` is asked only of points that would enter the result, so it may be slow.
    pub(crate) fn nearest(&self, input: &SearchInput<'_>, visible: impl Fn(Ordinal) -> bool) -> Result<Nearest> {
        let points = self.points();
        let matches = input.mask.map_or(points, Bitmap::count);
        let plan = |strategy, compared| SegmentPlan { strategy, points, matches, compared };
        if matches == 0 {
            return Ok(Nearest { candidates: Vec::new(), plan: plan(Strategy::Empty, 0) });
        }
        let codes = self.codes(input.position)?;
        let query = codes.query(input.vector);
        let walk_cost = input.ef_search as u64 * WALK_COST_PER_CANDIDATE * u64::from(points) / u64::from(matches);
        let mut compared = 0;
        let graph = if input.exact || u64::from(matches) <= walk_cost { None } else { self.graph(input.position)? };
        if let Some(graph) = graph {
            let accept = |o| input.mask.is_none_or(|m| m.contains(o)) && visible(o);
            let mut found = graph.search(&codes, &query, input.ef_search, accept);
            compared = found.compared;
            found.candidates.truncate(input.top_k);
            // Fewer than asked for: the matches are out of the walk's reach, or there are no more.
            // The scan decides; k results are k results.
            if found.candidates.len() >= input.top_k.min(matches as usize) {
                return Ok(Nearest { candidates: found.candidates, plan: plan(Strategy::Graph, compared) });
            }
        }
        let candidates = match input.mask {
            Some(mask) => scan(&codes, &query, mask.iter(), input.top_k, visible),
            None => scan(&codes, &query, 0..points, input.top_k, visible),
        };
        Ok(Nearest { candidates, plan: plan(Strategy::Exact, compared.saturating_add(matches)) })
    }
}

fn scan(
    codes: &Codes<'_>,
    query: &CodeQuery,
    ordinals: impl Iterator<Item = Ordinal>,
    top_k: usize,
    visible: impl Fn(Ordinal) -> bool,
) -> Vec<Candidate> {
    let mut best = TopK::new(top_k);
    for ordinal in ordinals {
        let candidate = Candidate { score: codes.score(query, ordinal), ordinal };
        if best.admits(&candidate) && visible(ordinal) {
            best.push(candidate);
        }
    }
    best.into_greatest_first()
}
