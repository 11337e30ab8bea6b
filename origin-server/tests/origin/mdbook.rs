//! `headwater mdbook`: what mdBook hands to an output; with mdBook itself it is tried in `tests/plugins/`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::process::{fails, headwater, succeeds};

/// A book as mdBook has written it, and a package for its pages.
fn book() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bar = "<body><div class=\"right-buttons\"></div><main><h1>T</h1><p>Some words.</p></main>";
    for (name, text) in [
        ("book/html/index.html", format!("<html lang=en><head></head>{bar}")),
        ("book/html/guide/cats.html", format!("<html lang=en><head></head>{bar}")),
        ("book/html/toc.html", "<html><head><meta name=robots content=noindex></head><body>list".to_owned()),
        ("book/search/keep", String::new()),
        ("package/browser.js", "export const open = 1;".to_owned()),
        ("package/worker.js", "self.x = 1;".to_owned()),
        ("package/headwater_bg.wasm", "\0asm".to_owned()),
        ("package/search-box.js", "export const defineSearch = 1;".to_owned()),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What mdBook says to the output of this name.
fn said(root: &Path, name: &str, table: Value, first: &str) -> String {
    let items = json!([{"PartTitle": "A part"}, "Separator", {"Chapter": {"name": "Not written", "path": null}},
        {"Chapter": {"name": "First", "path": first, "content": "…"}}]);
    let output = json!({"html": {}, name: table});
    json!({
        "version": "0.5.4",
        "root": root,
        "destination": root.join("book").join(name),
        "book": {"items": items},
        "config": {"book": {"title": "T"}, "output": output},
    })
    .to_string()
}

fn run(said: &str) -> std::process::Output {
    headwater(&["mdbook"], &[], Some(said))
}

#[test]
fn pages_get_the_box_and_a_search_beside_them_with_what_the_book_sets() {
    let folder = book();
    let root = folder.path();
    let table = json!({"command": "headwater mdbook", "package": "package", "state": "kept"});
    succeeds(&run(&said(root, "search", table.clone(), "guide/cats.md")));
    let read = |name: &str| fs::read_to_string(root.join("book/html").join(name)).unwrap();
    let cats = read("guide/cats.html");
    assert!(cats.contains("<script type=\"module\" src=\"../headwater/search.js\"></script></head>"), "{cats}");
    assert!(cats.contains("<div class=\"right-buttons\"><headwater-search "), "{cats}");
    assert!(read("index.html").contains("src=\"headwater/search.js\""));
    assert!(!read("toc.html").contains("headwater"));
    // Paths are the book's, and of the first chapter and its copy one is searched.
    assert!(root.join("kept/data/signing.key").is_file());
    assert!(read("headwater/search.js").contains("pages: 1 "), "{}", read("headwater/search.js"));
    succeeds(&run(&said(root, "search", table, "index.md")));
    assert!(read("headwater/search.js").contains("pages: 2 "));
}

#[test]
fn what_is_wrong_is_said_in_the_words_of_book_toml() {
    let folder = book();
    let root = folder.path();
    let table = json!({"command": "headwater mdbook"});
    let cases = [
        ("what is no book".to_owned(), "[output.search] with command = \"headwater mdbook\""),
        (String::new(), "[output.search] with command = \"headwater mdbook\""),
        (said(root, "headwater", table.clone(), "a.md"), "[output.headwater] comes before its pages"),
        (
            said(root, "search", json!({"command": "headwater mdbook", "excludes": []}), "a.md"),
            "[output.search] in book.toml: unknown field `excludes`",
        ),
        (said(&root.join("elsewhere"), "search", table, "a.md"), "a table [output.html]"),
    ];
    for (input, expected) in cases {
        let message = fails(&run(&input));
        assert!(message.contains(expected), "{message}");
    }
}
