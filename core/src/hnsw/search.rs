//! Best-first search of one level.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::visited::Visited;
use crate::ids::Ordinal;
use crate::quant::{CodeQuery, Codes, Scores};
use crate::top_k::TopK;

/// A node and its score. The order is total: higher score first, then lower ordinal.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Higher is better.
    pub score: f32,
    /// The node.
    pub ordinal: Ordinal,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.ordinal.cmp(&self.ordinal))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// What a graph search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Accepted candidates, best first.
    pub candidates: Vec<Candidate>,
    /// Vectors compared with the query.
    pub compared: u32,
}

/// Memory of a search, kept by callers that search often.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub(super) visited: Visited,
    frontier: BinaryHeap<Candidate>,
    best: TopK<Candidate>,
    unseen: Vec<Ordinal>,
    scores: Scores,
}

impl Scratch {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            visited: Visited::new(nodes),
            frontier: BinaryHeap::new(),
            best: TopK::new(0),
            unseen: Vec::new(),
            scores: Scores::default(),
        }
    }
}

/// Searches one level from `entries` and returns up to `ef` accepted candidates, best first.
///
/// Nodes that are not accepted are walked through but not collected. The walk ends when `ef` are
/// collected and the best unexplored node is worse than all of them, or when no node is left.
pub(super) fn search_level<'n>(
    scratch: &mut Scratch,
    entries: &[Candidate],
    ef: usize,
    compared: &mut u32,
    neighbours: impl Fn(Ordinal) -> &'n [Ordinal],
    (codes, query): (&Codes<'_>, &CodeQuery),
    accept: impl Fn(Ordinal) -> bool,
) -> Vec<Candidate> {
    let Scratch { visited, frontier, best, unseen, scores } = scratch;
    visited.clear();
    frontier.clear();
    best.reset(ef);
    for &entry in entries {
        if visited.insert(entry.ordinal) {
            frontier.push(entry);
            if accept(entry.ordinal) {
                best.push(entry);
            }
        }
    }
    while let Some(current) = frontier.pop() {
        if best.excludes(&current) {
            break;
        }
        unseen.clear();
        unseen.extend(neighbours(current.ordinal).iter().filter(|&&next| visited.insert(next)));
        *compared = compared.saturating_add(unseen.len() as u32);
        for (&ordinal, &score) in unseen.iter().zip(codes.score_rows(query, unseen, scores)) {
            let candidate = Candidate { score, ordinal };
            if best.excludes(&candidate) {
                continue;
            }
            frontier.push(candidate);
            if accept(ordinal) {
                best.push(candidate);
            }
        }
    }
    best.take_greatest_first()
}
