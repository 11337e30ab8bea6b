//! Counts of field values over all that a query finds: what passes the filter and, where it asks by words alone, has the words.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::clauses::Clauses;
use super::scope::Scope;
use crate::columns::{Bitmap, Column, FieldValue, KeywordColumn, NumberColumn, Storage};
use crate::error::{Code, Error, Result};
use crate::model::{ByName, Facet, FacetCounts, FieldType, Payload, Scalar, ValueCount};
use crate::order::sort_by_rank;

/// A facet in the making.
struct Count<'q> {
    name: &'q String,
    position: usize,
    kind: FieldType,
    facet: &'q Facet,
    /// By value.
    values: Vec<ValueCount>,
    ranges: Vec<u32>,
    missing: u32,
}

/// Counts the facets of a query. Complexity: every point that is found, for each facet.
pub(super) fn count(scope: &Scope<'_>, facets: &ByName<Facet>, clauses: &Clauses) -> Result<ByName<FacetCounts>> {
    let mut counts = facets.iter().map(|(name, facet)| Count::new(scope, name, facet)).collect::<Result<Vec<_>>>()?;
    for (index, open) in scope.snapshot.segments.iter().enumerate() {
        let found = clauses.found_in(scope, index)?;
        for count in &mut counts {
            count.add_column(&open.segment.column(count.position)?, &found);
        }
    }
    for point in scope.fresh.iter().filter(|point| clauses.finds(scope, point)) {
        counts.iter_mut().try_for_each(|count| count.add_payload(&point.payload))?;
    }
    let mut all = ByName::new();
    for (name, counts) in counts.into_iter().map(Count::finish) {
        all.insert(name, counts);
    }
    Ok(all)
}

impl<'q> Count<'q> {
    fn new(scope: &Scope<'_>, name: &'q String, facet: &'q Facet) -> Result<Self> {
        let (position, kind) = scope.snapshot.schema.field(name)?;
        let wrong = |advice: &str| Err(Error::new(Code::TypeMismatch, format!("facet of field {name:?}: {advice}")));
        match Storage::of(kind) {
            Storage::Places => return wrong("places are not counted; count a keyword, number or datetime"),
            Storage::Keywords if facet.ranges.is_some() => return wrong("it has values and no \"ranges\""),
            Storage::Keywords | Storage::Numbers => {}
        }
        let ranges = alloc::vec![0; facet.ranges.as_ref().map_or(0, Vec::len)];
        Ok(Self { name, position, kind, facet, values: Vec::new(), ranges, missing: 0 })
    }

    fn add_column(&mut self, column: &Column<'_>, found: &Bitmap) {
        match column {
            Column::Keywords(keywords) => self.add_keywords(keywords, found),
            Column::Numbers(numbers) if self.facet.ranges.is_some() => {
                found.iter().for_each(|ordinal| self.add_number(numbers.value(ordinal)));
            }
            Column::Numbers(numbers) => self.add_numbers(numbers, found),
            Column::Places(_) => {}
        }
    }

    fn add_keywords(&mut self, keywords: &KeywordColumn<'_>, found: &Bitmap) {
        let (counts, missing) = keywords.count(found);
        self.missing += missing;
        let named = (0..).zip(counts).filter(|(_, count)| *count > 0);
        let here = named.map(|(position, count)| self.keyword(keywords.text(position), count)).collect();
        self.values = merged(core::mem::take(&mut self.values), here);
    }

    fn keyword(&self, text: &str, count: u32) -> ValueCount {
        let value = match self.kind {
            FieldType::Boolean => Scalar::Boolean(text == "true"),
            _ => Scalar::Keyword(text.into()),
        };
        ValueCount { value, count }
    }

    /// Counts values of numbers: in their order, so that equal ones come one after the other.
    fn add_numbers(&mut self, numbers: &NumberColumn<'_>, found: &Bitmap) {
        let (mut here, mut with): (Vec<ValueCount>, u32) = (Vec::new(), 0);
        for &ordinal in numbers.order.iter().filter(|&&ordinal| found.contains(ordinal)) {
            let value = Scalar::Number(numbers.value(ordinal));
            with += 1;
            match here.last_mut().filter(|last| last.value == value) {
                Some(last) => last.count += 1,
                None => here.push(ValueCount { value, count: 1 }),
            }
        }
        self.missing += found.count().saturating_sub(with);
        self.values = merged(core::mem::take(&mut self.values), here);
    }

    fn add_number(&mut self, number: f64) {
        self.missing += u32::from(number.is_nan());
        for (count, range) in self.ranges.iter_mut().zip(self.facet.ranges.iter().flatten()) {
            *count += u32::from(!number.is_nan() && range.contains(number));
        }
    }

    fn add_payload(&mut self, payload: &Payload) -> Result<()> {
        let here = match FieldValue::extract(payload, self.name, self.kind)? {
            FieldValue::Number(number) if self.facet.ranges.is_some() => {
                self.add_number(number);
                return Ok(());
            }
            FieldValue::Missing | FieldValue::Place(_) => {
                self.missing += 1;
                return Ok(());
            }
            FieldValue::Number(number) => alloc::vec![ValueCount { value: Scalar::Number(number), count: 1 }],
            FieldValue::Keywords(mut keywords) => {
                sort_texts(&mut keywords);
                keywords.iter().map(|keyword| self.keyword(keyword, 1)).collect()
            }
        };
        self.values = merged(core::mem::take(&mut self.values), here);
        Ok(())
    }

    fn finish(mut self) -> (String, FacetCounts) {
        // They stand by value, and keep that order where counts are equal.
        sort_by_rank(&mut self.values, |v| u64::from(!v.count));
        self.values.truncate(self.facet.top());
        (self.name.clone(), FacetCounts { values: self.values, ranges: self.ranges, missing: self.missing })
    }
}

/// Sorts a few texts and drops equal ones: no sort of a map's kind for lists as short as these.
fn sort_texts(texts: &mut Vec<Cow<'_, str>>) {
    for end in 1..texts.len() {
        let mut at = end;
        while at > 0 && texts.get(at - 1) > texts.get(at) {
            texts.swap(at - 1, at);
            at -= 1;
        }
    }
    texts.dedup();
}

/// The order of values of one field: all are of one kind.
fn order(left: &Scalar, right: &Scalar) -> Ordering {
    match (left, right) {
        (Scalar::Keyword(a), Scalar::Keyword(b)) => a.cmp(b),
        (Scalar::Boolean(a), Scalar::Boolean(b)) => a.cmp(b),
        (Scalar::Number(a), Scalar::Number(b)) => a.total_cmp(b),
        _ => Ordering::Equal,
    }
}

/// Two lists by value as one.
fn merged(left: Vec<ValueCount>, right: Vec<ValueCount>) -> Vec<ValueCount> {
    if left.is_empty() {
        return right;
    }
    let mut all = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = order(&a.value, &b.value);
        let next = if order.is_le() { left.next() } else { right.next() };
        let other = if order.is_eq() { right.next().map_or(0, |b| b.count) } else { 0 };
        all.extend(next.map(|v| ValueCount { count: v.count + other, ..v }));
    }
    all.extend(left.chain(right));
    all
}
