//! Measures on a sample how much a search must look at, and whether 1-bit codes suit the data.
//!
//! Points of the segment stand in for queries: for each of a sample the true neighbours are found among all u8
//! codes, itself left out. Then:
//!
//! 1. `points_per_candidate`: so many points that clusters in order of nearness have held
//!    [`WANTED_RECALL`] of these neighbours, for a search that keeps the default number of candidates;
//! 2. `oversampling`: the smallest of [`OVERSAMPLING`] at which the whole search, 1-bit codes and all,
//!    still finds nearly as many.
//!
//! When none does, or the search would rescore a good part of all points, the codes do not suit the data and
//! the segment goes without a scan.

use alloc::vec::Vec;

use super::builder::{ScanBuilder, ScanParts};
use super::search::ScanQuery;
use super::view::Scan;
use crate::ids::Ordinal;
use crate::model::Query;
use crate::parallel::map_ranges;
use crate::quant::Scores;
use crate::top_k::TopK;

/// Points that stand in for queries.
const SAMPLE: usize = 192;
/// Neighbours of each.
const NEIGHBOURS: usize = 10;
/// Share of the neighbours that the scanned clusters hold.
const WANTED_RECALL: f64 = 0.98;
/// What the 1-bit codes may lose of that.
const TOLERATED_LOSS: f64 = 0.015;
/// Candidates rescored for each that a search keeps, in sixteenths.
const OVERSAMPLING: [u32; 6] = [16, 24, 32, 64, 96, 128];
/// A search that would rescore more than this share of all points had better compare them all at once.
const MOST_RESCORED: usize = 6;

pub(super) struct Calibration {
    pub(super) points_per_candidate: u32,
    pub(super) oversampling_16ths: u32,
}

struct Probe<'a> {
    vector: &'a [f32],
    itself: Ordinal,
    neighbours: Vec<Ordinal>,
}

pub(super) fn run(parts: &ScanParts, builder: &ScanBuilder<'_>) -> Option<Calibration> {
    let aligned = parts.aligned();
    let scan = parts.view(&aligned);
    let probes = probes(builder);
    let wanted = Query::DEFAULT_EF_SEARCH as usize;
    let points = points_to_scan(&scan, &probes);
    let points_per_candidate = points.div_ceil(wanted as u64).max(1) as u32;
    let oversampling_16ths = OVERSAMPLING.into_iter().find(|&sixteenths| {
        let candidates = wanted * sixteenths as usize / 16;
        candidates * MOST_RESCORED <= builder.codes.len()
            && recall(&scan, &probes, candidates, points) >= WANTED_RECALL - TOLERATED_LOSS
    })?;
    Some(Calibration { points_per_candidate, oversampling_16ths })
}

fn probes<'a>(builder: &ScanBuilder<'a>) -> Vec<Probe<'a>> {
    let (codes, dim) = (builder.codes, builder.codes.dim());
    let all: Vec<Ordinal> = (0..codes.len() as u32).collect();
    let step = (all.len() / SAMPLE).max(1);
    let sample: Vec<Ordinal> = all.iter().copied().step_by(step).collect();
    let probes = map_ranges(sample.len(), 1, |range| {
        let &[itself] = sample.get(range)? else { return None };
        let vector = builder.vectors.get(itself as usize * dim..(itself as usize + 1) * dim)?;
        let query = codes.query(vector);
        let (mut scores, mut best) = (Scores::default(), TopK::new(NEIGHBOURS));
        for rows in all.chunks(1024) {
            for (&row, &score) in rows.iter().zip(codes.score_rows(&query, rows, &mut scores)) {
                let candidate = crate::hnsw::Candidate { score, ordinal: row };
                if row != itself && best.admits(&candidate) {
                    best.push(candidate);
                }
            }
        }
        let neighbours = best.into_greatest_first().into_iter().map(|c| c.ordinal).collect();
        Some(Probe { vector, itself, neighbours })
    });
    probes.into_iter().flatten().collect()
}

/// How many points must be scanned until the wanted share of neighbours has been met.
fn points_to_scan(scan: &Scan<'_>, probes: &[Probe<'_>]) -> u64 {
    let met = map_ranges(probes.len(), 1, |range| {
        let probe = probes.get(range.start)?;
        Some(scan.scanned_before(probe.vector, &probe.neighbours))
    });
    let mut met: Vec<u64> = met.into_iter().flatten().flatten().collect();
    met.sort_unstable();
    let place = libm::ceil(met.len() as f64 * WANTED_RECALL) as usize;
    place.checked_sub(1).and_then(|p| met.get(p)).copied().unwrap_or(1)
}

/// Share of the neighbours among the candidates.
fn recall(scan: &Scan<'_>, probes: &[Probe<'_>], candidates: usize, points: u64) -> f64 {
    let found = map_ranges(probes.len(), 1, |range| {
        let Some(probe) = probes.get(range.start) else { return (0, 0) };
        // The point itself takes a place that a query's neighbours would not lose.
        let query = ScanQuery { vector: probe.vector, candidates: candidates + 1, points: points + 1, mask: None };
        let (kept, _) = scan.search(&query);
        let found = probe.neighbours.iter().filter(|&&n| kept.iter().any(|e| e.ordinal() == n && n != probe.itself));
        (found.count(), probe.neighbours.len())
    });
    let (found, of) = found.into_iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    if of == 0 { 1.0 } else { found as f64 / of as f64 }
}
