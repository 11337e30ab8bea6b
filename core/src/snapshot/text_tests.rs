//! Words: queries with the answers that are defined for them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::test_host::{Host, models};
use super::*;
use crate::error::Code;
use crate::model::{AnsweredBy, Query};

fn schema() -> Value {
    json!({
        "vectors": { "v": { "dim": 4 } },
        "text": { "body": { "language": "en" }, "title": { "language": "en", "boost": 3 }, "tags": {} },
        "fields": { "n": "integer", "tags": "keyword" },
    })
}

fn point(id: &str, payload: Value) -> Value {
    let vector: Vec<f32> = (0..4).map(|d| libm::sinf((id.len() * 7 + d * 5) as f32)).collect();
    json!({ "id": id, "vectors": { "v": vector }, "payload": payload })
}

/// Four poems, so to say.
fn shelf(published: bool) -> Host {
    let mut host = Host::new(&schema());
    for (id, title, body, tags) in [
        ("cats", "On cats", "A cat sat on the mat. The cats slept.", json!(["pets", "small animals"])),
        ("dogs", "On dogs", "The dog ran after a cat.", json!(["pets"])),
        ("birds", "Birds", "Two birds sat in the old apple tree 🐦🐦 and sang.", json!("wings")),
        ("cafe", "Le café", "Le cafe\u{301} est fermé. Naïve résumé.", Value::Null),
    ] {
        host.put(point(id, json!({ "title": title, "body": body, "tags": tags, "n": 1 })));
    }
    if published {
        host.publish();
    }
    host
}

#[test]
fn words_are_found_by_stem_accent_prefix_and_misspelling_published_or_not() {
    for host in [shelf(false), shelf(true)] {
        let found = |query: &str| host.ids(&json!({ "match": query }));
        assert_eq!(found("cat"), ["cats", "dogs"], "the title counts three times");
        assert_eq!(found("CATS!"), ["cats", "dogs"]);
        assert_eq!(found("cafe"), ["cafe"]);
        assert_eq!(found("RÉSUMÉ"), ["cafe"]);
        assert_eq!(found("singing"), Vec::<String>::new(), "sang is another stem");
        assert_eq!(found("\u{1F426}"), ["birds"]);
        let options = |options: Value| host.ids(&json!({ "match": options }));
        assert_eq!(options(json!({ "query": "ap", "prefix": true })), ["birds"]);
        assert_eq!(options(json!({ "query": "ap ", "prefix": true })), Vec::<String>::new());
        assert_eq!(options(json!({ "query": "aplpe", "fuzzy": true })), ["birds"]);
        assert_eq!(options(json!({ "query": "aplpe" })), Vec::<String>::new());
        assert_eq!(options(json!({ "query": "cat dog", "mode": "all" })), ["dogs"]);
        assert_eq!(options(json!({ "query": "the cat", "mode": "phrase" })), ["cats"], "the cats, by stem");
        assert_eq!(options(json!({ "query": "cat the", "mode": "phrase" })), Vec::<String>::new());
        assert_eq!(options(json!({ "query": "small animals", "mode": "phrase" })), ["cats"]);
        assert_eq!(options(json!({ "query": "pets small", "mode": "phrase" })), Vec::<String>::new(), "two texts");
        assert_eq!(options(json!({ "query": "cat", "fields": ["title"] })), ["cats"]);
        let filtered = json!({ "match": "cat", "filter": { "n": { "$gt": 1 } } });
        assert_eq!(host.ids(&filtered), Vec::<String>::new());
    }
}

#[test]
fn a_misspelt_word_finds_other_forms_frequent_words_first_and_its_first_letter_may_be_wrong() {
    for is_published in [false, true] {
        let mut host = Host::new(&schema());
        for (id, body) in
            [("cats", "wild cats"), ("telescope", "a telescope"), ("carts", "carts"), ("rivers", "rivers")]
        {
            host.put(point(id, json!({ "body": body })));
        }
        (0..30).for_each(|n| host.put(point(&format!("house{n:02}"), json!({ "body": "house" }))));
        host.put(point("hoist", json!({ "body": "hoist" })));
        host.put(point("horse", json!({ "body": "horse" })));
        if is_published {
            host.publish();
        }
        let found = |query: &str| host.ids(&json!({ "match": { "query": query, "fuzzy": true }, "topK": 40 }));
        assert_eq!(found("smal wild cta"), ["cats"], "the stem of cats is one edit away, which no form is");
        assert_eq!(found("rivre"), ["rivers"]);
        for wrong in ["jelescope", "elescope", "ttelescope", "etlescope", "xtelescope"] {
            assert_eq!(found(wrong), ["telescope"], "{wrong}");
            let typed = json!({ "match": { "query": &wrong[..7], "fuzzy": true, "prefix": true } });
            assert_eq!(host.ids(&typed), ["telescope"], "{wrong} unfinished");
        }
        assert_eq!(found("jelescpoe"), Vec::<String>::new(), "the first letter and two others");
        assert_eq!(found("vats"), Vec::<String>::new(), "a word of four letters");
        assert_eq!(found("\u{44f}elescope"), Vec::<String>::new(), "a letter of another script");
        assert_eq!(found("hoise")[..1], ["house00"], "one edit from house, hoist and horse: most texts have house");
        let found = |query: &str, prefix: bool| {
            let how = json!({ "query": query, "fuzzy": { "onlyUnknown": true }, "prefix": prefix });
            host.ids(&json!({ "match": how, "topK": 40 }))
        };
        assert_eq!(found("hoist horze", false), ["hoist", "horse"], "what is known is not taken for house");
        assert_eq!(found("rivering", false), ["rivers"], "its stem is known");
        assert_eq!(found("rivr", true), ["rivers"], "unfinished, and no word begins so");
        assert_eq!(found("hois", true), ["hoist"]);
        assert!(found("hoise", false).len() > 30, "unknown");
    }
}

#[test]
fn highlights_are_ranges_of_utf_16_units() {
    let host = shelf(true);
    let answer = host.ask(&json!({ "match": { "query": "sang café", "fuzzy": true }, "highlight": true })).unwrap();
    let text = |id: &str, field: &str| -> Vec<String> {
        let hit = answer.hits.iter().find(|h| h.id == id).unwrap();
        let payload = hit.payload.to_tree().unwrap();
        let units: Vec<u16> = payload[field].as_str().unwrap().encode_utf16().collect();
        let marked = hit.highlights.as_ref().unwrap().get(field).into_iter().flatten();
        marked.map(|h| String::from_utf16(&units[h.start as usize..h.end as usize]).unwrap()).collect()
    };
    assert_eq!(text("birds", "body"), ["sang"]);
    assert_eq!(text("cafe", "body"), ["cafe\u{301}"]);
    assert_eq!(text("cafe", "title"), ["café"]);
    let answer = host.ask(&json!({ "match": "animals", "highlight": true, "fields": [] })).unwrap();
    let marks = &answer.hits[0].highlights.as_ref().unwrap()["tags"];
    assert_eq!((marks[0].item, marks[0].start, marks[0].end), (1, 6, 13));
    assert!(host.ask(&json!({ "match": "animals" })).unwrap().hits[0].highlights.is_none());
}

#[test]
fn odd_queries_have_defined_answers() {
    let host = shelf(true);
    let empty = Vec::<String>::new();
    for query in ["", " ", "...", "\u{0}\u{1}", ".*[a-z]+(", "\u{301}", "שלום", "the!!!zzz", "\u{fffd}"] {
        let expected: &[&str] = match query {
            "the!!!zzz" => &["birds", "cats", "dogs"],
            // What looks like an expression is words: here the word "a".
            ".*[a-z]+(" => &["cats", "dogs"],
            _ => &[],
        };
        let mut found = host.ids(&json!({ "match": { "query": query, "prefix": true, "fuzzy": true } }));
        found.sort_unstable();
        assert_eq!(found, expected, "{query:?}");
        for mode in ["all", "phrase"] {
            assert_eq!(host.ids(&json!({ "match": { "query": query, "mode": mode } })), empty, "{query:?} {mode}");
        }
    }
    let long: String = (0..10_000).map(|i| format!("word{i} ")).collect::<String>();
    assert_eq!(
        host.ids(&json!({ "match": { "query": format!("cat {}", &long[..60_000]), "fuzzy": true } })),
        ["cats", "dogs"]
    );
    for (query, code) in [
        (json!({ "match": "x ".repeat(40_000) }), Code::LimitExceeded),
        (json!({ "match": { "query": "x", "fields": ["nope"] } }), Code::UnknownField),
        (json!({ "match": { "query": "x", "fields": [] } }), Code::InvalidQuery),
        (json!({ "match": { "query": "x", "mode": "some" } }), Code::InvalidQuery),
        (json!({ "match": { "text": "x" } }), Code::InvalidQuery),
        (json!({ "match": 7 }), Code::InvalidQuery),
        (json!({ "match": "x", "fusion": { "vector": 1.5 } }), Code::InvalidQuery),
        (json!({ "match": "x", "offset": 9_999, "topK": 10 }), Code::InvalidQuery),
        (json!({ "topK": 3 }), Code::InvalidQuery),
    ] {
        assert_eq!(host.ask(&query).unwrap_err().code(), code, "{query}");
    }
    let surrogate = Query::from_json(br#"{"match": "\ud800"}"#).unwrap_err();
    assert_eq!(surrogate.code(), Code::InvalidQuery);
    let wordless =
        Snapshot::empty("n".into(), Schema::from_json(br#"{"vectors":{"v":{"dim":1}}}"#).unwrap(), Models::default());
    let query = Query::from_json(br#"{"match": "x"}"#).unwrap();
    assert_eq!(wordless.search(&query, None, AnsweredBy::Node).unwrap_err().code(), Code::InvalidQuery);
}

#[test]
fn a_collection_of_texts_alone_needs_no_vector() {
    let mut host = Host::new(&json!({ "text": { "t": { "language": "de" } } }));
    host.put(json!({ "id": "a", "payload": { "t": "Die Häuser am See" } }));
    host.publish();
    assert_eq!(host.ids(&json!({ "match": "haus" })), ["a"]);
}

#[test]
fn a_whole_text_is_found_where_fields_ask_for_different_words() {
    // "the" is a stop word of one field, "die" of the other: no word is asked for by both.
    let field = |language: &str| json!({ "language": language, "stopWords": true });
    let mut host = Host::new(&json!({ "text": { "en": field("en"), "de": field("de") } }));
    host.put(json!({ "id": "often", "payload": { "en": "die die die die" } }));
    host.put(json!({ "id": "whole", "payload": { "en": "the die" } }));
    let query = json!({ "match": "the die", "topK": 1 });
    assert_eq!(host.ids(&query), ["whole"]);
    host.publish();
    assert_eq!(host.ids(&query), ["whole"]);
}

#[test]
fn a_whole_text_is_found_by_a_form_that_another_text_outdoes() {
    // "cats" as it was typed stands in the second text of a; the first is the whole query by the stem.
    let mut host = Host::new(&json!({ "text": { "t": { "language": "en" } } }));
    let long = ["word"; 20].join(" ");
    host.put(json!({ "id": "a", "payload": { "t": ["cat dog", "cats sit here", long] } }));
    host.put(json!({ "id": "b", "payload": { "t": "big dog" } }));
    host.publish();
    let shown = host.ask(&json!({ "match": "cats dog" })).unwrap();
    let threshold = f64::from(shown.hits[0].score) - 0.005;
    let above = host.ask(&json!({ "match": "cats dog", "scoreThreshold": threshold, "total": true, "topK": 1 }));
    assert_eq!(above.unwrap().total.value, 1, "{:?}", shown.hits);
}

#[test]
fn a_form_that_fits_in_two_ways_takes_one_place() {
    let mut host = Host::new(&json!({ "text": { "t": {} } }));
    let forms = (b'a'..=b'e').flat_map(|one| (b'a'..=b'm').map(move |two| [one, two].map(char::from)));
    for (number, [one, two]) in forms.enumerate() {
        host.put(json!({ "id": format!("p{number}"), "payload": { "t": format!("baaaaa{one}{two}") } }));
    }
    host.put(json!({ "id": "far", "payload": { "t": "baaaaaxyz" } }));
    host.publish();
    let query = json!({ "match": { "query": "aaaaa", "prefix": true, "fuzzy": true }, "topK": 100 });
    assert!(host.ids(&query).contains(&String::from("far")));
}

#[test]
fn what_a_model_makes_of_misspelt_words_counts_less() {
    let vector = json!({ "dim": 2, "embed": { "model": "two", "from": ["t"] } });
    let mut host = Host::with_models(&json!({ "vectors": { "v": vector }, "text": { "t": {} } }), models());
    host.put(json!({ "id": "a", "payload": { "t": "cat turtle" } }));
    host.put(json!({ "id": "b", "payload": { "t": "car" } }));
    host.publish();
    // What vector and words add to the first hit, which is the best of both.
    let weights = |query: Value| {
        let mut query = query;
        (query["explain"], query["fusion"]) = (json!(true), json!({ "vector": 0.5 }));
        let hits = host.ask(&query).unwrap().hits;
        let parts = hits[0].parts.as_deref().unwrap();
        assert_eq!(hits[0].id, "a");
        [parts[0].adds, parts[1].adds]
    };
    let asked = |text: &str| json!({ "text": text, "match": { "query": text, "fuzzy": true, "prefix": true } });
    assert_eq!(weights(asked("cat turtle")), [0.5, 0.5]);
    assert_eq!(weights(asked("cat turtel")), [0.3125, 0.6875], "one of two words");
    assert_eq!(weights(asked("cat tur")), [0.5, 0.5], "the beginning of a word");
    assert_eq!(weights(asked("cat xylophone")), [0.5, 0.5], "no word is like it, so a model may know it");
    assert_eq!(weights(json!({ "text": "cat", "match": ["cat", { "query": "turtel", "fuzzy": true }] }))[0], 0.3125);
    assert_eq!(weights(json!({ "text": "cat turtel", "match": "cat turtel" })), [0.5, 0.5], "nothing is misspelt");
    assert_eq!(weights(json!({ "vector": [1, 0], "match": { "query": "turtel", "fuzzy": true } })), [0.5, 0.5]);
}

#[test]
fn both_parts_of_a_query_are_fused_and_told() {
    let host = shelf(true);
    let vector: Vec<f32> = (0..4).map(|d| libm::sinf((5 * 7 + d * 5) as f32)).collect();
    for method in ["weighted", "rrf"] {
        let query = json!({ "vector": vector, "match": "dog", "fusion": { "method": method }, "explain": true });
        let answer = host.ask(&query).unwrap();
        assert_eq!(answer.hits.len(), 4, "the vector finds all");
        assert_eq!(answer.hits[0].id, "dogs", "{method}");
        for hit in &answer.hits {
            let [vector, words] = hit.parts.as_deref().unwrap() else { panic!("two parts") };
            assert_eq!((vector.vector.as_deref(), vector.words, words.words), (Some("v"), None, Some(0)));
            assert!(vector.score.is_some() || method == "rrf");
            assert_eq!(words.score.is_some(), hit.id == "dogs", "only this one has the word");
            assert_eq!(hit.score, vector.adds + words.adds);
        }
        assert!(answer.hits.windows(2).all(|w| w[0].score >= w[1].score));
        assert_eq!(
            host.ids(
                &json!({ "vector": vector, "match": "dog", "fusion": { "method": method }, "offset": 1, "topK": 2 })
            )
            .len(),
            2
        );
    }
    let words_alone = host.ids(&json!({ "vector": vector, "match": "birds", "fusion": { "vector": 0 } }));
    assert_eq!(words_alone[0], "birds");
}

#[test]
fn facets_count_all_that_is_found_published_or_not() {
    let schema_of_shelf = |host: &Host, query: Value| host.ask(&query).unwrap().facets.unwrap();
    for host in [shelf(false), shelf(true)] {
        let counted = schema_of_shelf(
            &host,
            json!({ "match": "cat sat", "topK": 1, "facets": { "n": { "ranges": [{ "lt": 1 }, { "gte": 1, "lt": 2 }, {}] } } }),
        );
        assert_eq!(counted["n"].ranges, [0, 3, 3], "three have a word, one is a hit");
        assert_eq!((counted["n"].missing, counted["n"].values.len()), (0, 0));
        let vector = json!([1, 0, 0, 0]);
        let counted = schema_of_shelf(
            &host,
            json!({ "vector": vector, "match": "cat", "topK": 1, "facets": { "n": { "ranges": [{}] } } }),
        );
        assert_eq!(counted["n"].ranges, [4], "a vector is near to all");
        let none = schema_of_shelf(
            &host,
            json!({ "match": "cat", "filter": { "n": 7 }, "facets": { "n": { "ranges": [{}] } } }),
        );
        assert_eq!(none["n"].ranges, [0]);
        for (facets, code) in [
            (json!({ "tags": { "ranges": [{}] } }), Code::TypeMismatch),
            (json!({ "nope": {} }), Code::UnknownField),
            (json!({ "n": { "size": 3 } }), Code::InvalidQuery),
            (json!({ "n": { "top": 1_000_000 } }), Code::LimitExceeded),
            (json!([7]), Code::InvalidQuery),
            (json!("n"), Code::InvalidQuery),
        ] {
            assert_eq!(host.ask(&json!({ "match": "cat", "facets": facets })).unwrap_err().code(), code, "{facets}");
        }
    }
}
