//! Versions: listed, pinned, gone back to, dropped with all that only they needed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use headwater_core::error::Code;
use headwater_core::manifest::{BlobRef, PAGE_BYTES, PageList};
use headwater_origin::collection::Retention;
use headwater_origin::objects::Objects;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, ids, point, points};
use crate::replica::fetch;

const BASE: &str = "/v1/collections/c";

/// Two versions, whatever their age.
pub(crate) const SHORT: Retention = Retention { versions: 2, age: Duration::ZERO, grace: Duration::ZERO };

async fn collection(retention: Retention) -> (Arc<InMemory>, Api) {
    let store = Arc::new(InMemory::new());
    let api = Api::keeping(store.clone(), retention).await;
    assert_eq!(api.put(BASE, SCHEMA).await.status, StatusCode::CREATED);
    (store, api)
}

async fn numbers(api: &Api) -> Vec<u64> {
    let versions = api.get(&format!("{BASE}/versions")).await.ok();
    versions.as_array().unwrap().iter().map(|v| v["version"].as_u64().unwrap()).collect()
}

async fn stored(store: &InMemory, folder: &str) -> HashSet<String> {
    let path = Path::from(format!("collections/c/{folder}"));
    let found: Vec<ObjectMeta> = store.list(Some(&path)).try_collect().await.unwrap();
    found.iter().map(|o| o.location.filename().unwrap().to_owned()).collect()
}

async fn roll_back(api: &Api, version: u64) -> Value {
    api.post(&format!("{BASE}/rollback"), json!({ "version": version }).to_string()).await.ok()
}

/// Every point as it was given, vectors included.
async fn contents(api: &Api) -> BTreeMap<String, Value> {
    let found = api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "fields": [] })).await;
    let mut all = BTreeMap::new();
    for id in ids(&found) {
        all.insert(id.clone(), api.get(&format!("{BASE}/points/{id}")).await.ok());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_listed_and_those_that_need_not_be_kept_go() {
    let (store, api) = collection(SHORT).await;
    for round in 0..5u32 {
        api.upsert(&points(round * 50..round * 50 + 50)).await;
        api.publish().await;
        if round == 0 {
            assert_eq!(api.put(&format!("{BASE}/versions/1/pin"), "").await.status, StatusCode::NO_CONTENT);
        }
    }
    assert_eq!(numbers(&api).await, [5, 4, 1]);
    let newest = api.get(&format!("{BASE}/versions")).await.ok()[0].clone();
    assert_eq!((&newest["points"], &newest["lsn"], &newest["pinned"]), (&json!(250), &json!(250), &json!(false)));
    // What is kept can be searched as it was; what is not says so.
    let as_of =
        |version: u64| json!({ "vector": [1, 0, 0, 0], "topK": 1000, "fields": [], "asOf": version }).to_string();
    for (version, points) in [(1, 50), (4, 200), (5, 250)] {
        assert_eq!(ids(&api.post(&format!("{BASE}/search"), as_of(version)).await.ok()).len(), points, "{version}");
    }
    api.post(&format!("{BASE}/search"), as_of(3)).await.problem("version_not_held");
    api.put(&format!("{BASE}/versions/3/pin"), "").await.problem("version_not_held");
    let in_time = json!({ "vector": [1, 0, 0, 0], "topK": 1000, "fields": [], "asOf": "9999-12-31" });
    assert_eq!(api.search(&in_time).await["version"], 5);
    // Nothing is there that no kept version names, and nothing of theirs is missing.
    let mut named = HashSet::new();
    for hash in stored(&store, "manifests").await {
        let manifest = api.get(&format!("{BASE}/manifests/{hash}")).await.json();
        for segment in manifest["segments"].as_array().unwrap() {
            named.insert(segment["blob"]["hash"].as_str().unwrap().to_owned());
            named.extend(segment["tombstones"]["hash"].as_str().map(str::to_owned));
        }
    }
    assert_eq!(stored(&store, "manifests").await.len(), 3);
    assert_eq!(stored(&store, "blobs").await, named);
    let unpinned = api.call(Method::DELETE, &format!("{BASE}/versions/1/pin"), None, Body::empty()).await;
    assert_eq!(unpinned.status, StatusCode::NO_CONTENT);
    let slip = api.call(Method::DELETE, &format!("{BASE}/versions/77/pin"), None, Body::empty()).await;
    slip.problem("version_not_held");
    let garbage = api.post(&format!("{BASE}/gc"), "").await.ok();
    assert_eq!(garbage["versions"], 1);
    assert!(garbage["objects"].as_u64() >= Some(1), "{garbage}");
    assert_eq!(numbers(&api).await, [5, 4]);
    fetch(&api).await;
    assert_eq!(Api::over(store).await.status().await["points"], 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_in_flight_needs_stays_for_the_grace_period() {
    let hour = Duration::from_secs(3600);
    let (store, api) = collection(Retention { versions: 1, age: Duration::ZERO, grace: hour }).await;
    for round in 0..4u32 {
        api.upsert(&points(0..20 + round)).await;
        api.publish().await;
    }
    assert_eq!(numbers(&api).await, [4, 3, 2, 1], "all were the newest less than an hour ago");
    let blobs = stored(&store, "blobs").await.len();
    // What an interrupted publish has left behind is younger than an hour as well.
    store.put(&Path::from("collections/c/blobs/orphan"), PutPayload::from_static(b"x")).await.unwrap();
    let garbage = api.post(&format!("{BASE}/gc"), "").await.ok();
    assert_eq!((&garbage["versions"], &garbage["objects"]), (&json!(0), &json!(0)));
    assert_eq!(stored(&store, "blobs").await.len(), blobs + 1);
    drop(api);
    let api = Api::keeping(store.clone(), SHORT).await;
    assert_eq!(api.post(&format!("{BASE}/gc"), "").await.ok()["versions"], 2);
    assert!(!stored(&store, "blobs").await.contains("orphan"));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_version_can_be_gone_back_to_and_forth_again() {
    let store = Arc::new(InMemory::new());
    let mut api = Api::over(store.clone()).await;
    api.put(BASE, SCHEMA).await;
    let mut states = vec![BTreeMap::new()];
    // Points appear, change several times, go, and come back, in published and unpublished steps.
    for round in 0..6u32 {
        api.upsert(&points(round * 7..round * 7 + 20)).await;
        api.upsert(&[point("p3", 1000 + round), point(&format!("only{round}"), round)]).await;
        let gone = json!({ "ids": [format!("p{round}"), format!("only{}", round.wrapping_sub(2))] });
        api.post(&format!("{BASE}/points/delete"), gone.to_string()).await.ok();
        if round % 2 == 1 {
            api.upsert(&[point("p3", 2000 + round), point(&format!("p{round}"), 3000 + round)]).await;
        }
        api.publish().await;
        states.push(contents(&api).await);
    }
    for (version, back) in [2, 5, 1, 6, 3, 3].into_iter().enumerate() {
        if version == 3 {
            // What is needed for it survives a restart.
            api.origin.close().await.unwrap();
            api = Api::over(store.clone()).await;
        }
        let receipt = roll_back(&api, back).await;
        assert_eq!(contents(&api).await, states[usize::try_from(back).unwrap()], "back to {back}");
        let (head, manifest, replica) = fetch(&api).await;
        assert_eq!(json!(head.version), receipt["version"]);
        assert_eq!(manifest.live_points(), states[usize::try_from(back).unwrap()].len() as u64);
        assert_eq!(replica.live_points(), manifest.live_points());
    }
    let last = api.status().await["version"].clone();
    assert_eq!(roll_back(&api, 3).await["changed"], false, "it is that already");
    assert_eq!(api.status().await["version"], last);
    // Unpublished changes are undone too, and become a version of their own before.
    api.upsert(&[point("unpublished", 1)]).await;
    let receipt = roll_back(&api, 3).await;
    assert!(!contents(&api).await.contains_key("unpublished"));
    roll_back(&api, receipt["version"].as_u64().unwrap() - 1).await;
    assert!(contents(&api).await.contains_key("unpublished"));
    // The oldest version that is kept stays while what is pending becomes a version.
    let api = Api::keeping(store, Retention { versions: 1, age: Duration::ZERO, grace: Duration::ZERO }).await;
    let newest = api.status().await["version"].as_u64().unwrap();
    let before = contents(&api).await;
    api.upsert(&[point("pending", 1)]).await;
    roll_back(&api, newest).await;
    assert_eq!(contents(&api).await, before);
    api.post(&format!("{BASE}/rollback"), r#"{"version":99}"#).await.problem("version_not_held");
    api.post(&format!("{BASE}/rollback"), r#"{"version":-1}"#).await.problem("invalid_json");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletes_alone_write_tombstones_and_compacting_writes_one_segment() {
    let api = Api::with_collection().await;
    api.upsert(&points(0..400)).await;
    api.publish().await;
    api.upsert(&points(400..500)).await;
    let segments = |published: Value| published["segments"].as_u64().unwrap();
    assert_eq!(segments(api.publish().await), 2);
    let before = fetch(&api).await.1;
    let delete = |range: std::ops::Range<u32>| json!({ "ids": range.map(|n| format!("p{n}")).collect::<Vec<_>>() });
    api.post(&format!("{BASE}/points/delete"), delete(0..60).to_string()).await.ok();
    api.publish().await;
    let after = fetch(&api).await.1;
    let held: HashSet<BlobRef> = before.blobs().into_iter().collect();
    let new: u64 = after.blobs().iter().filter(|b| !held.contains(b)).map(|b| b.bytes).sum();
    assert_eq!(new, 16 + 60 * 4, "tombstones alone are new");
    // Past the half, the segment is written anew.
    api.post(&format!("{BASE}/points/delete"), delete(60..210).to_string()).await.ok();
    api.publish().await;
    let rewritten = fetch(&api).await.1;
    assert!(rewritten.segments.iter().all(|s| s.deleted == 0), "{:?}", rewritten.segments);
    let one = api.post(&format!("{BASE}/publish?compact=true"), "").await.ok();
    assert_eq!((segments(one.clone()), &one["points"]), (1, &json!(290)));
    assert_eq!(api.post(&format!("{BASE}/publish?compact=true"), "").await.ok()["changed"], false);
    api.post(&format!("{BASE}/publish?compact=perhaps"), "").await.problem("invalid_query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_fetched_alone_is_proved_by_the_pages_of_its_blob() {
    let api = Api::with_collection().await;
    api.upsert(&points(0..3000)).await;
    api.publish().await;
    let (_, manifest, _) = fetch(&api).await;
    let blob = manifest.segments[0].blob;
    assert!(blob.bytes > 2 * PAGE_BYTES as u64, "{}", blob.bytes);
    let list = api.get(&format!("{BASE}/pages/{}", blob.hash)).await;
    assert_eq!(list.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let list = PageList::decode(&list.body, &blob).unwrap();
    for first in [0, 1] {
        let (from, to) = (first * PAGE_BYTES, (first + 1) * PAGE_BYTES - 1);
        let request =
            Request::builder().uri(format!("{BASE}/blobs/{}", blob.hash)).header("range", format!("bytes={from}-{to}"));
        let mut part = api.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
        list.check(from as u64, &part.body).unwrap();
        part.body[77] ^= 1;
        assert_eq!(list.check(from as u64, &part.body).unwrap_err().code(), Code::HashMismatch);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_follow_each_other_in_time_when_the_clock_was_put_back() {
    let (store, api) = collection(Retention::default()).await;
    api.upsert(&points(0..10)).await;
    api.publish().await;
    let (head, mut manifest, _) = fetch(&api).await;
    api.origin.close().await.unwrap();
    drop(api);
    // As if the first version had been made by a clock that was a day ahead.
    let day_ms = 24 * 3600 * 1000;
    manifest.created_ms += day_ms;
    let bytes = manifest.encode().unwrap();
    let reference = BlobRef::of(&bytes);
    let objects = Objects::over(store.clone());
    objects.put_immutable(&format!("collections/c/manifests/{}", reference.hash), bytes).await.unwrap();
    let pointer = format!("{}\n", reference.hash).into_bytes();
    store.put(&Path::from("collections/c/versions/00000000000000000001"), pointer.into()).await.unwrap();

    let api = Api::over(store).await;
    let (again, ..) = fetch(&api).await;
    assert_eq!((again.version, again.manifest), (1, reference), "what was committed counts, and is signed");
    assert!(again.issued_ms >= manifest.created_ms && again.issued_ms > head.issued_ms);
    api.upsert(&points(10..20)).await;
    api.publish().await;
    let (_, next, _) = fetch(&api).await;
    assert!(next.created_ms >= manifest.created_ms);
    let by_time = json!({ "vector": [1, 0, 0, 0], "fields": [], "asOf": "9999-12-31" });
    assert_eq!(api.search(&by_time).await["version"], 2);
}

/// A store that takes some conditions and writes over all the same.
#[derive(Debug)]
struct Lying(InMemory, fn(&PutMode) -> bool);

impl std::fmt::Display for Lying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("lying")
    }
}

#[async_trait]
impl ObjectStore for Lying {
    async fn put_opts(&self, at: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let mode = if self.1(&options.mode) { PutMode::Overwrite } else { options.mode };
        self.0.put_opts(at, payload, PutOptions { mode, ..options }).await
    }
    async fn put_multipart_opts(
        &self,
        at: &Path,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(at, options).await
    }
    async fn get_opts(&self, at: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.0.get_opts(at, options).await
    }
    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        self.0.delete_stream(locations)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn a_store_that_writes_over_what_it_should_only_create_or_replace_is_found_out() {
    let lies: [fn(&PutMode) -> bool; 2] =
        [|mode| matches!(mode, PutMode::Create), |mode| matches!(mode, PutMode::Update(_))];
    for lies in lies {
        let lying = Arc::new(Lying(InMemory::new(), lies));
        let error = Objects::over(lying.clone()).prove_conditions().await.unwrap_err();
        assert_eq!(error.code(), Code::StorageFailed);
        assert!(error.message().contains("--single-writer"), "{error}");
        assert_eq!(lying.0.list(None).try_collect::<Vec<_>>().await.unwrap().len(), 0, "nothing is left of the trial");
    }
    Objects::over(Arc::new(InMemory::new())).prove_conditions().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    Objects::open(&folder.path().to_string_lossy()).unwrap().prove_conditions().await.unwrap();
}
