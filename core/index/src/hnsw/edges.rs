//! Which neighbours a node keeps.

use alloc::vec::Vec;
use core::cmp::Reverse;

use crate::ids::Ordinal;
use crate::quant::{CodeQuery, Codes, Scores};
use crate::top_k::{Candidate, PackedCandidate};

/// Chooses edges; holds the memory that this takes.
#[derive(Debug, Default)]
pub(super) struct Chooser {
    values: Vec<i16>,
    query: CodeQuery,
    scores: Scores,
    rest: Vec<Candidate>,
    rows: Vec<Ordinal>,
}

impl Chooser {
    /// The paper's heuristic (algorithm 4): a candidate is taken when it is nearer to the base than to every one taken
    /// before, which keeps edges in different directions. Equal distance counts as nearer: among many equal points
    /// every one would otherwise be refused but the first.
    ///
    /// `ranked` are candidates by their score with the base, best first. Each one taken strikes out those that are
    /// nearer to it: the same choice as asking each candidate, with fewer comparisons.
    pub(super) fn choose(&mut self, codes: &Codes<'_>, ranked: &[Candidate], most: usize) -> Vec<Ordinal> {
        let mut chosen = Vec::with_capacity(most);
        self.rest.clear();
        self.rest.extend_from_slice(ranked);
        while let Some(next) = self.rest.first().map(|c| c.ordinal).filter(|_| chosen.len() < most) {
            chosen.push(next);
            self.rest.remove(0);
            self.rows.clear();
            self.rows.extend(self.rest.iter().map(|c| c.ordinal));
            codes.query_of(next, &mut self.values, &mut self.query);
            let mut scores = codes.score_rows(&self.query, &self.rows, &mut self.scores).iter();
            self.rest.retain(|candidate| scores.next().is_some_and(|&score| score <= candidate.score));
        }
        chosen
    }

    /// What `node` keeps of `members`.
    pub(super) fn prune(&mut self, codes: &Codes<'_>, node: Ordinal, members: &[Ordinal], most: usize) -> Vec<Ordinal> {
        codes.query_of(node, &mut self.values, &mut self.query);
        let scores = codes.score_rows(&self.query, members, &mut self.scores);
        let key = |(&ordinal, &score)| Reverse(PackedCandidate::new(Candidate { score, ordinal }));
        let mut ranked: Vec<Reverse<PackedCandidate>> = members.iter().zip(scores).map(key).collect();
        ranked.sort_unstable();
        let ranked: Vec<Candidate> = ranked.into_iter().map(|key| key.0.candidate()).collect();
        self.choose(codes, &ranked, most)
    }
}
