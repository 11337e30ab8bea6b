//! Clusters: points that lie near each other stand next to each other.
//!
//! ```text
//! u8 codes ── Clusters::find ──> order of the points, clusters of about the wanted size, centroids
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
//! of several groups. Clusters follow a chain from nearest to nearest, so that what a query wants lies in few runs.
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

/// A cluster larger than this many times the average is cut: no single one may dominate a scan.
const MOST_OF_AVERAGE: usize = 8;
/// Clusters that follow one chain at most; more stay group by group.
const CHAINED: usize = 1 << 16;
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
    /// Of so many points all in all, and so many that have a vector.
    fn new((points, present): (usize, usize), groups: usize, progress: &'a mut dyn FnMut(u64)) -> Self {
        let passes = 1 + LEAF_ROUNDS + REASSIGNMENTS * (1 + GROUPS_PER_POINT.min(groups));
        Self { points: points as u64, total: (present * passes) as u64, done: 0, progress }
    }

    fn add(&mut self, compared: usize) {
        self.done += compared as u64;
        (self.progress)(self.points * self.done / self.total.max(1));
    }
}

/// Clusters of points.
#[derive(Debug, Clone, Default, PartialEq)]
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

    /// Clusters all points of `codes`. Points that have no vector stand in clusters of their own, behind all others:
    /// among them they would draw centroids to where nothing is. `progress` counts points, of as many as there are.
    /// Complexity: O(n √n) comparisons of codes, and O(k²) of the centroids of k clusters, up to 65,536.
    pub fn find(codes: &Codes<'_>, points_per_cluster: usize, progress: &mut dyn FnMut(u64)) -> Self {
        let all = 0..codes.len() as Ordinal;
        let (absent, present): (Vec<Ordinal>, Vec<Ordinal>) = all.partition(|&point| codes.is_absent(point));
        let most = points_per_cluster * MOST_OF_AVERAGE;
        let mut found = Self::find_among(codes, &present, (points_per_cluster, most), progress);
        absent.chunks(most).for_each(|cluster| found.push(codes, cluster));
        found
    }

    fn find_among(
        codes: &Codes<'_>,
        points: &[Ordinal],
        (points_per_cluster, most): (usize, usize),
        progress: &mut dyn FnMut(u64),
    ) -> Self {
        if points.is_empty() {
            return Self::default();
        }
        let wanted = points.len().div_ceil(points_per_cluster);
        let groups = kmeans::run(codes, points, libm::ceil(libm::sqrt(wanted as f64)) as usize);
        let mut work = Work::new((codes.len(), points.len()), groups.members.len(), progress);
        work.add(points.len());
        let mut leaves: Vec<kmeans::Partition> = Vec::new();
        for members in &groups.members {
            leaves.push(kmeans::run(codes, members, members.len().div_ceil(points_per_cluster)));
            work.add(members.len() * LEAF_ROUNDS);
        }
        for _ in 0..REASSIGNMENTS {
            kmeans::reassign(codes, points, &groups, &mut leaves, &mut |points| work.add(points));
        }
        let clusters = chained(leaves, codes.dim());
        let mut found = Self { order: Vec::with_capacity(codes.len()), ..Self::default() };
        clusters.members.iter().flat_map(|m| m.chunks(most)).for_each(|cluster| found.push(codes, cluster));
        found
    }

    fn push(&mut self, codes: &Codes<'_>, cluster: &[Ordinal]) {
        self.order.extend_from_slice(cluster);
        self.ends.push(self.order.len() as u32);
        kmeans::append_mean(codes, cluster, &mut self.centroids);
    }
}

/// The clusters of all groups in one chain: through the groups, one after the other, it would come back to a group's
/// border for each of its neighbours.
fn chained(leaves: Vec<kmeans::Partition>, dim: usize) -> kmeans::Partition {
    let mut all = kmeans::Partition::default();
    for leaf in leaves {
        all.members.extend(leaf.members);
        all.centroids.extend(leaf.centroids);
    }
    // So many are chained in a minute.
    if all.members.len() > CHAINED {
        return all;
    }
    all.reordered(&chain::order(&all.centroids, dim))
}
