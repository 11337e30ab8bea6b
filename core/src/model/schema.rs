//! What a collection declares once, at its creation.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::ids::check_path_name;
use crate::json::{Document, Fields};
use crate::limits::{MAX_DIM, MAX_EF_CONSTRUCTION, MAX_FIELDS, MAX_M, MAX_NAME_BYTES, MAX_VECTOR_FIELDS};

const DOCUMENT: Document = Document::new("schema", Code::InvalidSchema);

/// How two vectors are compared. Scores are always "higher is better".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Metric {
    /// Cosine of the angle, in [-1, 1]; a zero vector scores 0 with everything.
    #[default]
    Cosine,
    /// Inner product.
    Dot,
    /// The negated squared Euclidean distance.
    L2,
}

impl Metric {
    const ALL: [Self; 3] = [Self::Cosine, Self::Dot, Self::L2];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Dot => "dot",
            Self::L2 => "l2",
        }
    }
}

/// The type of a filterable field, read from the payload key of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FieldType {
    /// A string or an array of strings, compared whole.
    Keyword,
    /// A whole number within ±2^53, the range that JSON keeps everywhere.
    Integer,
    /// A finite number.
    Float,
}

impl FieldType {
    const ALL: [Self; 3] = [Self::Keyword, Self::Integer, Self::Float];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Integer => "integer",
            Self::Float => "float",
        }
    }
}

/// Text to vector inside Headwater: which model reads which payload fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Embed {
    /// Name of a model that the origin holds.
    pub model: String,
    /// Payload fields, 1 to 64, in order. Arrays of strings are joined by ", ", the fields by ": ".
    pub from: Vec<String>,
}

impl Embed {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["model", "from"])?;
        Ok(Self {
            model: fields.required("model", Fields::text)?.into(),
            from: fields.required("from", Fields::texts)?,
        })
    }
}

/// Parameters of the HNSW graph (Malkov and Yashunin, arXiv 1603.09320).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GraphOptions {
    /// Neighbours of a node on the upper levels; the ground level has twice as many.
    pub m: u16,
    /// Candidates considered when a node is linked.
    pub ef_construction: u16,
    /// Points of a segment from which on it has a graph. When absent, the builder measures whether one pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub min_points: Option<u32>,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self { m: 16, ef_construction: 128, min_points: None }
    }
}

impl GraphOptions {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["m", "efConstruction", "minPoints"])?;
        let whole = |name, otherwise| -> Result<u16> {
            let value = fields.small(name)?.unwrap_or(u32::from(otherwise));
            u16::try_from(value).map_err(|_| fields.document().error(format_args!("{name:?} is at most 65535")))
        };
        let default = Self::default();
        Ok(Self {
            m: whole("m", default.m)?,
            ef_construction: whole("efConstruction", default.ef_construction)?,
            min_points: fields.small("minPoints")?,
        })
    }
}

/// What a segment finds candidates with, before their u8 codes are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Coarse {
    /// 1-bit codes, where the builder finds on a sample that they suit the data.
    #[default]
    Auto,
    /// Nothing: u8 codes alone, compared all or along a graph.
    None,
}

impl Coarse {
    const ALL: [Self; 2] = [Self::Auto, Self::None];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::None => "none",
        }
    }
}

/// A precision in which segments keep whole vectors beside their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Precision {
    /// Four bytes a component: scores are exact.
    F32,
    /// Two bytes a component, each within ±65,504.
    F16,
}

impl Precision {
    const ALL: [Self; 2] = [Self::F32, Self::F16];

    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }
}

/// One named vector of every point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VectorField {
    /// Number of dimensions, 1 to 4,096.
    pub dim: u32,
    /// How vectors are compared; cosine when absent.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Metric>"))]
    pub metric: Metric,
    /// Derives the vector from the payload; without it every point brings its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed: Option<Embed>,
    /// What finds candidates; 1-bit codes where they suit the data when absent.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Coarse>"))]
    pub coarse: Coarse,
    /// Keeps whole vectors in segments, which then rank the hits; u8 codes rank them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Precision>,
    /// Parameters of the graph.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<GraphOptions>"))]
    pub graph: GraphOptions,
}

/// The schema of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Schema {
    /// The named vectors. Their order everywhere is the order of their names.
    pub vectors: BTreeMap<String, VectorField>,
    /// The fields that filters may use.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, FieldType>>"))]
    pub fields: BTreeMap<String, FieldType>,
}

impl Schema {
    /// Parses and checks a schema.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes)?;
        let schema = Self::read(DOCUMENT.object(&tree)?)?;
        schema.check()?;
        Ok(schema)
    }

    pub(crate) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["vectors", "fields"])?;
        let document = fields.document();
        let mut schema = Self::default();
        for (name, tree) in fields.required("vectors", Fields::object)?.entries() {
            schema.vectors.insert(name.clone(), VectorField::read(document.object(tree)?)?);
        }
        for (name, tree) in fields.object("fields")?.iter().flat_map(|f| f.entries()) {
            let kind = FieldType::ALL.into_iter().find(|kind| tree.as_str() == Some(kind.as_str()));
            let wrong = || document.error(format_args!("field {name:?} is \"keyword\", \"integer\" or \"float\""));
            schema.fields.insert(name.clone(), kind.ok_or_else(wrong)?);
        }
        Ok(schema)
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        if self.vectors.is_empty() || self.vectors.len() > MAX_VECTOR_FIELDS {
            return Err(invalid(format!(
                "a schema declares 1 to {MAX_VECTOR_FIELDS} vectors, this one {}",
                self.vectors.len()
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

impl VectorField {
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["dim", "metric", "embed", "coarse", "keep", "graph"])?;
        Ok(Self {
            dim: fields.required("dim", Fields::small)?,
            metric: choice(&fields, "metric", Metric::ALL, Metric::as_str)?.unwrap_or_default(),
            embed: fields.object("embed")?.map(Embed::read).transpose()?,
            coarse: choice(&fields, "coarse", Coarse::ALL, Coarse::as_str)?.unwrap_or_default(),
            keep: choice(&fields, "keep", Precision::ALL, Precision::as_str)?,
            graph: fields.object("graph")?.map(GraphOptions::read).transpose()?.unwrap_or_default(),
        })
    }

    fn check(&self, name: &str) -> Result<()> {
        let dim = self.dim as usize;
        if dim == 0 || dim > MAX_DIM {
            return Err(invalid(format!("vector {name:?}: dim is 1 to {MAX_DIM}, not {dim}")));
        }
        let GraphOptions { m, ef_construction, .. } = self.graph;
        if !(2..=MAX_M).contains(&usize::from(m)) {
            return Err(invalid(format!("vector {name:?}: graph.m is 2 to {MAX_M}, not {m}")));
        }
        if !(usize::from(m)..=MAX_EF_CONSTRUCTION).contains(&usize::from(ef_construction)) {
            return Err(invalid(format!(
                "vector {name:?}: graph.efConstruction is m to {MAX_EF_CONSTRUCTION}, not {ef_construction}"
            )));
        }
        if let Some(embed) = &self.embed {
            check_path_name(&embed.model, "model")?;
            let fits = |from: &String| from.len() <= MAX_NAME_BYTES;
            if embed.from.is_empty() || embed.from.len() > MAX_FIELDS || !embed.from.iter().all(fits) {
                return Err(invalid(format!(
                    "vector {name:?}: embed.from names 1 to {MAX_FIELDS} payload fields of at most {MAX_NAME_BYTES} bytes"
                )));
            }
        }
        Ok(())
    }
}

/// One of a few names.
fn choice<T: Copy, const N: usize>(
    fields: &Fields<'_>,
    key: &str,
    all: [T; N],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>> {
    let Some(text) = fields.text(key)? else { return Ok(None) };
    let known = all.into_iter().find(|&one| name(one) == text);
    let wrong = || fields.document().error(format_args!("{key:?} is one of {:?}", all.map(&name)));
    known.ok_or_else(wrong).map(Some)
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

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidSchema, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let embed = Embed { model: "m".into(), from: alloc::vec!["a".into(), "b".into()] };
        let graph = GraphOptions { m: 8, ef_construction: 40, min_points: Some(500) };
        let mut schema = Schema::default();
        for (dim, metric) in (1..).zip(Metric::ALL) {
            let (coarse, keep) =
                (Coarse::ALL[dim as usize % 2], [None, Some(Precision::F32), Some(Precision::F16)][dim as usize - 1]);
            let embed = Some(embed.clone()).filter(|_| dim > 1);
            let field = VectorField { dim, metric, embed, coarse, keep, graph };
            schema.vectors.insert(metric.as_str().into(), field);
        }
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
            r#"{"vectors": {"v": {"dim": 4, "graph": {"m": 70000}}}}"#,
            r#"{"vectors": {"v": {"dim": 4, "embed": {"model": "m"}}}}"#,
            r#"{"vectors": {"v": {"dim": 4}}, "fields": {"f": "text"}}"#,
            r#"{"vectors": {"v": {"dim": 4, "embed": {"model": "m", "from": []}}}}"#,
            r#"{"vectors": {"v": {}}}"#,
            r#"{"vectors": [4]}"#,
        ] {
            assert_eq!(Schema::from_json(text.as_bytes()).unwrap_err().code(), Code::InvalidSchema, "{text}");
        }
    }
}
