//! `headwater build`: folders of pages, and data, to search as plain files.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::desk::{Desk, page, points_in};
use crate::process::{fails, headwater, succeeds};

#[test]
fn a_folder_of_pages_becomes_search() {
    let desk = Desk::with_site();
    let summary = desk.build();
    assert_eq!(summary["leftOut"], json!({ "pages for what is not found": 1, "redirects": 1 }));
    assert_eq!((&summary["changed"], &summary["warnings"]), (&json!(true), &json!({})));
    assert!(summary["firstAnswer"]["index"].as_u64().unwrap() > 1000, "{summary}");
    let of = |lang: &str| {
        let all = summary["languages"].as_array().unwrap();
        all.iter().find(|l| l["lang"] == lang).unwrap().clone()
    };
    assert_eq!((&of("en")["pages"], &of("en")["sections"], &of("en")["meaning"]), (&json!(2), &json!(3), &json!(true)));
    assert_eq!((&of("de")["pages"], &of("de")["meaning"]), (&json!(1), &json!(false)));

    let points = desk.points("en");
    let food = json!({
        "page": "guide/cats.html", "url": "guide/cats.html#food", "title": "Cats", "heading": "Food",
        "trail": ["Cats", "Food"], "text": "Mice", "lang": "en", "kind": ["Mice"],
    });
    assert_eq!(points["guide/cats.html#food"], food);
    assert_eq!(points["./"]["text"], "Welcome to the observatory.");
    assert!(points["./"].get("heading").is_none());

    let script = desk.read("site/headwater/search.js");
    let key = succeeds(&headwater(&["keys", "show", "--data", &desk.path("state/data")], &[], None));
    for part in [
        "import { defineSearch } from \"./runtime/search-box.js\";",
        "site: new URL(\"../\", import.meta.url)",
        &format!("/\", import.meta.url), trust: \"{}\", pages: 2 }}", key.trim()),
        "{ lang: \"en\", url: new URL(\"./en-",
        "{ lang: \"de\", url: new URL(\"./de-",
        "facets: [{ field: \"kind\", label: \"Kind\" }]",
    ] {
        assert!(script.contains(part), "{part:?} is not in\n{script}");
    }
    let written = desk.output();
    assert!(written.contains_key("runtime/browser.js") && !written.contains_key("runtime/node.js"));
    assert!(!written.keys().any(|name| name.contains("signing")), "{:?}", written.keys());
    for index in ["en", "de"].map(|lang| desk.index(lang)) {
        let folder = desk.path(&format!("site/headwater/{index}"));
        succeeds(&headwater(&["verify", &folder, "--trust", key.trim()], &[], None));
    }
}

#[test]
fn a_build_again_writes_only_what_has_changed() {
    let desk = Desk::with_site();
    desk.build();
    let (before, first) = (desk.output(), desk.index("en"));
    let again = desk.build();
    assert_eq!(again["changed"], false);
    assert!(again["languages"].as_array().unwrap().iter().all(|l| l["written"] == 0 && l["removed"] == 0), "{again}");
    assert!(desk.output() == before, "not a file of the output was touched");

    desk.write("site/guide/cats.html", &page("Cats", "<p>Small animals.</p><h2 id=food>Food</h2><p>Fish</p>"));
    let changed = desk.build();
    let en = &changed["languages"].as_array().unwrap().iter().find(|l| l["lang"] == "en").unwrap().clone();
    // The page has no value to filter by any more, so its lead is another one as well.
    assert_eq!((&en["written"], &en["removed"]), (&json!(3), &json!(0)), "the schema has lost a field: {changed}");
    assert_eq!(desk.points("en")["guide/cats.html#food"]["text"], "Fish");
    assert_eq!(desk.index("en"), format!("{first}-2"));
    let after = desk.output();
    assert!(!after.keys().any(|name| name.starts_with(&format!("{first}/"))), "it is gone: {:?}", after.keys());
    for (name, held) in before.iter().filter(|(name, _)| name.starts_with("de-") || name.starts_with("runtime/")) {
        assert!(after.get(name) == Some(held), "{name} was touched");
    }

    desk.write(
        "site/guide/cats.html",
        &page("Cats", "<p>Small animals.</p><h2 id=food>Food</h2><p>Fish, and mice</p>"),
    );
    let en = desk.build()["languages"][1].clone();
    assert_eq!(
        (&en["lang"], &en["written"], &en["removed"], &en["version"]),
        (&json!("en"), &json!(1), &json!(0), &json!(2))
    );

    fs::remove_file(desk.folder.path().join("site/guide/cats.html")).unwrap();
    fs::remove_file(desk.folder.path().join("site/de/hallo.html")).unwrap();
    let gone = desk.build();
    assert_eq!(gone["languages"].as_array().unwrap().len(), 1);
    assert_eq!(gone["languages"][0]["removed"], 2);
    assert_eq!(desk.points("en").into_keys().collect::<Vec<_>>(), ["./"]);
    assert!(!desk.output().keys().any(|name| name.starts_with("de-")), "{:?}", desk.output().keys());

    // A language that comes back goes on with higher versions: replicas do not go back.
    desk.write("site/de/hallo.html", &page("Hallo", "<p>Wieder da.</p>").replace("=en", "=de"));
    let back = desk.build();
    assert!(back["languages"][0]["version"].as_u64().unwrap() > 1, "{back}");
    assert_eq!(desk.points("de")["de/hallo.html"]["text"], "Wieder da.");
}

/// Replicas remember by its URL which version of an index they have seen: one whose versions begin anew has another.
#[test]
fn another_state_has_other_names_whether_its_key_is_another_or_not() {
    let desk = Desk::with_site();
    desk.build();
    let (trust, name) = (desk.trust(), desk.index("en"));
    fs::remove_dir_all(desk.folder.path().join("state")).unwrap();
    desk.build();
    assert!(desk.trust() != trust && desk.index("en") != name);
    assert_eq!(desk.points("en").len(), 3);
    assert!(!Path::new(&desk.path(&format!("site/headwater/{name}"))).exists());

    // As in a pipeline that keeps the key and nothing else.
    let key = desk.read("state/data/signing.key");
    let build = || {
        let _ = fs::remove_dir_all(desk.folder.path().join("state"));
        let output = desk.run_with(&[("HEADWATER_SIGNING_KEY", key.trim())], &[&desk.path("site")]);
        succeeds(&output);
        (desk.trust(), desk.index("en"))
    };
    let own = (desk.trust(), desk.index("en"));
    let first = build();
    assert!(!Path::new(&desk.path("state/data/signing.key")).exists(), "it is kept where it was");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let second = build();
    assert_eq!((&first.0, &second.0), (&own.0, &own.0));
    assert!(first.1 != own.1 && second.1 != first.1, "{first:?}, {second:?}");
}

#[test]
fn keys_are_not_published_and_nothing_foreign_is_written_over() {
    let desk = Desk::with_site();
    let (site, package) = (desk.path("site"), desk.path("package"));
    let with_state = |state: &str, arguments: &[&str]| {
        fails(&headwater(
            &[&["build", "--package", &package, "--state", &desk.path(state)], arguments].concat(),
            &[],
            None,
        ))
    };
    for state in ["site/.headwater", "site/headwater/state", "site"] {
        let said = with_state(state, &[&site]);
        assert!(said.contains("private key") && said.contains("--state ") && said.contains("(conflict)"), "{said}");
        assert!(!Path::new(&desk.path("site/headwater")).exists(), "nothing was written");
    }
    desk.write("public/own.txt", "mine");
    let said = fails(&desk.run(&[&site, "--output", &desk.path("public")]));
    assert!(said.contains("has not written") && said.contains("--output"), "{said}");
    assert_eq!(desk.read("public/own.txt"), "mine");
    let said = fails(&desk.run(&[&site, "--output", &site]));
    assert!(said.contains("(conflict)"), "{said}");
    desk.build();
    desk.write("other/index.html", &page("Other", "x"));
    let said = fails(&desk.run(&[&desk.path("other")]));
    assert!(said.contains("site/headwater") && said.contains("--state"), "{said}");
    assert_eq!(desk.read("state/.gitignore"), "*\n");
}

#[test]
fn mistakes_are_told_with_what_to_do() {
    let desk = Desk::with_site();
    let site = desk.path("site");
    desk.write("empty/x.txt", "x");
    desk.write("only/404.html", &page("x", "x"));
    desk.write("data.csv", "id,title\n1,one\n");
    desk.write("schema.json", r#"{"text": {"title": {}}}"#);
    let (empty, only, csv, schema) =
        (desk.path("empty"), desk.path("only"), desk.path("data.csv"), desk.path("schema.json"));
    for (arguments, parts) in [
        (&["/nowhere/at/all"][..], &["there is no /nowhere/at/all", "(not_found)"][..]),
        (&[&*empty], &["no page that can be searched", "no files in it whose names end with .html"]),
        (&[&only], &["no page that can be searched", "1 pages for what is not found"]),
        (&[&csv], &["--schema"]),
        (&[&csv, "--schema", &schema], &["--output"]),
        (&[&site, "--schema", &schema], &["--schema is for a file of data"]),
        (&[&desk.path("site/index.html")], &["neither a folder of pages nor a file of data", "ndjson"]),
        (&[&site, "--root-selector", "a["], &["--root-selector", "(invalid_options)"]),
        (&[&site, "--include", "a["], &["is no pattern"]),
        (&[&site, "--lang", "Klingon"], &["--lang", "such as en"]),
        (&[&site, "--model", &empty], &["config.json", "model2vec"]),
        (&[&site, "--serve=0.0.0.0:0"], &["open to others", "--serve"]),
        (&[&site, "--serve=nobody"], &["--serve"]),
    ] {
        let said = fails(&desk.run(arguments));
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
        let _ = fs::remove_dir_all(desk.folder.path().join("state"));
        for folder in ["empty", "only"] {
            let _ = fs::remove_dir_all(desk.folder.path().join(folder).join("headwater"));
        }
    }
    let said = fails(&headwater(&["build", &site, "--package", &empty, "--state", &desk.path("state")], &[], None));
    assert!(said.contains("browser.js") && said.contains("node_modules/headwater/dist"), "{said}");
}

#[test]
fn strange_pages_break_nothing_and_are_named() {
    let desk = Desk::with_site();
    desk.write("site/huge.html", &format!("<main><h1>Huge</h1>{}", "<p>word ".repeat(8_000_000)));
    desk.write("site/untitled.html", "<html lang=en><div>Some text</div>");
    desk.write("site/twice.html", "<html lang=en><main><h1>T</h1><h2 id=a>A</h2>a<h2 id=a>B</h2>b</main>");
    desk.write("site/deep.html", &format!("<html lang=en><main><h1>Deep</h1>top{}", "<div>x".repeat(60_000)));
    desk.write("site/empty.html", "");
    desk.write("site/a.md", "---\nlang: en\npermalink: /same/\n---\n# One\n\nFirst");
    desk.write("site/b.md", "---\nlang: en\npermalink: /same/\n---\n# Two\n\nSecond");
    desk.write("site/none.md", "# Undeclared\n\nWhat language is this?");
    fs::write(desk.folder.path().join("site/latin.html"), b"<html lang=en><main><h1>Caf\xe9</h1>x</main>").unwrap();
    let summary = desk.build();
    let count = |kind: &str| summary["warnings"][kind]["count"].as_u64().unwrap_or_default();
    for kind in [
        "too large",
        "no title",
        "no main content named",
        "the same anchor twice",
        "broken HTML",
        "twice the same URL",
        "not UTF-8",
    ] {
        assert_eq!(count(kind), 1, "{kind}: {summary}");
    }
    assert_eq!(summary["leftOut"]["without text"], 1);
    let points = desk.points("en");
    assert_eq!((&points["same/"]["text"], &points["latin.html"]["title"]), (&json!("First"), &json!("Café")));
    assert_eq!(points["none.md"]["lang"], "en", "as most pages are");
    assert_eq!(points["twice.html#a~2"]["url"], "twice.html#a");
    let told = succeeds(&desk.run(&[&desk.path("site"), "--exclude", "huge.html", "--lang", "fr"]));
    for part in [
        "worth a look: 1 × no title (untitled.html)",
        "1 by --include or --exclude",
        "  fr  1 page",
        "a visitor fetches about",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn pages_that_mark_no_content_are_left_out_where_others_do() {
    let desk = Desk::with_site();
    desk.write("site/marked.html", "<html lang=en><title>M</title><div data-pagefind-body>Marked</div>");
    let summary = desk.build();
    assert_eq!(summary["leftOut"]["without a mark of content, which others have"], 3);
    assert_eq!(desk.points("en").into_keys().collect::<Vec<_>>(), ["marked.html"]);
}

#[test]
fn data_is_built_without_pages() {
    let desk = Desk::new();
    desk.write("schema.json", r#"{"text": {"title": {"language": "en"}}, "fields": {"kind": "keyword"}}"#);
    let rows = ["one", "two", "three"].map(|title| json!({ "id": title, "title": title, "kind": "number" }));
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    let cells: String = ["one", "two", "three"].map(|title| format!("{title},\"{title}\",number\n")).concat();
    desk.write("data.ndjson", &lines);
    desk.write("data.json", &json!(rows).to_string());
    desk.write("data.csv", &format!("\u{feff}id,title,kind\n{cells}"));
    let schema = desk.path("schema.json");
    let build = |file: &str, state: &str| {
        let (file, out, package) = (desk.path(file), desk.path(&format!("out-{state}")), desk.path("package"));
        let state = desk.path(&format!("state-{state}"));
        let arguments =
            ["build", &file, "--schema", &schema, "--output", &out, "--package", &package, "--state", &state, "--json"];
        headwater(&arguments, &[], None)
    };
    for end in ["ndjson", "json", "csv"] {
        let first: Value = serde_json::from_str(&succeeds(&build(&format!("data.{end}"), end))).unwrap();
        assert_eq!((&first["languages"][0]["sections"], &first["changed"]), (&json!(3), &json!(true)));
        let script = desk.read(&format!("out-{end}/search.js"));
        let name = script.split("new URL(\"./").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let points = points_in(&desk.folder.path().join(format!("out-{end}")).join(&name));
        assert_eq!(points["two"], rows[1], "{end}");
        let again: Value = serde_json::from_str(&succeeds(&build(&format!("data.{end}"), end))).unwrap();
        assert_eq!((&again["languages"][0]["written"], &again["changed"]), (&json!(0), &json!(false)), "{end}");
        assert!(script.contains("/\", import.meta.url), { trust: \"ed25519:") && name.starts_with("data-"), "{script}");
    }
    desk.write("more.csv", &format!("id,title,kind\n{cells}one,again,number\n"));
    let doubled = build("more.csv", "csv");
    assert!(succeeds(&doubled).contains("\"changed\": false"), "the first of an id counts");
    for (file, text, part) in [
        ("bad.ndjson", "{\"id\": \"a\", \"title\": \"x\"}\n{\"id\": 7\n", "line 2"),
        ("bad.csv", "name,title\na,b\n", "--id"),
        ("bad.json", "{\"id\": 1}", "list of objects"),
        ("bad2.csv", "id,title\na\n", "bad2.csv"),
    ] {
        desk.write(file, text);
        let said = fails(&build(file, file));
        assert!(said.contains(part) && said.contains(file), "{file}: {said}");
    }
}
