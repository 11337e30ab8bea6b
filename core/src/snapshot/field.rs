//! What a declared field says of a point, wherever it stands.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::ranked::Place;
use super::scope::Scope;
use crate::columns::{Column, FieldValue, StoredPlace, stored};
use crate::error::Result;
use crate::ids::Ordinal;
use crate::model::{FieldType, FilterField, Payload};

/// A field over all segments.
pub(super) struct Field<'a> {
    name: &'a str,
    declared: FilterField,
    /// By segment.
    columns: Vec<Column<'a>>,
}

/// One value of a point; of places all, because which of them counts depends on where one asks from.
pub(super) enum Value<'a> {
    Missing,
    Number(f64),
    /// What a keyword is compared by: without the difference of case where its field ignores that.
    Text(Cow<'a, str>),
    Places(Cow<'a, [StoredPlace]>),
}

/// Which of several values.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    Least,
    Greatest,
}

impl<'a> Field<'a> {
    /// Fails with `unknown_field` unless the schema declares it. The part of the query is the one that names it.
    pub(super) fn new(scope: &Scope<'a>, part: &str, name: &'a str) -> Result<Self> {
        let (position, declared) = scope.snapshot.schema.field_of(part, name)?;
        let segments = scope.snapshot.segments.iter();
        let columns = segments.map(|open| open.segment.column(position)).collect::<Result<_>>()?;
        Ok(Self { name, declared, columns })
    }

    pub(super) const fn name(&self) -> &'a str {
        self.name
    }

    pub(super) const fn kind(&self) -> FieldType {
        self.declared.kind
    }

    /// The value of a point.
    pub(super) fn value(&self, place: &Place, pick: Pick) -> Result<Value<'a>> {
        match place {
            Place::Memtable(point) => self.value_of(&point.payload, pick),
            Place::Segment(segment, ordinal) => Ok(self.value_in(*segment, *ordinal, pick)),
        }
    }

    /// The value of a point of a segment.
    pub(super) fn value_in(&self, segment: usize, ordinal: Ordinal, pick: Pick) -> Value<'a> {
        match self.columns.get(segment) {
            None => Value::Missing,
            Some(Column::Numbers(numbers)) => number(match pick {
                Pick::Least => numbers.least(ordinal),
                Pick::Greatest => numbers.greatest(ordinal),
            }),
            Some(Column::Places(places)) => Value::Places(places.row(ordinal).into()),
            Some(Column::Keywords(keywords)) => {
                let mut row = keywords.row(ordinal);
                let position = match pick {
                    Pick::Least => row.next(),
                    Pick::Greatest => row.last(),
                };
                position.map_or(Value::Missing, |position| Value::Text(keywords.key(position)))
            }
        }
    }

    fn value_of(&self, payload: &Payload, pick: Pick) -> Result<Value<'a>> {
        Ok(match FieldValue::extract(payload, self.name, self.declared)? {
            FieldValue::Missing => Value::Missing,
            FieldValue::Numbers(numbers) => {
                pick.among(&numbers).map_or(Value::Missing, |&number| Value::Number(number))
            }
            FieldValue::Places(places) => Value::Places(places.into_iter().map(stored).collect()),
            FieldValue::Keywords(keywords) => {
                let keyword = pick.among(&keywords);
                keyword.map_or(Value::Missing, |keyword| Value::Text(Cow::Owned(keyword.key().into())))
            }
        })
    }
}

impl Pick {
    /// One of some values, which ascend.
    fn among<T>(self, values: &[T]) -> Option<&T> {
        match self {
            Self::Least => values.first(),
            Self::Greatest => values.last(),
        }
    }
}

const fn number<'a>(number: f64) -> Value<'a> {
    if number.is_nan() { Value::Missing } else { Value::Number(number) }
}
