//! How to search one segment: by cost, counted in comparisons of u8 codes.

use crate::model::Strategy;

/// Codes of one bit that are scanned in the time of comparing one u8 code. Measured on the demo's vectors: 2.1 ns
/// beside 7.7 natively, 4.5 beside 13 in WebAssembly.
const SCANNED_PER_COMPARISON: u64 = 4;
/// What a scan costs before its first block, for tables and centroids: 7 µs natively.
const SCAN_SETUP: u64 = 800;
/// What a graph walk costs for each candidate it keeps.
///
/// Measured on the demo's vectors (256 dimensions): 65 among 20,000 points, 130 among 117,791, where memory is
/// further away; a walk compares 17 vectors for each candidate, and a scan reads in order. Under a filter a walk
/// keeps a candidate only where it matches, so its cost grows as the share of matches falls.
const WALK_PER_CANDIDATE: u64 = 100;

/// A walk gives up when it has compared one in so many as match. As it was expected to go, it would have compared less;
/// where its filter lets nothing near through it goes all over the graph, at ten times the cost of comparing in order.
pub(super) const WALK_GIVES_UP: u32 = 4;
/// Buffers that grow by doubling count twice, and once more for the move.
const GROWING: u64 = 3;

/// What there is to choose from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Costs {
    pub(super) points: u32,
    pub(super) matches: u32,
    /// Candidates that the query asks to keep.
    pub(super) candidates: usize,
    /// Codes to scan and candidates to rescore, where there is a scan.
    pub(super) scanned: Option<(u64, usize)>,
    pub(super) has_graph: bool,
    /// Codes: a point has one in each cluster in which it stands.
    pub(super) codes: u64,
    /// Bits a dimension of these.
    pub(super) bits: u32,
    /// Whether points are hidden or filtered out.
    pub(super) is_masked: bool,
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
    /// What the answer's plan calls it.
    pub(super) const fn strategy(self) -> Strategy {
        match self {
            Self::Nothing => Strategy::Empty,
            Self::Exact => Strategy::Exact,
            Self::Scan { .. } => Strategy::Scan,
            Self::Graph { .. } => Strategy::Graph,
        }
    }

    pub(super) const fn is_graph(self) -> bool {
        matches!(self, Self::Graph { .. })
    }

    /// The most memory that searching this way takes beside the segment, in bytes, for vectors of `dim` rotated
    /// components; without what a scan takes, see [`scratch_of_scan`].
    pub(super) fn scratch_bytes(self, costs: &Costs, dim: usize, top_k: usize) -> u32 {
        let points = u64::from(costs.points);
        // Rotated query, its i16 halves, tables of the block kernel, codes compared at a time, which are unpacked where
        // they have four bits, and what is small.
        let fixed = (16 + 256) * dim as u64 + 16 * 1024;
        // What passes, and what its conditions let through meanwhile.
        let masks = if costs.is_masked { GROWING * points.div_ceil(8) } else { 0 };
        // A ranked point in the heap, and in the list of hits.
        let hits = GROWING * 64 * (top_k as u64).min(points);
        let searched = match self {
            Self::Nothing => return 0,
            // What a scan takes besides is known when it has ended.
            Self::Exact | Self::Scan { .. } => 0,
            // A bit a point, the words that were touched, frontier and best in heaps.
            Self::Graph { candidates } => {
                let candidates = (candidates as u64).min(points);
                points / 8 + GROWING * (points / 16).min(128 * candidates) + GROWING * 16 * 40 * candidates
            }
        };
        (fixed + masks + hits + searched).min(u64::from(u32::MAX)) as u32
    }
}

/// The most memory that a scan takes besides, with room for so many candidates among so many clusters.
pub(super) fn scratch_of_scan(room: usize, clusters: u32) -> u32 {
    // Estimates of 16 bytes, half as much before they moved, and a table of two places for each; of a cluster an
    // estimate, a row, two scores and a key.
    let bytes = 32 * room as u64 + GROWING * (3 * 16 + 24) * u64::from(clusters);
    bytes.min(u64::from(u32::MAX)) as u32
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
            let lanes = (scanned.saturating_mul(points) / matches).min(self.codes);
            offer(
                SCAN_SETUP + lanes * u64::from(self.bits) / SCANNED_PER_COMPARISON + candidates as u64,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is chosen among 100,000 points of which so many match, asked for 96 candidates.
    fn chosen(matches: u32, has_scan: bool, has_graph: bool) -> Strategy {
        let scanned = has_scan.then_some((10_000, 96));
        let costs = Costs {
            points: 100_000,
            matches,
            candidates: 96,
            scanned,
            has_graph,
            codes: 150_000,
            bits: 1,
            is_masked: false,
        };
        assert_eq!(costs.choose(true).strategy(), if matches == 0 { Strategy::Empty } else { Strategy::Exact });
        costs.choose(false).strategy()
    }

    #[test]
    fn the_cheapest_way_is_chosen() {
        for (matches, has_scan, has_graph, strategy) in [
            (0, true, true, Strategy::Empty),
            (100_000, true, true, Strategy::Scan),
            (100_000, false, true, Strategy::Graph),
            (100_000, false, false, Strategy::Exact),
            (30_000, true, true, Strategy::Scan),
            (30_000, false, true, Strategy::Exact),
            (5_000, true, true, Strategy::Exact),
            (1, true, true, Strategy::Exact),
        ] {
            assert_eq!(chosen(matches, has_scan, has_graph), strategy, "{matches} {has_scan} {has_graph}");
        }
    }
}
