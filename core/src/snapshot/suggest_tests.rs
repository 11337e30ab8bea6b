//! Completions beside the definition: the words of all points, looked at one by one.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::test_host::Host;
use crate::error::Code;
use crate::model::{AnsweredBy, Suggest, Suggestion, Suggestions};

fn host(points: &[Value]) -> Host {
    let mut host = Host::new(&json!({
        "text": { "title": { "language": "en", "stopWords": true }, "tags": {} },
        "fields": { "kind": "keyword" },
    }));
    for (n, payload) in points.iter().enumerate() {
        host.put(json!({ "id": format!("p{n}"), "payload": payload }));
        if n % 3 == 2 && n < 8 {
            host.publish();
        }
    }
    host
}

fn ask(host: &Host, request: Value) -> Suggestions {
    let request = Suggest::from_json(request.to_string().as_bytes()).unwrap();
    host.snapshot.suggest(&request, Some(&host.memtable), AnsweredBy::Origin).unwrap()
}

fn told(suggestions: &[Suggestion]) -> Vec<String> {
    suggestions.iter().map(|one| format!("{} {}", one.text, one.count)).collect()
}

fn words() -> Host {
    host(&[
        json!({ "title": "Small telescope", "kind": "a" }),
        json!({ "title": "A large telescope and a telegraph", "kind": "a" }),
        json!({ "title": "The telegraph of Galileo's house", "kind": "b" }),
        json!({ "title": "telescopes", "tags": ["Café", "telly"], "kind": "b" }),
        json!({ "tags": "telly café" }),
        json!({ "title": "a small café" }),
        json!({ "title": "gone telescope" }),
        json!({ "title": "서울에서 京都に行く x12 x123 😀" }),
        json!({ "title": "small telegraph", "tags": "small" }),
        json!({ "title": "Tokyo and the telegraph" }),
    ])
}

#[test]
fn the_last_word_is_finished_by_what_most_points_have() {
    let mut host = words();
    host.delete("p6");
    let complete = |text: &str| told(&ask(&host, json!({ "query": text })).suggestions);
    assert_eq!(complete("tele"), ["telegraph 4", "telescope 2", "telescopes 1"]);
    assert_eq!(complete("TEL"), ["telegraph 4", "telescope 2", "telly 2", "telescopes 1"]);
    assert_eq!(
        complete("a small, tel"),
        ["a small, telegraph 1", "a small, telescope 1"],
        "what stands before narrows"
    );
    assert_eq!(complete("small"), ["Small 3"], "a whole word is a completion, as it is written somewhere");
    assert_eq!(complete("caf"), ["Café 3"]);
    assert_eq!(
        complete("the t"),
        ["the telegraph 4", "the telescope 2", "the telly 2", "the telescopes 1", "the Tokyo 1"]
    );
    assert_eq!(complete("gal"), ["galileo 1"], "no text has the form alone");
    assert_eq!(complete("서"), ["서울에서 1"]);
    assert_eq!(complete("x1"), ["x12 1", "x123 1"]);
    assert!(complete("tele ").is_empty() && complete("tele.").is_empty(), "nothing is being typed");
    assert!(complete("").is_empty() && complete("京").is_empty() && complete("京都").is_empty());
    assert_eq!(told(&ask(&host, json!({ "query": "tel", "topK": 1 })).suggestions), ["telegraph 4"]);
    assert_eq!(told(&ask(&host, json!({ "query": "tel", "fields": ["tags"] })).suggestions), ["telly 2"]);
    let filtered = json!({ "query": "tele", "filter": { "kind": "a" } });
    assert_eq!(told(&ask(&host, filtered).suggestions), ["telescope 2", "telegraph 1"]);
}

#[test]
fn what_nothing_has_is_spelt_as_something_near_it() {
    let host = words();
    let meant = |text: &str| ask(&host, json!({ "query": text })).did_you_mean.map(|one| told(&[one]).remove(0));
    assert_eq!(meant("smal telscope").as_deref(), Some("Small telescope 1"));
    assert_eq!(meant("  small, telegrahp!").as_deref(), Some("  small, telegraph! 1"));
    assert_eq!(meant("telscop").as_deref(), Some("telescope 3"));
    assert_eq!(meant("the lagre telegraph").as_deref(), Some("the large telegraph 1"));
    // What finds something is not doubted; nor is there anything to say where the words are there, but not together.
    assert_eq!(meant("small telegraph"), None);
    assert_eq!(meant("large café"), None);
    assert_eq!(meant("lagre café"), None);
    assert_eq!(meant("qqqqqq tele"), None);
    assert_eq!(meant("x13 "), None, "numbers are not misspelt");
    let filtered = ask(&host, json!({ "query": "smal ", "filter": { "kind": "b" } }));
    assert_eq!(filtered.did_you_mean, None);
}

#[test]
fn a_word_that_is_longer_than_its_form_is_written_whole() {
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    let mut host = Host::new(&json!({ "text": { "title": { "language": "de" }, "tags": {} } }));
    host.put(json!({ "id": "a", "payload": { "title": format!("Die {long}."), "tags": ["x".repeat(100)] } }));
    host.publish();
    host.put(json!({ "id": "b", "payload": { "tags": format!("{}'s", "Y".repeat(80)) } }));
    let complete = |text: &str| told(&ask(&host, json!({ "query": text })).suggestions);
    assert_eq!(complete("die donaud"), [format!("die {long} 1")]);
    assert_eq!(complete(&long.to_lowercase()), [format!("{long} 1")], "a whole word");
    assert_eq!(complete("xx"), [format!("{} 1", "x".repeat(100))]);
    assert_eq!(complete("yy"), [format!("{}'s 1", "Y".repeat(80))]);
    let meant = ask(&host, json!({ "query": "donuadampf" })).did_you_mean;
    assert_eq!(meant.map(|one| one.text).as_deref(), Some(long));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// What a field leaves out need not be there, so it is never misspelt, whatever the other fields have.
    #[test]
    fn a_stop_word_of_any_searched_field_is_not_doubted(
        texts in prop::collection::vec(prop::collection::vec(prop::sample::select(&STOPS[..]), 0..4), 3..12),
        query in prop::collection::vec(prop::sample::select(&STOPS[..]), 1..5), order in 0usize..3, published in 0usize..12,
        ending in prop::sample::select(&["", " "][..]),
    ) {
        let names = [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]][order];
        let field = |language: &str, stop_words: bool| json!({ "language": language, "stopWords": stop_words });
        let schema = json!({ "text": { names[0]: field("en", true), names[1]: field("none", false), names[2]: field("de", true) } });
        let mut host = Host::new(&schema);
        for (n, words) in texts.iter().enumerate() {
            host.put(json!({ "id": format!("p{n}"), "payload": { names[n % 3]: words.join(" ") } }));
            if n == published {
                host.publish();
            }
        }
        let text = format!("{}{ending}", query.join(" "));
        let Some(meant) = ask(&host, json!({ "query": text })).did_you_mean else { return Ok(()) };
        for (said, typed) in meant.text.split_whitespace().zip(&query) {
            let is_stop = ["the", "who", "is", "die", "das", "und"].contains(typed);
            prop_assert!(!is_stop || said == *typed, "{text}: {}", meant.text);
            prop_assert!(!texts.iter().flatten().any(|word| word == typed) || said == *typed, "{text}: {}", meant.text);
        }
    }
}

const STOPS: [&str; 14] =
    ["the", "who", "is", "die", "das", "und", "thee", "whom", "diet", "cat", "catt", "telescope", "telscope", "unde"];

#[test]
fn requests_that_cannot_be_meant_are_refused() {
    let host = words();
    let code = |request: Value| {
        let request = Suggest::from_json(request.to_string().as_bytes());
        request.and_then(|r| host.snapshot.suggest(&r, None, AnsweredBy::Node)).unwrap_err().code()
    };
    assert_eq!(code(json!({})), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": 1 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": "a", "limit": 1 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": "a", "topK": 0 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": "a", "topK": 101 })), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": "a", "fields": [] })), Code::InvalidQuery);
    assert_eq!(code(json!({ "query": "a", "fields": ["nope"] })), Code::UnknownField);
    assert_eq!(code(json!({ "query": "a", "filter": { "nope": 1 } })), Code::UnknownField);
    assert_eq!(code(json!({ "query": "a".repeat(1025) })), Code::LimitExceeded);
    let empty = Host::new(&json!({ "fields": { "kind": "keyword" }, "vectors": { "v": { "dim": 2 } } }));
    let request = Suggest { query: "a".into(), ..Suggest::default() };
    let refusal = empty.snapshot.suggest(&request, None, AnsweredBy::Node).unwrap_err();
    assert_eq!(refusal.code(), Code::InvalidQuery);
}

const WORDS: [&str; 12] = ["cat", "cats", "catalog", "car", "cart", "dog", "do", "door", "ca", "c", "x1", "x12"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Of plain words each is a form of its own, so points can be counted by hand.
    #[test]
    fn completions_are_those_of_a_look_at_every_point(
        texts in prop::collection::vec((prop::collection::vec(0..WORDS.len(), 0..5), prop::collection::vec(0..WORDS.len(), 0..3)), 0..30),
        published in 0usize..30, deleted in prop::collection::vec(0usize..30, 0..6), before in prop::option::of(0..WORDS.len()),
        typed in prop::sample::select(&["c", "ca", "cat", "d", "x", "cart", "z"][..]), top_k in 1usize..6,
    ) {
        let mut host = Host::new(&json!({ "text": { "title": {}, "tags": {} } }));
        let text = |words: &[usize]| words.iter().map(|w| WORDS[*w]).collect::<Vec<_>>().join(" ");
        let mut points: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for (n, (title, tags)) in texts.iter().enumerate() {
            host.put(json!({ "id": format!("p{n}"), "payload": { "title": text(title), "tags": text(tags) } }));
            points.insert(n, title.iter().chain(tags).map(|w| WORDS[*w]).collect());
            if n == published || n == published / 2 {
                host.publish();
            }
        }
        for n in deleted {
            host.delete(&format!("p{n}"));
            points.remove(&n);
        }
        let query = before.map_or_else(|| typed.to_string(), |before| format!("{} {typed}", WORDS[before]));
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for words in points.values().filter(|words| before.is_none_or(|before| words.contains(&WORDS[before]))) {
            let mut forms: Vec<&str> = words.iter().copied().filter(|word| word.starts_with(typed)).collect();
            forms.sort_unstable();
            forms.dedup();
            forms.into_iter().for_each(|form| *counts.entry(form).or_default() += 1);
        }
        let mut wanted: Vec<(&str, u32)> = counts.into_iter().collect();
        wanted.sort_by_key(|(_, count)| u32::MAX - count);
        wanted.truncate(top_k);
        let start = &query[..query.len() - typed.len()];
        let wanted: Vec<String> = wanted.into_iter().map(|(form, count)| format!("{start}{form} {count}")).collect();
        prop_assert_eq!(told(&ask(&host, json!({ "query": query, "topK": top_k })).suggestions), wanted);
    }
}
