//! Many equal vectors: what lies elsewhere is found as well as without them, and so are they.

use alloc::format;
use alloc::vec::Vec;

use super::builder::{GraphBuilder, GraphParts};
use super::graph::Graph;
use crate::mix::splitmix64;
use crate::model::{GraphOptions, Metric, Query, Tier};
use crate::quant::{CodeQuery, Codes, ScalarBuilder, rotate};
use crate::top_k::Candidate;

const DIM: usize = 16;
const QUERIES: u64 = 100;
const TOP_K: usize = 10;
const EF: usize = Query::DEFAULT_EF_SEARCH as usize;
/// What copies may cost.
const LOSS: f64 = 0.02;

/// About normally distributed, without a random source.
fn noise(seed: u64) -> f32 {
    let uniform = |part: u64| (splitmix64(seed * 12 + part) >> 40) as f32 / (1u64 << 24) as f32;
    (0..12).map(uniform).sum::<f32>() - 6.0
}

/// Points: some of their own, and heaps of copies, mixed.
struct Data {
    metric: Metric,
    vectors: Vec<Vec<f32>>,
    /// The heap of each.
    heaps: Vec<Option<u64>>,
}

impl Data {
    fn new(metric: Metric, unique: u64, heaps: u64, copies: u64, jitter: f32) -> Self {
        let mut data = Self { metric, vectors: Vec::new(), heaps: Vec::new() };
        let mut all: Vec<(Vec<f32>, Option<u64>)> = (0..unique).map(|n| (data.vector(n, 1.0, None), None)).collect();
        for copy in 0..heaps * copies {
            let heap = copy % heaps;
            all.push((data.vector(3_000_000 + copy, jitter, Some(heap)), Some(heap)));
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&i| splitmix64(i as u64));
        for place in order {
            data.vectors.push(all[place].0.clone());
            data.heaps.push(all[place].1);
        }
        data
    }

    /// A vector of its own, or so far from a heap's.
    fn vector(&self, seed: u64, width: f32, heap: Option<u64>) -> Vec<f32> {
        let of = |seed: u64, d: usize| noise(seed * DIM as u64 + d as u64);
        let centre = |d: usize| heap.map_or(0.0, |heap| of(2_000_000 + heap, d));
        let vector: Vec<f32> = (0..DIM).map(|d| centre(d) + width * of(seed, d)).collect();
        if self.metric != Metric::Cosine {
            return vector;
        }
        let length = libm::sqrtf(vector.iter().map(|x| x * x).sum());
        vector.into_iter().map(|x| x / length).collect()
    }

    fn codes(&self) -> ScalarBuilder {
        let mut codes = ScalarBuilder::new(DIM, self.metric, Tier::U8);
        self.vectors.iter().for_each(|vector| codes.push(&rotated(vector)));
        codes
    }

    /// Queries anywhere, and near the heaps.
    fn queries(&self) -> [Vec<Vec<f32>>; 2] {
        let far = |n: u64| self.vector(1_000_000 + n, 1.0, None);
        let near = |n: u64| self.vector(5_000_000 + n, 0.2 + (n % 10) as f32 * 0.1, Some(n % 24));
        [(0..QUERIES).map(far).collect(), (0..QUERIES).map(near).collect()]
    }

    /// What a walk finds of what there is, among those that pass: hits as good as the worst true one.
    fn recall(&self, queries: &[Vec<f32>], pass: &dyn Fn(Option<u64>) -> bool) -> f64 {
        let built = self.codes();
        let (codes, parts) = (built.view(), build(built.view()));
        let graph = Graph::new(parts.sections(), codes.len()).unwrap();
        let accept = |ordinal: u32| pass(self.heaps[ordinal as usize]);
        let (mut found, mut wanted) = (0, 0);
        for query in queries {
            let query = codes.query(&rotated(query));
            let truth = exact(&codes, &query, &accept);
            let walked = graph.search(&codes, &query, EF, &accept).candidates;
            let worst = truth.last().copied().unwrap_or(f32::INFINITY);
            wanted += truth.len();
            found += walked.iter().take(truth.len()).filter(|c| c.score >= worst).count();
        }
        found as f64 / wanted as f64
    }
}

fn rotated(vector: &[f32]) -> Vec<f32> {
    let mut rotated = Vec::new();
    rotate(vector, &mut rotated);
    rotated
}

fn build(codes: Codes<'_>) -> GraphParts {
    GraphBuilder::new(codes, GraphOptions::default(), 7).unwrap().finish(&mut |_| ())
}

/// The best scores, best first.
fn exact(codes: &Codes<'_>, query: &CodeQuery, accept: &dyn Fn(u32) -> bool) -> Vec<f32> {
    let mut all: Vec<Candidate> = (0..codes.len() as u32)
        .filter(|&o| accept(o))
        .map(|ordinal| Candidate { score: codes.score(query, ordinal), ordinal })
        .collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    all.into_iter().take(TOP_K).map(|c| c.score).collect()
}

#[test]
fn copies_cost_no_recall() {
    for metric in [Metric::L2, Metric::Cosine, Metric::Dot] {
        let without = Data::new(metric, 3600, 0, 0, 0.0);
        let alone = without.queries().map(|queries| without.recall(&queries, &|_| true));
        for (heaps, copies, jitter) in [(1, 2400, 0.0), (24, 100, 0.0), (600, 4, 0.0), (1, 2400, 1e-6), (24, 100, 1e-5)]
        {
            let data = Data::new(metric, 3600, heaps, copies, jitter);
            let what = format!("{metric:?}, {heaps} x {copies} copies within {jitter}");
            for (queries, alone) in data.queries().iter().zip(alone) {
                let recall = data.recall(queries, &|_| true);
                assert!(recall > alone - LOSS, "{what}: {recall}, without {alone}");
            }
        }
    }
}

#[test]
fn copies_hide_nothing_from_filters() {
    for metric in [Metric::L2, Metric::Cosine, Metric::Dot] {
        let data = Data::new(metric, 3600, 2, 1200, 0.0);
        for queries in data.queries() {
            let others = data.recall(&queries, &|heap| heap.is_none());
            assert!(others > 1.0 - LOSS, "{metric:?}, others only: {others}");
            let copies = data.recall(&queries, &|heap| heap == Some(1));
            assert!(copies > 1.0 - LOSS, "{metric:?}, copies only: {copies}");
        }
    }
}

#[test]
fn copies_are_found_in_the_order_of_their_ordinals() {
    let data = Data::new(Metric::L2, 500, 1, 3000, 0.0);
    let built = data.codes();
    let (codes, parts) = (built.view(), build(built.view()));
    let graph = Graph::new(parts.sections(), codes.len()).unwrap();
    let query = codes.query(&rotated(&data.vector(0, 0.0, Some(0))));
    let found = graph.search(&codes, &query, EF, &|_| true).candidates;
    let copies = (0..3500u32).filter(|&o| data.heaps[o as usize].is_some());
    assert!(found.iter().map(|c| c.ordinal).eq(copies.take(EF)));
}

#[test]
fn a_collection_of_one_vector_or_none_is_found_whole() {
    for metric in [Metric::L2, Metric::Cosine, Metric::Dot] {
        for width in [0.0, 1.0] {
            let mut data = Data::new(metric, 0, 1, 2000, 0.0);
            data.vectors.iter_mut().flatten().for_each(|x| *x *= width);
            let built = data.codes();
            let (codes, parts) = (built.view(), build(built.view()));
            let graph = Graph::new(parts.sections(), codes.len()).unwrap();
            for ef in [1, EF, 2000] {
                let found = graph.search(&codes, &codes.query(&[0.25; DIM]), ef, &|_| true).candidates;
                assert!(found.iter().map(|c| c.ordinal).eq(0..ef as u32), "{metric:?} times {width}, ef {ef}");
            }
            assert!(parts.ground_links.len() < 2 * 2000, "a link leads to each");
        }
    }
}

/// A walk leads to every point that is in the graph, and from there to every copy.
#[test]
fn every_copy_has_a_way_to_it() {
    let data = Data::new(Metric::Cosine, 1000, 30, 70, 0.0);
    let built = data.codes();
    let (codes, parts) = (built.view(), build(built.view()));
    let graph = Graph::new(parts.sections(), codes.len()).unwrap();
    let found = graph.search(&codes, &codes.query(&[0.25; DIM]), codes.len(), &|_| true).candidates;
    assert!(found.len() * 100 >= codes.len() * 99, "{} of {}", found.len(), codes.len());
}
