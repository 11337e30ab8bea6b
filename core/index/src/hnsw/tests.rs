use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::cluster::Clusters;
use crate::error::Result;
use crate::mix::splitmix64;
use crate::model::{GraphOptions, Metric, Tier};
use crate::probe::{self, Probe};
use crate::quant::{CodeQuery, Codes, ScalarBuilder, rotate};
use crate::scan::{ScanBuilder, ScanShape};

const DIM: usize = 24;

/// Clustered, deterministic vectors: `hash` stands in for a random source.
fn vectors(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let centres: Vec<f32> = (0..16 * DIM).map(|_| next()).collect();
    (0..count)
        .flat_map(|i| (0..DIM).map(|d| centres[(i % 16) * DIM + d] + 0.7 * next()).collect::<Vec<f32>>())
        .collect()
}

fn encoded(vectors: &[f32], metric: Metric) -> ScalarBuilder {
    let mut codes = ScalarBuilder::new(DIM, metric, Tier::U8);
    for vector in vectors.chunks(DIM) {
        codes.push(&rotated(vector));
    }
    codes
}

fn rotated(vector: &[f32]) -> Vec<f32> {
    let mut rotated = Vec::new();
    rotate(vector, &mut rotated);
    rotated
}

/// Vectors around 40 centres in so many dimensions that 1-bit codes suit them, and what a builder has beside their
/// codes.
struct Wide {
    vectors: Vec<f32>,
    codes: ScalarBuilder,
    clusters: Clusters,
}

impl Wide {
    const DIM: usize = 128;

    fn new(count: usize, metric: Metric, tier: Tier) -> Self {
        let noise =
            |i: usize| (0..4).map(|part| splitmix64((i * 4 + part) as u64) as f32 / u64::MAX as f32 - 0.5).sum();
        let component = |i: usize, d: usize| -> f32 {
            let (centre, own): (f32, f32) = (noise(9_000_000 + i % 40 * Self::DIM + d), noise(i * Self::DIM + d));
            centre + own
        };
        let encode = |vectors: &[f32], tier| {
            let mut codes = ScalarBuilder::new(Self::DIM, metric, tier);
            vectors.chunks(Self::DIM).for_each(|vector| codes.push(vector));
            codes
        };
        let mut vectors = Vec::new();
        for i in 0..count {
            let vector: Vec<f32> = (0..Self::DIM).map(|d| component(i, d)).collect();
            let length = libm::sqrtf(vector.iter().map(|x| x * x).sum());
            rotate(&vector.into_iter().map(|x| x / length).collect::<Vec<f32>>(), &mut vectors);
        }
        let clusters =
            Clusters::find(&encode(&vectors, Tier::U8).view(), ScanShape::WHOLE.points_per_cluster, &mut |_| ());
        Self { codes: encode(&vectors, tier), vectors, clusters }
    }

    fn probes(&self) -> Vec<Probe> {
        probe::sample(&self.codes.view(), &(self.vectors.as_slice(), Self::DIM))
    }

    fn steered(&self, metric: Metric) -> GraphParts {
        let (codes, probes) = (self.codes.view(), self.probes());
        let builder = ScanBuilder {
            shape: ScanShape::WHOLE,
            vectors: &(self.vectors.as_slice(), Self::DIM),
            codes,
            metric,
            clusters: &self.clusters,
            probes: &probes,
        };
        let scan = builder.finish().0.unwrap();
        let aligned = scan.aligned();
        let rows = scan.view(&aligned).rows();
        GraphBuilder::new(codes, GraphOptions::default(), 7).unwrap().steered_by(&rows).finish(&mut |_| ())
    }
}

fn build(codes: Codes<'_>) -> GraphParts {
    GraphBuilder::new(codes, GraphOptions::default(), 7).unwrap().finish(&mut |_| ())
}

fn open(parts: &GraphParts, nodes: usize) -> Result<Graph<'_>> {
    Graph::new(parts.sections(), nodes)
}

fn exact(codes: &Codes<'_>, query: &CodeQuery, k: usize, accept: impl Fn(u32) -> bool) -> Vec<u32> {
    let mut all: Vec<Candidate> = (0..codes.len() as u32)
        .filter(|&o| accept(o))
        .map(|ordinal| Candidate { score: codes.score(query, ordinal), ordinal })
        .collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().take(k).map(|c| c.ordinal).collect()
}

#[test]
fn recall_against_the_exact_scan_for_every_metric() {
    let mut data = vectors(3060, 1);
    let queries = data.split_off(3000 * DIM);
    for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
        let built = encoded(&data, metric);
        let codes = built.view();
        let parts = build(codes);
        let graph = open(&parts, codes.len()).unwrap();
        for every in [1u32, 3] {
            let accept = |o: u32| o.is_multiple_of(every);
            let mut hit = 0;
            for q in queries.chunks(DIM) {
                let query = codes.query(&rotated(q));
                let wanted = exact(&codes, &query, 10, accept);
                let found = graph.search(&codes, &query, 96, &accept);
                hit += found.candidates.iter().take(10).filter(|c| wanted.contains(&c.ordinal)).count();
                assert!(found.candidates.iter().all(|c| accept(c.ordinal)));
            }
            let recall = hit as f64 / 600.0;
            assert!(recall > 0.98, "{metric:?}, every {every}: recall {recall}");
        }
    }
}

#[test]
fn small_and_degenerate_graphs_find_everything() {
    for count in [1, 2, 3, 17, 33, 34, 35, 40] {
        let equal: Vec<f32> = core::iter::repeat_n(0.5, count * DIM).collect();
        for data in [vectors(count, 3), equal] {
            let built = encoded(&data, Metric::Cosine);
            let codes = built.view();
            let parts = build(codes);
            let graph = open(&parts, count).unwrap();
            let found = graph.search(&codes, &codes.query(&rotated(&data[..DIM])), count, &|_| true);
            assert_eq!(found.candidates.len(), count);
        }
    }
}

#[test]
fn the_same_points_give_the_same_graph() {
    let data = vectors(700, 5);
    let built = encoded(&data, Metric::Cosine);
    assert_eq!(build(built.view()), build(built.view()));
}

/// Every point has a place in some batch: what is in no batch has no list, and no list names it.
#[test]
fn every_point_is_inserted_once_at_every_size() {
    for count in (1..70).chain([127, 128, 129, 500, 1000]) {
        let data = vectors(count, 9);
        let built = encoded(&data, Metric::L2);
        let codes = built.view();
        let mut done = 0;
        let parts = GraphBuilder::new(codes, GraphOptions::default(), 7).unwrap().finish(&mut |now| done = now);
        assert_eq!(done.max(1), count as u64);
        let graph = open(&parts, count).unwrap();
        let found = graph.search(&codes, &codes.query(&rotated(&data[..DIM])), count, &|_| true);
        assert!(found.candidates.len() * 100 >= count * 98, "{} of {count}", found.candidates.len());
    }
}

/// Half a point is what estimates may cost beside codes.
#[test]
fn steering_by_one_bit_finds_about_what_steering_by_codes_does() {
    for (metric, tier) in [(Metric::Cosine, Tier::U8), (Metric::L2, Tier::U8), (Metric::Dot, Tier::U4)] {
        let wide = Wide::new(4000, metric, tier);
        let (codes, probes) = (wide.codes.view(), wide.probes());
        let recall = |parts: &GraphParts| open(parts, 4000).unwrap().recall(&codes, &probes);
        let (fine, coarse) = (build(codes), wide.steered(metric));
        assert_ne!(fine, coarse);
        let (fine, coarse) = (recall(&fine), recall(&coarse));
        assert!(coarse > fine - 0.005, "{metric:?}: {coarse} beside {fine}");
    }
}

#[cfg(feature = "std")]
#[test]
fn the_number_of_threads_does_not_show_in_a_steered_graph() {
    let wide = Wide::new(3000, Metric::Cosine, Tier::U8);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| wide.steered(Metric::Cosine))
    };
    assert_eq!(with(1), with(5));
}

#[cfg(feature = "std")]
#[test]
fn the_number_of_threads_does_not_show() {
    let data = vectors(3000, 5);
    let built = encoded(&data, Metric::Dot);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| build(built.view()))
    };
    assert_eq!(with(1), with(5));
}

#[test]
fn most_links_take_less_than_two_bytes() {
    let data = vectors(3000, 5);
    let parts = build(encoded(&data, Metric::Cosine).view());
    let view = parts.view();
    let links: usize = (0..3000).map(|node| view.neighbours(node).count()).sum();
    assert!(parts.ground_links.len() < 2 * links, "{} bytes for {links} links", parts.ground_links.len());
}

proptest! {
    #[test]
    fn lists_come_back_from_their_bytes(node: u32, wanted in prop::collection::btree_set(any::<u32>(), 0..40)) {
        let list: Vec<u32> = wanted.iter().copied().collect();
        let mut bytes = Vec::new();
        super::links::encode(node, &list, &mut bytes);
        let offsets = [0, bytes.len() as u32];
        let links = super::links::Links { offsets: &offsets, bytes: &bytes };
        prop_assert_eq!(links.of(0, node).collect::<Vec<_>>(), list);
    }
}

/// A graph of 200 points, and its codes.
fn small() -> (ScalarBuilder, GraphParts, Vec<f32>) {
    let data = vectors(200, 11);
    let built = encoded(&data, Metric::Cosine);
    let parts = build(built.view());
    (built, parts, rotated(&data[..DIM]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_damaged_graph_is_refused_or_searched_without_harm(section in 0usize..5, at: prop::sample::Index, to in prop_oneof![0u32..400, any::<u32>()]) {
        let (built, mut parts, vector) = small();
        let codes = built.view();
        let mut header = [parts.header];
        let target: &mut [u32] = match section {
            0 => &mut parts.ground_offsets,
            1 => &mut parts.levels,
            2 => &mut parts.upper_nodes,
            3 => &mut parts.upper_offsets,
            _ => bytemuck::cast_slice_mut(&mut header),
        };
        prop_assume!(!target.is_empty());
        let at = at.index(target.len());
        target[at] = to;
        parts.header = header[0];
        if let Ok(graph) = open(&parts, 200) {
            let found = graph.search(&codes, &codes.query(&vector), 20, &|_| true);
            prop_assert!(found.candidates.iter().all(|c| c.ordinal < 200));
        }
    }

    #[test]
    fn damaged_links_are_refused_or_searched_without_harm(upper: bool, at: prop::sample::Index, to: u8) {
        let (built, mut parts, vector) = small();
        let codes = built.view();
        let target = if upper { &mut parts.upper_links } else { &mut parts.ground_links };
        prop_assume!(!target.is_empty());
        let at = at.index(target.len());
        target[at] = to;
        if let Ok(graph) = open(&parts, 200) {
            let found = graph.search(&codes, &codes.query(&vector), 20, &|_| true);
            prop_assert!(found.candidates.iter().all(|c| c.ordinal < 200));
        }
    }
}
