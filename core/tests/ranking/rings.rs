//! Several rankings become one, ring by ring.

use serde_json::Value;

const DEFAULT_EF_SEARCH: u64 = 96;
/// Candidates of a part in the first ring, at least.
const AT_LEAST: usize = 10;
/// Where parts are fused, as many as `efSearch` says, but no more than this for its sake.
const FUSED: usize = 100;

/// What a part ranks, best first.
pub(crate) type Ranking = Vec<(String, f32)>;

/// What a part counts from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Least {
    /// The least score that there can be.
    Score(f64),
    /// The score of the last candidate in the first ring.
    LastCandidate,
}

/// A part of a query, and what it ranks.
pub(crate) struct Part {
    pub(crate) weight: f64,
    pub(crate) least: Least,
    pub(crate) ranking: Ranking,
}

/// The shares of some parts that have so much together.
pub(crate) fn shares(all: f64, weights: &[f64]) -> Vec<f64> {
    weights.iter().map(|weight| all * weight / weights.iter().sum::<f64>()).collect()
}

/// How deep the first ring is.
pub(crate) fn first_depth(query: &Value, parts: usize) -> usize {
    let asked = query["efSearch"].as_u64().unwrap_or(DEFAULT_EF_SEARCH) as usize;
    let fused = if parts > 1 { asked.min(FUSED) } else { 0 };
    fused.max(asked / 4).max(AT_LEAST)
}

/// The points of each ring with their scores, in no order.
pub(crate) fn rings(parts: &[Part], first: usize, method: &Value) -> Vec<Vec<(String, f64)>> {
    let found = |depth: usize| {
        let candidates = parts.iter().flat_map(|part| part.ranking.iter().take(depth));
        let mut ids: Vec<String> = candidates.map(|(id, _)| id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    let all = found(usize::MAX).len();
    let (mut rings, mut depth, mut before) = (Vec::new(), first, Vec::new());
    while before.len() < all {
        let ids = found(depth);
        let new = ids.iter().filter(|id| !before.contains(*id));
        let score = |id: &String| parts.iter().map(|part| part.weight * part.share(id, first, depth, method)).sum();
        rings.push(match parts {
            // One part is not fused: its scores are the hits'.
            [part] => new.map(|id| (id.clone(), f64::from(part.score(id).unwrap()))).collect(),
            _ => new.map(|id| (id.clone(), score(id))).collect(),
        });
        before = ids;
        depth *= 4;
    }
    rings
}

impl Part {
    fn score(&self, id: &str) -> Option<f32> {
        self.ranking.iter().find(|(found, _)| found == id).map(|(_, score)| *score)
    }

    /// What the part gives a point, before its weight.
    fn share(&self, id: &str, first: usize, depth: usize, method: &Value) -> f64 {
        if method == "rrf" {
            let rank = self.ranking.iter().take(depth).position(|(found, _)| found == id);
            return rank.map_or(0.0, |rank| 1.0 / (60.0 + 1.0 + rank as f64));
        }
        let (Some(score), Some((_, best))) = (self.score(id), self.ranking.first()) else { return 0.0 };
        let best = f64::from(*best);
        let least = match self.least {
            Least::Score(least) => least,
            Least::LastCandidate => f64::from(self.ranking[self.ranking.len().min(first) - 1].1),
        };
        if best > least { (f64::from(score) - least) / (best - least) } else { 0.0 }
    }
}
