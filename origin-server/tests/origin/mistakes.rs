//! Mistakes of somebody new: what each is answered with.

use std::fs;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::process::{fails, headwater, succeeds};
use crate::speech::{Desk, WORDS, both};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_nothing_says_why() {
    let desk = Desk::new(WORDS).await;
    for (bytes, says) in [(&b""[..], "is empty; a line is a point"), (b"\n\r\n", "has empty lines only")] {
        let said = succeeds(&desk.import(bytes));
        assert!(said.starts_with("0 points imported") && said.contains(says), "{said}");
    }
    let piped = headwater(&["import", "-", "-c", "c", "--url", &desk.server.url], &[], Some(""));
    assert!(succeeds(&piped).contains("standard input is empty"));
    succeeds(&desk.import(b"{\"id\": \"a\"}\n{\"id\": \"b\"}\n"));
    let file = desk.folder.path().join("points").to_string_lossy().into_owned();
    let skipping = |lines: &str| desk.run(&["import", &file, "-c", "c", "--skip-lines", lines]);
    assert!(succeeds(&skipping("2")).contains("has 2 lines, which --skip-lines 2 leaves out"));
    let past = fails(&skipping("3"));
    assert!(past.contains("has 2 lines, and --skip-lines 3 leaves out more") && past.contains("(invalid_options)"));
    let none = desk.run(&["import", &file, "-c", "c", "--batch", "0"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(both(&none).contains("'--batch <BATCH>': 0 is not in 1..=1000000"), "{}", both(&none));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_misspelt_or_cut_off_is_said_in_words() {
    let desk = Desk::new(WORDS).await;
    let schema = desk.folder.path().join("schema.json");
    for (json, says) in [
        ("", "schema: the document is empty"),
        ("{\"text\": {\n", "schema: the document ends too early: an object has no end (line 2)"),
        (r#"{"text": {"a": {"language": "\ud800"}}}"#, "half of a surrogate pair"),
        (r#"{"vectors": {"v": {"dim": 5000000000}}}"#, "from 1 to 4096"),
        ("text: {title: {}}", "schema: not JSON: expected a value"),
        ("feline", "schema: not JSON: expected a value"),
        (r#"{"text": {"a": {"lang": "en"}}}"#, r#"unknown field "lang"; did you mean "language"?"#),
    ] {
        fs::write(&schema, json).unwrap();
        let said = fails(&desk.run(&["create", "d", "--schema", schema.to_str().unwrap()]));
        assert!(said.contains(says), "{json}: {said}");
    }
    for (query, says) in [
        (r#"{"match": "#, "query: the document ends too early: a value is missing"),
        ("feline", r#"query: not JSON: expected a value, such as "text", 5, true, null, [ or { (column 2)"#),
        ("{match: cat}", "a shell takes JSON whole in single quotes: --json '{"),
        (r#"{"match": "cat", "sort": "body"}"#, r#""sort": "body" is a text field"#),
        (r#"{"match": "cat", "facets": ["tga"]}"#, r#"did you mean "tag"?"#),
    ] {
        let said = fails(&desk.run(&["search", "-c", "c", "--json", query]));
        assert!(said.contains(says), "{query}: {said}");
    }
    let bodies = ["{ids: []}", "nope"].map(|body| {
        let sent = desk.server.http.post(desk.server.at("/v1/collections/c/points/delete"));
        sent.header("content-type", "application/json").body(body)
    });
    for sent in bodies {
        let problem: Value = sent.send().await.unwrap().json().await.unwrap();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("body: not JSON: ") && detail.contains("(column 2)"), "{detail}");
    }
    let filter = fails(&desk.run(&["suggest", "ca", "-c", "c", "--filter", "{tag: a}"]));
    assert!(filter.contains("--filter: not JSON: a key stands in double quotes (column 2); a shell takes"), "{filter}");
    let sent = desk.server.http.put(desk.server.at("/v1/collections/c/points"));
    let sent =
        sent.header("content-type", "application/json").body("{\n\"points\": [{\"id\": \"a\", \"payload\": []}]}");
    let problem: Value = sent.send().await.unwrap().json().await.unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("payload: expected an object, found a list (line 2, column"), "{detail}");
    // Of a model that is none, and of a key that no point of the curve has.
    let folder = desk.folder.path().to_str().unwrap();
    let model = fails(&desk.run(&["model", "add", folder, "--name", "m"]));
    assert!(model.contains("config.json; the folder of a model2vec model has"), "{model}");
    let key = format!("ed25519:02{}", "0".repeat(62));
    let said = fails(&headwater(&["verify", &desk.server.at("/v1/collections/c"), "--trust", &key], &[], None));
    assert!(said.contains("no public key") && said.contains("(key_untrusted)"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_not_there_is_answered_by_those_that_are() {
    let desk = Desk::new(WORDS).await;
    desk.server.put("/v1/collections/words", WORDS).await;
    let wrods = ["-c", "wrods"];
    for command in [&["publish"][..], &["rollback", "1"], &["versions"], &["gc"], &["pin", "1"], &["unpin", "1"]] {
        let said = fails(&desk.run(&[command, &wrods].concat()));
        assert!(said.contains(r#"did you mean "words"? There are "c", "words" (collection_not_found)"#), "{said}");
        assert!(!said.contains("create"), "{said}");
    }
    let copy = desk.folder.path().join("copy").to_string_lossy().into_owned();
    for command in [
        &["delete", "wrods", "--yes"][..],
        &["delete", "wrods", "--id", "a"],
        &["delete", "wrods"],
        &["get", "a", "-c", "wrods"],
        &["export", &copy, "-c", "wrods"],
    ] {
        let said = fails(&desk.run(command));
        assert!(said.contains(r#"did you mean "words"?"#) && !said.contains("create"), "{said}");
    }
    // What may have been meant to be made is said as well, where that makes sense.
    for command in [&["search", "cat"][..], &["suggest", "ca"], &["import", "-"]] {
        let said = fails(&desk.run(&[command, &wrods].concat()));
        assert!(said.contains("did you mean") && said.contains("headwater create wrods --schema"), "{said}");
    }
    for name in ["c", "words"] {
        succeeds(&desk.run(&["delete", name, "--yes"]));
    }
    let said = fails(&desk.run(&["publish", "-c", "c"]));
    assert!(said.contains(r#"no collection "c" at "#) && said.contains(", which has none ("), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_environment_is_named() {
    let desk = Desk::new(WORDS).await;
    for value in ["nonsense", ""] {
        let said = fails(&headwater(&["versions", "-c", "c"], &[("HEADWATER_URL", value)], None));
        assert!(said.contains("HEADWATER_URL"), "{said}");
    }
    for (arguments, is_named) in [(&["keys", "show"][..], true), (&["keys", "show", "--data", ""], false)] {
        let said = headwater(arguments, &[("HEADWATER_DATA", "")], None);
        assert_eq!(said.status.code(), Some(2), "{}", both(&said));
        assert_eq!(both(&said).contains("HEADWATER_DATA is set to it"), is_named, "{}", both(&said));
    }
    let given = headwater(&["versions", "-c", "c", "--url", ""], &[("HEADWATER_URL", "http://127.0.0.1:1")], None);
    assert!(!both(&given).contains("HEADWATER_URL"), "{}", both(&given));
    let slash = fails(&desk.run(&["export", "s3:/bucket/words", "-c", "c"]));
    assert!(slash.contains("write s3://bucket/words") && slash.contains("(invalid_options)"), "{slash}");
    let missing = fails(&desk.run(&["import", "/nowhere/at all", "-c", "c"]));
    assert!(
        missing.contains("there is no file or folder /nowhere/at all") && !missing.contains("os error"),
        "{missing}"
    );
    let empty = fails(&desk.run(&["search", "-c", "c", "--json", "{}"]));
    assert!(empty.contains("\"vectors\"") && empty.contains("\"boosts\""), "{empty}");
    let wrong = fails(&desk.run(&["search", "-c", "c", "--json", r#"{"match": "a", "topK": "many"}"#]));
    assert!(wrong.contains("\"topK\" is not a whole number from 1 to 10000, but the text \"many\""), "{wrong}");
    desk.server.put("/v1/collections/d", r#"{"vectors": {"v": {"dim": 2}}}"#).await;
    let none = fails(&desk.run(&["search", "-c", "d", "--json", r#"{"filter": {"a": 1}}"#]));
    assert!(none.contains("this collection has none") && !none.contains("[]"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_is_not_there_is_not_taken_for_an_origin() {
    let desk = Desk::new(WORDS).await;
    let said = fails(&desk.run(&["publish", "-c", "c", "--to", "http://127.0.0.1:1"]));
    assert!(said.contains("--to names an edge: is one running there?") && !said.contains("headwater serve"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_takes_no_publications_is_named() {
    let desk = Desk::new(WORDS).await;
    let to_origin = fails(&desk.run(&["publish", "-c", "c", "--to", &desk.server.url]));
    assert!(to_origin.contains("takes no publications: it is no edge"), "{to_origin}");
    desk.server.put("/v1/collections/d", WORDS).await;
    let misspelt = fails(&desk.run(&["publish", "-c", "d", "--to", "htp://edge.example"]));
    assert!(misspelt.contains("neither http nor https") && misspelt.contains("(invalid_options)"), "{misspelt}");
    assert_eq!(desk.server.get("/v1/collections/d").await["version"], 0, "nothing was published");

    let token = "the Bearer token is missing or is not this Worker's HEADWATER_TOKEN";
    let (_, said) = published_to(&desk, StatusCode::UNAUTHORIZED, "unauthorized", token).await;
    assert!(said.contains("HEADWATER_EDGE_TOKEN or say --to-token") && !said.contains("say --token"), "{said}");
    let trust = "the head is signed by ed25519:1, which is not among the trusted keys";
    let (edge, said) = published_to(&desk, StatusCode::FORBIDDEN, "key_untrusted", trust).await;
    assert!(said.contains(&format!("the edge {edge} refuses")) && said.contains("HEADWATER_TRUST"), "{said}");
}

/// What is said of a publish to an edge that answers like this; it is an edge as far as its words go.
async fn published_to(desk: &Desk, status: StatusCode, code: &str, detail: &str) -> (String, String) {
    let problem = json!({ "type": "x", "title": "x", "status": status.as_u16(), "code": code, "detail": detail, "retryable": false });
    let router = Router::new().fallback(move || async move { (status, problem.to_string()) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (url, to) = (desk.server.url.clone(), edge.clone());
    let publish = move || headwater(&["publish", "-c", "c", "--to", &to, "--url", &url], &[], None);
    (edge, fails(&tokio::task::spawn_blocking(publish).await.unwrap()))
}

/// What can be chosen of these stands in the URL: an option in the body would be passed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_where_none_is_read_is_refused() {
    let desk = Desk::new(WORDS).await;
    succeeds(&desk.import(b"{\"id\": \"a\"}\n"));
    let send = async |method: reqwest::Method, path: &str, body: &'static str| {
        desk.server.http.request(method, desk.server.at(path)).body(body).send().await.unwrap()
    };
    for (method, path) in [
        (reqwest::Method::POST, "/v1/collections/c/publish"),
        (reqwest::Method::POST, "/v1/collections/c/gc"),
        (reqwest::Method::PUT, "/v1/collections/c/versions/1/pin"),
        (reqwest::Method::DELETE, "/v1/collections/c/versions/1/pin"),
        (reqwest::Method::DELETE, "/v1/models/small"),
        (reqwest::Method::DELETE, "/v1/collections/c"),
    ] {
        let refused = send(method.clone(), path, r#"{"compact": true}"#).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{method} {path}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "invalid_query");
        assert!(problem["detail"].as_str().unwrap().contains("takes no body"), "{problem}");
    }
    // An empty object says nothing.
    for body in ["{}", "", " \n"] {
        let taken = send(reqwest::Method::POST, "/v1/collections/c/publish", body).await;
        assert_eq!(taken.status(), StatusCode::OK, "{body:?}");
    }
}
