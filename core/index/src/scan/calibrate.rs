//! Measures on a sample how much a search must look at, and whether the codes suit the data.
//!
//! From a sample of points and their true neighbours (see `probe`):
//!
//! 1. `points_per_candidate`: so many points that clusters in order of nearness have held
//!    [`WANTED_RECALL`] of these neighbours, for a search that keeps the default number of candidates;
//! 2. `groups_read`, where centroids stand in two levels: the fewest groups with which clusters within these points
//!    hold nearly as many of the neighbours as with all groups;
//! 3. `oversampling`: the smallest of [`OVERSAMPLING`] at which the whole search, codes of a few bits and all,
//!    still finds nearly as many.
//!
//! When none does, or the search would rescore a good part of all points, the codes do not suit the data and
//! the segment goes without a scan.

use alloc::vec::Vec;

use super::builder::{ScanBuilder, ScanParts};
use super::search::ScanQuery;
use super::view::Scan;
use crate::meter::Meter;
use crate::model::Query;
use crate::parallel::map_ranges;
use crate::probe::{self, Probe};
use crate::quant::Codes;

/// Share of the neighbours that the scanned clusters hold.
const WANTED_RECALL: f64 = 0.985;
/// Further clusters are worth their room where they leave at most so many of so many to look at.
const WORTH_OF: (u64, u64) = (9, 10);
/// What these codes may lose of that.
const TOLERATED_LOSS: f64 = 0.015;
/// Share of the neighbours that reading few groups may lose.
const LOST_TO_GROUPS: f64 = 0.005;
/// Groups that any search reads.
const FEWEST_GROUPS: u32 = 4;
/// Candidates rescored for each that a search keeps, in sixteenths.
const OVERSAMPLING: [u32; 8] = [16, 20, 24, 32, 64, 128, 256, 512];
/// A search that would rescore more than this share of all points had better compare them all at once.
const MOST_RESCORED: usize = 6;

/// What was measured on the sample, and so decided what is built.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Codes that a search scans until it has met [`WANTED_RECALL`] of the neighbours, if each point stands in its own
    /// cluster alone.
    pub alone: u64,
    /// The same if points stand in further clusters.
    pub with_further: u64,
    /// Share of the neighbours that such a search finds by codes of a few bits.
    pub recall: f64,
}

pub(super) struct Calibration {
    pub(super) points_per_candidate: u32,
    pub(super) groups_read: u32,
    pub(super) oversampling_16ths: u32,
}

/// None where the codes do not suit the data. Either way `measured` knows their recall.
pub(super) fn run(parts: &ScanParts, builder: &ScanBuilder<'_>, measured: &mut Measured) -> Option<Calibration> {
    let probes = builder.probes;
    let aligned = parts.aligned();
    let mut scan = parts.view(&aligned);
    let wanted = Query::DEFAULT_EF_SEARCH as usize;
    let [points, _] = codes_to_scan(&scan, probes);
    let groups_read = groups_to_read(&scan, probes, points);
    scan.read_groups(groups_read);
    let points_per_candidate = points.div_ceil(wanted as u64).max(1) as u32;
    let oversampling_16ths = OVERSAMPLING.into_iter().find(|&sixteenths| {
        let candidates = wanted * sixteenths as usize / 16;
        if candidates * MOST_RESCORED > builder.codes.len() {
            return false;
        }
        measured.recall = recall(&builder.codes, &scan, probes, candidates, points);
        measured.recall >= WANTED_RECALL - TOLERATED_LOSS
    })?;
    Some(Calibration { points_per_candidate, groups_read, oversampling_16ths })
}

/// Whether points in further clusters are worth their room: a search need look at so many fewer codes, or clusters, for
/// them. Where there are none, they are not.
pub(super) fn spilling_pays(parts: &ScanParts, builder: &ScanBuilder<'_>, measured: &mut Measured) -> bool {
    let aligned = parts.aligned();
    let scan = parts.view(&aligned);
    let [with, without] = codes_to_scan(&scan, builder.probes);
    (measured.with_further, measured.alone) = (with, without);
    // Clusters are as many either way, and have so many times the codes.
    let (codes, points) = if builder.shape.is_fetched { (scan.codes(), u64::from(scan.points())) } else { (1, 1) };
    parts.others() > 0 && with * points * WORTH_OF.1 <= without * codes * WORTH_OF.0
}

/// How many codes must be scanned until the wanted share of neighbours has been met, and how many would have to be if
/// each point stood in its own cluster alone.
fn codes_to_scan(scan: &Scan<'_>, probes: &[Probe]) -> [u64; 2] {
    let met = map_ranges(probes.len(), 1, |range| {
        let probe = probes.get(range.start)?;
        Some(scan.scanned_before(&probe.vector, &probe.neighbours))
    });
    let (with, without): (Vec<Vec<u64>>, Vec<Vec<u64>>) = met.into_iter().flatten().map(|[a, b]| (a, b)).unzip();
    [with, without].map(|met| {
        let mut met = met.concat();
        met.sort_unstable();
        let place = libm::ceil(met.len() as f64 * WANTED_RECALL) as usize;
        place.checked_sub(1).and_then(|p| met.get(p)).copied().unwrap_or(1)
    })
}

/// How many groups must be read: twice as many as points need that stand in for queries, for true queries lie farther
/// from points. 0 where there are none.
fn groups_to_read(scan: &Scan<'_>, probes: &[Probe], codes: u64) -> u32 {
    let groups = scan.groups();
    let met = |read: u32| {
        let mut scan = *scan;
        scan.read_groups(read);
        let met = map_ranges(probes.len(), 1, |range| {
            let probe = probes.get(range.start)?;
            Some(scan.met_within(&probe.vector, &probe.neighbours, codes))
        });
        met.into_iter().flatten().sum::<usize>() as f64
    };
    let enough = met(groups) * (1.0 - LOST_TO_GROUPS);
    // Each half as many more.
    let more = core::iter::successors(Some(FEWEST_GROUPS), |read| Some(read + read.div_ceil(2)));
    more.take_while(|&read| read < groups).find(|&read| met(read) >= enough).map_or(groups, |read| groups.min(2 * read))
}

/// Share of the neighbours among the candidates.
fn recall(codes: &Codes<'_>, scan: &Scan<'_>, probes: &[Probe], candidates: usize, points: u64) -> f64 {
    probe::recall(probes, |probe| {
        let code = codes.query(&probe.vector);
        // The point itself takes a place that a query's neighbours would not lose.
        let query = ScanQuery {
            vector: &probe.vector,
            code: &code,
            candidates: candidates + 1,
            points: points + 1,
            mask: None,
            matches: 0,
            top_k: 0,
            meter: &Meter::unlimited(),
        };
        scan.search(&query).best.iter().map(|estimate| estimate.ordinal()).collect()
    })
}
