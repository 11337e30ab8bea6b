//! Clusters: points that lie near each other stand next to each other.
//!
//! ```text
//! u8 codes ── Clusters::find ──> order of the points, clusters of about 64, centroids
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `kmeans` | Lloyd's k-means over u8 codes |
//! | `chain` | orders centroids so that neighbours in the order are near |
//! | `audit` | what a test asks of clusters |
//!
//! K-means in two levels, about √clusters groups and then clusters inside each group, because one level with as many
//! clusters would compare every point with every centroid in every round. Afterwards points choose among the clusters
//! of several groups. Groups and clusters follow a chain from nearest to nearest, so that what a query wants lies in
//! few runs.
//!
//! Everything is computed from the codes in a fixed order: the same points give the
//! same clusters on every target and with every number of threads.

#[cfg(test)]
mod audit;
mod chain;
mod kmeans;

use alloc::vec::Vec;

use crate::ids::Ordinal;
use crate::quant::Codes;

/// Points of a cluster, on average: two blocks of 1-bit codes. Twice as many would leave fewer blocks half empty and
/// cost as much natively at equal recall, but a sixth more in WebAssembly, where the scan weighs more.
const POINTS_PER_CLUSTER: usize = 64;
/// A cluster larger than this many times the average is cut: no single one may dominate a scan.
const MOST_OF_AVERAGE: usize = 8;
/// Rounds in which points choose among clusters of several groups.
const REASSIGNMENTS: usize = 1;
/// Groups whose clusters compete for a point.
const GROUPS_PER_POINT: usize = 12;

/// Comparisons of a point with the centroids of its group while these are found: every round's, and the last one.
const LEAF_ROUNDS: usize = kmeans::ROUNDS + 1;

/// How much is done, told in points: what counts is how many points are compared with the centroids of one group, and
/// that for all passes together.
struct Work<'a> {
    points: u64,
    total: u64,
    done: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl<'a> Work<'a> {
    fn new(points: usize, groups: usize, progress: &'a mut dyn FnMut(u64)) -> Self {
        let passes = 1 + LEAF_ROUNDS + REASSIGNMENTS * (1 + GROUPS_PER_POINT.min(groups));
        Self { points: points as u64, total: (points * passes) as u64, done: 0, progress }
    }

    fn add(&mut self, compared: usize) {
        self.done += compared as u64;
        (self.progress)(self.points * self.done / self.total.max(1));
    }
}

/// Clusters of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// The points, cluster by cluster; ascending inside each.
    pub order: Vec<Ordinal>,
    /// Where each cluster ends in `order`.
    pub ends: Vec<u32>,
    /// The centroids, `dim` components each.
    pub centroids: Vec<f32>,
}

impl Clusters {
    /// The points of a cluster.
    pub fn members(&self, cluster: usize) -> &[Ordinal] {
        let end = |c: usize| self.ends.get(c).map_or(0, |&end| end as usize);
        self.order.get(cluster.checked_sub(1).map_or(0, end)..end(cluster)).unwrap_or_default()
    }

    /// Clusters all points of `codes`. `progress` counts points, of as many as there are. Complexity: O(n √n)
    /// comparisons of codes.
    pub fn find(codes: &Codes<'_>, progress: &mut dyn FnMut(u64)) -> Self {
        let all: Vec<Ordinal> = (0..codes.len() as u32).collect();
        let wanted = codes.len().div_ceil(POINTS_PER_CLUSTER);
        let groups = kmeans::run(codes, &all, libm::ceil(libm::sqrt(wanted as f64)) as usize);
        let groups = groups.reordered(&chain::order(&groups.centroids, codes.dim(), None));
        let mut work = Work::new(codes.len(), groups.members.len(), progress);
        work.add(codes.len());
        let mut leaves: Vec<kmeans::Partition> = Vec::new();
        let mut last: Option<Vec<f32>> = None;
        for members in &groups.members {
            let found = kmeans::run(codes, members, members.len().div_ceil(POINTS_PER_CLUSTER));
            let leaf = found.reordered(&chain::order(&found.centroids, codes.dim(), last.as_deref()));
            last = leaf.centroids.rchunks(codes.dim()).next().map(Into::into);
            leaves.push(leaf);
            work.add(members.len() * LEAF_ROUNDS);
        }
        for _ in 0..REASSIGNMENTS {
            kmeans::reassign(codes, &groups, &mut leaves, GROUPS_PER_POINT, &mut |points| work.add(points));
        }
        Self::assemble(codes, leaves)
    }

    fn assemble(codes: &Codes<'_>, leaves: Vec<kmeans::Partition>) -> Self {
        let mut all = Self { order: Vec::with_capacity(codes.len()), ends: Vec::new(), centroids: Vec::new() };
        for leaf in leaves {
            for cluster in leaf.members.iter().flat_map(|m| m.chunks(POINTS_PER_CLUSTER * MOST_OF_AVERAGE)) {
                all.order.extend_from_slice(cluster);
                all.ends.push(all.order.len() as u32);
                kmeans::append_mean(codes, cluster, &mut all.centroids);
            }
        }
        all
    }
}
