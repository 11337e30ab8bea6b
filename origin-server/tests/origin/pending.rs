//! Limits on what is unpublished, and publishing without being asked.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use headwater_origin::pending::Limits;
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, ndjson, point, points};
use crate::faults::{Faulty, Moment};
use crate::process::{BINARY, Server, succeeds};

const BASE: &str = "/v1/collections/c";
/// Of a collection, without anything that publishes by itself.
const SMALL: Limits = Limits { collection_bytes: 60_000, total_bytes: 1 << 30, publish_at: None };

async fn collection(limits: Limits) -> (Arc<InMemory>, Api) {
    let store = Arc::new(InMemory::new());
    let api = Api::limited(store.clone(), limits).await;
    api.put(BASE, SCHEMA).await.ok();
    (store, api)
}

async fn put(api: &Api, collection: &str, points: &[Value]) -> crate::api::Reply {
    api.put(&format!("/v1/collections/{collection}/points"), json!({ "points": points }).to_string()).await
}

async fn pending_bytes(api: &Api, collection: &str) -> u64 {
    api.get(&format!("/v1/collections/{collection}")).await.ok()["pendingBytes"].as_u64().unwrap()
}

/// Asks until it is so.
async fn until(what: &str, so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_want_of_room_leaves_no_trace_and_what_was_acknowledged_stays() {
    let (store, api) = collection(SMALL).await;
    let mut written = 0;
    let refused = loop {
        let reply = put(&api, "c", &points(written..written + 10)).await;
        if reply.status != StatusCode::OK {
            break reply;
        }
        written += 10;
        assert!(written < 10_000, "a limit that is never reached");
    };
    let problem = refused.problem("pending_full");
    assert_eq!((&problem["status"], &problem["retryable"]), (&json!(429), &json!(true)));
    assert_eq!(refused.header("retry-after"), Some("5"));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("POST /v1/collections/c/publish") && detail.contains("--publish-at"), "{detail}");
    let status = api.status().await;
    assert_eq!((&status["points"], &status["lsn"]), (&json!(written), &json!(written)), "nothing of what was refused");
    let bytes = pending_bytes(&api, "c").await;
    assert!((60_000..80_000).contains(&bytes), "{bytes}: beyond the limit by one write at most");
    // A delete is a change too; searches and reads go on.
    api.post(&format!("{BASE}/points/delete"), r#"{"ids":["p0"]}"#).await.problem("pending_full");
    assert!(api.has("p0").await);
    assert_eq!(put(&api, "c", &[]).await.status, StatusCode::OK, "nothing needs no room");

    // After a restart the same is pending, and the limit is reached as before.
    let api = Api::limited(store.clone(), SMALL).await;
    assert_eq!((api.status().await["points"].clone(), pending_bytes(&api, "c").await), (json!(written), bytes));
    put(&api, "c", &points(written..written + 1)).await.problem("pending_full");

    assert_eq!(api.publish().await["points"], written);
    assert_eq!(pending_bytes(&api, "c").await, 0);
    put(&api, "c", &points(written..written + 10)).await.ok();
    assert_eq!(Api::over(store).await.status().await["points"], written + 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_again_or_deleted_counts_once() {
    let (_, api) = collection(SMALL).await;
    put(&api, "c", &points(0..20)).await.ok();
    let bytes = pending_bytes(&api, "c").await;
    for _ in 0..50 {
        put(&api, "c", &points(0..20)).await.ok();
    }
    assert_eq!(pending_bytes(&api, "c").await, bytes);
    let ids: Vec<String> = (0..20).map(|n| format!("p{n}")).collect();
    api.post(&format!("{BASE}/points/delete"), json!({ "ids": ids }).to_string()).await.ok();
    let deleted = pending_bytes(&api, "c").await;
    assert!(0 < deleted && deleted < bytes / 2, "{deleted} of {bytes}");
    api.publish().await;
    assert_eq!(pending_bytes(&api, "c").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing_while_the_limit_is_met_and_lifted() {
    let (store, api) = collection(SMALL).await;
    let api = Arc::new(api);
    let writers = (0..8u32).map(|writer| {
        let api = Arc::clone(&api);
        tokio::spawn(async move {
            let (mut taken, mut refused) = (BTreeSet::new(), 0);
            for n in 0..40u32 {
                let batch: Vec<Value> = (0..5).map(|i| point(&format!("w{writer}-{n}-{i}"), n)).collect();
                loop {
                    let reply = put(&api, "c", &batch).await;
                    if reply.status == StatusCode::OK {
                        break;
                    }
                    reply.problem("pending_full");
                    refused += 1;
                    api.publish().await;
                }
                taken.extend((0..5).map(|i| format!("w{writer}-{n}-{i}")));
            }
            (taken, refused)
        })
    });
    let (mut taken, mut refused) = (BTreeSet::new(), 0);
    for outcome in futures::future::join_all(writers).await {
        let (ids, times) = outcome.unwrap();
        taken.extend(ids);
        refused += times;
    }
    assert!(refused > 0, "the limit was met");
    assert_eq!(taken.len(), 8 * 40 * 5);
    api.publish().await;
    assert_eq!(pending_bytes(&api, "c").await, 0, "no room is lost on the way");
    let again = Api::over(store).await;
    assert_eq!(again.status().await["points"], taken.len());
    for id in taken {
        assert!(again.has(&id).await, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_share_the_memory_of_their_server() {
    let limits = Limits { collection_bytes: 1 << 30, total_bytes: 60_000, publish_at: None };
    let (_, api) = collection(limits).await;
    api.put("/v1/collections/d", SCHEMA).await.ok();
    put(&api, "d", &points(0..5)).await.ok();
    while put(&api, "c", &points(0..10_000)).await.status == StatusCode::OK {}
    let problem = put(&api, "d", &points(5..6)).await.problem("pending_full");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the collections of this server") && detail.contains("pendingBytes"), "{detail}");
    api.publish().await;
    put(&api, "d", &points(5..6)).await.ok();
    // What goes with a collection is free again.
    while put(&api, "c", &points(0..10_000)).await.status == StatusCode::OK {}
    put(&api, "d", &points(6..7)).await.problem("pending_full");
    api.call(axum::http::Method::DELETE, BASE, None, axum::body::Body::empty()).await;
    put(&api, "d", &points(6..7)).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_where_it_was_refused() {
    let (_, api) = collection(Limits { collection_bytes: 900_000, ..SMALL }).await;
    let all = points(0..4000);
    let (mut from, mut refusals) = (0, 0);
    loop {
        let reply = api.stream("c", ndjson(&all[from..])).await;
        if reply.status == StatusCode::OK {
            break;
        }
        let problem = reply.problem("pending_full");
        let committed = usize::try_from(problem["committed"].as_u64().unwrap()).unwrap();
        assert_eq!(problem["line"], committed + 1, "the first line that is not taken");
        from += committed;
        refusals += 1;
        assert_eq!(api.status().await["points"], from);
        api.publish().await;
    }
    assert!(refusals > 0);
    assert_eq!(api.status().await["points"], 4000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_grown_large_is_published_without_being_asked() {
    let (_, api) = collection(Limits { publish_at: Some(30_000), ..SMALL }).await;
    put(&api, "c", &points(0..5)).await.ok();
    for round in 1..20 {
        put(&api, "c", &points(round * 5..round * 5 + 5)).await.ok();
        if pending_bytes(&api, "c").await < 30_000 {
            continue;
        }
        until("it is published", async || api.status().await["pending"] == 0).await;
    }
    let status = api.status().await;
    assert!(status["version"].as_u64().unwrap() >= 1, "{status}");
    assert_eq!(status["points"], 100);
    // What has not is left alone.
    let version = status["version"].clone();
    api.publish().await;
    put(&api, "c", &points(0..5)).await.ok();
    assert!(pending_bytes(&api, "c").await > 0);
    assert!(api.status().await["version"].as_u64() <= version.as_u64().map(|v| v + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_small_collections_the_largest_is_published_when_half_of_the_room_is_taken() {
    let limits = Limits { collection_bytes: 1 << 30, total_bytes: 120_000, publish_at: Some(1 << 29) };
    let (_, api) = collection(limits).await;
    for name in ["d", "e"] {
        api.put(&format!("/v1/collections/{name}"), SCHEMA).await.ok();
        put(&api, name, &points(0..10)).await.ok();
    }
    put(&api, "c", &points(0..11)).await.ok();
    let all = async || pending_bytes(&api, "c").await + pending_bytes(&api, "d").await + pending_bytes(&api, "e").await;
    assert!(all().await < 60_000, "not yet: {}", all().await);
    assert_eq!(api.status().await["version"], 0);
    for round in 1.. {
        put(&api, "c", &points(round * 11..round * 11 + 11)).await.ok();
        if all().await >= 60_000 || api.status().await["version"] != 0 {
            break;
        }
    }
    until("it is published", async || api.status().await["version"] != 0).await;
    for name in ["d", "e"] {
        assert_eq!(api.get(&format!("/v1/collections/{name}")).await.ok()["version"], 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_what_nobody_asked_for_is_shown_and_it_is_tried_again() {
    let store = Arc::new(Faulty::new());
    let api = Api::limited(store.clone(), Limits { publish_at: Some(30_000), ..SMALL }).await;
    api.put(BASE, SCHEMA).await.ok();
    // The first thing that a publish asks its store.
    store.arm(Some((0, Moment::Before)));
    put(&api, "c", &points(0..200)).await.ok();
    let progress = async || api.get(&format!("{BASE}/publish")).await.ok();
    until("the failure is shown", async || progress().await["lastError"]["code"] == "storage_failed").await;
    assert_eq!(api.status().await["version"], 0);
    until("it is tried again", async || api.status().await["version"] == 1).await;
    until("and no failure is shown then", async || progress().await["lastError"].is_null()).await;
    assert_eq!(api.status().await["pending"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_many_pages_is_read_at_a_start() {
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    api.put(BASE, SCHEMA).await.ok();
    for round in 0..7u32 {
        let same: Vec<Value> = (0..10_000).map(|n| point(&format!("p{}", n % 10), round * 10 + n % 10)).collect();
        put(&api, "c", &same).await.ok();
    }
    put(&api, "c", &[point("last", 1)]).await.ok();
    let status = api.status().await;
    assert_eq!((&status["lsn"], &status["pending"]), (&json!(70_001), &json!(11)));
    let again = Api::over(store).await;
    assert_eq!(again.status().await, status);
    assert_eq!(again.get(&format!("{BASE}/points/p3")).await.ok(), point("p3", 63));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_tells_what_it_does() {
    let api = Arc::new(Api::with_collection().await);
    api.stream("c", ndjson(&points(0..8000))).await.ok();
    let publishing = tokio::spawn({
        let api = Arc::clone(&api);
        async move { api.publish().await }
    });
    let mut phases: Vec<String> = Vec::new();
    while !publishing.is_finished() {
        let progress = api.get(&format!("{BASE}/publish")).await.ok();
        let (done, total) = (progress["done"].as_u64().unwrap(), progress["total"].as_u64().unwrap());
        assert!(done <= total, "{progress}");
        if let Some(phase) = progress["phase"].as_str() {
            assert_eq!((&progress["publishing"], &progress["automatic"]), (&json!(true), &json!(false)));
            phases.push(phase.to_owned());
        }
    }
    phases.dedup();
    publishing.await.unwrap();
    let order =
        ["waiting", "clusters", "codes", "scan", "fields", "payloads", "writing", "signing", "opening", "cleaning"];
    let places: Vec<_> = phases.iter().map(|phase| order.iter().position(|o| o == phase)).collect();
    assert!(!places.is_empty() && places.is_sorted() && places.iter().all(Option::is_some), "{phases:?}");
    let after = api.get(&format!("{BASE}/publish")).await.ok();
    assert_eq!((&after["publishing"], &after["phase"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_waits_for_room_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--publish-at", "off", "--pending-limit", "500KB"];
    let data = folder.path().join("data");
    let server = Server::with(data.to_str().unwrap(), &folder.path().join("log"), &arguments, &[]).await;
    server.put(BASE, SCHEMA).await;
    let file = folder.path().join("points.ndjson");
    std::fs::write(&file, ndjson(&points(0..3000))).unwrap();
    let mut import = Command::new(BINARY);
    import.args(["import", file.to_str().unwrap(), "-c", "c", "--batch", "700", "--url", &server.url]);
    let import = import.env_remove("HEADWATER_TOKEN").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waited = tokio::task::spawn_blocking(move || import.wait_with_output().unwrap());
    let mut full = 0;
    while !waited.is_finished() {
        let bytes = server.get(BASE).await["pendingBytes"].as_u64().unwrap();
        if bytes >= 500_000 {
            full += 1;
            // Twice, so that it is refused once at least.
            tokio::time::sleep(Duration::from_millis(200)).await;
            server.post(&format!("{BASE}/publish"), "").await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = waited.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(succeeds(&output).contains("3000 points imported"));
    assert!(full > 0 && said.contains("waiting: collection \"c\" has") && said.contains("headwater publish"), "{said}");
    assert_eq!(server.get(BASE).await["points"], 3000);
    assert!(server.stop().success());
}
