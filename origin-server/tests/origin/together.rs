//! Page after page of one version, several queries at once, one ranking across collections.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use headwater_origin::Access;
use headwater_origin::collection::{Retention, Shared};
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, Reply, SCHEMA, ids, points, shared};

const BASE: &str = "/v1/collections/c";

async fn post(api: &Api, path: &str, body: &Value) -> Reply {
    api.post(path, body.to_string()).await
}

async fn search(api: &Api, query: &Value) -> Reply {
    post(api, &format!("{BASE}/search"), query).await
}

async fn forty_points(api: &Api) {
    api.put(BASE, SCHEMA).await.ok();
    api.upsert(&points(0..40)).await;
    api.publish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_in_their_version_while_others_write_and_publish() {
    let api = Api::new().await;
    forty_points(&api).await;
    for query in [
        json!({ "vector": [1, 0, 0, 0], "topK": 7 }),
        json!({ "filter": { "kind": { "$exists": true } }, "topK": 7 }),
        json!({ "sort": [{ "rank": "desc" }], "topK": 7 }),
    ] {
        let mut all = query.clone();
        all["topK"] = json!(100);
        all["asOf"] = api.status().await["version"].clone();
        let all = ids(&search(&api, &all).await.ok());
        let (mut query, mut found) = (query, Vec::new());
        query["after"] = json!("start");
        loop {
            let answer = search(&api, &query).await.ok();
            found.extend(ids(&answer));
            // What changes meanwhile is not on later pages: of the ten deleted points some are still to come.
            if found.len() == 14 {
                api.post(&format!("{BASE}/points/delete"), json!({ "ids": all[10..20] }).to_string()).await.ok();
                api.publish().await;
                api.upsert(&points(0..45)).await;
            }
            match answer["next"].as_str() {
                Some(next) => query["after"] = json!(next),
                None => break,
            }
        }
        assert_eq!(found, all, "{query}");
        api.publish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_earlier_versions_are_for_all_only_for_a_while() {
    for (grace, is_open) in [(Duration::from_secs(3600), true), (Duration::ZERO, false)] {
        let store = Arc::new(InMemory::new());
        let retention = Retention { grace, ..Retention::default() };
        let access = Access { token: Some("secret".into()), ..Access::default() };
        let of = shared(store.clone()).await;
        let api = Api::of(Shared { retention, ..of }, &access).await;
        let ask = async |method: Method, path: &str, body: Value, token: &str| {
            let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
            let request = request.header("authorization", format!("Bearer {token}"));
            api.send(request.body(Body::from(body.to_string())).unwrap()).await
        };
        let path = format!("{BASE}/search");
        ask(Method::PUT, BASE, serde_json::from_str(SCHEMA).unwrap(), "secret").await.ok();
        let write = async |range| {
            let batch = json!({ "points": points(range) });
            ask(Method::PUT, &format!("{BASE}/points"), batch, "secret").await.ok();
            ask(Method::POST, &format!("{BASE}/publish"), Value::Null, "secret").await.ok();
        };
        write(0..5).await;
        let first = ask(Method::POST, &path, json!({ "sort": "rank", "topK": 2, "after": "start" }), "none").await.ok();
        let second = json!({ "sort": "rank", "topK": 2, "after": first["next"] });
        assert_eq!(ids(&ask(Method::POST, &path, second.clone(), "none").await.ok()).len(), 2, "the newest is for all");
        write(5..6).await;
        let reply = ask(Method::POST, &path, second.clone(), "none").await;
        if is_open {
            assert_eq!(ids(&reply.ok()).len(), 2);
        } else {
            reply.problem("unauthorized");
        }
        assert_eq!(ids(&ask(Method::POST, &path, second, "secret").await.ok()).len(), 2, "who may write reads on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_to_go_on_from_that_is_none_is_refused() {
    let api = Api::new().await;
    forty_points(&api).await;
    let query = |after: &str| json!({ "sort": "rank", "topK": 2, "after": after });
    let next = search(&api, &query("start")).await.ok()["next"].as_str().unwrap().to_owned();
    let parts: Vec<&str> = next.splitn(4, '.').collect();
    let of = |version: &str, created: &str, hits: &str, id: &str| query(&format!("{version}.{created}.{hits}.{id}"));
    for (query, code) in [
        (query("next"), "invalid_query"),
        (of(parts[0], parts[1], parts[2], "nobody"), "invalid_query"),
        (of("99", parts[1], parts[2], parts[3]), "version_not_held"),
        // As of a collection of the same name that was deleted since.
        (of(parts[0], "12345", parts[2], parts[3]), "version_not_held"),
        (json!({ "sort": "rank", "after": "start", "offset": 3 }), "invalid_query"),
        (json!({ "vector": [1, 0, 0, 0], "after": format!("{}.{}.99995.x", parts[0], parts[1]) }), "limit_exceeded"),
        (
            json!({ "vector": [1, 0, 0, 0], "after": format!("{}.{}.{}.x", parts[0], parts[1], u64::MAX) }),
            "limit_exceeded",
        ),
    ] {
        search(&api, &query).await.problem(code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_queries_have_an_answer_each() {
    let api = Api::new().await;
    forty_points(&api).await;
    let queries =
        [json!({ "sort": "rank", "topK": 3 }), json!({ "vector": [0, 1, 0, 0] }), json!({ "facets": ["kind"] })];
    let path = format!("{BASE}/search/batch");
    let answers = post(&api, &path, &json!({ "queries": queries })).await.ok();
    for (query, answer) in queries.iter().zip(answers["answers"].as_array().unwrap()) {
        let alone = search(&api, query).await.ok();
        assert_eq!(
            (&answer["hits"], &answer["facets"], &answer["total"]),
            (&alone["hits"], &alone["facets"], &alone["total"])
        );
    }
    assert_eq!(answers["answers"].as_array().unwrap().len(), 3);
    for (body, code, said) in [
        (json!({ "queries": [queries[0], { "match": "x" }] }), "invalid_query", "queries[1]: "),
        (json!({ "queries": [{ "topk": 1 }] }), "invalid_query", "queries[0]: "),
        (json!({ "queries": vec![queries[0].clone(); 101] }), "limit_exceeded", "1 to 100"),
        (json!({}), "invalid_query", "\"queries\" is missing"),
    ] {
        let problem = post(&api, &path, &body).await.problem(code);
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    post(&api, "/v1/collections/nope/search/batch", &json!({ "queries": queries }))
        .await
        .problem("collection_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn collections_have_one_ranking() {
    let api = Api::new().await;
    for (name, range) in [("a", 0..10), ("b", 10..20)] {
        api.put(&format!("/v1/collections/{name}"), SCHEMA).await.ok();
        let batch = json!({ "points": points(range) }).to_string();
        api.put(&format!("/v1/collections/{name}/points"), batch).await.ok();
    }
    let search = |collection: &str| json!({ "collection": collection, "query": { "vector": [1, 0, 0, 0] } });
    let found = post(&api, "/v1/search", &json!({ "searches": [search("a"), search("b")], "topK": 12 })).await.ok();
    // As one collection with the points of both has them.
    api.put(BASE, SCHEMA).await.ok();
    api.upsert(&points(0..20)).await;
    let one = api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 12 })).await;
    let of_hits = |hits: &Value| -> Vec<(Value, Value)> {
        let hits = hits.as_array().unwrap().iter();
        hits.map(|hit| (hit["id"].clone(), hit["score"].clone())).collect()
    };
    let inner: Value = found["hits"].as_array().unwrap().iter().map(|hit| hit["hit"].clone()).collect();
    let mut wanted = of_hits(&one["hits"]);
    let mut got = of_hits(&inner);
    // Equal scores stand in the order of the searches there, of the ids here.
    let sort = |hits: &mut Vec<(Value, Value)>| hits.sort_by_key(|(id, score)| (score.to_string(), id.to_string()));
    sort(&mut wanted);
    sort(&mut got);
    assert_eq!(got, wanted);
    assert_eq!(found["total"], json!({ "value": 20, "relation": "exact" }));
    let first = &found["hits"][0];
    assert_eq!(first["score"], first["hit"]["score"]);
    assert!(found["answers"][1]["hits"].as_array().unwrap().is_empty() && found["answers"][1]["version"] == json!(0));
    for (body, code) in [
        (json!({ "searches": [search("a"), search("nope")] }), "collection_not_found"),
        (json!({ "searches": [search("a"), { "collection": "b", "query": { "match": "x" } }] }), "invalid_query"),
    ] {
        let problem = post(&api, "/v1/search", &body).await.problem(code);
        assert!(problem["detail"].as_str().unwrap().starts_with("searches[1]: "), "{problem}");
    }
}
