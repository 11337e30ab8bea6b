//! Ways to ask, as the JSON that any user of the query language would send.

use serde_json::{Value, json};

use super::TOP_K;

/// A way to ask.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// The query for a text.
    pub(super) query: fn(&str) -> Value,
}

const AS_TYPED: [Way; 2] = [
    // What the demo's page sends.
    Way { name: "words, as the page", query: |text| asked(json!({ "match": typed(text) })) },
    Way { name: "both, as the page", query: |text| asked(json!({ "text": text.trim(), "match": typed(text) })) },
];
const FINISHED: [Way; 3] = [
    Way { name: "words", query: |text| asked(json!({ "match": text })) },
    Way { name: "meaning", query: |text| asked(json!({ "text": text.trim() })) },
    Way { name: "both", query: |text| asked(json!({ "text": text.trim(), "match": text })) },
];
const UNFINISHED: [Way; 1] =
    [Way { name: "words, unfinished", query: |text| asked(json!({ "match": { "query": text, "prefix": true } })) }];

/// Ways to ask for finished or for unfinished words.
pub(super) fn of(unfinished: bool) -> impl Iterator<Item = Way> {
    let (finished, others) = if unfinished { (None, Some(UNFINISHED)) } else { (Some(FINISHED), None) };
    AS_TYPED.into_iter().chain(finished.into_iter().flatten()).chain(others.into_iter().flatten())
}

fn typed(text: &str) -> Value {
    json!({ "query": text, "prefix": true, "fuzzy": true })
}

/// Ranks are all that is wanted.
fn asked(mut query: Value) -> Value {
    if let Some(keys) = query.as_object_mut() {
        keys.insert("topK".to_owned(), json!(TOP_K));
        keys.insert("fields".to_owned(), json!([]));
    }
    query
}
