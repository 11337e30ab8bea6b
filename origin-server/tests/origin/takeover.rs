//! Two servers over the same data: the later one has it, the earlier one says so and writes no more.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use headwater_core::error::Code;
use headwater_core::manifest::{Acceptance, Seen, SignedHead, SigningKey, Trust};
use headwater_origin::Access;
use headwater_origin::collection::Shared;
use headwater_origin::keys::Signer;
use headwater_origin::objects::Objects;
use headwater_origin::server::Origin;
use headwater_origin::store::SlateStore;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use serde_json::json;

use crate::api::{Api, SCHEMA, packed_model, point, points, shared};
use crate::gate::Gated;
use crate::process::{Server, fails, headwater};
use crate::replica;

const BASE: &str = "/v1/collections/c";

/// A replica that asks both servers: what it has accepted from one it never finds undone by the other.
struct Follower {
    seen: Seen,
}

impl Follower {
    async fn follow(&mut self, servers: &[&Api]) -> u64 {
        for api in servers {
            let trust = Trust::parse([api.status().await["trust"][0].as_str().unwrap()]).unwrap();
            let head = SignedHead::from_json(&api.get(&format!("{BASE}/head")).await.body).unwrap();
            let acceptance = Acceptance { trust: &trust, collection: Some("c"), seen: self.seen, now_ms: 0 };
            self.seen = head.accept(&acceptance).unwrap().seen();
        }
        self.seen.version
    }
}

/// A store as both servers see it, kept by one folder or in memory.
type Open<'a> = &'a dyn Fn() -> Objects;

/// A server over it, whose heads end after an hour.
async fn expiring(objects: Objects) -> Api {
    let points = SlateStore::open(objects.store(), "db", Duration::from_millis(1)).await.unwrap();
    let signer = Arc::new(Signer::new(SigningKey::from_seed([7; 32]), Some(Duration::from_secs(3600))));
    let retention = headwater_origin::collection::Retention::default();
    Api::of(Shared { store: Arc::new(points), objects, signer, retention, pending: Arc::default() }, &Access::default())
        .await
}

/// All that changes anything, and what a server that was taken over answers.
async fn writes_nothing(api: &Api) {
    let write = json!({ "points": [point("late", 1)] }).to_string();
    let refused = api.put(&format!("{BASE}/points"), write).await.problem("conflict");
    assert!(refused["detail"].as_str().unwrap().contains("another server"), "{refused}");
    for (method, path, body) in [
        (Method::POST, "c/publish", ""),
        (Method::POST, "c/publish?compact=true", ""),
        (Method::POST, "c/points/delete", r#"{"ids":["p1"]}"#),
        (Method::POST, "c/rollback", r#"{"version":1}"#),
        (Method::POST, "c/gc", ""),
        (Method::PUT, "c/versions/1/pin", ""),
        (Method::DELETE, "c/versions/1/pin", ""),
        (Method::PUT, "d", SCHEMA),
        (Method::DELETE, "c", ""),
    ] {
        let path = format!("/v1/collections/{path}");
        api.call(method, &path, Some("application/json"), body).await.problem("conflict");
    }
    api.call(Method::PUT, "/v1/models/m", None, Body::from(packed_model())).await.problem("conflict");
    api.origin.renew_heads().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_server_stops_writing_and_loses_nothing() {
    let (memory, folder) = (Arc::new(InMemory::new()), tempfile::tempdir().unwrap());
    let in_memory = || Objects::over(memory.clone());
    let in_folder = || {
        let unsynced = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
        Objects::in_folder(Arc::new(unsynced), folder.path().to_owned())
    };
    for open in [&in_memory as Open<'_>, &in_folder] {
        let earlier = expiring(open()).await;
        earlier.put(BASE, SCHEMA).await.ok();
        earlier.upsert(&points(0..20)).await;
        earlier.publish().await;
        earlier.upsert(&points(20..30)).await;
        let mut replica = Follower { seen: Seen::default() };
        assert_eq!(replica.follow(&[&earlier]).await, 1);

        let later = expiring(open()).await;
        assert_eq!(later.status().await["points"], 30);
        for version in 2..5 {
            later.upsert(&[point("later", version)]).await;
            assert_eq!(later.publish().await["version"], version);
        }
        assert_eq!(replica.follow(&[&earlier, &later]).await, 4);

        writes_nothing(&earlier).await;
        earlier.get("/readyz").await.problem("not_ready");
        let query = json!({ "vector": [1, 0, 0, 0], "topK": 99 });
        assert_eq!(earlier.search(&query).await["hits"].as_array().unwrap().len(), 30);
        let unread = earlier.get(&format!("{BASE}/points/p1")).await.problem("conflict");
        for part in ["point \"p1\" cannot be read here", "another server has taken this data over", "/search"] {
            assert!(unread["detail"].as_str().unwrap().contains(part), "{unread}");
        }
        assert!(later.has("p1").await);

        assert_eq!(replica.follow(&[&earlier, &later]).await, 4);
        later.upsert(&[point("late", 1)]).await;
        assert_eq!(later.publish().await["version"], 5);
        let (head, _, snapshot) = replica::fetch(&later).await;
        assert_eq!((head.version, snapshot.live_points()), (5, 32));
        assert_eq!(replica.follow(&[&earlier, &later]).await, 5);
        assert_eq!(later.get("/readyz").await.status, StatusCode::OK);
        earlier.origin.close().await.unwrap_or_default();
        assert_eq!(later.publish().await["version"], 5, "its end changes nothing");
    }
}

/// Nothing was refused yet, so only the proof before the write can tell.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_that_is_asked_of_a_server_that_was_taken_over_moves_no_head() {
    for asked in ["publish", "renewal", "gc"] {
        let store = Arc::new(InMemory::new());
        let earlier = expiring(Objects::over(store.clone())).await;
        earlier.put(BASE, SCHEMA).await.ok();
        earlier.upsert(&points(0..20)).await;
        earlier.publish().await;
        let later = expiring(Objects::over(store)).await;
        for version in 2..5 {
            later.upsert(&[point("later", version)]).await;
            later.publish().await;
        }
        let before = later.get(&format!("{BASE}/head")).await.body;
        match asked {
            "renewal" => earlier.origin.renew_heads().await,
            route => drop(earlier.post(&format!("{BASE}/{route}"), "").await.problem("conflict")),
        }
        assert_eq!(later.get(&format!("{BASE}/head")).await.body, before, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_taken_over_unawares_does_not_publish() {
    let store = Arc::new(InMemory::new());
    let earlier = Api::over(store.clone()).await;
    earlier.put(BASE, SCHEMA).await.ok();
    earlier.upsert(&points(0..20)).await;
    let later = Api::over(store).await;
    earlier.post(&format!("{BASE}/publish"), "").await.problem("conflict");
    later.get(&format!("{BASE}/head")).await.problem("not_published");
    assert_eq!(later.publish().await["version"], 1);
}

/// It has proved that the store is its own, and stands still before it writes what it meant to write.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_right_before_it_writes_the_head_does_not_set_it_back() {
    for (at, committed) in [("put collections/c/versions/", 4), ("put collections/c/head", 5)] {
        let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let gated = Gated::over(Arc::clone(&memory));
        let earlier = Arc::new(Api::over(Arc::new(gated.clone())).await);
        earlier.put(BASE, SCHEMA).await.ok();
        earlier.upsert(&points(0..20)).await;
        earlier.publish().await;
        earlier.upsert(&points(20..30)).await;
        gated.stop_at(at);
        let publishing = tokio::spawn({
            let earlier = Arc::clone(&earlier);
            async move { earlier.post(&format!("{BASE}/publish"), "").await }
        });
        gated.stopped().await;

        let later = three_versions_later(memory).await;
        let head = later.get(&format!("{BASE}/head")).await.body;
        gated.go_on();
        publishing.await.unwrap().problem("conflict");
        assert_eq!(later.get(&format!("{BASE}/head")).await.body, head, "{at}");
        assert_eq!(SignedHead::from_json(&head).unwrap().head.version, committed, "{at}");
        later.upsert(&[point("later", 9)]).await;
        assert_eq!(later.publish().await["version"], committed + 1, "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_taken_over_while_it_starts_leaves_the_head_alone() {
    let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let first = Api::over(Arc::clone(&memory)).await;
    first.put(BASE, SCHEMA).await.ok();
    first.upsert(&points(0..20)).await;
    first.publish().await;
    first.origin.close().await.unwrap();

    // It has read which version is the newest, and goes on to open that.
    let gated = Gated::over(Arc::clone(&memory));
    let starting = expiring_parts(Arc::new(gated.clone())).await;
    gated.stop_at("get collections/c/manifests/");
    let starting = tokio::spawn(Origin::over(starting));
    gated.stopped().await;
    let later = three_versions_later(memory).await;
    let head = later.get(&format!("{BASE}/head")).await.body;
    gated.go_on();
    let refused = starting.await.unwrap().err().unwrap();
    assert_eq!(refused.code(), Code::Conflict, "{refused}");
    assert_eq!(later.get(&format!("{BASE}/head")).await.body, head);
    assert_eq!(replica::fetch(&later).await.0.version, 4);
}

/// The server that takes over, and has published three versions since.
async fn three_versions_later(store: Arc<dyn ObjectStore>) -> Api {
    let later = Api::over(store).await;
    for round in 0..3 {
        later.upsert(&[point("later", round)]).await;
        later.publish().await;
    }
    later
}

/// With a signer that would sign any head anew that has no end.
async fn expiring_parts(store: Arc<dyn ObjectStore>) -> Shared {
    let signer = Arc::new(Signer::new(SigningKey::from_seed([7; 32]), Some(Duration::from_secs(3600))));
    Shared { signer, ..shared(store).await }
}

fn start_second(data: &Path, more: &[&str]) -> std::process::Output {
    let data = data.to_string_lossy();
    headwater(&[&["serve", "--data", &data, "--listen", "127.0.0.1:0"], more].concat(), &[], None)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_served_is_refused_and_its_server_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut first = Server::start(&data).await;
    first.put(BASE, SCHEMA).await;
    let refused = fails(&start_second(&data, &[]));
    for told in [&first.url, &format!("process {}", first.id()), "--take-over", "conflict"] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    first.put(&format!("{BASE}/points"), json!({ "points": points(0..3) }).to_string()).await;
    first.post(&format!("{BASE}/publish"), "").await;

    // A killed one leaves nothing that would have to be cleared away, and one that ends neither.
    first.kill();
    let second = Server::start(&data).await;
    assert_eq!(second.get(BASE).await["points"], 3);
    assert!(fails(&start_second(&data, &[])).contains(&second.url));
    assert!(second.stop().success());
    assert_eq!(Server::start(&data).await.get(BASE).await["points"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_taken_over_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("first.log"));
    let place = data.to_string_lossy().into_owned();
    let first = Server::with(&place, &log, &["--head-hours", "1"], &[]).await;
    first.put(BASE, SCHEMA).await;
    first.put(&format!("{BASE}/points"), json!({ "points": points(0..3) }).to_string()).await;
    first.post(&format!("{BASE}/publish"), "").await;
    let second = Server::with(&place, &folder.path().join("second.log"), &["--take-over"], &[]).await;
    for n in 1..4 {
        second.put(&format!("{BASE}/points"), json!({ "points": [point("later", n)] }).to_string()).await;
        second.post(&format!("{BASE}/publish"), "").await;
    }
    let head = second.get(&format!("{BASE}/head")).await;
    assert_eq!(head["head"]["version"], 4);
    let answer = first.http.post(first.at(&format!("{BASE}/publish"))).send().await.unwrap();
    assert_eq!(answer.status(), 409);
    assert!(answer.text().await.unwrap().contains("another server has opened this data"));
    assert_eq!(second.get(&format!("{BASE}/head")).await, head);
    assert_eq!(first.http.get(first.at("/readyz")).send().await.unwrap().status(), 503);
    // Whoever starts now hears of the second, also when the first one is gone.
    assert!(fails(&start_second(&data, &[])).contains(&second.url));
    assert!(first.stop().success());
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("this server writes no more"), "{said}");
    assert!(fails(&start_second(&data, &[])).contains(&second.url));
    assert_eq!(second.get(&format!("{BASE}/head")).await, head);
    assert!(second.stop().success());
}
