use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::bytes::AlignedBytes;
use crate::cluster::Clusters;
use crate::mix::splitmix64;
use crate::model::{Metric, Tier};
use crate::parts::Stretch;
use crate::probe;
use crate::quant::{Codes, RabitqBuilder, ScalarBuilder, Scores, rotate, rotated_dim};
use crate::scan::{ScanBuilder, ScanParts, ScanShape};

const POINTS: usize = 2400;

/// About normal numbers, from a hash.
fn noise(seed: usize, d: usize) -> f32 {
    let unit = |part: usize| (splitmix64(((seed * 1000 + d) * 4 + part) as u64) >> 40) as f32 / (1u64 << 24) as f32;
    (0..4).map(|part| unit(part) - 0.5).sum()
}

/// Rotated vectors around forty centres; of unit length by cosine.
fn rotated(dim: usize, metric: Metric) -> Vec<f32> {
    let mut all = Vec::new();
    for n in 0..POINTS {
        let mut vector: Vec<f32> = (0..dim).map(|d| noise(90_000 + n % 40, d) + 0.6 * noise(n, d)).collect();
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= if metric == Metric::Cosine { length } else { 1.0 });
        rotate(&vector, &mut all);
    }
    all
}

struct Built {
    fine: ScalarBuilder,
    scan: ScanParts,
    parts: ResidualParts,
    aligned: [AlignedBytes; 3],
    vectors: Vec<f32>,
    dim: usize,
    metric: Metric,
}

impl Built {
    fn new(dim: usize, metric: Metric) -> Self {
        let (vectors, rotated_dim) = (rotated(dim, metric), rotated_dim(dim));
        let mut found = ScalarBuilder::new(dim, metric, Tier::U8);
        vectors.chunks(rotated_dim).for_each(|v| found.push(v));
        let mut clusters = Clusters::find(&found.view(), 64, &mut |_| ());
        // Points stand in their order.
        let ordered: Vec<f32> =
            clusters.order.iter().flat_map(|&o| &vectors[o as usize * rotated_dim..][..rotated_dim]).copied().collect();
        clusters.order = (0..POINTS as u32).collect();
        let mut fine = ScalarBuilder::new(dim, metric, Tier::U8);
        ordered.chunks(rotated_dim).for_each(|v| fine.push(v));
        let rows = &(ordered.as_slice(), rotated_dim);
        let probes = &probe::sample(&fine.view(), rows);
        let builder = ScanBuilder {
            vectors: rows,
            codes: fine.view(),
            metric,
            shape: ScanShape::WHOLE,
            clusters: &clusters,
            probes,
        };
        let scan = builder.finish().0.unwrap();
        assert!(scan.takes_residuals(&fine.view()));
        let (parts, aligned) = (scan.residuals(rows), scan.aligned());
        Self { fine, scan, parts, aligned, vectors: ordered, dim, metric }
    }

    fn sections(&self) -> ResidualSections<'_> {
        ResidualSections {
            params: self.parts.params(self.fine.sections().params),
            scan: self.scan.view(&self.aligned),
            codes: (&*self.parts.codes).into(),
            factors: &self.parts.factors,
            factors_apart: bytemuck::cast_slice::<_, u8>(&self.parts.factors).into(),
        }
    }

    fn view(&self) -> Residuals<'_> {
        Residuals::new(self.sections(), self.dim, Tier::U4).unwrap()
    }

    fn vector(&self, row: usize) -> &[f32] {
        let dim = rotated_dim(self.dim);
        &self.vectors[row * dim..(row + 1) * dim]
    }

    fn exact(&self, query: &[f32], row: usize) -> f32 {
        let pairs = || query.iter().zip(self.vector(row));
        match self.metric {
            Metric::L2 => -pairs().map(|(q, x)| (q - x) * (q - x)).sum::<f32>(),
            Metric::Cosine | Metric::Dot => pairs().map(|(q, x)| q * x).sum(),
        }
    }
}

const METRICS: [Metric; 3] = [Metric::Cosine, Metric::Dot, Metric::L2];

#[test]
fn scores_are_those_of_four_bits_that_share_their_signs() {
    for (dim, metric) in [(64, Metric::Cosine), (100, Metric::Dot), (70, Metric::L2), (384, Metric::L2)] {
        let built = Built::new(dim, metric);
        let (view, centroids) = (built.view(), built.scan.centroids.view());
        let query: Vec<f32> = built.vector(77).iter().zip(built.vector(1500)).map(|(a, b)| 0.7 * a + 0.4 * b).collect();
        let (code, planes) = view.query(&query);
        let rows: Vec<u32> = (0..POINTS as u32).rev().step_by(7).collect();
        let mut scores = Scores::default();
        let found = view.score_rows((&code, &planes), &rows, &mut scores).to_vec();
        let mut bits = RabitqBuilder::new(4);
        for (score, &row) in found.iter().zip(&rows) {
            // The definition: the code of the residual from the decoded centroid, with its factors.
            let home = built.scan.cluster_ends.iter().position(|end| row < end.points).unwrap();
            let centroid: Vec<f32> = centroids.decode(home as u32 + 1).collect();
            let (levels, [add, scale]) = bits.code(metric, &centroid, built.vector(row as usize));
            let numbers = levels.iter().map(|&level| 2.0 * f32::from(level) - 15.0);
            let dot: f32 = query.iter().zip(numbers).map(|(q, v)| q * v).sum();
            let base: f32 = query.iter().zip(&centroid).map(|(q, c)| q * c).sum();
            let squared: f32 = query.iter().map(|q| q * q).sum();
            let base = if metric == Metric::L2 { 2.0 * base - squared } else { base };
            let wanted = base + add + scale * dot;
            assert!(
                (score - wanted).abs() < 2e-3 * squared.max(1.0),
                "{metric:?}, {dim}, {row}: {score}, not {wanted}"
            );
        }
    }
}

#[test]
fn they_are_nearer_to_the_truth_than_codes_of_the_vectors_themselves() {
    for metric in METRICS {
        let built = Built::new(128, metric);
        let view = built.view();
        let mut plain = ScalarBuilder::new(128, metric, Tier::U4);
        built.vectors.chunks(128).for_each(|v| plain.push(v));
        let plain = plain.view();
        let (mut scores, rows): (Scores, Vec<u32>) = (Scores::default(), (0..POINTS as u32).collect());
        let (mut off, mut off_plain) = (0.0, 0.0);
        for of in (0..POINTS).step_by(97) {
            let query = built.vector(of);
            let (code, planes) = view.query(query);
            let error =
                |found: &[f32]| (0..POINTS).map(|row| (found[row] - built.exact(query, row)).abs()).sum::<f32>();
            off += error(view.score_rows((&code, &planes), &rows, &mut scores));
            off_plain += error(plain.score_rows(&plain.query(query), &rows, &mut scores));
        }
        assert!(off < 0.85 * off_plain, "{metric:?}: {off} beside {off_plain}");
    }
}

#[test]
fn decoded_vectors_are_nearly_those_that_were_encoded() {
    for metric in METRICS {
        let built = Built::new(100, metric);
        for row in (0..POINTS).step_by(31) {
            let decoded = built.view().decode(row as u32);
            assert_eq!(decoded.len(), 128);
            let away: f32 = decoded.iter().zip(built.vector(row)).map(|(a, b)| (a - b) * (a - b)).sum();
            let length: f32 = built.vector(row).iter().map(|x| x * x).sum();
            assert!(away < 0.02 * length, "{metric:?}, {row}: {away} of {length}");
        }
    }
}

#[test]
fn what_is_not_there_scores_something_and_reads_nothing() {
    let mut built = Built::new(64, Metric::Dot);
    built.parts.set_absent(5);
    let view = built.view();
    assert!(view.is_absent(5) && !view.is_absent(4));
    let (code, planes) = view.query(built.vector(3));
    let mut scores = Scores::default();
    let found = view.score_rows((&code, &planes), &[5, POINTS as u32, u32::MAX], &mut scores);
    assert!(found.iter().all(|score| score.is_finite()) && found.len() == 3);
    assert!(view.decode(u32::MAX).is_empty());
}

#[test]
fn sections_that_do_not_fit_are_refused() {
    let built = Built::new(64, Metric::Dot);
    let sound = built.sections();
    let refused = |sections| assert!(Residuals::new(sections, 64, Tier::U4).is_err());
    assert!(Residuals::new(sound, 64, Tier::U8).is_err() && Residuals::new(sound, 65, Tier::U4).is_err());
    refused(ResidualSections { params: sound.params.with_bits(4), ..sound });
    refused(ResidualSections { codes: built.parts.codes[1..].into(), ..sound });
    refused(ResidualSections { factors: &built.parts.factors[2..], ..sound });
    refused(ResidualSections { factors_apart: Stretch::default(), ..sound });
    let mut factors = built.parts.factors.clone();
    factors[7] = f32::NAN;
    refused(ResidualSections { factors: &factors, ..sound });
}

#[test]
fn equal_points_in_clusters_that_were_cut_keep_other_codes() {
    let mut vectors = rotated(64, Metric::Dot);
    for n in 0..900 {
        let first = vectors[..64].to_vec();
        vectors[n * 64..(n + 1) * 64].copy_from_slice(&first);
    }
    let mut codes = ScalarBuilder::new(64, Metric::Dot, Tier::U8);
    vectors.chunks(64).for_each(|v| codes.push(v));
    let clusters = Clusters::find(&codes.view(), 64, &mut |_| ());
    let ordered: Vec<f32> = clusters.order.iter().flat_map(|&o| &vectors[o as usize * 64..][..64]).copied().collect();
    let mut codes = ScalarBuilder::new(64, Metric::Dot, Tier::U8);
    ordered.chunks(64).for_each(|v| codes.push(v));
    let codes: Codes<'_> = codes.view();
    let clusters = Clusters { order: (0..POINTS as u32).collect(), ..clusters };
    let rows = &(ordered.as_slice(), 64);
    let probes = &probe::sample(&codes, rows);
    let builder =
        ScanBuilder { vectors: rows, codes, metric: Metric::Dot, shape: ScanShape::WHOLE, clusters: &clusters, probes };
    assert!(!builder.finish().0.unwrap().takes_residuals(&codes));
}

proptest! {
    #[test]
    fn numbers_stand_bit_by_bit(levels in prop::collection::vec(0u8..16, 64..=64)) {
        let plane = |bit: usize| levels.chunks(8).map(move |eight| (0..).zip(eight).fold(0, |byte, (at, l)| byte | (l >> bit & 1) << at));
        let planes: Vec<u8> = [3, 2, 1, 0].into_iter().flat_map(plane).collect();
        let wanted: Vec<f32> = levels.iter().map(|&level| 2.0 * f32::from(level) - 15.0).collect();
        prop_assert_eq!(crate::quant::numbers_in_planes(&planes).collect::<Vec<f32>>(), wanted);
    }
}
