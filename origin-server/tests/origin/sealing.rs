//! Unpublished points become segments in memory, and nobody notices but by the time that a search takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, ids, point};
use crate::gate::Gated;

const BASE: &str = "/v1/collections/c";
const SCHEMA: &str =
    r#"{"vectors":{"meaning":{"dim":4}},"text":{"body":{"language":"en"}},"fields":{"rank":"integer"}}"#;

/// A collection, and what must be in it: by id, the body.
struct Known {
    api: Arc<Api>,
    bodies: BTreeMap<String, String>,
}

impl Known {
    async fn over(store: Arc<dyn ObjectStore>) -> Self {
        let api = Api::over(store).await;
        api.put(BASE, SCHEMA).await.ok();
        Self { api: Arc::new(api), bodies: BTreeMap::new() }
    }

    async fn put(&mut self, range: std::ops::Range<u32>, body: &str) {
        let points = range.map(|n| {
            let mut point = point(&format!("p{n}"), n);
            point["payload"]["body"] = json!(body);
            self.bodies.insert(format!("p{n}"), body.to_owned());
            point
        });
        let points: Vec<Value> = points.collect();
        self.api.upsert(&points).await;
    }

    async fn delete(&mut self, range: std::ops::Range<u32>) {
        let ids: Vec<String> = range.map(|n| format!("p{n}")).collect();
        self.api.post(&format!("{BASE}/points/delete"), json!({ "ids": ids }).to_string()).await.ok();
        ids.iter().for_each(|id| drop(self.bodies.remove(id)));
    }

    /// All is found, by words, by meaning and by a field, and nothing else.
    async fn check(&self) {
        for word in ["cat", "dog", "bird"] {
            let mut wanted: Vec<&String> = self.bodies.iter().filter(|(_, b)| *b == word).map(|(id, _)| id).collect();
            let answer = self.api.search(&json!({ "match": word, "topK": 10_000, "total": true })).await;
            let mut found = ids(&answer);
            found.sort();
            wanted.sort();
            assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{word}");
            assert_eq!(answer["total"], json!({ "value": wanted.len(), "relation": "exact" }));
        }
        let all: Vec<&String> = self.bodies.keys().collect();
        for query in [json!({ "vector": [1, 0, 0, 0], "exact": true }), json!({ "sort": "rank" })] {
            let mut query = query;
            (query["topK"], query["fields"]) = (json!(10_000), json!([]));
            let mut found = ids(&self.api.search(&query).await);
            found.sort();
            assert_eq!(found.iter().collect::<Vec<_>>(), all, "{query}");
        }
        assert_eq!(self.api.status().await["points"], self.bodies.len());
    }

    /// Unpublished points that are in segments, and those that are in none.
    async fn sealed(&self) -> (u64, u64) {
        let plan = self.api.search(&json!({ "match": "cat", "topK": 1 })).await["plan"].clone();
        let unpublished = plan.as_array().unwrap().iter().filter(|segment| segment["unpublished"] == true).cloned();
        let (none, sealed): (Vec<Value>, Vec<Value>) = unpublished.partition(|s| s["strategy"] == "exact");
        let points = |all: &[Value]| all.iter().map(|segment| segment["points"].as_u64().unwrap()).sum();
        (points(&sealed), points(&none))
    }

    /// Waits until few are in none.
    async fn until_sealed(&self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let (sealed, rest) = self.sealed().await;
            if sealed > 0 && rest <= 32 {
                return;
            }
            assert!(Instant::now() < deadline, "{rest} are not sealed");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_found_before_while_and_after_it_is_sealed() {
    let mut known = Known::over(Arc::new(InMemory::new())).await;
    known.put(0..30, "cat").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(known.sealed().await.0, 0, "so few are looked at as they are");
    for round in 0..30 {
        let from = 30 + round * 90;
        known.put(from..from + 90, if round % 2 == 0 { "cat" } else { "dog" }).await;
        known.put(from / 2..from / 2 + 5, "bird").await;
        known.delete(from / 3..from / 3 + 3).await;
        known.check().await;
    }
    known.until_sealed().await;
    known.check().await;
    // Changed, deleted and put again once they are sealed.
    known.put(1000..1100, "bird").await;
    known.delete(1050..1150).await;
    known.put(1140..1142, "cat").await;
    known.check().await;
    known.until_sealed().await;
    known.check().await;
    assert!(known.api.get(&format!("{BASE}/points/p1001")).await.ok()["payload"]["body"] == "bird");
    assert!(!known.api.has("p1120").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_while_a_version_is_made_stays_and_the_version_shows_nothing_of_it() {
    let store = Arc::new(InMemory::new());
    let gated = Gated::over(store.clone());
    let mut known = Known::over(Arc::new(gated.clone())).await;
    known.put(0..300, "cat").await;
    known.until_sealed().await;
    known.put(300..310, "dog").await;
    gated.stop_at("put collections/c/blobs");
    let api = Arc::clone(&known.api);
    let publishing = tokio::spawn(async move { api.publish().await });
    gated.stopped().await;
    known.put(5..10, "dog").await;
    known.delete(20..40).await;
    known.put(1000..1200, "bird").await;
    known.check().await;
    known.until_sealed().await;
    known.put(305..308, "bird").await;
    known.check().await;
    gated.go_on();
    assert_eq!(publishing.await.unwrap()["points"], 310);
    known.check().await;
    assert!(known.sealed().await.0 >= 200, "what came after the version stays sealed");
    assert_eq!(known.api.status().await["pending"], 5 + 20 + 200 + 3);
    // The version, and pages of it, are what was published.
    let as_of = known.api.search(&json!({ "match": "cat", "asOf": 1, "topK": 10_000 })).await;
    assert_eq!(ids(&as_of).len(), 300);
    let page = known.api.search(&json!({ "match": "bird", "after": "start" })).await;
    assert_eq!((ids(&page).len(), &page["version"]), (0, &json!(1)));
    known.until_sealed().await;

    // A start finds all of it in the log, and seals it again.
    let bodies = std::mem::take(&mut known.bodies);
    drop(known);
    let known = Known { api: Arc::new(Api::over(store).await), bodies };
    known.check().await;
    known.until_sealed().await;
    known.check().await;
    assert_eq!(known.api.publish().await["points"], known.bodies.len());
    known.check().await;
    assert_eq!(known.sealed().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_is_gone_back_from_and_goes_with_its_collection() {
    let mut known = Known::over(Arc::new(InMemory::new())).await;
    known.put(0..200, "cat").await;
    known.api.publish().await;
    let before = known.bodies.clone();
    known.put(100..300, "dog").await;
    known.delete(0..10).await;
    known.until_sealed().await;
    known.check().await;
    known.api.post(&format!("{BASE}/rollback"), r#"{"version":1}"#).await.ok();
    known.bodies = before;
    known.check().await;
    known.put(400..600, "bird").await;
    known.until_sealed().await;
    assert!(known.api.call(axum::http::Method::DELETE, BASE, None, "").await.status.is_success());
    known.api.put(BASE, SCHEMA).await.ok();
    known.bodies.clear();
    known.check().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_counts_as_memory_until_it_is_published() {
    let mut known = Known::over(Arc::new(InMemory::new())).await;
    let bytes = async |known: &Known| known.api.status().await["pendingBytes"].as_u64().unwrap();
    known.put(0..500, "cat").await;
    let unsealed = bytes(&known).await;
    known.until_sealed().await;
    let sealed = bytes(&known).await;
    assert!(sealed < unsealed * 3 / 2, "{unsealed}, {sealed}");
    // The same points written again and again are not kept as often.
    for round in 0..4 {
        known.put(0..500, if round % 2 == 0 { "dog" } else { "cat" }).await;
        known.until_sealed().await;
        known.check().await;
    }
    assert!(bytes(&known).await <= sealed * 3 / 2);
    known.api.publish().await;
    assert_eq!(bytes(&known).await, 0);
    known.check().await;
}
