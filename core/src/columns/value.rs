//! What a declared field of one payload says.

use alloc::format;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::kind_of;
use crate::limits::{MAX_KEYWORD_BYTES, MAX_KEYWORDS_PER_POINT};
use crate::model::{FieldType, GeoPoint, Payload, datetime, geo};

/// Whole numbers beyond this are not the same in every JSON reader.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The values of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// Absent or `null`.
    Missing,
    /// One or several keywords; of a boolean, its name.
    Keywords(Vec<&'a str>),
    /// A number; of a datetime, milliseconds since 1970.
    Number(f64),
    /// A place.
    Place(GeoPoint),
}

impl<'a> FieldValue<'a> {
    /// Reads the field, or says why its value does not fit the declared type.
    pub fn extract(payload: &'a Payload, name: &str, kind: FieldType) -> Result<Self> {
        let Some(value) = payload.get(name).filter(|v| !v.is_null()) else { return Ok(Self::Missing) };
        match kind {
            FieldType::Keyword => Self::read_keywords(name, value),
            FieldType::Integer => match value.as_f64() {
                Some(n) if libm::trunc(n) == n && libm::fabs(n) <= LARGEST_INTEGER => Ok(Self::of_number(n)),
                _ => Err(mismatch(name, "a whole number within ±2^53", value)),
            },
            FieldType::Float => value.as_f64().map(Self::of_number).ok_or_else(|| mismatch(name, "a number", value)),
            FieldType::Boolean => match value {
                Value::Bool(true) => Ok(Self::Keywords(alloc::vec!["true"])),
                Value::Bool(false) => Ok(Self::Keywords(alloc::vec!["false"])),
                _ => Err(mismatch(name, "true or false", value)),
            },
            FieldType::Datetime => {
                datetime::of(value).map(Self::of_number).ok_or_else(|| mismatch(name, datetime::ADVICE, value))
            }
            FieldType::Geo => geo::place_of(name, value).map(Self::Place),
        }
    }

    /// A number; there is one zero, whatever its sign.
    fn of_number(n: f64) -> Self {
        Self::Number(n + 0.0)
    }

    /// The keywords, if it is some.
    pub(crate) fn keywords(&self) -> &[&'a str] {
        if let Self::Keywords(keywords) = self { keywords } else { &[] }
    }

    /// The number; NaN if it is none.
    pub(crate) const fn number(&self) -> f64 {
        if let Self::Number(n) = self { *n } else { f64::NAN }
    }

    /// The place, if it is one.
    pub(crate) const fn place(&self) -> Option<GeoPoint> {
        if let Self::Place(place) = self { Some(*place) } else { None }
    }

    fn read_keywords(name: &str, value: &'a Value) -> Result<Self> {
        let keyword = |v: &'a Value| v.as_str().ok_or_else(|| mismatch(name, "a string or a list of strings", v));
        let keywords = match value {
            Value::Array(items) => items.iter().map(keyword).collect::<Result<Vec<_>>>()?,
            single => alloc::vec![keyword(single)?],
        };
        if keywords.len() > MAX_KEYWORDS_PER_POINT || keywords.iter().any(|k| k.len() > MAX_KEYWORD_BYTES) {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("field {name:?}: at most {MAX_KEYWORDS_PER_POINT} keywords of {MAX_KEYWORD_BYTES} bytes"),
            ));
        }
        Ok(if keywords.is_empty() { Self::Missing } else { Self::Keywords(keywords) })
    }
}

fn mismatch(name: &str, wanted: &str, value: &Value) -> Error {
    Error::new(
        Code::TypeMismatch,
        format!("field {name:?} is declared so that it takes {wanted}; found {}", kind_of(value)),
    )
}
