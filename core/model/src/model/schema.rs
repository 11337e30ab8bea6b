//! What a collection declares once, at its creation.

#[cfg(feature = "typescript")]
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_FIELDS, MAX_NAME_BYTES, MAX_TEXT_FIELDS, MAX_VECTOR_FIELDS};

use super::ByName;
use super::text_field::TextField;
use super::vector_field::{VectorField, invalid};

const DOCUMENT: Document = Document::new("schema", Code::InvalidSchema);

/// The type of a filterable field, whose name is a path into the payload: `city`, or `address.city`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FieldType {
    /// A string or an array of strings, compared whole and in composed form (NFC).
    Keyword,
    /// A whole number within ±2^53, the range that JSON keeps everywhere.
    Integer,
    /// A finite number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A point in time to the millisecond: RFC 3339, a date alone, or milliseconds since 1970.
    Datetime,
    /// A place: `{"lat": 52.5, "lon": 13.4}` in degrees.
    Geo,
}

impl FieldType {
    const ALL: [Self; 6] = [Self::Keyword, Self::Integer, Self::Float, Self::Boolean, Self::Datetime, Self::Geo];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
            Self::Geo => "geo",
        }
    }
}

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
    /// The fields that filters may use.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, FieldType>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, FieldType>))]
    pub fields: ByName<FieldType>,
}

crate::objects_only!(Schema);

impl Schema {
    /// Parses and checks a schema.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes)?;
        let schema = Self::read(DOCUMENT.object(&tree)?)?;
        schema.check()?;
        Ok(schema)
    }

    /// Reads a schema that stands in another document, unchecked.
    pub fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["vectors", "text", "fields"])?;
        let document = fields.document();
        let mut schema = Self::default();
        for (name, tree) in fields.object("vectors")?.iter().flat_map(|f| f.entries()) {
            schema.vectors.insert(name.clone(), VectorField::read(document.object(tree)?)?);
        }
        for (name, tree) in fields.object("text")?.iter().flat_map(|f| f.entries()) {
            schema.text.insert(name.clone(), TextField::read(document.object(tree)?)?);
        }
        for (name, tree) in fields.object("fields")?.iter().flat_map(|f| f.entries()) {
            let kind = FieldType::ALL.into_iter().find(|kind| tree.as_str() == Some(kind.as_str()));
            let wrong =
                || document.error(format_args!("field {name:?} is one of {:?}", FieldType::ALL.map(FieldType::as_str)));
            schema.fields.insert(name.clone(), kind.ok_or_else(wrong)?);
        }
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
        self.fields.keys().try_for_each(|name| check_field_name(name, "field"))
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
                Some(name) => {
                    Error::new(Code::UnknownField, format!("no vector {name:?}; this collection has {known:?}"))
                }
                None => Error::new(Code::InvalidQuery, format!("name the vector with \"using\": one of {known:?}")),
            }
        })?;
        Ok((position, name.as_str(), field))
    }

    /// The position and type of a declared field.
    pub fn field(&self, name: &str) -> Result<(usize, FieldType)> {
        let found = self.fields.iter().enumerate().find(|(_, (n, _))| n.as_str() == name);
        found.map(|(position, (_, &kind))| (position, kind)).ok_or_else(|| {
            let known: Vec<&str> = self.fields.keys().map(String::as_str).collect();
            Error::new(
                Code::UnknownField,
                format!("no field {name:?} is declared for filters; this collection has {known:?}"),
            )
        })
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
    use super::super::vector_field::{Coarse, Embed, GraphOptions, Metric, Precision, Tier};
    use super::*;
    use crate::text::Language;

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
            let field = VectorField { dim, metric, embed, coarse, codes, keep, graph };
            schema.vectors.insert(metric.as_str().into(), field);
        }
        let text = TextField { language: Language::English, boost: 2.5, stop_words: true };
        schema.text = ByName::from([("a".into(), text), ("b".into(), TextField::default())]);
        for kind in FieldType::ALL {
            schema.fields.insert(kind.as_str().into(), kind);
        }
        let text = serde_json::to_vec(&schema).unwrap();
        assert_eq!(Schema::from_json(&text).unwrap(), schema);
        assert_eq!(serde_json::from_slice::<Schema>(&text).unwrap(), schema);
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
