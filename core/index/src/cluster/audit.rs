use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::mix::splitmix64;
use crate::model::{Metric, Tier};
use crate::quant::{ScalarBuilder, rotate, rotated_dim};

const POINTS_PER_CLUSTER: usize = 64;

/// Every point once, ends ascending, no empty cluster, none past the limit, a centroid each.
pub(crate) fn check(clusters: &Clusters, points: usize, dim: usize) {
    let mut seen = clusters.order.clone();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..points as u32), "each point stands in one cluster");
    assert!(clusters.ends.is_sorted_by(|a, b| a < b));
    assert_eq!(clusters.ends.last().copied().unwrap_or(0) as usize, points);
    assert_eq!(clusters.centroids.len(), clusters.ends.len() * dim);
    let starts = core::iter::once(0).chain(clusters.ends.iter().copied());
    assert!(starts.zip(&clusters.ends).all(|(from, &to)| (to - from) as usize <= POINTS_PER_CLUSTER * MOST_OF_AVERAGE));
}

/// Points around 16 centres; with `equal`, all the same.
fn vectors(count: usize, dim: usize, seed: u64, equal: bool) -> Vec<f32> {
    let unit = |i: usize| (splitmix64(seed ^ i as u64) >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
    let component = |i: usize, d: usize| unit(1_000_000 + i % 16 * dim + d) + 0.2 * unit(i * dim + d);
    (0..count).flat_map(|i| (0..dim).map(move |d| if equal { 0.5 } else { component(i, d) })).collect()
}

fn clusters(data: &[f32], dim: usize) -> Clusters {
    let mut codes = ScalarBuilder::new(dim, Metric::L2, Tier::U8);
    for vector in data.chunks(dim) {
        let mut rotated = Vec::new();
        rotate(vector, &mut rotated);
        codes.push(&rotated);
    }
    let mut told = alloc::vec![0];
    let found = Clusters::find(&codes.view(), POINTS_PER_CLUSTER, &mut |done| told.push(done));
    assert!(told.is_sorted());
    assert_eq!(told.last().copied(), Some(codes.view().len() as u64), "what is told ends with all points");
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn clusters_hold_every_point_once(count in 1usize..1500, dim in 1usize..40, seed: u64, equal: bool) {
        let found = clusters(&vectors(count, dim, seed, equal), dim);
        check(&found, count, rotated_dim(dim));
    }
}

#[test]
fn near_points_stand_together() {
    let dim = 24;
    let data = vectors(4000, dim, 3, false);
    let found = clusters(&data, dim);
    check(&found, 4000, rotated_dim(dim));
    // Sixteen centres: consecutive points nearly always belong to the same one.
    let changes = found.order.windows(2).filter(|w| w[0] % 16 != w[1] % 16).count();
    assert!(changes < 16 * 6, "{changes} changes of centre");
}

#[test]
fn no_points_make_no_clusters() {
    let found = clusters(&[], 4);
    assert_eq!((found.order.len(), found.ends.len()), (0, 0));
}
