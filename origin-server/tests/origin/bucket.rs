//! The same over S3: a real server of that protocol, data and publications in buckets.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use object_store::ObjectStoreExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use serde_json::json;

use crate::api::{SCHEMA, ndjson, point, points};
use crate::process::{Server, client, fails, headwater, succeeds};
use crate::targets::never_goes_back;

struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    async fn start() -> Self {
        let executable = std::env::var("HEADWATER_MOTO").expect(
            "HEADWATER_MOTO names the executable moto_server: `cargo xtask test` installs and sets it, \
             or `pip install 'moto[server]==5.2.5'` in a virtual environment",
        );
        let _ = rustls::crypto::ring::default_provider().install_default();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(&executable)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{executable}: {e}"));
        let moto = Self { child, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        for bucket in ["origin", "edge"] {
            while client().put(format!("{}/{bucket}", moto.url)).send().await.is_err() {
                assert!(Instant::now() < deadline, "moto does not answer");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        moto
    }

    fn environment(&self) -> [(&str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    /// What lies in a bucket.
    async fn object(&self, bucket: &str, path: &str) -> Vec<u8> {
        let builder = AmazonS3Builder::new().with_endpoint(&self.url).with_allow_http(true).with_region("us-east-1");
        let keys = builder.with_access_key_id("test").with_secret_access_key("test");
        let store = keys.with_bucket_name(bucket).build().unwrap();
        let found = store.get(&Path::from(path)).await.unwrap_or_else(|e| panic!("{bucket}/{path}: {e}"));
        found.bytes().await.unwrap().to_vec()
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_in_a_bucket_survives_the_server() {
    let moto = Moto::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (log, key) = (folder.path().join("log"), folder.path().join("signing.key"));
    let environment = moto.environment();
    let data = "s3://origin/words/here";

    let refused = fails(&headwater(&["serve", "--data", data, "--listen", "127.0.0.1:0"], &environment, None));
    assert!(refused.contains("--key"), "a key is never made in a bucket: {refused}");

    let arguments = ["--key", key.to_str().unwrap()];
    let mut server = Server::with(data, &log, &arguments, &environment).await;
    server.put("/v1/collections/c", SCHEMA).await;
    let put = |points: &[serde_json::Value]| json!({ "points": points }).to_string();
    server.put("/v1/collections/c/points", put(&points(0..200))).await;
    let published = server.post("/v1/collections/c/publish", "").await;
    assert_eq!((&published["version"], &published["points"]), (&json!(1), &json!(200)));
    server.put("/v1/collections/c/points", put(&[point("p1", 700), point("more", 1)])).await;
    server.kill();

    let server = Server::with(data, &log, &arguments, &environment).await;
    let status = server.get("/v1/collections/c").await;
    assert_eq!((&status["points"], &status["pending"], &status["version"]), (&json!(201), &json!(2), &json!(1)));
    assert_eq!(server.get("/v1/collections/c/points/p1").await, point("p1", 700));
    assert_eq!(server.post("/v1/collections/c/publish", "").await["version"], 2);

    // To the bucket that the edge reads: first all, then only what is new.
    let publish = |to: &str| {
        let arguments = ["publish", "--collection", "c", "--url", &server.url, "--to", to];
        succeeds(&headwater(&arguments, &environment, None))
    };
    assert!(publish("s3://edge").contains("copied version 2"));
    let head = moto.object("edge", "c/head").await;
    let head: serde_json::Value = serde_json::from_slice(&head).unwrap();
    let manifest = format!("c/manifests/{}", head["head"]["manifest"]["hash"].as_str().unwrap());
    let manifest: serde_json::Value = serde_json::from_slice(&moto.object("edge", &manifest).await).unwrap();
    for segment in manifest["segments"].as_array().unwrap() {
        let blob = moto.object("edge", &format!("c/blobs/{}", segment["blob"]["hash"].as_str().unwrap())).await;
        assert_eq!(segment["blob"]["bytes"], blob.len());
    }
    assert!(publish("s3://edge").contains(": 0 of"), "nothing is sent twice");
    assert!(publish("s3://edge/below/prefix").contains("copied version 2"));
    assert_eq!(moto.object("edge", "below/prefix/c/head").await, moto.object("edge", "c/head").await);

    // Buckets are sources like any other: the origin's own, and the copies.
    let trust = server.get("/v1/collections/c").await["trust"][0].as_str().unwrap().to_owned();
    // An origin makes its boot object when it is asked, and has none in its bucket.
    let own = format!("{data}/collections/c");
    for (place, warnings) in
        [(&*own, "1 warning"), ("s3://edge/c", "0 warnings"), ("s3://edge/below/prefix/c", "0 warnings")]
    {
        let verified = headwater(&["verify", place, "--trust", &trust], &environment, None);
        assert!(succeeds(&verified).ends_with(&format!("0 errors, {warnings}\n")), "{place}");
    }
    let compared = headwater(&["diff", &format!("{data}/collections/c@1"), "s3://edge/c"], &environment, None);
    assert!(succeeds(&compared).contains("1 kept, 1 new, 0 gone"));

    in_pieces(&moto, &server).await;

    let import = ["import", "-", "--collection", "c", "--url", &server.url];
    succeeds(&headwater(&import, &environment, Some(&ndjson(&points(300..400)))));
    assert_eq!(server.get("/v1/collections/c").await["points"], 301);
    assert!(server.stop().success());
}

/// Pieces are written where they are asked for, and once; what is there already gets them, too.
async fn in_pieces(moto: &Moto, server: &Server) {
    server.put("/v1/collections/large", SCHEMA).await;
    server.put("/v1/collections/large/points", json!({ "points": points(0..3000) }).to_string()).await;
    server.post("/v1/collections/large/publish", "").await;
    let environment = moto.environment();
    let export = |more: &[&str]| {
        let arguments = ["export", "s3://edge/large", "--collection", "large", "--url", &server.url];
        succeeds(&headwater(&[&arguments[..], more].concat(), &environment, None))
    };
    assert!(!export(&[]).contains("piece"));
    assert!(export(&["--pieces=16KiB"]).contains(" pieces\n"));
    assert!(!export(&["--pieces=16KiB"]).contains("piece"), "nothing is written twice");
    assert_eq!(moto.object("edge", "large/pieces.json").await, b"{\"format\":1,\"bytes\":16384}\n");
    let verified = succeeds(&headwater(&["verify", "s3://edge/large"], &environment, None));
    assert!(verified.contains("put together they are the objects") && verified.contains("0 errors"), "{verified}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_readers_follow_never_goes_back() {
    let moto = Moto::start().await;
    let folder = tempfile::tempdir().unwrap();
    let head = async || serde_json::from_slice(&moto.object("edge", "deep/c/head").await).unwrap();
    never_goes_back(folder.path(), "s3://edge/deep", &moto.environment(), head).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_taken_over_leaves_a_bucket_alone() {
    const C: &str = "/v1/collections/c";
    let moto = Moto::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("signing.key");
    let arguments = ["--key", key.to_str().unwrap(), "--head-hours", "1"];
    let environment = moto.environment();
    let start =
        async |name: &str| Server::with("s3://origin/words", &folder.path().join(name), &arguments, &environment).await;
    let earlier = start("earlier.log").await;
    earlier.put(C, SCHEMA).await;
    earlier.put(&format!("{C}/points"), json!({ "points": points(0..20) }).to_string()).await;
    earlier.post(&format!("{C}/publish"), "").await;
    let later = start("later.log").await;
    for n in 0..3 {
        later.put(&format!("{C}/points"), json!({ "points": [point("later", n)] }).to_string()).await;
        later.post(&format!("{C}/publish"), "").await;
    }
    let head = moto.object("origin", "words/collections/c/head").await;
    for route in ["publish", "gc", "publish"] {
        let refused = earlier.http.post(earlier.at(&format!("{C}/{route}"))).send().await.unwrap();
        assert_eq!(refused.status(), 409, "{route}");
    }
    assert_eq!(earlier.http.get(earlier.at("/readyz")).send().await.unwrap().status(), 503);
    assert!(earlier.stop().success());
    assert_eq!(moto.object("origin", "words/collections/c/head").await, head);
    let parsed: serde_json::Value = serde_json::from_slice(&head).unwrap();
    assert_eq!(parsed["head"]["version"], 4);
    later.put(&format!("{C}/points"), json!({ "points": [point("later", 9)] }).to_string()).await;
    assert_eq!(later.post(&format!("{C}/publish"), "").await["version"], 5);
    assert!(later.stop().success());
}
