//! A sample of points and their true neighbours: how a builder learns what a search would find.
//!
//! Points of the segment stand in for queries. For each of a sample the true neighbours are found among all u8
//! codes, itself left out. Of copies one at most is in the sample: a copy finds its copies wherever it is looked for,
//! and says nothing of other points. Neighbours of indexed points are a little easier to find than those of strangers,
//! so what is asked of a structure here is more than what is promised.

use alloc::vec::Vec;

use crate::copies::Copies;
use crate::ids::Ordinal;
use crate::parallel::map_ranges;
use crate::quant::{Codes, Rotated, Scores};
use crate::top_k::{Candidate, TopK};

/// Points that stand in for queries.
const SAMPLE: usize = 192;
/// Neighbours of each.
const NEIGHBOURS: usize = 10;
/// Codes compared at a time.
const AT_ONCE: usize = 1024;

/// A point that stands in for a query.
pub struct Probe {
    /// Its rotated vector.
    pub vector: Vec<f32>,
    /// The points nearest to it, itself left out.
    pub neighbours: Vec<Ordinal>,
}

/// Evenly spaced points, of those that have a vector, with their neighbours.
pub fn sample(codes: &Codes<'_>, vectors: &dyn Rotated) -> Vec<Probe> {
    let all: Vec<Ordinal> = (0..codes.len() as u32).filter(|&point| !codes.is_absent(point)).collect();
    let mut distinct = Copies::find(codes).distinct;
    distinct.retain(|&point| !codes.is_absent(point));
    let chosen: Vec<Ordinal> = distinct.iter().copied().step_by((distinct.len() / SAMPLE).max(1)).collect();
    let probes = map_ranges(chosen.len(), 1, |range| {
        let &[itself] = chosen.get(range)? else { return None };
        let mut vector = Vec::new();
        vectors.get(itself, &mut vector);
        let query = codes.query(&vector);
        let (mut scores, mut best) = (Scores::default(), TopK::new(NEIGHBOURS));
        for rows in all.chunks(AT_ONCE) {
            for (&ordinal, &score) in rows.iter().zip(codes.score_rows(&query, rows, &mut scores)) {
                let candidate = Candidate { score, ordinal };
                if ordinal != itself && best.admits(&candidate) {
                    best.push(candidate);
                }
            }
        }
        let neighbours = best.into_greatest_first().into_iter().map(|c| c.ordinal).collect();
        Some(Probe { vector, neighbours })
    });
    probes.into_iter().flatten().collect()
}

/// Share of the neighbours among what `search` finds.
pub fn recall(probes: &[Probe], search: impl Fn(&Probe) -> Vec<Ordinal> + Sync + Send) -> f64 {
    let counts = map_ranges(probes.len(), 1, |range| {
        let Some(probe) = probes.get(range.start) else { return (0, 0) };
        let found = search(probe);
        (probe.neighbours.iter().filter(|n| found.contains(n)).count(), probe.neighbours.len())
    });
    let (found, of) = counts.into_iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    if of == 0 { 1.0 } else { found as f64 / of as f64 }
}
