//! Vectors under filters: no fewer of the true neighbours than without, whatever share of the points passes and
//! wherever they lie.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::Host;
use crate::mix::splitmix64;
use crate::model::Strategy;

const DIM: usize = 48;
const POINTS: u64 = 12_000;
const BUNCHES: u64 = 60;
const QUERIES: u64 = 25;

fn random(seed: u64) -> f32 {
    (splitmix64(seed) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// Bunches of unequal width around random centres.
fn vector(n: u64) -> Vec<f32> {
    let bunch = splitmix64(n) % BUNCHES;
    let width = 0.3 + (bunch % 5) as f32 * 0.15;
    (0..DIM as u64).map(|d| random(bunch * 1000 + d) + width * random(n * 7919 + d + 1_000_000)).collect()
}

fn host(mut field: Value) -> Host {
    field["dim"] = json!(DIM);
    let mut host =
        Host::new(&json!({ "vectors": { "v": field }, "fields": { "bunch": "integer", "dice": "integer" } }));
    for n in 0..POINTS {
        let payload = json!({ "bunch": splitmix64(n) % BUNCHES, "dice": splitmix64(n ^ 0xd1ce) % 1000 });
        host.put(json!({ "id": format!("p{n:05}"), "vectors": { "v": vector(n) }, "payload": payload }));
    }
    host.publish();
    host
}

/// Bunches by how near their centres are, nearest first.
fn bunches_near(query: &[f32]) -> Vec<u64> {
    let mut all: Vec<(f32, u64)> = (0..BUNCHES)
        .map(|bunch| {
            let center: Vec<f32> = (0..DIM as u64).map(|d| random(bunch * 1000 + d)).collect();
            let dot: f32 = center.iter().zip(query).map(|(a, b)| a * b).sum();
            let length: f32 = center.iter().map(|a| a * a).sum();
            (dot / libm::sqrtf(length), bunch)
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().map(|(_, bunch)| bunch).collect()
}

struct Measured {
    recall: f64,
    strategies: Vec<Strategy>,
}

fn measure(host: &Host, filter: impl Fn(&[f32]) -> Option<Value>) -> Measured {
    let (mut found, mut wanted, mut strategies) = (0, 0, Vec::new());
    for n in 0..QUERIES {
        let query = vector(POINTS + n * 31);
        let mut asked = json!({ "vector": query, "topK": 10, "efSearch": 48 });
        if let Some(filter) = filter(&query) {
            asked["filter"] = filter;
        }
        let answer = host.ask(&asked).unwrap();
        let ids: Vec<String> = answer.hits.into_iter().map(|h| h.id).collect();
        strategies.extend(answer.plan.iter().map(|plan| plan.strategy));
        asked["exact"] = json!(true);
        let truth = host.ids(&asked);
        assert_eq!(ids.len(), truth.len(), "as many hits as there are");
        found += truth.iter().filter(|id| ids.contains(id)).count();
        wanted += truth.len();
    }
    Measured { recall: f64::from(found as u32) / f64::from(wanted as u32), strategies }
}

fn holds(host: &Host, without: Strategy) {
    let open = measure(host, |_| None);
    assert!(open.strategies.iter().all(|s| *s == without), "{:?}", open.strategies);
    assert!(open.recall > 0.8, "{}", open.recall);
    let mut seen = Vec::new();
    for (name, share) in [("90 %", 900), ("50 %", 500), ("10 %", 100), ("1 %", 10), ("0.1 %", 1)] {
        let independent = measure(host, |_| Some(json!({ "dice": { "$lt": share } })));
        let of_bunches = |nearest: bool| {
            move |query: &[f32]| {
                let mut bunches = bunches_near(query);
                if !nearest {
                    bunches.reverse();
                }
                // Below one bunch, a part of it.
                let count = (BUNCHES * share).div_ceil(1000).max(1) as usize;
                let dice = (share * BUNCHES / count as u64).min(1000);
                Some(json!({ "bunch": { "$in": bunches[..count] }, "dice": { "$lt": dice } }))
            }
        };
        let (near, far) = (measure(host, of_bunches(true)), measure(host, of_bunches(false)));
        for (kind, measured) in [("independent", &independent), ("near", &near), ("far", &far)] {
            assert!(measured.recall >= open.recall, "{name} {kind}: {} of {}", measured.recall, open.recall);
        }
        seen.extend(independent.strategies.into_iter().chain(near.strategies).chain(far.strategies));
    }
    assert!(seen.contains(&without) && seen.contains(&Strategy::Exact), "both ways were taken");
}

#[test]
fn a_scan_keeps_recall_under_filters() {
    holds(&host(json!({})), Strategy::Scan);
}

#[test]
fn a_scan_of_points_in_several_clusters_keeps_recall_under_filters() {
    holds(&host(json!({ "layout": "ranges" })), Strategy::Scan);
}

#[test]
fn a_walk_keeps_recall_under_filters() {
    holds(&host(json!({ "coarse": "none", "graph": { "minPoints": 1, "efConstruction": 64 } })), Strategy::Graph);
}

#[test]
fn a_walk_gives_up_where_nothing_near_passes() {
    let host = host(json!({ "coarse": "none", "graph": { "minPoints": 1, "efConstruction": 64 } }));
    let mut gave_up = 0;
    for n in 0..QUERIES {
        let query = vector(POINTS + n * 31);
        let far = bunches_near(&query).split_off(BUNCHES as usize / 3);
        let asked = json!({ "vector": query, "filter": { "bunch": { "$in": far } }, "efSearch": 24 });
        let plan = host.ask(&asked).unwrap().plan[0];
        if plan.strategy == Strategy::Exact {
            gave_up += 1;
            // What was compared before it gave up, and then all.
            assert!(plan.compared > plan.matches, "{plan:?}");
            assert!(plan.compared <= plan.matches + plan.matches / 4 + 64, "{plan:?}");
        }
    }
    assert!(gave_up > 0, "no walk had to give up");
}

#[test]
fn explain_tells_what_was_measured_when_the_segment_was_built() {
    let built = |schema: Value, explain: bool| {
        let answer = host(schema).ask(&json!({ "vector": vector(7), "topK": 1, "explain": explain })).unwrap();
        let plan = answer.plan[0];
        (plan.built, plan)
    };
    let (whole, plan) = built(json!({}), true);
    let whole = whole.unwrap();
    assert!(whole.sampled >= 192 && whole.clusters > 10 && whole.bits == 1, "{whole:?}");
    assert!(whole.codes >= plan.points && whole.scan_recall >= 0.97 && whole.scan_recall <= 1.0, "{whole:?}");
    // What a search of the default width then scans, give or take a cluster.
    let expected = if whole.codes > plan.points { whole.scanned_with_further } else { whole.scanned_alone };
    assert!(plan.scanned >= expected && plan.scanned <= 2 * expected + 512, "{whole:?} {plan:?}");
    assert_eq!((whole.has_graph, whole.graph_recall), (false, 0.0));
    let ranges = built(json!({ "layout": "ranges" }), true).0.unwrap();
    assert!(ranges.bits == 2 && ranges.clusters > whole.clusters, "{ranges:?}");
    let graph = built(json!({ "coarse": "none", "graph": { "minPoints": 1 } }), true).0.unwrap();
    assert_eq!((graph.clusters, graph.codes, graph.scanned_alone, graph.scan_recall), (0, 0, 0, 0.0));
    assert!(graph.has_graph && graph.graph_recall > 0.9, "{graph:?}");
    assert_eq!(built(json!({}), false).0, None);
}
