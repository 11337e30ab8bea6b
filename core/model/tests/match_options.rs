//! What `match` takes, and what it says of what it does not take.

use headwater_model::error::Code;
use headwater_model::model::{AtLeast, DropOrder, Match, Query, Typos};
use serde_json::{Value, json};

fn read(options: &Value) -> Result<Match, (Code, String)> {
    let more = options.to_string().replacen('{', ",", 1).replace(",}", "}");
    let query = Query::from_json(format!("{{\"match\":{{\"query\":\"wild cat\"{more}}}").as_bytes());
    let first = |query: Query| query.r#match.into_iter().flatten().next().unwrap_or_default();
    query.map(first).map_err(|e| (e.code(), e.to_string()))
}

#[test]
fn options_are_read_with_their_defaults() {
    assert_eq!(read(&json!({ "fuzzy": true })).unwrap().fuzzy, Some(Typos::default()));
    assert_eq!(read(&json!({ "fuzzy": {} })).unwrap().fuzzy, Some(Typos::default()));
    assert_eq!(read(&json!({ "fuzzy": false })).unwrap().fuzzy, None);
    let late = read(&json!({ "fuzzy": { "oneFrom": 9 } })).unwrap().fuzzy.unwrap();
    assert_eq!([8, 9, 90].map(|chars| late.edits(chars)), [0, 2, 2], "two from where one is allowed, at the earliest");
    assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|chars| Typos::default().edits(chars)), [0, 0, 0, 1, 1, 1, 2, 2]);
    let share = read(&json!({ "minShouldMatch": "75%" })).unwrap().min_should_match.unwrap();
    assert_eq!([0, 1, 2, 3, 4].map(|words| share.of(words)), [1, 1, 1, 2, 3]);
    assert_eq!(read(&json!({ "minShouldMatch": 2 })).unwrap().min_should_match, Some(AtLeast::Words(2)));
    let drop = read(&json!({ "mode": "all", "dropWords": {} })).unwrap().drop_words.unwrap();
    assert_eq!((drop.order, drop.until), (DropOrder::Last, 1));
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    for (options, said) in [
        (json!({ "fuzzy": "yes" }), "\"fuzzy\" is true, false, or an object"),
        (json!({ "fuzzy": { "oneFrom": 1 } }), "\"fuzzy.oneFrom\" is 2 to 255"),
        (json!({ "fuzzy": { "oneFrom": 5, "twoFrom": 4 } }), "\"fuzzy.twoFrom\" that or more"),
        (json!({ "fuzzy": { "firstLetters": 64 } }), "\"fuzzy.firstLetters\" is 0 to 63"),
        (json!({ "fuzzy": { "fewerThan": 0 } }), "\"fuzzy.fewerThan\" is 1 to 10000"),
        (json!({ "fuzzy": { "firstLetter": 1 } }), "firstLetter"),
        (json!({ "fuzzy": { "onlyUnknown": 1 } }), "onlyUnknown"),
        (json!({ "minShouldMatch": 0 }), "\"minShouldMatch\" is a number of words"),
        (json!({ "minShouldMatch": "0%" }), "\"minShouldMatch\" is a number of words"),
        (json!({ "minShouldMatch": "101%" }), "\"minShouldMatch\" is a number of words"),
        (json!({ "minShouldMatch": 2, "mode": "all" }), "goes with \"mode\": \"any\""),
        (json!({ "dropWords": {} }), "goes with \"mode\": \"all\""),
        (json!({ "dropWords": { "until": 0 }, "mode": "all" }), "\"dropWords.until\" is 1 to 10000"),
        (json!({ "dropWords": { "order": "first" }, "mode": "all" }), "\"order\" is one of"),
        (json!({ "syntax": "simple", "mode": "phrase" }), "phrases stand in quotes"),
        (json!({ "syntax": "lucene" }), "\"syntax\" is one of"),
    ] {
        let (code, message) = read(&options).unwrap_err();
        assert_eq!(code, Code::InvalidQuery, "{options}");
        assert!(message.contains(said), "{options}: {message}");
    }
    let many: Vec<String> = (0..257).map(|n| format!("w{n}")).collect();
    assert_eq!(read(&json!({ "fuzzy": { "exceptWords": many } })).unwrap_err().0, Code::LimitExceeded);
}

#[test]
fn no_pins_go_with_everything() {
    let query =
        |pins: Value| Query::from_json(json!({ "match": "cat", "collapse": "n", "pins": pins }).to_string().as_bytes());
    assert!(query(json!([])).is_ok());
    assert!(query(json!(["a"])).is_err_and(|e| e.to_string().contains("\"pins\" does not go with \"collapse\"")));
}
