//! What a collection declares once, at its creation.

#[cfg(feature = "typescript")]
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields, advice, listed};
use crate::limits::{MAX_FIELDS, MAX_MANIFEST_BYTES, MAX_NAME_BYTES, MAX_SYNONYMS, MAX_TEXT_FIELDS, MAX_VECTOR_FIELDS};

#[cfg(feature = "openapi")]
use super::filter_field::FieldDeclaration;
use super::filter_field::FilterField;
use super::text_field::TextField;
use super::vector_field::{VectorField, invalid};
use super::{ByName, Synonym};

const DOCUMENT: Document = Document::new("schema", Code::InvalidSchema);

/// The schema of a collection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schema {
    /// The named vectors. Their order everywhere is the order of their names. There may be none when there is text.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, VectorField>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, VectorField>))]
    pub vectors: ByName<VectorField>,
    /// The payload keys that are searched by words; names with dots are paths.
    #[serde(default, skip_serializing_if = "ByName::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, TextField>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, TextField>))]
    pub text: ByName<TextField>,
    /// The fields that filters, sort, facets and collapse may use: the type of each, or an object where there is more
    /// to say.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "{ [key in string]: FieldType | FilterField }"))]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, FieldDeclaration>))]
    pub fields: ByName<FilterField>,
    /// Texts that mean the same: who types one of them finds the others too. The only part of a schema that may be
    /// changed later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Synonym[]"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub synonyms: Vec<Synonym>,
}

crate::objects_only!(Schema);

impl Schema {
    /// Parses and checks a schema.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        // As it is kept, with all defaults, it may be longer than a server takes.
        let tree = DOCUMENT.parse(bytes, MAX_MANIFEST_BYTES)?;
        let schema = Self::read(DOCUMENT.object(&tree)?)?;
        schema.check()?;
        Ok(schema)
    }

    /// Reads a schema that stands in another document, unchecked.
    pub fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["vectors", "text", "fields", "synonyms"])?;
        let document = fields.document();
        let mut schema = Self::default();
        for (name, tree) in fields.object("vectors")?.iter().flat_map(|f| f.entries()) {
            let field = document.object(tree).and_then(VectorField::read);
            schema.vectors.insert(name.clone(), field.map_err(|error| document.error_within(name, error))?);
        }
        for (name, tree) in fields.object("text")?.iter().flat_map(|f| f.entries()) {
            let field = document.object(tree).and_then(TextField::read);
            schema.text.insert(name.clone(), field.map_err(|error| document.error_within(name, error))?);
        }
        for (name, tree) in fields.object("fields")?.iter().flat_map(|f| f.entries()) {
            schema.fields.insert(name.clone(), FilterField::read(name, tree, document)?);
        }
        schema.synonyms = Synonym::read_all(fields.list("synonyms")?.unwrap_or_default(), document)?;
        Ok(schema)
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        if self.vectors.is_empty() && self.text.is_empty() {
            return Err(invalid("a schema declares a vector or a text field, or there is nothing to search".into()));
        }
        if self.vectors.len() > MAX_VECTOR_FIELDS {
            return Err(invalid(format!(
                "a schema declares at most {MAX_VECTOR_FIELDS} vectors, this one {}",
                self.vectors.len()
            )));
        }
        if self.text.len() > MAX_TEXT_FIELDS {
            return Err(invalid(format!(
                "a schema declares at most {MAX_TEXT_FIELDS} text fields, this one {}",
                self.text.len()
            )));
        }
        if self.fields.len() > MAX_FIELDS {
            return Err(invalid(format!(
                "a schema declares at most {MAX_FIELDS} fields, this one {}",
                self.fields.len()
            )));
        }
        for (name, vector) in &self.vectors {
            check_field_name(name, "vector")?;
            vector.check(name)?;
        }
        for (name, text) in &self.text {
            check_field_name(name, "text field")?;
            text.check(name)?;
        }
        for (name, field) in &self.fields {
            check_field_name(name, "field")?;
            field.check(name)?;
        }
        Synonym::check_all(&self.synonyms, MAX_SYNONYMS, DOCUMENT)
    }

    /// Whether what is stored by the one can be read by the other: they differ in nothing but synonyms.
    #[must_use]
    pub fn has_same_fields(&self, other: &Self) -> bool {
        self.vectors == other.vectors && self.text == other.text && self.fields == other.fields
    }

    /// The position and declaration of the vector that a query means: the named one, or the only one.
    pub fn vector(&self, using: Option<&str>) -> Result<(usize, &str, &VectorField)> {
        let mut named = self.vectors.iter().enumerate();
        let found = match using {
            Some(name) => named.find(|(_, (n, _))| n.as_str() == name),
            None if self.vectors.len() == 1 => named.next(),
            None => None,
        };
        let (position, (name, field)) = found.ok_or_else(|| {
            let known: Vec<&str> = self.vectors.keys().map(String::as_str).collect();
            match using {
                Some(name) => Error::new(
                    Code::UnknownField,
                    format!("no vector {name:?}; this collection has {}", listed(&known)),
                ),
                None if known.is_empty() => Error::new(
                    Code::InvalidQuery,
                    "this collection has no vectors, so nothing can be compared with one",
                ),
                None => {
                    let message = format!("name the vector with \"using\": one of {}", listed(&known));
                    Error::new(Code::InvalidQuery, message)
                }
            }
        })?;
        Ok((position, name.as_str(), field))
    }

    /// The position and declaration of a declared field.
    pub fn field(&self, name: &str) -> Result<(usize, FilterField)> {
        self.declared(name).ok_or_else(|| {
            let known = self.known_fields();
            Error::new(
                Code::UnknownField,
                format!("no field {name:?} is declared for filters; this collection has {}", listed(&known)),
            )
        })
    }

    /// The same of a field that a part of a query names: `sort`, `facets`, `collapse`.
    pub fn field_of(&self, part: &str, name: &str) -> Result<(usize, FilterField)> {
        self.declared(name).ok_or_else(|| {
            let mut known = self.known_fields();
            let what = match (known.is_empty(), self.text.contains_key(name)) {
                (true, _) => format!("no field {name:?}; the schema declares none under \"fields\""),
                (_, true) => {
                    format!(
                        "{name:?} is a text field, searched by words; name one of the schema's \"fields\": {}",
                        listed(&known)
                    )
                }
                _ => {
                    known.extend((part == "sort").then_some("_score"));
                    format!("no field {name:?}; {}", advice(name, &known))
                }
            };
            Error::new(Code::UnknownField, format!("{part:?}: {what}"))
        })
    }

    fn declared(&self, name: &str) -> Option<(usize, FilterField)> {
        let found = self.fields.iter().enumerate().find(|(_, (n, _))| n.as_str() == name);
        found.map(|(position, (_, &field))| (position, field))
    }

    fn known_fields(&self) -> Vec<&str> {
        self.fields.keys().map(String::as_str).collect()
    }
}

fn check_field_name(name: &str, what: &str) -> Result<()> {
    let first_ok = !name.starts_with('$') && !name.is_empty();
    if !first_ok || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(invalid(format!(
            "{what} name {name:?}: 1 to {MAX_NAME_BYTES} bytes, no control characters, not starting with '$'"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::filter_field::FieldType;
    use super::super::vector_field::{Coarse, Embed, GraphOptions, Layout, Metric, Precision, Tier};
    use super::*;
    use crate::model::Language;

    #[test]
    fn a_part_of_a_query_that_names_no_field_is_told_which_there_are() {
        let schema = |json: &str| Schema::from_json(json.as_bytes()).unwrap();
        let said = |json: &str, name: &str| {
            let error = schema(json).field_of("sort", name).unwrap_err();
            assert_eq!(error.code(), Code::UnknownField);
            String::from(error.message())
        };
        let some = r#"{"text": {"title": {}}, "fields": {"year": "integer", "pos": "keyword"}}"#;
        assert_eq!(
            said(some, "yaer"),
            r#""sort": no field "yaer"; did you mean "year"? There are "pos", "year", "_score""#
        );
        assert_eq!(said(some, "price"), r#""sort": no field "price"; there are "pos", "year", "_score""#);
        assert!(said(some, "_scor").contains(r#"did you mean "_score"?"#), "{}", said(some, "_scor"));
        assert!(
            said(some, "title").contains(r#""title" is a text field"#) && said(some, "title").contains(r#""year""#)
        );
        let none = r#"{"text": {"title": {}}}"#;
        assert!(said(none, "title").contains("declares none"), "{}", said(none, "title"));
        assert_eq!(schema(some).field_of("sort", "year").unwrap(), schema(some).field("year").unwrap());
    }

    #[test]
    fn a_choice_that_there_is_not_is_told_with_its_field_and_the_choices() {
        let said = |json: &str| String::from(Schema::from_json(json.as_bytes()).unwrap_err().message());
        assert_eq!(
            said(r#"{"vectors": {"shape": {"dim": 2, "layout": "range"}}}"#),
            r#"schema: in "shape": "layout" is one of "whole", "ranges", not "range""#
        );
        assert_eq!(
            said(r#"{"vectors": {"shape": {"dim": 2, "graph": {"m": "x"}}}}"#),
            r#"schema: in "shape", "graph": "m" is not a whole number from 2 to 128, but the text "x""#
        );
        let long = format!(r#"{{"vectors": {{"shape": {{"dim": 2, "codes": "{}"}}}}}}"#, "u".repeat(99));
        assert!(said(&long).ends_with(&format!("not {:?}", "u".repeat(40))));
    }

    #[test]
    fn a_number_of_the_wrong_kind_is_told_its_real_range() {
        for dim in ["5000000000", "-1", "1.5", "\"3\""] {
            let json = format!(r#"{{"vectors": {{"v": {{"dim": {dim}}}}}}}"#);
            let said = Schema::from_json(json.as_bytes()).unwrap_err();
            assert!(said.message().contains(r#""dim" is not a whole number from 1 to 4096"#), "{said}");
        }
        let graph = Schema::from_json(br#"{"vectors": {"v": {"dim": 3, "graph": {"m": 70000}}}}"#).unwrap_err();
        assert!(graph.message().contains("\"m\" is at most 128"), "{graph}");
        let query = |json: &str| super::super::Query::from_json(json.as_bytes()).and_then(|q| q.check()).unwrap_err();
        let huge = query(r#"{"match": "cat", "topK": 5000000000}"#);
        assert!(huge.message().contains("\"topK\" is not a whole number from 1 to 10000"), "{huge}");
        let many = query(r#"{"match": "cat", "topK": 20000}"#);
        assert!(many.message().contains("\"topK\" is 1 to 10000"), "{many}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let embed = Embed { model: "m".into(), from: alloc::vec!["a".into(), "b".into()] };
        let graph = GraphOptions { m: 8, ef_construction: 40, min_points: Some(500) };
        let mut schema = Schema::default();
        for (dim, metric) in (1..).zip(Metric::ALL) {
            let (coarse, keep) =
                (Coarse::ALL[dim as usize % 2], [None, Some(Precision::F32), Some(Precision::F16)][dim as usize - 1]);
            let embed = Some(embed.clone()).filter(|_| dim > 1);
            let codes = Tier::ALL[dim as usize / 2 % 2];
            let layout = Layout::ALL[dim as usize % 2];
            let field = VectorField { dim, metric, embed, coarse, layout, codes, keep, graph };
            schema.vectors.insert(metric.as_str().into(), field);
        }
        let text = TextField { language: Language::English, boost: 2.5, stop_words: true };
        schema.text = ByName::from([("a".into(), text), ("b".into(), TextField::default())]);
        for kind in FieldType::ALL {
            schema.fields.insert(kind.as_str().into(), kind.into());
        }
        schema.fields.insert("any case".into(), FilterField { kind: FieldType::Keyword, ignore_case: true });
        let text = serde_json::to_vec(&schema).unwrap();
        assert_eq!(Schema::from_json(&text).unwrap(), schema);
        assert_eq!(serde_json::from_slice::<Schema>(&text).unwrap(), schema);
        let told: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(told["fields"]["geo"], "geo", "the short form where it says all");
        assert_eq!(told["fields"]["any case"], serde_json::json!({ "type": "keyword", "ignoreCase": true }));
        let written_out = br#"{"text": {"t": {}}, "fields": {"n": {"type": "integer", "ignoreCase": false}}}"#;
        assert_eq!(Schema::from_json(written_out).unwrap().fields["n"], FieldType::Integer.into());
    }

    #[test]
    fn what_is_left_out_has_defaults_and_what_is_unknown_is_refused() {
        let schema = Schema::from_json(br#"{"vectors": {"v": {"dim": 4, "graph": {"m": 4}}}}"#).unwrap();
        let field = &schema.vectors["v"];
        assert_eq!((field.metric, field.graph.m, field.graph.ef_construction), (Metric::Cosine, 4, 128));
        for text in [
            r#"{"vectors": {"v": {"dim": 4}}, "x": 1}"#,
            r#"{"vectors": {"v": {"dim": 4, "metrics": "dot"}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "metric": "Dot"}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "keep": "f64"}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "coarse": "2-bit"}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "codes": 4}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "graph": {"m": 70000}}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "embed": {"model": "m"}}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": "text"}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": ["keyword"]}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": {"ignoreCase": true}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": {"type": "text"}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": {"type": "keyword", "ignoreCase": 1}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": {"type": "keyword", "case": false}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": {"type": "integer", "ignoreCase": true}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "embed": {"model": "m", "from": []}}}}"#,
            r#"{"vectors": {"v": {}}}"#,
            r#"{}"#,
            r#"{"vectors": {}, "fields": {"n": "integer"}}"#,
            r#"{"text": {"t": {"language": "xx"}}}"#,
            r#"{"text": {"t": {"boost": 0}}}"#,
            r#"{"text": {"t": {"boost": 1e6}}}"#,
            r#"{"text": {"t": "en"}}"#,
            r#"{"vectors": [4]}"#,
        ] {
            assert_eq!(Schema::from_json(text.as_bytes()).unwrap_err().code(), Code::InvalidSchema, "{text}");
        }
    }
}
