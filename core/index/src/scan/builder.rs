//! Encodes clusters and writes the sections.

use alloc::vec::Vec;

use super::calibrate::{self, Calibration};
use super::view::{ClusterEnd, Scan, ScanHeader, ScanSections, centroid_metric};
use crate::bytes::AlignedBytes;
use crate::cluster::Clusters;
use crate::ids::Ordinal;
use crate::model::{Metric, Tier};
use crate::probe::Probe;
use crate::promised::Promised as _;
use crate::quant::{Codes, OneBitBuilder, ScalarBuilder};

/// The sections of a finished scan.
#[derive(Debug, Clone)]
pub struct ScanParts {
    pub header: ScanHeader,
    pub cluster_ends: Vec<ClusterEnd>,
    /// Of all points, then of the clusters.
    pub centroids: ScalarBuilder,
    pub centroid_blocks: Vec<u8>,
    pub blocks: Vec<u8>,
    /// None: points stand in cluster order already.
    pub order: Option<Vec<Ordinal>>,
}

/// What a scan is built from.
pub struct ScanBuilder<'a> {
    /// All rotated vectors, one behind the other, by ordinal.
    pub vectors: &'a [f32],
    /// The same as u8 codes.
    pub codes: Codes<'a>,
    pub metric: Metric,
    /// Clusters whose order names ordinals.
    pub clusters: &'a Clusters,
    /// A sample to measure on.
    pub probes: &'a [Probe<'a>],
}

impl ScanBuilder<'_> {
    /// Writes the scan; none when its codes do not suit the data: every setting finds too little of a sample's
    /// true neighbours, or must look at so much that u8 codes alone are as fast.
    pub fn finish(self) -> Option<ScanParts> {
        let mut parts = self.encode();
        let Calibration { points_per_candidate, oversampling_16ths } = calibrate::run(&parts, &self)?;
        parts.header.points_per_candidate = points_per_candidate;
        parts.header.oversampling_16ths = oversampling_16ths;
        Some(parts)
    }

    fn encode(&self) -> ScanParts {
        let (dim, clusters) = (self.codes.dim(), self.clusters);
        let mut centroids = ScalarBuilder::new(dim, centroid_metric(self.metric), Tier::U8);
        centroids.push(&mean(&clusters.centroids, dim));
        clusters.centroids.chunks(dim).for_each(|c| centroids.push(c));
        let coded = centroids.view();
        let middle: Vec<f32> = coded.decode(0).collect();
        let mut centroid_bits = OneBitBuilder::default();
        centroid_bits.push(centroid_metric(self.metric), &middle, clusters.centroids.chunks(dim));
        let mut bits = OneBitBuilder::default();
        let (mut start, mut blocks, mut cluster_ends) = (0, 0, Vec::new());
        for (index, &end) in (1..).zip(&clusters.ends) {
            let members = clusters.order.get(start..end as usize).promised();
            // The centroid as a search will read it, so that its rounding is not an error of the codes.
            let centroid: Vec<f32> = coded.decode(index).collect();
            let vector = |&o: &Ordinal| self.vectors.get(o as usize * dim..(o as usize + 1) * dim);
            bits.push(self.metric, &centroid, members.iter().filter_map(vector));
            blocks += members.len().div_ceil(crate::kernel::BLOCK) as u32;
            cluster_ends.push(ClusterEnd { points: end, blocks });
            start = end as usize;
        }
        let (bytes, spread) = bits.finish();
        let in_order = clusters.order.iter().copied().eq(0..clusters.order.len() as u32);
        ScanParts {
            header: ScanHeader {
                dim: dim as u32,
                clusters: cluster_ends.len() as u32,
                blocks,
                points_per_candidate: 0,
                oversampling_16ths: 16,
                spread,
                reserved: [0; 2],
            },
            cluster_ends,
            centroids,
            centroid_blocks: centroid_bits.finish().0,
            blocks: bytes,
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
    /// The parts as a reader has them. The blocks of points and of centroids must be copies in aligned memory.
    pub fn view<'a>(&'a self, [blocks, centroid_blocks]: &'a [AlignedBytes; 2]) -> Scan<'a> {
        Scan::unchecked(ScanSections {
            header: self.header,
            cluster_ends: &self.cluster_ends,
            centroids: self.centroids.sections(),
            centroid_blocks,
            blocks,
            order: self.order.as_deref(),
        })
    }

    /// Aligned copies for [`Self::view`].
    pub fn aligned(&self) -> [AlignedBytes; 2] {
        [&self.blocks, &self.centroid_blocks].map(|bytes| AlignedBytes::copy_from(bytes))
    }
}
