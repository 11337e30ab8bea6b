//! What a collection declares once, at its creation.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::ids::check_path_name;
use crate::limits::{MAX_DIM, MAX_EF_CONSTRUCTION, MAX_FIELDS, MAX_M, MAX_NAME_BYTES, MAX_VECTOR_FIELDS};

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

/// Text to vector inside Headwater: which model reads which payload fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Embed {
    /// Name of a model that the origin holds.
    pub model: String,
    /// Payload fields, in order. Arrays of strings are joined by ", ", the fields by ": ".
    pub from: Vec<String>,
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
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self { m: 16, ef_construction: 128 }
    }
}

/// One named vector of every point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        let schema: Self =
            serde_json::from_slice(bytes).map_err(|e| Error::new(Code::InvalidSchema, format!("schema: {e}")))?;
        schema.check()?;
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
    fn check(&self, name: &str) -> Result<()> {
        let dim = self.dim as usize;
        if dim == 0 || dim > MAX_DIM {
            return Err(invalid(format!("vector {name:?}: dim is 1 to {MAX_DIM}, not {dim}")));
        }
        let GraphOptions { m, ef_construction } = self.graph;
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
            if embed.from.is_empty() {
                return Err(invalid(format!("vector {name:?}: embed.from names at least one payload field")));
            }
        }
        Ok(())
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

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidSchema, message)
}
