//! Who still reads what was deleted, and what removes it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use headwater_origin::Access;
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, SCHEMA, point, points};
use crate::process::{Server, fails, files, headwater, succeeds};

const BASE: &str = "/v1/collections/c";

async fn ask(api: &Api, query: &Value, headers: &[(&str, &str)]) -> crate::api::Reply {
    let mut request = Request::builder().method(Method::POST).uri(format!("{BASE}/search"));
    for (name, value) in [("content-type", "application/json")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    api.send(request.body(Body::from(query.to_string())).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_versions_are_for_those_who_may_write() {
    let now = json!({ "vector": [1, 0, 0, 0] });
    let past = [json!({ "vector": [1, 0, 0, 0], "asOf": 1 }), json!({ "vector": [1, 0, 0, 0], "asOf": "9999-12-31" })];
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    api.put(BASE, SCHEMA).await.ok();
    api.upsert(&points(0..5)).await;
    api.publish().await;
    // Without a token: programs and pages of this machine.
    for past in &past {
        assert_eq!(ask(&api, past, &[]).await.status, StatusCode::OK);
        assert_eq!(ask(&api, past, &[("origin", "http://localhost:5173")]).await.status, StatusCode::OK);
        ask(&api, past, &[("origin", "https://site.example")]).await.problem("unauthorized");
    }
    api.origin.close().await.unwrap();

    let api = Api::with(store, &Access { token: Some("secret".into()), ..Access::default() }).await;
    assert_eq!(ask(&api, &now, &[]).await.status, StatusCode::OK, "the newest is for all");
    for past in &past {
        assert_eq!(ask(&api, past, &[("authorization", "Bearer secret")]).await.status, StatusCode::OK);
        for headers in [&[][..], &[("authorization", "Bearer wrong")]] {
            let problem = ask(&api, past, headers).await.problem("unauthorized");
            assert!(problem["detail"].as_str().unwrap().contains("asOf"), "{problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_kept_what_was_deleted_goes_from_all_that_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let log = folder.path().join("log");
    let arguments = ["--keep-versions", "1", "--keep-hours", "0"];
    let server = Server::with(data.to_str().unwrap(), &log, &arguments, &[]).await;
    server.put(BASE, SCHEMA).await;
    let put = |points: &[Value]| json!({ "points": points }).to_string();
    server.put(&format!("{BASE}/points"), put(&points(0..20))).await;
    server.put(&format!("{BASE}/points"), put(&[point("secret", 777)])).await;
    server.post(&format!("{BASE}/publish"), "").await;
    let blobs = || files(&data.join("collections/c/blobs"));
    let with_it = blobs();
    server.post(&format!("{BASE}/points/delete"), r#"{"ids":["secret"]}"#).await;
    server.post(&format!("{BASE}/publish"), "").await;
    assert!(blobs().contains(&with_it[0]), "a tombstone hides it, its segment has it still");

    let compact = ["publish", "--compact", "-c", "c", "--url", &server.url];
    assert!(succeeds(&headwater(&compact, &[], None)).contains("published version 3 of c: 20 points, 1 segment"));
    succeeds(&headwater(&["gc", "-c", "c", "--url", &server.url], &[], None));
    assert!(blobs().len() == 1 && !blobs().contains(&with_it[0]), "{:?}", blobs());
    for folder in ["versions", "manifests"] {
        assert_eq!(files(&data.join("collections/c").join(folder)).len(), 1, "{folder}");
    }
    let by_hash = server.http.get(server.at(&format!("{BASE}/blobs/{}", with_it[0]))).send().await.unwrap();
    assert_eq!(by_hash.status(), 404);
    for version in ["1", "2"] {
        let refused = fails(&headwater(&["rollback", version, "-c", "c", "--url", &server.url], &[], None));
        assert!(refused.contains("(version_not_held)"), "{refused}");
        let query = json!({ "vector": [1, 0, 0, 0], "asOf": version.parse::<u64>().unwrap() }).to_string();
        let search = ["search", "--json", &query, "-c", "c", "--url", &server.url];
        assert!(fails(&headwater(&search, &[], None)).contains("(version_not_held)"));
    }
    assert!(server.stop().success());
}
