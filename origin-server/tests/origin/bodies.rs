//! How bodies are written and named, which ids paths can carry, and what a path says of its methods.

use std::io::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use headwater_core::limits::{MAX_BATCH_BYTES, MAX_LINE_BYTES, MAX_QUERY_BYTES, MAX_SCHEMA_BYTES};
use serde_json::json;

use crate::api::{Api, Reply, SCHEMA, ndjson, point, points};

const COLLECTION: &str = "/v1/collections/c";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn send(api: &Api, method: Method, path: &str, kind: &str, coding: &str, body: Vec<u8>) -> Reply {
    let request = Request::builder().method(method).uri(format!("{COLLECTION}{path}")).header("content-type", kind);
    api.send(request.header("content-encoding", coding).body(Body::from(body)).unwrap()).await
}

/// Every route that takes a body, with one that it takes.
fn bodies() -> [(Method, &'static str, &'static str, String); 6] {
    let json = "application/json";
    [
        (Method::PUT, "", json, SCHEMA.to_owned()),
        (Method::PUT, "/points", json, json!({ "points": points(0..2) }).to_string()),
        (Method::PUT, "/points", "application/x-ndjson", ndjson(&points(0..2000))),
        (Method::POST, "/search", json, json!({ "vector": [1, 0, 0, 0] }).to_string()),
        (Method::POST, "/points/delete", json, json!({ "ids": ["p1"] }).to_string()),
        (Method::POST, "/rollback", json, json!({ "version": 1 }).to_string()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn gzipped_bodies_are_read_wherever_one_is_taken() {
    let api = Api::with_collection().await;
    api.publish().await;
    for (method, path, kind, body) in bodies() {
        send(&api, method.clone(), path, kind, "gzip", gzip(body.as_bytes())).await.ok();
        let cut = gzip(body.as_bytes());
        send(&api, method.clone(), path, kind, "gzip", cut[..cut.len() - 1].to_vec()).await.problem("invalid_json");
        send(&api, method.clone(), path, kind, "gzip", body.clone().into_bytes()).await.problem("invalid_json");
        for coding in ["br", "zstd", "deflate", "gzip, gzip"] {
            let refused = send(&api, method.clone(), path, kind, coding, body.clone().into_bytes()).await;
            assert!(refused.problem("unsupported_media_type")["detail"].as_str().unwrap().contains(coding));
            assert_eq!(refused.header("accept-encoding"), Some("gzip, identity"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_of_what_a_gzipped_body_stands_for() {
    let api = Api::with_collection().await;
    for (path, kind, bytes) in [
        ("/points", "application/json", MAX_BATCH_BYTES),
        ("/points", "application/x-ndjson", MAX_LINE_BYTES),
        ("", "application/json", MAX_SCHEMA_BYTES),
    ] {
        let bomb = gzip(&vec![b' '; bytes + 1]);
        send(&api, Method::PUT, path, kind, "gzip", bomb).await.problem("limit_exceeded");
    }
    let bomb = gzip(&vec![b' '; MAX_QUERY_BYTES + 1]);
    send(&api, Method::POST, "/search", "application/json", "gzip", bomb).await.problem("limit_exceeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn ndjson_has_many_names_and_what_has_none_of_them_is_told_so() {
    let api = Api::with_collection().await;
    let put = |kind: &'static str| api.call(Method::PUT, "/v1/collections/c/points", Some(kind), ndjson(&points(0..2)));
    for kind in
        ["application/ndjson", "application/jsonl", "Application/JSONLines; charset=UTF-8", "application/x-jsonlines"]
    {
        assert_eq!(put(kind).await.ok()["count"], 2, "{kind}");
    }
    for kind in ["application/x-www-form-urlencoded", "application/json-seq", "text/csv"] {
        let refused = put(kind).await;
        let detail = refused.problem("unsupported_media_type")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("application/json") && detail.contains("application/x-ndjson"), "{detail}");
        assert_eq!(refused.header("accept"), Some("application/json, application/x-ndjson"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_that_is_taken_is_given_back_by_its_path() {
    let api = Api::with_collection().await;
    for id in [
        "a/b", "/", "//", "a%2Fb", "%", "?", "#", "a?b#c", "\\", "delete", "head", "...", ".a", "a/../b", " ", "+",
        "é", "🦉", ";", "a b",
    ] {
        api.upsert(&[point(id, 1)]).await;
        // What encodeURIComponent leaves is left here.
        let escaped = |b: u8| {
            if b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        };
        let segment: String = id.bytes().map(escaped).collect();
        let path = format!("{COLLECTION}/points/{segment}");
        assert_eq!(api.get(&path).await.ok()["id"], id);
        // And no parser of URLs makes another path of it.
        assert_eq!(url::Url::parse(&format!("http://h{path}")).unwrap().path(), path);
    }
    for id in [".", "..", ""] {
        api.put(&format!("{COLLECTION}/points"), json!({ "points": [point(id, 1)] }).to_string())
            .await
            .problem("invalid_point");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_says_which_methods_it_takes() {
    let api = Api::with_collection().await;
    for (path, allow) in [
        (COLLECTION.to_owned(), "GET, HEAD, PUT, DELETE, OPTIONS"),
        (format!("{COLLECTION}/search"), "POST, OPTIONS"),
        (format!("{COLLECTION}/points/delete"), "GET, HEAD, POST, OPTIONS"),
        (format!("{COLLECTION}/points/p1"), "GET, HEAD, OPTIONS"),
        (format!("{COLLECTION}/head"), "GET, HEAD, OPTIONS"),
        ("/healthz".to_owned(), "GET, HEAD, OPTIONS"),
    ] {
        let sorted = |allow: &str| {
            let mut methods: Vec<String> = allow.split(", ").map(ToOwned::to_owned).collect();
            methods.sort();
            methods
        };
        let options = api.call(Method::OPTIONS, &path, None, "").await;
        assert_eq!(options.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(sorted(options.header("allow").unwrap()), sorted(allow), "{path}");
        for method in ["PATCH", "TRACE", "FROB"] {
            let refused = api.call(method.parse().unwrap(), &path, None, "").await;
            refused.problem("method_not_allowed");
            assert_eq!(sorted(refused.header("allow").unwrap()), sorted(allow), "{method} {path}");
        }
    }
    api.call(Method::OPTIONS, "/nowhere", None, "").await.problem("not_found");
}
