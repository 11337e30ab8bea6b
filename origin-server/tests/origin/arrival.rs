//! What arrives, in which encodings and forms, and what comes back.

use serde_json::{Value, json};

use crate::api::{Api, ids};

const POINTS: &str = "/v1/collections/c/points";
const MARK: &str = "\u{feff}";

async fn collection(schema: &Value) -> Api {
    let api = Api::new().await;
    api.put("/v1/collections/c", schema.to_string()).await.ok();
    api
}

async fn words() -> Api {
    collection(&json!({ "text": { "body": {} }, "fields": { "n": "integer", "f": "float" } })).await
}

async fn everything(api: &Api) -> Vec<String> {
    ids(&api.search(&json!({ "filter": {} })).await)
}

fn wide(text: &str, big_endian: bool) -> Vec<u8> {
    let to = if big_endian { u16::to_be_bytes } else { u16::to_le_bytes };
    format!("{MARK}{text}").encode_utf16().flat_map(to).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_no_object() {
    let api = words().await;
    api.stream("c", r#"{"id":"keep"}"#).await.ok();
    api.publish().await;
    let says = "expected an object, found a list";
    for line in [r#"["x1"]"#, r#"["x2",{},{"body":"cat"}]"#] {
        let detail = api.stream("c", line).await.problem("invalid_json")["detail"].to_string();
        assert!(detail.contains(says) && detail.contains("content-type application/json"), "{detail}");
    }
    for (path, body) in [
        (POINTS, r#"[[{"id": "x3"}]]"#),
        (POINTS, r#"{"points": [["x4"]]}"#),
        (POINTS, r#"{"points": [{"id": "x5", "payload": []}]}"#),
    ] {
        let detail = api.put(path, body).await.problem("invalid_json")["detail"].to_string();
        assert!(detail.contains(says), "{detail}");
    }
    let delete = format!("{POINTS}/delete");
    let detail = api.post(&delete, r#"[["keep"]]"#).await.problem("invalid_json")["detail"].to_string();
    assert!(detail.contains(says), "{detail}");
    let detail = api.post("/v1/collections/c/rollback", "[1]").await.problem("invalid_json")["detail"].to_string();
    assert!(detail.contains(says), "{detail}");
    api.put("/v1/collections/d", r#"[{},{"body":["en"]}]"#).await.problem("invalid_schema");
    api.post("/v1/collections/c/search", r#"["cat"]"#).await.problem("invalid_query");
    assert_eq!(everything(&api).await, ["keep"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn byte_order_marks_are_taken_and_other_encodings_named() {
    let api = words().await;
    let line = r#"{"id":"ä1","payload":{"body":"cat"}}"#;
    api.stream("c", format!("{MARK}{line}\r\n")).await.ok();
    api.put(POINTS, format!("{MARK}{{\"points\":[{{\"id\":\"ä2\"}}]}}")).await.ok();
    api.put("/v1/collections/d", format!("{MARK}{{\"text\":{{\"body\":{{}}}}}}")).await.ok();
    let found = api.post("/v1/collections/c/search", format!("{MARK}{{\"match\":\"cat\"}}")).await.ok();
    assert_eq!(ids(&found), ["ä1"]);
    for big_endian in [false, true] {
        let says = |problem: Value| {
            let detail = problem["detail"].to_string();
            assert!(detail.contains("UTF-16; send it as UTF-8"), "{detail}");
        };
        says(api.stream("c", wide(&format!("{line}\n"), big_endian)).await.problem("invalid_json"));
        says(api.put(POINTS, wide(r#"{"points":[{"id":"x"}]}"#, big_endian)).await.problem("invalid_json"));
        says(api.put("/v1/collections/e", wide(r#"{"text":{"t":{}}}"#, big_endian)).await.problem("invalid_schema"));
        says(
            api.post("/v1/collections/c/search", wide(r#"{"match":"cat"}"#, big_endian)).await.problem("invalid_query"),
        );
    }
    let latin = b"{\"id\":\"caf\xe9\"}".to_vec();
    let detail = api.stream("c", latin).await.problem("invalid_json")["detail"].to_string();
    assert!(detail.contains("not UTF-8"), "{detail}");
    assert_eq!(everything(&api).await, ["ä1", "ä2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_end_with_any_line_end_and_are_counted_once() {
    for end in ["\n", "\r\n", "\r"] {
        let api = words().await;
        let lines =
            ["{\"id\":\"a\"}", "", "{\"id\":\"b\",\"payload\":{\"body\":\"x\u{2028}y\\r\\n\"}}", "{\"id\":\"c\"}"];
        assert_eq!(api.stream("c", lines.join(end)).await.ok()["count"], 3, "{end:?}");
        assert_eq!(everything(&api).await, ["a", "b", "c"]);
        let refused =
            api.stream("c", ["{\"id\":\"d\"}", "", "{\"id\":5}", "{}"].join(end)).await.problem("invalid_json");
        assert_eq!((&refused["line"], &refused["committed"]), (&json!(3), &json!(1)), "{end:?}: {refused}");
    }
    // In chunks that end anywhere.
    let text = "{\"id\":\"a\"}\r\n\r\n{\"id\":\"b\"}\r{\"id\":\"c\"}\n{\"id\":5}";
    for cut in 1..text.len() {
        let api = words().await;
        let chunks = [&text[..cut], &text[cut..]].map(|part| Ok::<_, std::io::Error>(part.as_bytes().to_vec()));
        let body = axum::body::Body::from_stream(futures::stream::iter(chunks));
        let refused = api.stream("c", body).await.problem("invalid_json");
        assert_eq!((&refused["line"], &refused["committed"]), (&json!(5), &json!(3)), "{cut}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_come_back_as_they_were_given() {
    let api = words().await;
    let payload = r#"{"z":1.0,"body":"a","u64":18446744073709551615,"wei":1000000000000000000001,"neg":-0.0,"exp":1E+2,"long":0.1234567890123456789012,"a":{"c":null,"b":[]}}"#;
    // White space, and ways to write a string, are not kept.
    let given = payload.replace(',', " ,\t").replace("\"a\"", "\"\\u0061\"");
    api.stream("c", format!("{{\"payload\": {given}, \"id\": \"x\"}}")).await.ok();
    let mut version = 0;
    for _ in 0..2 {
        let point = api.get(&format!("{POINTS}/x")).await;
        assert!(String::from_utf8(point.body).unwrap().contains(payload));
        let found = api.post("/v1/collections/c/search", r#"{"match":"a"}"#).await;
        assert!(String::from_utf8(found.body).unwrap().contains(payload));
        version = api.publish().await["version"].as_u64().unwrap();
    }
    // Changed and rolled back, it is still the same.
    api.stream("c", r#"{"id":"x"}"#).await.ok();
    api.publish().await;
    api.post("/v1/collections/c/rollback", format!("{{\"version\":{version}}}")).await.ok();
    let point = api.get(&format!("{POINTS}/x")).await;
    assert!(String::from_utf8(point.body).unwrap().contains(payload));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_readers_would_see_differently_is_refused() {
    let api = words().await;
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for (code, payload) in [
        ("invalid_point", r#"{"body":"one","body":"two"}"#.to_owned()),
        ("invalid_point", r#"{"a":[{"x":1,"\u0078":2}]}"#.to_owned()),
        ("invalid_point", r#"{"a":1e400}"#.to_owned()),
        ("invalid_point", r#"{"a":"\ud83d"}"#.to_owned()),
        ("limit_exceeded", format!("{{\"a\":{}}}", deep(48))),
        ("limit_exceeded", format!("{{\"a\":{}}}", deep(10_000))),
        ("type_mismatch", r#"{"n":9007199254740993}"#.to_owned()),
        ("type_mismatch", r#"{"n":-9007199254740993}"#.to_owned()),
        ("type_mismatch", r#"{"n":18446744073709551616}"#.to_owned()),
        ("type_mismatch", r#"{"n":9007199254740992.0}"#.to_owned()),
        ("type_mismatch", r#"{"n":"5"}"#.to_owned()),
        ("type_mismatch", r#"{"n":[1,"2"]}"#.to_owned()),
        ("type_mismatch", r#"{"f":true}"#.to_owned()),
        ("invalid_point", r#"{"body":{"en":"cat"}}"#.to_owned()),
        ("invalid_point", r#"{"body":["a",5]}"#.to_owned()),
    ] {
        let problem = api.stream("c", format!("{{\"id\":\"x\",\"payload\":{payload}}}")).await.problem(code);
        assert!(problem["detail"].as_str().unwrap().contains("point \"x\""), "{problem}");
    }
    for payload in [
        r#"{"n":9007199254740992}"#.to_owned(),
        r#"{"n":-9007199254740992}"#.to_owned(),
        r#"{"n":1e3}"#.to_owned(),
        r#"{"n":-0.0}"#.to_owned(),
        r#"{"n":null,"f":12345678901234567890,"body":[null]}"#.to_owned(),
        r#"{"a":"\u0000\ud83d\ude00"}"#.to_owned(),
        format!("{{\"a\":{}}}", deep(47)),
    ] {
        api.stream("c", format!("{{\"id\":\"y\",\"payload\":{payload}}}")).await.ok();
        api.get(&format!("{POINTS}/y")).await.ok();
        api.search(&json!({ "filter": {} })).await;
        api.publish().await;
        api.search(&json!({ "filter": {} })).await;
    }
    let search = |filter: &str| {
        let body = format!("{{\"filter\":{filter}}}");
        let api = &api;
        async move { api.post("/v1/collections/c/search", body).await }
    };
    search(r#"{"n":9007199254740993}"#).await.problem("invalid_filter");
    search(r#"{"n":{"$gt":9007199254740993}}"#).await.problem("invalid_filter");
    search(r#"{"f":{"$lt":100000000000000000000}}"#).await.ok();
    search(r#"{"f":{"$lt":1000000000000000000}}"#).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_a_point_is() {
    let api = words().await;
    for (line, says) in [
        (r#"{"id":7}"#, "the id 7 is a number, and ids are texts: write \"7\""),
        (r#"{"id":"a","title":"x"}"#, "stands in its payload"),
        (r#"{"title":"x"}"#, "stands in its payload"),
        ("{}", "a point has an \"id\""),
        (r#"{"id":"a"}{"id":"b"}"#, "a line is one point"),
        (r#"{"id":"a","id":"b"}"#, "\"id\" stands twice"),
        ("id,body", "this is CSV"),
    ] {
        let detail = api.stream("c", line).await.problem("invalid_json")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says) && !detail.contains("at line 1"), "{detail}");
    }
    for vectors in [r#"null"#, r#"{"v":null}"#] {
        api.stream("c", format!(r#"{{"id":"a","payload":null,"vectors":{vectors}}}"#)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_completed_from_published_points_and_others() {
    let api = words().await;
    let suggest = async |body: &str| api.post("/v1/collections/c/suggest", body.to_owned()).await;
    api.stream(
        "c",
        "{\"id\":\"a\",\"payload\":{\"body\":\"wild cats\"}}\n{\"id\":\"b\",\"payload\":{\"body\":\"catalogue\"}}",
    )
    .await
    .ok();
    api.publish().await;
    api.stream("c", r#"{"id":"c","payload":{"body":"Catalogue of cats","n":1}}"#).await.ok();
    let found = suggest(r#"{"query":"ca"}"#).await;
    assert_eq!(found.header("x-headwater-answered-by"), Some("origin"));
    let found = found.ok();
    assert_eq!(found["suggestions"], json!([{ "text": "catalogue", "count": 2 }, { "text": "cats", "count": 2 }]));
    assert_eq!(
        (&found["version"], &found["didYouMean"], &found["answeredBy"]),
        (&json!(1), &Value::Null, &json!("origin"))
    );
    let found = suggest(r#"{"query":"willd cats "}"#).await.ok();
    assert_eq!(
        (&found["suggestions"], &found["didYouMean"]),
        (&json!([]), &json!({ "text": "wild cats ", "count": 1 }))
    );
    let found = suggest(r#"{"query":"cat","filter":{"n":1},"topK":1}"#).await.ok();
    assert_eq!(found["suggestions"], json!([{ "text": "Catalogue", "count": 1 }]));
    suggest(r#"{"query":"cat","filter":{"nope":1}}"#).await.problem("unknown_field");
    suggest(r#"{"text":"cat"}"#).await.problem("invalid_query");
    api.post("/v1/collections/d/suggest", r#"{"query":"cat"}"#).await.problem("collection_not_found");
}

/// As they were given: also after a publish, after an upsert that takes the vector away, and after going back.
#[tokio::test(flavor = "multi_thread")]
async fn points_may_lack_vectors_and_come_back_without() {
    for metric in ["cosine", "dot", "l2"] {
        let vector = json!({ "dim": 2, "metric": metric });
        let schema = json!({ "vectors": { "v": vector, "w": vector }, "fields": { "n": "integer" } });
        let api = collection(&schema).await;
        let both = json!({ "id": "both", "vectors": { "v": [1.0, 2.0], "w": [3.0, 4.0] }, "payload": { "n": 1 } });
        api.upsert(&[both.clone(), json!({ "id": "neither" })]).await;
        api.stream("c", r#"{"id":"first","vectors":{"v":[0.5,1],"w":null}}"#).await.ok();
        let found = async |name: &str| ids(&api.search(&json!({ "vector": [1, 2], "using": name })).await).len();
        let given = async |id: &str| api.get(&format!("{POINTS}/{id}")).await.ok()["vectors"].clone();
        for _ in 0..2 {
            assert_eq!((found("v").await, found("w").await), (2, 1), "{metric}");
            assert_eq!(given("neither").await, Value::Null);
            assert_eq!(given("first").await, json!({ "v": [0.5, 1.0] }));
            api.publish().await;
        }
        api.upsert(&[json!({ "id": "both", "vectors": { "w": [3.0, 4.0] }, "payload": { "n": 1 } })]).await;
        api.publish().await;
        assert_eq!((found("v").await, found("w").await), (1, 1), "{metric}");
        assert_eq!(given("both").await, json!({ "w": [3.0, 4.0] }));
        api.post("/v1/collections/c/rollback", r#"{"version":1}"#).await.ok();
        assert_eq!((found("v").await, found("w").await), (2, 1), "{metric}");
        assert_eq!(given("both").await, both["vectors"]);
        let like = json!({ "like": { "ids": ["both"], "not": ["first"] }, "using": "w" });
        let detail =
            api.post("/v1/collections/c/search", like.to_string()).await.problem("invalid_query")["detail"].to_string();
        assert!(detail.contains("has no vector"), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_document_of_points_shows_is_taken_as_it_stands() {
    let document = include_str!("../../../docs/points.md");
    let examples: Vec<&str> =
        document.split("```json\n").skip(1).flat_map(|rest| rest.split("```").next().unwrap().lines()).collect();
    let api = Api::new().await;
    api.put("/v1/collections/points", r#"{"vectors": {"shape": {"dim": 2}}}"#).await.ok();
    let (mut points, mut schemas) = (0, 0);
    for example in examples {
        let value: Value = serde_json::from_str(example).unwrap();
        if value.get("id").is_some() {
            points += 1;
            api.put("/v1/collections/points/points", json!({ "points": [value] }).to_string()).await.ok();
        } else {
            schemas += 1;
            api.put(&format!("/v1/collections/s{schemas}"), example).await.ok();
        }
    }
    assert!(points > 0 && schemas > 0);
    // Without any vector, in each way to say so.
    for vectors in [json!({}), Value::Null] {
        let point = json!({ "id": "bare", "vectors": vectors, "payload": { "a": 1 } });
        api.put("/v1/collections/points/points", json!({ "points": [point] }).to_string()).await.ok();
        let kept = api.get("/v1/collections/points/points/bare").await.ok();
        assert_eq!(kept, json!({ "id": "bare", "payload": { "a": 1 } }));
    }
    for id in [".", ".."] {
        let body = json!({ "points": [{ "id": id }] }).to_string();
        api.put("/v1/collections/points/points", body).await.problem("invalid_point");
    }
}
