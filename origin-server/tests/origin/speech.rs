//! What the command line says: to a terminal, of mistakes, of what it was given.

use std::fs;
use std::path::Path;

use axum::Router;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use crate::api::{SCHEMA, ndjson};
use crate::process::{Server, fails, headwater, succeeds};

pub(crate) const WORDS: &str = r#"{"text": {"body": {}}, "fields": {"tag": "keyword"}}"#;

pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) server: Server,
}

impl Desk {
    pub(crate) async fn new(schema: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data")).await;
        server.put("/v1/collections/c", schema).await;
        Self { folder, server }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> std::process::Output {
        headwater(&[arguments, &["--url", &self.server.url]].concat(), &[], None)
    }

    pub(crate) fn import(&self, bytes: &[u8]) -> std::process::Output {
        let file = self.folder.path().join("points");
        fs::write(&file, bytes).unwrap();
        self.run(&["import", file.to_str().unwrap(), "--collection", "c"])
    }
}

/// What a terminal would obey.
fn obeyed(text: &str) -> String {
    let is_obeyed = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    text.chars().filter(is_obeyed).collect()
}

pub(crate) fn both(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const EVIL: &str = "cat \u{1b}[2J\u{1b}]0;mine\u{7}\u{202e}gnp\u{2066}\u{9b}5m\u{2028}";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_does_not_move_the_terminal() {
    let desk = Desk::new(WORDS).await;
    let id = "a\u{202e}b\u{2066}";
    let point = json!({ "id": id, "payload": { "body": EVIL, "tag": EVIL, "k\u{1b}[31m": { EVIL: [EVIL] } } });
    succeeds(&desk.import(ndjson(std::slice::from_ref(&point)).as_bytes()));
    let found = desk.run(&["search", "cat", "-c", "c"]);
    assert!(succeeds(&found).contains("a\\u{202e}b\\u{2066}"));
    assert_eq!(obeyed(&both(&found)), "");
    // What a program reads says what was stored.
    let shown = succeeds(&desk.run(&["get", "-c", "c", id]));
    assert_eq!(obeyed(&shown), "");
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), point);

    for line in [
        json!({ "id": "q", EVIL: 1 }),
        json!({ "id": "q", "vectors": { EVIL: [1] } }),
        json!({ "id": "q", "vectors": EVIL }),
        json!({ "id": "q\u{9b}" }),
        json!([EVIL]),
    ] {
        let refused = desk.import(line.to_string().as_bytes());
        fails(&refused);
        assert_eq!(obeyed(&both(&refused)), "", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_does_not_move_the_terminal() {
    let detail =
        json!({ "type": "x", "title": "x", "status": 404, "code": "not_found", "detail": EVIL, "retryable": false });
    let answer = (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/problem+json")], detail.to_string());
    let router = Router::new().fallback(move || async move { answer });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let source = format!("{url}/words");
    for arguments in [
        vec!["verify", &source],
        vec!["verify", &source, "--json"],
        vec!["diff", &source, &source],
        vec!["get", "x", "-c", "c", "--url", &url],
        vec!["model", "list", "--url", &url],
    ] {
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let run = move || headwater(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), &[], None);
        let said = tokio::task::spawn_blocking(run).await.unwrap();
        fails(&said);
        assert_eq!(obeyed(&both(&said)), "");
        assert!(both(&said).contains("gnp"), "{}", both(&said));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_lines_of_points_is_named_with_what_to_do() {
    let desk = Desk::new(WORDS).await;
    let line = r#"{"id": "ä1", "payload": {"body": "cat"}}"#;
    let wide = |big: bool| -> Vec<u8> {
        let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        format!("\u{feff}{line}\n").encode_utf16().flat_map(bytes).collect()
    };
    for (bytes, says, command) in [
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc\n".to_vec(), "gzip", "gzip -dc < "),
        (b"\x28\xb5\x2f\xfd\x04\n".to_vec(), "zstd", "zstd -dc < "),
        (wide(false), "UTF-16", "iconv -f UTF-16 -t UTF-8 "),
        (wide(true), "UTF-16", "iconv -f UTF-16 -t UTF-8 "),
        (format!("[\n{line}\n]\n").into_bytes(), "a JSON array", "jq -c '.[]' "),
        (b"id,body\na,cat\n".to_vec(), "CSV", "python3 -c 'import csv"),
        (br#"{"id": "a", "body": "cat"}"#.to_vec(), r#""body" stands beside "id""#, "jq -c '{id: (.id // error"),
        (br#"{"id": 7, "payload": {}}"#.to_vec(), r#"an id is a text: "7""#, "jq -c '.id |= (. // error"),
        (b"{\n  \"id\": \"a\"\n}\n".to_vec(), "stands on one line", "jq -c . "),
        (br#"{"points": [{"id": "a"}]}"#.to_vec(), "points", "jq -c '.points[]'"),
        (b"{\"id\": \"caf\xe9\"}\n".to_vec(), "0xe9 is not UTF-8", "iconv -f LATIN1"),
        (br#"{"id": "a"}{"id": "b"}"#.to_vec(), "more behind the point", "jq -c . "),
    ] {
        let said = fails(&desk.import(&bytes));
        assert!(said.contains("line 1: ") && said.contains(says) && said.contains(command), "{said}");
        assert!(said.contains("| headwater import - --collection c"), "{said}");
    }
    let part = fails(&desk.import(br#"{"id": "a", "payload": {"body": "cat" "tag": "x"}}"#));
    assert!(part.contains("column 39") && part.contains(r#"\"cat\" \"tag\""#), "{part}");
    assert_eq!(desk.server.get("/v1/collections/c").await["points"], 0);
    assert!(fails(&desk.run(&["import", desk.folder.path().to_str().unwrap(), "-c", "c"])).contains("is a folder"));

    // What is UTF-8 is taken, however it begins and its lines end.
    let marked = format!("\u{feff}{line}\r\n\r\n\u{feff}{}\r\n", line.replace("ä1", "ä2"));
    assert!(succeeds(&desk.import(marked.as_bytes())).contains("2 points imported"));
    let posted =
        desk.server.http.put(desk.server.at("/v1/collections/c/points")).header("content-type", "application/x-ndjson");
    assert_eq!(desk.server.json(posted.body(marked)).await["count"], 2);
    assert!(succeeds(&desk.import(b"{\"id\": \"a\"}\r{\"id\": \"b\"}\r")).contains("2 points imported"));
    let third = fails(&desk.import(b"{\"id\": \"a\"}\r{\"id\": \"b\"}\r{\"id\": 3}\r"));
    assert!(third.contains("line 3: ") && third.contains("--skip-lines 2"), "{third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_told_what_their_lines_are_too() {
    let desk = Desk::new(WORDS).await;
    for (line, says) in [
        ("id,body\na,cat\n", "CSV"),
        ("[\n", "a line is one point"),
        (r#"{"id": "a", "body": "cat"}"#, "stands in its payload"),
        (r#"{"id": 7}"#, "ids are texts"),
    ] {
        let sent = desk.server.http.put(desk.server.at("/v1/collections/c/points"));
        let answer = sent.header("content-type", "application/x-ndjson").body(line).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let text = answer.text().await.unwrap();
        assert!(text.contains("line 1 ") && text.contains(says) && !text.contains("headwater import"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_point_has_is_said_once() {
    let desk = Desk::new(r#"{"text": {"titel": {}}, "fields": {"year": "integer"}}"#).await;
    let line = |n: u32| format!("{{\"id\": \"{n}\", \"payload\": {{\"title\": \"x\"}}}}\n");
    let lines: String = (0..5000).map(line).collect();
    let import = desk.import(lines.as_bytes());
    succeeds(&import);
    let said = String::from_utf8_lossy(&import.stderr).into_owned();
    let notes: Vec<&str> = said.lines().filter(|line| line.starts_with("note: ")).collect();
    assert_eq!(
        notes,
        [
            r#"note: no point had "titel", which the schema searches by words; points had "title" instead: one of the two is misspelt"#
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_searched_by_what_it_has() {
    let desk = Desk::new(WORDS).await;
    succeeds(&desk.import(br#"{"id": "a", "payload": {"body": "a small wild cat"}}"#));
    let found = succeeds(&desk.run(&["search", "cat", "-c", "c"]));
    assert!(found.contains("a small wild cat") && found.contains("1 hit from origin"), "{found}");
    assert!(fails(&desk.run(&["search", "cat", "-c", "c", "--by", "meaning"])).contains("--by words"));
    for nothing in ["", "  ", "\t\n"] {
        assert!(fails(&desk.run(&["search", nothing, "-c", "c"])).contains("there is nothing to search for"));
    }
    desk.server.put("/v1/collections/bare", SCHEMA).await;
    let bare = fails(&desk.run(&["search", "cat", "-c", "bare"]));
    assert!(bare.contains("headwater search --collection bare --url ") && bare.contains("--json '"), "{bare}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_answered_in_commands() {
    let desk = Desk::new(WORDS).await;
    let schema = desk.folder.path().join("schema.json");
    let absent =
        WORDS.replace("\"text\"", r#""vectors": {"v": {"dim": 2, "embed": {"model": "m", "from": ["body"]}}}, "text""#);
    fs::write(&schema, format!("\u{feff}{absent}")).unwrap();
    let copy = desk.folder.path().join("copy").to_string_lossy().into_owned();
    let source = desk.server.at("/v1/collections/c");
    let nowhere = desk.server.at("/v1/collections/nobody");
    for (arguments, says) in [
        (vec!["search", "cat", "-c", "nobody"], "headwater create nobody --schema"),
        (vec!["import", "-", "-c", "nobody"], "headwater create nobody --schema"),
        (vec!["export", &copy, "-c", "c"], "headwater publish --collection c"),
        (vec!["rollback", "9", "-c", "c"], "headwater versions --collection c"),
        (vec!["create", "d", "--schema", schema.to_str().unwrap()], "headwater model add"),
        (vec!["search", "cat", "-c", "../models"], "collection name"),
    ] {
        let said = fails(&desk.run(&arguments));
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("/v1/"), "{arguments:?}: {said}");
    }
    for (source, says) in [(&source, "headwater publish --collection c"), (&nowhere, r#"there is "c""#)] {
        let said = headwater(&["verify", source], &[], None);
        fails(&said);
        assert!(both(&said).contains(says), "{}", both(&said));
    }
    let guarded = desk.folder.path().join("guarded");
    let log = desk.folder.path().join("log");
    let server = Server::with(guarded.to_str().unwrap(), &log, &["--token", "secret"], &[]).await;
    let create = |environment: &[(&str, &str)]| {
        fails(&headwater(
            &["create", "c", "--schema", schema.to_str().unwrap(), "--url", &server.url],
            environment,
            None,
        ))
    };
    assert!(create(&[]).contains("wants its token: set HEADWATER_TOKEN"));
    assert!(create(&[("HEADWATER_TOKEN", "other")]).contains("does not take the token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_is_none_of_a_server_is_said() {
    let desk = Desk::new(WORDS).await;
    let host = desk.server.url.trim_start_matches("http://");
    for (url, says) in [
        (host.to_owned(), "no scheme: begin it with http://"),
        (format!("ftp://{host}"), "neither http nor https"),
        (format!("{}/v1/collections/c", desk.server.url), "name the server alone"),
        (format!("{}?x=1", desk.server.url), "query"),
        ("http://127.0.0.1:1".to_owned(), "is `headwater serve` running there?"),
        (format!("{}/below", desk.server.url), "cat"),
    ] {
        let output = headwater(&["search", "cat", "-c", "c", "--url", &url], &[], None);
        let said = fails(&output);
        assert!(said.contains(says) || url.ends_with("below"), "{url}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // A slash at the end means the same.
    succeeds(&headwater(&["search", "cat", "-c", "c", "--url", &format!("{}/", desk.server.url)], &[], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_not_asked_for_this_machine_and_named_for_others() {
    let desk = Desk::new(WORDS).await;
    let away = "http://user:password@127.0.0.1:9";
    for variable in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        for url in [desk.server.url.clone(), desk.server.url.replace("127.0.0.1", "localhost")] {
            succeeds(&headwater(&["search", "cat", "-c", "c", "--url", &url], &[(variable, away)], None));
        }
        let said = fails(&headwater(
            &["search", "cat", "-c", "c", "--url", "http://origin.invalid"],
            &[(variable, away)],
            None,
        ));
        assert!(said.contains("by way of the proxy http://127.0.0.1:9") && !said.contains("password"), "{said}");
        let around = [(variable, away), ("NO_PROXY", "origin.invalid")];
        let said = fails(&headwater(&["search", "cat", "-c", "c", "--url", "http://origin.invalid"], &around, None));
        assert!(!said.contains("proxy"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let file = path("file");
    fs::write(&file, "x").unwrap();
    let data = path("data");
    let below_file = Path::new(&file).join("data").to_string_lossy().into_owned();
    let web = path("nope");
    for (arguments, says) in [
        (vec!["--web", &web], "nope is not there"),
        (vec!["--web", &file], "file is no folder"),
        (vec!["--listen", "8010"], "no port"),
        (vec!["--listen", "foo"], "(invalid_options)"),
        (vec!["--publish-at", "3"], "at least 256.0 KiB"),
        (vec!["--pending-total", "1"], "at least 256.0 KiB"),
        (vec!["--listen", "nobody.invalid:80"], "cannot be resolved"),
        (vec!["--listen", "203.0.113.1:7700", "--insecure"], "is no address of this machine"),
        (vec!["--token", ""], "a token has letters"),
        (vec!["--data", &below_file], "no data can be kept in"),
        (vec!["--data", "gs://bucket"], "is no store"),
    ] {
        let line = [&["serve", "--data", &data, "--listen", "127.0.0.1:0"][..], &arguments].concat();
        // Of an option that is given twice clap takes none.
        let line =
            if arguments[0] == "--listen" { [&["serve", "--data", &data][..], &arguments].concat() } else { line };
        let line = if arguments[0] == "--data" {
            [&["serve", "--listen", "127.0.0.1:0"][..], &arguments].concat()
        } else {
            line
        };
        let said = fails(&headwater(&line, &[], None));
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains('\u{1b}') && !said.contains("panicked"), "{said}");
    }
    for nowhere in [&["serve", "--data", ""][..], &["keys", "show", "--data", ""], &["export", "", "-c", "c"]] {
        let output = headwater(nowhere, &[], None);
        assert_eq!(output.status.code(), Some(2), "{nowhere:?}");
        assert!(both(&output).contains("a value is required for"), "{nowhere:?}: {}", both(&output));
    }
    assert!(!Path::new(&data).exists(), "nothing was made");
    let serve = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let keyed = fails(&headwater(&serve, &[("HEADWATER_SIGNING_KEY", "ed25519:1")], None));
    assert!(keyed.contains("HEADWATER_SIGNING_KEY") && keyed.contains("(invalid_options)"), "{keyed}");
    let server = Server::start(data.as_ref()).await;
    let same = server.url.trim_start_matches("http://").to_owned();
    let second = fails(&headwater(&["serve", "--data", &path("other"), "--listen", &same], &[], None));
    assert!(second.contains(&same) && second.contains("is taken") && second.contains("--listen"), "{second}");
    assert!(server.stop().success());
    let log = fs::read_to_string(folder.path().join("data.log")).unwrap();
    assert!(log.contains("serving") && !log.contains('\u{1b}'), "{log}");
}
