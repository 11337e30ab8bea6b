use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use hashbrown::{HashMap, HashSet};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::columns::CheckedFilter;
use crate::error::{Code, Error};
use crate::ingest::{PreparedPoint, prepare};
use crate::kernel::dot_f32;
use crate::manifest::BlobRef;
use crate::memtable::Memtable;
use crate::model::{AnsweredBy, ByName, FieldType, Filter, Metric, Query, Scalar, ValueCount, VectorField};
use crate::publish::Draft;

const DIM: usize = 8;

fn schema() -> Schema {
    let vector = VectorField { dim: DIM as u32, metric: Metric::Cosine, ..VectorField::default() };
    Schema {
        vectors: ByName::from([("v".to_string(), vector)]),
        fields: ByName::from([
            ("k".to_string(), FieldType::Keyword.into()),
            ("n".to_string(), FieldType::Integer.into()),
        ]),
        ..Schema::default()
    }
}

/// None of a point with seed 0; of every second one two.
fn keywords(id: u32, seed: u32) -> Vec<String> {
    let kinds = [(seed > 0).then(|| format!("s{seed}")), (seed > 0 && id % 2 == 1).then(|| "odd".to_string())];
    kinds.into_iter().flatten().collect()
}

fn prepared(id: u32, seed: u32) -> Arc<PreparedPoint> {
    let vector: Vec<f32> = (0..DIM).map(|d| libm::sinf((id * 13 + seed * 7 + d as u32 * 29) as f32)).collect();
    let raw = json!({ "id": format!("p{id}"), "vectors": { "v": vector }, "payload": { "n": seed, "id": id, "k": keywords(id, seed) } });
    Arc::new(prepare(serde_json::from_value(raw).unwrap(), &schema(), &Models::default()).unwrap())
}

/// A host in miniature: a model of the truth, a log position, stored blobs.
struct Host {
    truth: BTreeMap<String, Arc<PreparedPoint>>,
    blobs: HashMap<BlobRef, Vec<u8>>,
    snapshot: Snapshot,
    memtable: Memtable,
    lsn: u64,
}

impl Host {
    fn new() -> Self {
        let snapshot = Snapshot::empty("words".into(), schema(), Models::default());
        Self { truth: BTreeMap::new(), blobs: HashMap::new(), snapshot, memtable: Memtable::new(), lsn: 0 }
    }

    fn upsert(&mut self, id: u32, seed: u32) {
        self.lsn += 1;
        let point = prepared(id, seed);
        self.truth.insert(point.id.clone(), Arc::clone(&point));
        self.memtable.upsert(self.lsn, point);
    }

    fn delete(&mut self, id: u32) {
        self.lsn += 1;
        self.truth.remove(&format!("p{id}"));
        self.memtable.delete(self.lsn, &format!("p{id}"));
    }

    fn publish(&mut self) {
        let Some(draft) = Draft::plan(&self.snapshot, &self.memtable).unwrap() else { return };
        let folded = draft.wanted().iter().map(|id| Arc::clone(&self.truth[id])).collect();
        let publication = draft.finish(&self.snapshot, &self.memtable, folded, 1, &mut |_, _, _| ()).unwrap();
        self.blobs.extend(publication.new_blobs);
        let manifest = publication.manifest;
        let wanted = Snapshot::wanted_blobs(Some(&self.snapshot), &manifest);
        let (next, asked) =
            self.opened(|source| Snapshot::open_after(&self.snapshot, manifest.clone(), source).unwrap());
        assert_eq!(asked, HashSet::from_iter(wanted));
        let wanted = Snapshot::wanted_blobs(None, &manifest);
        let (cold, asked) = self.opened(|source| Snapshot::open(manifest, source).unwrap());
        assert_eq!(asked, HashSet::from_iter(wanted));
        assert_eq!(next.live_points(), cold.live_points());
        self.snapshot = next;
        self.memtable.clear_through(self.snapshot.lsn());
    }

    /// What `open` makes of the stored blobs, and which of them it asked for.
    fn opened(&self, open: impl FnOnce(&mut BlobSource<'_>) -> Snapshot) -> (Snapshot, HashSet<BlobRef>) {
        let mut asked = HashSet::new();
        let snapshot = open(&mut |blob| {
            asked.insert(*blob);
            let bytes = self.blobs.get(blob).ok_or_else(|| Error::corrupt("a blob is missing"))?;
            blob.verify_copy(bytes)
        });
        (snapshot, asked)
    }

    fn search(&self, query: Value) -> Vec<(String, f32)> {
        let query = Query::from_json(query.to_string().as_bytes()).unwrap();
        let answer = self.snapshot.search(&query, Some(&self.memtable), AnsweredBy::Origin).unwrap();
        answer.hits.into_iter().map(|h| (h.id, h.score)).collect()
    }

    /// How many points below a seed have each keyword, by looking at all.
    fn expected_values(&self, low: u32, top: usize) -> Vec<ValueCount> {
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for point in self.truth.values().filter(|p| p.payload["n"].as_u64().unwrap() < u64::from(low)) {
            for value in point.payload["k"].as_array().unwrap() {
                *counts.entry(value.as_str().unwrap().into()).or_default() += 1;
            }
        }
        let mut all: Vec<ValueCount> =
            counts.into_iter().map(|(value, count)| ValueCount { value: Scalar::Keyword(value), count }).collect();
        all.sort_by_key(|v| core::cmp::Reverse(v.count));
        all.truncate(top);
        all
    }

    /// The naive twin: all points, exact scores, sorted.
    fn expected(&self, vector: &[f32], filter: Option<&Filter>, top_k: usize) -> Vec<(String, f32)> {
        let filter = filter.map(|f| CheckedFilter::new(f, &schema()).unwrap());
        let passes = |p: &Arc<PreparedPoint>| filter.as_ref().is_none_or(|f| f.passes(p.unpublished()).unwrap());
        let mut all: Vec<(String, f32)> =
            self.truth.values().filter(|p| passes(p)).map(|p| (p.id.clone(), dot_f32(vector, &p.vectors[0]))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.truncate(top_k);
        all
    }
}

#[derive(Debug, Clone)]
enum Step {
    Upsert(u32, u32),
    Delete(u32),
    Publish,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0u32..40, 0u32..6).prop_map(|(id, seed)| Step::Upsert(id, seed)),
        2 => (0u32..40).prop_map(Step::Delete),
        2 => Just(Step::Publish),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn any_history_answers_like_the_truth(steps in steps(), low in 0u32..6, top_k in 1usize..50) {
        let mut host = Host::new();
        for step in steps {
            match step {
                Step::Upsert(id, seed) => host.upsert(id, seed),
                Step::Delete(id) => host.delete(id),
                Step::Publish => host.publish(),
            }
        }
        let vector = prepared(3, 1).vectors[0].clone();
        for filter in [None, Some(json!({ "n": { "$gte": low } }))] {
            let mut query = json!({ "vector": vector, "topK": top_k });
            if let Some(filter) = &filter {
                query["filter"] = filter.clone();
            }
            let parsed = filter.map(|f| Filter::from_value(&f).unwrap());
            let (found, wanted) = (host.search(query), host.expected(&vector, parsed.as_ref(), top_k));
            prop_assert_eq!(found.len(), wanted.len());
            // Codes may swap neighbours whose exact scores are closer than the code's step.
            for ((_, score), (_, exact)) in found.iter().zip(&wanted) {
                prop_assert!((score - exact).abs() < 0.02, "{found:?} for {wanted:?}");
            }
            prop_assert!(found.is_sorted_by(|a, b| a.1 > b.1 || (a.1 == b.1 && a.0 < b.0)));
        }
        let query = json!({ "vector": vector, "filter": { "n": { "$lt": low } }, "facets": { "k": { "top": 4 }, "n": { "ranges": [{ "gte": 1, "lt": 3 }, { "gte": 3 }] } } });
        let query = Query::from_json(query.to_string().as_bytes()).unwrap();
        let counted = host.snapshot.search(&query, Some(&host.memtable), AnsweredBy::Origin).unwrap().facets.unwrap();
        prop_assert_eq!(&counted["k"].values, &host.expected_values(low, 4));
        let seeds: Vec<u64> = host.truth.values().map(|p| p.payload["n"].as_u64().unwrap()).filter(|n| *n < u64::from(low)).collect();
        let within = |from: u64, to: u64| seeds.iter().filter(|n| (from..to).contains(n)).count() as u32;
        prop_assert_eq!(&counted["n"].ranges, &[within(1, 3), within(3, 99)]);
        prop_assert_eq!((counted["k"].missing, counted["n"].missing), (within(0, 1), 0));
        host.publish();
        prop_assert_eq!(host.snapshot.live_points() as usize, host.truth.len());
        for id in 0..40 {
            let id = format!("p{id}");
            let payload = host.snapshot.get(&id).unwrap().map(|p| p.payload);
            prop_assert_eq!(payload, host.truth.get(&id).map(|p| p.payload_text.clone()));
        }
    }
}

#[test]
fn segments_stay_few_while_points_are_added_one_publish_at_a_time() {
    let mut host = Host::new();
    for id in 0..200 {
        host.upsert(id, 1);
        host.publish();
        let limit = 2 + (id + 1).ilog2() as usize;
        assert!(
            host.snapshot.segments.len() <= limit,
            "{} segments after {} publishes",
            host.snapshot.segments.len(),
            id + 1
        );
    }
}

#[test]
fn queries_that_cannot_be_meant_are_refused_by_code() {
    let mut host = Host::new();
    host.upsert(1, 1);
    host.publish();
    let code = |query: Value| {
        let parsed = Query::from_json(query.to_string().as_bytes());
        parsed.and_then(|q| host.snapshot.search(&q, None, AnsweredBy::Node)).unwrap_err().code()
    };
    let vector = [0.5f32; DIM];
    assert_eq!(code(json!({})), Code::InvalidQuery);
    assert_eq!(code(json!({"vector": vector, "text": "both"})), Code::InvalidQuery);
    assert_eq!(code(json!({"vector": [1, 2]})), Code::DimensionMismatch);
    // Too large for f32: JSON text cannot say infinity, but this becomes it.
    assert_eq!(code(json!({"vector": [1e39, 0, 0, 0, 0, 0, 0, 0]})), Code::NonFinite);
    let infinite = Query::default().with_vector([f32::INFINITY; DIM]);
    assert_eq!(host.snapshot.search(&infinite, None, AnsweredBy::Node).unwrap_err().code(), Code::NonFinite);
    assert_eq!(code(json!({"vector": vector, "topK": 0})), Code::InvalidQuery);
    assert_eq!(code(json!({"vector": vector, "topK": 10001})), Code::InvalidQuery);
    assert_eq!(code(json!({"vector": vector, "topk": 3})), Code::InvalidQuery);
    assert_eq!(code(json!({"vector": vector, "using": "w"})), Code::UnknownField);
    assert_eq!(code(json!({"vector": vector, "filter": {"m": 1}})), Code::UnknownField);
    assert_eq!(code(json!({"vector": vector, "filter": {"n": {"$near": 1}}})), Code::InvalidFilter);
    let deep = (0..40).fold(json!({}), |inner, _| json!({"$not": inner}));
    assert_eq!(code(json!({"vector": vector, "filter": deep})), Code::LimitExceeded);
    assert_eq!(code(json!({"text": "words"})), Code::InvalidQuery);
    assert_eq!(Query::from_json(b"{").unwrap_err().code(), Code::InvalidQuery);
}

#[test]
fn thresholds_and_fields_shape_the_answer() {
    let mut host = Host::new();
    (0..20).for_each(|id| host.upsert(id, id % 3));
    host.publish();
    (20..30).for_each(|id| host.upsert(id, 1));
    let vector = prepared(4, 1).vectors[0].clone();
    let found = host.search(json!({"vector": vector, "scoreThreshold": 0.5, "topK": 100}));
    assert!(!found.is_empty() && found.iter().all(|(_, score)| *score >= 0.5));
    let query = Query::from_json(json!({"vector": vector, "fields": ["n"]}).to_string().as_bytes()).unwrap();
    let answer = host.snapshot.search(&query, Some(&host.memtable), AnsweredBy::Origin).unwrap();
    assert!(answer.hits.iter().all(|h| h.payload.to_tree().unwrap().keys().eq(["n"])));
    assert_eq!((answer.version, answer.lsn), (1, 30));
}
