//! Going back while others write and publish: what they write stays, and no version holds half of the way back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, ids, point, points};
use crate::gate::Gated;

const BASE: &str = "/v1/collections/c";
/// The operation by which the version to go back to is looked up.
const LOOKS_UP: &str = "get collections/c/versions/00000000000000000001";

type Points = BTreeMap<String, Value>;

fn by_id(points: &[Value]) -> Points {
    points.iter().map(|point| (point["id"].as_str().unwrap().to_owned(), point.clone())).collect()
}

/// Every point, as it was given.
async fn contents(api: &Api) -> Points {
    let found = api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "exact": true, "fields": [] })).await;
    let mut all = Points::new();
    for id in ids(&found) {
        all.insert(id.clone(), api.get(&format!("{BASE}/points/{id}")).await.ok());
    }
    all
}

/// What each version holds that is kept: payloads by id, the first version first.
async fn versions(api: &Api) -> Vec<BTreeMap<String, Value>> {
    let newest = api.status().await["version"].as_u64().unwrap();
    let mut all = Vec::new();
    for version in 1..=newest {
        let query = json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "exact": true, "asOf": version });
        let answer = api.search(&query).await;
        all.push(
            ids(&answer)
                .into_iter()
                .zip(answer["hits"].as_array().unwrap().iter().map(|h| h["payload"].clone()))
                .collect(),
        );
    }
    all
}

fn payloads(points: &Points) -> BTreeMap<String, Value> {
    points.iter().map(|(id, point)| (id.clone(), point["payload"].clone())).collect()
}

/// Version 1 with p0 to p9; version 2 without p8 and p9, with others of p0 to p4, and with new1 and new2.
async fn prepared() -> (Gated, Arc<Api>, Points, Points) {
    prepared_in(Arc::new(InMemory::new())).await
}

async fn prepared_in(memory: Arc<InMemory>) -> (Gated, Arc<Api>, Points, Points) {
    let gated = Gated::over(memory);
    let api = Arc::new(Api::over(Arc::new(gated.clone())).await);
    api.put(BASE, SCHEMA).await.ok();
    let first = points(0..10);
    api.upsert(&first).await;
    api.publish().await;
    let changed: Vec<Value> = (0..5).map(|n| point(&format!("p{n}"), 100 + n)).collect();
    api.upsert(&changed).await;
    api.upsert(&[point("new1", 1), point("new2", 2)]).await;
    api.post(&format!("{BASE}/points/delete"), r#"{"ids":["p8","p9"]}"#).await.ok();
    api.publish().await;
    let second = contents(&api).await;
    (gated, api, by_id(&first), second)
}

/// Waits until a rollback has published what was pending, and has written nothing yet: it looks up the version before
/// that, and again after it.
async fn begins(gated: &Gated) {
    gated.stopped().await;
    gated.stop_at(LOOKS_UP);
    gated.go_on();
    gated.stopped().await;
}

fn spawn(api: &Arc<Api>, path: &str, body: &str) -> tokio::task::JoinHandle<Value> {
    let (api, path, body) = (Arc::clone(api), format!("{BASE}/{path}"), body.to_owned());
    tokio::spawn(async move { api.post(&path, body).await.ok() })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_meanwhile_stays() {
    let (gated, api, first, second) = prepared().await;
    gated.stop_at(LOOKS_UP);
    let back = spawn(&api, "rollback", r#"{"version":1}"#);
    begins(&gated).await;
    // One that would go, one that would be changed, one that would not be touched, one that would come back, one that
    // nobody knows.
    let written = [point("new1", 501), point("p1", 502), point("p7", 503), point("p9", 504), point("unknown", 505)];
    api.upsert(&written).await;
    api.post(&format!("{BASE}/points/delete"), r#"{"ids":["p2","p6","p8"]}"#).await.ok();
    gated.go_on();
    let receipt = back.await.unwrap();
    let mut expected = first.clone();
    expected.extend(by_id(&written));
    expected.retain(|id, _| !["p2", "p6", "p8"].contains(&id.as_str()));
    assert_eq!(contents(&api).await, expected);
    assert_eq!(receipt["version"], 3);
    let of_versions = [payloads(&first), payloads(&second), payloads(&expected)];
    assert_eq!(versions(&api).await, of_versions);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_publish_comes_between() {
    let (gated, api, first, second) = prepared().await;
    gated.stop_at(LOOKS_UP);
    let back = spawn(&api, "rollback", r#"{"version":1}"#);
    begins(&gated).await;
    // The first of its writes, by which points go: others are to be written again after it.
    gated.stop_at("put db/wal/");
    gated.go_on();
    gated.stopped().await;
    let publishing = spawn(&api, "publish", "");
    // It is not said when a publish that comes between would have got as far as it needs to.
    tokio::time::sleep(Duration::from_millis(100)).await;
    gated.go_on();
    let (back, published) = (back.await.unwrap(), publishing.await.unwrap());
    assert_eq!((&back["version"], &published["version"], &published["changed"]), (&json!(3), &json!(3), &json!(false)));
    assert_eq!(versions(&api).await, [payloads(&first), payloads(&second), payloads(&first)]);
    assert_eq!(contents(&api).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_publish_after_an_interruption_does_the_rest_first() {
    for (asked, body) in [("publish", ""), ("rollback", r#"{"version":1}"#)] {
        let memory = Arc::new(InMemory::new());
        let (gated, api, first, second) = prepared_in(memory.clone()).await;
        gated.stop_at(LOOKS_UP);
        let (interrupted, path) = (Arc::clone(&api), format!("{BASE}/rollback"));
        let back = tokio::spawn(async move { interrupted.post(&path, r#"{"version":1}"#).await });
        begins(&gated).await;
        // What it is about, which points go, and which are to be written again: the last is never written.
        for _ in 0..3 {
            gated.stop_at("put db/wal/");
            gated.go_on();
            gated.stopped().await;
        }
        let next = Api::over(memory).await;
        let mut half = second.clone();
        half.retain(|id, _| first.contains_key(id));
        assert_eq!(contents(&next).await, half, "{asked}");
        for status in [next.status().await, next.get("/v1/collections").await.ok()[0].clone()] {
            assert_eq!(status["unfinishedRollback"], 1, "{asked}");
        }
        gated.go_on();
        back.await.unwrap().problem("conflict");

        next.upsert(&[point("p3", 900), point("new2", 901)]).await;
        let receipt = next.post(&format!("{BASE}/{asked}"), body).await.ok();
        let mut arrived = first.clone();
        arrived.extend(by_id(&[point("p3", 900), point("new2", 901)]));
        let mut expected = vec![payloads(&first), payloads(&second), payloads(&arrived)];
        if asked == "rollback" {
            // What was written between the two calls is in a version of its own.
            expected.push(payloads(&first));
        }
        assert_eq!((receipt["version"].as_u64(), &receipt["changed"]), (Some(expected.len() as u64), &json!(true)));
        assert_eq!(receipt["finishedRollback"], 1, "{asked}");
        assert_eq!(next.status().await.get("unfinishedRollback"), None, "{asked}");
        assert_eq!(versions(&next).await, expected, "{asked}");
        next.upsert(&[point("p3", 950)]).await;
        let receipt = next.publish().await;
        assert_eq!(receipt["points"], expected.last().unwrap().len(), "it is not done twice");
        assert_eq!(receipt.get("finishedRollback"), None);
        assert!(contents(&next).await["p3"] == point("p3", 950));
    }
}
