//! A filter, checked against a schema: what is asked of which field. It is asked of one unpublished point at a time,
//! which is the naive twin of `bound`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::FieldValue;
use super::column::Storage;
use super::keyword::KeywordTest;
use super::number::NumberTest;
use super::words::WordTest;
use crate::error::{Code, Error, Result};
use crate::model::{Condition, FieldType, Filter, FilterField, GeoArea, IdCondition, Payload, Schema};
use crate::text::Words;

/// A checked filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CheckedFilter {
    /// All hold.
    All(Vec<Self>),
    /// Any holds.
    Any(Vec<Self>),
    /// Does not hold.
    Not(Box<Self>),
    Field(FieldTest),
    Id(IdTest),
    Words(WordTest),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldTest {
    name: String,
    field: FilterField,
    /// Its position among the schema's fields.
    pub(super) position: usize,
    pub(super) asks: Asks,
}

/// What is asked of its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asks {
    Keywords(KeywordTest),
    Numbers(NumberTest),
    /// That it lies in the area; none: that there is one.
    Places(Option<GeoArea>),
}

/// What is asked of an id.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum IdTest {
    /// That it is one of these.
    In(Vec<String>),
    /// That it begins with this.
    Prefix(String),
}

/// A point that stands in no segment yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpublished<'p> {
    pub(crate) id: &'p str,
    pub(crate) payload: &'p Payload,
    /// The words of its text fields, in schema order.
    pub(crate) texts: &'p [Words],
}

impl CheckedFilter {
    /// Fails with `unknown_field` or `type_mismatch` unless the schema declares what the filter compares.
    pub(crate) fn new(filter: &Filter, schema: &Schema) -> Result<Self> {
        Ok(match filter {
            Filter::And(list) => Self::all_of(list, schema)?,
            Filter::Or(list) => Self::Any(list.iter().map(|f| Self::new(f, schema)).collect::<Result<_>>()?),
            Filter::Not(inner) => Self::Not(Box::new(Self::new(inner, schema)?)),
            Filter::Id(IdCondition::In(ids)) => Self::Id(IdTest::In(ids.clone())),
            Filter::Id(IdCondition::Prefix(prefix)) => Self::Id(IdTest::Prefix(prefix.clone())),
            Filter::Field(name, condition) => match WordTest::of(name, condition, schema)? {
                Some(test) => Self::Words(test),
                None => Self::Field(FieldTest::new(name, condition, schema)?),
            },
        })
    }

    /// That all of these hold.
    pub(crate) fn all_of<'f>(list: impl IntoIterator<Item = &'f Filter>, schema: &Schema) -> Result<Self> {
        list.into_iter().map(|f| Self::new(f, schema)).collect::<Result<_>>().map(Self::All)
    }

    /// Whether it asks the values of the field at a position of the schema.
    pub(crate) fn asks(&self, position: usize) -> bool {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().any(|inner| inner.asks(position)),
            Self::Not(inner) => inner.asks(position),
            Self::Field(test) => test.position == position,
            Self::Id(_) | Self::Words(_) => false,
        }
    }

    /// Whether a point passes.
    pub(crate) fn passes(&self, point: Unpublished<'_>) -> Result<bool> {
        Ok(match self {
            Self::All(list) => {
                for inner in list {
                    if !inner.passes(point)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(list) => {
                for inner in list {
                    if inner.passes(point)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(inner) => !inner.passes(point)?,
            Self::Field(test) => test.passes(point.payload)?,
            Self::Words(test) => test.passes(point.texts),
            Self::Id(IdTest::In(ids)) => ids.iter().any(|id| id == point.id),
            Self::Id(IdTest::Prefix(prefix)) => point.id.starts_with(prefix.as_str()),
        })
    }
}

impl FieldTest {
    fn new(name: &str, condition: &Condition, schema: &Schema) -> Result<Self> {
        let (position, field) = schema.field(name).map_err(|error| {
            let is_text = schema.text.contains_key(name);
            let advice = "; of this text field filters ask which words it has, by {\"$contains\": \"wild cat\"}";
            let advice = if is_text { advice } else { "" };
            Error::new(error.code(), format!("{}{advice}", error.message()))
        })?;
        let asks = match (Storage::of(field.kind), condition) {
            (Storage::Keywords, _) => KeywordTest::of(condition, field).map(Asks::Keywords),
            (Storage::Numbers, _) => NumberTest::of(condition, field.kind).map(Asks::Numbers),
            (Storage::Places, Condition::Exists) => Some(Asks::Places(None)),
            (Storage::Places, Condition::Within(area)) => Some(Asks::Places(Some(*area))),
            (Storage::Places, _) => None,
        };
        let wrong = || Error::new(Code::TypeMismatch, format!("filter on field {name:?}: {}", advice(field.kind)));
        Ok(Self { name: name.into(), field, position, asks: asks.ok_or_else(wrong)? })
    }

    /// Whether any of the values passes.
    fn passes(&self, payload: &Payload) -> Result<bool> {
        let value = FieldValue::extract(payload, &self.name, self.field)?;
        Ok(match &self.asks {
            Asks::Keywords(test) => value.keywords().iter().any(|keyword| test.passes(keyword.key())),
            Asks::Numbers(test) => value.numbers().iter().any(|&number| test.passes(number)),
            Asks::Places(area) => value.places().iter().any(|&place| area.is_none_or(|area| area.contains(place))),
        })
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
