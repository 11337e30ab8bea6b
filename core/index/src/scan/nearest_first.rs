//! The clusters of a scan one after the other, nearest first, ranked as far as they are wanted.

use alloc::collections::BinaryHeap;

use super::kept::row_of;
use super::search::ScanQuery;
use super::view::Scan;
use crate::bitmap::Bitmap;
use crate::quant::RabitqQuery;

/// Clusters, nearest first.
pub(super) struct NearestFirst<'a> {
    scan: &'a Scan<'a>,
    query: &'a ScanQuery<'a>,
    bits: &'a RabitqQuery,
    ranked: BinaryHeap<u64>,
    /// Under a mask, until all clusters are ranked: how many more of those that are ranked come before all others, and
    /// which were given.
    given: Option<(u64, Bitmap)>,
}

impl<'a> NearestFirst<'a> {
    /// As many are ranked as are expected to hold so many points that count; most of a cluster may be hidden, so the
    /// others stay in play.
    pub(super) fn new(scan: &'a Scan<'a>, query: &'a ScanQuery<'a>, bits: &'a RabitqQuery) -> Self {
        let (points, clusters) = (u64::from(scan.points()), u64::from(scan.clusters()));
        let mut wanted = query.points.saturating_mul(clusters) / scan.codes().max(1);
        if query.mask.is_some() {
            wanted = wanted.saturating_mul(1 + points / u64::from(query.matches).max(1));
        }
        // Without centroids that are not here it is not known which clusters are the nearest.
        let ranked = scan.centroids.ranked(query.code, bits, wanted);
        let are_all = query.mask.is_none() || ranked.as_ref().is_none_or(|ranked| ranked.len() as u64 >= clusters);
        let given = (!are_all).then(|| (wanted, Bitmap::none(scan.cluster_rows() + 1)));
        let ranked = ranked.unwrap_or_default();
        Self { scan, query, bits, ranked, given }
    }

    pub(super) fn next(&mut self) -> Option<u64> {
        if let Some((left, given)) = &mut self.given {
            if let Some(key) = self.ranked.pop().filter(|_| *left > 0) {
                *left -= 1;
                given.insert(row_of(key));
                return Some(key);
            }
            let all = self.scan.centroids.ranked(self.query.code, self.bits, u64::from(self.scan.clusters()));
            self.ranked = all.unwrap_or_default().into_iter().filter(|&key| !given.contains(row_of(key))).collect();
            self.given = None;
        }
        self.ranked.pop()
    }
}
