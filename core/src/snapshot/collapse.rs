//! Of hits with the same value of a field, only the first one stays.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::ranked::{Place, Ranked};
use super::scope::Scope;
use crate::columns::{Column, FieldValue, ordered};
use crate::error::{Code, Error, Result};
use crate::model::FieldType;

/// A field whose values hits must not share.
pub(super) struct Collapse<'q> {
    name: &'q str,
    position: usize,
    kind: FieldType,
}

/// What points share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(u64),
    Text(String),
}

impl<'q> Collapse<'q> {
    /// Checks the field.
    pub(super) fn new(scope: &Scope<'q>) -> Result<Option<Self>> {
        let Some(name) = &scope.query.collapse else { return Ok(None) };
        let (position, kind) = scope.snapshot.schema.field(name)?;
        if kind == FieldType::Geo {
            let message =
                alloc::format!("\"collapse\": {name:?} is a place; collapse by a keyword, number or datetime");
            return Err(Error::new(Code::TypeMismatch, message));
        }
        Ok(Some(Self { name, position, kind }))
    }

    /// The first point of each value; points without the field stay, each for itself.
    pub(super) fn first_of_each<'a>(&self, scope: &Scope<'_>, found: Vec<Ranked<'a>>) -> Result<Vec<Ranked<'a>>> {
        let (mut seen, mut kept) = (BTreeSet::new(), Vec::new());
        for ranked in found {
            if self.value(scope, &ranked.place)?.is_none_or(|value| seen.insert(value)) {
                kept.push(ranked);
            }
        }
        Ok(kept)
    }

    /// The point's value; of several keywords, the first.
    fn value(&self, scope: &Scope<'_>, place: &Place) -> Result<Option<Value>> {
        let number = |n: f64| (!n.is_nan()).then(|| Value::Number(ordered(n)));
        match place {
            Place::Memtable(point) => {
                let value = FieldValue::extract(&point.payload, self.name, self.kind)?;
                let keyword = value.keywords().iter().min().map(|k| Value::Text((*k).into()));
                Ok(keyword.or_else(|| number(value.number())))
            }
            Place::Segment(index, ordinal) => {
                let Some(open) = scope.snapshot.segments.get(*index) else { return Ok(None) };
                Ok(match open.segment.column(self.position)? {
                    Column::Keywords(keywords) => {
                        keywords.row(*ordinal).next().map(|position| Value::Text(keywords.text(position).into()))
                    }
                    Column::Numbers(numbers) => number(numbers.value(*ordinal)),
                    Column::Places(_) => None,
                })
            }
        }
    }
}
