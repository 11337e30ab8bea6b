//! What a declared field of one payload says: one rule for filters, sort, facets and collapse, published or not.
//!
//! A field has any number of values: its path may lead to several places, and a list stands for what is in it. `null`
//! is missing in a list as well, and of equal values one counts.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Number, Value};

use crate::casefold::folded;
use crate::error::{Code, Error, Result};
use crate::json::shown;
use crate::limits::{MAX_FIELD_VALUES, MAX_KEYWORD_BYTES};
use crate::model::{FieldType, FilterField, GeoPoint, Payload, datetime, geo, values_at};
use crate::nfc::nfc;
use crate::order::sort_by_rank;

use super::number::ordered;
use super::place::rank;

/// Whole numbers beyond this are not the same in every JSON reader.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The values of one field: ascending, each once, and at least one.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'a> {
    /// Absent, `null`, or a list of these.
    Missing,
    /// Keywords; of a boolean, its name.
    Keywords(Vec<Keyword<'a>>),
    /// Numbers; of datetimes, milliseconds since 1970.
    Numbers(Vec<f64>),
    /// Places, by latitude and then by longitude.
    Places(Vec<GeoPoint>),
}

/// A keyword in composed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyword<'a> {
    /// As it is written. Of several that are one value, the first by bytes.
    pub text: Cow<'a, str>,
    /// Where its field ignores case and that makes a difference.
    folded: Option<String>,
}

impl<'a> Keyword<'a> {
    pub(super) fn new(text: Cow<'a, str>, ignore_case: bool) -> Self {
        let folded = if ignore_case { folded(&text) } else { Cow::Borrowed(&*text) };
        let folded = if let Cow::Owned(folded) = folded { Some(folded) } else { None };
        Self { text, folded }
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.text)
    }
}

impl<'a> FieldValue<'a> {
    /// Reads the field, to which its name is a path, or says why a value does not fit the declared type.
    pub fn extract(payload: &'a Payload, name: &str, field: FilterField) -> Result<Self> {
        let items = items_at(payload, name);
        if items.is_empty() {
            return Ok(Self::Missing);
        }
        if items.len() > MAX_FIELD_VALUES {
            let message = format!("field {name:?}: at most {MAX_FIELD_VALUES} values, found {}", items.len());
            return Err(Error::new(Code::LimitExceeded, message));
        }
        match field.kind {
            FieldType::Keyword => keywords(name, &items, field.ignore_case),
            FieldType::Boolean => booleans(name, &items),
            FieldType::Geo => {
                let mut places = items.into_iter().map(|item| place(name, item)).collect::<Result<Vec<_>>>()?;
                sort_by_rank(&mut places, |place| rank(*place));
                places.dedup();
                Ok(Self::Places(places))
            }
            FieldType::Integer | FieldType::Float | FieldType::Datetime => {
                // There is one zero, whatever its sign.
                let number = |item| Ok(number(name, field.kind, item)? + 0.0);
                let mut numbers = items.into_iter().map(number).collect::<Result<Vec<_>>>()?;
                if numbers.len() > 1 {
                    sort_by_rank(&mut numbers, |&n| ordered(n));
                    numbers.dedup();
                }
                Ok(Self::Numbers(numbers))
            }
        }
    }

    /// Fails where what is indexed would be another number than the one that is given: asked of what arrives. What is
    /// stored already is indexed as it was.
    pub fn check_exact(payload: &Payload, name: &str, kind: FieldType) -> Result<()> {
        let inexact = |value: &&&Value| matches!(value, Value::Number(number) if !is_exact_integer(number));
        match items_at(payload, name).iter().find(inexact) {
            Some(value) if kind == FieldType::Integer => {
                Err(mismatch(name, "a whole number within ±2^53, beyond which not all readers see the same", value))
            }
            _ => Ok(()),
        }
    }

    /// The keywords, if it is some.
    pub(crate) fn keywords(&self) -> &[Keyword<'a>] {
        if let Self::Keywords(keywords) = self { keywords } else { &[] }
    }

    /// The numbers, if it is some.
    pub(crate) fn numbers(&self) -> &[f64] {
        if let Self::Numbers(numbers) = self { numbers } else { &[] }
    }

    /// The places, if it is some.
    pub(crate) fn places(&self) -> &[GeoPoint] {
        if let Self::Places(places) = self { places } else { &[] }
    }
}

/// What a field's path leads to, lists taken apart, without `null`.
fn items_at<'p>(payload: &'p Payload, name: &str) -> Vec<&'p Value> {
    let values = values_at(payload, name);
    if !values.iter().any(|value| value.is_array()) {
        return values;
    }
    let mut items = Vec::new();
    for value in values {
        let list = if let Value::Array(list) = value { list } else { core::slice::from_ref(value) };
        items.extend(list.iter().filter(|item| !item.is_null()));
    }
    items
}

fn number(name: &str, kind: FieldType, item: &Value) -> Result<f64> {
    match kind {
        FieldType::Integer => {
            let whole = item.as_f64().filter(|&n| libm::trunc(n) == n && libm::fabs(n) <= LARGEST_INTEGER);
            whole.ok_or_else(|| mismatch(name, "a whole number within ±2^53", item))
        }
        FieldType::Datetime => datetime::of(item).ok_or_else(|| {
            let error = mismatch(name, "a datetime", item);
            Error::new(error.code(), format!("{}; {}", error.message(), datetime::ADVICE))
        }),
        _ => item.as_f64().ok_or_else(|| mismatch(name, "a number", item)),
    }
}

fn place(name: &str, item: &Value) -> Result<GeoPoint> {
    match item {
        Value::Object(_) => geo::place_of(name, item),
        other => Err(mismatch(name, "a place such as {\"lat\": 52.5, \"lon\": 13.4}", other)),
    }
}

fn booleans<'a>(name: &str, items: &[&'a Value]) -> Result<FieldValue<'a>> {
    let (mut has_false, mut has_true) = (false, false);
    for item in items {
        match item {
            Value::Bool(true) => has_true = true,
            Value::Bool(false) => has_false = true,
            _ => return Err(mismatch(name, "true or false", item)),
        }
    }
    let names = [("false", has_false), ("true", has_true)].into_iter().filter(|(_, has)| *has);
    Ok(FieldValue::Keywords(names.map(|(name, _)| Keyword::new(Cow::Borrowed(name), false)).collect()))
}

fn keywords<'a>(name: &str, items: &[&'a Value], ignore_case: bool) -> Result<FieldValue<'a>> {
    let mut keywords = Vec::with_capacity(items.len());
    for item in items {
        let text = nfc(item.as_str().ok_or_else(|| mismatch(name, "a text", item))?);
        if text.len() > MAX_KEYWORD_BYTES {
            let message = format!("field {name:?}: a keyword has at most {MAX_KEYWORD_BYTES} bytes");
            return Err(Error::new(Code::LimitExceeded, message));
        }
        keywords.push(Keyword::new(text, ignore_case));
    }
    sort_keywords(&mut keywords);
    keywords.dedup_by(|next, last| next.key() == last.key());
    Ok(FieldValue::Keywords(keywords))
}

/// Sorts a few keywords: no sort of a map's kind for lists as short as these.
fn sort_keywords(keywords: &mut [Keyword<'_>]) {
    let rank = |keyword: &Keyword<'_>, other: &Keyword<'_>| {
        keyword.key().cmp(other.key()).then_with(|| keyword.text.cmp(&other.text))
    };
    for end in 1..keywords.len() {
        let Some((sorted, [next, ..])) = keywords.split_at_checked(end) else { return };
        let at = sorted.partition_point(|keyword| rank(keyword, next).is_le());
        keywords.get_mut(at..=end).into_iter().for_each(|moved| moved.rotate_right(1));
    }
}

/// Whether a number is a whole one that it stays in every reader. One that is written with a point or an exponent was
/// rounded to 64 bits when it was read: from 2^53 on it may have been another.
fn is_exact_integer(number: &Number) -> bool {
    match (number.as_u64(), number.as_i64()) {
        (Some(n), _) => n <= LARGEST_INTEGER as u64,
        (None, Some(n)) => n.unsigned_abs() <= LARGEST_INTEGER as u64,
        (None, None) => number.as_f64().is_some_and(|n| libm::fabs(n) < LARGEST_INTEGER),
    }
}

fn mismatch(name: &str, wanted: &str, value: &Value) -> Error {
    Error::new(Code::TypeMismatch, format!("field {name:?}: expected {wanted}, found {}", shown(value)))
}
