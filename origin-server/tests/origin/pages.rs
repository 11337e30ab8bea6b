//! What a page of another origin may ask and read through a browser on a machine that reaches the server: nothing,
//! unless it is named.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use headwater_origin::{Access, Readers};
use object_store::memory::InMemory;
use serde_json::json;

use crate::api::{Api, Reply, points};

const COLLECTION: &str = "/v1/collections/c";
const SITE: &str = "https://site.example";
const HOST: (&str, &str) = ("host", "127.0.0.1:7700");

async fn filled(access: &Access) -> Api {
    let api = Api::with(Arc::new(InMemory::new()), access).await;
    api.put(COLLECTION, crate::api::SCHEMA).await.ok();
    api.upsert(&points(0..3)).await;
    api.publish().await;
    api
}

async fn ask(api: &Api, method: &Method, path: &str, headers: &[(&str, &str)], body: &'static str) -> Reply {
    let request =
        headers.iter().fold(Request::builder().method(method).uri(path), |r, (name, value)| r.header(*name, *value));
    api.send(request.body(Body::from(body)).unwrap()).await
}

/// All that a page could want: (method, path, body).
fn wishes() -> Vec<(Method, String, &'static str)> {
    let at = |path: &str| format!("{COLLECTION}{path}");
    vec![
        (Method::GET, "/v1/collections".into(), ""),
        (Method::GET, at(""), ""),
        (Method::GET, at("/points/p1"), ""),
        (Method::POST, at("/search"), r#"{"vector":[1,0,0,0]}"#),
        (Method::GET, at("/head"), ""),
        (Method::GET, at("/versions"), ""),
        (Method::GET, "/metrics".into(), ""),
        (Method::GET, "/openapi.json".into(), ""),
        // What a browser sends without asking before (no content-type, or a form's).
        (Method::POST, at("/publish"), ""),
        (Method::POST, at("/gc"), ""),
        (Method::POST, at("/rollback"), r#"{"version":1}"#),
        (Method::POST, at("/points/delete"), r#"{"ids":["p1"]}"#),
        (Method::PUT, at("/points"), r#"{"points":[]}"#),
        (Method::DELETE, at(""), ""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_read_nothing_and_change_nothing() {
    for access in [Access::default(), Access { insecure: true, ..Access::default() }] {
        let api = filled(&access).await;
        let before = api.status().await;
        for (method, path, body) in wishes() {
            for origin in [SITE, "null", "http://localhost.site.example", "http://192.168.0.7:7700"] {
                let reply = ask(&api, &method, &path, &[HOST, ("origin", origin)], body).await;
                reply.problem("unauthorized");
                assert_eq!(reply.header("access-control-allow-origin"), None, "{method} {path} of {origin}");
                let plain =
                    ask(&api, &method, &path, &[HOST, ("origin", origin), ("content-type", "text/plain")], body).await;
                plain.problem("unauthorized");
            }
            let embedded =
                [HOST, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")];
            ask(&api, &method, &path, &embedded, body).await.problem("unauthorized");
        }
        let asked = [
            ("origin", SITE),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        let preflight = ask(&api, &Method::OPTIONS, &format!("{COLLECTION}/search"), &asked, "").await;
        assert!(
            preflight.headers.keys().all(|name| !name.as_str().starts_with("access-control")),
            "{:?}",
            preflight.headers
        );
        assert_eq!(api.status().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_was_made_to_lead_here_reads_nothing() {
    let api = filled(&Access::default()).await;
    // The page's own origin, as its browser sees it.
    let rebound = [
        ("host", "rebound.example:7700"),
        ("origin", "http://rebound.example:7700"),
        ("sec-fetch-site", "same-origin"),
    ];
    for (method, path, body) in wishes() {
        ask(&api, &method, &path, &rebound, body).await.problem("unauthorized");
        ask(&api, &method, &path, &rebound[..1], body).await.problem("unauthorized");
    }
    let own = ask(&api, &Method::GET, &format!("http://rebound.example{COLLECTION}"), &[HOST], "").await;
    own.problem("unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn named_origins_and_pages_of_this_machine_read() {
    let access = Access { readers: Readers::parse([SITE]).unwrap(), ..Access::default() };
    let api = filled(&access).await;
    for origin in [SITE, "http://127.0.0.1:8000", "http://localhost:5173"] {
        let asked = [HOST, ("origin", origin), ("content-type", "application/json")];
        let search = ask(&api, &Method::POST, &format!("{COLLECTION}/search"), &asked, r#"{"vector":[1,0,0,0]}"#).await;
        search.ok();
        assert_eq!(search.header("access-control-allow-origin"), Some(origin));
        assert_eq!(search.header("vary"), Some("origin"));
        let exposed = search.header("access-control-expose-headers").unwrap();
        for name in ["x-headwater-version", "x-headwater-lsn", "x-headwater-answered-by", "content-range"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        let names = "authorization, baggage, content-type, sentry-trace, traceparent, x-datadog-trace-id";
        let asked =
            [("origin", origin), ("access-control-request-method", "POST"), ("access-control-request-headers", names)];
        let preflight = ask(&api, &Method::OPTIONS, &format!("{COLLECTION}/search"), &asked, "").await;
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-headers")),
            (StatusCode::NO_CONTENT, Some(names))
        );
        assert_eq!(preflight.header("access-control-allow-origin"), Some(origin));
        assert!(preflight.header("access-control-max-age").is_some());
        let refused = ask(&api, &Method::GET, &format!("{COLLECTION}/points/nobody"), &asked[..1], "").await;
        refused.problem("point_not_found");
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin), "a page reads why it was refused");
    }
    let foreign = [HOST, ("origin", "https://other.example")];
    ask(&api, &Method::GET, COLLECTION, &foreign, "").await.problem("unauthorized");
    let open = filled(&Access { readers: Readers::Anyone, ..Access::default() }).await;
    let reply = ask(&open, &Method::GET, COLLECTION, &foreign, "").await;
    assert_eq!((reply.ok()["points"].clone(), reply.header("access-control-allow-origin")), (json!(3), Some("*")));
}

#[tokio::test(flavor = "multi_thread")]
async fn links_programs_and_the_servers_own_pages_work() {
    let api = filled(&Access::default()).await;
    let link = [HOST, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(ask(&api, &Method::GET, "/docs", &link, "").await.status, StatusCode::OK);
    assert_eq!(ask(&api, &Method::GET, COLLECTION, &[], "").await.status, StatusCode::OK);
    let own = [HOST, ("origin", "http://127.0.0.1:7700"), ("sec-fetch-site", "same-origin")];
    assert_eq!(ask(&api, &Method::POST, &format!("{COLLECTION}/publish"), &own, "").await.status, StatusCode::OK);
    let shown = ask(&api, &Method::GET, COLLECTION, &own, "").await;
    assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
}
