//! The sections as they are read in place.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::centroids::Centroids;
use super::groups::{GroupSections, Groups};
use crate::bitmap::Bitmap;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::model::Metric;
use crate::parts::Stretch;
use crate::quant::{BITS, Block, CodeSections, Codes, OneBitRows, block_bytes, rotated_dim};

/// Oversampling that a builder may find: one to 4,096 candidates for each that a search keeps.
const OVERSAMPLING_16THS: core::ops::RangeInclusive<u32> = 16..=1 << 16;

/// The fixed part of a stored scan.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ScanHeader {
    /// Components of a rotated vector.
    pub dim: u32,
    pub clusters: u32,
    /// Points to scan for each candidate that a search keeps, so that it meets the neighbours.
    pub points_per_candidate: u32,
    /// Candidates to rescore for each that a search keeps, in sixteenths.
    pub oversampling_16ths: u32,
    /// The scale of the error bound: see `quant::rabitq`.
    pub spread: f32,
    /// Bits a dimension of the points' codes.
    pub bits: u32,
    /// Bytes at the end of each piece that prove it alone: [`PROOF_BYTES`], or none.
    pub proof_bytes: u32,
    pub reserved: u32,
}

const _: () = assert!(size_of::<ScanHeader>() == 32);

/// What is left for a proof at the end of a piece, where a reader may fetch it alone.
pub const PROOF_BYTES: u32 = 192;

/// Where a cluster ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ClusterEnd {
    /// Points up to and with this cluster, each in its own.
    pub points: u32,
    /// Codes of points of other clusters, up to and with those of this one.
    pub others: u32,
    /// Bytes of the pieces up to and with that of this cluster.
    pub bytes: u32,
}

const _: () = assert!(size_of::<ClusterEnd>() == 12);

/// The sections of a stored scan.
#[derive(Debug, Clone, Copy)]
pub struct ScanSections<'a> {
    pub header: ScanHeader,
    /// None where centroids stand in two levels.
    pub cluster_ends: &'a [ClusterEnd],
    /// Of all points, then of the clusters, or of groups of these.
    pub centroids: CodeSections<'a>,
    /// The groups, where there are such.
    pub groups: Option<GroupSections<'a>>,
    /// None where pieces have proofs: readers of ranges would fetch them first of all.
    pub centroid_blocks: &'a [u8],
    /// Of each cluster its blocks, then which points of other clusters are in them, then zeros up to the proof, if
    /// there is one, which ends at a multiple of [`PIECE_ALIGN`].
    pub pieces: Stretch<'a>,
    pub order: Option<&'a [Ordinal]>,
    /// What the schema declares.
    pub metric: Metric,
}

impl ScanSections<'_> {
    /// Codes of points of other clusters than their own.
    fn others(&self) -> u32 {
        let last = self.cluster_ends.last().map_or(0, |end| end.others);
        self.groups.map_or(last, |groups| groups.header.others)
    }
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
    pieces: Stretch<'a>,
    order: Option<&'a [Ordinal]>,
    points: u32,
    /// Codes of points of other clusters than their own.
    others: u32,
}

/// The points and blocks of a cluster: positions in cluster order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Run<'a> {
    pub(super) first: u32,
    pub(super) points: u32,
    lanes: u32,
    /// Points of other clusters that stand here as well, behind its own.
    pub(super) others: &'a [Ordinal],
    blocks: &'a [u8],
    block_bytes: usize,
}

impl<'a> Run<'a> {
    /// Codes of the cluster.
    pub(super) const fn lanes(&self) -> u32 {
        self.lanes
    }

    /// Whether its piece is here.
    pub(super) const fn is_here(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// One of its blocks.
    #[inline(always)]
    pub(super) fn block(&self, number: usize) -> Option<Block<'a>> {
        Block::new(self.blocks.get(number * self.block_bytes..)?.get(..self.block_bytes)?)
    }

    /// Its blocks, in order.
    #[inline(always)]
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.blocks.chunks_exact(self.block_bytes).filter_map(Block::new)
    }
}

/// Further codes that a segment may have for each of its points.
const MOST_FURTHER: u64 = 2;
/// Pieces begin at multiples of this.
pub(super) const PIECE_ALIGN: usize = 64;

/// Bytes of the piece of a cluster with so many codes, of which so many are of points of other clusters: of its blocks,
/// and of all.
///
/// As u64: in a browser what a foreign segment says would wrap to what a short piece has.
const fn piece_bytes(lanes: u32, others: u32, block_bytes: usize, proof_bytes: u32) -> (u64, u64) {
    let blocks = (lanes as u64).div_ceil(BLOCK as u64) * block_bytes as u64;
    let all = blocks + others as u64 * size_of::<Ordinal>() as u64 + proof_bytes as u64;
    (blocks, all.next_multiple_of(PIECE_ALIGN as u64))
}

/// Whether a cluster that ends here, behind one that ends there, has points, and the bytes that they need.
fn are_ends(from: ClusterEnd, to: ClusterEnd, block_bytes: usize, proof_bytes: u32) -> bool {
    let own = to.points.checked_sub(from.points).filter(|&count| count > 0);
    let others = to.others.checked_sub(from.others);
    let counts = own.zip(others).and_then(|(own, others)| Some((own.checked_add(others)?, others)));
    let bytes = counts.map(|(lanes, others)| piece_bytes(lanes, others, block_bytes, proof_bytes).1);
    bytes.is_some() && bytes == to.bytes.checked_sub(from.bytes).map(u64::from)
}

/// Checks where clusters end.
fn check_ends(ends: &[ClusterEnd], s: &ScanSections<'_>, points: usize) -> Result<()> {
    let last = ends.last().copied().unwrap_or_default();
    let all = (last.points as usize, last.bytes as usize, last.others);
    let before = core::iter::once(ClusterEnd::default()).chain(ends.iter().copied());
    let block_bytes = block_bytes(s.header.dim as usize, s.header.bits);
    let are_good = before.zip(ends).all(|(from, to)| are_ends(from, *to, block_bytes, s.header.proof_bytes));
    if all != (points, s.pieces.len(), s.others()) || !are_good {
        return Err(Error::corrupt(
            "scan: clusters do not cover points and pieces, or one is empty or has other bytes",
        ));
    }
    Ok(())
}

impl<'a> Scan<'a> {
    /// Checks and opens the scan of `points` points. Of pieces that are not all here only the places are checked: a
    /// search takes whatever ordinals they have. Complexity: one pass over ends, order and the ordinals in pieces.
    pub fn new(s: ScanSections<'a>, points: usize, dim: usize) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("scan: {why}")));
        let header = s.header;
        let rotated = rotated_dim(dim);
        let rows = s.groups.map_or(s.cluster_ends.len(), |groups| groups.ends.len());
        let blocks = s.cluster_ends.len().div_ceil(BLOCK) as u64;
        let sizes_fit = header.dim as usize == rotated
            && (s.groups.is_some() || header.clusters as usize == s.cluster_ends.len())
            && BITS.contains(&header.bits)
            && (header.proof_bytes == 0 || header.proof_bytes == PROOF_BYTES)
            && (s.centroid_blocks.len() as u64 == blocks * block_bytes(rotated, 1) as u64
                || (s.centroid_blocks.is_empty() && header.proof_bytes > 0));
        if !sizes_fit || !header.spread.is_finite() || !OVERSAMPLING_16THS.contains(&header.oversampling_16ths) {
            return bad("the header does not fit the sections");
        }
        // What a search keeps grows with the codes of a point.
        if u64::from(s.others()) > MOST_FURTHER * points as u64 || header.clusters as usize > points {
            return bad("more clusters than points, or too many points of others");
        }
        if s.centroids.points != 1 + rows {
            return bad("each cluster has a centroid, or each group, and all have one");
        }
        Codes::new(s.centroids, dim)?;
        let scan = Self::unchecked(s, points);
        match scan.centroids.groups {
            None => check_ends(s.cluster_ends, &s, points)?,
            Some(groups) => {
                let ends = groups.check(header.clusters)?;
                if groups.sections.pieces.is_here() {
                    check_ends(&ends, &s, points)?;
                }
            }
        }
        for cluster in (0..scan.cluster_rows()).filter(|_| s.pieces.is_here()) {
            if scan.run(cluster).others.iter().any(|&other| other as usize >= points) {
                return bad("a cluster has points of others that do not exist");
            }
        }
        if s.order.is_some_and(|order| !names_each_once(order, points)) {
            return bad("the order does not name each point once");
        }
        Ok(scan)
    }

    /// Opens sections of so many points that [`Scan::new`] has accepted before.
    pub fn unchecked(s: ScanSections<'a>, points: usize) -> Self {
        let groups =
            s.groups.map(|sections| Groups { sections, params: s.centroids.params, proof_bytes: s.header.proof_bytes });
        let codes = Codes::unchecked(s.centroids);
        Self {
            header: s.header,
            cluster_ends: s.cluster_ends,
            centroids: Centroids {
                codes,
                groups,
                blocks: s.centroid_blocks,
                metric: s.metric,
                clusters: s.header.clusters,
            },
            pieces: s.pieces,
            order: s.order,
            points: points as u32,
            others: s.others(),
        }
    }

    /// Groups of clusters; none where centroids stand in one level.
    pub const fn groups(&self) -> u32 {
        match self.centroids.groups {
            Some(groups) => groups.sections.ends.len() as u32,
            None => 0,
        }
    }

    /// The number of the piece that this range of the pieces is; none where it is no piece, or one of a cluster that no
    /// group here has.
    pub fn piece(&self, range: &Range<usize>) -> Option<u32> {
        let Some(groups) = self.centroids.groups else {
            let number = self.cluster_ends.partition_point(|end| (end.bytes as usize) < range.end) as u32;
            let end = |number: u32| self.cluster_ends.get(number as usize).map(|end| end.bytes as usize);
            let start = number.checked_sub(1).map_or(Some(0), end);
            return (start == Some(range.start) && end(number) == Some(range.end)).then_some(number);
        };
        groups.number_of_cluster(range)
    }

    /// The number of the group whose piece this range of the groups' pieces is.
    pub fn group_piece(&self, range: &Range<usize>) -> Option<u32> {
        self.centroids.groups.and_then(|groups| groups.number(range))
    }

    /// Where the pieces end, and where those of groups do, of a scan that is all here.
    pub fn piece_ends(&self) -> [Vec<usize>; 2] {
        let groups = self.centroids.groups;
        let of_groups = groups.iter().flat_map(|groups| groups.sections.ends).map(|end| end.bytes as usize);
        let of_clusters = groups.and_then(|groups| groups.check(self.header.clusters).ok());
        let of_clusters = of_clusters.as_deref().unwrap_or(self.cluster_ends).iter().map(|end| end.bytes as usize);
        [of_clusters.collect(), of_groups.collect()]
    }

    /// Has searches read so many groups at least.
    pub(super) fn read_groups(&mut self, read: u32) {
        self.centroids.groups.iter_mut().for_each(|groups| groups.sections.header.read = read);
    }

    /// Numbers that rows of clusters have: those of clusters or, in groups, of their members.
    pub(super) fn cluster_rows(&self) -> u32 {
        self.centroids
            .groups
            .map_or(self.header.clusters, |groups| groups.sections.ends.last().map_or(0, |end| end.members))
    }

    /// Bits a dimension of the points' codes.
    pub const fn bits(&self) -> u32 {
        self.header.bits
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

    /// The number of the cluster that is a point's own, where points stand in the order of clusters.
    #[inline(always)]
    pub(super) fn home(&self, point: Ordinal) -> u32 {
        self.cluster_ends.partition_point(|end| end.points <= point) as u32
    }

    /// Points and blocks of the cluster with this number, or the member; no blocks where its piece is not here.
    pub(super) fn run(&self, row: u32) -> Run<'a> {
        let block_bytes = block_bytes(self.header.dim as usize, self.header.bits);
        let (from, to) = match self.centroids.groups {
            None => {
                let end = |c: u32| self.cluster_ends.get(c as usize).copied().unwrap_or_default();
                (row.checked_sub(1).map_or(ClusterEnd::default(), end), end(row))
            }
            // A group that came alone may say anything of its clusters.
            Some(groups) => groups
                .member(row)
                .map(|member| (member.from, member.to))
                .filter(|(from, to)| are_ends(*from, *to, block_bytes, self.header.proof_bytes))
                .unwrap_or_default(),
        };
        let points = to.points.saturating_sub(from.points);
        let others = to.others.saturating_sub(from.others);
        let piece = self.pieces.get(from.bytes as usize..to.bytes as usize).unwrap_or_default();
        let lanes = points.saturating_add(others);
        let (blocks, _) = piece_bytes(lanes, others, block_bytes, 0);
        let (blocks, rest) = piece.split_at_checked(blocks as usize).unwrap_or_default();
        let others = rest.get(..others as usize * size_of::<Ordinal>()).and_then(|o| bytemuck::try_cast_slice(o).ok());
        Run { first: from.points, points, lanes, others: others.unwrap_or_default(), blocks, block_bytes }
    }

    /// The point of a lane of a cluster.
    #[inline(always)]
    pub(super) fn in_lane(&self, run: &Run<'_>, lane: u32) -> Ordinal {
        match lane.checked_sub(run.points) {
            None => self.ordinal(run.first + lane),
            Some(other) => run.others.get(other as usize).copied().unwrap_or(u32::MAX),
        }
    }

    /// Points.
    pub(super) const fn points(&self) -> u32 {
        self.points
    }

    /// Codes: one for each point, and one more for each other cluster that it stands in.
    pub const fn codes(&self) -> u64 {
        self.points as u64 + self.others as u64
    }

    /// The same codes vector by vector, by ordinal. Of codes of several bits it has nothing.
    pub fn rows(&self) -> OneBitRows<'a> {
        let clusters = if self.header.bits == 1 { self.header.clusters } else { 0 };
        let lanes = (0..clusters).flat_map(|cluster| {
            let run = self.run(cluster);
            let blocks = run.blocks.chunks_exact(run.block_bytes);
            (0..run.points).filter_map(move |place| {
                let block = Block::new(blocks.clone().nth(place as usize / BLOCK)?)?;
                Some((self.ordinal(run.first + place), block, place as usize % BLOCK, cluster + 1))
            })
        });
        OneBitRows::new(self.points() as usize, (self.centroids.codes, self.centroids.metric), lanes)
    }
}
