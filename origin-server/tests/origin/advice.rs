//! Commands that the command line proposes do what they promise when they are run as they stand.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::api::{MODEL, model_folder};
use crate::process::{BINARY, ended, fails, files, headwater, succeeds};
use crate::speech::{Desk, WORDS, both};

/// The command that ends with an import, out of what was said.
fn proposed(said: &str) -> String {
    let end = said.find("| headwater import -").unwrap_or_else(|| panic!("no command in {said}"));
    let begin =
        ["import all as: ", "JSON in UTF-8: "].iter().filter_map(|before| Some(said.find(before)? + before.len()));
    let begin = begin.min().unwrap_or_else(|| panic!("no command in {said}"));
    let rest = &said[end..];
    let length = rest.find([')', '\n']).map_or(rest.len(), |at| rest[..at].trim_end_matches(" (").len());
    let length = rest[..length].find(" (").unwrap_or(length);
    format!("{}{}", &said[begin..end], &rest[..length])
}

/// Whether all programs of a command are on this machine: Debian has none of these but sed and gzip in its smallest
/// form.
fn is_there(command: &str) -> bool {
    command.split(" | ").filter_map(|part| part.split(' ').next()).filter(|program| *program != "headwater").all(
        |program| {
            let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap();
            found.status.success()
        },
    )
}

fn run(command: &str) -> std::process::Output {
    let folder = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("PATH", path).env_remove("HEADWATER_URL").stdin(Stdio::null()).process_group(0);
    ended(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

async fn payloads(desk: &Desk) -> Value {
    let found = desk.server.post("/v1/collections/c/search", r#"{"filter": {}, "topK": 100}"#).await;
    let hits = found["hits"].as_array().unwrap();
    Value::Object(hits.iter().map(|hit| (hit["id"].as_str().unwrap().to_owned(), hit["payload"].clone())).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_proposed_import_loses_no_row() {
    let gzip = |text: &str| {
        let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut coder, text.as_bytes()).unwrap();
        coder.finish().unwrap()
    };
    let wide: Vec<u8> = "{\"id\": \"a\"}\n{\"id\": \"b\"}\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain = json!({ "a": {}, "b": {} });
    for (bytes, payloads_then) in [
        // Without a column of ids the rows are numbered.
        (
            b"body,n\nx,1\n\"y, z\",2\n".to_vec(),
            json!({ "1": { "body": "x", "n": 1 }, "2": { "body": "y, z", "n": 2 } }),
        ),
        (
            b"body\tn\nx\t007\ny\t-1.5".to_vec(),
            json!({ "1": { "body": "x", "n": "007" }, "2": { "body": "y", "n": -1.5 } }),
        ),
        (
            "\u{feff}id;body\r\n7;ä\r\n8;\"two\r\nlines\"\r\n".into(),
            json!({ "7": { "body": "ä" }, "8": { "body": "two\r\nlines" } }),
        ),
        (b"ID,body\na,x\nb,y\n".to_vec(), json!({ "a": { "body": "x" }, "b": { "body": "y" } })),
        (b"[{\"id\": \"a\"},\n{\"id\": \"b\"}]".to_vec(), plain.clone()),
        (b"{\"id\": 1}\n{\"id\": \"b\"}\n".to_vec(), json!({ "1": {}, "b": {} })),
        (b"{\"id\": \"a\", \"n\": 1}\n{\"id\": 2, \"n\": 3}".to_vec(), json!({ "a": { "n": 1 }, "2": { "n": 3 } })),
        (b"{\"n\": 1}\n{\"n\": 2}".to_vec(), json!({ "1": { "n": 1 }, "2": { "n": 2 } })),
        (b"{\"_id\": 5, \"n\": 1}\n{\"_id\": \"x\"}".to_vec(), json!({ "5": { "n": 1 }, "x": {} })),
        (b"{\"points\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}".to_vec(), plain.clone()),
        (b"{\n\"id\": \"a\"\n}\n{\n\"id\": \"b\"\n}\n".to_vec(), plain.clone()),
        (b"{\"id\": \"a\"} {\"id\": \"b\"}\n".to_vec(), plain.clone()),
        (b"{\"id\": \"a\"},\r\n{\"id\": \"b\"}\r\n".to_vec(), plain.clone()),
        (
            b"{\"id\": \"a\"}\n{\"id\": \"b\\u00e9\", \"payload\": {\"body\": \"caf\xe9\"}}".to_vec(),
            json!({ "a": {}, "bé": { "body": "café" } }),
        ),
        (gzip("{\"id\": \"a\"}\n{\"id\": \"b\"}\n"), plain.clone()),
        (wide, plain.clone()),
    ] {
        let desk = Desk::new(r#"{"text": {"body": {}}}"#).await;
        let said = fails(&desk.import(&bytes));
        let command = proposed(&said);
        if is_there(&command) {
            succeeds(&run(&command));
            assert_eq!(payloads(&desk).await, payloads_then, "{command}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_command_would_mend_gets_none() {
    let desk = Desk::new(WORDS).await;
    for (bytes, says) in [
        (&b"{\"id\": \"a\", \"pay"[..], "it was cut off"),
        (b"{\"id\": \"a\", \"pay\n{\"id\": \"b\"}", "it was cut off"),
        (b"{\"id\": \"a\", \"payload\": {\"body\": \"x\",}}", "mend it"),
        (b"{\"id\": \"a\"} nonsense", "more behind the point"),
        (b"{\"id\": 12345678901234567890}", "an id is a text"),
        (b"{\"id\": \"a\", \"payload\": {}, \"title\": \"x\"}", "stands beside \"id\""),
        (b"5", "is a number"),
        (b"null\n", "is null"),
        (b"\"a\"", "is a text"),
        (b"\x07\x91,\xe2;\x00\x01\xff\n", "no text in UTF-8"),
    ] {
        let said = fails(&desk.import(bytes));
        assert!(said.contains(says) && !said.contains("| headwater"), "{said}");
    }
    // Numbered rows and wrapped objects are for files that have no points at all.
    for second in ["{\"body\": \"x\"}", "{\"id\": \"b\", \"body\": \"x\"}", "{\"_id\": \"b\", \"body\": \"x\"}"] {
        let said = fails(&desk.import(format!("{{\"id\": \"a\"}}\n{second}\n").as_bytes()));
        assert!(said.contains("line 2: ") && !said.contains("| headwater"), "{said}");
    }
    // A command that meets a line without id ends, and gives no two points the same id.
    let command = proposed(&fails(&desk.import(b"{\"id\": 7}\n{\"payload\": {}}\n{\"payload\": {}}\n")));
    if is_there(&command) {
        run(&command);
        assert_eq!(payloads(&desk).await, json!({ "a": {}, "7": {} }));
    }
    let piped = headwater(&["import", "-", "-c", "c", "--url", &desk.server.url], &[], Some("id,body\na,x\n"));
    let said = fails(&piped);
    assert!(said.contains(": … | python3 ") && said.contains("… stands for what is piped"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_names_the_server_that_was_asked() {
    let desk = Desk::new(WORDS).await;
    let flag = format!(" --url {}", desk.server.url);
    let copy = desk.folder.path().join("copy").to_string_lossy().into_owned();
    let schema = desk.folder.path().join("schema.json");
    fs::write(&schema, r#"{"vectors": {"v": {"dim": 2, "embed": {"model": "small", "from": ["body"]}}}}"#).unwrap();
    let other = desk.folder.path().join("other.json");
    fs::write(&other, r#"{"text": {"title": {}}}"#).unwrap();
    for (arguments, says) in [
        (vec!["search", "cat", "-c", "nobody"], "headwater create nobody --schema schema.json"),
        (vec!["export", &copy, "-c", "c"], "headwater publish --collection c"),
        (vec!["rollback", "9", "-c", "c"], "headwater versions --collection c"),
        (vec!["versions", "-c", "c"], "headwater publish --collection c"),
        (vec!["model", "list"], "headwater model add FOLDER --name NAME"),
        (vec!["create", "d", "--schema", schema.to_str().unwrap()], "headwater model add FOLDER --name small"),
        (vec!["create", "c", "--schema", other.to_str().unwrap()], "`headwater delete c"),
    ] {
        for said in [
            both(&desk.run(&arguments)),
            both(&headwater(&arguments, &[("HEADWATER_URL", desk.server.url.as_str())], None)),
        ] {
            assert!(said.contains(&format!("{says}{flag}")), "{arguments:?}: {said}");
        }
    }
    succeeds(&desk.import(b"{\"id\": \"a\"}"));
    let deleted = succeeds(&desk.run(&["delete", "c", "--id", "a"]));
    assert!(deleted.contains(&format!("headwater publish --collection c{flag}")), "{deleted}");
    let nothing = both(&desk.run(&["delete", "c", "--id", "a", "--id", "b"]));
    assert!(nothing.contains("nothing was deleted") && !nothing.contains("publish"), "{nothing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_mends_what_is_damaged() {
    let desk = Desk::new(WORDS).await;
    let points: Vec<Value> =
        (0..3000).map(|n| json!({ "id": format!("{n}"), "payload": { "body": format!("cat {n}") } })).collect();
    desk.server.put("/v1/collections/c/points", json!({ "points": points }).to_string()).await;
    desk.server.post("/v1/collections/c/publish", "").await;
    let copy = desk.folder.path().join("a copy");
    let path = copy.to_str().unwrap();
    let export = || succeeds(&desk.run(&["export", path, "-c", "c"]));
    export();
    for file in files(&copy).iter().filter(|file| *file != "head") {
        let place = copy.join(file);
        let whole = fs::read(&place).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [flipped, whole[..whole.len() - 1].to_vec(), Vec::new()] {
            fs::write(&place, damaged).unwrap();
            let verified = headwater(&["verify", path], &[], None);
            assert!(
                fails(&verified).contains(&format!("headwater export '{path}' --collection c")),
                "{}",
                both(&verified)
            );
            let said = export();
            let is_blob = !file.starts_with("manifests") && file != "boot";
            assert_eq!(said.contains("1 of them in place of what was damaged there"), is_blob, "{file}: {said}");
            succeeds(&headwater(&["verify", path], &[], None));
            assert_eq!(fs::read(&place).unwrap(), whole, "{file}");
        }
    }
    assert!(export().contains("0 of 1 blob sent"));
    let source = desk.server.at("/v1/collections/c");
    for (before, says) in [(format!("{path}@9"), "leave out @9"), (format!("{source}@9"), "it has 1")] {
        let said = fails(&headwater(&["diff", &before, &source], &[], None));
        assert!(said.contains(&before) && said.contains("no version 9") && said.contains(says), "{said}");
        let said = fails(&headwater(&["diff", &source, &before], &[], None));
        assert!(said.contains(&before), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_goes_when_no_collection_needs_it() {
    let desk = Desk::new(WORDS).await;
    let model = model_folder();
    for name in [MODEL, "twin"] {
        succeeds(&desk.run(&["model", "add", model.to_str().unwrap(), "--name", name]));
    }
    let schema = json!({ "vectors": { "v": { "dim": 256, "embed": { "model": MODEL, "from": ["body"] } } } });
    desk.server.put("/v1/collections/d", schema.to_string()).await;
    let used = fails(&desk.run(&["model", "remove", MODEL]));
    assert!(used.contains("used by the schema of \"d\"") && used.contains("(conflict)"), "{used}");
    let unknown = fails(&desk.run(&["model", "remove", "nothing"]));
    assert!(unknown.contains("headwater model list --url") && unknown.contains("(model_not_found)"), "{unknown}");
    let kept = || files(&desk.folder.path().join("data")).iter().any(|file| file.starts_with("models/"));
    // The other name is of the same bytes, which the first still needs.
    assert!(succeeds(&desk.run(&["model", "remove", "twin"])).contains("model twin removed"));
    assert!(kept());
    desk.server.put("/v1/collections/d/points", r#"{"points": [{"id": "a", "payload": {"body": "cat"}}]}"#).await;
    succeeds(&desk.run(&["delete", "d", "--yes"]));
    let removed = desk.server.http.delete(desk.server.at(&format!("/v1/models/{MODEL}"))).send().await.unwrap();
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    assert_eq!(desk.server.get("/v1/models").await, json!([]));
    assert!(!kept(), "the bytes go as well");
    let again = desk.server.http.put(desk.server.at("/v1/collections/d")).header("content-type", "application/json");
    let refused: Value = again.body(schema.to_string()).send().await.unwrap().json().await.unwrap();
    assert!(refused["detail"].as_str().unwrap().contains(&format!("PUT /v1/models/{MODEL}")), "{refused}");
}
