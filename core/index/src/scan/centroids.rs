//! Clusters ranked by how near their centroids are to a vector.
//!
//! 1-bit codes of all centroids, where there are such, say which ones to compare; codes of eight or four bits compare
//! these.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::groups::Groups;
use super::kept::{Estimate, Kept, all_lanes, each_lane, key, row_of, score_of};
use crate::bitmap::Bitmap;
use crate::kernel::{BLOCK, dot_f32};
use crate::model::Metric;
use crate::promised::Promised as _;
use crate::quant::{Block, CodeQuery, Codes, RabitqQuery, Scores, block_bytes};

/// Clusters whose centroids are compared by their u8 codes, for each that is wanted.
const COMPARED_PER_WANTED: u64 = 2;
/// Clusters compared at least.
const COMPARED_AT_LEAST: u64 = 32;

/// Members of groups for each cluster that is to be compared: most clusters are in two.
const MEMBERS_PER_CLUSTER: u64 = 2;

/// Centroids compared at a time: codes of four bits are unpacked for it.
const AT_ONCE: usize = 256;

/// The centroids of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Centroids<'a> {
    /// Of all points first, then of the clusters, or of groups of these; with their lengths, whatever the metric.
    pub(super) codes: Codes<'a>,
    /// Where those of the clusters are, if not there.
    pub(super) groups: Option<Groups<'a>>,
    /// Of the clusters; none where all are compared by their codes.
    pub(super) blocks: &'a [u8],
    /// What the schema declares.
    pub(super) metric: Metric,
    pub(super) clusters: u32,
}

impl<'a> Centroids<'a> {
    /// Rows of `codes`, but for the first.
    fn rows(&self) -> u32 {
        (self.codes.len() as u32).saturating_sub(1)
    }

    /// At least the `wanted` nearest clusters, as keys of nearness and the row: the number of the cluster, or of the
    /// member of a group, plus one; each cluster once. None where centroids that are wanted are not here.
    pub(super) fn ranked(&self, query: &CodeQuery, bits: &RabitqQuery, wanted: u64) -> Option<BinaryHeap<u64>> {
        let squared = query.squared();
        let mut scores = Scores::default();
        let wanted = wanted.saturating_mul(COMPARED_PER_WANTED) + COMPARED_AT_LEAST;
        let rows: Vec<u32> = if wanted >= u64::from(self.rows()) || self.blocks.is_empty() {
            (1..=self.rows()).collect()
        } else {
            let middle = self.codes.dot_rows(query, &[0], &mut scores).first().copied().promised();
            let base = if self.metric == Metric::L2 { 2.0 * middle - squared } else { middle };
            let mut kept = Kept::new(wanted as usize);
            let mut estimates = [0f32; BLOCK];
            for (block, first) in self.blocks().zip((1u32..).step_by(BLOCK)) {
                let lanes = all_lanes((self.rows() + 1 - first).min(BLOCK as u32));
                let reached = lanes & bits.score(&block, base, kept.least(), &mut estimates);
                each_lane(reached, |lane| {
                    let score = estimates.get(lane).copied().unwrap_or(f32::NEG_INFINITY);
                    kept.push(Estimate::new(score, first + lane as u32, score));
                });
            }
            kept.into_best().iter().map(|e| e.ordinal()).collect()
        };
        let near = self.nearnesses(&self.codes, query, &rows, &mut scores);
        match self.groups {
            None => Some(near.into()),
            Some(groups) => self.in_groups(groups, near.into(), query, wanted),
        }
    }

    /// The clusters of the nearest groups.
    fn in_groups(
        &self,
        groups: Groups<'_>,
        mut near: BinaryHeap<u64>,
        query: &CodeQuery,
        wanted: u64,
    ) -> Option<BinaryHeap<u64>> {
        let (mut scores, mut ranked, mut known) = (Scores::default(), Vec::new(), Bitmap::none(self.clusters));
        let (mut read, mut members, mut is_missing) = (0, 0, false);
        while (read < groups.sections.header.read || members < wanted.saturating_mul(MEMBERS_PER_CLUSTER))
            && let Some(group) = near.pop().map(|key| row_of(key).saturating_sub(1))
        {
            read += 1;
            members += u64::from(groups.members(group));
            // All that are wanted are noted before the first is done without.
            let Some(group) = groups.get(group) else {
                is_missing = true;
                continue;
            };
            let rows: Vec<u32> = (0..group.members.len() as u32).collect();
            for key in self.nearnesses(&group.codes, query, &rows, &mut scores) {
                let cluster = group.members.get(row_of(key) as usize).map_or(u32::MAX, |member| member.cluster);
                if cluster < self.clusters && !known.contains(cluster) {
                    known.insert(cluster);
                    ranked.push(super::kept::key(score_of(key), 1 + group.first + row_of(key)));
                }
            }
        }
        (!is_missing).then(|| ranked.into())
    }

    /// Keys of nearness and row.
    fn nearnesses(&self, codes: &Codes<'_>, query: &CodeQuery, rows: &[u32], scores: &mut Scores) -> Vec<u64> {
        let mut keys = Vec::with_capacity(rows.len());
        for rows in rows.chunks(AT_ONCE) {
            let dots = codes.dot_rows(query, rows, scores);
            let nearness = |row: u32, dot: f32| self.nearness(codes.factors_of(row).1, dot, query.squared());
            keys.extend(rows.iter().zip(dots).map(|(&row, &dot)| key(nearness(row, dot), row)));
        }
        keys
    }

    /// How near a cluster is to a vector of that squared length and that inner product with the centroid, of its own
    /// one. By cosine the centroid's direction counts alone: its length says how the points are spread, and not where
    /// they lie.
    fn nearness(&self, own: f32, dot: f32, squared: f32) -> f32 {
        match self.metric {
            Metric::Cosine if own > 0.0 => dot / libm::sqrtf(own),
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - own - squared,
        }
    }

    /// What the centroid of a cluster that is this near gives to the scores of its points: its inner product with the
    /// query, and by distance what the points' own terms, which have |x|² already, leave of it.
    pub(super) fn base(&self, row: u32, nearness: f32) -> f32 {
        let own = match self.groups {
            None => self.codes.factors_of(row).1,
            Some(groups) => {
                groups.of(row.saturating_sub(1)).map_or(0.0, |(group, place)| group.codes.factors_of(place as u32).1)
            }
        };
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
