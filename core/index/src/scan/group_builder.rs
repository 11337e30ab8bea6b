//! Puts the clusters into groups.

use alloc::vec::Vec;

use super::centroids::Centroids;
use super::groups::{GroupEnd, GroupHeader, Member, group_bytes};
use super::shape::ScanShape;
use super::spill;
use super::view::{ClusterEnd, PROOF_BYTES};
use crate::cluster::Clusters;
use crate::model::{Metric, Tier};
use crate::quant::ScalarBuilder;

/// Clusters of a group, on average. With 64 a search for as good an answer reads a third more bytes (BENCHMARKS.md).
const CLUSTERS_PER_GROUP: usize = 32;

/// The sections of the groups.
#[derive(Debug, Clone)]
pub struct GroupParts {
    pub header: GroupHeader,
    /// Of all points, then of the groups.
    pub centroids: ScalarBuilder,
    pub ends: Vec<GroupEnd>,
    pub pieces: Vec<u8>,
}

/// Groups of clusters with these centroids, of `dim` components each, and their codes, behind the one of all points.
/// Complexity: that of `Clusters::find` over the centroids.
pub(super) fn group(
    centroids: &[f32],
    coded: &ScalarBuilder,
    cluster_ends: &[ClusterEnd],
    middle: &[f32],
) -> GroupParts {
    let dim = middle.len();
    // Eight bits find better groups.
    let mut fine = ScalarBuilder::new(dim, Metric::L2, Tier::U8);
    centroids.chunks(dim).for_each(|centroid| fine.push(centroid));
    let groups = Clusters::find(&fine.view(), CLUSTERS_PER_GROUP, &mut |_| ());
    let mut of_groups = ScalarBuilder::new(dim, Metric::L2, Tier::U4);
    of_groups.push(middle);
    groups.centroids.chunks(dim).for_each(|centroid| of_groups.push(centroid));
    let ranked = Centroids {
        codes: of_groups.view(),
        groups: None,
        blocks: &[],
        metric: Metric::L2,
        clusters: groups.ends.len() as u32,
    };
    let shape = ScanShape { further: 1, one_of: 1, ..ScanShape::RANGES };
    let further = spill::choose(&groups, &(centroids, dim), &ranked, &shape);
    let sections = coded.sections();
    let codes = sections.codes.whole().unwrap_or_default();
    let (mut ends, mut pieces, mut end) = (Vec::new(), Vec::new(), GroupEnd::default());
    for (index, further) in further.iter().enumerate() {
        let members = || groups.members(index).iter().chain(further).map(|&cluster| cluster as usize);
        // Behind the centroid of all points.
        for cluster in members() {
            pieces.extend_from_slice(codes.chunks(dim / 2).nth(cluster + 1).unwrap_or_default());
        }
        for cluster in members() {
            let factors = sections.factors.chunks(2).nth(cluster + 1).unwrap_or_default();
            pieces.extend_from_slice(bytemuck::cast_slice(factors));
        }
        for cluster in members() {
            let end = |cluster: usize| cluster_ends.get(cluster).copied().unwrap_or_default();
            let from = cluster.checked_sub(1).map_or(ClusterEnd::default(), end);
            pieces.extend_from_slice(bytemuck::bytes_of(&Member { cluster: cluster as u32, from, to: end(cluster) }));
        }
        let count = members().count() as u32;
        end.members += count;
        end.bytes += group_bytes(count, dim as u32, PROOF_BYTES) as u32;
        pieces.resize(end.bytes as usize, 0);
        ends.push(end);
    }
    let header = GroupHeader { read: u32::MAX, others: cluster_ends.last().map_or(0, |end| end.others) };
    GroupParts { header, centroids: of_groups, ends, pieces }
}
