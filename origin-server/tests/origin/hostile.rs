//! Bad input at the HTTP door: each refused by a problem document with its code, and nothing lost.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use futures::stream;
use headwater_core::limits::{MAX_BATCH_BYTES, MAX_BATCH_POINTS, MAX_LINE_BYTES, MAX_QUERY_BYTES, MAX_SCHEMA_BYTES};
use headwater_origin::Access;
use object_store::memory::InMemory;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::api::{Api, ids, ndjson, point, points};

const POINTS: &str = "/v1/collections/c/points";
const SEARCH: &str = "/v1/collections/c/search";

/// What must be as it was after every refusal.
async fn fingerprint(api: &Api) -> Value {
    let mut found = ids(&api.search(&json!({ "vector": [1, 2, 3, 4], "topK": 100, "exact": true })).await);
    found.sort();
    json!([api.status().await, found])
}

async fn filled() -> Api {
    let api = Api::with_collection().await;
    api.upsert(&points(0..10)).await;
    api.publish().await;
    api.upsert(&points(10..20)).await;
    api
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stands_twice_is_named_wherever_it_stands() {
    let api = filled().await;
    let before = fingerprint(&api).await;
    let new = "/v1/collections/d";
    for (method, path, body, code, key) in [
        (Method::PUT, new, r#"{"vectors":{"v":{"dim":4,"dim":8}}}"#, "invalid_schema", "dim"),
        (Method::PUT, new, r#"{"fields":{"kind":"keyword","kind":"integer"}}"#, "invalid_schema", "kind"),
        (Method::PUT, new, r#"{"fields":{},"f\u0069elds":{"rank":"integer"}}"#, "invalid_schema", "fields"),
        (Method::POST, SEARCH, r#"{"vector":[1,2,3,4],"topK":3,"topK":5}"#, "invalid_query", "topK"),
        (Method::POST, SEARCH, r#"{"filter":{"rank":{"$gt":1,"$gt":2}}}"#, "invalid_query", "$gt"),
        (Method::POST, "/v1/collections/c/rollback", r#"{"version":1,"version":1}"#, "invalid_json", "version"),
        (Method::PUT, POINTS, r#"{"points":[],"points":[]}"#, "invalid_json", "points"),
        (Method::POST, "/v1/collections/c/points/delete", r#"{"ids":["p1"],"ids":[]}"#, "invalid_json", "ids"),
        (
            Method::PUT,
            POINTS,
            r#"{"points":[{"id":"x","vectors":{"meaning":[1,2,3,4],"meaning":[4,3,2,1]}}]}"#,
            "invalid_json",
            "meaning",
        ),
    ] {
        let problem = api.call(method, path, Some("application/json"), body).await.problem(code);
        let says = format!("{key:?} stands twice");
        assert!(problem["detail"].as_str().unwrap().contains(&says), "{says}: {problem}");
    }
    api.get(new).await.problem("collection_not_found");
    assert_eq!(fingerprint(&api).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_points_are_refused_whole() {
    let api = filled().await;
    let before = fingerprint(&api).await;
    let with =
        |vector: Value, payload: Value| json!({ "id": "x", "vectors": { "meaning": vector }, "payload": payload });
    let good = json!([1, 2, 3, 4]);
    let long = "x".repeat(70_000);
    let rows: Vec<(&str, Value)> = vec![
        ("dimension_mismatch", with(json!([1, 2, 3]), json!({}))),
        ("dimension_mismatch", with(json!([]), json!({}))),
        ("invalid_json", with(json!(["1", 2, 3, 4]), json!({}))),
        ("invalid_json", with(json!([null, 2, 3, 4]), json!({}))),
        ("unknown_field", json!({ "id": "x", "vectors": { "meaning": good, "colour": [1] } })),
        ("invalid_json", json!({ "id": "x", "vectors": { "meaning": good }, "colour": 1 })),
        ("invalid_point", json!({ "id": "", "vectors": { "meaning": good } })),
        ("invalid_point", json!({ "id": ".", "vectors": { "meaning": good } })),
        ("invalid_point", json!({ "id": "..", "vectors": { "meaning": good } })),
        ("invalid_point", json!({ "id": "x".repeat(513), "vectors": { "meaning": good } })),
        ("invalid_point", json!({ "id": "a\u{0}b", "vectors": { "meaning": good } })),
        ("invalid_json", json!({ "id": 7, "vectors": { "meaning": good } })),
        ("type_mismatch", with(good.clone(), json!({ "rank": "first" }))),
        ("type_mismatch", with(good.clone(), json!({ "rank": 1.5 }))),
        ("type_mismatch", with(good.clone(), json!({ "kind": { "a": 1 } }))),
        ("limit_exceeded", with(good.clone(), json!({ "text": long }))),
        ("invalid_json", with(good.clone(), json!("text"))),
    ];
    for (code, bad) in rows {
        // Behind a good one: the batch is refused whole.
        let body = json!({ "points": [point("fresh", 1), bad] }).to_string();
        let problem = api.put(POINTS, body).await.problem(code);
        if code != "invalid_json" {
            assert!(problem["detail"].as_str().unwrap().starts_with("points[1]: "), "{problem}");
        }
        let refused = api.stream("c", format!("{bad}\n")).await.problem(code);
        assert_eq!((&refused["line"], &refused["committed"]), (&json!(1), &json!(0)));
    }
    for text in ["NaN", "Infinity", "-NaN", "nan", "1e39", "-1e39", "1e999999", "--1"] {
        let body = format!(r#"{{"points":[{{"id":"x","vectors":{{"meaning":[{text},0,0,0]}}}}]}}"#);
        api.put(POINTS, body).await.problem("invalid_json");
    }
    let many: Vec<Value> = (0..=MAX_BATCH_POINTS).map(|_| json!({ "id": "x" })).collect();
    api.put(POINTS, json!({ "points": many }).to_string()).await.problem("limit_exceeded");
    let ids: Vec<String> = (0..=MAX_BATCH_POINTS).map(|n| n.to_string()).collect();
    api.post(&format!("{POINTS}/delete"), json!({ "ids": ids }).to_string()).await.problem("limit_exceeded");
    api.post(&format!("{POINTS}/delete"), r#"{"ids":["p1",""]}"#).await.problem("invalid_point");
    api.get(&format!("{POINTS}/{}", "x".repeat(600))).await.problem("invalid_point");
    api.get(&format!("{POINTS}/%00")).await.problem("invalid_point");
    assert_eq!(fingerprint(&api).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_or_too_long_are_refused() {
    let api = filled().await;
    let before = fingerprint(&api).await;
    let deep = format!("{{\"points\":{}", "[".repeat(100_000));
    for body in ["", "{", "null", "[]", "{\"points\":{}}", "{\"points\":[]}x", "\u{feff}{}", &deep] {
        api.put(POINTS, body.to_owned()).await.problem("invalid_json");
        api.post(&format!("{POINTS}/delete"), body.to_owned()).await.problem("invalid_json");
        api.post(SEARCH, body.to_owned()).await.problem("invalid_query");
        api.put("/v1/collections/other", body.to_owned()).await.problem("invalid_schema");
    }
    api.put(POINTS, vec![0xff, 0xfe, 0x00]).await.problem("invalid_json");
    let spaces = |count: usize| Body::from(vec![b' '; count]);
    api.put(POINTS, spaces(MAX_BATCH_BYTES + 1)).await.problem("limit_exceeded");
    api.post(&format!("{POINTS}/delete"), spaces(MAX_BATCH_BYTES + 1)).await.problem("limit_exceeded");
    api.post(SEARCH, spaces(MAX_QUERY_BYTES + 1)).await.problem("limit_exceeded");
    api.put("/v1/collections/other", spaces(MAX_SCHEMA_BYTES + 1)).await.problem("limit_exceeded");
    for kind in ["text/plain", "application/xml", "multipart/form-data; boundary=x"] {
        api.call(Method::PUT, POINTS, Some(kind), "{}").await.problem("unsupported_media_type");
        api.call(Method::POST, SEARCH, Some(kind), "{}").await.problem("unsupported_media_type");
        api.call(Method::PUT, "/v1/collections/other", Some(kind), "{}").await.problem("unsupported_media_type");
    }
    let charset = json!({ "vector": [1, 0, 0, 0] }).to_string();
    api.call(Method::POST, SEARCH, Some("Application/JSON; charset=utf-8"), charset).await.ok();
    assert_eq!(fingerprint(&api).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_stops_at_its_first_bad_line_and_keeps_all_lines_before() {
    let lines = points(0..2500);
    let bad_lines: [(&str, String); 4] = [
        ("invalid_json", "{\"id\": oops}".into()),
        ("dimension_mismatch", json!({ "id": "bad", "vectors": { "meaning": [1] } }).to_string()),
        ("limit_exceeded", format!("{{\"id\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES))),
        ("invalid_point", json!({ "id": "" }).to_string()),
    ];
    for (code, bad) in bad_lines {
        let api = Api::with_collection().await;
        // A blank line and a line end of another system are no matter, but count as lines.
        let text = format!("\r\n{}{bad}\n{}", ndjson(&lines[..1700]).replace('\n', "\r\n"), ndjson(&lines[1700..]));
        // In pieces that end anywhere.
        let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
            text.as_bytes().chunks(70_001).map(|c| Ok(c.to_vec())).collect();
        let problem = api.stream("c", Body::from_stream(stream::iter(pieces))).await.problem(code);
        assert_eq!((&problem["line"], &problem["committed"]), (&json!(1702), &json!(1700)), "{problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with("line 1702 (1700 points before it are committed)"));
        assert_eq!(api.status().await["points"], 1700);
        assert!(api.has("p1699").await && !api.has("p1700").await);
        // Mended, it goes on.
        let receipt = api.stream("c", ndjson(&lines[1700..])).await.ok();
        assert_eq!((&receipt["count"], &receipt["lsn"]), (&json!(800), &json!(2500)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_has_committed_its_whole_lines() {
    let api = Api::with_collection().await;
    let text = ndjson(&points(0..5)) + "{\"id\":\"half";
    let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone");
    let pieces = vec![Ok(text.into_bytes()), Err(broken)];
    let problem = api.stream("c", Body::from_stream(stream::iter(pieces))).await.problem("request_incomplete");
    assert_eq!((&problem["line"], &problem["committed"]), (&json!(6), &json!(5)));
    assert_eq!(api.status().await["points"], 5);
    let empty = api.stream("c", "").await.ok();
    assert_eq!((&empty["count"], &empty["lsn"]), (&json!(0), &json!(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_and_filters_are_refused() {
    let api = filled().await;
    let vector = json!([1, 0, 0, 0]);
    let filtered = |filter: Value| json!({ "vector": vector, "filter": filter });
    let nested = (0..40).fold(json!({ "rank": 1 }), |inner, _| json!({ "$not": inner }));
    let rows: Vec<(&str, Value)> = vec![
        ("invalid_query", json!({})),
        ("invalid_query", json!({ "vector": vector, "text": "x" })),
        ("invalid_query", json!({ "text": "no model here" })),
        ("invalid_query", json!({ "vector": vector, "topK": 0 })),
        ("invalid_query", json!({ "vector": vector, "topK": 10_001 })),
        ("invalid_query", json!({ "vector": vector, "topK": -1 })),
        ("invalid_query", json!({ "vector": vector, "limit": 3 })),
        ("dimension_mismatch", json!({ "vector": [1, 2] })),
        ("unknown_field", json!({ "vector": vector, "using": "colour" })),
        ("unknown_field", filtered(json!({ "colour": "red" }))),
        ("type_mismatch", filtered(json!({ "rank": "red" }))),
        ("limit_exceeded", filtered(nested)),
    ];
    for (code, query) in rows {
        api.post(SEARCH, query.to_string()).await.problem(code);
    }
    for malformed in [json!({ "rank": { "$near": 1 } }), json!({ "$and": {} }), json!([1]), json!({ "$xor": [] })] {
        let refused = api.post(SEARCH, filtered(malformed.clone()).to_string()).await;
        let code = refused.json()["code"].as_str().unwrap().to_owned();
        refused.problem(&code);
        assert!(["invalid_filter", "invalid_query"].contains(&code.as_str()), "{malformed}: {code}");
    }
    let infinite = r#"{"vector":[1e39,0,0,0]}"#;
    api.post(SEARCH, infinite).await.problem("non_finite");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_routes_and_methods_that_do_not_exist_are_problems_too() {
    let api = filled().await;
    for name in ["Upper", "a%2Fb", "%2e%2e", "-x", &"n".repeat(65), "%00", "é"] {
        let reply = api.put(&format!("/v1/collections/{}", name.replace('é', "%C3%A9")), crate::api::SCHEMA).await;
        reply.problem("invalid_schema");
        let model = api.call(Method::PUT, &format!("/v1/models/{}", name.replace('é', "%C3%A9")), None, "x").await;
        model.problem("invalid_schema");
    }
    api.put("/v1/collections/%ff", crate::api::SCHEMA).await.problem("invalid_json");
    api.put("/v1/collections/nobody/points", "{\"points\":[]}").await.problem("collection_not_found");
    api.post("/v1/collections/nobody/search", "{\"vector\":[1]}").await.problem("collection_not_found");
    api.post("/v1/collections/nobody/publish", "").await.problem("collection_not_found");
    for path in ["/", "/v1", "/v1/collections/c/nothing", "/v2/collections", "//", "/v1/collections/c/points/a/b"] {
        api.get(path).await.problem("not_found");
    }
    let refused = api.call(Method::DELETE, SEARCH, None, "").await;
    refused.problem("method_not_allowed");
    assert_eq!(refused.header("allow"), Some("POST, OPTIONS"));
    api.call(Method::PATCH, "/v1/collections/c", None, "").await.problem("method_not_allowed");
    let hash = "0".repeat(64);
    for kind in ["blobs", "manifests"] {
        for name in [&hash, "short", "../head", "%2e%2e%2fhead"] {
            api.get(&format!("/v1/collections/c/{kind}/{name}")).await.problem("not_found");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_need_the_token_and_reads_do_not() {
    let access = Access { token: Some("secret".into()), ..Access::default() };
    let api = Api::with(Arc::new(InMemory::new()), &access).await;
    let with = |method: Method, path: &str, token: &str, body: &str| {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        request.header("authorization", token).body(Body::from(body.to_owned())).unwrap()
    };
    let refused = api.put("/v1/collections/c", crate::api::SCHEMA).await;
    refused.problem("unauthorized");
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    let bearer = "Bearer secret";
    api.send(with(Method::PUT, "/v1/collections/c", bearer, crate::api::SCHEMA)).await.ok();
    for (method, path) in [
        (Method::PUT, POINTS),
        (Method::POST, "/v1/collections/c/points/delete"),
        (Method::POST, "/v1/collections/c/publish"),
        (Method::DELETE, "/v1/collections/c"),
        (Method::PUT, "/v1/models/m"),
    ] {
        api.send(with(method, path, "Bearer wrong", "{}")).await.problem("unauthorized");
    }
    let body = json!({ "points": points(0..3) }).to_string();
    api.send(with(Method::PUT, POINTS, bearer, &body)).await.ok();
    assert_eq!(api.status().await["points"], 3);
    api.search(&json!({ "vector": [1, 0, 0, 0] })).await;
}

#[test]
fn whatever_arrives_is_answered_by_success_or_by_a_problem_of_the_client() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let api = runtime.block_on(filled());
    let before = runtime.block_on(fingerprint(&api));
    let valid = [
        json!({ "points": [point("p1", 1)] }).to_string(),
        json!({ "vector": [1, 0, 0, 0], "filter": { "$and": [{ "kind": "odd" }, { "rank": { "$gt": 3 } }] } })
            .to_string(),
        crate::api::SCHEMA.to_owned(),
        json!({ "ids": ["p1"] }).to_string(),
        ndjson(&points(1..3)),
    ];
    let routes = [
        (Method::PUT, POINTS, "application/json"),
        (Method::PUT, POINTS, "application/x-ndjson"),
        (Method::POST, "/v1/collections/c/points/delete", "application/json"),
        (Method::POST, SEARCH, "application/json"),
        (Method::PUT, "/v1/collections/c", "application/json"),
        (Method::PUT, "/v1/models/m", "application/octet-stream"),
    ];
    // A valid body with bytes changed, cut out or put in; never one that still is what it was.
    let damage = (
        0..valid.len(),
        0..routes.len(),
        any::<prop::sample::Index>(),
        prop::collection::vec(any::<u8>(), 0..8),
        0usize..40,
    );
    let mut runner = TestRunner::new(Config::with_cases(600));
    let outcome = runner.run(&damage, |(body, route, at, bytes, removed)| {
        let mut body = valid[body].clone().into_bytes();
        let at = at.index(body.len());
        let end = (at + removed).min(body.len());
        body.splice(at..end, bytes);
        let (method, path, kind) = routes[route].clone();
        let reply = runtime.block_on(api.call(method, path, Some(kind), body));
        if !reply.status.is_success() {
            prop_assert!(reply.status.is_client_error(), "{}: {}", reply.status, String::from_utf8_lossy(&reply.body));
            let code = reply.json()["code"].as_str().unwrap().to_owned();
            reply.problem(&code);
        }
        Ok(())
    });
    outcome.unwrap();
    // Some of it was valid and changed p1 and p2, or deleted them; nobody else was touched.
    let after = runtime.block_on(fingerprint(&api));
    let others = |found: &Value| {
        let all = found[1].as_array().unwrap().clone();
        all.into_iter().filter(|id| (3..20).any(|n| *id == json!(format!("p{n}")))).collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before));
}
