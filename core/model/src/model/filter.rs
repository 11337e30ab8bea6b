//! The filter language: conditions on declared fields, as users of other vector databases already
//! write them.
//!
//! ```json
//! { "pos": "noun", "senses": { "$gte": 2 }, "$or": [{ "lexfile": "noun.animal" }, { "lexfile": { "$exists": false } }] }
//! ```
//!
//! A bare value means `$eq`; several members of one object all have to hold. A field with several
//! values meets `$eq`, `$in` and ranges when any of its values does. `$ne` and `$nin` are the
//! negations of `$eq` and `$in`, so they also hold where the field is missing. `null` is missing.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::kind_of;
use crate::limits::{MAX_FILTER_CONDITIONS, MAX_FILTER_DEPTH};

/// The same language as a TypeScript type; it stands here so that parser and type change together.
#[cfg(feature = "typescript")]
pub const FILTER_TYPESCRIPT: &str = r"/** A value a filter compares with. */
export type Scalar = string | number;
/** Conditions on one field; all have to hold. */
export type Condition = { $eq?: Scalar, $ne?: Scalar, $in?: Scalar[], $nin?: Scalar[], $gt?: number, $gte?: number, $lt?: number, $lte?: number, $exists?: boolean };
/** Conditions by field, and `$and`, `$or`, `$not`; all have to hold. */
export type Filter = { [field: string]: Scalar | Condition | Filter | Filter[] | undefined, $and?: Filter[], $or?: Filter[], $not?: Filter };
";

/// A value a filter compares with.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// For keyword fields.
    Keyword(String),
    /// For integer and float fields.
    Number(f64),
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
    },
    /// The field has a value.
    Exists,
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
}

impl Filter {
    /// Parses a filter from JSON.
    pub fn from_value(value: &Value) -> Result<Self> {
        Parser { conditions: 0 }.object(value, 0)
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
                kind_of(value)
            )));
        };
        let mut all = Vec::with_capacity(members.len());
        for (key, value) in members {
            match key.as_str() {
                "$and" => all.push(Filter::And(self.list(key, value, depth)?)),
                "$or" => all.push(Filter::Or(self.list(key, value, depth)?)),
                "$not" => all.push(Filter::Not(Box::new(self.object(value, depth + 1)?))),
                operator if operator.starts_with('$') => {
                    return Err(invalid(format!(
                        "{operator:?} does not stand here; filters combine with $and, $or, $not"
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
            return Err(invalid(format!("{operator} takes a list of filters")));
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
        let (mut low, mut high) = (None, None);
        for (operator, value) in operators {
            self.count(1)?;
            let any_of = |values| Filter::Field(field.into(), Condition::In(values));
            match operator.as_str() {
                "$eq" => all.push(any_of(alloc::vec![scalar(field, value)?])),
                "$ne" => all.push(Filter::Not(Box::new(any_of(alloc::vec![scalar(field, value)?])))),
                "$in" => all.push(any_of(self.scalars(field, operator, value)?)),
                "$nin" => all.push(Filter::Not(Box::new(any_of(self.scalars(field, operator, value)?)))),
                "$gt" => tighten(&mut low, (number(field, operator, value)?, false), |new, old| new > old),
                "$gte" => tighten(&mut low, (number(field, operator, value)?, true), |new, old| new > old),
                "$lt" => tighten(&mut high, (number(field, operator, value)?, false), |new, old| new < old),
                "$lte" => tighten(&mut high, (number(field, operator, value)?, true), |new, old| new < old),
                "$exists" => {
                    let exists = Filter::Field(field.into(), Condition::Exists);
                    all.push(match value {
                        Value::Bool(true) => exists,
                        Value::Bool(false) => Filter::Not(Box::new(exists)),
                        _ => return Err(invalid(format!("field {field:?}: $exists takes true or false"))),
                    });
                }
                unknown => {
                    return Err(invalid(format!(
                        "field {field:?}: no operator {unknown:?}; there are $eq $ne $in $nin $gt $gte $lt $lte $exists"
                    )));
                }
            }
        }
        if low.is_some() || high.is_some() {
            all.push(Filter::Field(field.into(), Condition::Range { low, high }));
        }
        Ok(())
    }

    fn scalars(&mut self, field: &str, operator: &str, value: &Value) -> Result<Vec<Scalar>> {
        let Value::Array(items) = value else {
            return Err(invalid(format!("field {field:?}: {operator} takes a list of values")));
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

fn scalar(field: &str, value: &Value) -> Result<Scalar> {
    match value {
        Value::String(text) => Ok(Scalar::Keyword(text.clone())),
        Value::Number(n) => {
            n.as_f64().map(Scalar::Number).ok_or_else(|| invalid(format!("field {field:?}: a number is out of range")))
        }
        _ => Err(invalid(format!(
            "field {field:?}: compare with a string or a number, not {}; use $exists for missing values",
            kind_of(value)
        ))),
    }
}

fn number(field: &str, operator: &str, value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| invalid(format!("field {field:?}: {operator} takes a number, not {}", kind_of(value))))
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidFilter, message)
}
