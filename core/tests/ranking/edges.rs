//! Collections and queries at the limits that the definition names.

use headwater_core::compaction::Extent;
use serde_json::{Value, json};

use super::compare::{compare, compare_pages};
use super::host::Host;

fn bodies(schema: &Value, bodies: impl IntoIterator<Item = Value>) -> [Host; 2] {
    let mut unpublished = Host::new(schema);
    let point = |(n, body)| json!({ "id": format!("p{n}"), "payload": { "body": body, "title": body } });
    let points: Vec<Value> = bodies.into_iter().enumerate().map(point).collect();
    points.iter().for_each(|point| unpublished.put(point));
    let mut published = Host::new(schema);
    points.iter().for_each(|point| published.put(point));
    published.publish(Extent::Tiers);
    [unpublished, published]
}

fn one_field() -> Value {
    json!({ "text": { "body": {} } })
}

fn ask(hosts: &[Host], matching: &Value) {
    hosts.iter().for_each(|host| compare(host, &json!({ "match": matching, "topK": 10_000 })));
}

/// A word of its own for each number.
fn word(n: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    [letter(n / 676), letter(n / 26), letter(n)].iter().collect()
}

#[test]
fn of_many_unfinished_words_128_count() {
    let texts = (0..200).flat_map(|n| vec![json!(format!("wa{}", word(n))); 1 + n % 3]);
    let longer = (0..20).map(|n| json!(format!("wa{}x", word(n))));
    let hosts = bodies(&one_field(), texts.chain(longer));
    for query in ["wa", "waa", "wa wa", "waab wa"] {
        ask(&hosts, &json!({ "query": query, "prefix": true }));
        ask(&hosts, &json!({ "query": query, "prefix": true, "fuzzy": true }));
    }
}

#[test]
fn of_all_words_and_fields_4096_forms_count() {
    let han = |n: u32| char::from_u32(0x4E00 + n).unwrap();
    let pairs = |first: u32, from: u32| {
        (from..from + 10).map(|n| format!("{}{} ", han(first), han(1_000 + n))).collect::<String>()
    };
    let texts = (0..20).flat_map(|first| (0..13).map(move |group| json!(pairs(first, group * 10))));
    let hosts = bodies(&json!({ "text": { "body": {}, "title": { "boost": 0.5 } } }), texts);
    let query: String = (0..20).map(|n| format!("{} ", han(n))).collect();
    ask(&hosts, &json!(query));
}

#[test]
fn of_many_misspelt_words_32_count() {
    let hosts = bodies(&one_field(), (0..40).map(|n| json!(format!("word{} other", word(n)))));
    let query: String = (0..40).map(|n| format!("wodr{} ", word(n))).collect();
    ask(&hosts, &json!({ "query": query, "fuzzy": true }));
}

#[test]
fn of_a_long_query_256_tokens_count() {
    let hosts = bodies(&one_field(), (250..260).map(|n| json!(format!("w{0} w{0}x", word(n)))));
    let query: Vec<String> = (0..258).map(|n| format!("w{}", word(n))).collect();
    for end in [255, 256, 257, 258] {
        ask(&hosts, &json!({ "query": query[..end].join(" "), "prefix": true }));
        ask(&hosts, &json!({ "query": query[..end].join(" ").replace("waaa", "waab"), "mode": "all" }));
    }
}

#[test]
fn vectors_count_more_beside_a_text_of_more_than_8_words_and_no_more_from_14_on() {
    let schema =
        json!({ "vectors": { "at": { "dim": 2, "metric": "cosine", "keep": "f32" } }, "text": { "body": {} } });
    let mut host = Host::new(&schema);
    for n in 0..20 {
        let (at, words) = ([1.0, n as f64 / 4.0], (n..n + 9).map(|n| format!("w{}", word(n))));
        let body = words.collect::<Vec<_>>().join(" ");
        host.put(&json!({ "id": format!("p{n:02}"), "vectors": { "at": at }, "payload": { "body": body } }));
    }
    host.publish(Extent::Tiers);
    let typed = |count: usize| (0..count).map(|n| format!("w{}", word(n))).collect::<Vec<_>>().join(" ");
    for count in [1, 7, 8, 9, 11, 13, 14, 15, 20] {
        for matching in [json!(typed(count)), json!([typed(count), typed(3)]), json!(format!("{0} {0}", typed(count)))]
        {
            compare(&host, &json!({ "vector": [0.2, 1.0], "match": matching, "topK": 30, "explain": true }));
        }
    }
}

#[test]
fn of_a_word_255_tokens_of_a_field_are_looked_at() {
    let cats = |count: usize| "cat ".repeat(count);
    let texts = [
        json!(cats(253) + "cat dog"),
        json!(cats(254) + "cat dog"),
        json!(cats(255) + "cat dog"),
        json!([cats(250), "cat cat cat cat cat", "cat dog"]),
        json!([cats(249), "cat cat cat cat cat", "cat dog"]),
        json!([cats(254), "cat"]),
        json!([cats(255), "cat"]),
        json!("dog cats"),
    ];
    for language in ["none", "en"] {
        let hosts = bodies(&json!({ "text": { "body": { "language": language } } }), texts.clone());
        for query in ["cat dog", "cat", "cats", "cat cat", "cat cat dog"] {
            ask(&hosts, &json!(query));
            ask(&hosts, &json!({ "query": query, "mode": "phrase" }));
        }
    }
}

#[test]
fn of_an_array_255_texts_are_looked_at_for_what_stands_together() {
    let long = |before: usize, empty: usize| {
        let texts = (0..before).map(|n| format!("x{}", n % 7)).chain(vec![String::new(); empty]);
        json!(texts.chain(["cat dog".into()]).collect::<Vec<String>>())
    };
    let texts = [long(253, 0), long(254, 0), long(255, 0), long(256, 0), long(254, 9), long(300, 0), json!("cat")];
    let hosts = bodies(&one_field(), texts);
    for query in ["cat dog", "dog cat", "cat", "x1 x2"] {
        ask(&hosts, &json!(query));
        ask(&hosts, &json!({ "query": query, "mode": "phrase" }));
    }
}

#[test]
fn lengths_count_in_steps() {
    let long = |length: usize, cats: usize| "cat ".repeat(cats) + &"x ".repeat(length - cats);
    let lengths = [1, 2, 16, 62, 63, 64, 65, 67, 68, 127, 128, 135, 136, 300, 1_000, 5_000];
    let texts = lengths.iter().map(|length| json!(long(*length, 1)));
    // Two texts of one step are of one length.
    let arrays = [(65, 1, 66, 3), (66, 1, 65, 3), (66, 2, 66, 3), (65, 3, 66, 1), (68, 1, 66, 3), (130, 1, 129, 2)];
    let arrays = arrays.iter().map(|(a, n, b, m)| json!([long(*a, *n), long(*b, *m)]));
    ask(&bodies(&one_field(), texts.chain(arrays)), &json!("cat"));
}

/// How words of a field are weighed that no point of the statistics has.
#[test]
fn words_that_nothing_published_has_are_found() {
    let schema = json!({ "text": { "body": {}, "title": {} } });
    let mut host = Host::new(&schema);
    host.put(&json!({ "id": "a", "payload": { "title": "dog" } }));
    host.publish(Extent::Tiers);
    host.put(&json!({ "id": "b", "payload": { "body": "cat cats", "title": "cat" } }));
    host.put(&json!({ "id": "c", "payload": { "body": "dog" } }));
    let ask = |host: &Host| {
        for query in ["cat", "dog", "cat dog"] {
            compare(host, &json!({ "match": { "query": query, "prefix": true, "fuzzy": true } }));
            compare(host, &json!({ "match": query, "asOf": host.version() }));
        }
    };
    ask(&host);
    host.delete("a");
    ask(&host);
    // A version without points.
    let mut emptied = Host::new(&schema);
    emptied.put(&json!({ "id": "a", "payload": { "title": "dog" } }));
    emptied.publish(Extent::Tiers);
    emptied.delete("a");
    emptied.publish(Extent::Tiers);
    assert_eq!(emptied.segments(), 0);
    ask(&emptied);
    emptied.put(&json!({ "id": "b", "payload": { "body": "cat dog" } }));
    ask(&emptied);
}

#[test]
fn forms_of_deleted_points_take_room() {
    let mut host = Host::new(&one_field());
    let point = |n: usize| json!({ "id": format!("p{n:03}"), "payload": { "body": format!("wa{}", word(n)) } });
    (0..200).for_each(|n| host.put(&point(n)));
    host.publish(Extent::Tiers);
    (0..90).for_each(|n| host.delete(&format!("p{n:03}")));
    let query = json!({ "match": { "query": "wa", "prefix": true }, "topK": 1_000 });
    compare(&host, &query);
    host.publish(Extent::Tiers);
    compare(&host, &query);
    host.publish(Extent::Everything);
    compare(&host, &query);
}

#[test]
fn each_word_adds_at_least_one_step() {
    let mut host = Host::new(&json!({ "text": { "body": {}, "title": {} } }));
    (0..9).for_each(|n| host.put(&json!({ "id": format!("p{n}"), "payload": { "title": format!("cat cats {n}") } })));
    let fields = json!({ "body": 1_000, "title": 0.001 });
    for published in [false, true] {
        if published {
            host.publish(Extent::Tiers);
        }
        ask(std::slice::from_ref(&host), &json!({ "query": "cat", "fields": fields }));
        ask(std::slice::from_ref(&host), &json!({ "query": "cat catz", "fields": fields, "fuzzy": true }));
    }
}

/// A form that is shorter than what was typed, of which not the whole but a beginning is within two edits.
#[test]
fn a_shorter_form_counts_no_more_than_one_of_the_same_length() {
    let hosts = bodies(&one_field(), ["adefx", "adefxy", "abcdefg", "other"].map(|text| json!(text)));
    ask(&hosts, &json!({ "query": "abcdef", "prefix": true, "fuzzy": true }));
}

/// Fields of two languages, of which each leaves out what the other asks for.
#[test]
fn where_no_word_is_required_any_will_do() {
    let field = |language: &str| json!({ "language": language, "stopWords": true });
    let schema = json!({ "text": { "body": field("en"), "title": field("de") } });
    let hosts = bodies(&schema, ["the die", "the", "die", "other"].map(|text| json!(text)));
    for query in ["die the", "the", "die", "die the other", "the who"] {
        for mode in ["any", "all", "phrase"] {
            ask(&hosts, &json!({ "query": query, "mode": mode }));
        }
    }
}

/// Whole texts that are equally good, and a better one behind them: in windows and segments of their own, of which each
/// is looked at with the least score that counts by then.
#[test]
fn the_best_is_found_behind_many_that_are_nearly_as_good() {
    let schema = json!({ "text": { "title": {}, "body": {} } });
    let point = |n: usize, title: &str, body: &str| json!({ "id": format!("p{n:05}"), "payload": { "title": title, "body": body } });
    let others = ["red dog", "big cat", "fish", "bird"];
    for layout in [&[12_000][..], &[9_000, 12_000], &[40, 41, 12_000]] {
        let (mut published, mut sealed, mut from) = (Host::new(&schema), Host::new(&schema), 0);
        for &end in layout {
            for n in from..end {
                let (title, body) = match n {
                    _ if n + 1_000 == end || end == 41 => ("red cat".to_owned(), "other words and red"),
                    0..40 => ("red cat".to_owned(), "other words"),
                    _ => (format!("{} w{n}", others[n % 4]), "other words"),
                };
                [&mut published, &mut sealed].into_iter().for_each(|host| host.put(&point(n, &title, body)));
            }
            published.publish(Extent::Tiers);
            sealed.seal(|_| ());
            from = end;
        }
        for top_k in [1, 10, 45] {
            for host in [&published, &sealed] {
                compare(host, &json!({ "match": "red cat", "topK": top_k }));
                compare(host, &json!({ "match": "cat red", "topK": top_k, "scoreThreshold": 4.0 }));
            }
        }
    }
}

/// Deep in both parts are points that are better than all before them.
#[test]
fn rings_end_where_one_has_no_point_above_the_threshold() {
    let vector = json!({ "dim": 2, "keep": "f32" });
    let mut host = Host::new(&json!({ "vectors": { "a": vector, "b": vector } }));
    let best = |n: usize| [10_000 - n, 10];
    for n in 0..1_000_usize {
        let (a, b) = match n {
            0..800 if n % 2 == 0 => (json!(best(n)), json!([-1, 0])),
            0..800 => (json!([-1, 0]), json!(best(n))),
            _ => (json!([1, 1]), json!([1, 1])),
        };
        host.put(&json!({ "id": format!("p{n}"), "vectors": { "a": a, "b": b } }));
    }
    host.publish(Extent::Tiers);
    let vectors = json!({ "a": { "vector": [1, 0] }, "b": { "vector": [1, 0] } });
    for threshold in [0.1, 0.499_999, 0.51, 0.9] {
        let query = json!({ "vectors": vectors, "exact": true, "topK": 10_000, "scoreThreshold": threshold });
        compare(&host, &query);
        compare_pages(&host, &query, 333);
    }
}

#[test]
fn a_word_that_all_points_have_counts_little() {
    let hosts = bodies(&one_field(), (0..3_000).map(|n| json!("cat ".repeat(1 + n % 3) + &"dog ".repeat(n % 5))));
    for query in ["cat", "cat dog", "dog"] {
        ask(&hosts, &json!(query));
    }
}

#[test]
fn a_liked_point_that_words_find_is_not_counted_in_place_of_another() {
    let schema =
        json!({ "vectors": { "near": { "dim": 2 } }, "text": { "body": {} }, "fields": { "body": "keyword" } });
    let mut host = Host::new(&schema);
    for (id, vector, body) in [
        ("p0", json!([1, 0]), "cat"),
        ("p1", Value::Null, "cat"),
        ("p2", Value::Null, "dog"),
        ("p3", json!([0, 1]), "owl"),
    ] {
        host.put(&json!({ "id": id, "vectors": { "near": vector }, "payload": { "body": body } }));
    }
    for _ in 0..2 {
        let query = json!({ "like": "p0", "using": "near", "match": ["cat", "dog"], "facets": ["body"] });
        compare(&host, &query);
        host.publish(Extent::Tiers);
    }
}
