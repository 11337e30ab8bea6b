//! Payload keys that the schema names and no point has: misspelt, most likely, and nothing else would say so.

use std::collections::BTreeMap;

use headwater_core::model::{Payload, Schema, values_at};
use serde_json::Value;

use crate::lines::without_mark;

/// Other keys that are remembered: payloads may have any number of them.
const MAX_OTHERS: usize = 1000;

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Use {
    /// Read by the model of this vector.
    Embed(String),
    /// Searched by words.
    Text,
    /// Filtered by.
    Field,
}

/// Counts the keys of payloads.
///
/// Owns: which keys were seen. Does not own: whether a line is a point, which the server says.
pub(super) struct Census {
    wanted: Vec<(String, Use)>,
    /// Keys that the schema does not name; nobody asks for them once all others were seen.
    others: BTreeMap<String, u64>,
}

impl Census {
    pub(super) fn new(schema: &Schema) -> Self {
        let embed = schema.vectors.iter().filter_map(|(name, vector)| Some((name, vector.embed.as_ref()?)));
        let embedded =
            embed.flat_map(|(name, embed)| embed.from.iter().map(move |key| (key, Use::Embed(name.clone()))));
        let searched = schema.text.keys().map(|key| (key, Use::Text));
        let filtered = schema.fields.keys().map(|key| (key, Use::Field));
        let mut wanted: Vec<(String, Use)> = Vec::new();
        for (key, purpose) in embedded.chain(searched).chain(filtered) {
            // A key of several uses is one key.
            if !wanted.iter().any(|(held, _)| held == key) {
                wanted.push((key.clone(), purpose));
            }
        }
        Self { wanted, others: BTreeMap::new() }
    }

    /// Looks at lines until all keys were seen, which usually is after the first.
    pub(super) fn look(&mut self, lines: &[u8]) {
        for line in lines.split(|&byte| byte == b'\n') {
            if self.wanted.is_empty() {
                return;
            }
            // What is no point is refused by the server, and says more there.
            if let Ok(Value::Object(point)) = serde_json::from_slice(without_mark(line))
                && let Some(Value::Object(payload)) = point.get("payload")
            {
                self.wanted.retain(|(key, _)| !has(payload, key));
                for key in payload.keys() {
                    if self.others.len() < MAX_OTHERS || self.others.contains_key(key) {
                        *self.others.entry(key.clone()).or_default() += 1;
                    }
                }
            }
        }
    }

    /// A sentence for each key that no point had, but for fields that nothing is like: those may be for other points.
    pub(super) fn sentences(&self) -> Vec<String> {
        let sentence = |(key, purpose): &(String, Use)| {
            let near = self.near(key);
            let purpose = match purpose {
                Use::Embed(vector) => format!("which the schema embeds (vector {vector:?})"),
                Use::Text => "which the schema searches by words".to_owned(),
                Use::Field if near.is_none() => return None,
                Use::Field => "which the schema filters by".to_owned(),
            };
            let meant = near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            Some(format!("no point had {key:?}, {purpose}{meant}"))
        };
        self.wanted.iter().filter_map(sentence).collect()
    }

    /// The key of points that is most like one that is missing.
    fn near(&self, key: &str) -> Option<&str> {
        let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '.'], "");
        let wanted = plain(key);
        let most = wanted.chars().count() / 3;
        let distance = |other: &String| strsim::damerau_levenshtein(&plain(other), &wanted);
        let named = |other: &&String| self.wanted.iter().all(|(key, _)| key != *other);
        let best = self.others.keys().filter(named).min_by_key(|other| distance(other))?;
        (distance(best) <= most.max(1)).then_some(best.as_str())
    }
}

/// Whether a payload has a key or what a path leads to; one that is null is spelt right.
fn has(payload: &Payload, key: &str) -> bool {
    payload.contains_key(key) || !values_at(payload, key).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(schema: &str, lines: &str) -> Vec<String> {
        let mut census = Census::new(&Schema::from_json(schema.as_bytes()).unwrap());
        lines.lines().for_each(|line| census.look(line.as_bytes()));
        census.sentences()
    }

    const SCHEMA: &str = r#"{"vectors": {"v": {"dim": 4, "embed": {"model": "m", "from": ["titel", "text"]}}},
        "text": {"text": {}, "titel": {}}, "fields": {"year": "integer", "createdAt": "datetime"}}"#;

    #[test]
    fn a_key_that_no_point_has_is_named_once_with_what_is_like_it() {
        let lines = r#"{"id": "a", "payload": {"title": "x", "text": "y", "created_at": 1}}
            {"id": "b", "payload": {"title": "x"}}"#;
        assert_eq!(
            sentences(SCHEMA, lines),
            [
                r#"no point had "titel", which the schema embeds (vector "v"); did you mean "title"?"#,
                r#"no point had "createdAt", which the schema filters by; did you mean "created_at"?"#,
            ],
            "a field that nothing is like may be for other points"
        );
    }

    #[test]
    fn what_some_point_has_is_not_missing() {
        let lines = r#"{"id": "a", "payload": {"titel": null}}
            {"id": "b", "payload": {"text": "x", "other": {"deep": 1}}}"#;
        assert!(sentences(SCHEMA, lines).is_empty());
        let nested = r#"{"text": {"title.en": {}}}"#;
        assert!(sentences(nested, r#"{"id": "a", "payload": {"title": {"en": "x"}}}"#).is_empty());
        assert!(sentences(nested, r#"{"id": "a", "payload": {"title.en": "x"}}"#).is_empty());
        assert_eq!(sentences(nested, r#"{"id": "a"}"#).len(), 1);
    }
}
