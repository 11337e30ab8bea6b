//! Objects in pieces with names of their own: written, found wrong, and removed when nobody names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::api::{SCHEMA, point, points};
use crate::desk::{Desk, page};
use crate::process::{Server, fails, files, headwater, succeeds};

const C: &str = "/v1/collections/c";
const PIECE: usize = 16 * 1024;

async fn published(data: &Path) -> Server {
    let server = Server::start(data).await;
    server.put(C, SCHEMA).await;
    server.put(&format!("{C}/points"), json!({ "points": points(0..6000) }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await;
    server
}

fn export(server: &Server, to: &str, more: &[&str]) -> std::process::Output {
    headwater(&[&["export", to, "-c", "c", "--url", &server.url], more].concat(), &[], None)
}

/// The pieces of a folder put together, by the object that they are of; and that there is none of a small one.
fn put_together(folder: &Path, size: usize) -> BTreeMap<String, Vec<u8>> {
    let below = folder.join(format!("pieces/{size}"));
    let mut numbers: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for file in files(&below) {
        let (object, n) = file.rsplit_once('/').unwrap();
        numbers.entry(object.to_owned()).or_default().insert(n.parse().unwrap());
    }
    let whole = |(object, numbers): (String, BTreeSet<u64>)| {
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64) && numbers.len() > 1, "{object}: {numbers:?}");
        let pieces: Vec<Vec<u8>> =
            numbers.iter().map(|n| fs::read(below.join(&object).join(n.to_string())).unwrap()).collect();
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == size), "only the last is shorter");
        (object, pieces.concat())
    };
    numbers.into_iter().map(whole).collect()
}

/// Objects that are larger than a piece, by their path.
fn large(folder: &Path, size: usize) -> BTreeMap<String, Vec<u8>> {
    let of = |kind: &str| -> Vec<(String, Vec<u8>)> {
        let below = folder.join(kind);
        let named =
            files(&below).into_iter().map(|name| (format!("{kind}/{name}"), fs::read(below.join(name)).unwrap()));
        named.filter(|(_, bytes)| bytes.len() > size).collect()
    };
    [of("blobs"), if folder.join("pages").is_dir() { of("pages") } else { Vec::new() }].concat().into_iter().collect()
}

fn boot_index(folder: &Path) -> Value {
    let boot = fs::read(folder.join("boot")).unwrap();
    serde_json::from_slice(boot.split(|&byte| byte == b'\n').next().unwrap()).unwrap()
}

fn errors(source: &str) -> Vec<(String, String)> {
    let output = headwater(&["verify", source, "--json"], &[], None);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let of_errors = report["findings"].as_array().unwrap().iter().filter(|finding| finding["level"] == "error");
    of_errors.map(|finding| (text(finding, "object"), text(finding, "code"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_of_an_export_put_together_are_the_objects() {
    let folder = tempfile::tempdir().unwrap();
    let server = published(&folder.path().join("data")).await;
    let to = folder.path().join("export");
    let path = to.to_string_lossy().into_owned();
    succeeds(&export(&server, &path, &[]));
    assert!(!to.join("pieces.json").exists() && boot_index(&to).get("pieces").is_none());

    let said = succeeds(&export(&server, &path, &["--pieces=16KiB"]));
    assert!(said.contains("0 of 1 blob sent") && said.contains(" pieces"), "what is there gets pieces too: {said}");
    let all = put_together(&to, PIECE);
    assert!(all.len() == 1 && all == large(&to, PIECE), "{:?}", all.keys());
    assert_eq!(fs::read_to_string(to.join("pieces.json")).unwrap(), "{\"format\":1,\"bytes\":16384}\n");
    assert_eq!(boot_index(&to)["pieces"], 16_384);
    let said = succeeds(&headwater(&["verify", &path], &[], None));
    assert!(said.contains("of 16384 bytes: put together") && said.ends_with("0 errors, 1 warning\n"), "{said}");
    assert!(!succeeds(&export(&server, &path, &["--pieces=16384"])).contains("piece"), "nothing is written twice");

    // Of a new version what is new; and a copy without pieces says that there are none.
    server.put(&format!("{C}/points"), json!({ "points": [point("p1", 9000)] }).to_string()).await;
    server.post(&format!("{C}/publish"), "").await;
    assert!(succeeds(&export(&server, &path, &[])).contains("copied version 2"));
    assert_eq!(fs::read_to_string(to.join("pieces.json")).unwrap(), "{\"format\":1,\"bytes\":0}\n");
    assert!(boot_index(&to).get("pieces").is_none());
    assert_eq!(errors(&path), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_piece_is_found_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let server = published(&folder.path().join("data")).await;
    let to = folder.path().join("export");
    let path = to.to_string_lossy().into_owned();
    succeeds(&export(&server, &path, &["--pieces=16KiB"]));
    let pieces: Vec<String> = files(&to).into_iter().filter(|file| file.starts_with("pieces/")).collect();
    let [first, .., last] = &*pieces else { panic!("{pieces:?}") };
    for piece in [first, last] {
        let right = fs::read(to.join(piece)).unwrap();
        let mut flipped = right.clone();
        flipped[right.len() / 2] ^= 1;
        for wrong in [Some(flipped), Some(right[..right.len() - 1].to_vec()), Some([&*right, b" "].concat()), None] {
            match &wrong {
                Some(bytes) => fs::write(to.join(piece), bytes).unwrap(),
                None => fs::remove_file(to.join(piece)).unwrap(),
            }
            let code = if wrong.is_some() { "hash_mismatch" } else { "not_found" };
            assert_eq!(errors(&path), [(piece.clone(), code.to_owned())]);
            let said = fails(&headwater(&["verify", &path], &[], None));
            assert!(said.contains("headwater export") && said.contains("--collection c --pieces=16384"), "{said}");
            let said = succeeds(&export(&server, &path, &["--pieces=16KiB"]));
            assert!(said.contains("and 1 piece\n"), "{said}");
            assert_eq!(fs::read(to.join(piece)).unwrap(), right);
        }
    }
    for (wrong, code) in [
        ("{\"format\":1,\"bytes\":32768}", "hash_mismatch"),
        ("{\"format\":1,\"bytes\":0}", "hash_mismatch"),
        ("{\"format\":1,\"bytes\":1e300}", "corrupt"),
        ("<!doctype html>", "corrupt"),
        ("{\"format\":9,\"bytes\":16384}", "format_unsupported"),
    ] {
        fs::write(to.join("pieces.json"), wrong).unwrap();
        assert_eq!(errors(&path)[0], ("pieces.json".to_owned(), code.to_owned()), "{wrong}");
    }
    fs::remove_file(to.join("pieces.json")).unwrap();
    assert_eq!(errors(&path), [("pieces.json".to_owned(), "not_found".to_owned())]);
    succeeds(&export(&server, &path, &["--pieces=16KiB"]));
    assert_eq!(errors(&path), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_that_no_reader_takes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = published(&folder.path().join("data")).await;
    let path = folder.path().join("export").to_string_lossy().into_owned();
    for wrong in ["0", "16383", "1KiB", "16777217", "1GiB"] {
        let said = fails(&export(&server, &path, &[&format!("--pieces={wrong}")]));
        assert!(
            said.contains("--pieces") && said.contains("16.0 KiB and 16.0 MiB") && said.contains("(invalid_options)"),
            "{said}"
        );
    }
    for wrong in ["-1", "many", "", "1e999", "99999999999999999999"] {
        let refused = export(&server, &path, &[&format!("--pieces={wrong}")]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains("--pieces"), "{wrong}: {said}");
    }
    assert!(!Path::new(&path).exists(), "nothing was written");
    for to in [&["--to", "https://edge.example"][..], &[]] {
        let publish = ["publish", "-c", "c", "--url", &server.url, "--pieces"];
        let said = fails(&headwater(&[&publish[..], to].concat(), &[], None));
        assert!(said.contains("--pieces") && said.contains("(invalid_options)"), "{said}");
    }
    let copy = ["publish", "-c", "c", "--url", &server.url, "--to", &path, "--pieces=16KiB"];
    assert!(succeeds(&headwater(&copy, &[], None)).contains(" pieces\n"));
    assert_eq!(put_together(&Path::new(&path).join("c"), PIECE).len(), 1);
}

/// Of what a build publishes: the folder of its index in English.
fn built(desk: &Desk, more: &[&str]) -> (Value, std::path::PathBuf) {
    let summary = desk.run(&[&[&*desk.path("site"), "--json"], more].concat());
    let summary = serde_json::from_str(&succeeds(&summary)).unwrap();
    (summary, Path::new(&desk.path("site/headwater")).join(desk.index("en")))
}

#[test]
fn a_build_keeps_pieces_of_what_is_read_and_removes_all_others() {
    let desk = Desk::with_site();
    let said = fails(&desk.run(&[&desk.path("site"), "--pieces=7"]));
    assert!(said.contains("(invalid_options)") && !Path::new(&desk.path("site/headwater")).exists(), "{said}");
    let change = |n: u32| {
        let text: String = (0..3000).map(|word| format!("word{} ", word * n)).collect();
        desk.write("site/guide/cats.html", &page("Cats", &format!("<p>Small animals.</p><p>{text}</p>")));
    };
    change(1);
    let (_, index) = built(&desk, &["--pieces=16KiB"]);
    let first = put_together(&index, PIECE);
    assert_eq!(first, large(&index, PIECE));
    assert_eq!(errors(&index.to_string_lossy()), []);
    let times = || {
        let time = |name: String| (fs::metadata(index.join(&name)).unwrap().modified().unwrap(), name);
        files(&index).into_iter().filter(|name| name.starts_with("pieces")).map(time).collect::<Vec<_>>()
    };
    let before = times();
    assert_eq!(built(&desk, &["--pieces=16KiB"]).0["changed"], false);
    assert_eq!(times(), before, "not a piece was touched");

    // The model is in all versions; visitors under way read the version before.
    change(2);
    built(&desk, &["--pieces=16KiB"]);
    let second = put_together(&index, PIECE);
    assert!(first.keys().all(|object| second.contains_key(object)) && second.len() > first.len());
    let shared = before.iter().filter(|held| times().contains(held)).count();
    assert_eq!(shared, before.len(), "what is there is not written again");
    change(3);
    built(&desk, &["--pieces=16KiB"]);
    let third = put_together(&index, PIECE);
    assert_eq!(third, large(&index, PIECE));
    assert!(!first.keys().all(|object| third.contains_key(object)), "the first version is gone");

    // Another size, beside the one before until the next version.
    assert_eq!(built(&desk, &["--pieces"]).0["changed"], true);
    assert_eq!(put_together(&index, 65_536), large(&index, 65_536));
    assert!(index.join("pieces/16384").is_dir());
    change(4);
    built(&desk, &["--pieces"]);
    assert!(!index.join("pieces/16384").exists());
    assert_eq!(built(&desk, &[]).0["changed"], true);
    assert_eq!(fs::read_to_string(index.join("pieces.json")).unwrap(), "{\"format\":1,\"bytes\":0}\n");
    change(5);
    built(&desk, &[]);
    assert!(files(&index).iter().all(|file| !file.starts_with("pieces/")), "{:?}", files(&index));
    assert_eq!(errors(&index.to_string_lossy()), []);
}
