//! Fragments of texts: where they begin and end, and which are chosen.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::Host;
use crate::error::Code;
use crate::model::{Language, Snippet};
use crate::text::Analyzer;

fn host(body: Value) -> Host {
    let mut host = Host::new(&json!({ "text": { "body": { "language": "en" }, "title": {} }, "fields": {} }));
    host.put(json!({ "id": "p", "payload": { "body": body, "title": "a title" } }));
    host
}

fn snippets(host: &Host, query: &Value) -> Vec<Snippet> {
    let hit = host.ask(query).unwrap().hits.remove(0);
    hit.snippets.unwrap().get("body").cloned().unwrap_or_default()
}

/// With the words in brackets, and dots where something is cut.
fn marked(snippet: &Snippet) -> String {
    let units: Vec<u16> = snippet.text.encode_utf16().collect();
    let part = |from: u32, to: u32| String::from_utf16(&units[from as usize..to as usize]).unwrap();
    let (mut shown, mut at) = (String::from(if snippet.cut_before { "…" } else { "" }), 0);
    for range in &snippet.highlights {
        shown = format!("{shown}{}[{}]", part(at, range.start), part(range.start, range.end));
        at = range.end;
    }
    format!("{shown}{}{}", part(at, units.len() as u32), if snippet.cut_after { "…" } else { "" })
}

fn shown(body: Value, words: &str, options: Value) -> Vec<String> {
    let query = json!({ "match": words, "filter": {}, "snippets": options });
    snippets(&host(body), &query).iter().map(marked).collect()
}

const LONG: &str = "The river begins in the hills, as rivers do. It is a quiet place (few know it), where nothing but sheep \
    walk. Further down there is a mill; its stone turns by day and night. Where the river meets the stone, boats stop.";

#[test]
fn the_fragment_with_most_words_close_together_is_the_best() {
    assert_eq!(
        shown(json!(LONG), "river stone", json!({ "chars": 60 })),
        ["…day and night. Where the [river] meets the [stone], boats stop."]
    );
    assert_eq!(
        shown(json!(LONG), "rivers", json!({ "chars": 50 })),
        ["The [river] begins in the hills, as [rivers] do. It is…"],
        "of equal ones the first"
    );
    assert_eq!(shown(json!(LONG), "sheep", json!({ "chars": 40 })), ["…nothing but [sheep] walk. Further down…"]);
    assert_eq!(shown(json!("One river."), "river", json!(true)), ["One [river]."]);
}

#[test]
fn several_fragments_have_nothing_in_common_and_each_a_word() {
    let found = shown(json!(LONG), "river stone", json!({ "chars": 40, "count": 5 }));
    assert_eq!(found[0], "…the [river] meets the [stone], boats stop.");
    assert!(found.len() > 2 && found.iter().all(|snippet| snippet.contains('[')), "{found:?}");
    let words = |all: &[String]| all.iter().map(|one| one.matches('[').count()).sum::<usize>();
    assert_eq!(words(&found), 5, "{found:?}");
    let items = shown(json!(["nothing", "a stone", null, "river and stone"]), "river stone", json!({ "count": 2 }));
    assert_eq!(items, ["[river] and [stone]", "a [stone]"]);
    let of_items = snippets(
        &host(json!(["nothing", "a stone", null, "river and stone"])),
        &json!({ "match": "river stone", "snippets": { "count": 9 } }),
    );
    assert_eq!(of_items.iter().map(|snippet| snippet.item).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn where_no_word_stands_the_beginning_is_shown() {
    let beginning = "(The) river begins in the hills, as…";
    let text = LONG.replacen("The", "  (The)", 1);
    // Found by its title.
    assert_eq!(shown(json!(text), "title", json!({ "chars": 40, "fields": ["body"] })), [beginning]);
    let query = json!({ "filter": {}, "snippets": { "chars": 40 } });
    let all = host(json!(text)).ask(&query).unwrap().hits.remove(0).snippets.unwrap();
    assert_eq!(all.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["body", "title"]);
    assert_eq!(marked(&all.get("body").unwrap()[0]), beginning);
    assert_eq!(shown(json!(["", " \n", "?!? …", "word"]), "title", json!({ "fields": ["body"] })), ["?!? …"]);
    assert!(shown(json!([]), "title", json!({ "fields": ["body"] })).is_empty());
    assert!(shown(json!(" "), "title", json!({ "fields": ["body"] })).is_empty());
    // Only searched fields are shown where the query has words.
    let query = json!({ "match": { "query": "river", "fields": ["body"] }, "snippets": true, "fields": [] });
    let hit = host(json!(LONG)).ask(&query).unwrap().hits.remove(0);
    assert_eq!(hit.snippets.unwrap().len(), 1);
    assert!(host(json!(LONG)).ask(&json!({ "match": "river", "snippets": false })).unwrap().hits[0].snippets.is_none());
}

#[test]
fn fragments_end_between_grapheme_clusters() {
    let kanji = "東京都の川と山を歩く".repeat(20) + "京都" + &"に行く人は川と山を".repeat(20);
    let found = shown(json!(kanji), "京都", json!({ "chars": 40 }));
    let text: String = found[0].chars().filter(|c| !"…[]".contains(*c)).collect();
    assert_eq!(text.chars().count(), 40, "{found:?}");
    assert!(found[0].contains("[京都]"), "{found:?}");
    let family = "👨\u{200d}👩\u{200d}👧";
    let found =
        shown(json!(format!("{} river {}", family.repeat(9), family.repeat(9))), "river", json!({ "chars": 40 }));
    assert!(found[0].split(['…', '[', ']']).all(|part| !part.starts_with('\u{200d}') && !part.ends_with('\u{200d}')));
    // One word alone is longer: it is cut where no cluster is.
    let long = format!("{}river{}", "x".repeat(500), "y".repeat(500));
    let found = shown(json!(format!("a {long} b")), &long, json!({ "chars": 40 }));
    assert_eq!(found, [format!("…[{}]…", "x".repeat(40))]);
    // Lines that someone drew are no part of a word.
    let found = shown(json!(format!("river{} stone", "-".repeat(300))), "river", json!({ "chars": 40 }));
    assert_eq!(found, ["[river]…"]);
}

#[test]
fn phrases_alone_are_marked() {
    let query = json!({ "query": "the river meets", "mode": "phrase" });
    let query = json!({ "match": query, "snippets": { "chars": 60 } });
    assert_eq!(
        marked(&snippets(&host(json!(LONG)), &query)[0]),
        "…day and night. Where [the] [river] [meets] the stone, boats stop."
    );
}

#[test]
fn fragments_that_cannot_be_meant_are_refused() {
    let host = host(json!("river"));
    let code = |options: Value| host.ask(&json!({ "match": "river", "snippets": options })).unwrap_err().code();
    assert_eq!(code(json!({ "chars": 39 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "chars": 1001 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "count": 0 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "count": 11 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "fields": [] })), Code::InvalidQuery);
    assert_eq!(code(json!({ "fields": ["nope"] })), Code::UnknownField);
    assert_eq!(code(json!({ "length": 100 })), Code::InvalidQuery);
    assert_eq!(code(json!("yes")), Code::InvalidQuery);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the text: fragments are parts of it, no longer than asked for unless one word is, apart from each
    /// other, and the first has as many different words as any stretch of the text.
    #[test]
    fn fragments_are_parts_of_the_text(
        text in "((river|stone|mill|a|[a-z]{1,12}|[ -~]|\\PC|\u{e9}|e\u{301}|京都|に|😀|👩\u{200d}👧|\r\n)( |, |)){0,60}",
        more in prop::collection::vec(prop::sample::select(
            &["river", "stone", "mill", "a", "sheep walk", "e\u{301}", "京都", "に", "😀", "👩\u{200d}👧", "\r\n", "x.y_z", "---"][..]), 0..60),
        chars in 40u32..120, count in 1u32..4,
    ) {
        let text = format!("{text}{}", more.join(" "));
        let host = host(json!(text));
        let found = snippets(&host, &json!({ "match": ["river stone", "mill title"], "filter": {}, "snippets": { "chars": chars, "count": count, "fields": ["body"] } }));
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut ranges = Vec::new();
        for snippet in &found {
            let length = snippet.text.encode_utf16().count();
            let start = snippet.start as usize;
            prop_assert_eq!(String::from_utf16(&units[start..start + length]).unwrap(), snippet.text.clone());
            prop_assert!(length <= chars as usize || !snippet.text.contains("  "), "{:?}", snippet);
            prop_assert!(!snippet.text.starts_with(char::is_whitespace) && !snippet.text.ends_with(char::is_whitespace));
            prop_assert!(snippet.highlights.is_sorted_by(|a, b| a.end < b.start));
            prop_assert!(snippet.highlights.iter().all(|h| h.start < h.end && h.end as usize <= length));
            ranges.push((start, start + length));
        }
        ranges.sort_unstable();
        prop_assert!(ranges.is_sorted_by(|a, b| a.1 <= b.0), "{:?}", ranges);
        prop_assert_eq!(found.is_empty(), text.trim().is_empty());
        let words = |text: &str| {
            let mut present = [false; 3];
            Analyzer::new(Language::English, false).analyze(text, |token| {
                for (stem, present) in ["river", "stone", "mill"].iter().zip(&mut present) {
                    *present |= token.term == *stem;
                }
            });
            present.iter().filter(|present| **present).count()
        };
        let marks = found.iter().map(|snippet| snippet.highlights.len()).sum::<usize>();
        prop_assert_eq!(marks > 0, words(&text) > 0, "{} in {:?}", text, found);
        if let Some(first) = found.first() {
            let rest: Vec<usize> = found[1..].iter().map(|snippet| words(&snippet.text)).collect();
            prop_assert!(rest.iter().all(|rest| *rest <= words(&first.text)), "{:?}", found.iter().map(|s| s.text.to_string()).collect::<Vec<_>>());
        }
    }
}
