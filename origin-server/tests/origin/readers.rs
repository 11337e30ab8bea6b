//! What is published, from a reader's side: export, verify, diff.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::api::{SCHEMA, point, points};
use crate::process::{Server, fails, files, headwater, succeeds};

const C: &str = "/v1/collections/c";

async fn published(data: &Path) -> Server {
    let server = Server::start(data).await;
    server.put(C, SCHEMA).await;
    server.put(&format!("{C}/points"), json!({ "points": points(0..3000) }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await;
    server
}

fn findings(output: &std::process::Output) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let all = report["findings"].as_array().unwrap();
    all.iter().map(|f| (text(f, "level"), text(f, "object"), text(f, "code"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_what_is_published_and_is_verified_like_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = published(&folder.path().join("data")).await;
    let to = folder.path().join("export");
    let path = to.to_string_lossy().into_owned();
    let export = || headwater(&["export", &path, "-c", "c", "--url", &server.url], &[], None);
    assert!(succeeds(&export()).contains("1 of 1 blob sent"));
    assert!(succeeds(&export()).contains("0 of 1 blob sent"), "what is there is not sent again");
    let kinds = |file: &String| file.split('/').next().unwrap().to_owned();
    assert_eq!(files(&to).iter().map(kinds).collect::<Vec<_>>(), ["blobs", "boot", "head", "manifests", "pages"]);

    let key = server.get(C).await["trust"][0].as_str().unwrap().to_owned();
    for source in [path.clone(), server.at(C)] {
        let verified = headwater(&["verify", &source, "--trust", &key, "--collection", "c", "--json"], &[], None);
        succeeds(&verified);
        let levels: Vec<String> = findings(&verified).into_iter().map(|(level, ..)| level).collect();
        assert_eq!(levels, ["ok"; 5], "{source}: head, manifest, blob, points, boot");
        let said = succeeds(&headwater(&["verify", &source], &[], None));
        assert!(
            said.contains("warning head") && said.contains("--trust") && said.ends_with("0 errors, 1 warning\n"),
            "{said}"
        );
    }
    let other = format!("ed25519:{}", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    assert!(fails(&headwater(&["verify", &path, "--trust", &other], &[], None)).contains("key_untrusted"));
    assert!(fails(&headwater(&["verify", "./nowhere"], &[], None)).contains("not a folder"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_damage_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = published(&folder.path().join("data")).await;
    let to = folder.path().join("export");
    let path = to.to_string_lossy().into_owned();
    succeeds(&headwater(&["export", &path, "-c", "c", "--url", &server.url], &[], None));
    let all = files(&to);
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let verified = || headwater(&["verify", &path, "--json"], &[], None);
    for file in &all {
        let place = to.join(file);
        let whole = fs::read(&place).unwrap();
        let object = file.split('/').next().unwrap();
        for (damage, bytes) in [
            ("flipped", flip(&whole)),
            ("cut", whole[..whole.len() - 1].to_vec()),
            ("longer", [&whole[..], b" "].concat()),
        ] {
            // White space behind a head changes nothing that it says.
            if (object, damage) == ("head", "longer") {
                continue;
            }
            fs::write(&place, bytes).unwrap();
            let output = verified();
            fails(&output);
            let errors: Vec<_> = findings(&output).into_iter().filter(|f| f.0 == "error").collect();
            let expected: &[&str] =
                if object == "head" { &["corrupt", "signature_invalid", "key_untrusted"] } else { &["hash_mismatch"] };
            assert!(
                errors[0].1.starts_with(object) && expected.contains(&errors[0].2.as_str()),
                "{damage} {file}: {errors:?}"
            );
        }
        fs::remove_file(&place).unwrap();
        let output = verified();
        let missing = findings(&output).into_iter().find(|f| f.0 != "ok" && f.1.starts_with(object)).unwrap();
        let level = if ["pages", "boot"].contains(&object) { "warning" } else { "error" };
        assert_eq!(missing.0, level, "missing {file}");
        fs::write(&place, whole).unwrap();
    }
    succeeds(&verified());
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_compared_by_what_a_replica_fetches() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = published(&data).await;
    let changed: Vec<Value> = (0..30u32).map(|n| point(&format!("p{n}"), 9000 + n)).collect();
    server.put(&format!("{C}/points"), json!({ "points": changed }).to_string()).await;
    server.post(&format!("{C}/points/delete"), r#"{"ids":["p77","p78"]}"#).await;
    server.put(&format!("{C}/points"), json!({ "points": [point("new", 1)] }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await;
    let stored = format!("{}/collections/c", data.display());
    for source in [server.at(C), stored] {
        let compared = headwater(&["diff", &format!("{source}@1"), &source, "--points", "--json"], &[], None);
        let difference: Value = serde_json::from_str(&succeeds(&compared)).unwrap();
        assert_eq!(difference["contents"], json!({ "added": 1, "removed": 2, "changed": 30 }));
        assert_eq!((&difference["segmentsKept"], &difference["segmentsNew"]), (&json!(1), &json!(1)));
        let share = difference["fetchedBytes"].as_f64().unwrap() / difference["totalBytes"].as_f64().unwrap();
        assert!(share < 0.05, "{share}");
        let same = succeeds(&headwater(&["diff", &source, &source], &[], None));
        assert!(same.contains("to fetch  0 of"), "{same}");
        assert!(fails(&headwater(&["diff", &format!("{source}@9"), &source], &[], None)).contains("version_not_held"));
    }
}
