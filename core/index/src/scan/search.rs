//! Scans the blocks of the nearest clusters, keeps the best candidates.

use alloc::vec::Vec;

use super::hits_left::Met;
use super::kept::{Estimate, Kept, all_lanes, each_lane, keep_better, row_of, score_of};
use super::nearest_first::NearestFirst;
use super::view::{Run, Scan};
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::meter::Meter;
use crate::promised::Promised as _;
use crate::quant::{CodeQuery, RabitqQuery};

/// Under a mask that hides what is near: a scan ends when fewer hits than this are expected among what is left.
const MISSED: f64 = 0.1;
/// Under another mask: when fewer than so many of the hits that are wanted are. In truth there are much fewer, for far
/// from the query scores lie closer together than the estimate takes them to.
const MISSED_OF_WANTED: f64 = 0.5;
/// A mask that hides no more than one in so many points ends a scan no later than none, unless it hides what is near.
const HIDES_LITTLE: u64 = 8;
/// How many times as many candidates a scan under a mask keeps, for when what is near does not pass.
const WIDER: usize = 16;
/// Points after which that is asked again.
const LOOKED_AGAIN_AFTER: u64 = 512;
/// A mask hides what is near if it lets through less than one in so many of its share: of the nearest eighth of the
/// codes that a scan wants, of the nearest half, or of as many as there are between.
const LEAST_OF_SHARE: u64 = 2;

/// What to scan for.
#[derive(Clone, Copy)]
pub struct ScanQuery<'a> {
    /// The query vector: checked, normalised, rotated.
    pub vector: &'a [f32],
    /// The same, as codes of as many components are asked.
    pub code: &'a CodeQuery,
    /// Candidates to keep.
    pub candidates: usize,
    /// Points to scan, if there are so many.
    pub points: u64,
    /// Points that count; none: all.
    pub mask: Option<&'a Bitmap>,
    /// How many these are.
    pub matches: u32,
    /// Hits wanted of the candidates.
    pub top_k: usize,
    pub meter: &'a Meter<'a>,
}

/// What a scan found.
pub struct Scanned {
    /// The best candidates, each point once, in no order.
    pub best: Vec<Estimate>,
    /// Codes that counted.
    pub codes: u32,
    /// Candidates that there was room for.
    pub room: usize,
}

impl Scan<'_> {
    /// Points that a search which keeps `candidates` should scan.
    pub fn points_for(&self, candidates: usize) -> u64 {
        candidates as u64 * u64::from(self.header.points_per_candidate)
    }

    /// Candidates to rescore for a search that keeps `candidates`, so many `times` what was found right.
    pub fn oversampled(&self, candidates: usize, times: f32) -> usize {
        let right = (candidates as u64 * u64::from(self.header.oversampling_16ths)).div_ceil(16);
        libm::ceilf(right as f32 * times) as usize
    }

    /// The best candidates, each point once, in no order.
    ///
    /// A point that stands in several clusters has as many codes, and may take as many of the places: there are as many
    /// more places as there are more codes than points.
    pub fn search(&self, query: &ScanQuery<'_>) -> Scanned {
        let bits = RabitqQuery::new(query.vector);
        let (points, codes) = (u64::from(self.points()).max(1), self.codes());
        let places = |candidates: usize| ((candidates as u64).min(points) * codes).div_ceil(points) as usize;
        let narrow = places(query.candidates);
        let wide = if query.mask.is_some() { places(query.candidates.saturating_mul(WIDER)) } else { narrow };
        let mut kept = Kept::new(wide);
        let mut met = query.mask.map(|_| Met::new(places(query.top_k)));
        let mut clusters = NearestFirst::new(self, query, &bits);
        let (mut scanned, mut lanes, mut enough) = (0, 0, query.points);
        // Whether the mask hides what is near: not known, and so no candidate dropped, before half of it has been met.
        let mut hides = false;
        // Codes that counted before the first piece that is not here.
        let mut before_gap = None;
        while let Some(key) = clusters.next() {
            if let Some(before) = before_gap
                && scanned >= enough
            {
                // How many more are enough is not known before those until here are looked into; but where a mask
                // hides what is near, half as many more are wanted at once, so that rounds stay few.
                if scanned * 2 >= before * 3 {
                    break;
                }
            } else if scanned >= enough {
                // How many points are enough was found without a mask: where it hides what is near, it may take more.
                let left = (u64::from(query.matches) * codes / points).saturating_sub(scanned);
                let missed = match hides {
                    true => MISSED,
                    // As without a mask: most have one for the sake of a few deleted points.
                    false if u64::from(query.matches) * HIDES_LITTLE >= points * (HIDES_LITTLE - 1) => f64::INFINITY,
                    false => query.top_k as f64 * MISSED_OF_WANTED,
                };
                if met.as_mut().is_none_or(|met| met.hits_left(score_of(key), left) < missed) {
                    break;
                }
                enough += LOOKED_AGAIN_AFTER;
            }
            let run = self.run(row_of(key).saturating_sub(1));
            let (counted, all) = if run.is_here() {
                self.scan(&run, (row_of(key), score_of(key)), query.mask, &bits, &mut kept, met.as_mut())
            } else {
                before_gap = before_gap.or(Some(scanned));
                (self.about(&run, query.mask), u64::from(run.lanes()))
            };
            scanned += counted;
            if lanes > query.points / 2 {
                kept.wanted = if hides { wide } else { narrow };
            } else if lanes + all >= query.points / 8 {
                hides |= scanned * points * LEAST_OF_SHARE < (lanes + all) * u64::from(query.matches);
            }
            lanes += all;
            if !query.meter.spend(counted as u32) {
                break;
            }
        }
        // Where nothing near matches, all that match are about equally far, and coarse codes hardly tell them apart.
        if enough == query.points {
            kept.wanted = narrow;
        }
        let room = kept.room() + met.map_or(0, |met| met.hits.room());
        let mut best = kept.into_best();
        if codes > points {
            keep_better(&mut best);
        }
        Scanned { best, codes: scanned.min(u64::from(u32::MAX)) as u32, room }
    }

    /// For each of some points, how many codes are scanned until a search for `vector` has met it, and how many would
    /// be if each point stood in its own cluster alone; in no order.
    pub(super) fn scanned_before(&self, vector: &[f32], points: &[Ordinal]) -> [Vec<u64>; 2] {
        let (code, bits) = (self.centroids.codes.query(vector), RabitqQuery::new(vector));
        let mut ranked = self.centroids.ranked(&code, &bits, u64::from(self.clusters())).unwrap_or_default();
        let mut left = [points.to_vec(), points.to_vec()];
        let (mut scanned, mut met) = ([0u64; 2], [Vec::new(), Vec::new()]);
        while left.iter().any(|left| !left.is_empty())
            && let Some(key) = ranked.pop()
        {
            let run = self.run(row_of(key).saturating_sub(1));
            let lanes = [run.lanes(), run.points];
            for (((left, met), scanned), lanes) in left.iter_mut().zip(&mut met).zip(&mut scanned).zip(lanes) {
                *scanned += u64::from(lanes);
                for ordinal in (0..lanes).map(|lane| self.in_lane(&run, lane)) {
                    if let Some(place) = left.iter().position(|&point| point == ordinal) {
                        left.swap_remove(place);
                        met.push(*scanned);
                    }
                }
            }
        }
        met
    }

    /// How many of some points a search for `vector` meets that scans so many codes.
    pub(super) fn met_within(&self, vector: &[f32], points: &[Ordinal], codes: u64) -> usize {
        let (code, bits) = (self.centroids.codes.query(vector), RabitqQuery::new(vector));
        let wanted = codes.saturating_mul(self.clusters().into()) / self.codes().max(1);
        let mut ranked = self.centroids.ranked(&code, &bits, wanted).unwrap_or_default();
        let (mut scanned, mut left) = (0, points.to_vec());
        while scanned < codes
            && let Some(key) = ranked.pop()
        {
            let run = self.run(row_of(key).saturating_sub(1));
            scanned += u64::from(run.lanes());
            (0..run.lanes()).for_each(|lane| left.retain(|&point| point != self.in_lane(&run, lane)));
        }
        points.len() - left.len()
    }

    /// How many codes of a cluster whose piece is not here count, as far as that can be known.
    #[cold]
    fn about(&self, run: &Run<'_>, mask: Option<&Bitmap>) -> u64 {
        let Some(mask) = mask else { return run.lanes().into() };
        (0..run.points).filter(|&lane| mask.contains(self.in_lane(run, lane))).count() as u64
    }

    /// Scans the cluster of a centroid; returns how many of its points count, and how many it has.
    fn scan(
        &self,
        run: &Run<'_>,
        (row, nearness): (u32, f32),
        mask: Option<&Bitmap>,
        query: &RabitqQuery,
        kept: &mut Kept,
        mut met: Option<&mut Met>,
    ) -> (u64, u64) {
        let base = self.centroids.base(row, nearness);
        let error = query.error(self.header.spread);
        let mut counted = 0;
        let mut scores = [0f32; BLOCK];
        for (block, first) in run.blocks().zip((0..run.lanes()).step_by(BLOCK)) {
            let lanes = self.lanes(run, first, mask);
            if lanes == 0 {
                continue;
            }
            counted += u64::from(lanes.count_ones());
            let reached = lanes & query.score(&block, base, kept.least(), &mut scores);
            if let Some(lift) = met.as_mut().and_then(|met| met.sampled()) {
                each_lane(lanes, |lane| lift.add(scores.get(lane).copied().promised() - nearness));
            }
            each_lane(reached, |lane| {
                let (Some(score), Some(scale)) = (scores.get(lane), block.scales.get(lane)) else { return };
                let ordinal = self.in_lane(run, first + lane as u32);
                let estimate = Estimate::new(*score, ordinal, score + scale * error);
                kept.push(estimate);
                if let Some(met) = met.as_mut().filter(|met| *score >= met.hits.least()) {
                    met.hits.push(estimate);
                }
            });
        }
        (counted, u64::from(run.lanes()))
    }

    /// Which points of the block that begins with this lane of a cluster count.
    #[inline(always)]
    fn lanes(&self, run: &Run<'_>, first: u32, mask: Option<&Bitmap>) -> u32 {
        let all = all_lanes((run.lanes() - first).min(BLOCK as u32));
        let Some(mask) = mask else { return all };
        // The cluster's own points stand first, and are bits of the mask side by side where points stand by cluster.
        let own = if self.in_order() { all_lanes(run.points.saturating_sub(first).min(BLOCK as u32)) } else { 0 };
        let mut lanes = if own == 0 { 0 } else { mask.bits_from(run.first + first) & own };
        each_lane(all & !own, |lane| lanes |= u32::from(mask.contains(self.in_lane(run, first + lane as u32))) << lane);
        lanes
    }
}
