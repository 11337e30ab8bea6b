//! Synonyms change without anything being indexed anew.

use std::sync::Arc;

use axum::http::StatusCode;
use headwater_core::model::{AnsweredBy, Query};
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, ids};
use crate::gate::Gated;
use crate::replica::fetch;

const BASE: &str = "/v1/collections/c";

fn schema(synonyms: &Value) -> String {
    json!({ "text": { "body": { "language": "en" } }, "synonyms": synonyms }).to_string()
}

async fn filled(api: &Api) {
    assert_eq!(api.put(BASE, schema(&json!([["tv", "television"]]))).await.status, StatusCode::CREATED);
    let bodies = [("a", "a tv"), ("b", "a television"), ("c", "a telly")];
    let points: Vec<Value> = bodies.iter().map(|(id, body)| json!({ "id": id, "payload": { "body": body } })).collect();
    api.upsert(&points).await;
}

async fn change(api: &Api, synonyms: &Value) -> Value {
    let reply = api.put(BASE, schema(synonyms)).await;
    assert_eq!(reply.status, StatusCode::OK);
    reply.json()
}

async fn found(api: &Api, word: &str) -> Vec<String> {
    ids(&api.search(&json!({ "match": word })).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_synonyms_are_searched_by_at_once_after_a_restart_and_in_the_next_version() {
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    filled(&api).await;
    assert_eq!(found(&api, "tv").await, ["a", "b"], "of what is not published too");
    api.publish().await;
    let (_, before, _) = fetch(&api).await;
    let others = json!([{ "from": ["tv"], "to": ["telly"] }]);
    assert_eq!(change(&api, &others).await["schema"]["synonyms"], others);
    assert_eq!(found(&api, "tv").await, ["a", "c"]);
    assert_eq!(found(&api, "television").await, ["b"]);
    // Replicas have them with the next version, and who asks for the last one has what they have.
    assert_eq!(ids(&api.search(&json!({ "match": "tv", "asOf": 1 })).await), ["a", "b"]);
    api.origin.close().await.unwrap();

    let api = Api::over(store).await;
    assert_eq!(api.status().await["schema"]["synonyms"], others);
    assert_eq!(found(&api, "tv").await, ["a", "c"]);
    let receipt = api.publish().await;
    assert_eq!((&receipt["version"], &receipt["changed"]), (&json!(2), &json!(true)));
    let (head, after, replica) = fetch(&api).await;
    assert_eq!((head.version, after.lsn), (2, before.lsn));
    assert_eq!(after.segments, before.segments, "nothing is written anew");
    let query = Query::from_json(br#"{"match": "tv"}"#).unwrap();
    let hits = replica.search(&query, None, AnsweredBy::Origin).unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(ids(&api.search(&json!({ "match": "tv", "asOf": 1 })).await), ["a", "b"], "the version before");
    assert_eq!(api.publish().await["changed"], false);
    // Those that are there again are no change.
    change(&api, &others).await;
    assert_eq!(api.publish().await["changed"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_can_be_taken_away_and_nothing_else_of_a_schema_changes() {
    let api = Api::new().await;
    filled(&api).await;
    change(&api, &json!([])).await;
    assert_eq!(found(&api, "tv").await, ["a"]);
    assert!(api.status().await["schema"].get("synonyms").is_none());
    let more = json!({ "text": { "body": { "language": "en" }, "title": {} }, "synonyms": [["a", "b"]] });
    let refused = api.put(BASE, more.to_string()).await.problem("collection_exists");
    assert!(refused["detail"].as_str().unwrap().contains("only synonyms"), "{refused}");
    api.put(BASE, schema(&json!([["tv"]]))).await.problem("invalid_schema");
    assert_eq!(found(&api, "tv").await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_under_way_does_not_take_them_back() {
    let gated = Gated::over(Arc::new(InMemory::new()));
    let api = Arc::new(Api::over(Arc::new(gated.clone())).await);
    filled(&api).await;
    gated.stop_at("put collections/c/versions/00000000000000000001");
    let publishing = tokio::spawn({
        let api = Arc::clone(&api);
        async move { api.publish().await }
    });
    gated.stopped().await;
    let others = json!([["television", "telly"]]);
    change(&api, &others).await;
    gated.go_on();
    publishing.await.unwrap();
    assert_eq!(found(&api, "telly").await, ["c", "b"]);
    assert_eq!(api.publish().await["changed"], json!(true));
    let (_, manifest, _) = fetch(&api).await;
    assert_eq!(serde_json::to_value(&manifest.schema.synonyms).unwrap(), others);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_to_a_version_leaves_them_as_they_are() {
    let api = Api::new().await;
    filled(&api).await;
    api.publish().await;
    let others = json!([["tv", "telly"]]);
    change(&api, &others).await;
    api.upsert(&[json!({ "id": "d", "payload": { "body": "another tv" } })]).await;
    api.publish().await;
    assert_eq!(api.post(&format!("{BASE}/rollback"), r#"{"version": 1}"#).await.status, StatusCode::OK);
    assert_eq!(found(&api, "tv").await, ["a", "c"]);
    let (head, manifest, _) = fetch(&api).await;
    assert_eq!((head.version, serde_json::to_value(&manifest.schema.synonyms).unwrap()), (3, others));
}
