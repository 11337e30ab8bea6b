//! `kill -9` in the middle of importing and publishing. After each restart every point is in the state
//! that was acknowledged last, or in the one that was under way.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use headwater_core::manifest::{Manifest, SignedHead};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api::{ndjson, point};
use crate::process::{Server, awaited, client};

const ROUNDS: u64 = 8;
const WRITERS: u32 = 4;
/// Points of one writer: all together are few enough to be found by one search.
const IDS: u32 = 1500;
const BATCH: u32 = 60;
const SCHEMA: &str = crate::api::SCHEMA;

/// With these a write may be sent again: the disk or the client was slow.
const AGAIN: [StatusCode; 2] = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];
const PAUSE: Duration = Duration::from_millis(20);

/// What one writer knows of its points: `None` is deleted, or never written.
#[derive(Default, Clone)]
struct Ledger {
    acknowledged: HashMap<String, Option<u32>>,
    /// What the request under way would make of them.
    pending: HashMap<String, Option<u32>>,
    /// Writes so far; each gives its points a new number.
    writes: u32,
}

/// Writes until the server is gone. Every third request is a stream, every seventh deletes. What a slow machine makes a
/// server refuse is sent again as it was.
async fn write(writer: u32, mut ledger: Ledger, url: String, heard: watch::Sender<u64>) -> Ledger {
    let http = client();
    let points = format!("{url}/v1/collections/c/points");
    loop {
        ledger.writes += 1;
        let n = ledger.writes;
        let first = n.wrapping_mul(BATCH) % IDS;
        let ids: Vec<String> = (first..first + BATCH).map(|i| format!("w{writer}-{i}")).collect();
        let bodies: Vec<_> = ids.iter().map(|id| point(id, n)).collect();
        let state = if n.is_multiple_of(7) { None } else { Some(n) };
        ledger.pending = ids.iter().map(|id| (id.clone(), state)).collect();
        let request = || match (n % 7, n % 3) {
            (0, _) => http.post(format!("{points}/delete")).body(json!({ "ids": ids }).to_string()),
            (_, 0) => http.put(&points).header("content-type", "application/x-ndjson").body(ndjson(&bodies)),
            _ => http.put(&points).body(json!({ "points": bodies }).to_string()),
        };
        loop {
            match request().send().await {
                Ok(response) if response.status().is_success() => break,
                Ok(response) if AGAIN.contains(&response.status()) => tokio::time::sleep(PAUSE).await,
                Ok(response) => panic!("{}: {:?}", response.status(), response.text().await),
                Err(_) if is_there(&http, &url).await => {}
                Err(_) => return ledger,
            }
        }
        ledger.acknowledged.extend(std::mem::take(&mut ledger.pending));
        heard.send_modify(|count| *count += 1);
    }
}

/// Whether the server is there and only a connection was lost. Who ends at that would be waited for in vain.
async fn is_there(http: &reqwest::Client, url: &str) -> bool {
    http.get(format!("{url}/readyz")).send().await.is_ok()
}

/// Publishes until the server is gone; sets the flag while one is building.
async fn publish(url: String, building: Arc<AtomicBool>) {
    let http = client();
    let path = format!("{url}/v1/collections/c/publish");
    let asked = tokio::spawn({
        let (http, path, url) = (http.clone(), path.clone(), url.clone());
        async move {
            loop {
                let answer = async { http.get(&path).send().await?.json::<serde_json::Value>().await };
                match answer.await {
                    Ok(progress) => building.store(progress["total"].as_u64() > Some(0), Ordering::Relaxed),
                    Err(_) if is_there(&http, &url).await => {}
                    Err(_) => return,
                }
            }
        }
    });
    while http.post(&path).send().await.is_ok() || is_there(&http, &url).await {}
    asked.await.unwrap();
}

/// Compares what the server has with what the writers know, and lets them know what it is.
async fn compare(server: &Server, ledgers: &mut [Ledger], round: u64) {
    let query = json!({ "vector": [1, 0, 0, 0], "topK": 10_000, "exact": true, "fields": ["n"] });
    let answer = server.post("/v1/collections/c/search", query.to_string()).await;
    let hits = answer["hits"].as_array().unwrap();
    let found: HashMap<&str, u32> = hits
        .iter()
        .map(|h| (h["id"].as_str().unwrap(), u32::try_from(h["payload"]["n"].as_u64().unwrap()).unwrap()))
        .collect();
    assert_eq!(found.len(), hits.len(), "round {round}: a point is found twice");
    assert_eq!(server.get("/v1/collections/c").await["points"], found.len());
    let mut known = 0;
    for ledger in ledgers {
        let pending = std::mem::take(&mut ledger.pending);
        for id in ledger.acknowledged.keys().chain(pending.keys()).cloned().collect::<Vec<_>>() {
            let is = found.get(id.as_str()).copied();
            let was = ledger.acknowledged.get(&id).copied().flatten();
            let allowed = is == was || pending.get(&id) == Some(&is);
            assert!(
                allowed,
                "round {round}: {id} is {is:?}, acknowledged was {was:?}, under way {:?}",
                pending.get(&id)
            );
            ledger.acknowledged.insert(id, is);
        }
        known += ledger.acknowledged.values().flatten().count();
    }
    assert_eq!(known, found.len(), "round {round}: there are points that nobody wrote");
    // What a search finds is what the point store has.
    for (id, n) in found.iter().step_by(97) {
        assert_eq!(server.get(&format!("/v1/collections/c/points/{id}")).await["payload"]["n"], *n);
    }
}

/// What replicas would fetch is whole.
async fn published_is_whole(server: &Server) -> u64 {
    let bytes = async |path: String| {
        let response = server.http.get(server.at(&format!("/v1/collections/c/{path}"))).send().await.unwrap();
        response.status().is_success().then_some(response.bytes().await.unwrap())
    };
    let Some(head) = bytes("head".into()).await else { return 0 };
    let head = SignedHead::from_json(&head).unwrap().head;
    let manifest = bytes(format!("manifests/{}", head.manifest.hash)).await.unwrap();
    let manifest = Manifest::decode(&manifest, &head).unwrap();
    for blob in manifest.blobs() {
        blob.check(&bytes(format!("blobs/{}", blob.hash)).await.unwrap()).unwrap();
    }
    head.version
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut ledgers = vec![Ledger::default(); WRITERS as usize];
    let mut version = 0;
    for round in 0..ROUNDS {
        let mut server = Server::start(&data).await;
        server.put("/v1/collections/c", SCHEMA).await;
        compare(&server, &mut ledgers, round).await;
        let now = published_is_whole(&server).await;
        assert!(now >= version, "round {round}: version {version} was taken back to {now}");
        version = now;

        let (heard, mut acknowledged) = watch::channel(0u64);
        let building = Arc::new(AtomicBool::new(false));
        let writers: Vec<JoinHandle<Ledger>> = ledgers
            .drain(..)
            .zip(0..)
            .map(|(ledger, writer)| tokio::spawn(write(writer, ledger, server.url.clone(), heard.clone())))
            .collect();
        drop(heard);
        let publisher = tokio::spawn(publish(server.url.clone(), Arc::clone(&building)));
        // In the middle of importing; in every second round also in the middle of a publish.
        let enough = 40 + round * 23;
        awaited("writing", acknowledged.wait_for(|count| *count >= enough)).await.unwrap();
        let until_it_builds = async {
            while !building.load(Ordering::Relaxed) {
                acknowledged.changed().await.unwrap();
            }
        };
        if round % 2 == 1 {
            awaited("a publish", until_it_builds).await;
        }
        server.kill();
        for writer in writers {
            ledgers.push(writer.await.unwrap());
        }
        publisher.await.unwrap();
    }
    let server = Server::start(&data).await;
    compare(&server, &mut ledgers, ROUNDS).await;
    server.post("/v1/collections/c/publish", "").await;
    compare(&server, &mut ledgers, ROUNDS).await;
    assert!(published_is_whole(&server).await > 0);
    let alive: usize = ledgers.iter().map(|l| l.acknowledged.values().flatten().count()).sum();
    assert!(alive > 2000, "{alive} points were written");
    assert!(server.stop().success());
}
