//! Counts of field values over all that a query finds: what passes the filter and, where it asks by words alone, has the words.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::matching::Matching;
use super::search::Scope;
use crate::columns::{self, Bitmap, Column, FieldValue, KeywordSections};
use crate::error::{Code, Error, Result};
use crate::model::{Facet, FacetCounts, FieldType, Payload, ValueCount};
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
pub(super) fn count(
    scope: &Scope<'_>,
    facets: &BTreeMap<String, Facet>,
    words: Option<&Matching>,
) -> Result<BTreeMap<String, FacetCounts>> {
    let mut counts = facets.iter().map(|(name, facet)| Count::new(scope, name, facet)).collect::<Result<Vec<_>>>()?;
    for (index, open) in scope.snapshot.segments.iter().enumerate() {
        let mut found = match (words, scope.mask(index)) {
            (Some(words), _) => words.all_in(scope, index)?,
            (None, Some(mask)) => mask.clone(),
            (None, None) => Bitmap::all(open.segment.points()),
        };
        // What changed since counts in its new state.
        for id in scope.memtable.iter().flat_map(|m| m.ids()) {
            open.segment.find(id).into_iter().for_each(|ordinal| found.remove(ordinal));
        }
        let columns = open.segment.columns()?;
        for count in &mut counts {
            if let Some(column) = columns.get(count.position) {
                count.add_column(column, &found)?;
            }
        }
    }
    for point in scope.memtable.iter().flat_map(|m| m.points()) {
        let (filter, schema) = (scope.query.filter.as_ref(), &scope.snapshot.schema);
        let passes = filter.map_or(Ok(true), |f| columns::matches(f, schema, &point.payload))?;
        if passes && words.is_none_or(|words| words.finds(point)) {
            counts.iter_mut().try_for_each(|count| count.add_payload(&point.payload))?;
        }
    }
    Ok(counts.into_iter().map(Count::finish).collect())
}

impl<'q> Count<'q> {
    fn new(scope: &Scope<'_>, name: &'q String, facet: &'q Facet) -> Result<Self> {
        let (position, kind) = scope.snapshot.schema.field(name)?;
        let fits = match kind {
            FieldType::Keyword => facet.ranges.is_none(),
            FieldType::Integer | FieldType::Float => facet.ranges.is_some(),
        };
        if !fits {
            let advice =
                if facet.ranges.is_some() { "a keyword has no \"ranges\"" } else { "a number needs \"ranges\"" };
            return Err(Error::new(Code::TypeMismatch, format!("facet of field {name:?}: {advice}")));
        }
        let ranges = alloc::vec![0; facet.ranges.as_ref().map_or(0, Vec::len)];
        Ok(Self { name, position, kind, facet, values: Vec::new(), ranges, missing: 0 })
    }

    fn add_column(&mut self, column: &Column<'_>, found: &Bitmap) -> Result<()> {
        match column {
            Column::Keyword(keywords) => self.add_keywords(keywords, found),
            Column::Number(_) => {
                found.iter().for_each(|ordinal| self.add_number(column.number(ordinal)));
                Ok(())
            }
        }
    }

    fn add_keywords(&mut self, keywords: &KeywordSections<'_>, found: &Bitmap) -> Result<()> {
        let mut counts: Vec<u32> = alloc::vec![0; keywords.len() as usize];
        for ordinal in found.iter() {
            let row = keywords.row(ordinal);
            self.missing += u32::from(row.is_empty());
            for &value in row {
                counts.get_mut(value as usize).into_iter().for_each(|count| *count += 1);
            }
        }
        let corrupt = |_| Error::corrupt("column: a keyword is not UTF-8");
        let mut here = Vec::new();
        for (position, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            let value = core::str::from_utf8(keywords.keyword(position)).map_err(corrupt)?;
            here.push(ValueCount { value: value.to_string(), count });
        }
        self.values = merged(core::mem::take(&mut self.values), here);
        Ok(())
    }

    fn add_number(&mut self, number: f64) {
        self.missing += u32::from(number.is_nan());
        for (count, range) in self.ranges.iter_mut().zip(self.facet.ranges.iter().flatten()) {
            *count += u32::from(!number.is_nan() && range.contains(number));
        }
    }

    fn add_payload(&mut self, payload: &Payload) -> Result<()> {
        match FieldValue::extract(payload, self.name, self.kind)? {
            FieldValue::Missing => self.missing += 1,
            FieldValue::Number(number) => self.add_number(number),
            FieldValue::Keywords(mut keywords) => {
                sort_texts(&mut keywords);
                let here = keywords.iter().map(|k| ValueCount { value: k.to_string(), count: 1 }).collect();
                self.missing += u32::from(keywords.is_empty());
                self.values = merged(core::mem::take(&mut self.values), here);
            }
        }
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
fn sort_texts(texts: &mut Vec<&str>) {
    for end in 1..texts.len() {
        let mut at = end;
        while at > 0 && texts.get(at - 1) > texts.get(at) {
            texts.swap(at - 1, at);
            at -= 1;
        }
    }
    texts.dedup();
}

/// Two lists by value as one.
fn merged(left: Vec<ValueCount>, right: Vec<ValueCount>) -> Vec<ValueCount> {
    if left.is_empty() {
        return right;
    }
    let mut all = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = a.value.cmp(&b.value);
        let next = if order.is_le() { left.next() } else { right.next() };
        let other = if order.is_eq() { right.next().map_or(0, |b| b.count) } else { 0 };
        all.extend(next.map(|v| ValueCount { count: v.count + other, ..v }));
    }
    all.extend(left.chain(right));
    all
}
