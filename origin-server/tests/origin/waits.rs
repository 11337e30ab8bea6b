//! What the command says of a server that makes it wait, and of a rollback that was interrupted.

use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::process::{fails, headwater, succeeds};

/// An origin, as far as publishing goes: it takes a while, waits for its store, and finishes a rollback or fails in
/// one.
async fn origin(fails: bool) -> String {
    async fn answer(State(fails): State<bool>, method: Method, uri: Uri) -> (StatusCode, Json<Value>) {
        let receipt = json!({
            "version": 5, "lsn": 9, "points": 2, "segments": 1, "bytes": 3, "changed": true, "finishedRollback": 3, "tookMs": 4
        });
        let problem = json!({
            "type": "x", "title": "x", "status": 503, "code": "storage_failed", "detail": "the store is gone", "retryable": true
        });
        let progress = json!({
            "publishing": true, "phase": "writing", "done": 0, "total": 0, "waitsFor": "the store has taken no write for 31 s", "lastError": null
        });
        let status = json!({
            "collection": "c", "schema": { "text": { "t": {} } }, "version": 4, "lsn": 9, "points": 2, "pending": 0, "unfinishedRollback": 3,
            "segments": 1, "bytes": 3, "trust": []
        });
        match (method, uri.path().rsplit('/').next()) {
            (Method::POST, _) => {
                tokio::time::sleep(Duration::from_millis(700)).await;
                if fails { (StatusCode::SERVICE_UNAVAILABLE, Json(problem)) } else { (StatusCode::OK, Json(receipt)) }
            }
            (_, Some("publish")) => (StatusCode::OK, Json(progress)),
            (_, Some("versions")) => (
                StatusCode::OK,
                Json(json!([{
                    "version": 4, "lsn": 9, "points": 2, "segments": 1, "bytes": 3, "manifest": "ab", "createdMs": 0, "pinned": false
                }])),
            ),
            _ => (StatusCode::OK, Json(status)),
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer).with_state(fails);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn run(url: &str, arguments: &'static [&'static str]) -> std::process::Output {
    let url = url.to_owned();
    let run = move || headwater(&[arguments, &["-c", "c", "--url", &url]].concat(), &[], None);
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_waited_for_and_which_rollback_is_finished_is_said() {
    let url = origin(false).await;
    for (command, does) in
        [(&["publish"][..], "published version 5"), (&["rollback", "1"], "version 5 holds what version 1 held")]
    {
        let done = run(&url, command).await;
        let said = succeeds(&done);
        assert!(said.starts_with("finished the rollback to version 3 first, which had been interrupted\n"), "{said}");
        assert!(said.contains(does), "{said}");
        let noted = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(noted, "waiting: the store has taken no write for 31 s\n", "said once, not with every look");
    }
    let listed = run(&url, &["versions"]).await;
    succeeds(&listed);
    assert!(String::from_utf8_lossy(&listed.stderr).contains("note: a rollback to version 3 has not ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_says_which_rollback_it_leaves_unfinished() {
    let url = origin(true).await;
    for command in [&["publish"][..], &["rollback", "3"]] {
        let said = fails(&run(&url, command).await);
        assert!(said.contains("the store is gone; a rollback to version 3 has not ended"), "{said}");
        assert!(said.contains("the next publish finishes it first (storage_failed)"), "{said}");
    }
}
