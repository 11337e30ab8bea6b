//! The sections as they are read in place.

use alloc::format;

use bytemuck::{Pod, Zeroable};

use super::centroids::Centroids;
use crate::bitmap::Bitmap;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::model::Metric;
use crate::quant::{Block, CodeSections, Codes, OneBitRows, block_bytes, rotated_dim};

/// Oversampling that a builder may find: one to 4,096 candidates for each that a search keeps.
const OVERSAMPLING_16THS: core::ops::RangeInclusive<u32> = 16..=1 << 16;

/// The fixed part of a stored scan.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ScanHeader {
    /// Components of a rotated vector.
    pub dim: u32,
    pub clusters: u32,
    pub blocks: u32,
    /// Points to scan for each candidate that a search keeps, so that it meets the neighbours.
    pub points_per_candidate: u32,
    /// Candidates to rescore for each that a search keeps, in sixteenths.
    pub oversampling_16ths: u32,
    /// Sine between a residual and its signs: the scale of the error bound.
    pub spread: f32,
    pub reserved: [u32; 2],
}

const _: () = assert!(size_of::<ScanHeader>() == 32);

/// Where a cluster ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ClusterEnd {
    /// Points up to and with this cluster, each in its own.
    pub points: u32,
    /// Points that stand here as well as in their own cluster, up to and with this one.
    pub spilled: u32,
    /// Blocks up to and with this cluster.
    pub blocks: u32,
}

const _: () = assert!(size_of::<ClusterEnd>() == 12);

/// The sections of a stored scan.
#[derive(Debug, Clone, Copy)]
pub struct ScanSections<'a> {
    pub header: ScanHeader,
    pub cluster_ends: &'a [ClusterEnd],
    /// Of all points, then of the clusters.
    pub centroids: CodeSections<'a>,
    pub centroid_blocks: &'a [u8],
    pub blocks: &'a [u8],
    pub order: Option<&'a [Ordinal]>,
    pub spilled: &'a [Ordinal],
    /// What the schema declares.
    pub metric: Metric,
}

/// Whether these are all ordinals below `points`: a point that stood there twice would be found twice.
fn names_each_once(order: &[Ordinal], points: usize) -> bool {
    let mut named = Bitmap::none(points as u32);
    order.iter().for_each(|&ordinal| named.insert(ordinal));
    order.len() == points && named.count() as usize == points
}

/// A checked view of a stored scan.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'a> {
    pub(super) header: ScanHeader,
    pub(super) cluster_ends: &'a [ClusterEnd],
    pub(super) centroids: Centroids<'a>,
    pub(super) blocks: &'a [u8],
    order: Option<&'a [Ordinal]>,
    pub(super) spilled: &'a [Ordinal],
}

/// The points and blocks of a cluster: positions in cluster order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) first: u32,
    pub(super) points: u32,
    /// Points of other clusters that stand here as well, behind its own.
    pub(super) spilled: &'a [Ordinal],
    pub(super) first_block: u32,
}

impl Run<'_> {
    /// Codes of the cluster.
    pub(super) const fn lanes(&self) -> u32 {
        self.points + self.spilled.len() as u32
    }
}

impl<'a> Scan<'a> {
    /// Checks and opens the scan of `points` points. Complexity: one pass over ends and order.
    pub fn new(s: ScanSections<'a>, points: usize, dim: usize) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("scan: {why}")));
        let header = s.header;
        let rotated = rotated_dim(dim);
        let sizes_fit = header.dim as usize == rotated
            && header.clusters as usize == s.cluster_ends.len()
            && s.centroid_blocks.len() as u64
                == s.cluster_ends.len().div_ceil(BLOCK) as u64 * block_bytes(rotated) as u64
            && s.blocks.len() as u64 == u64::from(header.blocks) * block_bytes(rotated) as u64;
        if !sizes_fit || !header.spread.is_finite() || !OVERSAMPLING_16THS.contains(&header.oversampling_16ths) {
            return bad("the header does not fit the sections");
        }
        let last = s.cluster_ends.last().copied().unwrap_or_default();
        if (last.points as usize, last.spilled as usize, last.blocks) != (points, s.spilled.len(), header.blocks) {
            return bad("clusters do not cover points and blocks");
        }
        let mut before = ClusterEnd::default();
        for end in s.cluster_ends {
            let own = end.points.checked_sub(before.points).filter(|&count| count > 0);
            let others = end.spilled.checked_sub(before.spilled);
            let lanes = own.zip(others).and_then(|(own, others)| own.checked_add(others));
            if lanes.is_none() || lanes.map(|c| c.div_ceil(BLOCK as u32)) != end.blocks.checked_sub(before.blocks) {
                return bad("a cluster is empty or has not the blocks its points need");
            }
            let others = s.spilled.get(before.spilled as usize..end.spilled as usize).unwrap_or_default();
            if !others.is_sorted_by(|a, b| a < b) || others.last().is_some_and(|&o| o as usize >= points) {
                return bad("the points that a cluster has besides its own are not ascending ones of the segment");
            }
            before = *end;
        }
        if s.order.is_some_and(|order| !names_each_once(order, points)) {
            return bad("the order does not name each point once");
        }
        Codes::new(s.centroids, 1 + s.cluster_ends.len(), dim)?;
        Ok(Self::unchecked(s))
    }

    /// Opens sections that [`Scan::new`] has accepted before.
    pub const fn unchecked(s: ScanSections<'a>) -> Self {
        Self {
            header: s.header,
            cluster_ends: s.cluster_ends,
            centroids: Centroids { codes: Codes::unchecked(s.centroids), blocks: s.centroid_blocks, metric: s.metric },
            blocks: s.blocks,
            order: s.order,
            spilled: s.spilled,
        }
    }

    /// Clusters.
    pub const fn clusters(&self) -> u32 {
        self.header.clusters
    }

    /// The point that stands at a position in cluster order.
    #[inline(always)]
    pub(super) fn ordinal(&self, position: u32) -> Ordinal {
        self.order.map_or(position, |order| order.get(position as usize).copied().unwrap_or(u32::MAX))
    }

    /// Whether positions are ordinals.
    pub(super) const fn in_order(&self) -> bool {
        self.order.is_none()
    }

    /// Points and blocks of a cluster.
    pub(super) fn run(&self, cluster: u32) -> Run<'a> {
        let end = |c: u32| self.cluster_ends.get(c as usize).copied().unwrap_or_default();
        let (from, to) = (cluster.checked_sub(1).map_or(ClusterEnd::default(), end), end(cluster));
        let points = to.points.saturating_sub(from.points);
        let spilled = self.spilled.get(from.spilled as usize..to.spilled as usize).unwrap_or_default();
        Run { first: from.points, points, spilled, first_block: from.blocks }
    }

    /// The point of a lane of a cluster.
    #[inline(always)]
    pub(super) fn in_lane(&self, run: &Run<'_>, lane: u32) -> Ordinal {
        match lane.checked_sub(run.points) {
            None => self.ordinal(run.first + lane),
            Some(other) => run.spilled.get(other as usize).copied().unwrap_or(u32::MAX),
        }
    }

    /// Points.
    pub(super) fn points(&self) -> u32 {
        self.cluster_ends.last().map_or(0, |end| end.points)
    }

    /// Codes: one for each point, and one more for each in a second cluster.
    pub fn codes(&self) -> u64 {
        u64::from(self.points()) + self.spilled.len() as u64
    }

    /// The same codes vector by vector, by ordinal.
    pub fn rows(&self) -> OneBitRows<'a> {
        let lanes = (0..self.header.clusters).flat_map(|cluster| {
            let run = self.run(cluster);
            (0..run.points).filter_map(move |place| {
                let block = self.block(run.first_block + place / BLOCK as u32)?;
                Some((self.ordinal(run.first + place), block, place as usize % BLOCK, cluster + 1))
            })
        });
        OneBitRows::new(self.points() as usize, (self.centroids.codes, self.centroids.metric), lanes)
    }

    /// A block of points.
    #[inline(always)]
    pub(super) fn block(&self, block: u32) -> Option<Block<'a>> {
        let bytes = block_bytes(self.header.dim as usize);
        let start = block as usize * bytes;
        Block::new(self.blocks.get(start..start + bytes)?)
    }
}
