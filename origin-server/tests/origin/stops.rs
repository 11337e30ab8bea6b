//! The command when nobody reads on, or when somebody stops it in the middle.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::process::{BINARY, Server};

const WORDS: &str = r#"{"text": {"body": {}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_stopped_says_where_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    server.put("/v1/collections/c", WORDS).await;
    let mut command = Command::new(BINARY);
    command.args(["import", "-", "-c", "c", "--batch", "1", "--url", &server.url]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // It waits for more: standard input stays open.
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"{\"id\": \"a\"}\n{\"id\": \"b\"}\n").unwrap();
    while server.get("/v1/collections/c").await["points"] != 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The second answer may still be on its way; the one before is not.
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("go on with --skip-lines 1") || said.contains("go on with --skip-lines 2"), "{said}");
    drop(input);
}

/// A graph of so many links takes minutes to build, which nobody waits for: the next publish repeats it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_gives_up_a_publish_that_builds() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let start = async |at: &str| Server::with(data.to_str().unwrap(), &log, &["--publish-at", at], &[]).await;
    let server = start("1MiB").await;
    let graph = json!({ "m": 128, "efConstruction": 4096, "minPoints": 1 });
    server.put("/v1/collections/c", json!({ "vectors": { "v": { "dim": 8, "graph": graph } } }).to_string()).await;
    let component = |n: u64, axis: u64| ((n * 2_654_435 + axis * 40_503) % 1009) as f64 / 1009.0 - 0.5;
    let vector = |n: u64| (0..8).map(|axis| component(n * 31 + axis * n, axis)).collect::<Vec<f64>>();
    let points: Vec<_> = (0..10_000).map(|n| json!({ "id": format!("{n}"), "vectors": { "v": vector(n) } })).collect();
    server.put("/v1/collections/c/points", json!({ "points": points }).to_string()).await;
    while server.get("/v1/collections/c/publish").await["phase"] != "graph" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let begun = std::time::Instant::now();
    assert!(server.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.contains("a publish is given up"), "{told}");
    let server = start("off").await;
    let status = server.get("/v1/collections/c").await;
    assert_eq!(
        (&status["version"], &status["points"], &status["pending"]),
        (&json!(0), &json!(10_000), &json!(10_000))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    server.put("/v1/collections/c", WORDS).await;
    // More than a pipe holds.
    let point = |n: u32| json!({ "id": format!("{n}"), "payload": { "body": format!("cat {}", "x".repeat(150)) } });
    let points: Vec<_> = (0..2000).map(point).collect();
    server.put("/v1/collections/c/points", json!({ "points": points }).to_string()).await;
    let mut command = Command::new(BINARY);
    command.args(["search", "cat", "-c", "c", "-k", "2000", "--url", &server.url]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
