//! Payload keys and vectors that the schema names and points do not have: misspelt, most likely, and nothing else would
//! say so.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use headwater_core::model::{Payload, Schema, values_at};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::counted::counted;
use crate::lines::without_mark;

/// Other keys that are remembered: payloads may have any number of them.
const MAX_OTHERS: usize = 1000;
/// Keys in place of others that are remembered: who has so many sees what is wrong.
const MAX_INSTEAD: usize = 20;
/// Keys with fewer letters are like too many others: `to` and `do`.
const LEAST_LETTERS: usize = 4;

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

impl Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embed(vector) => write!(f, "the schema embeds (vector {vector:?})"),
            Self::Text => f.write_str("the schema searches by words"),
            Self::Field => f.write_str("the schema filters by"),
        }
    }
}

/// What is looked at of a line.
#[derive(Deserialize)]
struct Line {
    payload: Option<Payload>,
    #[serde(default)]
    vectors: Option<BTreeMap<String, Option<IgnoredAny>>>,
}

/// Counts the keys of payloads, and looks for vectors.
///
/// Owns: which keys were seen. Does not own: whether a line is a point, which the server says.
pub(super) struct Census {
    all: Vec<(String, Use)>,
    /// Those that no point has had yet.
    wanted: Vec<(String, Use)>,
    /// Of points without a key of the schema: that key, the one that they have instead, and how many they are.
    instead: BTreeMap<(String, String), u64>,
    /// Keys that the schema does not name; nobody asks for them once all others were seen.
    others: BTreeMap<String, u64>,
    /// Vectors that no model derives and no point has had yet.
    vectors: Vec<String>,
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
        let given = schema.vectors.iter().filter(|(_, vector)| vector.embed.is_none());
        let vectors = given.map(|(name, _)| name.clone()).collect();
        Self { all: wanted.clone(), wanted, instead: BTreeMap::new(), others: BTreeMap::new(), vectors }
    }

    pub(super) fn look(&mut self, lines: &[u8]) {
        if self.all.is_empty() && self.vectors.is_empty() {
            return;
        }
        for line in lines.split(|&byte| byte == b'\n') {
            // What is no point is refused by the server, and says more there.
            let Ok(Line { payload, vectors }) = serde_json::from_slice(without_mark(line)) else { continue };
            let given = vectors.unwrap_or_default();
            self.vectors.retain(|name| given.get(name).is_none_or(Option::is_none));
            payload.iter().for_each(|payload| self.look_at(payload));
        }
    }

    fn look_at(&mut self, payload: &Payload) {
        for (key, _) in self.all.iter().filter(|(key, _)| !has(payload, key)) {
            let is_like = |other: &&String| is_slip(other, key) && self.all.iter().all(|(known, _)| known != *other);
            if let Some(other) = payload.keys().find(is_like) {
                let pair = (key.clone(), other.clone());
                if self.instead.len() < MAX_INSTEAD || self.instead.contains_key(&pair) {
                    *self.instead.entry(pair).or_default() += 1;
                }
            }
        }
        if self.wanted.is_empty() {
            return;
        }
        self.wanted.retain(|(key, _)| !has(payload, key));
        for key in payload.keys() {
            if self.others.len() < MAX_OTHERS || self.others.contains_key(key) {
                *self.others.entry(key.clone()).or_default() += 1;
            }
        }
    }

    /// A sentence for each key that no point had, but for fields that nothing is like: those may be for other points.
    /// One for each that some points have, and others misspelt. And one for each vector that no point had and no model
    /// derives.
    pub(super) fn sentences(&self) -> Vec<String> {
        let missing = self.wanted.iter().filter_map(|(key, purpose)| {
            let near = self.near(key);
            if *purpose == Use::Field && near.is_none() {
                return None;
            }
            let meant = near
                .map_or_else(String::new, |near| format!("; points had {near:?} instead: one of the two is misspelt"));
            Some(format!("no point had {key:?}, which {purpose}{meant}"))
        });
        let misspelt = self.instead.iter().filter_map(|((key, other), &count)| {
            let is_missing = self.wanted.iter().any(|(wanted, _)| wanted == key);
            let (_, purpose) = self.all.iter().find(|(known, _)| known == key).filter(|_| !is_missing)?;
            let points = counted(count, "point");
            Some(format!("{points} had {other:?}, but not {key:?}, which {purpose}; did you mean {key:?}?"))
        });
        let vectors =
            self.vectors.iter().map(|name| format!("no point had the vector {name:?}, so none is found by it"));
        missing.chain(misspelt).chain(vectors).collect()
    }

    /// The key of points that is most like one that is missing.
    fn near(&self, key: &str) -> Option<&str> {
        let wanted = plain(key);
        let most = wanted.chars().count() / 3;
        let distance = |other: &String| strsim::damerau_levenshtein(&plain(other), &wanted);
        let named = |other: &&String| self.all.iter().all(|(key, _)| key != *other);
        let best = self.others.keys().filter(named).min_by_key(|other| distance(other))?;
        (distance(best) <= most.max(1)).then_some(best.as_str())
    }
}

/// A key as it is compared: without case, and without what stands between words.
fn plain(key: &str) -> String {
    key.to_lowercase().replace(['_', '-', ' ', '.'], "")
}

/// Whether a key differs from one of the schema by a letter, by case, or by what stands between words.
fn is_slip(other: &str, key: &str) -> bool {
    // Most keys differ in length or are the same: nothing is compared then.
    if other.len().abs_diff(key.len()) > 4 || other == key {
        return false;
    }
    let (other, key) = (plain(other), plain(key));
    other == key || key.chars().count() >= LEAST_LETTERS && strsim::damerau_levenshtein(&other, &key) <= 1
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
                r#"no point had "titel", which the schema embeds (vector "v"); points had "title" instead: one of the two is misspelt"#,
                r#"no point had "createdAt", which the schema filters by; points had "created_at" instead: one of the two is misspelt"#,
            ],
            "a field that nothing is like may be for other points"
        );
    }

    #[test]
    fn a_key_that_only_some_points_misspell_is_named_once() {
        let lines = r#"{"id": "a", "payload": {"titel": "x", "text": "y", "year": 1, "createdAt": 1}}
            {"id": "b", "payload": {"Titel": "x", "txt": "y", "year": 1}}
            {"id": "c", "payload": {"Titel": "x", "text": "y", "texts": "z", "yaer": 1}}"#;
        assert_eq!(
            sentences(SCHEMA, lines),
            [
                r#"1 point had "txt", but not "text", which the schema embeds (vector "v"); did you mean "text"?"#,
                r#"2 points had "Titel", but not "titel", which the schema embeds (vector "v"); did you mean "titel"?"#,
                r#"1 point had "yaer", but not "year", which the schema filters by; did you mean "year"?"#,
            ],
            "a key beside the right one means something else"
        );
        let near = r#"{"text": {"title": {}, "titles": {}}, "fields": {"to": "keyword"}}"#;
        let lines = r#"{"id": "a", "payload": {"title": "x", "to": "y"}}
            {"id": "b", "payload": {"titles": "x", "do": "z"}}"#;
        assert!(sentences(near, lines).is_empty(), "keys of the schema, and short ones, are not taken for each other");
    }

    #[test]
    fn a_vector_that_no_point_has_is_named() {
        let schema = r#"{"vectors": {"a": {"dim": 2}, "b": {"dim": 2}, "c": {"dim": 2}, "v": {"dim": 4, "embed": {"model": "m", "from": ["text"]}}}}"#;
        let lines = r#"{"id": "a", "vectors": {"a": [1, 2], "b": null}, "payload": {"text": "x"}}
            {"id": "b", "payload": {"text": "x"}}
            {"id": "c", "vectors": {"b": null}}"#;
        let missing = |name: &str| format!("no point had the vector {name:?}, so none is found by it");
        assert_eq!(sentences(schema, lines), [missing("b"), missing("c")]);
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
