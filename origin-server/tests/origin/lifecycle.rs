//! Create, write, search, publish, restart, delete.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use object_store::memory::InMemory;
use serde_json::{Value, json};

use crate::api::{Api, MODEL, SCHEMA, ids, ndjson, packed_model, point, points};

const QUERY: &str = "/v1/collections/c/search";

#[tokio::test]
async fn a_point_is_found_by_word_as_soon_as_its_write_is_acknowledged_and_after_publishing() {
    let api = Api::new().await;
    let schema =
        r#"{"text":{"title":{"language":"en","boost":2},"body":{"language":"en"}},"fields":{"kind":"keyword"}}"#;
    assert_eq!(api.put("/v1/collections/c", schema).await.status, StatusCode::CREATED);
    let points = json!({ "points": [
        { "id": "a", "payload": { "title": "Rivers", "body": "A river runs from its headwaters to the sea.", "kind": "x" } },
        { "id": "b", "payload": { "title": "Seas", "body": "Where the rivers end.", "kind": "y" } },
    ] });
    assert_eq!(api.put("/v1/collections/c/points", points.to_string()).await.status, StatusCode::OK);
    let ask = async |query: Value| api.post("/v1/collections/c/search", query.to_string()).await.json();
    let mut before = None;
    for _ in 0..2 {
        let answer = ask(json!({ "match": "running river", "highlight": true, "fields": [] })).await;
        assert_eq!(answer["hits"][0]["id"], "a");
        assert_eq!(
            answer["hits"][0]["highlights"]["body"],
            json!([{ "item": 0, "start": 2, "end": 7 }, { "item": 0, "start": 8, "end": 12 }])
        );
        let scores: Vec<Value> = (0..2).map(|i| answer["hits"][i]["score"].clone()).collect();
        assert_eq!(*before.get_or_insert(scores.clone()), scores, "publishing changes no score");
        let filtered = ask(json!({ "match": { "query": "rivesr", "fuzzy": true }, "filter": { "kind": "y" } })).await;
        assert_eq!(filtered["hits"].as_array().unwrap().len(), 1);
        assert_eq!(api.post("/v1/collections/c/publish", "").await.status, StatusCode::OK);
    }
    let wrong = json!({ "points": [{ "id": "c", "payload": { "title": 7 } }] });
    let refused = api.put("/v1/collections/c/points", wrong.to_string()).await;
    assert_eq!((refused.status, refused.json()["code"].clone()), (StatusCode::BAD_REQUEST, json!("invalid_point")));
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_again_with_the_same_schema_is_fine_and_with_another_one_is_not() {
    let api = Api::with_collection().await;
    let again = api.put("/v1/collections/c", SCHEMA).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.json()["collection"], "c");
    let other = r#"{"vectors":{"meaning":{"dim":5}}}"#;
    api.put("/v1/collections/c", other).await.problem("collection_exists");
    assert_eq!(api.status().await["schema"]["vectors"]["meaning"]["dim"], 4);
    assert_eq!(api.get("/v1/collections").await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_read_by_the_next_request() {
    let api = Api::with_collection().await;
    let receipt = api.upsert(&points(0..10)).await;
    assert_eq!((&receipt["lsn"], &receipt["count"]), (&json!(10), &json!(10)));
    assert_eq!(api.get("/v1/collections/c/points/p3").await.ok(), point("p3", 3));

    let query = json!({ "vector": point("", 3)["vectors"]["meaning"], "topK": 3, "filter": { "kind": "odd" } });
    let reply = api.post(QUERY, query.to_string()).await;
    let answer = reply.ok();
    assert_eq!(ids(&answer)[0], "p3");
    assert!(answer["hits"].as_array().unwrap().iter().all(|h| h["payload"]["kind"] == "odd"));
    assert_eq!((&answer["version"], &answer["lsn"]), (&json!(0), &json!(10)));
    assert_eq!(reply.header("x-headwater-version"), Some("0"));
    assert_eq!(reply.header("x-headwater-lsn"), Some("10"));
    assert_eq!(reply.header("x-headwater-answered-by"), Some("origin"));

    // Put again: replaced whole. Deleted: gone, an unknown id is no matter.
    api.upsert(&[point("p3", 40)]).await;
    assert_eq!(api.get("/v1/collections/c/points/p3").await.ok(), point("p3", 40));
    let gone = api.post("/v1/collections/c/points/delete", r#"{"ids":["p4","nobody"]}"#).await.ok();
    assert_eq!((&gone["lsn"], &gone["count"]), (&json!(13), &json!(1)), "points are counted, not ids");
    api.get("/v1/collections/c/points/p4").await.problem("point_not_found");
    let found = ids(&api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 100 })).await);
    assert_eq!(found.len(), 9);
    assert!(!found.contains(&"p4".to_owned()));
    let status = api.status().await;
    assert_eq!((&status["points"], &status["pending"], &status["lsn"]), (&json!(9), &json!(11), &json!(13)));
    // The same of published points, of one that is named twice, and of one that is gone already.
    api.publish().await;
    let delete = async |ids: &str| {
        api.post("/v1/collections/c/points/delete", format!(r#"{{"ids":[{ids}]}}"#)).await.ok()["count"].clone()
    };
    assert_eq!(delete(r#""p5","p5","p6","p4""#).await, 2);
    assert_eq!(delete(r#""p5","p7""#).await, 1);
    assert_eq!(delete(r#""p5""#).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn publishing_changes_where_points_live_and_not_what_is_found() {
    let api = Api::with_collection().await;
    api.upsert(&points(0..500)).await;
    let query = json!({ "vector": [0.3, 0.2, 0.9, 0.1], "topK": 20, "exact": true });
    let before = api.search(&query).await;
    let published = api.publish().await;
    assert_eq!(
        (&published["version"], &published["points"], &published["changed"]),
        (&json!(1), &json!(500), &json!(true))
    );
    let after = api.search(&query).await;
    let both = ids(&before).iter().filter(|id| ids(&after).contains(id)).count();
    assert!(both >= 18, "codes of one byte move neighbours a little: {both} of 20 are the same");
    assert_eq!(api.publish().await["changed"], false);

    api.upsert(&[point("p3", 9000), point("new", 9001)]).await;
    api.post("/v1/collections/c/points/delete", r#"{"ids":["p4"]}"#).await.ok();
    let status = api.status().await;
    assert_eq!((&status["points"], &status["pending"]), (&json!(500), &json!(3)));
    let published = api.publish().await;
    assert_eq!(
        (&published["version"], &published["points"], &published["segments"]),
        (&json!(2), &json!(500), &json!(2))
    );
    let status = api.status().await;
    assert_eq!((&status["points"], &status["pending"], &status["version"]), (&json!(500), &json!(0), &json!(2)));
    let near = api.search(&json!({ "vector": point("", 9000)["vectors"]["meaning"], "topK": 500 })).await;
    assert!(!ids(&near).contains(&"p4".to_owned()));
    assert_eq!(near["hits"].as_array().unwrap().iter().find(|h| h["id"] == "p3").unwrap()["payload"]["n"], 9000);
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_versions_are_searched_as_they_were() {
    let api = Api::with_collection().await;
    let query = |as_of: Value| json!({ "vector": [1, 0, 0, 0], "topK": 1000, "fields": [], "asOf": as_of });
    let mut answers = vec![Value::Null];
    for round in 0..4 {
        api.upsert(&points(round * 10..round * 10 + 10)).await;
        api.post("/v1/collections/c/points/delete", json!({ "ids": [format!("p{round}")] }).to_string()).await.ok();
        api.publish().await;
        answers.push(api.search(&query(json!(round + 1))).await);
        // What comes after it does not count, even before it is published.
        api.upsert(&[point(&format!("later{round}"), 1)]).await;
    }
    for (version, answer) in answers.iter().enumerate().skip(1) {
        assert_eq!(answer["version"], version);
        for _ in 0..2 {
            let again = api.search(&query(json!(version))).await;
            assert_eq!((&again["hits"], &again["lsn"]), (&answer["hits"], &answer["lsn"]), "{version}");
        }
    }
    assert!(!ids(&answers[2]).contains(&"p1".to_owned()) && ids(&answers[1]).contains(&"p1".to_owned()));
    assert_eq!(api.search(&query(json!("9999-12-31"))).await["version"], 4);
    for wanted in [json!(5), json!(0), json!("1999-01-01")] {
        api.post(QUERY, query(wanted).to_string()).await.problem("version_not_held");
    }
    let behind = json!({ "vector": [1, 0, 0, 0], "minLsn": 1000 });
    api.post(QUERY, behind.to_string()).await.problem("behind");
    let lsn = api.upsert(&[point("now", 7)]).await["lsn"].clone();
    let seen = api.search(&json!({ "vector": [1, 0, 0, 0], "minLsn": lsn, "topK": 100 })).await;
    assert!(ids(&seen).contains(&"now".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn small_segments_are_folded_and_keep_their_points() {
    let api = Api::with_collection().await;
    for round in 0..12 {
        api.upsert(&points(round * 10..round * 10 + 10)).await;
        api.upsert(&[point("p0", 1000 + round)]).await;
        let published = api.publish().await;
        assert_eq!(published["points"], round * 10 + 10);
        assert!(published["segments"].as_u64().unwrap() <= 5, "{published}");
    }
    let found = ids(&api.search(&json!({ "vector": [1, 0, 0, 0], "topK": 1000, "exact": true })).await);
    assert_eq!(found.len(), 120);
    assert_eq!(api.get("/v1/collections/c/points/p0").await.ok(), point("p0", 1011));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_brings_back_all_that_was_acknowledged() {
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    api.put("/v1/collections/c", SCHEMA).await.ok();
    api.upsert(&points(0..50)).await;
    api.publish().await;
    api.upsert(&points(40..70)).await;
    api.post("/v1/collections/c/points/delete", r#"{"ids":["p0","p69"]}"#).await.ok();
    let (status, query) = (api.status().await, json!({ "vector": [0.5, 0.5, 0, 0], "topK": 100, "exact": true }));
    let mut answer = api.search(&query).await;
    // No goodbye: the next server simply takes over.
    let next = Api::over(store).await;
    assert_eq!(next.status().await, status);
    let mut again = next.search(&query).await;
    (answer["tookUs"], again["tookUs"]) = (json!(0), json!(0));
    assert_eq!(again, answer);
    assert!(!next.has("p0").await && next.has("p68").await);
    let receipt = next.upsert(&points(0..1)).await;
    assert_eq!(receipt["lsn"], 83, "numbers go on where they stopped");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_get_numbers_of_their_own() {
    let api = Arc::new(Api::with_collection().await);
    let writers = (0..16u32).map(|writer| {
        let api = Arc::clone(&api);
        tokio::spawn(async move {
            let mut lsns = Vec::new();
            for n in 0..20u32 {
                let points = [point(&format!("w{writer}-{n}"), n), point("shared", writer)];
                lsns.push(api.upsert(&points).await["lsn"].as_u64().unwrap());
            }
            lsns
        })
    });
    let mut all = Vec::new();
    for lsns in futures::future::join_all(writers).await {
        let lsns = lsns.unwrap();
        assert!(lsns.is_sorted());
        all.extend(lsns);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 320);
    let status = api.status().await;
    assert_eq!((&status["points"], &status["lsn"]), (&json!(321), &json!(640)));
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_during_a_publish_wait_for_the_next_version_and_are_found_meanwhile() {
    let store = Arc::new(InMemory::new());
    let api = Arc::new(Api::over(store.clone()).await);
    api.put("/v1/collections/c", SCHEMA).await.ok();
    api.stream("c", ndjson(&points(0..8000))).await.ok();
    let publishing = tokio::spawn({
        let api = Arc::clone(&api);
        async move { api.publish().await }
    });
    let mut written = 0;
    let mut heard = false;
    while !publishing.is_finished() {
        api.upsert(&[point(&format!("during{written}"), written), point("p1", 100_000 + written)]).await;
        assert!(api.has(&format!("during{written}")).await);
        heard |= api.get("/v1/collections/c/publish").await.ok()["publishing"] == true;
        written += 1;
    }
    assert!(heard, "a publish under way is told of");
    let published = publishing.await.unwrap();
    assert_eq!(published["version"], 1);
    let seen = published["points"].as_u64().unwrap();
    assert!((8000..=8000 + u64::from(written)).contains(&seen), "{seen}");
    let holds = async |api: &Api| {
        assert_eq!(api.status().await["points"], 8000 + written);
        assert_eq!(api.get("/v1/collections/c/points/p1").await.ok(), point("p1", 100_000 + written - 1));
    };
    holds(&api).await;
    // Only now: whoever opens the data again takes it over.
    holds(&Api::over(store).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_collection_leaves_nothing_behind() {
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    for name in ["c", "cc"] {
        api.put(&format!("/v1/collections/{name}"), SCHEMA).await.ok();
        api.stream(name, ndjson(&points(0..30))).await.ok();
        api.post(&format!("/v1/collections/{name}/publish"), Body::empty()).await.ok();
        api.stream(name, ndjson(&points(20..40))).await.ok();
    }
    let deleted = api.call(Method::DELETE, "/v1/collections/c", None, Body::empty()).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    api.get("/v1/collections/c").await.problem("collection_not_found");
    api.call(Method::DELETE, "/v1/collections/c", None, Body::empty()).await.problem("collection_not_found");
    api.put("/v1/collections/c", r#"{"vectors":{"other":{"dim":2}}}"#).await.ok();
    let again = Api::over(store).await;
    for api in [&api, &again] {
        let status = api.status().await;
        assert_eq!((&status["points"], &status["version"], &status["lsn"]), (&json!(0), &json!(0), &json!(0)));
        assert!(!api.has("p25").await);
        api.get("/v1/collections/c/head").await.problem("not_published");
        assert_eq!(api.get("/v1/collections/cc").await.ok()["points"], 40, "the neighbour is untouched");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_becomes_vectors_by_a_model_that_is_added_first() {
    let store = Arc::new(InMemory::new());
    let api = Api::over(store.clone()).await;
    let embed = json!({ "model": MODEL, "from": ["lemmas", "gloss"] });
    let schema = json!({ "vectors": { "meaning": { "dim": 256, "embed": embed } } }).to_string();
    api.put("/v1/collections/c", schema.clone()).await.problem("model_not_found");
    api.call(Method::PUT, &format!("/v1/models/{MODEL}"), None, vec![0u8; 100]).await.problem("model_invalid");
    let kept = api.call(Method::PUT, &format!("/v1/models/{MODEL}"), None, packed_model()).await.ok();
    assert_eq!(api.get("/v1/models").await.ok(), json!([kept]));
    let narrow = schema.replace(r#""dim":256"#, r#""dim":128"#);
    api.put("/v1/collections/c", narrow).await.problem("invalid_schema");
    api.put("/v1/collections/c", schema).await.ok();
    let entry =
        |id: &str, lemmas: &[&str], gloss: &str| json!({ "id": id, "payload": { "lemmas": lemmas, "gloss": gloss } });
    let cat = entry("cat", &["wildcat"], "any small or medium-sized cat resembling the domestic cat");
    api.upsert(&[cat.clone(), entry("bank", &["bank"], "a financial institution that accepts deposits")]).await;
    let query = json!({ "text": "small wild cat", "topK": 1 });
    assert_eq!(ids(&api.search(&query).await), ["cat"]);
    assert_eq!(api.get("/v1/collections/c/points/cat").await.ok(), cat, "derived vectors are not given back");
    api.publish().await;
    let bits = |answer: serde_json::Value| answer["hits"][0]["score"].as_f64().unwrap().to_bits();
    let score = bits(api.search(&query).await);
    let next = Api::over(store).await;
    assert_eq!(bits(next.search(&query).await), score);
    // The model travels with the collection.
    let hash = kept["blob"]["hash"].as_str().unwrap();
    assert_eq!(next.get(&format!("/v1/collections/c/blobs/{hash}")).await.body, packed_model());
}
