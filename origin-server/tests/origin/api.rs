//! The router in this process, over a store in memory that outlives a restart.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use headwater_core::embed::pack;
use headwater_core::manifest::SigningKey;
use headwater_origin::collection::{Retention, Shared};
use headwater_origin::keys::Signer;
use headwater_origin::objects::Objects;
use headwater_origin::pending::{Budget, Limits};
use headwater_origin::server::Origin;
use headwater_origin::store::{SlateStore, Upkeep};
use headwater_origin::{Access, app};
use metrics_exporter_prometheus::PrometheusBuilder;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::process::awaited;

pub(crate) const SCHEMA: &str = r#"{"vectors":{"meaning":{"dim":4}},"fields":{"kind":"keyword","rank":"integer"}}"#;
pub(crate) const MODEL: &str = "static-minilm-256";

pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) origin: Arc<Origin>,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::over(Arc::new(InMemory::new())).await
    }

    pub(crate) async fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self::with(store, &Access::default()).await
    }

    /// That keeps versions for so long.
    pub(crate) async fn keeping(store: Arc<dyn ObjectStore>, retention: Retention) -> Self {
        Self::of(Shared { retention, ..shared(store).await }, &Access::default()).await
    }

    /// That takes only so much that is not published.
    pub(crate) async fn limited(store: Arc<dyn ObjectStore>, limits: Limits) -> Self {
        Self::of(Shared { pending: Arc::new(Budget::new(limits)), ..shared(store).await }, &Access::default()).await
    }

    pub(crate) async fn with(store: Arc<dyn ObjectStore>, access: &Access) -> Self {
        Self::of(shared(store).await, access).await
    }

    pub(crate) async fn of(shared: Shared, access: &Access) -> Self {
        let origin = awaited("a start", Origin::over(shared)).await.unwrap();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        Self { router: app(Arc::clone(&origin), access, metrics), origin }
    }

    /// With the collection `c`.
    pub(crate) async fn with_collection() -> Self {
        let api = Self::new().await;
        assert_eq!(api.put("/v1/collections/c", SCHEMA).await.status, StatusCode::CREATED);
        api
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let what = format!("{} {}", request.method(), request.uri());
        let response = awaited(&what, self.router.clone().oneshot(request)).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, kind: Option<&str>, body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None, Body::empty()).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.call(Method::PUT, path, Some("application/json"), body).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Reply {
        self.call(Method::POST, path, Some("application/json"), body).await
    }

    pub(crate) async fn stream(&self, collection: &str, body: impl Into<Body>) -> Reply {
        let path = format!("/v1/collections/{collection}/points");
        self.call(Method::PUT, &path, Some("application/x-ndjson"), body).await
    }

    pub(crate) async fn upsert(&self, points: &[Value]) -> Value {
        self.put("/v1/collections/c/points", json!({ "points": points }).to_string()).await.ok()
    }

    pub(crate) async fn search(&self, query: &Value) -> Value {
        self.post("/v1/collections/c/search", query.to_string()).await.ok()
    }

    pub(crate) async fn publish(&self) -> Value {
        self.post("/v1/collections/c/publish", Body::empty()).await.ok()
    }

    pub(crate) async fn status(&self) -> Value {
        self.get("/v1/collections/c").await.ok()
    }

    pub(crate) async fn has(&self, id: &str) -> bool {
        self.get(&format!("/v1/collections/c/points/{id}")).await.status == StatusCode::OK
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{}: {e}: {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The JSON of a success.
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        self.json()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().unwrap())
    }

    /// A problem document with this code, whose status is the code's.
    #[track_caller]
    pub(crate) fn problem(&self, code: &str) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}: {text}", self.status);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{text}");
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["type"], format!("urn:headwater:problem:{code}"));
        assert!(problem["detail"].as_str().is_some_and(|d| !d.is_empty()), "{text}");
        problem
    }
}

/// What an origin needs, over any store. The key is always the same.
pub(crate) async fn shared(store: Arc<dyn ObjectStore>) -> Shared {
    shared_with(store, Upkeep::flushing(Duration::from_millis(1))).await
}

/// The same, with all that can be chosen of the log.
pub(crate) async fn shared_with(store: Arc<dyn ObjectStore>, upkeep: Upkeep) -> Shared {
    let points = awaited("opening the log", SlateStore::with(Arc::clone(&store), "db", upkeep)).await.unwrap();
    let signer = Arc::new(Signer::new(SigningKey::from_seed([7; 32]), None));
    Shared {
        store: Arc::new(points),
        objects: Objects::over(store),
        signer,
        retention: Retention::default(),
        pending: Arc::default(),
    }
}

/// A point whose vector and payload depend on `n`.
pub(crate) fn point(id: &str, n: u32) -> Value {
    let angle = f64::from(n) * 0.37;
    // Numbers that are the same in every precision, so that what comes back can be compared.
    let vector = [angle.sin(), angle.cos(), (angle * 0.5).sin(), 0.25].map(|x| (x * 64.0).round() / 64.0);
    let kind = if n.is_multiple_of(2) { "even" } else { "odd" };
    json!({ "id": id, "vectors": { "meaning": vector }, "payload": { "kind": kind, "rank": n, "n": n } })
}

pub(crate) fn points(range: std::ops::Range<u32>) -> Vec<Value> {
    range.map(|n| point(&format!("p{n}"), n)).collect()
}

pub(crate) fn ndjson(points: &[Value]) -> String {
    points.iter().map(|p| format!("{p}\n")).collect()
}

pub(crate) fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|h| h["id"].as_str().unwrap().to_owned()).collect()
}

/// The folder of the model that the examples use.
pub(crate) fn model_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/wordnet/model")
}

pub(crate) fn packed_model() -> Vec<u8> {
    let file = |name| std::fs::read(model_folder().join(name)).unwrap();
    pack(&file("config.json"), &file("tokenizer.json"), &file("model.safetensors")).unwrap()
}
