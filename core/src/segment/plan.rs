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
    pub(super) clusters: u32,
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

impl Way {
    /// The most memory that searching this way takes beside the segment, in bytes, for vectors of `dim` rotated
    /// components. Buffers that grow by doubling count twice, and once more for the move.
    pub(super) fn scratch_bytes(self, costs: &Costs, dim: usize, top_k: usize) -> usize {
        // Rotated query, its i16 halves, tables of the block kernel, codes compared at a time, and what is small.
        let fixed = 16 * dim + 16 * 1024;
        // A ranked point, and its place in the heap and in the list of hits.
        let hits = 3 * 64 * top_k;
        let searched = match self {
            Self::Nothing => return 0,
            Self::Exact => 0,
            // Estimates of 16 bytes, three for each wanted; of clusters an estimate, a row, two scores and a key.
            Self::Scan { candidates, .. } => {
                3 * 16 * (3 * candidates + 64) + 3 * (3 * 16 + 24) * costs.clusters as usize
            }
            // A bit a point; words touched; frontier and best in heaps.
            Self::Graph { candidates } => {
                costs.points as usize / 8
                    + 3 * (costs.points as usize / 16).min(4 * 32 * candidates)
                    + 3 * 16 * 40 * candidates
            }
        };
        fixed + hits + searched
    }
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
