//! A store that takes no writes, as a full disk does, and then takes them again: whoever writes is answered, nothing
//! that was acknowledged is lost, and nothing is acknowledged or seen before it is durable.

use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::StatusCode;
use futures::channel::mpsc;
use futures::stream::BoxStream;
use headwater_origin::Access;
use headwater_origin::store::Upkeep;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use serde_json::{Value, json};

use crate::api::{Api, Reply, SCHEMA, ids, ndjson, point, points, shared_with};
use crate::process::awaited;

const POINTS: &str = "/v1/collections/c/points";
const PUBLISH: &str = "/v1/collections/c/publish";
/// Between two looks at what others do.
const PAUSE: Duration = Duration::from_millis(5);

/// A store in memory that can be full.
#[derive(Debug)]
struct Disk {
    inner: InMemory,
    is_full: AtomicBool,
}

impl Disk {
    fn new() -> Arc<Self> {
        Self::of(InMemory::new())
    }

    fn of(inner: InMemory) -> Arc<Self> {
        Arc::new(Self { inner, is_full: AtomicBool::new(false) })
    }

    fn fill(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    fn check(&self) -> Result<()> {
        if !self.is_full.load(Ordering::SeqCst) {
            return Ok(());
        }
        let source = io::Error::new(io::ErrorKind::StorageFull, "No space left on device (os error 28)");
        Err(Error::Generic { store: "Disk", source: source.into() })
    }

    /// An origin over it that soon says when it waits.
    async fn origin(self: &Arc<Self>) -> Api {
        let upkeep = Upkeep { patience: Duration::from_secs(1), ..Upkeep::flushing(Duration::from_millis(1)) };
        Api::of(shared_with(Arc::clone(self) as Arc<dyn ObjectStore>, upkeep).await, &Access::default()).await
    }

    /// The same, with a collection and one acknowledged point.
    async fn with_a_point(self: &Arc<Self>) -> Api {
        let api = self.origin().await;
        api.put("/v1/collections/c", SCHEMA).await.ok();
        api.upsert(&[point("early", 1)]).await;
        api
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

#[async_trait]
impl ObjectStore for Disk {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.check()?;
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.check()?;
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.check()?;
        self.inner.copy_opts(from, to, options).await
    }
}

/// What is logged, in this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What is logged is heard until both go. While there is one subscriber only, `tracing` takes the word of
    /// whichever thread comes first to a line for whether anybody hears it, so there are two.
    fn listen(&self) -> (tracing::subscriber::DefaultGuard, tracing::Dispatch) {
        let subscriber = || {
            let writer = self.clone();
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish()
        };
        let (heard, other) = (tracing::Dispatch::new(subscriber()), tracing::Dispatch::new(subscriber()));
        (tracing::dispatcher::set_default(&heard), other)
    }

    /// Lines of this server with these words.
    fn lines(&self, words: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("headwater") && line.contains(words)).map(str::to_owned).collect()
    }
}

async fn upsert(api: &Api, id: &str) -> Reply {
    api.put(POINTS, json!({ "points": [point(id, 2)] }).to_string()).await
}

async fn found(api: &Api) -> Vec<String> {
    let mut found = ids(&api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 10 })).await);
    found.sort();
    found
}

async fn until_ready(api: &Api, is_ready: bool) {
    let answers_so = async {
        while (api.get("/readyz").await.status == StatusCode::OK) != is_ready {
            tokio::time::sleep(PAUSE).await;
        }
    };
    awaited("becoming ready, or not", answers_so).await;
}

fn says(problem: &Value, words: &[&str]) {
    let detail = problem["detail"].as_str().unwrap();
    for part in words {
        assert!(detail.contains(part), "{part:?} is in {detail:?}");
    }
}

// In one thread, so that all of the log is heard.
#[tokio::test]
async fn writes_are_answered_and_go_on_when_there_is_room() {
    let log = Log::default();
    let _listening = log.listen();
    let disk = Disk::new();
    let api = disk.with_a_point().await;
    disk.fill(true);
    let (one, other) = tokio::join!(upsert(&api, "late"), api.post(PUBLISH, Body::empty()));
    for reply in [one, other] {
        let problem = reply.problem("storage_failed");
        assert_eq!((reply.status, &problem["retryable"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(true)));
        assert!(reply.header("retry-after").is_some());
        says(&problem, &["has taken no write for", "disk may be full", "is not known", "/readyz"]);
    }
    says(&api.get("/readyz").await.problem("not_ready"), &["has taken no write for", "acknowledged"]);
    // From now on nothing is begun.
    says(&upsert(&api, "refused").await.problem("not_ready"), &["was not taken", "/readyz"]);
    let delete = api.post("/v1/collections/c/points/delete", r#"{"ids":["early"]}"#).await;
    says(&delete.problem("not_ready"), &["was not taken"]);
    let stream = api.stream("c", ndjson(&[point("refused", 3)])).await.problem("not_ready");
    assert_eq!((&stream["line"], &stream["committed"]), (&json!(1), &json!(0)));
    says(&api.put("/v1/collections/d", SCHEMA).await.problem("not_ready"), &["was not taken"]);
    says(&api.post(PUBLISH, Body::empty()).await.problem("not_ready"), &["was not taken"]);
    let waits_for = api.get(PUBLISH).await.ok()["waitsFor"].clone();
    assert!(waits_for.as_str().unwrap().contains("has taken no write for"), "the first publish goes on: {waits_for}");
    assert_eq!(found(&api).await, ["early"], "what is not durable is not seen");
    assert_eq!(found(&Disk::of(disk.inner.fork()).origin().await).await, ["early"], "what a restart would find");

    disk.fill(false);
    until_ready(&api, true).await;
    assert_eq!(upsert(&api, "after").await.status, StatusCode::OK);
    assert_eq!(found(&api).await, ["after", "early", "late"]);
    let receipt = api.publish().await;
    assert_eq!(receipt["points"], 3);
    assert_eq!(api.get(PUBLISH).await.ok().get("waitsFor"), None);
    assert_eq!(found(&Disk::of(disk.inner.fork()).origin().await).await, ["after", "early", "late"]);
    for (words, level) in [("no write for", "ERROR"), ("takes writes again", "INFO")] {
        let lines = log.lines(words);
        assert!(lines.len() == 1 && lines[0].contains(level), "{lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_says_how_far_it_is_durable() {
    let disk = Disk::new();
    let api = disk.with_a_point().await;
    let (lines, body) = mpsc::unbounded::<io::Result<String>>();
    let streaming = api.stream("c", Body::from_stream(body));
    let feeding = async {
        lines.unbounded_send(Ok(ndjson(&points(0..1000)))).unwrap();
        let all_are_there = async {
            while api.status().await["points"] != 1001 {
                tokio::time::sleep(PAUSE).await;
            }
        };
        awaited("a stream", all_are_there).await;
        disk.fill(true);
        lines.unbounded_send(Ok(ndjson(&points(1000..1005)))).unwrap();
        drop(lines);
    };
    let (reply, ()) = tokio::join!(streaming, feeding);
    let problem = reply.problem("storage_failed");
    assert_eq!((&problem["line"], &problem["committed"]), (&json!(1001), &json!(1000)));
    says(&problem, &["1000 points before it are committed", "is not known"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_nobody_writes_to_finds_out_when_it_is_asked() {
    let disk = Disk::new();
    let api = disk.with_a_point().await;
    disk.fill(true);
    until_ready(&api, false).await;
    disk.fill(false);
    until_ready(&api, true).await;
    assert_eq!(upsert(&api, "after").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_stops_though_its_store_takes_no_writes() {
    let disk = Disk::new();
    let api = disk.with_a_point().await;
    disk.fill(true);
    upsert(&api, "late").await.problem("storage_failed");
    let error = awaited("a stop", api.origin.close()).await.unwrap_err();
    assert!(error.message().contains("what was acknowledged is durable"), "{error}");
    drop(api);
    disk.fill(false);
    let found = found(&disk.origin().await).await;
    assert!(found.contains(&"early".to_owned()), "{found:?}");
}
