//! A publish that fails at any operation of the object store: what is acknowledged stays, what is
//! published stays whole, and publishing again, in this process or after a restart, succeeds.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http::{Method, StatusCode};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, ids, point, points};
use crate::replica;

/// When the failing operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before anything has happened.
    Before,
    /// After it has happened: only the answer is lost.
    After,
}

#[derive(Debug, Default)]
struct Plan {
    seen: usize,
    /// Number of the operation that fails, and when.
    fails: Option<(usize, Moment)>,
    struck: Option<String>,
}

/// A store in memory whose operations on collections can fail. The log's are left alone: SlateDB
/// tries them until they succeed.
#[derive(Debug)]
pub(crate) struct Faulty {
    inner: InMemory,
    plan: Mutex<Plan>,
}

impl Faulty {
    pub(crate) fn new() -> Self {
        Self { inner: InMemory::new(), plan: Mutex::default() }
    }

    pub(crate) fn arm(&self, fails: Option<(usize, Moment)>) {
        *self.plan.lock().unwrap() = Plan { seen: 0, fails, struck: None };
    }

    fn struck(&self) -> Option<String> {
        self.plan.lock().unwrap().struck.clone()
    }

    /// Whether this operation is the one that fails.
    fn strikes(&self, what: &str, path: &Path) -> Option<Moment> {
        if !path.as_ref().starts_with("collections/") {
            return None;
        }
        let mut plan = self.plan.lock().unwrap();
        let number = plan.seen;
        plan.seen += 1;
        let (_, moment) = plan.fails.filter(|(at, _)| *at == number)?;
        plan.struck = Some(format!("{what} {path}"));
        Some(moment)
    }
}

fn lost() -> Error {
    Error::Generic { store: "Faulty", source: "injected".into() }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match self.strikes("put", location) {
            Some(Moment::Before) => Err(lost()),
            Some(Moment::After) => self.inner.put_opts(location, payload, options).await.and(Err(lost())),
            None => self.inner.put_opts(location, payload, options).await,
        }
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        match self.strikes("get", location) {
            Some(_) => Err(lost()),
            None => self.inner.get_opts(location, options).await,
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        match self.strikes("delete", &Path::from("collections/c")) {
            Some(_) => stream::once(async { Err(lost()) }).boxed(),
            None => self.inner.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A published version, and changes after it that fold, replace and delete.
async fn prepared(store: &Arc<Faulty>) -> Api {
    let api = Api::over(Arc::clone(store) as Arc<dyn ObjectStore>).await;
    api.put("/v1/collections/c", SCHEMA).await.ok();
    api.upsert(&points(0..60)).await;
    api.publish().await;
    api.upsert(&points(55..70)).await;
    api.post("/v1/collections/c/points/delete", r#"{"ids":["p1"]}"#).await.ok();
    api
}

/// All that can be found, with its payload.
async fn everything(api: &Api) -> Vec<(String, Value)> {
    let answer = api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 1000, "exact": true })).await;
    let mut found: Vec<(String, Value)> =
        ids(&answer).into_iter().zip(answer["hits"].as_array().unwrap().iter().map(|h| h["payload"].clone())).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// After the failure: nothing is lost, a replica gets a whole version, writing and publishing go on.
async fn goes_on(api: &Api, expected: &[(String, Value)], context: &str) {
    assert_eq!(everything(api).await, expected, "{context}");
    let (head, ..) = replica::fetch(api).await;
    assert!((1..=2).contains(&head.version), "{context}");
    let published = api.publish().await;
    assert_eq!(published["version"], 2, "{context}");
    assert_eq!(everything(api).await, expected, "{context}");
    let (head, _, snapshot) = replica::fetch(api).await;
    assert_eq!((head.version, snapshot.live_points()), (2, 69), "{context}");
    let status = api.status().await;
    assert_eq!((&status["points"], &status["pending"]), (&json!(69), &json!(0)), "{context}");
    api.upsert(&[point("after", 1)]).await;
    assert_eq!(api.publish().await["version"], 3, "{context}");
    assert_eq!(api.status().await["points"], 70, "{context}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_may_fail_anywhere() {
    for moment in [Moment::Before, Moment::After] {
        let mut operations = Vec::new();
        for number in 0.. {
            let store = Arc::new(Faulty::new());
            let api = prepared(&store).await;
            let expected = everything(&api).await;
            store.arm(Some((number, moment)));
            let outcome = api.post("/v1/collections/c/publish", "").await;
            let Some(operation) = store.struck() else {
                assert_eq!(outcome.ok()["version"], 2);
                break;
            };
            let context = format!("{moment:?} {operation}");
            if !outcome.status.is_success() {
                outcome.problem("storage_failed");
            }
            store.arm(None);
            // What a restart would find.
            let left = Api::over(Arc::new(store.inner.fork())).await;
            goes_on(&left, &expected, &format!("restarted after {context}")).await;
            goes_on(&api, &expected, &context).await;
            operations.push(operation);
        }
        for kind in [
            "put collections/c/blobs/",
            "put collections/c/manifests/",
            "put collections/c/versions/",
            "put collections/c/head",
        ] {
            assert!(operations.iter().any(|o| o.starts_with(kind)), "{kind} is in {operations:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_stopped_half_way_is_finished_at_the_next_start() {
    let store = Arc::new(Faulty::new());
    let api = prepared(&store).await;
    // As a stop right after the deletion was noted, with a part of the objects gone.
    api.origin.close().await.unwrap();
    let shared = crate::api::shared(store.clone()).await;
    shared.store.put_record("deleting", "c", Vec::new()).await.unwrap();
    shared.objects.remove_all("collections/c/manifests").await.unwrap();
    drop(shared);
    let next = Api::over(store).await;
    next.get("/v1/collections/c").await.problem("collection_not_found");
    next.put("/v1/collections/c", SCHEMA).await.ok();
    assert_eq!(next.status().await["points"], 0);
    assert!(!next.has("p5").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_failed_half_way_is_gone_on_with() {
    for again in ["DELETE", "PUT"] {
        let store = Arc::new(Faulty::new());
        let api = prepared(&store).await;
        store.arm(Some((0, Moment::Before)));
        api.call(Method::DELETE, "/v1/collections/c", None, "").await.problem("storage_failed");
        assert!(store.struck().unwrap().starts_with("delete"));
        store.arm(None);
        if again == "DELETE" {
            assert_eq!(api.call(Method::DELETE, "/v1/collections/c", None, "").await.status, StatusCode::NO_CONTENT);
            api.call(Method::DELETE, "/v1/collections/c", None, "").await.problem("collection_not_found");
        }
        api.put("/v1/collections/c", SCHEMA).await.ok();
        assert_eq!(api.status().await["points"], 0, "{again}");
        api.get("/v1/collections/c/head").await.problem("not_published");
    }
}
