//! Synonyms: queries with the answers that are defined for them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::Host;
use super::*;
use crate::error::Code;
use crate::publish::Draft;

fn schema() -> Value {
    json!({
        "text": { "body": { "language": "en" }, "title": { "language": "en" } },
        "fields": { "n": "integer" },
        "synonyms": [["tv", "television", "small screen"], { "from": ["ny", "nyc"], "to": ["new york"] }, ["auto", "car"]],
    })
}

const BODIES: [(&str, &str); 8] = [
    ("tv", "a tv stand of oak"),
    ("television", "a television stand of oak"),
    ("screen", "a small screen stand of oak"),
    ("apart", "a screen that is not small, with a stand"),
    ("ny", "pizza in ny"),
    ("york", "pizza in new york"),
    ("old", "pizza in york, as good as new"),
    ("cars", "cars for all"),
];

/// In one segment, in several, or not published.
fn shelves() -> Vec<Host> {
    let shelf = |published_after: usize| {
        let mut host = Host::new(&schema());
        for (index, (id, body)) in BODIES.iter().enumerate() {
            host.put(json!({ "id": id, "payload": { "body": body, "n": index } }));
            if (index + 1) % published_after == 0 {
                host.publish();
            }
        }
        host
    };
    alloc::vec![shelf(BODIES.len()), shelf(3), shelf(BODIES.len() + 1)]
}

/// Fails unless each finds these, the first one first.
fn each_finds(options: &Value, wanted: &[&str]) {
    for host in shelves() {
        let found = host.ids(&json!({ "match": options, "topK": 20 }));
        assert_eq!(found.first().map(String::as_str), wanted.first().copied(), "{options}");
        assert_eq!(in_order(&found), in_order(wanted), "{options}");
        // Pages, counts and facets tell of the same points.
        let one = json!({ "match": options, "topK": 1, "total": true, "facets": ["n"] });
        let answer = host.ask(&one).unwrap();
        assert_eq!(answer.hits.first().map(|hit| hit.id.as_str()), wanted.first().copied(), "{options}");
        assert!(answer.total.is_exact() && answer.total.value == wanted.len() as u64, "{options}: {:?}", answer.total);
        let counted: u32 = answer.facets.unwrap()["n"].values.iter().map(|value| value.count).sum();
        assert_eq!(counted as usize, wanted.len(), "{options}");
        let some = host.ask(&json!({ "match": options, "topK": 1 })).unwrap();
        assert!(some.total.value <= wanted.len() as u64, "{options}: {:?}", some.total);
        let sorted = host.ids(&json!({ "match": options, "topK": 20, "sort": "n" }));
        assert_eq!(sorted, in_order(wanted), "{options}");
    }
}

/// In the order of the bodies.
fn in_order<T: AsRef<str>>(ids: &[T]) -> Vec<&'static str> {
    let mut all: Vec<&str> = BODIES.iter().map(|(id, _)| *id).collect();
    all.retain(|id| ids.iter().any(|other| other.as_ref() == *id));
    all
}

#[test]
fn who_types_one_finds_the_others_after_what_is_typed() {
    let all = |query: &str| json!({ "query": query, "mode": "all" });
    each_finds(&all("tv stand"), &["tv", "screen", "television", "apart"]);
    each_finds(&all("television stands"), &["television", "screen", "tv", "apart"]);
    each_finds(&all("small screen stand"), &["screen", "apart", "television", "tv"]);
    each_finds(&all("auto"), &["cars"]);
}

#[test]
fn one_way_is_one_way() {
    each_finds(&json!({ "query": "nyc pizza", "mode": "all" }), &["york", "old"]);
    each_finds(&json!({ "query": "ny", "mode": "all" }), &["ny", "york", "old"]);
    each_finds(&json!({ "query": "new york", "mode": "all" }), &["york", "old"]);
}

#[test]
fn phrases_are_phrases_in_each_alternative() {
    each_finds(&json!({ "query": "tv stand", "mode": "phrase" }), &["tv", "screen", "television"]);
    each_finds(&json!({ "query": "pizza in ny", "mode": "phrase" }), &["ny", "york"]);
    let quoted = json!({ "query": "\"tv stand\" oak", "syntax": "simple", "mode": "all" });
    each_finds(&quoted, &["tv"]);
    let excluded = json!({ "query": "tv -television", "syntax": "simple" });
    each_finds(&excluded, &["tv", "screen", "apart"]);
}

#[test]
fn a_query_goes_without_them_or_brings_its_own() {
    each_finds(&json!({ "query": "tv", "synonyms": false }), &["tv"]);
    each_finds(&json!({ "query": "tv", "synonyms": [] }), &["tv"]);
    each_finds(&json!({ "query": "tv", "synonyms": true }), &["tv", "television", "screen", "apart"]);
    each_finds(
        &json!({ "query": "oven", "synonyms": [{ "from": ["oven"], "to": ["pizza in ny"] }], "mode": "all" }),
        &["ny"],
    );
    each_finds(&json!({ "query": "tv", "synonyms": [["oven", "pizza"]] }), &["tv"]);
    let host = &shelves()[0];
    let refused = host.ask(&json!({ "match": { "query": "tv", "synonyms": [["tv"]] } })).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidQuery);
}

#[test]
fn an_end_that_is_brought_is_finished_and_one_that_is_typed_is_not() {
    let typed = |query: &str| json!({ "query": query, "mode": "all", "prefix": true });
    each_finds(&typed("tv st"), &["tv", "screen", "television", "apart"]);
    each_finds(&typed("pizza telev"), &[]);
    each_finds(&json!({ "query": "oak x", "mode": "all", "prefix": true, "synonyms": [["x", "tele"]] }), &[]);
}

#[test]
fn other_words_may_be_misspelt() {
    let fuzzy = |query: &str| json!({ "query": query, "mode": "all", "fuzzy": true });
    each_finds(&fuzzy("tv stnad"), &["tv", "screen", "television", "apart"]);
    // What is misspelt is no text of a rule.
    each_finds(&json!({ "query": "autoo", "fuzzy": true }), &[]);
    each_finds(&json!({ "query": "nyc", "mode": "all", "fuzzy": { "fewerThan": 1 } }), &["york", "old"]);
}

#[test]
fn words_are_dropped_where_no_alternative_finds_enough() {
    let dropping = |until: u32| json!({ "query": "nyc pizza", "mode": "all", "dropWords": { "until": until } });
    each_finds(&dropping(2), &["york", "old"]);
    each_finds(&dropping(4), &["york", "old"]);
    let host = &shelves()[0];
    let without = json!({ "match": { "query": "nyc pizza", "mode": "all", "dropWords": {}, "synonyms": false } });
    assert_eq!(host.ids(&without), Vec::<String>::new(), "the last one left is nyc");
}

#[test]
fn a_rare_synonym_does_not_outrank_what_is_typed() {
    let mut host =
        Host::new(&json!({ "text": { "body": {} }, "synonyms": [["sofa", "chesterfield"], ["ny", "new york"]] }));
    for n in 0..20 {
        host.put(json!({ "id": format!("s{n:02}"), "payload": { "body": "a sofa to sit on" } }));
    }
    host.put(json!({ "id": "rare", "payload": { "body": "a chesterfield to sit on" } }));
    host.put(json!({ "id": "ny", "payload": { "body": "here: ny" } }));
    host.put(json!({ "id": "york", "payload": { "body": "here: new york" } }));
    for is_published in [false, true] {
        if is_published {
            host.publish();
        }
        let hits = host.ask(&json!({ "match": "sofa", "topK": 30 })).unwrap().hits;
        assert_eq!(hits.len(), 21);
        assert_eq!(hits[20].id, "rare");
        let (typed, brought) = (hits[0].score, hits[20].score);
        assert!((brought - 0.9 * typed).abs() < 0.01 * typed, "{brought} is nine tenths of {typed}");
        assert_eq!(host.ids(&json!({ "match": "chesterfield" }))[0], "rare");
        // Two words that stand together count no more than the one for which they stand.
        assert_eq!(host.ids(&json!({ "match": "ny" })), ["ny", "york"]);
    }
}

#[test]
fn the_words_of_all_alternatives_are_highlighted_once() {
    for host in shelves() {
        let query = json!({ "match": { "query": "tv stand", "mode": "all" }, "highlight": true, "snippets": {} });
        let hits = host.ask(&query).unwrap().hits;
        for (id, wanted) in [("tv", [(2, 4), (5, 10)]), ("television", [(2, 12), (13, 18)])] {
            let hit = hits.iter().find(|hit| hit.id == id).unwrap();
            let found: Vec<(u32, u32)> =
                hit.highlights.as_ref().unwrap()["body"].iter().map(|h| (h.start, h.end)).collect();
            assert_eq!(found, wanted, "{id}");
            let snippet = &hit.snippets.as_ref().unwrap()["body"][0];
            let found: Vec<(u32, u32)> = snippet.highlights.iter().map(|h| (h.start, h.end)).collect();
            assert_eq!(found, wanted, "{id}: {snippet:?}");
        }
    }
}

#[test]
fn a_snippet_counts_a_word_once_whatever_alternatives_have_it() {
    let mut host = Host::new(&schema());
    let filler = "and so it goes on and on for a long while ".repeat(4);
    let text = format!("stand stand stand {filler} television stand {filler} stand");
    host.put(json!({ "id": "a", "payload": { "body": text } }));
    let query = json!({ "match": { "query": "tv stand", "mode": "all" }, "snippets": { "chars": 40, "count": 1 } });
    let hits = host.ask(&query).unwrap().hits;
    let snippet = &hits[0].snippets.as_ref().unwrap()["body"][0];
    assert!(snippet.text.contains("television stand"), "{snippet:?}");
}

#[test]
fn there_are_at_most_sixteen_alternatives() {
    let mut host = Host::new(&json!({ "text": { "body": {} } }));
    let word = |n: usize| format!("word{}", char::from(b'a' + n as u8));
    (0..20).for_each(|n| host.put(json!({ "id": format!("p{n:02}"), "payload": { "body": word(n) } })));
    host.publish();
    let all: Vec<String> = (0..20).map(word).collect();
    let found = host.ids(&json!({ "match": { "query": word(3), "synonyms": [all] }, "topK": 30 }));
    assert_eq!(found.len(), 16, "the first fifteen others: {found:?}");
    assert!(found.contains(&"p15".into()) && !found.contains(&"p16".into()));
    // Of two places first the one, then the other, then both.
    let two = json!({ "query": "x y", "mode": "all", "synonyms": [["x", "worda"], ["y", "wordb"]] });
    host.put(json!({ "id": "both", "payload": { "body": "worda wordb" } }));
    assert_eq!(host.ids(&json!({ "match": two })), ["both"]);
}

#[test]
fn scripts_without_spaces_are_compared_by_whole_runs() {
    let mut host = Host::new(&json!({ "text": { "body": {} }, "synonyms": [["東京", "tokyo"], ["京都", "kyoto"]] }));
    for (id, body) in [("tokyo", "tokyo"), ("kyoto", "kyoto"), ("han", "東京都")] {
        host.put(json!({ "id": id, "payload": { "body": body } }));
    }
    assert_eq!(host.ids(&json!({ "match": { "query": "東京", "mode": "all" } })), ["tokyo", "han"]);
    assert_eq!(host.ids(&json!({ "match": { "query": "東京都", "mode": "all" } })), ["han"], "no part of it");
}

#[test]
fn synonyms_change_without_new_segments_and_are_published_by_themselves() {
    let mut host = shelves().swap_remove(0);
    let before = host.snapshot.manifest().unwrap().clone();
    assert!(Draft::plan(&host.snapshot, &host.memtable).unwrap().is_none());
    let changed = json!({ "text": schema()["text"], "fields": schema()["fields"], "synonyms": [["oven", "pizza"]] });
    let changed = Schema::from_json(&serde_json::to_vec(&changed).unwrap()).unwrap();
    host.snapshot = host.snapshot.with_synonyms(&changed);
    assert_eq!(host.ids(&json!({ "match": "oven" })), ["ny", "york", "old"]);
    assert_eq!(host.ids(&json!({ "match": "tv" })), ["tv"]);
    host.publish();
    let after = host.snapshot.manifest().unwrap();
    assert_eq!((after.version, after.segments.clone()), (before.version + 1, before.segments.clone()));
    assert_eq!((after.lsn, &after.schema), (before.lsn, &changed));
    assert_eq!(host.ids(&json!({ "match": "oven" })), ["ny", "york", "old"]);
    assert!(Draft::plan(&host.snapshot, &host.memtable).unwrap().is_none(), "once is enough");
    // Whoever holds the version before asks for nothing.
    let held = Snapshot::open(before, &mut |blob| blob.verify_copy(&host.blobs[blob]));
    assert_eq!(Snapshot::wanted_blobs(Some(&held.unwrap()), after), []);
}
