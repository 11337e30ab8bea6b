//! A client that hangs up in the middle of a request that changes something: the request is carried out all the same,
//! to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, StatusCode};
use futures::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutPayload};
use serde_json::json;

use crate::api::{Api, SCHEMA, packed_model, point, points};
use crate::gate::Gated;
use crate::process::awaited;
use crate::versions::SHORT;

const BASE: &str = "/v1/collections/c";

struct Case {
    method: Method,
    path: &'static str,
    body: Vec<u8>,
    /// The operation within it at which the client hangs up.
    at: &'static str,
}

fn case(method: Method, path: &'static str, body: impl Into<Vec<u8>>, at: &'static str) -> Case {
    Case { method, path, body: body.into(), at }
}

/// Three versions, the first of them not needed any more, and a point that is not published.
async fn prepared() -> (Arc<InMemory>, Gated, Arc<Api>) {
    let memory = Arc::new(InMemory::new());
    let gated = Gated::over(memory.clone());
    let api = Arc::new(Api::keeping(Arc::new(gated.clone()), SHORT).await);
    api.put(BASE, SCHEMA).await.ok();
    for round in 0..2 {
        api.upsert(&points(round..10 + round)).await;
        api.publish().await;
    }
    api.upsert(&[point("pending", 1)]).await;
    let orphan = Path::from("collections/c/blobs/orphan");
    memory.put(&orphan, PutPayload::from_static(b"nobody names it")).await.unwrap();
    (memory, gated, api)
}

/// Whether a request has done all that it is for.
async fn is_done(api: &Api, memory: &InMemory, case: &Case) -> bool {
    let status = api.get(BASE).await;
    let number = |name: &str| status.json()[name].as_u64().unwrap();
    match (case.method.as_str(), case.path) {
        ("DELETE", "/v1/collections/c") => {
            let left = memory.list(Some(&Path::from("collections/c"))).try_collect::<Vec<_>>().await.unwrap();
            status.status == StatusCode::NOT_FOUND && left.is_empty()
        }
        ("PUT", "/v1/collections/d") => api.get(case.path).await.status == StatusCode::OK,
        ("PUT", "/v1/models/m") => api.get("/v1/models").await.ok()[0]["name"] == "m",
        ("PUT", "/v1/collections/c/points") => number("pending") == 2,
        ("POST", "/v1/collections/c/points/delete") => number("points") == 11,
        ("POST", "/v1/collections/c/publish") => number("version") == 3 && number("pending") == 0,
        ("POST", "/v1/collections/c/rollback") => number("version") == 4 && number("points") == 11,
        ("POST", "/v1/collections/c/gc") => memory.head(&Path::from("collections/c/blobs/orphan")).await.is_err(),
        ("PUT", _) => {
            let versions = api.get(&format!("{BASE}/versions")).await.ok();
            versions.as_array().unwrap().iter().any(|v| v["version"] == 2 && v["pinned"] == true)
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_carried_out_when_the_client_hangs_up() {
    let upsert = json!({ "points": [point("p1", 77)] }).to_string();
    for case in [
        case(Method::DELETE, BASE, "", "delete collections/c/"),
        case(Method::DELETE, BASE, "", "put db/wal/"),
        case(Method::PUT, "/v1/collections/d", SCHEMA, "put db/wal/"),
        case(Method::PUT, "/v1/models/m", packed_model(), "put models/"),
        case(Method::PUT, "/v1/models/m", packed_model(), "put db/wal/"),
        case(Method::PUT, "/v1/collections/c/points", upsert, "put db/wal/"),
        case(Method::POST, "/v1/collections/c/points/delete", r#"{"ids":["p5"]}"#, "put db/wal/"),
        case(Method::POST, "/v1/collections/c/publish", "", "put collections/c/manifests/"),
        case(Method::POST, "/v1/collections/c/publish", "", "put collections/c/head"),
        case(Method::POST, "/v1/collections/c/rollback", r#"{"version":2}"#, "put collections/c/head"),
        case(Method::POST, "/v1/collections/c/gc", "", "delete collections/c/"),
        case(Method::PUT, "/v1/collections/c/versions/2/pin", "", "put db/wal/"),
    ] {
        let (memory, gated, api) = prepared().await;
        gated.stop_at(case.at);
        let request = tokio::spawn({
            let (api, method, path, body) = (Arc::clone(&api), case.method.clone(), case.path, case.body.clone());
            let kind = if path.contains("models") { None } else { Some("application/json") };
            async move { drop(api.call(method, path, kind, Body::from(body)).await) }
        });
        awaited("reaching the gate", gated.stopped()).await;
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        gated.go_on();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !is_done(&api, &memory, &case).await {
            assert!(Instant::now() < deadline, "{} {} at {:?}", case.method, case.path, case.at);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
