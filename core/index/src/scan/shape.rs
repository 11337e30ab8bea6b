//! How points are cut into clusters and codes.

use crate::model::Tier;

/// A front with so many centroids is about a megabyte at 256 dimensions, and takes as long to fetch as the round that
/// two levels take more.
const GROUPED_FROM: usize = 8192;

/// How large clusters are, how often a point stands in them, and how long codes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanShape {
    /// Points of a cluster, on average.
    pub points_per_cluster: usize,
    /// Clusters that a point may stand in besides its own.
    pub further: u32,
    /// Points take one of so many of these further places, those that gain most; more where a block has room left.
    pub one_of: usize,
    /// Bits a dimension of a code.
    pub bits: u32,
    /// Whether pieces are fetched alone: then a search pays for clusters, each proves itself, and the front is small;
    /// else it pays for codes.
    pub is_fetched: bool,
    /// Clusters from which on their centroids stand in two levels; none: never.
    pub grouped_from: Option<usize>,
}

impl ScanShape {
    /// How centroids are coded: most of the front are these.
    pub(super) const fn centroids(self) -> Tier {
        if self.is_fetched { Tier::U4 } else { Tier::U8 }
    }

    /// For replicas that are held whole. Clusters are two blocks: twice as many points would leave fewer blocks half
    /// empty and cost as much natively at equal recall, but a sixth more in WebAssembly, where the scan weighs more.
    pub const WHOLE: Self =
        Self { points_per_cluster: 64, further: 1, one_of: 2, bits: 1, is_fetched: false, grouped_from: None };
    /// For replicas that are to be small: points of others only fill the blocks that own points leave half empty, which
    /// costs four bytes each, where a code more for half of the points takes 32 bytes a point at 384 dimensions.
    pub const SMALL: Self = Self { one_of: usize::MAX, ..Self::WHOLE };
    /// For readers that fetch ranges, to whom bytes in storage are cheap and requests are not: with the shape above
    /// they fetch the pieces of 32 clusters instead of 12 for a recall of .90 (BENCHMARKS.md).
    pub const RANGES: Self = Self {
        points_per_cluster: 32,
        further: 2,
        one_of: 1,
        bits: 2,
        is_fetched: true,
        grouped_from: Some(GROUPED_FROM),
    };
}
