//! The texts of `json-texts.json` are queries or not. `packages/js/test/json.test.mjs` asks the same of the engine in
//! WebAssembly, where the JavaScript host parses JSON.

use headwater_model::error::Code;
use headwater_model::model::Query;
use serde_json::Value;

#[test]
fn each_text_is_a_query_or_an_error() {
    let texts: Vec<Value> = serde_json::from_str(include_str!("json-texts.json")).unwrap();
    for each in &texts {
        let text = each["text"].as_str().unwrap();
        let outcome = Query::from_json(text.as_bytes());
        assert_eq!(outcome.is_ok(), each["taken"].as_bool().unwrap(), "{text:?}: {outcome:?}");
        assert!(outcome.err().is_none_or(|e| e.code() == Code::InvalidQuery), "{text:?}");
    }
}

#[test]
fn lists_in_lists_end_somewhere() {
    for depth in [200, 10_000] {
        let text = format!("{{\"filter\": {}", "[".repeat(depth));
        assert_eq!(Query::from_json(text.as_bytes()).unwrap_err().code(), Code::InvalidQuery);
        let closed = format!("{text}{}}}", "]".repeat(depth));
        assert_eq!(Query::from_json(closed.as_bytes()).unwrap_err().code(), Code::InvalidQuery);
    }
}
