//! Encodes clusters and writes the sections.

use alloc::vec::Vec;

use super::calibrate::{self, Calibration, Measured};
use super::centroids::{Centroids, ranked_as};
use super::group_builder::{self, GroupParts};
use super::groups::GroupSections;
use super::shape::ScanShape;
use super::spill;
use super::view::{ClusterEnd, PIECE_ALIGN, PROOF_BYTES, Scan, ScanHeader, ScanSections};
use crate::bytes::AlignedBytes;
use crate::cluster::Clusters;
use crate::ids::Ordinal;
use crate::model::Metric;
use crate::probe::Probe;
use crate::quant::{Codes, RabitqBuilder, Rotated, ScalarBuilder};

/// The sections of a finished scan.
#[derive(Debug, Clone)]
pub struct ScanParts {
    pub header: ScanHeader,
    /// What the schema declares.
    pub metric: Metric,
    pub cluster_ends: Vec<ClusterEnd>,
    /// Of all points, then of the clusters.
    pub centroids: ScalarBuilder,
    /// Where these stand in two levels.
    pub groups: Option<GroupParts>,
    pub centroid_blocks: Vec<u8>,
    pub pieces: Vec<u8>,
    /// None: points stand in cluster order already.
    pub order: Option<Vec<Ordinal>>,
}

/// What a scan is built from.
pub struct ScanBuilder<'a> {
    /// The rotated vectors.
    pub vectors: &'a dyn Rotated,
    /// The same as u8 codes.
    pub codes: Codes<'a>,
    pub metric: Metric,
    pub shape: ScanShape,
    /// Clusters whose order names ordinals.
    pub clusters: &'a Clusters,
    /// A sample to measure on.
    pub probes: &'a [Probe],
}

impl ScanBuilder<'_> {
    /// Writes the scan; none when its codes do not suit the data: every setting finds too little of a sample's
    /// true neighbours, or must look at so much that u8 codes alone are as fast. And what was measured for that.
    pub fn finish(self) -> (Option<ScanParts>, Measured) {
        let (mut parts, mut measured) = (self.encode(true), Measured::default());
        if !calibrate::spilling_pays(&parts, &self, &mut measured) && parts.others() > 0 {
            parts = self.encode(false);
        }
        let calibration = calibrate::run(&parts, &self, &mut measured);
        let parts = calibration.map(|Calibration { points_per_candidate, groups_read, oversampling_16ths }| {
            parts.header.points_per_candidate = points_per_candidate;
            parts.groups.iter_mut().for_each(|groups| groups.header.read = groups_read);
            parts.header.oversampling_16ths = oversampling_16ths;
            parts
        });
        (parts, measured)
    }

    /// Encodes all points, each in its own cluster, and perhaps some in further ones.
    fn encode(&self, is_spilled: bool) -> ScanParts {
        let (dim, clusters) = (self.codes.dim(), self.clusters);
        // By distance: with a centroid's code then stands how long it is.
        let mut centroids = ScalarBuilder::new(dim, Metric::L2, self.shape.centroids());
        centroids.push(&mean(&clusters.centroids, dim));
        clusters.centroids.chunks(dim).for_each(|c| centroids.push(c));
        let coded = centroids.view();
        let middle: Vec<f32> = coded.decode(0).collect();
        let mut centroid_bits = RabitqBuilder::new(1);
        let mut centroid_blocks = Vec::new();
        // They save time, and cost a reader of ranges a sixth of the front.
        if !self.shape.is_fetched {
            let ranked: Vec<f32> = clusters.centroids.chunks(dim).flat_map(|c| ranked_as(self.metric, c)).collect();
            centroid_bits.push(self.metric, &middle, ranked.chunks(dim), &mut centroid_blocks);
        }
        let aligned = AlignedBytes::copy_from(&centroid_blocks);
        let count = clusters.ends.len() as u32;
        let ranked = Centroids { codes: coded, groups: None, blocks: &aligned, metric: self.metric, clusters: count };
        let spilled = if is_spilled {
            spill::choose(clusters, self.vectors, &ranked, &self.shape)
        } else {
            alloc::vec![Vec::new(); clusters.ends.len()]
        };
        let proof_bytes = if self.shape.is_fetched { PROOF_BYTES } else { 0 };
        let mut bits = RabitqBuilder::new(self.shape.bits);
        let (mut end, mut cluster_ends, mut pieces) = (ClusterEnd::default(), Vec::new(), Vec::new());
        let (mut vector, mut vectors) = (Vec::new(), Vec::new());
        for (index, others) in (1..).zip(&spilled) {
            let members = clusters.members(index as usize - 1);
            // The centroid as a search will read it, so that its rounding is not an error of the codes.
            let centroid: Vec<f32> = coded.decode(index).collect();
            vectors.clear();
            for &ordinal in members.iter().chain(others) {
                self.vectors.get(ordinal, &mut vector);
                vectors.extend_from_slice(&vector);
            }
            bits.push(self.metric, &centroid, vectors.chunks_exact(dim), &mut pieces);
            pieces.extend_from_slice(bytemuck::cast_slice(others));
            pieces.resize((pieces.len() + proof_bytes as usize).next_multiple_of(PIECE_ALIGN), 0);
            end.points += members.len() as u32;
            end.others += others.len() as u32;
            end.bytes = pieces.len() as u32;
            cluster_ends.push(end);
        }
        let spread = bits.finish();
        let are_grouped = self.shape.grouped_from.is_some_and(|from| cluster_ends.len() >= from);
        let groups = are_grouped.then(|| group_builder::group(&clusters.centroids, &centroids, &cluster_ends, &middle));
        let in_order = clusters.order.iter().copied().eq(0..clusters.order.len() as u32);
        ScanParts {
            header: ScanHeader {
                dim: dim as u32,
                clusters: cluster_ends.len() as u32,
                points_per_candidate: 0,
                oversampling_16ths: 16,
                spread,
                bits: self.shape.bits,
                proof_bytes,
                reserved: 0,
            },
            metric: self.metric,
            cluster_ends,
            centroids,
            groups,
            centroid_blocks,
            pieces,
            order: (!in_order).then(|| clusters.order.clone()),
        }
    }
}

fn mean(vectors: &[f32], dim: usize) -> Vec<f32> {
    let count = (vectors.len() / dim).max(1) as f32;
    let sum = |d: usize| vectors.iter().skip(d).step_by(dim).sum::<f32>();
    (0..dim).map(|d| sum(d) / count).collect()
}

impl ScanParts {
    /// Codes of points in clusters that are not their own.
    pub(super) fn others(&self) -> u32 {
        self.cluster_ends.last().map_or(0, |end| end.others)
    }

    /// The parts as a reader has them. The blocks of points and of centroids, and groups, must be copies in aligned
    /// memory.
    pub fn view<'a>(&'a self, aligned: &'a [AlignedBytes; 3]) -> Scan<'a> {
        let points = self.cluster_ends.last().map_or(0, |end| end.points);
        Scan::unchecked(self.sections(aligned), points as usize)
    }

    /// The same, not opened.
    pub(super) fn sections<'a>(&'a self, [pieces, centroid_blocks, groups]: &'a [AlignedBytes; 3]) -> ScanSections<'a> {
        ScanSections {
            header: self.header,
            cluster_ends: if self.groups.is_some() { &[] } else { &self.cluster_ends },
            centroids: self.groups.as_ref().map_or(&self.centroids, |groups| &groups.centroids).sections(),
            groups: self.groups.as_ref().map(|parts| GroupSections {
                header: parts.header,
                ends: &parts.ends,
                pieces: (&**groups).into(),
            }),
            centroid_blocks,
            pieces: (&**pieces).into(),
            order: self.order.as_deref(),
            metric: self.metric,
        }
    }

    /// Aligned copies for [`Self::view`].
    pub fn aligned(&self) -> [AlignedBytes; 3] {
        let groups: &[u8] = self.groups.as_ref().map_or(&[], |groups| &groups.pieces);
        [&self.pieces, &self.centroid_blocks, groups].map(AlignedBytes::copy_from)
    }
}
