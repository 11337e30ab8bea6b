//! How to search one segment: by cost, counted in comparisons of u8 codes.

/// What a comparison of one u8 code buys of a scan's 1-bit codes.
const SCANNED_PER_COMPARISON: u64 = 5;
/// What a scan costs before its first block: rotation, tables, centroids.
const SCAN_SETUP: u64 = 400;
/// What a graph walk costs for each candidate it keeps.
///
/// Measured on the demo's vectors (256 dimensions): 65 among 20,000 points, 130 among 117,791, where memory is
/// further away; a walk compares 17 vectors for each candidate, and a scan reads in order. Under a filter a walk
/// keeps a candidate only where it matches, so its cost grows as the share of matches falls.
const WALK_PER_CANDIDATE: u64 = 100;

/// What there is to choose from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    pub(super) points: u32,
    pub(super) matches: u32,
    /// Candidates that the query asks to keep.
    pub(super) candidates: usize,
    /// Points to scan and candidates to rescore, where there are 1-bit codes.
    pub(super) scanned: Option<(u64, usize)>,
    pub(super) has_graph: bool,
}

/// A way to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing matches.
    Nothing,
    /// Compare every match.
    Exact,
    /// Scan clusters until so many matches have been seen, keep candidates, rescore them.
    Scan { candidates: usize, points: u64 },
    /// Walk the graph.
    Graph { candidates: usize },
}

impl Costs {
    pub(super) fn choose(&self, exact: bool) -> Way {
        let (points, matches) = (u64::from(self.points), u64::from(self.matches));
        if matches == 0 {
            return Way::Nothing;
        }
        let mut best = (matches, Way::Exact);
        let mut offer = |cost: u64, way| {
            if cost < best.0 {
                best = (cost, way);
            }
        };
        if let Some((scanned, candidates)) = self.scanned {
            // Every lane of a block costs, whether it matches or not.
            let lanes = (scanned.saturating_mul(points) / matches).min(points);
            offer(
                SCAN_SETUP + lanes / SCANNED_PER_COMPARISON + candidates as u64,
                Way::Scan { candidates, points: scanned },
            );
        }
        if self.has_graph {
            let cost = (self.candidates as u64 * WALK_PER_CANDIDATE).saturating_mul(points) / matches;
            offer(cost, Way::Graph { candidates: self.candidates });
        }
        if exact { Way::Exact } else { best.1 }
    }
}
