//! What a declared field of one payload says.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use serde_json::{Number, Value};

use crate::error::{Code, Error, Result};
use crate::json::kind_of;
use crate::limits::{MAX_KEYWORD_BYTES, MAX_KEYWORDS_PER_POINT};
use crate::model::{FieldType, GeoPoint, Payload, datetime, geo, values_at};
use crate::nfc::nfc;

/// Whole numbers beyond this are not the same in every JSON reader.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The values of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// Absent or `null`.
    Missing,
    /// One or several keywords in composed form; of a boolean, its name.
    Keywords(Vec<Cow<'a, str>>),
    /// A number; of a datetime, milliseconds since 1970.
    Number(f64),
    /// A place.
    Place(GeoPoint),
}

impl<'a> FieldValue<'a> {
    /// Reads the field, to which its name is a path, or says why its value does not fit the declared type.
    pub fn extract(payload: &'a Payload, name: &str, kind: FieldType) -> Result<Self> {
        let values = values_at(payload, name);
        if kind == FieldType::Keyword {
            return Self::read_keywords(name, &values);
        }
        let value = match *values {
            [] => return Ok(Self::Missing),
            [value] => value,
            [_, second, ..] => return Err(mismatch(name, "one value", second)),
        };
        match kind {
            FieldType::Keyword => Ok(Self::Missing),
            FieldType::Integer => match value.as_f64() {
                Some(n) if libm::trunc(n) == n && libm::fabs(n) <= LARGEST_INTEGER => Ok(Self::of_number(n)),
                _ => Err(mismatch(name, "a whole number within ±2^53", value)),
            },
            FieldType::Float => value.as_f64().map(Self::of_number).ok_or_else(|| mismatch(name, "a number", value)),
            FieldType::Boolean => match value {
                Value::Bool(true) => Ok(Self::Keywords(alloc::vec![Cow::Borrowed("true")])),
                Value::Bool(false) => Ok(Self::Keywords(alloc::vec![Cow::Borrowed("false")])),
                _ => Err(mismatch(name, "true or false", value)),
            },
            FieldType::Datetime => datetime::of(value).map(Self::of_number).ok_or_else(|| {
                let error = mismatch(name, "a datetime", value);
                Error::new(error.code(), format!("{}; {}", error.message(), datetime::ADVICE))
            }),
            FieldType::Geo => geo::place_of(name, value).map(Self::Place),
        }
    }

    /// Fails where what is indexed would be another number than the one that is given: asked of what arrives. What is stored already
    /// is indexed as it was.
    pub fn check_exact(payload: &Payload, name: &str, kind: FieldType) -> Result<()> {
        let inexact = |value: &&&Value| matches!(value, Value::Number(number) if !is_exact_integer(number));
        match values_at(payload, name).iter().find(inexact) {
            Some(value) if kind == FieldType::Integer => {
                Err(mismatch(name, "a whole number within ±2^53, beyond which not all readers see the same", value))
            }
            _ => Ok(()),
        }
    }

    /// A number; there is one zero, whatever its sign.
    fn of_number(n: f64) -> Self {
        Self::Number(n + 0.0)
    }

    /// The keywords, if it is some.
    pub(crate) fn keywords(&self) -> &[Cow<'a, str>] {
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

    /// Texts and lists of texts; `null` is missing in a list as well.
    fn read_keywords(name: &str, values: &[&'a Value]) -> Result<Self> {
        let mut keywords = Vec::new();
        for value in values {
            let items = if let Value::Array(items) = value { items } else { core::slice::from_ref(*value) };
            for item in items.iter().filter(|item| !item.is_null()) {
                let text = item.as_str().ok_or_else(|| mismatch(name, "a string or a list of strings", item))?;
                keywords.push(nfc(text));
            }
        }
        if keywords.len() > MAX_KEYWORDS_PER_POINT || keywords.iter().any(|k| k.len() > MAX_KEYWORD_BYTES) {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("field {name:?}: at most {MAX_KEYWORDS_PER_POINT} keywords of {MAX_KEYWORD_BYTES} bytes"),
            ));
        }
        Ok(if keywords.is_empty() { Self::Missing } else { Self::Keywords(keywords) })
    }
}

/// Whether a number is a whole one that it stays in every reader. One that is written with a point or an exponent was rounded to 64 bits
/// when it was read: from 2^53 on it may have been another.
fn is_exact_integer(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(n), _) => n <= LARGEST_INTEGER as u64,
        (None, Some(n)) => n.unsigned_abs() <= LARGEST_INTEGER as u64,
        (None, None) => number.as_f64().is_some_and(|n| libm::fabs(n) < LARGEST_INTEGER),
    }
}

fn mismatch(name: &str, wanted: &str, value: &Value) -> Error {
    Error::new(
        Code::TypeMismatch,
        format!("field {name:?} is declared so that it takes {wanted}; found {}", kind_of(value)),
    )
}
