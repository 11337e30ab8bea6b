//! Of hits with the same value of a field, only the first one stays, with the next ones in its group.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::clauses::Clauses;
use super::field::{Field, Pick, Value};
use super::ranked::Ranked;
use super::scope::Scope;
use super::total::are_told_by_sets;
use crate::columns::{Bitmap, ordered, unordered};
use crate::error::{Code, Error, Result};
use crate::model::{FieldType, Scalar, Total};

/// A field whose values hits do not share.
pub(super) struct Collapse<'a> {
    field: Field<'a>,
    /// Hits of a value that are kept.
    most: usize,
    groups: Vec<Group<'a>>,
    by_value: BTreeMap<Shared, Known>,
    /// Points without the field among all that are found, once these are counted.
    missing: Option<u64>,
}

/// The hits of one value, or one hit that has none.
struct Group<'a> {
    hits: Vec<Ranked<'a>>,
    value: Option<Shared>,
}

/// The same, as it is told.
pub(super) struct Kept<'a> {
    pub(super) hits: Vec<Ranked<'a>>,
    pub(super) value: Option<Scalar>,
    pub(super) count: Total,
}

impl<'a> Kept<'a> {
    /// A hit of a query that does not collapse.
    pub(super) fn alone(hit: Ranked<'a>) -> Self {
        Self { hits: alloc::vec![hit], value: None, count: Total::exact(1) }
    }
}

/// What is known of a value.
#[derive(Default)]
struct Known {
    group: Option<usize>,
    /// Points with it among the hits so far.
    seen: u64,
    /// The same among all that are found, once these are counted.
    counted: u64,
}

/// What hits share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Number(u64),
    Text(String),
}

impl Shared {
    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Number(n) => Some(Self::Number(ordered(n))),
            Value::Text(text) => Some(Self::Text(text.into_owned())),
            Value::Missing | Value::Places(_) => None,
        }
    }
}

impl<'a> Collapse<'a> {
    /// Checks the field, if the query has one.
    pub(super) fn new(scope: &Scope<'a>) -> Result<Option<Self>> {
        let Some(collapse) = &scope.query.collapse else { return Ok(None) };
        let field = Field::new(scope, "collapse", &collapse.field)?;
        if field.kind() == FieldType::Geo {
            let name = field.name();
            let message =
                alloc::format!("\"collapse\": {name:?} is a place; collapse by a keyword, number or datetime");
            return Err(Error::new(Code::TypeMismatch, message));
        }
        let most = collapse.hits.unwrap_or(1) as usize;
        Ok(Some(Self { field, most, groups: Vec::new(), by_value: BTreeMap::new(), missing: None }))
    }

    /// Adds the next hits in order: each to the group of its value; those without the field stay, each for itself.
    pub(super) fn add(&mut self, found: Vec<Ranked<'a>>) -> Result<()> {
        for ranked in found {
            let value = Shared::of(self.field.value(&ranked.place, Pick::Least)?);
            let next = self.groups.len();
            let group = match &value {
                None => next,
                Some(value) => {
                    let known = self.by_value.entry(value.clone()).or_default();
                    known.seen += 1;
                    *known.group.get_or_insert(next)
                }
            };
            match self.groups.get_mut(group) {
                Some(group) if group.hits.len() < self.most => group.hits.push(ranked),
                Some(_) => {}
                None => self.groups.push(Group { hits: alloc::vec![ranked], value }),
            }
        }
        Ok(())
    }

    /// How many groups there are until now.
    pub(super) const fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether no further hit would change the groups from `from` to before `to`.
    pub(super) fn is_filled(&self, from: usize, to: usize) -> bool {
        let values = self.by_value.len() as u64;
        let are_all = self.missing.is_some_and(|missing| self.groups.len() as u64 >= values + missing);
        (self.groups.len() >= to || are_all)
            && self.groups.iter().take(to).skip(from).all(|group| self.has_all_of(group))
    }

    fn has_all_of(&self, group: &Group<'_>) -> bool {
        let known = group.value.as_ref().and_then(|value| self.by_value.get(value));
        let counted = known.filter(|_| self.missing.is_some()).map_or(u64::MAX, |known| known.counted);
        group.value.is_none() || group.hits.len() >= self.most || group.hits.len() as u64 >= counted
    }

    /// Counts the values of all points that are found, once; how many these are. What a threshold leaves out of several
    /// parts, or of a vector, only their scores say: then there is nothing to count.
    pub(super) fn count(&mut self, scope: &Scope<'_>, clauses: &Clauses) -> Result<Option<Total>> {
        if self.missing.is_some() || !are_told_by_sets(scope, clauses) {
            return Ok(None);
        }
        let (mut missing, mut all) = (0, 0);
        for index in 0..scope.snapshot.segments.len() {
            let found = clauses.found_in(scope, index)?;
            all += u64::from(found.count());
            missing += self.count_in(index, &found);
        }
        for point in scope.fresh().iter().filter(|point| clauses.finds(scope, point)) {
            all += 1;
            match Shared::of(self.field.value_of(&point.payload, Pick::Least)?) {
                Some(value) => self.by_value.entry(value).or_default().counted += 1,
                None => missing += 1,
            }
        }
        self.missing = Some(missing);
        Ok(Some(Total::exact(all)))
    }

    /// Adds what a segment's points have; how many have nothing.
    fn count_in(&mut self, index: usize, found: &Bitmap) -> u64 {
        let (counts, missing) = self.field.least_counts_in(index, found);
        for (value, count) in counts {
            if let Some(value) = Shared::of(value) {
                self.by_value.entry(value).or_default().counted += u64::from(count);
            }
        }
        u64::from(missing)
    }

    /// The groups from `from` to before `to`, as far as their points were counted or are through.
    pub(super) fn into_page(self, from: usize, to: usize, is_through: bool) -> Vec<Kept<'a>> {
        let Self { field, most: _, mut groups, by_value, missing } = self;
        let kept = |group: Group<'a>| {
            let known = group.value.as_ref().and_then(|value| by_value.get(value));
            let count = match known {
                None => Total::exact(1),
                Some(known) if is_through => Total::exact(known.seen),
                Some(known) if missing.is_some() => Total::exact(known.counted.max(known.seen)),
                Some(known) => Total::at_least(known.seen),
            };
            Kept { hits: group.hits, count, value: group.value.map(|value| told(field.kind(), value)) }
        };
        groups.truncate(to);
        groups.drain(..from.min(groups.len()));
        groups.into_iter().map(kept).collect()
    }
}

fn told(kind: FieldType, value: Shared) -> Scalar {
    match value {
        Shared::Number(bits) => Scalar::Number(unordered(bits)),
        Shared::Text(text) if kind == FieldType::Boolean => Scalar::Boolean(text == "true"),
        Shared::Text(text) => Scalar::Keyword(text),
    }
}
