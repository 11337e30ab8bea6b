//! Best-first search of one level.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::navigate::Scorer;
use super::visited::Visited;
use crate::ids::Ordinal;
use crate::top_k::{Candidate, PackedCandidate, TopK};

/// What a graph search found.
#[derive(Debug, Clone, Default)]
pub struct Walked {
    /// Accepted candidates, best first.
    pub candidates: Vec<Candidate>,
    /// Vectors compared with the query.
    pub compared: u32,
    /// Whether it gave up because these were too many.
    pub gave_up: bool,
}

/// Memory of a search, kept by callers that search often.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    pub(super) visited: Visited,
    frontier: BinaryHeap<PackedCandidate>,
    /// Nodes that score as the one they were met from.
    equals: Vec<PackedCandidate>,
    best: TopK<PackedCandidate>,
    unseen: Vec<Ordinal>,
}

impl Scratch {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            visited: Visited::new(nodes),
            frontier: BinaryHeap::new(),
            equals: Vec::new(),
            best: TopK::new(0),
            unseen: Vec::new(),
        }
    }
}

/// The neighbour lists of a level.
pub(super) trait Lists {
    /// The neighbours of a node.
    fn of(&self, node: Ordinal) -> impl Iterator<Item = Ordinal>;

    /// Says that a node's list may be asked for soon.
    fn soon(&self, node: Ordinal);
}

/// Searches one level from `entries` and returns up to `ef` accepted candidates, best first.
///
/// Nodes that are not accepted are walked through but not collected. The walk ends when `ef` are
/// collected and the best unexplored node is worse than all of them, or when no node is left.
///
/// It gives up, with what it has, when it has compared `most`.
///
/// A node that scores as the one it was met from waits until nothing else is left to explore. It is most likely a copy,
/// which leads nowhere new, and a heap of copies would fill the `ef` places before the walk has come to what is nearer.
pub(super) fn search_level(
    scratch: &mut Scratch,
    entries: &[Candidate],
    (ef, most): (usize, u32),
    compared: &mut u32,
    lists: &impl Lists,
    scorer: &mut impl Scorer,
    accept: impl Fn(Ordinal) -> bool,
) -> Vec<Candidate> {
    let Scratch { visited, frontier, equals, best, unseen } = scratch;
    visited.clear();
    frontier.clear();
    best.reset(ef);
    equals.clear();
    equals
        .extend(entries.iter().filter(|entry| visited.insert(entry.ordinal)).map(|&entry| PackedCandidate::new(entry)));
    while !equals.is_empty() {
        for key in equals.drain(..) {
            if !best.excludes(&key) {
                frontier.push(key);
                if accept(key.ordinal()) {
                    best.push(key);
                }
            }
        }
        while let Some(current) = frontier.pop() {
            if *compared >= most {
                equals.clear();
                break;
            }
            if best.excludes(&current) {
                break;
            }
            unseen.clear();
            unseen.extend(lists.of(current.ordinal()).filter(|&next| visited.insert(next)));
            *compared = compared.saturating_add(unseen.len() as u32);
            for (&ordinal, &score) in unseen.iter().zip(scorer.score_rows(unseen)) {
                let candidate = PackedCandidate::new(Candidate { score, ordinal });
                if best.excludes(&candidate) {
                    continue;
                }
                if candidate.scores_as(current) {
                    equals.push(candidate);
                    continue;
                }
                frontier.push(candidate);
                lists.soon(ordinal);
                if accept(ordinal) {
                    best.push(candidate);
                }
            }
        }
    }
    best.take_greatest_first().into_iter().map(PackedCandidate::candidate).collect()
}
