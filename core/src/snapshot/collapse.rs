//! Of hits with the same value of a field, only the first one stays.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::field::{Field, Pick, Value};
use super::ranked::Ranked;
use super::scope::Scope;
use crate::columns::ordered;
use crate::error::{Code, Error, Result};
use crate::model::FieldType;

/// A field whose values hits must not share, and those that hits have.
pub(super) struct Collapse<'a> {
    field: Field<'a>,
    seen: BTreeSet<Shared>,
}

/// What hits share.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Number(u64),
    Text(String),
}

impl<'a> Collapse<'a> {
    /// Checks the field, if the query has one.
    pub(super) fn new(scope: &Scope<'a>) -> Result<Option<Self>> {
        let Some(name) = &scope.query.collapse else { return Ok(None) };
        let field = Field::new(scope, "collapse", name)?;
        if field.kind() == FieldType::Geo {
            let name = field.name();
            let message =
                alloc::format!("\"collapse\": {name:?} is a place; collapse by a keyword, number or datetime");
            return Err(Error::new(Code::TypeMismatch, message));
        }
        Ok(Some(Self { field, seen: BTreeSet::new() }))
    }

    /// The first point of each value that no hit has yet; points without the field stay, each for itself.
    pub(super) fn first_of_each(&mut self, found: Vec<Ranked<'a>>) -> Result<Vec<Ranked<'a>>> {
        let mut kept = Vec::new();
        for ranked in found {
            let shared = match self.field.value(&ranked.place, Pick::Least)? {
                Value::Number(n) => Some(Shared::Number(ordered(n))),
                Value::Text(text) => Some(Shared::Text(text.into_owned())),
                Value::Missing | Value::Places(_) => None,
            };
            if shared.is_none_or(|shared| self.seen.insert(shared)) {
                kept.push(ranked);
            }
        }
        Ok(kept)
    }
}
