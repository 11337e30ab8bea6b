//! Best-first search of one level.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::visited::Visited;
use crate::ids::Ordinal;
use crate::quant::{CodeQuery, Codes, Scores};
use crate::top_k::{Candidate, TopK};

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
pub(super) fn search_level<N: Iterator<Item = Ordinal>>(
    scratch: &mut Scratch,
    entries: &[Candidate],
    ef: usize,
    compared: &mut u32,
    neighbours: impl Fn(Ordinal) -> N,
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
        unseen.extend(neighbours(current.ordinal).filter(|&next| visited.insert(next)));
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
