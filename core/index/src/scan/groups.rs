//! Centroids in two levels, where there are too many of them for the front of a segment that readers fetch in parts.
//!
//! ```text
//! front          centroids of groups, each of about 32 clusters
//! group piece    codes · factors · members: a centroid and a place for each cluster of the group · zeros · proof
//! ```
//!
//! A search ranks the groups, reads the nearest ones, and ranks the clusters that these have. Each cluster is a member
//! of a second group as well, chosen as points choose further clusters (see `spill`), so that one at a group's border
//! is not missed. What is known of a cluster stands with its centroid, so that nothing else tells where its piece is.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use bytemuck::{Pod, Zeroable};

use super::view::{ClusterEnd, PIECE_ALIGN};
use crate::error::{Error, Result};
use crate::model::{Metric, Tier};
use crate::parts::Stretch;
use crate::quant::{CodeSections, Codes, ScalarParameters};

/// Members of a group, at most.
const MOST_MEMBERS: u32 = 4096;
/// Factors of a centroid's code.
const FACTORS: usize = 2;

/// Where a group ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct GroupEnd {
    /// Members up to and with those of this group.
    pub members: u32,
    /// Bytes of the pieces up to and with that of this group.
    pub bytes: u32,
}

/// A cluster in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Member {
    pub(super) cluster: u32,
    /// Where the cluster before it ends.
    pub(super) from: ClusterEnd,
    /// Where it ends.
    pub(super) to: ClusterEnd,
}

const _: () = assert!(size_of::<GroupEnd>() == 8 && size_of::<Member>() == 28);

/// What stands before the ends of the groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct GroupHeader {
    /// Groups that a search reads, at least.
    pub read: u32,
    /// Codes of points of other clusters than their own.
    pub others: u32,
}

/// The sections of the groups.
#[derive(Debug, Clone, Copy)]
pub struct GroupSections<'a> {
    pub header: GroupHeader,
    pub ends: &'a [GroupEnd],
    pub pieces: Stretch<'a>,
}

/// A view of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Groups<'a> {
    pub(super) sections: GroupSections<'a>,
    /// Of the centroids, whether they are of groups or of clusters.
    pub(super) params: ScalarParameters,
    pub(super) proof_bytes: u32,
}

/// The centroids and places of a group's clusters.
pub(super) struct Group<'a> {
    pub(super) codes: Codes<'a>,
    pub(super) members: &'a [Member],
    /// Members of the groups before.
    pub(super) first: u32,
}

impl<'a> Groups<'a> {
    /// Where a group begins, and where it ends.
    fn ends(&self, group: u32) -> (GroupEnd, GroupEnd) {
        let end = |group: u32| self.sections.ends.get(group as usize).copied().unwrap_or_default();
        (group.checked_sub(1).map_or(GroupEnd::default(), end), end(group))
    }

    /// How many members a group has.
    pub(super) fn members(&self, group: u32) -> u32 {
        let (from, to) = self.ends(group);
        to.members.saturating_sub(from.members)
    }

    /// A group; none where its piece is not here, which is noted.
    pub(super) fn get(&self, group: u32) -> Option<Group<'a>> {
        let (from, to) = self.ends(group);
        let piece = self.sections.pieces.get(from.bytes as usize..to.bytes as usize)?;
        self.read(group, piece)
    }

    fn read(&self, group: u32, piece: &'a [u8]) -> Option<Group<'a>> {
        let points = self.members(group) as usize;
        let (codes, rest) = piece.split_at_checked(points * code_bytes(self.params.dim()))?;
        let (factors, rest) = rest.split_at_checked(points * FACTORS * size_of::<f32>())?;
        let members = rest.get(..points * size_of::<Member>())?;
        let codes = Codes::unchecked(CodeSections {
            params: self.params,
            points,
            codes: codes.into(),
            records: None,
            factors: bytemuck::try_cast_slice(factors).ok()?,
            factors_apart: Stretch::default(),
            metric: Metric::L2,
            tier: Tier::U4,
        });
        let first = self.ends(group).0.members;
        Some(Group { codes, members: bytemuck::try_cast_slice(members).ok()?, first })
    }

    /// The number of the group whose piece this range is.
    pub(super) fn number(&self, range: &Range<usize>) -> Option<u32> {
        let number = self.sections.ends.partition_point(|end| (end.bytes as usize) < range.end) as u32;
        let (from, to) = self.ends(number);
        ((from.bytes as usize..to.bytes as usize) == *range && !range.is_empty()).then_some(number)
    }

    /// The number of the cluster whose piece this range is, as far as groups that are here say.
    pub(super) fn number_of_cluster(&self, range: &Range<usize>) -> Option<u32> {
        let is_it = |member: &&Member| (member.from.bytes as usize..member.to.bytes as usize) == *range;
        (0..self.sections.ends.len() as u32).find_map(|group| {
            let (from, to) = self.ends(group);
            let piece = self.sections.pieces.peek(from.bytes as usize..to.bytes as usize)?;
            let group = self.read(group, piece)?;
            group.members.iter().find(is_it).map(|member| member.cluster)
        })
    }

    /// The group that a member is in, by the number that it has among all, and its place there.
    pub(super) fn of(&self, member: u32) -> Option<(Group<'a>, usize)> {
        let group = self.sections.ends.partition_point(|end| end.members <= member) as u32;
        let found = self.get(group)?;
        let place = member.checked_sub(found.first)? as usize;
        Some((found, place))
    }

    /// A member by the number that it has among all.
    pub(super) fn member(&self, number: u32) -> Option<Member> {
        let (group, place) = self.of(number)?;
        group.members.get(place).copied()
    }

    /// Checks what does not depend on pieces; of pieces that are all here, that they have each of so many clusters, and
    /// say the same of it wherever it is. Returns where clusters end, by what they say; nothing where not all are here.
    pub(super) fn check(&self, clusters: u32) -> Result<Vec<ClusterEnd>> {
        let bad = |why: &str| Err(Error::corrupt(format!("scan: {why}")));
        let mut before = GroupEnd::default();
        for end in self.sections.ends {
            let members = end.members.checked_sub(before.members).filter(|m| (1..=MOST_MEMBERS).contains(m));
            let bytes = members.map(|members| group_bytes(members, self.params.dim(), self.proof_bytes));
            if bytes.is_none() || bytes != end.bytes.checked_sub(before.bytes).map(u64::from) {
                return bad("a group is empty, or has not the bytes that its members need");
            }
            before = *end;
        }
        if before.bytes as usize != self.sections.pieces.len() || before.members < clusters {
            return bad("groups do not cover their pieces, or have not all clusters");
        }
        if !self.sections.pieces.is_here() {
            return Ok(Vec::new());
        }
        let mut places: Vec<Option<Member>> = alloc::vec![None; clusters as usize];
        for group in (0..self.sections.ends.len() as u32).filter_map(|group| self.get(group)) {
            for member in group.members {
                match places.get_mut(member.cluster as usize) {
                    Some(place) if place.is_none_or(|known| known == *member) => *place = Some(*member),
                    _ => return bad("groups do not agree on a cluster, or name one that does not exist"),
                }
            }
        }
        let mut ends: Vec<ClusterEnd> = Vec::with_capacity(places.len());
        for place in places {
            let Some(Member { from, to, .. }) = place else { return bad("a cluster is in no group") };
            if from != ends.last().copied().unwrap_or_default() {
                return bad("clusters do not follow one another");
            }
            ends.push(to);
        }
        Ok(ends)
    }
}

/// Bytes of a centroid's code: four bits for each of so many components.
fn code_bytes(dim: u32) -> usize {
    dim as usize / 2
}

/// Bytes of the piece of a group.
pub(super) fn group_bytes(members: u32, dim: u32, proof_bytes: u32) -> u64 {
    let each = code_bytes(dim) + FACTORS * size_of::<f32>() + size_of::<Member>();
    (u64::from(members) * each as u64 + u64::from(proof_bytes)).next_multiple_of(PIECE_ALIGN as u64)
}
