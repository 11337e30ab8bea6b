//! What a schema says of one field that is compared: filtered, sorted, counted.

use alloc::format;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::vector_field::{choice, invalid};
use crate::error::{Error, Result};
use crate::json::{Document, listed, shown};

/// The type of a filterable field, whose name is a path into the payload: `city`, or `address.city`. A field of any
/// type may have several values: a list, or what stands under one key in a list of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FieldType {
    /// A string, compared whole and in composed form (NFC).
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
    pub(super) const ALL: [Self; 6] =
        [Self::Keyword, Self::Integer, Self::Float, Self::Boolean, Self::Datetime, Self::Geo];

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

/// A filterable field with what is said of it besides its type. One that has only a type is written as that type alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FieldDeclaration", into = "FieldDeclaration")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "camelCase"))]
pub struct FilterField {
    /// Its type.
    #[cfg_attr(feature = "typescript", ts(rename = "type"))]
    pub kind: FieldType,
    /// Of keywords: upper and lower case are the same, by Unicode's full case folding. Payloads come back as they
    /// were given.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub ignore_case: bool,
}

impl From<FieldType> for FilterField {
    fn from(kind: FieldType) -> Self {
        Self { kind, ignore_case: false }
    }
}

impl FilterField {
    /// A type, or an object with options.
    pub(super) fn read(name: &str, value: &Value, document: Document) -> Result<Self> {
        let in_field = |e: Error| e.context(format_args!("field {name:?}"));
        match value {
            Value::Object(_) => {
                let fields = document.object(value)?.only(&["type", "ignoreCase"]).map_err(in_field)?;
                let kind = fields.required("type", |f, key| choice(&f, key, FieldType::ALL, FieldType::as_str));
                let ignore_case = fields.flag("ignoreCase").map_err(in_field)?.unwrap_or_default();
                Ok(Self { kind: kind.map_err(in_field)?, ignore_case })
            }
            Value::String(text) => {
                let known = FieldType::ALL.into_iter().find(|kind| kind.as_str() == text);
                let types = FieldType::ALL.map(FieldType::as_str);
                known
                    .map(Self::from)
                    .ok_or_else(|| document.error(format_args!("field {name:?} is one of {}", listed(&types))))
            }
            other => {
                let found = shown(other);
                Err(document.error(format_args!("field {name:?}: expected a type or an object, found {found}")))
            }
        }
    }

    pub(super) fn check(self, name: &str) -> Result<()> {
        if self.ignore_case && self.kind != FieldType::Keyword {
            return Err(invalid(format!(
                "field {name:?}: \"ignoreCase\" is for keywords; {:?} has no case",
                self.kind
            )));
        }
        Ok(())
    }
}

/// How it is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) enum FieldDeclaration {
    /// The type says all.
    Type(FieldType),
    /// The type with options.
    Options {
        /// The type.
        #[serde(rename = "type")]
        kind: FieldType,
        /// Of keywords: upper and lower case are the same, by Unicode's full case folding.
        #[serde(rename = "ignoreCase", default)]
        ignore_case: bool,
    },
}

impl From<FilterField> for FieldDeclaration {
    fn from(field: FilterField) -> Self {
        match field {
            FilterField { kind, ignore_case: false } => Self::Type(kind),
            FilterField { kind, ignore_case } => Self::Options { kind, ignore_case },
        }
    }
}

impl From<FieldDeclaration> for FilterField {
    fn from(declaration: FieldDeclaration) -> Self {
        match declaration {
            FieldDeclaration::Type(kind) => kind.into(),
            FieldDeclaration::Options { kind, ignore_case } => Self { kind, ignore_case },
        }
    }
}
