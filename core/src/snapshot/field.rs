//! What a declared field says of a point, wherever it stands.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::ranked::Place;
use super::scope::Scope;
use crate::columns::{Column, FieldValue};
use crate::error::Result;
use crate::ids::Ordinal;
use crate::model::{FieldType, GeoPoint, Payload};

/// A field over all segments.
pub(super) struct Field<'a> {
    name: &'a str,
    kind: FieldType,
    /// By segment.
    columns: Vec<Column<'a>>,
}

/// One value of a point.
pub(super) enum Value<'a> {
    Missing,
    Number(f64),
    Text(Cow<'a, str>),
    Place(GeoPoint),
}

/// Which of several keywords.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pick {
    Least,
    Greatest,
}

impl<'a> Field<'a> {
    /// Fails with `unknown_field` unless the schema declares it.
    pub(super) fn new(scope: &Scope<'a>, name: &'a str) -> Result<Self> {
        let (position, kind) = scope.snapshot.schema.field(name)?;
        let segments = scope.snapshot.segments.iter();
        let columns = segments.map(|open| open.segment.column(position)).collect::<Result<_>>()?;
        Ok(Self { name, kind, columns })
    }

    pub(super) const fn name(&self) -> &'a str {
        self.name
    }

    pub(super) const fn kind(&self) -> FieldType {
        self.kind
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
            Some(Column::Numbers(numbers)) => number(numbers.value(ordinal)),
            Some(Column::Places(places)) => places.place(ordinal).map_or(Value::Missing, Value::Place),
            Some(Column::Keywords(keywords)) => {
                let mut row = keywords.row(ordinal);
                let position = match pick {
                    Pick::Least => row.next(),
                    Pick::Greatest => row.last(),
                };
                position.map_or(Value::Missing, |position| Value::Text(keywords.text(position).into()))
            }
        }
    }

    fn value_of(&self, payload: &Payload, pick: Pick) -> Result<Value<'a>> {
        Ok(match FieldValue::extract(payload, self.name, self.kind)? {
            FieldValue::Missing => Value::Missing,
            FieldValue::Number(n) => number(n),
            FieldValue::Place(place) => Value::Place(place),
            FieldValue::Keywords(keywords) => {
                let keyword = match pick {
                    Pick::Least => keywords.iter().min(),
                    Pick::Greatest => keywords.iter().max(),
                };
                keyword.map_or(Value::Missing, |keyword| Value::Text(Cow::Owned(keyword.clone().into_owned())))
            }
        })
    }
}

const fn number<'a>(number: f64) -> Value<'a> {
    if number.is_nan() { Value::Missing } else { Value::Number(number) }
}
