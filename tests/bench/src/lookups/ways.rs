//! Ways to ask, as the JSON that any user of the query language would send.

use headwater_core::model::Schema;
use serde_json::{Value, json};

use super::TOP_K;

/// A way to ask.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// The query for a text.
    query: fn(&str) -> Value,
    /// What the demo's page sends.
    is_page: bool,
}

impl Way {
    /// The query for a text, of a collection with this schema.
    pub(super) fn asked(&self, text: &str, schema: &Schema) -> Value {
        let mut query = (self.query)(text);
        if let Some(keys) = query.as_object_mut() {
            // Ranks are all that is wanted.
            keys.insert("topK".to_owned(), json!(TOP_K));
            keys.insert("fields".to_owned(), json!([]));
            if self.is_page && schema.fields.get("uses").is_some() {
                keys.insert("boosts".to_owned(), json!([{ "field": "uses", "log": true, "weight": 0.05 }]));
            }
        }
        query
    }
}

const AS_TYPED: [Way; 2] = [
    Way { name: "words, as the page", query: |text| json!({ "match": typed(text) }), is_page: true },
    Way {
        name: "both, as the page",
        query: |text| json!({ "text": text.trim(), "match": typed(text) }),
        is_page: true,
    },
];
const FINISHED: [Way; 3] = [
    Way { name: "words", query: |text| json!({ "match": text }), is_page: false },
    Way { name: "meaning", query: |text| json!({ "text": text.trim() }), is_page: false },
    Way { name: "both", query: |text| json!({ "text": text.trim(), "match": text }), is_page: false },
];
const UNFINISHED: [Way; 1] = [Way {
    name: "words, unfinished",
    query: |text| json!({ "match": { "query": text, "prefix": true } }),
    is_page: false,
}];

/// Ways to ask for finished or for unfinished words.
pub(super) fn of(unfinished: bool) -> impl Iterator<Item = Way> {
    let (finished, others) = if unfinished { (None, Some(UNFINISHED)) } else { (Some(FINISHED), None) };
    AS_TYPED.into_iter().chain(finished.into_iter().flatten()).chain(others.into_iter().flatten())
}

fn typed(text: &str) -> Value {
    json!({ "query": text, "prefix": true, "fuzzy": true })
}
