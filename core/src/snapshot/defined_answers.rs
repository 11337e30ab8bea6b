//! Odd collections and odd queries, each with the answer that is defined for it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::HashMap;
use serde_json::{Value, json};

use super::*;
use crate::error::Code;
use crate::ingest::{PreparedPoint, prepare};
use crate::manifest::BlobRef;
use crate::memtable::Memtable;
use crate::model::{
    Answer, AnsweredBy, ByName, Coarse, FieldType, GraphOptions, Metric, Precision, Query, Strategy, Tier, VectorField,
};
use crate::publish::Draft;

const DIM: usize = 24;

fn schema(metric: Metric) -> Schema {
    let vector = VectorField { dim: DIM as u32, metric, ..VectorField::default() };
    Schema {
        vectors: ByName::from([("v".to_string(), vector)]),
        fields: ByName::from([("n".to_string(), FieldType::Integer.into())]),
        ..Schema::default()
    }
}

fn point(schema: &Schema, id: usize, vector: &[f32]) -> Arc<PreparedPoint> {
    let vector = if vector.is_empty() { Value::Null } else { json!(vector) };
    let raw = json!({ "id": format!("p{id:06}"), "vectors": { "v": vector }, "payload": { "n": id } });
    Arc::new(prepare(serde_json::from_value(raw).unwrap(), schema, &Models::default()).unwrap())
}

fn direction(seed: usize) -> Vec<f32> {
    (0..DIM).map(|d| libm::sinf((seed * 7 + d * 13 + seed * d) as f32)).collect()
}

/// What is published of these points, after deleting some again in a second version.
fn published(
    metric: Metric,
    vectors: impl Iterator<Item = Vec<f32>>,
    deleted: impl Iterator<Item = usize>,
) -> Snapshot {
    published_as(&schema(metric), vectors, deleted)
}

fn published_as(
    schema: &Schema,
    vectors: impl Iterator<Item = Vec<f32>>,
    deleted: impl Iterator<Item = usize>,
) -> Snapshot {
    let mut snapshot = Snapshot::empty("odd".into(), schema.clone(), Models::default());
    let mut blobs: HashMap<BlobRef, Vec<u8>> = HashMap::new();
    let mut publish = |snapshot: &mut Snapshot, memtable: &Memtable| {
        let Some(draft) = Draft::plan(snapshot, memtable).unwrap() else { return };
        assert!(draft.wanted().is_empty(), "a second version of deletes rewrites nothing");
        let publication = draft.finish(snapshot, memtable, Vec::new(), 1, &mut |_, _, _| ()).unwrap();
        blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&blobs[blob]);
        *snapshot = Snapshot::open_after(snapshot, publication.manifest, &mut source).unwrap();
    };
    let mut memtable = Memtable::new();
    vectors.enumerate().for_each(|(id, v)| memtable.upsert(id as u64 + 1, point(schema, id, &v)));
    publish(&mut snapshot, &memtable);
    let mut memtable = Memtable::new();
    deleted.for_each(|id| memtable.delete(1_000_000, &format!("p{id:06}")));
    publish(&mut snapshot, &memtable);
    snapshot
}

fn ask(snapshot: &Snapshot, query: &Value) -> Answer {
    let query = Query::from_json(query.to_string().as_bytes()).unwrap();
    snapshot.search(&query, None, AnsweredBy::Node).unwrap()
}

fn ids(answer: &Answer) -> Vec<&str> {
    answer.hits.iter().map(|hit| hit.id.as_str()).collect()
}

#[test]
fn an_empty_collection_answers_with_no_hits() {
    let answer =
        ask(&published(Metric::Cosine, core::iter::empty(), core::iter::empty()), &json!({ "vector": direction(1) }));
    assert!(answer.hits.is_empty());
}

#[test]
fn one_point_is_every_answer() {
    for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
        let one = published(metric, core::iter::once(direction(1)), core::iter::empty());
        assert_eq!(ids(&ask(&one, &json!({ "vector": direction(9), "topK": 50 }))), ["p000000"]);
    }
}

#[test]
fn of_equal_points_the_lowest_ids_answer_at_every_size() {
    for count in [3, 40, 5000] {
        for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
            let equal = published(metric, (0..count).map(|_| direction(4)), core::iter::empty());
            for exact in [true, false] {
                let answer = ask(&equal, &json!({ "vector": direction(4), "topK": 3, "exact": exact }));
                assert_eq!(answer.hits.len(), 3);
                assert!(answer.hits.iter().all(|hit| hit.score == answer.hits[0].score));
                if exact {
                    assert_eq!(ids(&answer), ["p000000", "p000001", "p000002"], "{metric:?} {count}");
                }
            }
        }
    }
}

#[test]
fn zeros_have_no_direction_but_a_length() {
    let vectors = || (0..3000).map(|id| if id % 2 == 0 { [0.0; DIM].to_vec() } else { direction(id) });
    let zeros = Vec::from([0f32; DIM]);
    let half = published(Metric::Cosine, vectors(), core::iter::empty());
    assert!(ask(&half, &json!({ "vector": zeros, "topK": 7 })).hits.is_empty());
    for exact in [false, true] {
        let all = ask(&half, &json!({ "vector": direction(5), "topK": 3000, "exact": exact }));
        assert_eq!(all.hits.len(), 1500, "exact: {exact}");
        assert!(all.hits.iter().all(|hit| hit.id[1..].parse::<usize>().unwrap() % 2 == 1));
    }
    for metric in [Metric::Dot, Metric::L2] {
        let half = published(metric, vectors(), core::iter::empty());
        assert_eq!(ask(&half, &json!({ "vector": zeros, "topK": 3000 })).hits.len(), 3000, "{metric:?}");
        let near = ask(&half, &json!({ "vector": direction(5), "topK": 3000 }));
        assert_eq!(near.hits.len(), 3000, "{metric:?}");
    }
}

/// Every fourth point has no vector, and where lengths count these would be the nearest were they zeros.
#[test]
fn points_without_a_vector_take_no_places() {
    let length = |id: usize| 1.0 + (id % 7) as f32;
    let vector = |id: usize| direction(id).iter().map(|x| -x.abs() * length(id) - 0.1).collect::<Vec<_>>();
    let query = [0.5; DIM];
    for (metric, graph) in [Metric::Cosine, Metric::Dot, Metric::L2].into_iter().flat_map(|m| [(m, false), (m, true)]) {
        for (codes, keep) in [(Tier::U8, None), (Tier::U4, Some(Precision::F32))] {
            let field = VectorField { dim: DIM as u32, metric, codes, keep, ..VectorField::default() };
            let field = match graph {
                false => field,
                true => {
                    let graph = GraphOptions { min_points: Some(1), ..GraphOptions::default() };
                    VectorField { coarse: Coarse::None, graph, ..field }
                }
            };
            let schema = Schema { vectors: ByName::from([("v".to_string(), field)]), ..schema(metric) };
            let given = (0..3000).map(|id| if id % 4 == 0 { Vec::new() } else { vector(id) });
            let half = published_as(&schema, given, 100..200);
            let all = ask(&half, &json!({ "vector": query, "topK": 3000 }));
            assert_eq!(all.hits.len(), 2175, "{metric:?} {graph} {codes:?}");
            assert!(all.hits.iter().all(|hit| hit.id[1..].parse::<usize>().unwrap() % 4 > 0));
            let best =
                |exact: bool| ask(&half, &json!({ "vector": query, "topK": 10, "efSearch": 24, "exact": exact }));
            let (found, truth) = (best(false), best(true));
            let common = ids(&found).into_iter().filter(|id| ids(&truth).contains(id)).count();
            assert!(common >= 9, "{metric:?} {graph} {codes:?}: {common} of 10");
        }
    }
}

#[test]
fn all_points_deleted_leave_no_hits_and_some_deleted_leave_the_others() {
    let gone = published(Metric::L2, (0..3000).map(direction), 0..3000);
    assert!(ask(&gone, &json!({ "vector": direction(1) })).hits.is_empty());
    let some = published(Metric::L2, (0..3000).map(direction), 0..1400);
    for (top_k, wanted) in [(10, 10), (1600, 1600), (5000, 1600)] {
        let answer = ask(&some, &json!({ "vector": direction(1), "topK": top_k }));
        assert_eq!(answer.hits.len(), wanted);
        assert!(answer.hits.iter().all(|hit| hit.id.as_str() >= "p001400"));
    }
}

#[test]
fn a_filter_that_nothing_passes_finds_nothing_and_a_narrow_one_all_there_is() {
    let many = published(Metric::Cosine, (0..6000).map(direction), core::iter::empty());
    let filtered = |filter: Value| ask(&many, &json!({ "vector": direction(3), "topK": 10, "filter": filter }));
    let none = filtered(json!({ "n": { "$gt": 1_000_000 } }));
    assert_eq!((none.hits.len(), none.plan[0].strategy, none.plan[0].scratch_bytes), (0, Strategy::Empty, 0));
    assert_eq!(filtered(json!({ "n": { "$in": [5, 17, 4000] } })).hits.len(), 3);
    // Half of the points, and none of those near to the query.
    let near: Vec<String> =
        ask(&many, &json!({ "vector": direction(3), "topK": 3000 })).hits.into_iter().map(|h| h.id).collect();
    let far: Vec<usize> = (0..6000).filter(|id| !near.contains(&format!("p{id:06}"))).take(1000).collect();
    let answer = filtered(json!({ "n": { "$in": far } }));
    assert_eq!(answer.hits.len(), 10);
}

#[test]
fn pages_are_pieces_of_one_order_however_deep_they_reach() {
    let many = published(Metric::Cosine, (0..6000).map(direction), core::iter::empty());
    for ef_search in [1, 96, 500] {
        let ask = |offset: usize, top_k: usize| {
            let query = json!({ "vector": direction(3), "offset": offset, "topK": top_k, "efSearch": ef_search });
            ask(&many, &query).hits
        };
        let whole = ask(0, 900);
        assert_eq!(whole.len(), 900);
        for size in [10, 75, 300] {
            let pages: Vec<_> = (0..900).step_by(size).flat_map(|offset| ask(offset, size)).collect();
            assert_eq!(pages, whole, "efSearch {ef_search}, pages of {size}");
        }
        let mut seen: Vec<&str> = whole.iter().map(|hit| hit.id.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 900, "no hit stands twice");
    }
}

#[test]
fn many_hits_are_found_as_well_as_few() {
    let many = published(Metric::Cosine, (0..12_000).map(direction), core::iter::empty());
    for top_k in [10, 100, 500] {
        let (mut same, mut all) = (0, 0);
        for query in 0..20 {
            let vector = direction(50_000 + query);
            let found = ask(&many, &json!({ "vector": vector, "topK": top_k }));
            let wanted = ask(&many, &json!({ "vector": vector, "topK": top_k, "exact": true }));
            all += wanted.hits.len();
            same += ids(&found).iter().filter(|id| ids(&wanted).contains(id)).count();
        }
        assert!(same * 100 >= all * 95, "topK {top_k}: {same} of {all}");
    }
}

#[test]
fn vectors_that_cannot_be_meant_are_refused() {
    let schema = schema(Metric::Cosine);
    let refused = |vector: Value| {
        let raw = json!({ "id": "a", "vectors": { "v": vector }, "payload": {} });
        let point = serde_json::from_value(raw).unwrap();
        prepare(point, &schema, &Models::default()).unwrap_err().code()
    };
    assert_eq!(refused(json!([])), Code::DimensionMismatch);
    assert_eq!(refused(json!([1.0, 2.0])), Code::DimensionMismatch);
    assert_eq!(refused(json!(Vec::from([1e39f64; DIM]))), Code::NonFinite);
    let mut not_a_number = crate::model::Point { id: "a".into(), ..Default::default() };
    not_a_number.vectors.insert("v".into(), [f32::NAN; DIM].to_vec());
    assert_eq!(prepare(not_a_number, &schema, &Models::default()).unwrap_err().code(), Code::NonFinite);
}

#[test]
fn kept_vectors_give_exact_scores_and_codes_alone_give_near_ones() {
    for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
        for (keep, most) in [(Some(Precision::F32), 0.0), (Some(Precision::F16), 0.02), (None, 0.2)] {
            let mut schema = schema(metric);
            schema.vectors.iter_mut().for_each(|(_, v)| v.keep = keep);
            let kept = published_as(&schema, (0..4000).map(direction), core::iter::empty());
            for (strategy, exact) in [(Strategy::Scan, false), (Strategy::Exact, true)] {
                let answer = ask(&kept, &json!({ "vector": direction(7777), "topK": 5, "exact": exact }));
                assert_eq!(answer.plan[0].strategy, strategy);
                let mut memtable = Memtable::new();
                for hit in &answer.hits {
                    let id = hit.id[1..].parse::<usize>().unwrap();
                    memtable.upsert(id as u64 + 1, point(&schema, id, &direction(id)));
                }
                // The memtable compares whole vectors.
                let empty = Snapshot::empty("odd".into(), schema.clone(), Models::default());
                let query =
                    Query::from_json(json!({ "vector": direction(7777), "topK": 5 }).to_string().as_bytes()).unwrap();
                let exactly = empty.search(&query, Some(&memtable), AnsweredBy::Node).unwrap();
                for (hit, wanted) in answer.hits.iter().zip(&exactly.hits) {
                    assert!(
                        (hit.score - wanted.score).abs() <= most,
                        "{metric:?} {keep:?}: {} for {}",
                        hit.score,
                        wanted.score
                    );
                }
            }
        }
    }
}

#[test]
fn without_coarse_codes_everything_is_compared() {
    let mut schema = schema(Metric::Cosine);
    schema.vectors.iter_mut().for_each(|(_, v)| v.coarse = Coarse::None);
    let plain = published_as(&schema, (0..4000).map(direction), core::iter::empty());
    assert_eq!(ask(&plain, &json!({ "vector": direction(1) })).plan[0].strategy, Strategy::Exact);
}

#[test]
fn four_bit_codes_are_half_as_large_and_find_most_of_what_eight_find() {
    let mut eight = schema(Metric::Cosine);
    // How many points stand in a second cluster is decided by a sample, of which these codes rank the neighbours.
    eight.vectors.iter_mut().for_each(|(_, v)| v.coarse = Coarse::None);
    let mut four = eight.clone();
    four.vectors.iter_mut().for_each(|(_, v)| v.codes = Tier::U4);
    let [eight, four] = [eight, four].map(|s| published_as(&s, (0..4000).map(direction), core::iter::empty()));
    // 32 rotated components: 16 bytes a point less.
    assert_eq!(eight.resident_bytes() - four.resident_bytes(), 4000 * 16);
    let mut same = 0;
    for query in 0..50 {
        let query = json!({ "vector": direction(9000 + query), "exact": true });
        let (wanted, found) = (ask(&eight, &query), ask(&four, &query));
        same += ids(&found).iter().filter(|id| ids(&wanted).contains(id)).count();
    }
    assert!(same >= 400, "{same} of 500 hits are the same");
}

#[test]
fn several_segments_and_the_memtable_answer_as_one_segment_would() {
    let schema = schema(Metric::Cosine);
    let whole = published(Metric::Cosine, (0..6000).map(direction), core::iter::empty());
    // The same points: 4,000 published, 1,500 more published, 500 in the memtable.
    let mut blobs: HashMap<BlobRef, Vec<u8>> = HashMap::new();
    let mut parts = Snapshot::empty("odd".into(), schema.clone(), Models::default());
    for range in [0..4000, 4000..5500] {
        let mut memtable = Memtable::new();
        range.for_each(|id| memtable.upsert(id as u64 + 1, point(&schema, id, &direction(id))));
        let draft = Draft::plan(&parts, &memtable).unwrap().unwrap();
        let publication = draft.finish(&parts, &memtable, Vec::new(), 1, &mut |_, _, _| ()).unwrap();
        blobs.extend(publication.new_blobs);
        let mut source = |blob: &BlobRef| blob.verify_copy(&blobs[blob]);
        parts = Snapshot::open_after(&parts, publication.manifest, &mut source).unwrap();
    }
    assert_eq!(parts.segments().len(), 2);
    let mut memtable = Memtable::new();
    (5500..6000).for_each(|id| memtable.upsert(id as u64 + 1, point(&schema, id, &direction(id))));
    let (mut same, mut all) = (0, 0);
    for query in 0..60 {
        let query = json!({ "vector": direction(9000 + query), "topK": 10 });
        let query = Query::from_json(query.to_string().as_bytes()).unwrap();
        let one = whole.search(&query, None, AnsweredBy::Node).unwrap();
        let several = parts.search(&query, Some(&memtable), AnsweredBy::Node).unwrap();
        assert_eq!(several.plan.len(), 3);
        all += one.hits.len();
        same += ids(&several).iter().filter(|id| ids(&one).contains(id)).count();
    }
    assert!(same * 100 >= all * 95, "{same} of {all} hits are the same");
}
