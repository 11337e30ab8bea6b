//! Filters: checked against a schema, and asked of one payload at a time.

use alloc::format;

use super::FieldValue;
use super::column::Storage;
use super::keyword::keyword_meets;
use super::number::NumberTest;
use crate::error::{Code, Error, Result};
use crate::model::{Condition, FieldType, Filter, Payload, Schema};

/// Fails with `unknown_field` or `type_mismatch` unless the schema declares what the filter compares.
pub fn check(filter: &Filter, schema: &Schema) -> Result<()> {
    match filter {
        Filter::And(list) | Filter::Or(list) => list.iter().try_for_each(|f| check(f, schema)),
        Filter::Not(inner) => check(inner, schema),
        Filter::Field(name, condition) => {
            let (_, kind) = schema.field(name)?;
            if fits(condition, kind) {
                return Ok(());
            }
            Err(Error::new(Code::TypeMismatch, format!("filter on field {name:?}: {}", advice(kind))))
        }
    }
}

fn fits(condition: &Condition, kind: FieldType) -> bool {
    match condition {
        Condition::Exists => true,
        Condition::In(values) => match Storage::of(kind) {
            Storage::Keywords => values.iter().all(|v| v.keyword(kind).is_some()),
            Storage::Numbers => values.iter().all(|v| v.number(kind).is_some()),
            Storage::Places => false,
        },
        Condition::Range { has_dates, .. } => {
            Storage::of(kind) == Storage::Numbers && (!has_dates || kind == FieldType::Datetime)
        }
        Condition::Prefix(_) | Condition::Contains(_) => kind == FieldType::Keyword,
        Condition::Within(_) => kind == FieldType::Geo,
    }
}

const fn advice(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Keyword => "it is a keyword: compare with texts by $eq, $ne, $in, $nin, $prefix, $contains",
        FieldType::Integer | FieldType::Float => "it is a number: compare with numbers",
        FieldType::Boolean => "it is a boolean: compare with true or false",
        FieldType::Datetime => {
            "it is a datetime: compare with texts such as \"2026-05-01T12:00:00Z\", or milliseconds since 1970"
        }
        FieldType::Geo => "it is a place: ask by $geoRadius or $geoBox",
    }
}

/// Whether one payload passes a checked filter: the memtable's path, and the twin of `Bound`.
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
                FieldValue::Number(n) => NumberTest::of(condition, kind).passes(n),
                FieldValue::Keywords(keywords) => keywords.iter().any(|k| keyword_meets(condition, kind, k)),
                FieldValue::Place(place) => match condition {
                    Condition::Within(area) => area.contains(place),
                    other => *other == Condition::Exists,
                },
            }
        }
    })
}
