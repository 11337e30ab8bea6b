//! Names and schemas of the collections of a site: one for each language.
//!
//! What is published under a name never goes back to a lower version, and never to another schema: replicas hold what
//! they have seen. So a schema that has changed, because a page brought a new field, gets a collection with a name of
//! its own, `en-…-2`; the one before goes when the output does not name it any more.

use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_FIELDS;
use headwater_core::model::{Language, Schema};
use serde_json::{Map, Value, json};

use super::model::Model;
use super::spool::About;
use crate::collection::Collection;
use crate::server::Origin;

/// A collection, and those that it replaces.
pub(super) struct Index {
    pub(super) collection: Arc<Collection>,
    pub(super) replaced: Vec<String>,
}

/// Finds the collection for a stem and a schema, or creates it.
pub(super) async fn open(origin: &Origin, stem: &str, schema: Schema) -> Result<Index> {
    let mut held: Vec<(u32, Arc<Collection>)> = Vec::new();
    for collection in origin.all().await {
        held.extend(generation(collection.name(), stem).map(|number| (number, collection)));
    }
    held.sort_by_key(|(number, _)| *number);
    let newest = held.last().map_or(0, |(number, _)| *number);
    let fits = held.iter().rposition(|(number, c)| *number == newest && c.snapshot().schema().has_same_fields(&schema));
    let collection = match fits {
        Some(place) => held.remove(place).1,
        None => {
            let name = if newest == 0 { stem.to_owned() } else { format!("{stem}-{}", newest + 1) };
            origin.create(&name, schema).await?.0
        }
    };
    let replaced = held.iter().map(|(_, collection)| collection.name().to_owned()).collect();
    Ok(Index { collection, replaced })
}

/// Which one of its stem a collection is, from 1.
fn generation(name: &str, stem: &str) -> Option<u32> {
    let rest = name.strip_prefix(stem)?;
    if rest.is_empty() { Some(1) } else { rest.strip_prefix('-')?.parse().ok().filter(|number| *number > 1) }
}

/// The schema for pages of a language, and fields for which there was no room. Boosts are what finds most on one half
/// of the queries of `cargo xtask bench sites`; the other half is reported.
pub(super) fn schema(language: &str, about: &About, model: Option<&Model>) -> Result<(Schema, Vec<String>)> {
    let stems = Language::EVERYWHERE.iter().map(|known| known.as_str()).find(|known| *known == language);
    let of_text = |boost: f32| json!({ "language": stems.unwrap_or("none"), "boost": boost, "stopWords": true });
    let own = [("title", 2.5), ("heading", 2.5), ("text", 1.0)]
        .into_iter()
        .chain(about.is_weighted.then_some(("weighted", 2.0)));
    let mut text: Map<String, Value> = own.map(|(name, boost)| (name.to_owned(), of_text(boost))).collect();
    if about.is_named {
        // Names have no stems, and `is`, `or` and `not` are some.
        text.insert("names".to_owned(), json!({ "language": "none", "boost": 3 }));
    }
    let mut fields = Map::new();
    let mut left_out = Vec::new();
    let keyword = |name: &str| (name.to_owned(), json!("keyword"));
    let own = [keyword("page"), keyword("lang")].into_iter();
    let filters = about.filters.iter().map(|name| keyword(name));
    let sorts = about
        .sorts
        .iter()
        .map(|(name, is_number)| (name.clone(), if *is_number { json!("float") } else { json!("keyword") }));
    for (name, kind) in own.chain(filters).chain(sorts) {
        if fields.contains_key(&name) {
            continue;
        }
        if fields.len() < MAX_FIELDS {
            fields.insert(name, kind);
        } else {
            left_out.push(name);
        }
    }
    let meaning = |model: &Model| {
        let embed = json!({ "model": model.name, "from": ["title", "heading", "text"] });
        json!({ "meaning": { "dim": model.dim, "metric": "cosine", "layout": "ranges", "embed": embed } })
    };
    let vectors = model.filter(|model| model.speaks(language)).map_or_else(|| json!({}), meaning);
    let schema = json!({ "vectors": vectors, "text": text, "fields": fields });
    let bytes = serde_json::to_vec(&schema).map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    Ok((Schema::from_json(&bytes)?, left_out))
}

/// The value of a field that pages are sorted by, as its schema has it.
pub(super) fn sort_value(value: &str, is_number: bool) -> Value {
    match value.parse::<f64>() {
        Ok(number) if is_number => json!(number),
        _ => json!(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_of_a_stem_are_known_and_no_others() {
        for (name, number) in [("en", Some(1)), ("en-2", Some(2)), ("en-x", None), ("eng", None), ("de", None)] {
            assert_eq!(generation(name, "en"), number, "{name}");
        }
    }

    #[test]
    fn a_schema_has_the_fields_of_its_pages_and_no_more_than_there_may_be() {
        let mut about = About::default();
        about.filters.extend((0..100).map(|n| format!("f{n:03}")));
        about.sorts.insert("date".into(), false);
        let (schema, left_out) = schema("xx", &about, None).unwrap();
        assert_eq!((schema.fields.len(), left_out.len()), (MAX_FIELDS, 100 + 2 + 1 - MAX_FIELDS));
        assert!(schema.vectors.is_empty() && schema.text["text"].language == Language::Unstemmed);
    }

    #[test]
    fn names_are_a_field_where_there_are_some_and_keep_all_their_words() {
        let fields = |about: &About| super::schema("en", about, None).unwrap().0.text;
        assert!(!fields(&About::default()).contains_key("names"));
        let mut named = About::default();
        named.is_named = true;
        let text = fields(&named);
        assert!(text["names"].language == Language::Unstemmed && !text["names"].stop_words && text["text"].stop_words);
    }
}
