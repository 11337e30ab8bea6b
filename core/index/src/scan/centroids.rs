//! Clusters ranked by how near their centroids are to a vector.
//!
//! 1-bit codes of all centroids, where there are such, say which ones to compare; codes of eight or four bits compare
//! these.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::kept::{Estimate, Kept, all_lanes, each_lane, key};
use crate::kernel::{BLOCK, dot_f32};
use crate::model::Metric;
use crate::promised::Promised as _;
use crate::quant::{Block, CodeQuery, Codes, RabitqQuery, Scores, block_bytes};

/// Clusters whose centroids are compared by their u8 codes, for each that is wanted.
const COMPARED_PER_WANTED: u64 = 2;
/// Clusters compared at least.
const COMPARED_AT_LEAST: u64 = 32;

/// Centroids compared at a time: codes of four bits are unpacked for it.
const AT_ONCE: usize = 256;

/// The centroids of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Centroids<'a> {
    /// Of all points first, then of the clusters; with their lengths, whatever the metric.
    pub(super) codes: Codes<'a>,
    /// Of the clusters; none where all are compared by their codes.
    pub(super) blocks: &'a [u8],
    /// What the schema declares.
    pub(super) metric: Metric,
}

impl<'a> Centroids<'a> {
    /// Clusters.
    fn clusters(&self) -> u32 {
        (self.codes.len() as u32).saturating_sub(1)
    }

    /// At least the `wanted` nearest clusters, as keys of nearness and the centroid's row: the cluster's number
    /// plus one.
    pub(super) fn ranked(&self, query: &CodeQuery, bits: &RabitqQuery, wanted: u64) -> BinaryHeap<u64> {
        let squared = query.squared();
        let mut scores = Scores::default();
        let wanted = wanted.saturating_mul(COMPARED_PER_WANTED) + COMPARED_AT_LEAST;
        let rows: Vec<u32> = if wanted >= u64::from(self.clusters()) || self.blocks.is_empty() {
            (1..=self.clusters()).collect()
        } else {
            let middle = self.codes.dot_rows(query, &[0], &mut scores).first().copied().promised();
            let base = if self.metric == Metric::L2 { 2.0 * middle - squared } else { middle };
            let mut kept = Kept::new(wanted as usize);
            let mut estimates = [0f32; BLOCK];
            for (block, first) in self.blocks().zip((1u32..).step_by(BLOCK)) {
                let lanes = all_lanes((self.clusters() + 1 - first).min(BLOCK as u32));
                let reached = lanes & bits.score(&block, base, kept.least(), &mut estimates);
                each_lane(reached, |lane| {
                    let score = estimates.get(lane).copied().unwrap_or(f32::NEG_INFINITY);
                    kept.push(Estimate::new(score, first + lane as u32, score));
                });
            }
            kept.into_best().iter().map(|e| e.ordinal()).collect()
        };
        let mut ranked = Vec::with_capacity(rows.len());
        for rows in rows.chunks(AT_ONCE) {
            let dots = self.codes.dot_rows(query, rows, &mut scores);
            ranked.extend(rows.iter().zip(dots).map(|(&row, &dot)| key(self.nearness(row, dot, squared), row)));
        }
        ranked.into()
    }

    /// How near a cluster is to a vector of that squared length and that inner product with the centroid. By cosine the
    /// centroid's direction counts alone: its length says how the points are spread, and not where they lie.
    fn nearness(&self, row: u32, dot: f32, squared: f32) -> f32 {
        let (_, own) = self.codes.factors_of(row);
        match self.metric {
            Metric::Cosine if own > 0.0 => dot / libm::sqrtf(own),
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - own - squared,
        }
    }

    /// What the centroid of a cluster that is this near gives to the scores of its points: its inner product with the
    /// query, and by distance what the points' own terms, which have |x|² already, leave of it.
    pub(super) fn base(&self, row: u32, nearness: f32) -> f32 {
        let (_, own) = self.codes.factors_of(row);
        match self.metric {
            Metric::Cosine => nearness * libm::sqrtf(own),
            Metric::Dot => nearness,
            Metric::L2 => nearness + own,
        }
    }

    fn blocks(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        self.blocks.chunks(block_bytes(self.codes.dim(), 1)).filter_map(Block::new)
    }
}

/// What the 1-bit code of a centroid is of: where clusters are ranked by direction, its length is left out.
pub(super) fn ranked_as(metric: Metric, centroid: &[f32]) -> impl Iterator<Item = f32> {
    let length = libm::sqrtf(dot_f32(centroid, centroid));
    let by = if metric == Metric::Cosine && length > 0.0 { 1.0 / length } else { 1.0 };
    centroid.iter().map(move |x| x * by)
}
