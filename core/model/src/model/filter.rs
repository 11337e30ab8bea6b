//! The filter language: conditions on declared fields, as users of other vector databases already
//! write them.
//!
//! ```json
//! { "pos": "noun", "senses": { "$gte": 2 }, "$or": [{ "lexfile": "noun.animal" }, { "lexfile": { "$exists": false } }] }
//! ```
//!
//! A bare value means `$eq`; several members of one object all have to hold. A field with several values meets a
//! condition when any of its values does; the two bounds of one object are one condition, which one value has to
//! meet. `$ne` and `$nin` are the negations of `$eq` and `$in`, so they also hold where the field is missing. `null`
//! is missing. Texts are compared in composed form, as keywords are kept.
//!
//! `$id` stands where a field does: `{ "$id": { "$in": ["a", "b"] } }`. Ids are compared byte by byte.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::geo::GeoArea;
use super::{FieldType, datetime};
use crate::error::{Code, Error, Result};
use crate::json::{Document, advice, shown};
use crate::limits::{MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH, MAX_KEYWORD_BYTES};
use crate::nfc::nfc;

const DOCUMENT: Document = Document::new("filter", Code::InvalidFilter);
/// What stands for a point's id where names of fields stand.
const ID: &str = "$id";
const ID_OPERATORS: [&str; 5] = ["$eq", "$ne", "$in", "$nin", "$prefix"];
const OPERATORS: [&str; 13] = [
    "$eq",
    "$ne",
    "$in",
    "$nin",
    "$gt",
    "$gte",
    "$lt",
    "$lte",
    "$exists",
    "$prefix",
    "$contains",
    "$geoRadius",
    "$geoBox",
];

/// The same language as a TypeScript type; it stands here so that parser and type change together.
#[cfg(feature = "typescript")]
pub const FILTER_TYPESCRIPT: &str = r"/** A value a filter compares with. */
export type Scalar = string | number | boolean;
/** A place, in degrees. */
export type Place = { lat: number, lon: number };
/** Conditions on one field; all have to hold. Bounds are numbers or, for datetimes, texts as RFC 3339 says; a radius is metres. */
export type Condition = { $eq?: Scalar, $ne?: Scalar, $in?: Scalar[], $nin?: Scalar[], $gt?: number | string, $gte?: number | string, $lt?: number | string, $lte?: number | string, $exists?: boolean, $prefix?: string, $contains?: string, $geoRadius?: Place & { radius: number }, $geoBox?: { topLeft: Place, bottomRight: Place } };
/** Conditions on a point's id; all have to hold. */
export type IdCondition = { $eq?: string, $ne?: string, $in?: string[], $nin?: string[], $prefix?: string };
/** Conditions by field, `$id`, and `$and`, `$or`, `$not`; all have to hold. */
export type Filter = { [field: string]: Scalar | Condition | Filter | Filter[] | undefined, $id?: string | IdCondition, $and?: Filter[], $or?: Filter[], $not?: Filter };
";

/// A value of a field: what a filter compares with, and what a facet counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scalar {
    /// Of keyword fields; of datetime fields as RFC 3339 says.
    Keyword(String),
    /// Of boolean fields.
    Boolean(bool),
    /// Of integer, float and datetime fields.
    Number(f64),
}

impl Scalar {
    /// The number that it is to a field of this type; none where the two do not fit.
    #[must_use]
    pub fn number(&self, kind: FieldType) -> Option<f64> {
        match (self, kind) {
            (Self::Number(n), FieldType::Integer | FieldType::Float | FieldType::Datetime) => Some(*n),
            (Self::Keyword(text), FieldType::Datetime) => datetime::parse(text),
            _ => None,
        }
    }

    /// The keyword that it is to a field of this type; none where the two do not fit.
    #[must_use]
    pub fn keyword(&self, kind: FieldType) -> Option<&str> {
        match (self, kind) {
            (Self::Keyword(text), FieldType::Keyword) => Some(text),
            (Self::Boolean(value), FieldType::Boolean) => Some(if *value { "true" } else { "false" }),
            _ => None,
        }
    }
}

/// One condition on one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Any value equals any of these (`$eq`, `$in`).
    In(Vec<Scalar>),
    /// Any value lies between the bounds: `(bound, inclusive)`.
    Range {
        /// Lower bound.
        low: Option<(f64, bool)>,
        /// Upper bound.
        high: Option<(f64, bool)>,
        /// Whether a bound is written as a datetime.
        has_dates: bool,
    },
    /// The field has a value.
    Exists,
    /// Any keyword begins with this.
    Prefix(String),
    /// Any keyword has this in it.
    Contains(String),
    /// The place lies in it.
    Within(GeoArea),
}

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All hold; the empty list holds.
    And(Vec<Self>),
    /// Any holds; the empty list does not.
    Or(Vec<Self>),
    /// Does not hold.
    Not(Box<Self>),
    /// A condition on a field.
    Field(String, Condition),
    /// A condition on the id.
    Id(IdCondition),
}

/// One condition on a point's id.
#[derive(Debug, Clone, PartialEq)]
pub enum IdCondition {
    /// It is one of these.
    In(Vec<String>),
    /// It begins with this.
    Prefix(String),
}

impl Filter {
    /// Parses a filter from JSON.
    pub fn from_value(value: &Value) -> Result<Self> {
        Parser { conditions: 0 }.object(value, 0)
    }

    /// The conditions that all have to hold: the members of the filter and, at any depth, of its `$and`s.
    #[must_use]
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::And(list) => list.iter().flat_map(Self::conjuncts).collect(),
            other => alloc::vec![other],
        }
    }

    /// The field that it asks about, if it asks about nothing else. Filters without conditions, `{}`, ask about
    /// nothing.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        let mut field = None;
        self.asks_only_about(&mut field).then_some(field).flatten()
    }

    /// Whether it asks about nothing but this field, which is the first one that is met if there is none yet.
    fn asks_only_about<'f>(&'f self, field: &mut Option<&'f str>) -> bool {
        match self {
            Self::Field(name, _) => *field.get_or_insert(name) == name,
            Self::Not(inner) => inner.asks_only_about(field),
            Self::And(list) | Self::Or(list) => list.iter().all(|filter| filter.asks_only_about(field)),
            Self::Id(_) => false,
        }
    }
}

struct Parser {
    conditions: usize,
}

impl Parser {
    fn object(&mut self, value: &Value, depth: usize) -> Result<Filter> {
        if depth > MAX_FILTER_DEPTH {
            return Err(Error::new(Code::LimitExceeded, format!("a filter nests at most {MAX_FILTER_DEPTH} deep")));
        }
        let Value::Object(members) = value else {
            return Err(invalid(format!(
                "a filter is an object such as {{\"field\": \"value\"}}, not {}",
                shown(value)
            )));
        };
        let mut all = Vec::with_capacity(members.len());
        for (key, value) in members {
            match key.as_str() {
                "$and" => all.push(Filter::And(self.list(key, value, depth)?)),
                "$or" => all.push(Filter::Or(self.list(key, value, depth)?)),
                "$not" => all.push(Filter::Not(Box::new(self.object(value, depth + 1)?))),
                ID => self.id(value, &mut all)?,
                operator if operator.starts_with('$') => {
                    return Err(invalid(format!(
                        "{operator:?} does not stand here; filters combine with $and, $or, $not; $id is a point's id"
                    )));
                }
                field => self.field(field, value, &mut all)?,
            }
        }
        Ok(match all.pop() {
            Some(only) if all.is_empty() => only,
            Some(last) => {
                all.push(last);
                Filter::And(all)
            }
            None => Filter::And(all),
        })
    }

    fn list(&mut self, operator: &str, value: &Value, depth: usize) -> Result<Vec<Filter>> {
        let Value::Array(items) = value else {
            return Err(invalid(format!("{operator} takes a list of filters, not {}", shown(value))));
        };
        items.iter().map(|item| self.object(item, depth + 1)).collect()
    }

    fn field(&mut self, field: &str, value: &Value, all: &mut Vec<Filter>) -> Result<()> {
        let Value::Object(operators) = value else {
            self.count(1)?;
            all.push(Filter::Field(field.into(), Condition::In(alloc::vec![scalar(field, value)?])));
            return Ok(());
        };
        if operators.is_empty() {
            return Err(invalid(format!(
                "field {field:?} has no condition; write a value or an object such as {{\"$gte\": 2}}"
            )));
        }
        let (mut low, mut high, mut has_dates) = (None, None, false);
        for (operator, value) in operators {
            self.count(1)?;
            let condition = match operator.as_str() {
                "$eq" | "$ne" => Condition::In(alloc::vec![scalar(field, value)?]),
                "$in" | "$nin" => Condition::In(self.scalars(field, operator, value)?),
                "$gt" | "$gte" | "$lt" | "$lte" => {
                    has_dates |= value.is_string();
                    let bound = (bound(field, operator, value)?, operator.ends_with('e'));
                    if operator.starts_with("$g") {
                        tighten(&mut low, bound, |new, old| new > old);
                    } else {
                        tighten(&mut high, bound, |new, old| new < old);
                    }
                    continue;
                }
                "$exists" => Condition::Exists,
                "$prefix" => Condition::Prefix(text(field, operator, value)?),
                "$contains" => Condition::Contains(text(field, operator, value)?),
                "$geoRadius" => Condition::Within(GeoArea::read_circle(value, DOCUMENT)?),
                "$geoBox" => Condition::Within(GeoArea::read_box(value, DOCUMENT)?),
                unknown => {
                    return Err(invalid(format!(
                        "field {field:?}: no operator {unknown:?}; {}",
                        advice(unknown, &OPERATORS)
                    )));
                }
            };
            let is_negated = match (operator.as_str(), value) {
                ("$exists", Value::Bool(exists)) => !exists,
                ("$exists", _) => return Err(invalid(format!("field {field:?}: $exists takes true or false"))),
                (name, _) => name == "$ne" || name == "$nin",
            };
            let filter = Filter::Field(field.into(), condition);
            all.push(if is_negated { Filter::Not(Box::new(filter)) } else { filter });
        }
        if low.is_some() || high.is_some() {
            all.push(Filter::Field(field.into(), Condition::Range { low, high, has_dates }));
        }
        Ok(())
    }

    fn id(&mut self, value: &Value, all: &mut Vec<Filter>) -> Result<()> {
        let Value::Object(operators) = value else {
            self.count(1)?;
            all.push(Filter::Id(IdCondition::In(alloc::vec![id(value)?])));
            return Ok(());
        };
        if operators.is_empty() {
            return Err(invalid("$id has no condition; write an id or an object such as {\"$in\": [\"a\"]}".into()));
        }
        for (operator, value) in operators {
            self.count(1)?;
            let condition = match operator.as_str() {
                "$eq" | "$ne" => IdCondition::In(alloc::vec![id(value)?]),
                "$in" | "$nin" => {
                    let Value::Array(items) = value else {
                        let found = shown(value);
                        return Err(invalid(format!("$id: {operator} takes a list of ids, not {found}")));
                    };
                    self.count(items.len())?;
                    IdCondition::In(items.iter().map(id).collect::<Result<_>>()?)
                }
                "$prefix" => IdCondition::Prefix(id(value)?),
                unknown => {
                    let advice = advice(unknown, &ID_OPERATORS);
                    return Err(invalid(format!("$id: no operator {unknown:?}; {advice}")));
                }
            };
            let filter = Filter::Id(condition);
            let is_negated = operator == "$ne" || operator == "$nin";
            all.push(if is_negated { Filter::Not(Box::new(filter)) } else { filter });
        }
        Ok(())
    }

    fn scalars(&mut self, field: &str, operator: &str, value: &Value) -> Result<Vec<Scalar>> {
        let Value::Array(items) = value else {
            let found = shown(value);
            return Err(invalid(format!("field {field:?}: {operator} takes a list of values, not {found}")));
        };
        self.count(items.len())?;
        items.iter().map(|item| scalar(field, item)).collect()
    }

    fn count(&mut self, more: usize) -> Result<()> {
        self.conditions += more;
        if self.conditions > MAX_FILTER_CONDITIONS {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("a filter has at most {MAX_FILTER_CONDITIONS} conditions and values"),
            ));
        }
        Ok(())
    }
}

/// Two bounds on one side are both kept by keeping the tighter one; at the same value the open one.
fn tighten(side: &mut Option<(f64, bool)>, new: (f64, bool), tighter: impl Fn(f64, f64) -> bool) {
    let replace = side.is_none_or(|old| tighter(new.0, old.0) || (new.0 == old.0 && !new.1));
    if replace {
        *side = Some(new);
    }
}

/// An id as it is given: `Zürich` in composed and in decomposed form are two.
fn id(value: &Value) -> Result<String> {
    let wrong = || invalid(format!("$id: an id is a text, not {}", shown(value)));
    value.as_str().map(String::from).ok_or_else(wrong)
}

fn scalar(field: &str, value: &Value) -> Result<Scalar> {
    match value {
        Value::String(text) => Ok(Scalar::Keyword(nfc(text).into_owned())),
        Value::Bool(value) => Ok(Scalar::Boolean(*value)),
        Value::Number(n) => exact(n).map(Scalar::Number).ok_or_else(|| beyond(field)),
        _ => Err(invalid(format!(
            "field {field:?}: compare with a text, a number, true or false, not {}; $in takes a list, $exists asks for missing values",
            shown(value)
        ))),
    }
}

fn bound(field: &str, operator: &str, value: &Value) -> Result<f64> {
    if let Value::Number(n) = value {
        return exact(n).ok_or_else(|| beyond(field));
    }
    value.as_str().and_then(datetime::parse).ok_or_else(|| {
        let found = shown(value);
        invalid(format!("field {field:?}: {operator} takes a number or a datetime, not {found}; {}", datetime::ADVICE))
    })
}

fn text(field: &str, operator: &str, value: &Value) -> Result<String> {
    let text = value.as_str().filter(|text| text.len() <= MAX_KEYWORD_BYTES);
    text.map(|text| nfc(text).into_owned()).ok_or_else(|| {
        invalid(format!("field {field:?}: {operator} takes a text of at most {MAX_KEYWORD_BYTES} bytes"))
    })
}

/// A number as fields have it; none where it would be another number, which points may have.
fn exact(number: &Number) -> Option<f64> {
    let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs)).unwrap_or_default();
    // A double has 53 bits: what is in the lower ones of a larger number is lost.
    let is_exact = whole >> 53 == 0 || whole >> whole.trailing_zeros() >> 53 == 0;
    number.as_f64().filter(|_| is_exact)
}

fn beyond(field: &str) -> Error {
    invalid(format!(
        "field {field:?}: numbers are 64-bit floats, which do not have this whole number; they have all within ±2^53"
    ))
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidFilter, message)
}
