use alloc::vec::Vec;

use proptest::prelude::*;

use super::builder::{ScanBuilder, ScanParts};
use super::kept::{Estimate, keep_better};
use super::search::ScanQuery;
use super::shape::ScanShape;
use super::view::{Scan, ScanSections};
use crate::bitmap::Bitmap;
use crate::bytes::AlignedBytes;
use crate::cluster::Clusters;
use crate::kernel::dot_f32;
use crate::meter::Meter;
use crate::mix::splitmix64;
use crate::model::{Metric, Tier};
use crate::parts::Stretch;
use crate::probe;
use crate::quant::{CodeSections, OneBitRowQuery, ScalarBuilder, rotate, rotated_dim};

const METRICS: [Metric; 3] = [Metric::Cosine, Metric::Dot, Metric::L2];
/// The last one has its centroids in two levels.
const SHAPES: [ScanShape; 3] =
    [ScanShape::WHOLE, ScanShape::RANGES, ScanShape { grouped_from: Some(1), ..ScanShape::RANGES }];

fn metrics_and_shapes() -> impl Iterator<Item = (Metric, ScanShape)> {
    METRICS.into_iter().flat_map(|metric| SHAPES.into_iter().map(move |shape| (metric, shape)))
}

/// About normal numbers, from a hash.
fn noise(i: usize) -> f32 {
    (0..4).map(|part| (splitmix64((i * 4 + part) as u64) >> 40) as f32 / (1u64 << 24) as f32 - 0.5).sum()
}

/// Points around `centres` centres; around none, without structure.
fn vectors(count: usize, dim: usize, centres: usize, metric: Metric) -> Vec<Vec<f32>> {
    let component = |i: usize, d: usize| {
        let centre = if centres > 0 { noise(10_000_000 + i % centres * dim + d) } else { 0.0 };
        centre + noise(i * dim + d)
    };
    let unit = |v: Vec<f32>| {
        let length = libm::sqrtf(dot_f32(&v, &v));
        v.into_iter().map(|x| x / length).collect()
    };
    let all = (0..count).map(|i| (0..dim).map(|d| component(i, d)).collect());
    if metric == Metric::Cosine { all.map(unit).collect() } else { all.collect() }
}

fn exact(metric: Metric, a: &[f32], b: &[f32]) -> f32 {
    match metric {
        Metric::Cosine | Metric::Dot => dot_f32(a, b),
        Metric::L2 => -a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>(),
    }
}

struct Built {
    parts: Option<ScanParts>,
    aligned: [AlignedBytes; 3],
}

impl Built {
    fn new(vectors: &[Vec<f32>], metric: Metric) -> Self {
        Self::shaped(vectors, metric, ScanShape::WHOLE)
    }

    fn shaped(vectors: &[Vec<f32>], metric: Metric, shape: ScanShape) -> Self {
        let mut codes = ScalarBuilder::new(vectors[0].len(), metric, Tier::U8);
        let mut all = Vec::new();
        vectors.iter().for_each(|v| rotate(v, &mut all));
        all.chunks(rotated_dim(vectors[0].len())).for_each(|v| codes.push(v));
        let codes = codes.view();
        let clusters = Clusters::find(&codes, shape.points_per_cluster, &mut |_| ());
        let vectors = &(all.as_slice(), rotated_dim(vectors[0].len()));
        let probes = &probe::sample(&codes, vectors);
        let parts = ScanBuilder { vectors, codes, metric, shape, clusters: &clusters, probes }.finish().0;
        let aligned = parts.as_ref().map(ScanParts::aligned).unwrap_or_default();
        Self { parts, aligned }
    }

    fn search(&self, vector: &[f32], candidates: usize, points: u64, mask: Option<&Bitmap>) -> (Vec<Estimate>, u32) {
        let mut rotated = Vec::new();
        rotate(vector, &mut rotated);
        let scan = self.scan();
        let found = scan.search(&ScanQuery {
            vector: &rotated,
            code: &scan.centroids.codes.query(&rotated),
            candidates,
            points,
            mask,
            matches: mask.map_or(0, Bitmap::count),
            top_k: 10,
            meter: &Meter::unlimited(),
        });
        (found.best, found.codes)
    }

    /// The points of other clusters, cluster by cluster.
    fn others(&self) -> Vec<Vec<u32>> {
        let Some(mut parts) = self.parts.clone() else { return Vec::new() };
        parts.groups = None;
        let scan = parts.view(&self.aligned);
        (0..scan.clusters()).map(|cluster| scan.run(cluster).others.to_vec()).collect()
    }

    fn scan(&self) -> Scan<'_> {
        self.parts.as_ref().unwrap().view(&self.aligned)
    }
}

fn ordinals(found: &[Estimate]) -> Vec<u32> {
    found.iter().map(|e| e.ordinal()).collect()
}

#[test]
fn a_scan_of_everything_meets_every_point_that_counts_once() {
    for (metric, shape) in metrics_and_shapes() {
        let data = vectors(3001, 20, 12, metric);
        let built = Built::shaped(&data, metric, shape);
        let others = built.others().concat();
        for every in [1u32, 3, 50] {
            let mask = Bitmap::from_fn(3001, |o| o.is_multiple_of(every));
            let (found, scanned) = built.search(&data[5], 5000, u64::MAX, Some(&mask));
            let mut met = ordinals(&found);
            met.sort_unstable();
            assert_eq!(met, mask.iter().collect::<Vec<u32>>(), "{metric:?}, {shape:?}, every {every}");
            assert_eq!(scanned as usize, met.len() + others.iter().filter(|&&o| mask.contains(o)).count());
        }
    }
}

#[test]
fn half_of_the_points_stand_in_one_more_cluster_and_blocks_are_full() {
    for metric in METRICS {
        let data = vectors(8000, 64, 400, metric);
        let built = Built::new(&data, metric);
        let mut all = built.others().concat();
        all.sort_unstable();
        assert!(all.is_sorted_by(|a, b| a < b), "{metric:?}: a point stands in three clusters");
        assert!(all.len() >= 4000 && all.len() < 8000, "{metric:?}: {} points", all.len());
        assert_no_cluster_twice(&built);
        let lanes = (0..built.scan().clusters()).map(|c| built.scan().run(c).blocks().count() * 32).sum::<usize>();
        assert!(lanes - 8000 - all.len() < lanes / 16, "{metric:?}: {lanes} lanes for {} codes", 8000 + all.len());
    }
}

/// No cluster has a point of its own among those of others, nor one of them twice.
fn assert_no_cluster_twice(built: &Built) {
    for (cluster, others) in (0..).zip(built.others()) {
        let run = built.scan().run(cluster);
        let own: Vec<u32> = (0..run.points).map(|lane| built.scan().in_lane(&run, lane)).collect();
        assert!(others.iter().all(|o| !own.contains(o)), "a further cluster is the first");
        assert!(others.is_sorted_by(|a, b| a < b), "a point stands in a cluster twice");
    }
}

#[test]
fn for_readers_of_ranges_all_points_stand_in_two_more_clusters() {
    for metric in METRICS {
        let built = Built::shaped(&vectors(8000, 64, 400, metric), metric, ScanShape::RANGES);
        let mut times = alloc::vec![0; 8000];
        built.others().concat().iter().for_each(|&o| times[o as usize] += 1);
        assert!(times.iter().all(|&times| times == 2), "{metric:?}");
        assert_no_cluster_twice(&built);
    }
}

#[test]
fn points_stand_in_a_second_cluster_where_neighbours_are_met_sooner_so() {
    // Without structure half of the points must be scanned either way, and twice as many codes only take longer.
    for (centres, pays) in [(400, true), (0, false)] {
        let data = vectors(8000, 64, centres, Metric::Cosine);
        let built = Built::new(&data, Metric::Cosine);
        let Some(parts) = &built.parts else {
            assert!(!pays);
            continue;
        };
        assert_eq!(parts.others() > 0, pays, "{centres} centres");
        let (mut with, mut without) = (0, 0);
        for vector in data.iter().step_by(97) {
            let score = |o: u32| exact(Metric::Cosine, vector, &data[o as usize]);
            let mut wanted: Vec<u32> = (0..data.len() as u32).collect();
            wanted.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
            let mut rotated = Vec::new();
            rotate(vector, &mut rotated);
            let [mut sooner, mut later] = built.scan().scanned_before(&rotated, &wanted[1..11]);
            assert_eq!((sooner.len(), later.len()), (10, 10), "a scan of all meets each point");
            sooner.sort_unstable();
            later.sort_unstable();
            (with, without) = (with + sooner[8], without + later[8]);
        }
        assert_eq!(with < without, pays, "{centres} centres: {with} codes, {without} without");
    }
}

#[test]
fn equal_points_stand_in_one_cluster() {
    let data: Vec<Vec<f32>> = (0..2500).map(|_| [0.6, 0.8].to_vec()).collect();
    for shape in SHAPES {
        let parts = Built::shaped(&data, Metric::Cosine, shape).parts;
        assert!(parts.is_none_or(|parts| parts.others() == 0), "{shape:?}");
    }
}

proptest! {
    #[test]
    fn of_two_estimates_of_a_point_the_better_is_left(found in prop::collection::vec((0u32..40, -3i8..3), 0..80)) {
        let estimates: Vec<Estimate> =
            found.iter().map(|&(ordinal, score)| Estimate::new(f32::from(score), ordinal, 9.0)).collect();
        let mut left = estimates.clone();
        keep_better(&mut left);
        let mut wanted = estimates;
        wanted.sort_by(|a, b| a.ordinal().cmp(&b.ordinal()).then(b.cmp(a)));
        wanted.dedup_by_key(|estimate| estimate.ordinal());
        left.sort_by_key(|estimate| estimate.ordinal());
        prop_assert_eq!(left, wanted);
    }
}

#[test]
fn fewer_candidates_are_the_best_of_more() {
    let data = vectors(4000, 70, 20, Metric::Cosine);
    let built = Built::new(&data, Metric::Cosine);
    for query in [3, 77, 1999] {
        let ask = |candidates| {
            let (mut found, _) = built.search(&data[query], candidates, u64::MAX, None);
            found.sort_unstable_by(|a, b| b.cmp(a));
            ordinals(&found)
        };
        let all = ask(4000);
        for candidates in [1, 10, 333] {
            // Two codes of one point take two places, of which there are more than candidates for that.
            let found = ask(candidates);
            assert_eq!(found, all[..found.len()]);
            assert!((candidates.div_ceil(2)..=2 * candidates).contains(&found.len()), "{candidates}: {}", found.len());
        }
    }
}

#[test]
fn true_scores_lie_below_the_bound() {
    for (metric, shape) in metrics_and_shapes() {
        let mut data = vectors(2640, 100, 8, metric);
        let queries = data.split_off(2600);
        let built = Built::shaped(&data, metric, shape);
        let (mut above, mut all) = (0, 0);
        for query in queries {
            let (found, _) = built.search(&query, 3000, u64::MAX, None);
            for estimate in found {
                all += 1;
                above += usize::from(!estimate.may_reach(exact(metric, &query, &data[estimate.ordinal() as usize])));
            }
        }
        // One side of 3 deviations is 0.1 %; vectors with more than the common spread add to it.
        assert!(above * 1000 < all * 8, "{metric:?}, {shape:?}: {above} of {all} above their bound");
    }
}

#[test]
fn calibrated_settings_find_the_neighbours_of_unseen_queries() {
    for (metric, shape) in metrics_and_shapes() {
        // Every 21st vector asks, the others are indexed.
        let (mut data, mut queries) = (Vec::new(), Vec::new());
        for (i, v) in vectors(6300, 128, 40, metric).into_iter().enumerate() {
            if i % 21 == 0 { queries.push(v) } else { data.push(v) }
        }
        let built = Built::shaped(&data, metric, shape);
        let scan = built.scan();
        let mut hit = 0;
        for query in &queries {
            let mut wanted: Vec<u32> = (0..data.len() as u32).collect();
            wanted.sort_by(|&a, &b| {
                exact(metric, query, &data[b as usize]).total_cmp(&exact(metric, query, &data[a as usize]))
            });
            let found = ordinals(&built.search(query, scan.oversampled(96, 1.0), scan.points_for(96), None).0);
            hit += wanted[..10].iter().filter(|o| found.contains(o)).count();
        }
        let recall = hit as f64 / (queries.len() * 10) as f64;
        assert!(recall > 0.93, "{metric:?}, {shape:?}: recall {recall}");
    }
}

#[test]
fn without_structure_a_scan_looks_at_nearly_everything() {
    // Without any structure a scan must look at nearly everything, and says so.
    let data = vectors(3000, 64, 0, Metric::Cosine);
    if let Some(parts) = Built::new(&data, Metric::Cosine).parts {
        assert!(parts.header.points_per_candidate * 96 > 2000, "{:?}", parts.header);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damaged_sections_are_refused_or_searched_without_harm(shape in 0usize..3, section in 0usize..9, at: prop::sample::Index, to in prop_oneof![0u32..300, any::<u32>()]) {
        static BUILT: std::sync::OnceLock<[Built; 3]> = std::sync::OnceLock::new();
        let built = BUILT.get_or_init(|| SHAPES.map(|shape| Built::shaped(&vectors(2100, 16, 9, Metric::L2), Metric::L2, shape)));
        let built = &built[shape];
        let mut parts = built.parts.clone().unwrap();
        let mut header = [parts.header];
        let aligned = parts.aligned();
        let centroids = parts.sections(&aligned).centroids;
        let (mut centroid_codes, mut centroid_factors) = (centroids.codes.whole().unwrap().to_vec(), centroids.factors.to_vec());
        let (params, points, tier) = (centroids.params, centroids.points, centroids.tier);
        let mut order = parts.order.clone().unwrap_or_default();
        let mut nothing = Vec::new();
        let target: &mut [u8] = match section {
            0 => bytemuck::cast_slice_mut(&mut header),
            1 => &mut parts.centroid_blocks,
            2 => bytemuck::cast_slice_mut(&mut parts.cluster_ends),
            3 => bytemuck::cast_slice_mut(&mut centroid_factors),
            4 => &mut centroid_codes,
            5 => &mut parts.pieces,
            6 => parts.groups.as_mut().map_or(&mut nothing, |groups| &mut groups.pieces),
            7 => parts.groups.as_mut().map_or(&mut nothing, |groups| bytemuck::cast_slice_mut(&mut groups.ends)),
            _ => bytemuck::cast_slice_mut(&mut order),
        };
        let at = at.index(target.len().max(1)) & !3;
        if let Some(word) = target.get_mut(at..at + 4) {
            word.copy_from_slice(&to.to_le_bytes());
        }
        let aligned = parts.aligned();
        let sections = ScanSections {
            header: header[0],
            centroids: CodeSections {
                params,
                points,
                codes: (&*centroid_codes).into(),
                records: None,
                factors: &centroid_factors,
                factors_apart: Stretch::default(),
                metric: Metric::L2,
                tier,
            },
            order: Some(&order),
            ..parts.sections(&aligned)
        };
        if let Ok(scan) = Scan::new(sections, 2100, 16) {
            let meter = &Meter::unlimited();
            let code = &scan.centroids.codes.query(&[0.1; 16]);
            let vector = &[0.1; 16];
            let query = ScanQuery { vector, code, candidates: 50, points: 500, mask: None, matches: 0, top_k: 10, meter };
            let mut found = ordinals(&scan.search(&query).best);
            prop_assert!(found.iter().all(|&o| o < 2100));
            found.sort_unstable();
            prop_assert!(found.is_sorted_by(|a, b| a < b), "a point was found twice");
        }
    }
}

#[test]
fn rows_estimate_what_blocks_do() {
    for metric in METRICS {
        let all = vectors(3000, 128, 40, metric);
        let built = Built::new(&all, metric);
        let (rows, mut query) = (built.scan().rows(), OneBitRowQuery::default());
        let ordinals: Vec<u32> = (0..3000).collect();
        // Rows keep 4 bits of the query, blocks 6.
        let (mut off, mut off_in_blocks) = (0.0, 0.0);
        for vector in all.iter().step_by(300) {
            let mut rotated = Vec::new();
            rotate(vector, &mut rotated);
            rows.aim(&rotated, &mut query);
            let scores: Vec<f32> = all.iter().map(|other| exact(metric, vector, other)).collect();
            off += scores.iter().zip(rows.score_rows(&ordinals, &mut query)).map(|(a, b)| (a - b).abs()).sum::<f32>();
            let (found, _) = built.search(vector, 3000, u64::MAX, None);
            off_in_blocks += found.iter().map(|e| (e.score() - scores[e.ordinal() as usize]).abs()).sum::<f32>();
        }
        assert!(off < 1.25 * off_in_blocks, "{metric:?}: off by {off}, blocks by {off_in_blocks}");
        rows.aim(&[0.0; 128], &mut query);
        assert!(rows.score_rows(&[7, 9000], &mut query).iter().all(|score| score.is_finite()));
    }
}
