//! The `headwater` command against a real server.

use std::fs;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{MODEL, SCHEMA, model_folder, ndjson, point, points};
use crate::process::{Server, fails, files, headwater, succeeds};

struct Desk {
    folder: tempfile::TempDir,
    server: Server,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data")).await;
        fs::write(folder.path().join("schema.json"), SCHEMA).unwrap();
        Self { folder, server }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        headwater(&[arguments, &["--url", &self.server.url]].concat(), &[], None)
    }

    fn create(&self) {
        succeeds(&self.run(&["create", "c", "--schema", &self.path("schema.json")]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_and_a_bad_line_is_named() {
    let desk = Desk::new().await;
    desk.create();
    let file = desk.path("points.ndjson");
    let all = points(0..500);
    fs::write(&file, format!("{}{{\"id\": 7}}\n{}", ndjson(&all[..300]), ndjson(&all[300..]))).unwrap();
    let import = ["import", &file, "--collection", "c", "--batch", "40"];
    let refused = fails(&desk.run(&import));
    assert!(refused.contains("line 301") && refused.contains("(invalid_json)"), "{refused}");
    assert!(refused.contains("300 points before it are imported") && refused.contains("--skip-lines 300"), "{refused}");
    assert_eq!(desk.server.get("/v1/collections/c").await["points"], 300);

    fs::write(&file, ndjson(&all)).unwrap();
    let resumed = succeeds(&desk.run(&[&import[..], &["--skip-lines", "300"]].concat()));
    assert!(resumed.contains("200 points imported") && resumed.contains("lsn 500"), "{resumed}");
    assert_eq!(desk.server.get("/v1/collections/c").await["points"], 500);

    let import = ["import", "-", "--collection", "c", "--url", &desk.server.url];
    let piped = succeeds(&headwater(&import, &[], Some(ndjson(&points(500..510)).trim_end())));
    assert!(piped.contains("10 points imported"), "{piped}");
    let missing = fails(&desk.run(&["import", "/nowhere", "--collection", "c"]));
    assert!(missing.contains("/nowhere") && missing.contains("(storage_failed)"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_searches_points_and_keys_are_shown() {
    let desk = Desk::new().await;
    let model = model_folder();
    let added = succeeds(&desk.run(&["model", "add", model.to_str().unwrap(), "--name", MODEL]));
    assert!(added.contains(MODEL), "{added}");
    assert!(succeeds(&desk.run(&["model", "list"])).contains(MODEL));
    let embed = json!({ "model": MODEL, "from": ["gloss"] });
    let schema = json!({ "vectors": { "meaning": { "dim": 256, "embed": embed } }, "fields": { "pos": "keyword" } });
    fs::write(desk.path("schema.json"), schema.to_string()).unwrap();
    desk.create();
    let entry = |id: &str, gloss: &str| json!({ "id": id, "payload": { "gloss": gloss, "pos": "noun" } });
    let entries = [entry("cat/1", "a small wild cat"), entry("bank", "an institution that lends money")];
    let import = ["import", "-", "--collection", "c", "--url", &desk.server.url];
    succeeds(&headwater(&import, &[], Some(&ndjson(&entries))));

    let found = succeeds(&desk.run(&["search", "feline", "--collection", "c", "-k", "1"]));
    assert!(found.contains("cat/1") && found.contains("gloss: a small wild cat · pos: noun"), "{found}");
    assert!(found.contains("1 of 2 hits from origin"), "{found}");
    let query = json!({ "text": "money", "filter": { "pos": "verb" } }).to_string();
    assert!(succeeds(&desk.run(&["search", "--json", &query, "--collection", "c"])).contains("0 hits"));
    let shown: Value = serde_json::from_str(&succeeds(&desk.run(&["get", "cat/1", "--collection", "c"]))).unwrap();
    assert_eq!(shown, entries[0]);

    let key = succeeds(&headwater(&["keys", "show", "--data", &desk.path("data")], &[], None));
    assert_eq!(desk.server.get("/v1/collections/c").await["trust"], json!([key.trim()]));

    let unknown = fails(&desk.run(&["search", "x", "--collection", "nobody"]));
    assert!(unknown.contains("(collection_not_found)") && unknown.contains("create it"), "{unknown}");
    let nobody = headwater(&["get", "x", "--collection", "c", "--url", "http://127.0.0.1:1"], &[], None);
    assert!(fails(&nobody).contains("(unreachable)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_shows_all_that_its_answer_has() {
    let desk = Desk::new().await;
    let words = json!({ "text": { "title": {} }, "fields": { "kind": "keyword", "year": "integer" } });
    desk.server.put("/v1/collections/w", words.to_string()).await;
    let entry = |n: usize| {
        let kind = ["a", "b", "b"][n % 3];
        json!({ "id": format!("p{n}"), "payload": { "title": format!("a cat, {n}"), "kind": kind, "year": n } })
    };
    let entries: Vec<Value> = (0..30).map(entry).collect();
    desk.server.put("/v1/collections/w/points", json!({ "points": entries }).to_string()).await;
    let ask = |more: &[&str]| {
        let query = json!({
            "match": "cat", "topK": 3, "total": true, "explain": true, "highlight": true, "snippets": true,
            "facets": { "kind": {}, "year": { "ranges": [{ "lt": 10 }, { "gte": 10 }] } }, "pins": ["p7"],
        });
        succeeds(&desk.run(&[&["search", "-c", "w", "--json", &query.to_string()], more].concat()))
    };
    let told = ask(&[]);
    for part in [
        "  pinned  p7  kind: b · title: a cat, 7 · year: 7\n          title: a cat, 7\n",
        "          parts: match 0: ",
        "        20  kind: b\n        10  kind: a\n",
        "        10  year: < 10\n        20  year: ≥ 10\n",
        "stages in µs: filter ",
        "plan: ",
        "3 hits (1 pinned), the query finds 30 hits from origin in ",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    assert!(!told.contains('\u{1b}'), "nothing is marked where no terminal reads");
    // For programs, as the server says it.
    let raw: Value = serde_json::from_str(&ask(&["--output", "json"])).unwrap();
    assert_eq!((raw["hits"].as_array().unwrap().len(), &raw["total"]["value"]), (3, &json!(30)));
    let few = succeeds(&desk.run(&["search", "cat", "-c", "w", "-k", "2"]));
    assert!(few.contains("2 of 30 hits from origin") || few.contains("2 of at least "), "{few}");
    let groups =
        succeeds(&desk.run(&["search", "-c", "w", "--json", r#"{"match": "cat", "collapse": {"field": "kind"}}"#]));
    assert!(
        groups.contains("          group: value b, 20 points\n") && groups.contains("one for each \"kind\""),
        "{groups}"
    );
    let ended =
        succeeds(&desk.run(&["search", "-c", "w", "--json", r#"{"match": "cat", "sort": "year", "budget": 1}"#]));
    assert!(ended.contains("the search ended early, because its budget") || !ended.contains("budget"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_completed_and_a_misspelt_one_doubted() {
    let desk = Desk::new().await;
    let words = json!({ "text": { "title": {}, "tags": {} }, "fields": { "kind": "keyword" } });
    desk.server.put("/v1/collections/w", words.to_string()).await;
    let entry = |n: usize, title: &str| {
        let kind = ["a", "b"][n % 2];
        json!({ "id": format!("p{n}"), "payload": { "title": title, "tags": "telly", "kind": kind } })
    };
    let entries = [entry(0, "small telescope"), entry(1, "large telescope"), entry(2, "small telegraph")];
    desk.server.put("/v1/collections/w/points", json!({ "points": entries }).to_string()).await;
    let suggest = |arguments: &[&str]| succeeds(&desk.run(&[&["suggest", "-c", "w"], arguments].concat()));
    let told = suggest(&["tel"]);
    assert!(
        told.starts_with(
            "         3  telly\n         2  telescope\n         1  telegraph\n3 completions from origin in "
        ),
        "{told}"
    );
    assert!(
        suggest(&["small tel", "--fields", "title", "-k", "1"])
            .starts_with("         1  small telegraph\n1 completion from")
    );
    assert!(suggest(&["tele", "--filter", r#"{"kind": "b"}"#]).starts_with("         1  telescope\n1 completion from"));
    let meant = suggest(&["smal telscope"]);
    assert!(
        meant.starts_with("did you mean \"small telescope\"? 1 point has all of it\n0 completions from"),
        "{meant}"
    );
    let raw: Value = serde_json::from_str(&suggest(&["tel", "-o", "json"])).unwrap();
    assert_eq!(raw["suggestions"][0], json!({ "text": "telly", "count": 3 }));
    assert!(fails(&desk.run(&["suggest", " ", "-c", "w"])).contains("there is nothing to complete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_is_copied_to_a_folder() {
    let desk = Desk::new().await;
    desk.create();
    let put = |points: &[Value]| json!({ "points": points }).to_string();
    desk.server.put("/v1/collections/c/points", put(&points(0..300))).await;
    let copy = desk.path("copy");
    let publish = ["publish", "--collection", "c", "--to", &copy];
    let first = succeeds(&desk.run(&publish));
    assert!(
        first.contains("published version 1 of c: 300 points, 1 segment,") && first.contains("1 of 1 blob sent"),
        "{first}"
    );
    desk.server.put("/v1/collections/c/points", put(&[point("p1", 999)])).await;
    let second = succeeds(&desk.run(&publish));
    assert!(second.contains("version 2") && second.contains("2 of 3 blobs sent"), "{second}");
    let again = succeeds(&desk.run(&publish));
    assert!(again.contains("nothing new") && again.contains("0 of 3 blobs sent"), "{again}");
    let held = files(&desk.folder.path().join("copy"));
    assert_eq!(held.len(), 7, "a head, a boot object, two manifests, three blobs: {held:?}");
    for path in held.iter().filter(|p| !["c/head", "c/boot"].contains(&p.as_str())) {
        let bytes = fs::read(desk.folder.path().join("copy").join(path)).unwrap();
        let hash = path.rsplit('/').next().unwrap();
        assert_eq!(headwater_core::ids::Hash::of(&bytes).to_string(), hash, "{path}");
    }
    assert!(again.contains("2 segments"), "{again}");
    let whole = succeeds(&desk.run(&[&publish[..], &["--compact"]].concat()));
    assert!(whole.contains("published version 3 of c: 300 points, 1 segment,"), "{whole}");
}

/// Requests in the order in which they came.
type Seen = Arc<Mutex<Vec<String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_is_asked_and_gets_blobs_then_the_manifest_then_the_head() {
    let desk = Desk::new().await;
    desk.create();
    desk.server.put("/v1/collections/c/points", json!({ "points": points(0..50) }).to_string()).await;
    let seen = Seen::default();
    async fn sink(State(seen): State<Seen>, request: Request) -> StatusCode {
        let authorized = request.headers().get("authorization").is_some_and(|v| v == "Bearer edge-secret");
        let path = request.uri().path().trim_start_matches("/v1/collections/c/").to_owned();
        if request.method() == Method::HEAD {
            let held = seen.lock().unwrap().contains(&path);
            return if held { StatusCode::OK } else { StatusCode::NOT_FOUND };
        }
        let wanted = if path == "head/check" { Method::POST } else { Method::PUT };
        assert_eq!((request.method(), authorized), (&wanted, true));
        assert!(request.headers().contains_key("content-length"));
        seen.lock().unwrap().push(path);
        StatusCode::NO_CONTENT
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(sink).with_state(Arc::clone(&seen));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let publish = ["publish", "--collection", "c", "--to", &edge, "--to-token", "edge-secret"];
    let url = desk.server.url.clone();
    let run = |arguments: Vec<String>| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--url", &url]).collect();
            succeeds(&headwater(&arguments, &[], None))
        })
    };
    let arguments: Vec<String> = publish.iter().map(|s| (*s).to_owned()).collect();
    run(arguments.clone()).await.unwrap();
    let first = seen.lock().unwrap().clone();
    let kinds: Vec<&str> = first.iter().map(|p| p.split('/').next().unwrap()).collect();
    assert_eq!(kinds, ["head", "blobs", "manifests", "head", "boot"]);
    assert_eq!(first[0], "head/check", "what the edge would refuse is not sent");
    run(arguments).await.unwrap();
    assert_eq!(seen.lock().unwrap()[5..], ["head/check", "head", "boot"], "only what changes is sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_where_it_is_serves_a_page_and_ends_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let web = folder.path().join("web");
    fs::create_dir(&web).unwrap();
    for (name, text) in
        [("index.html", "<p>hello"), ("engine.wasm", "\0asm"), ("app.webmanifest", "{}"), ("sw.js", "1")]
    {
        fs::write(web.join(name), text).unwrap();
    }
    let data = folder.path().join("data");
    let arguments = ["--web", web.to_str().unwrap(), "--token", "secret"];
    let server = Server::with(data.to_str().unwrap(), &folder.path().join("log"), &arguments, &[]).await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/engine.wasm", "application/wasm"),
        ("/app.webmanifest", "application/manifest+json"),
        ("/sw.js", "text/javascript"),
    ] {
        let reply = server.http.get(server.at(path)).send().await.unwrap();
        let header = |name: &str| reply.headers().get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(reply.status(), 200, "{path}");
        assert_eq!(header("content-type"), kind, "{path}");
        assert_eq!((header("cache-control"), header("service-worker-allowed")), ("no-cache".into(), "/".into()));
    }
    let missing: Value = server.http.get(server.at("/nothing")).send().await.unwrap().json().await.unwrap();
    assert_eq!(missing["code"], "not_found");
    // As who forgets the collection asks.
    let posted = server.http.post(server.at("/search")).json(&json!({ "match": "x" })).send().await.unwrap();
    assert_eq!(posted.status(), 404);
    assert_eq!(posted.json::<Value>().await.unwrap()["detail"], "nothing is at \"/search\"; see /docs");
    let outside = server.http.get(server.at("/..%2fdata%2fsigning.key")).send().await.unwrap();
    assert_eq!(outside.status(), 404);

    let schema = folder.path().join("schema.json");
    fs::write(&schema, SCHEMA).unwrap();
    let create = ["create", "c", "--schema", schema.to_str().unwrap(), "--url", &server.url];
    assert!(fails(&headwater(&create, &[], None)).contains("(unauthorized)"));
    succeeds(&headwater(&create, &[("HEADWATER_TOKEN", "secret")], None));
    server.post("/v1/collections/c/search", r#"{"vector":[1,0,0,0]}"#).await;
    let metrics = server.http.get(server.at("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "headwater_points{collection=\"c\"} 0",
        "headwater_pending{collection=\"c\"} 0",
        "headwater_version{collection=\"c\"} 0",
        "headwater_lsn{collection=\"c\"} 0",
        "# TYPE headwater_search_seconds histogram",
        "headwater_requests_total{route=\"/v1/collections/{collection}/search\",status=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_open_to_others_or_beside_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let open = headwater(&["serve", "--data", data.to_str().unwrap(), "--listen", "0.0.0.0:0"], &[], None);
    assert!(fails(&open).contains("--token"));
    assert!(!data.exists());

    let server = Server::start(&data).await;
    server.put("/v1/collections/c", SCHEMA).await;
    let same = server.url.trim_start_matches("http://").to_owned();
    let second = headwater(&["serve", "--data", data.to_str().unwrap(), "--listen", &same], &[], None);
    assert!(fails(&second).contains(&same));
    // It has not taken the data from the first on its way.
    server.put("/v1/collections/c/points", json!({ "points": points(0..3) }).to_string()).await;
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn points_and_collections_are_deleted() {
    let desk = Desk::new().await;
    desk.create();
    desk.server.put("/v1/collections/c/points", json!({ "points": points(0..5) }).to_string()).await;
    let odd = json!({ "points": [point("a/b ?é", 1)] }).to_string();
    desk.server.put("/v1/collections/c/points", odd).await;
    let deleted = desk.run(&["delete", "c", "--id", "p1", "p2", "nobody", "p1", "--id", "a/b ?é"]);
    assert!(succeeds(&deleted).contains("3 points deleted"), "{deleted:?}");
    let notes = String::from_utf8_lossy(&deleted.stderr).into_owned();
    assert_eq!(notes, "note: c has no point \"nobody\"\n");
    assert_eq!(desk.server.get("/v1/collections/c").await["points"], 3);
    assert!(fails(&desk.run(&["get", "p1", "-c", "c"])).contains("(point_not_found)"));
    for id in ["", ".", "..", "a\nb"] {
        for line in [&["get", id, "-c", "c"][..], &["delete", "c", "--id", "p3", id]] {
            let said = fails(&desk.run(line));
            assert!(said.contains("a point id has") && said.contains("(invalid_point)"), "{line:?}: {said}");
        }
    }
    assert_eq!(desk.server.get("/v1/collections/c").await["points"], 3, "one bad id deletes none");

    let answered = |answer| headwater(&["delete", "c", "--url", &desk.server.url], &[], answer);
    for (answer, says) in [(None, "nobody answered"), (Some("y\n"), "not its name"), (Some("d\nc\n"), "not its name")] {
        let said = fails(&answered(answer));
        assert!(said.contains("3 points") && said.contains(says) && said.contains("--yes"), "{said}");
        assert_eq!(desk.server.get("/v1/collections/c").await["points"], 3);
    }
    assert!(succeeds(&answered(Some("c\n"))).contains("collection c deleted"));
    assert!(fails(&desk.run(&["delete", "c", "--yes"])).contains("(collection_not_found)"));
    desk.create();
    succeeds(&desk.run(&["delete", "c", "--yes"]));
    assert!(fails(&desk.run(&["delete", "c", "--id", "p3"])).contains("(collection_not_found)"));
    assert!(fails(&desk.run(&["delete", "../models", "--yes"])).contains("collection name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn synonyms_of_a_collection_are_changed_by_creating_it_with_others() {
    let desk = Desk::new().await;
    let create = |schema: &str| {
        fs::write(desk.path("schema.json"), schema).unwrap();
        succeeds(&desk.run(&["create", "c", "--schema", &desk.path("schema.json")]))
    };
    let first = r#"{"text": {"title": {}}, "synonyms": [["tv", "television"]]}"#;
    assert!(create(first).contains("collection c created"));
    let said = create(r#"{"text": {"title": {}}, "synonyms": [["tv", "telly"]]}"#);
    assert!(said.contains("has other synonyms now") && said.contains("headwater publish --collection c"), "{said}");
    assert_eq!(desk.server.get("/v1/collections/c").await["schema"]["synonyms"][0][1], "telly");
    assert!(create(r#"{"text": {"title": {}}, "synonyms": [["tv", "telly"]]}"#).contains("is there already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_with_another_schema_is_deleted_first_by_the_command_that_is_named() {
    let desk = Desk::new().await;
    desk.create();
    fs::write(desk.path("schema.json"), r#"{"text": {"title": {}}}"#).unwrap();
    let said = fails(&desk.run(&["create", "c", "--schema", &desk.path("schema.json")]));
    assert!(said.contains("`headwater delete c --url ") && said.contains("(collection_exists)"), "{said}");
    succeeds(&desk.run(&["delete", "c", "--yes"]));
    desk.create();
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_says_what_was_decided_when_a_segment_was_built() {
    let desk = Desk::new().await;
    desk.create();
    desk.server.put("/v1/collections/c/points", json!({ "points": points(0..2100) }).to_string()).await;
    desk.server.post("/v1/collections/c/publish", "").await;
    let query = json!({ "vector": [1, 0, 0, 0], "topK": 1, "explain": true }).to_string();
    let said = succeeds(&desk.run(&["search", "--json", &query, "--collection", "c"]));
    let line = said.lines().find(|line| line.contains("built, as")).unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("sampled points showed: ") && line.contains("its codes find"), "{line}");
    let query = json!({ "vector": [1, 0, 0, 0], "topK": 1 }).to_string();
    assert!(!succeeds(&desk.run(&["search", "--json", &query, "--collection", "c"])).contains("built"));
}
