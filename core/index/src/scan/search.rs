//! Ranks clusters, scans blocks, keeps the best candidates.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::view::Scan;
use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::meter::Meter;
use crate::model::Metric;
use crate::promised::Promised as _;
use crate::quant::{OneBitQuery, Scores};
use crate::top_k::{ordered, unordered};

/// Clusters whose centroids are compared by their u8 codes, for each that will be scanned: the 1-bit codes of
/// centroids find them.
const RANKED_PER_SCANNED: u64 = 2;
/// Clusters compared at least.
const RANKED_AT_LEAST: u64 = 32;
/// Under a mask: a scan ends when fewer hits than this are expected among what is left.
const MISSED: f64 = 0.1;
/// How many times as many candidates a scan under a mask keeps, for when what is near does not pass.
pub const WIDER: usize = 16;
/// Points after which that is asked again.
const LOOKED_AGAIN_AFTER: u64 = 512;
/// Points that say how scores lie around centroids.
const SAMPLE: u32 = 1024;

/// A candidate: what its 1-bit code says of its score. The greater one is the better: higher estimate, then lower
/// ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Estimate {
    key: u64,
    /// The most that the true score may be, as ordered bits.
    most: u32,
}

impl Estimate {
    fn new(score: f32, ordinal: Ordinal, most: f32) -> Self {
        Self { key: key(score, ordinal), most: ordered(most) }
    }

    pub const fn ordinal(self) -> Ordinal {
        row_of(self.key)
    }

    #[cfg(test)]
    pub(super) const fn score(self) -> f32 {
        score_of(self.key)
    }

    /// Whether the true score may be this high.
    #[inline(always)]
    pub fn may_reach(self, score: f32) -> bool {
        self.most >= ordered(score)
    }
}

/// Score above, row below, so that one comparison of integers orders them: by score, then lower row first.
const fn key(score: f32, row: u32) -> u64 {
    (ordered(score) as u64) << 32 | !row as u64
}

const fn row_of(key: u64) -> u32 {
    !(key as u32)
}

const fn score_of(key: u64) -> f32 {
    unordered((key >> 32) as u32)
}

/// The first `count` of 32 lanes.
const fn all_lanes(count: u32) -> u32 {
    ((1u64 << count) as u32).wrapping_sub(1)
}

#[inline(always)]
fn each_lane(mut lanes: u32, mut with: impl FnMut(usize)) {
    while lanes != 0 {
        with(lanes.trailing_zeros() as usize);
        lanes &= lanes - 1;
    }
}

/// What to scan for.
#[derive(Clone, Copy)]
pub struct ScanQuery<'a> {
    /// The query vector: checked, normalised, rotated.
    pub vector: &'a [f32],
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

    /// The best candidates, in no order, and how many points were scanned.
    pub fn search(&self, query: &ScanQuery<'_>) -> (Vec<Estimate>, u32) {
        let bits = OneBitQuery::new(query.vector);
        let mut ranked = self.ranked(query, &bits);
        let wider = if query.mask.is_some() { WIDER } else { 1 };
        let (mut kept, mut lift) = (Kept::new(query.candidates * wider), Lift::default());
        let (mut scanned, mut enough) = (0, query.points);
        while let Some(key) = ranked.pop() {
            if scanned >= enough {
                // How many points are enough was found without a mask: where it hides what is near, it may take more.
                let left = u64::from(query.matches).saturating_sub(scanned);
                let is_done =
                    query.mask.is_none() || lift.hits_left(score_of(key), kept.nth(query.top_k), left) < MISSED;
                if is_done {
                    break;
                }
                enough += LOOKED_AGAIN_AFTER;
            }
            let lift = query.mask.map(|_| &mut lift);
            let counted = self.scan((row_of(key), score_of(key)), query.mask, &bits, &mut kept, lift);
            scanned += counted;
            if !query.meter.spend(counted as u32) {
                break;
            }
        }
        // Where nothing near matches, all that match are about equally far, and coarse codes hardly tell them apart.
        if enough == query.points {
            kept.wanted = query.candidates;
        }
        kept.cut();
        (kept.buffer, scanned.min(u64::from(u32::MAX)) as u32)
    }

    /// For each of some points, how many are scanned until a search for `vector` has met it.
    pub(super) fn scanned_before(&self, vector: &[f32], points: &[Ordinal]) -> Vec<u64> {
        let meter = &Meter::unlimited();
        let query = ScanQuery { vector, candidates: 0, points: u64::MAX, mask: None, matches: 0, top_k: 0, meter };
        let (mut ranked, mut scanned) = (self.ranked(&query, &OneBitQuery::new(vector)), 0);
        let mut met = Vec::new();
        while let Some(key) = ranked.pop() {
            let run = self.run(row_of(key).saturating_sub(1));
            scanned += u64::from(run.points);
            let members = (run.first..run.first + run.points).map(|position| self.ordinal(position));
            met.extend(members.filter(|o| points.contains(o)).map(|_| scanned));
        }
        met
    }

    /// The rows of the nearest clusters' centroids, nearest first: more than the query will scan, if there are more.
    fn ranked(&self, query: &ScanQuery<'_>, bits: &OneBitQuery) -> BinaryHeap<u64> {
        let centroids = self.centroids.query(query.vector);
        let mut scores = Scores::default();
        let clusters = u64::from(self.header.clusters);
        // Under a mask most of a cluster may be hidden, so all stay in play.
        let points = u64::from(self.cluster_ends.last().map_or(1, |end| end.points.max(1)));
        let scanned = if query.mask.is_some() { clusters } else { query.points.saturating_mul(clusters) / points };
        let wanted = scanned.saturating_mul(RANKED_PER_SCANNED) + RANKED_AT_LEAST;
        let rows: Vec<u32> = if wanted >= clusters {
            (1..=self.header.clusters).collect()
        } else {
            let middle = self.centroids.score_rows(&centroids, &[0], &mut scores).first().copied().promised();
            let mut kept = Kept::new(wanted as usize);
            let mut estimates = [0f32; BLOCK];
            for (block, first) in self.centroid_blocks().zip((1u32..).step_by(BLOCK)) {
                let lanes = all_lanes((self.header.clusters + 1 - first).min(BLOCK as u32));
                let reached = lanes & bits.score(&block, self.base(0, middle), kept.least, &mut estimates);
                each_lane(reached, |lane| {
                    let score = estimates.get(lane).copied().unwrap_or(f32::NEG_INFINITY);
                    kept.push(Estimate::new(score, first + lane as u32, score));
                });
            }
            kept.cut();
            kept.buffer.iter().map(|e| e.ordinal()).collect()
        };
        let scores = self.centroids.score_rows(&centroids, &rows, &mut scores);
        rows.iter().zip(scores).map(|(&row, &score)| key(score, row)).collect()
    }

    /// What a cluster's centroid gives to the scores of its points: `<q, c>`, and what l2 makes of it.
    fn base(&self, row: u32, score: f32) -> f32 {
        // By distance, the centroid's score is 2 <q, c> - |c|² - |q|²; the points' own terms have |x|² already.
        if self.centroids.metric() == Metric::L2 { score + self.centroids.factors_of(row).1 } else { score }
    }

    /// Scans the cluster of a centroid; returns how many of its points count.
    fn scan(
        &self,
        (row, score): (u32, f32),
        mask: Option<&Bitmap>,
        query: &OneBitQuery,
        kept: &mut Kept,
        mut lift: Option<&mut Lift>,
    ) -> u64 {
        let centroid = score;
        let (run, base) = (self.run(row.saturating_sub(1)), self.base(row, score));
        let error = query.error(self.header.spread);
        let mut counted = 0;
        let mut scores = [0f32; BLOCK];
        for (block, first) in (run.first_block..).zip((0..run.points).step_by(BLOCK)) {
            let lanes = self.lanes(run.first + first, (run.points - first).min(BLOCK as u32), mask);
            let Some(block) = self.block(block).filter(|_| lanes != 0) else { continue };
            counted += u64::from(lanes.count_ones());
            let reached = lanes & query.score(&block, base, kept.least, &mut scores);
            if let Some(lift) = lift.as_mut().filter(|lift| lift.points < SAMPLE) {
                each_lane(lanes, |lane| lift.add(scores.get(lane).copied().promised() - centroid));
            }
            each_lane(reached, |lane| {
                let (Some(score), Some(scale)) = (scores.get(lane), block.scales.get(lane)) else { return };
                let ordinal = self.ordinal(run.first + first + lane as u32);
                kept.push(Estimate::new(*score, ordinal, score + scale * error));
            });
        }
        counted
    }

    /// Which of `count` points from a position on count.
    #[inline(always)]
    fn lanes(&self, first: u32, count: u32, mask: Option<&Bitmap>) -> u32 {
        let all = all_lanes(count);
        match mask {
            None => all,
            Some(mask) if self.in_order() => mask.bits_from(first) & all,
            Some(mask) => (0..count).fold(0, |lanes, i| lanes | u32::from(mask.contains(self.ordinal(first + i))) << i),
        }
    }
}

/// How much points score above their clusters' centroids.
#[derive(Debug, Default)]
struct Lift {
    points: u32,
    sum: f64,
    squares: f64,
}

impl Lift {
    fn add(&mut self, lift: f32) {
        self.points += 1;
        self.sum += f64::from(lift);
        self.squares += f64::from(lift) * f64::from(lift);
    }

    /// How many of `left` points are expected to reach `bar`, if none of their centroids scores more than this one: as
    /// if lifts were normally distributed.
    fn hits_left(&self, centroid: f32, bar: Option<f32>, left: u64) -> f64 {
        let Some(bar) = bar.filter(|_| self.points > 0) else { return left as f64 };
        let points = f64::from(self.points);
        let mean = self.sum / points;
        let deviation = libm::sqrt((self.squares / points - mean * mean).max(0.0)).max(f64::MIN_POSITIVE);
        let wanted = (f64::from(bar) - f64::from(centroid) - mean) / deviation;
        left as f64 * 0.5 * libm::erfc(wanted * core::f64::consts::FRAC_1_SQRT_2)
    }
}

/// The one that `index` others are better than, in its place: those before are better, those behind are not. There are
/// more.
///
/// The only selection: each place that selects would bring one of its own into the WebAssembly module.
#[inline(never)]
pub fn nth_best(estimates: &mut [Estimate], index: usize) -> Estimate {
    *estimates.select_nth_unstable_by(index, |a, b| b.cmp(a)).1
}

/// The best candidates so far: a buffer that is cut when it is full, so that most cost no more than writing them.
struct Kept {
    wanted: usize,
    buffer: Vec<Estimate>,
    /// Scores below this one cannot be among the best any more.
    least: f32,
}

impl Kept {
    fn new(wanted: usize) -> Self {
        Self { wanted, buffer: Vec::with_capacity(wanted.min(1024) * 3 + BLOCK), least: f32::NEG_INFINITY }
    }

    #[inline(always)]
    fn push(&mut self, candidate: Estimate) {
        self.buffer.push(candidate);
        if self.buffer.len() >= 3 * self.wanted + BLOCK {
            self.cut();
        }
    }

    /// The score of the n-th best, if there are so many.
    fn nth(&mut self, n: usize) -> Option<f32> {
        let index = n.checked_sub(1).filter(|&index| index < self.buffer.len())?;
        Some(score_of(nth_best(&mut self.buffer, index).key))
    }

    /// Keeps the best; those that are left are in no order.
    fn cut(&mut self) {
        if self.wanted == 0 || self.buffer.len() <= self.wanted {
            return;
        }
        self.least = score_of(nth_best(&mut self.buffer, self.wanted - 1).key);
        self.buffer.truncate(self.wanted);
    }
}
