//! Filters: checked against a schema, evaluated over columns, and over one payload at a time.

use alloc::format;

use super::column::Column;
use super::{Bitmap, FieldValue};
use crate::error::{Code, Error, Result};
use crate::model::{Condition, FieldType, Filter, Payload, Scalar, Schema};

/// Fails with `unknown_field` or `type_mismatch` unless the schema declares what the filter compares.
pub fn check(filter: &Filter, schema: &Schema) -> Result<()> {
    match filter {
        Filter::And(list) | Filter::Or(list) => list.iter().try_for_each(|f| check(f, schema)),
        Filter::Not(inner) => check(inner, schema),
        Filter::Field(name, condition) => {
            let (_, kind) = schema.field(name)?;
            let fits = match condition {
                Condition::Exists => true,
                Condition::In(values) => {
                    values.iter().all(|v| matches!(v, Scalar::Keyword(_)) == (kind == FieldType::Keyword))
                }
                Condition::Range { .. } => kind != FieldType::Keyword,
            };
            if fits {
                return Ok(());
            }
            let advice = if kind == FieldType::Keyword {
                "it is a keyword: compare with strings by $eq, $ne, $in, $nin"
            } else {
                "it is a number: compare with numbers"
            };
            Err(Error::new(Code::TypeMismatch, format!("filter on field {name:?}: {advice}")))
        }
    }
}

/// The ordinals of a segment that pass a checked filter; `columns` in schema order.
pub(crate) fn evaluate(filter: &Filter, schema: &Schema, columns: &[Column<'_>], points: u32) -> Result<Bitmap> {
    Ok(match filter {
        Filter::And(list) => {
            let mut all = Bitmap::all(points);
            for inner in list {
                all.intersect(&evaluate(inner, schema, columns, points)?);
            }
            all
        }
        Filter::Or(list) => {
            let mut any = Bitmap::none(points);
            for inner in list {
                any.unite(&evaluate(inner, schema, columns, points)?);
            }
            any
        }
        Filter::Not(inner) => {
            let mut set = evaluate(inner, schema, columns, points)?;
            set.negate();
            set
        }
        Filter::Field(name, condition) => {
            let (position, _) = schema.field(name)?;
            let column =
                columns.get(position).ok_or_else(|| Error::corrupt(format!("column of field {name:?} is missing")))?;
            evaluate_condition(condition, column, points)
        }
    })
}

fn evaluate_condition(condition: &Condition, column: &Column<'_>, points: u32) -> Bitmap {
    match (condition, column) {
        (Condition::Exists, _) => Bitmap::from_fn(points, |o| column.exists(o)),
        (Condition::In(values), Column::Keyword(k)) => {
            let mut wanted = Bitmap::none(k.len());
            let positions = values.iter().filter_map(|v| match v {
                Scalar::Keyword(text) => k.position(text),
                Scalar::Number(_) => None,
            });
            positions.for_each(|position| wanted.insert(position));
            Bitmap::from_fn(points, |o| k.row(o).iter().any(|&v| wanted.contains(v)))
        }
        (condition, _) => Bitmap::from_fn(points, |o| number_meets(condition, column.number(o))),
    }
}

fn number_meets(condition: &Condition, n: f64) -> bool {
    match condition {
        Condition::Exists => !n.is_nan(),
        Condition::In(values) => values.iter().any(|v| matches!(v, Scalar::Number(w) if *w == n)),
        Condition::Range { low, high } => {
            !n.is_nan()
                && low.is_none_or(|(bound, inclusive)| n > bound || (inclusive && n == bound))
                && high.is_none_or(|(bound, inclusive)| n < bound || (inclusive && n == bound))
        }
    }
}

/// Whether one payload passes a checked filter: the memtable's path, and the twin of [`evaluate`].
pub fn matches(filter: &Filter, schema: &Schema, payload: &Payload) -> Result<bool> {
    Ok(match filter {
        Filter::And(list) => {
            for inner in list {
                if !matches(inner, schema, payload)? {
                    return Ok(false);
                }
            }
            true
        }
        Filter::Or(list) => {
            for inner in list {
                if matches(inner, schema, payload)? {
                    return Ok(true);
                }
            }
            false
        }
        Filter::Not(inner) => !matches(inner, schema, payload)?,
        Filter::Field(name, condition) => {
            let (_, kind) = schema.field(name)?;
            match FieldValue::extract(payload, name, kind)? {
                FieldValue::Missing => false,
                FieldValue::Number(n) => number_meets(condition, n),
                FieldValue::Keywords(keywords) => match condition {
                    Condition::Exists => true,
                    Condition::In(values) => {
                        values.iter().any(|v| matches!(v, Scalar::Keyword(text) if keywords.contains(&text.as_str())))
                    }
                    Condition::Range { .. } => false,
                },
            }
        }
    })
}
