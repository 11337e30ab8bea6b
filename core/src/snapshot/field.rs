//! What a declared field says of a point, wherever it stands.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::ranked::Place;
use super::scope::Scope;
use crate::columns::{Bitmap, Column, FieldValue, StoredPlace, ordered, stored, unordered};
use crate::error::Result;
use crate::ids::Ordinal;
use crate::model::{FieldType, FilterField, Payload};
use crate::order::{Key, sort_keys};
use crate::parts::Gaps;

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
        let (mut columns, mut gaps) = (Vec::new(), Gaps::default());
        for open in &scope.snapshot.segments {
            columns.extend(gaps.pass(open.segment.column(position))?);
        }
        gaps.close()?;
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
            Place::Memtable(point, _) => self.value_of(&point.payload, pick),
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

    /// How many of these points of a segment have each value, of several the least, and how many have none. A value may
    /// come more than once; of places there are none. Complexity: the points, and the values of the segment.
    pub(super) fn least_counts_in(&self, segment: usize, among: &Bitmap) -> (Vec<(Value<'a>, u32)>, u32) {
        match self.columns.get(segment) {
            None | Some(Column::Places(_)) => (Vec::new(), among.count()),
            Some(Column::Keywords(keywords)) => {
                let (counts, missing) = keywords.count_least(among);
                let values = (0..).zip(counts).filter(|(_, count)| *count > 0);
                (values.map(|(position, count)| (Value::Text(keywords.key(position)), count)).collect(), missing)
            }
            Some(Column::Numbers(numbers)) => {
                let least = among.iter().map(|ordinal| numbers.least(ordinal)).filter(|number| !number.is_nan());
                let mut keys: Vec<Key> = least.map(|number| (ordered(number), 0)).collect();
                let missing = among.count().saturating_sub(keys.len() as u32);
                sort_keys(&mut keys);
                let runs = keys.chunk_by(|a, b| a.0 == b.0);
                let value = |run: &[Key]| Some((Value::Number(unordered(run.first()?.0)), run.len() as u32));
                (runs.filter_map(value).collect(), missing)
            }
        }
    }

    /// The value of an unpublished point.
    pub(super) fn value_of(&self, payload: &Payload, pick: Pick) -> Result<Value<'a>> {
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
