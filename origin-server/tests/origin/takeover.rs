//! Two servers over the same data: the later one has it, the earlier one says so and writes no more.

use std::sync::Arc;

use axum::http::StatusCode;
use object_store::memory::InMemory;
use serde_json::json;

use crate::api::{Api, SCHEMA, point, points};
use crate::replica;

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_server_stops_writing_and_loses_nothing() {
    let store = Arc::new(InMemory::new());
    let earlier = Api::over(store.clone()).await;
    earlier.put("/v1/collections/c", SCHEMA).await.ok();
    earlier.upsert(&points(0..20)).await;
    earlier.publish().await;
    earlier.upsert(&points(20..30)).await;

    let later = Api::over(store.clone()).await;
    assert_eq!(later.status().await["points"], 30);

    let write = json!({ "points": [point("late", 1)] }).to_string();
    let refused = earlier.put("/v1/collections/c/points", write.clone()).await.problem("conflict");
    assert!(refused["detail"].as_str().unwrap().contains("another server"), "{refused}");
    earlier.post("/v1/collections/c/publish", "").await.problem("conflict");
    earlier.post("/v1/collections/c/points/delete", r#"{"ids":["p1"]}"#).await.problem("conflict");
    earlier.get("/readyz").await.problem("not_ready");
    assert_eq!(
        earlier.search(&json!({ "vector": [1, 0, 0, 0], "topK": 99 })).await["hits"].as_array().unwrap().len(),
        30
    );

    later.put("/v1/collections/c/points", write).await.ok();
    assert_eq!(later.publish().await["version"], 2);
    let (head, _, snapshot) = replica::fetch(&later).await;
    assert_eq!((head.version, snapshot.live_points()), (2, 31));
    assert_eq!(later.get("/readyz").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_taken_over_unawares_does_not_publish() {
    let store = Arc::new(InMemory::new());
    let earlier = Api::over(store.clone()).await;
    earlier.put("/v1/collections/c", SCHEMA).await.ok();
    earlier.upsert(&points(0..20)).await;
    let later = Api::over(store).await;
    earlier.post("/v1/collections/c/publish", "").await.problem("conflict");
    later.get("/v1/collections/c/head").await.problem("not_published");
    assert_eq!(later.publish().await["version"], 1);
}
