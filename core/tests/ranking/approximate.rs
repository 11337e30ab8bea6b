//! Pages of searches that do not look at every point: along a graph, and through the codes of the nearest clusters.

use headwater_core::compaction::Extent;
use headwater_core::model::Strategy;
use serde_json::{Value, json};

use super::compare::compare_pages;
use super::host::Host;

const POINTS: usize = 3_000;
const DIM: usize = 16;

/// Points around a few centres, so that clusters and neighbours mean something.
fn point(n: usize) -> Value {
    let noise = |i: usize| ((n * 7_919 + i * 104_729 + n * i * 31) % 1_009) as f64 / 1_009.0;
    let centre = |i: usize| f64::from(u8::from((n % 40) >> (i % 6) & 1 == 1)) * 2.0 - 1.0;
    let vector: Vec<f64> = (0..DIM).map(|i| centre(i) + noise(i) * 1.5).collect();
    let body = format!("{} {}", ["cat", "dog", "cats and dogs", "bird"][n % 4], ["", "cat", "house"][n % 3]);
    let payload = json!({ "body": body, "kind": n % 97, "price": n * 37 % 501 });
    json!({ "id": format!("p{n}"), "vectors": { "near": vector }, "payload": payload })
}

fn hosts(vector: &Value, strategy: Strategy) -> [Host; 2] {
    let fields = json!({ "kind": "integer", "price": "integer" });
    let schema = json!({ "vectors": { "near": vector }, "text": { "body": { "language": "en" } }, "fields": fields });
    let mut published = Host::new(&schema);
    (0..POINTS).for_each(|n| published.put(&point(n)));
    published.publish(Extent::Tiers);
    let first = published.ask(&json!({ "vector": vec![1; DIM], "efSearch": 12 }));
    assert!(first.plan.iter().any(|segment| segment.strategy == strategy), "{:?}", first.plan);
    // A second segment, deletes, and points that are not published.
    let mut changed = Host::new(&schema);
    (0..POINTS * 5 / 6).for_each(|n| changed.put(&point(n)));
    changed.publish(Extent::Tiers);
    (POINTS * 5 / 6..POINTS).for_each(|n| changed.put(&point(n)));
    (0..POINTS).step_by(10).for_each(|n| changed.delete(&format!("p{n}")));
    changed.publish(Extent::Tiers);
    (0..POINTS).step_by(7).for_each(|n| changed.put(&point(n)));
    assert_eq!(changed.segments(), 2);
    [published, changed]
}

fn pages(hosts: &[Host]) {
    let vector: Vec<f64> = (0..DIM).map(|i| (i as f64 * 0.7).sin()).collect();
    let both = json!({ "vector": vector, "match": { "query": "cat hous", "prefix": true } });
    let with = |query: &Value, key: &str, value: Value| {
        let mut query = query.clone();
        query[key] = value;
        query
    };
    let near = json!({ "vector": vector, "efSearch": 12 });
    let queries = [
        near.clone(),
        with(&near, "filter", json!({ "price": { "$lt": 40 } })),
        with(&near, "collapse", json!("kind")),
        with(&near, "sort", json!(["kind", { "price": "desc" }])),
        with(&near, "exact", json!(true)),
        both.clone(),
        with(&both, "fusion", json!({ "method": "rrf" })),
        with(&both, "sort", json!("price")),
        with(&with(&both, "collapse", json!("kind")), "scoreThreshold", json!(0.3)),
    ];
    for host in hosts {
        queries.iter().for_each(|query| compare_pages(host, query, 101));
    }
}

#[test]
fn pages_through_codes_of_clusters_are_one_page() {
    pages(&hosts(&json!({ "dim": DIM }), Strategy::Scan));
}

#[test]
fn pages_through_points_in_several_clusters_are_one_page() {
    pages(&hosts(&json!({ "dim": DIM, "layout": "ranges" }), Strategy::Scan));
}

#[test]
fn pages_along_a_graph_are_one_page() {
    pages(&hosts(
        &json!({ "dim": DIM, "metric": "l2", "coarse": "none", "graph": { "minPoints": 1 } }),
        Strategy::Graph,
    ));
}
