//! Counts what is fetched.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use serde_json::{Map, Value, json};

/// How a reader asks for bytes.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) name: &'static str,
    /// Whole units of this many bytes are fetched.
    unit: usize,
    /// Ranges with no more bytes than this between them are fetched as one.
    gap: usize,
}

pub(super) const POLICIES: [Policy; 4] = [
    Policy { name: "pages of 64 KiB", unit: 64 << 10, gap: 0 },
    Policy { name: "ranges, gaps up to 4 KiB", unit: 64, gap: 4 << 10 },
    Policy { name: "ranges, gaps up to 8 KiB", unit: 64, gap: 8 << 10 },
    Policy { name: "ranges, gaps up to 16 KiB", unit: 64, gap: 16 << 10 },
];

impl Policy {
    /// What so many bytes from the beginning on are, as this reader fetches them.
    pub(super) const fn whole(self, bytes: usize) -> usize {
        bytes.next_multiple_of(self.unit)
    }
}

/// What a reader that had nothing but the front has fetched.
#[derive(Clone)]
pub(super) struct Fetched {
    policy: Policy,
    front: Range<usize>,
    held: HashSet<usize>,
    rounds: Vec<Round>,
}

/// What is asked for at once, before anything of it is known.
#[derive(Clone, Copy)]
struct Round {
    phase: &'static str,
    bytes: usize,
    ranges: usize,
    /// Asked for together with the round before.
    is_beside: bool,
}

impl Fetched {
    pub(super) fn new(policy: Policy, front_bytes: usize) -> Self {
        Self { policy, front: 0..front_bytes.div_ceil(policy.unit), held: HashSet::new(), rounds: Vec::new() }
    }

    fn units(&self, range: &Range<usize>) -> Range<usize> {
        range.start / self.policy.unit..range.end.div_ceil(self.policy.unit)
    }

    /// Fetches what it lacks of some ranges, for a part of the answer.
    pub(super) fn round(&mut self, phase: &'static str, wanted: &[Range<usize>]) {
        self.take(phase, wanted, false);
    }

    /// The same for something else that need not wait until the last round's answers are there.
    pub(super) fn beside(&mut self, phase: &'static str, wanted: &[Range<usize>]) {
        self.take(phase, wanted, true);
    }

    fn take(&mut self, phase: &'static str, wanted: &[Range<usize>], is_beside: bool) {
        let lacks = |unit: &usize| !self.front.contains(unit) && !self.held.contains(unit);
        let mut units: Vec<usize> = wanted.iter().flat_map(|range| self.units(range)).filter(lacks).collect();
        units.sort_unstable();
        units.dedup();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for unit in units {
            match runs.last_mut() {
                Some(run) if (unit - run.end) * self.policy.unit <= self.policy.gap => run.end = unit + 1,
                _ => runs.push(unit..unit + 1),
            }
        }
        let bytes = runs.iter().map(|run| run.len() * self.policy.unit).sum();
        if bytes > 0 {
            self.rounds.push(Round { phase, bytes, ranges: runs.len(), is_beside });
        }
        self.held.extend(runs.into_iter().flatten());
    }
}

/// Bytes, ranges and rounds that answers take in the mean: of all of each, and of their parts.
pub(super) fn means(all: &[Fetched]) -> Value {
    let of = |phase: Option<&str>| {
        let rounds = || all.iter().flat_map(|one| &one.rounds).filter(|round| phase.is_none_or(|p| round.phase == p));
        let mean = |sum: usize| sum as f64 / all.len() as f64;
        json!({
            "bytes": mean(rounds().map(|round| round.bytes).sum()),
            "ranges": mean(rounds().map(|round| round.ranges).sum()),
            "rounds": mean(rounds().filter(|round| !round.is_beside).count()),
        })
    };
    let phases: BTreeSet<&str> = all.iter().flat_map(|one| &one.rounds).map(|round| round.phase).collect();
    let parts: Map<String, Value> = phases.into_iter().map(|phase| (phase.to_owned(), of(Some(phase)))).collect();
    json!({ "all": of(None), "parts": parts })
}
