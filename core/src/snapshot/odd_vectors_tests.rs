//! Vectors that clusters, codes and graphs were not made for: few, alike, of one component or of thousands.

use alloc::vec::Vec;
use alloc::{format, vec};

use serde_json::{Value, json};

use super::test_host::Host;
use crate::mix::splitmix64;

/// What segments are made of.
fn kinds() -> [Value; 5] {
    [
        json!({}),
        json!({ "layout": "ranges" }),
        json!({ "codes": "u4" }),
        json!({ "coarse": "none", "graph": { "minPoints": 1, "efConstruction": 32 } }),
        json!({ "metric": "l2" }),
    ]
}

fn random(seed: usize) -> f32 {
    (splitmix64(seed as u64) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// Asks for points near to some of these vectors. As many are found as there are, none twice, in the order of their
/// scores; the best are found but for at most a tenth, whichever of equals they are; and comparing all gives of equals
/// those with the first ids.
fn holds(name: &str, vectors: &[Vec<f32>]) {
    let dim = vectors[0].len();
    for kind in kinds() {
        let mut field = kind.clone();
        field["dim"] = json!(dim);
        let mut host = Host::new(&json!({ "vectors": { "v": field }, "fields": { "n": "integer" } }));
        for (n, vector) in vectors.iter().enumerate() {
            host.put(json!({ "id": format!("p{n:05}"), "vectors": { "v": vector }, "payload": { "n": n } }));
        }
        host.publish();
        let is_near = |vector: &Vec<f32>| kind["metric"] == "l2" || vector.iter().any(|x| *x != 0.0);
        let (mut best, mut wanted) = (0, 0);
        for query in vectors.iter().filter(|vector| is_near(vector)).step_by(vectors.len().div_ceil(12)) {
            for below in [vectors.len(), vectors.len() / 2 + 1] {
                let near = vectors.iter().take(below).filter(|vector| is_near(vector)).count();
                let mut asked = json!({ "vector": query, "topK": 10, "filter": { "n": { "$lt": below } } });
                let found = host.ask(&asked).unwrap().hits;
                asked["exact"] = json!(true);
                let truth = host.ask(&asked).unwrap().hits;
                let case = format!("{name}, {kind}, the first {below}");
                assert_eq!((found.len(), truth.len()), (near.min(10), near.min(10)), "{case}");
                for hits in [&found, &truth] {
                    let order: Vec<_> = hits.iter().map(|hit| (-hit.score, &hit.id)).collect();
                    assert!(order.is_sorted_by(|a, b| a.0 < b.0 || a.0 == b.0 && a.1 < b.1), "{case}: {order:?}");
                }
                let least = truth.last().map_or(0.0, |hit| hit.score);
                best += found.iter().filter(|hit| hit.score >= least).count();
                wanted += found.len();
                // In few dimensions others come so near that 32 bits do not tell them apart.
                let is_same = |vector: &Vec<f32>| dim > 3 && vector == query;
                let firsts = vectors.iter().take(below).enumerate().filter(|(_, vector)| is_same(vector)).take(10);
                let firsts: Vec<_> = firsts.map(|(n, _)| format!("p{n:05}")).collect();
                assert!(truth.iter().map(|hit| &hit.id).take(firsts.len()).eq(&firsts), "{case}: {truth:?}");
            }
        }
        assert!(10 * best >= 9 * wanted, "{name}, {kind}: {best} of {wanted}");
    }
}

#[test]
fn few_points_are_found() {
    holds("one", &[vec![0.5, -1.0, 2.0]]);
    holds("two", &[vec![0.5, -1.0, 2.0], vec![-0.5, 1.0, 2.0]]);
    holds("two alike", &[vec![0.5, -1.0, 2.0], vec![0.5, -1.0, 2.0]]);
}

#[test]
fn points_that_are_all_alike_are_found() {
    holds("all equal", &vec![vec![0.25, -0.5, 0.75, 1.0]; 2_500]);
    let mut zeros = vec![vec![0.0; 8]; 2_500];
    zeros[1_234] = vec![0.0, 0.0, -3.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    holds("zeros but one", &zeros);
}

#[test]
fn a_thousand_copies_of_a_few_are_found() {
    let vectors: Vec<Vec<f32>> = (0..15_000).map(|n| (0..12).map(|d| random(n % 15 * 12 + d)).collect()).collect();
    holds("1,000 copies of 15", &vectors);
}

#[test]
fn vectors_of_any_length_are_found() {
    for dim in [1, 2, 3, 65] {
        let vectors: Vec<Vec<f32>> =
            (0..2_500).map(|n| (0..dim).map(|d| random(n * dim + d) + random(n % 40 * dim + d)).collect()).collect();
        holds(&format!("{dim} dimensions"), &vectors);
    }
}

#[test]
fn the_longest_vectors_are_found() {
    let vectors: Vec<Vec<f32>> =
        (0..2_050).map(|n| (0..4_096).map(|d| random(n * 4_096 + d) + random(n % 40 * 4_096 + d)).collect()).collect();
    holds("4,096 dimensions", &vectors);
}

/// Points without a vector stand aside: those that have one are clustered, encoded and found as if they were alone.
#[test]
fn points_without_a_vector_change_nothing_for_others() {
    const DIM: usize = 64;
    let vector = |n: usize| -> Vec<f32> {
        (0..DIM).map(|d| random(n % 60 * DIM + d) + 0.6 * random(7_000_000 + n * DIM + d)).collect()
    };
    let has_one = |n: usize| !n.is_multiple_of(20) && !(300..500).contains(&n);
    for kind in kinds() {
        let host = |all: bool| {
            let mut field = kind.clone();
            field["dim"] = json!(DIM);
            let mut host = Host::new(&json!({ "vectors": { "v": field }, "fields": { "n": "integer" } }));
            for n in (0..6_000).filter(|&n| all || has_one(n)) {
                let vectors = if has_one(n) { json!({ "v": vector(n) }) } else { json!({}) };
                host.put(json!({ "id": format!("p{n:05}"), "vectors": vectors, "payload": { "n": n } }));
            }
            host.publish();
            host
        };
        let (some, only) = (host(true), host(false));
        let (mut looked_at, mut alone) = (0, 0);
        for n in (1..6_000).step_by(97).filter(|&n| has_one(n)) {
            for asked in [json!({ "vector": vector(n) }), json!({ "vector": vector(n), "exact": true })] {
                let [one, other] = [&some, &only].map(|host| host.ask(&asked).unwrap());
                let found =
                    |hits: &[crate::model::Hit]| -> Vec<_> { hits.iter().map(|h| (h.id.clone(), h.score)).collect() };
                // Graphs are grown by ordinal.
                if kind.get("graph").is_none() {
                    assert_eq!(found(&one.hits), found(&other.hits), "{kind}");
                }
                looked_at += one.plan.iter().map(|p| p.compared + p.scanned).sum::<u32>();
                alone += other.plan.iter().map(|p| p.compared + p.scanned).sum::<u32>();
            }
        }
        assert!(10 * looked_at <= 11 * alone, "{kind}: {looked_at} points are looked at instead of {alone}");
    }
}
