//! What a declared field of one payload says.

use alloc::format;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::kind_of;
use crate::limits::{MAX_KEYWORD_BYTES, MAX_KEYWORDS_PER_POINT};
use crate::model::{FieldType, Payload};

/// Whole numbers beyond this are not the same in every JSON reader.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The values of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// Absent or `null`.
    Missing,
    /// One or several keywords.
    Keywords(Vec<&'a str>),
    /// A number.
    Number(f64),
}

impl<'a> FieldValue<'a> {
    /// Reads the field, or says why its value does not fit the declared type.
    pub fn extract(payload: &'a Payload, name: &str, kind: FieldType) -> Result<Self> {
        let Some(value) = payload.get(name).filter(|v| !v.is_null()) else { return Ok(Self::Missing) };
        match kind {
            FieldType::Keyword => Self::keywords(name, value),
            FieldType::Integer => match value.as_f64() {
                Some(n) if libm::trunc(n) == n && libm::fabs(n) <= LARGEST_INTEGER => Ok(Self::Number(n)),
                _ => Err(mismatch(name, "a whole number within ±2^53", value)),
            },
            FieldType::Float => value.as_f64().map(Self::Number).ok_or_else(|| mismatch(name, "a number", value)),
        }
    }

    fn keywords(name: &str, value: &'a Value) -> Result<Self> {
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
    Error::new(Code::TypeMismatch, format!("field {name:?} is declared as {wanted}, not {}", kind_of(value)))
}
