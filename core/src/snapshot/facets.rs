//! Counts of field values over all that a query finds: what passes the filter and, where it asks by words alone, has
//! the words.
//!
//! | file | job |
//! | --- | --- |
//! | `disjunction` | which points count for a facet that leaves conditions on its own field out |
//! | `values` | values with their counts, of all segments as one list |
//! | `numbers` | counts of numbers by value or bucket, and what they come to |
//! | `sum` | a sum that is rounded once |
//!
//! Complexity, for each facet: the values of all points that are found; of numbers these are sorted, or where many
//! are found all of the column's are gone through in the order in which they are stored. Then the different values,
//! of which the first ones are named.

mod disjunction;
mod numbers;
mod sum;
mod values;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use self::disjunction::Disjunction;
use self::numbers::{Stats, tally};
use self::values::{Counted, CountedValue, Tally};
use super::clauses::Clauses;
use super::scope::Scope;
use crate::casefold::folded;
use crate::columns::{Bitmap, Column, FieldValue, Keyword, KeywordColumn, NumberColumn, Storage};
use crate::error::{Code, Error, Result};
use crate::limits::MAX_FACET_BUCKETS;
use crate::model::{
    Bucket, ByName, Facet, FacetCounts, FacetOrder, FieldType, FilterField, Payload, Scalar, ValueCount,
};
use crate::nfc::nfc;
use crate::order::sort_by_rank;
use crate::parts::Gaps;

/// A facet in the making.
struct Count<'a> {
    name: &'a str,
    position: usize,
    field: FilterField,
    facet: &'a Facet,
    search: Search,
    values: Tally<'a>,
    buckets: Tally<'a>,
    ranges: Vec<u32>,
    stats: Stats,
    missing: u32,
}

/// Counts the facets of a query, and the points that are found. It comes last: it may leave another filter in the
/// scope.
pub(super) fn count<'a>(
    scope: &mut Scope<'a>,
    facets: &'a ByName<Facet>,
    clauses: &Clauses,
) -> Result<(ByName<FacetCounts>, u64)> {
    let (mut points, mut gaps) = (0, Gaps::default());
    let mut counts = facets.iter().map(|(name, facet)| Count::new(scope, name, facet)).collect::<Result<Vec<_>>>()?;
    let disjunction = Disjunction::widen(scope, facets)?;
    let snapshot = scope.snapshot;
    for (index, open) in snapshot.segments.iter().enumerate() {
        let found = clauses.found_in(scope, index).and_then(|found| disjunction.sets_of(&open.segment, found));
        let found = gaps.pass(found)?;
        points += u64::from(found.as_ref().map_or(0, |found| found.narrow().count()));
        for count in &mut counts {
            let column = gaps.pass(open.segment.column(count.position))?;
            if let (Some(column), Some(found)) = (&column, &found) {
                count.add_column(column, found.of(count.name));
            }
        }
    }
    gaps.close()?;
    for point in scope.fresh().iter().copied().filter(|point| clauses.finds(scope, point)) {
        let fails = disjunction.failed_by(point)?;
        points += u64::from(fails.is_none());
        for count in counts.iter_mut().filter(|count| fails.admits(count.name)) {
            count.add_payload(&point.payload)?;
        }
    }
    let mut all = ByName::new();
    for count in counts {
        all.insert(count.name.into(), count.finish()?);
    }
    Ok((all, points))
}

impl<'a> Count<'a> {
    fn new(scope: &Scope<'_>, name: &'a str, facet: &'a Facet) -> Result<Self> {
        let (position, field) = scope.snapshot.schema.field_of("facets", name)?;
        if let Some(advice) = advice(field.kind, facet) {
            return Err(Error::new(Code::TypeMismatch, format!("facet of field {name:?}: {advice}")));
        }
        Ok(Self {
            name,
            position,
            field,
            facet,
            search: Search::new(facet),
            values: Tally::default(),
            buckets: Tally::default(),
            ranges: alloc::vec![0; facet.ranges.as_ref().map_or(0, Vec::len)],
            stats: Stats::default(),
            missing: 0,
        })
    }

    /// Whether values are counted, and not only what they come to.
    fn has_values(&self) -> bool {
        self.facet.top() > 0 && self.facet.ranges.is_none() && self.facet.histogram.is_none()
    }

    fn add_column(&mut self, column: &Column<'a>, found: &Bitmap) {
        match column {
            Column::Keywords(keywords) => self.add_keywords(keywords, found),
            Column::Numbers(numbers) => self.add_numbers(numbers, found),
            Column::Places(_) => {}
        }
    }

    fn add_keywords(&mut self, keywords: &KeywordColumn<'a>, found: &Bitmap) {
        let (counts, missing) = keywords.count(found);
        self.missing += missing;
        let mut here: Vec<Counted<'a>> = Vec::new();
        for (position, count) in (0..).zip(counts).filter(|(_, count)| *count > 0) {
            let keyword = keywords.spelling(position);
            match here.last_mut() {
                // Spellings of one value stand side by side, the first by bytes before the others, and a point has
                // one of them.
                Some(last) if self.field.ignore_case && last.has_key(keyword.key()) => last.count += count,
                _ if self.search.admits(&keyword) => {
                    here.push(Counted { value: CountedValue::Keyword(keyword), count });
                }
                _ => {}
            }
        }
        self.values.add(here);
    }

    fn add_numbers(&mut self, numbers: &NumberColumn<'_>, found: &Bitmap) {
        let mut missing = None;
        if let Some(histogram) = &self.facet.histogram {
            let (here, without) = tally(numbers, found, &|number| histogram.bucket_of(number));
            self.buckets.add(here);
            missing = Some(without);
        }
        if self.has_values() {
            let (here, without) = tally(numbers, found, &|number| number);
            self.values.add(here);
            missing = Some(without);
        }
        match missing {
            Some(without) if self.ranges.is_empty() && !self.facet.stats => self.missing += without,
            _ => found.iter().for_each(|ordinal| self.add_row(numbers.row(ordinal))),
        }
    }

    /// Counts what is counted point by point.
    fn add_row(&mut self, row: &[f64]) {
        self.missing += u32::from(row.iter().all(|number| number.is_nan()));
        for (count, range) in self.ranges.iter_mut().zip(self.facet.ranges.iter().flatten()) {
            *count += u32::from(row.iter().any(|&number| !number.is_nan() && range.contains(number)));
        }
        if self.facet.stats {
            row.iter().filter(|number| !number.is_nan()).for_each(|&number| self.stats.add(number));
        }
    }

    fn add_payload(&mut self, payload: &'a Payload) -> Result<()> {
        match FieldValue::extract(payload, self.name, self.field)? {
            FieldValue::Missing | FieldValue::Places(_) => self.missing += 1,
            FieldValue::Keywords(keywords) => {
                let admitted = keywords.into_iter().filter(|keyword| self.search.admits(keyword));
                let here = admitted.map(|keyword| Counted { value: CountedValue::Keyword(keyword), count: 1 });
                self.values.add(here.collect());
            }
            FieldValue::Numbers(numbers) => {
                self.add_row(&numbers);
                let one = |number| Counted { value: CountedValue::Number(number), count: 1 };
                if let Some(histogram) = &self.facet.histogram {
                    let mut buckets: Vec<f64> = numbers.iter().map(|&number| histogram.bucket_of(number)).collect();
                    buckets.dedup();
                    self.buckets.add(buckets.into_iter().map(one).collect());
                }
                if self.has_values() {
                    self.values.add(numbers.into_iter().map(one).collect());
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<FacetCounts> {
        let mut values = self.values.finish();
        if self.facet.order == FacetOrder::Count {
            // They stand by value, and keep that order where counts are equal.
            sort_by_rank(&mut values, |v| u64::from(!v.count));
        }
        values.truncate(self.facet.top());
        let buckets = self.buckets.finish();
        if buckets.len() > MAX_FACET_BUCKETS {
            let message = format!(
                "facet of field {:?}: a histogram has at most {MAX_FACET_BUCKETS} buckets, this one {}; widen its \"interval\", or filter",
                self.name,
                buckets.len()
            );
            return Err(Error::new(Code::LimitExceeded, message));
        }
        let bucket = |counted: Counted<'_>| Bucket { from: counted.number(), count: counted.count };
        Ok(FacetCounts {
            values: values.into_iter().map(|counted| told(self.field.kind, counted)).collect(),
            ranges: self.ranges,
            missing: self.missing,
            histogram: self.facet.histogram.is_some().then(|| buckets.into_iter().map(bucket).collect()),
            stats: self.facet.stats.then(|| self.stats.finish()),
        })
    }
}

/// What is wrong with a facet of a field of this type.
fn advice(kind: FieldType, facet: &Facet) -> Option<&'static str> {
    let of_numbers = facet.ranges.is_some() || facet.histogram.is_some() || facet.stats;
    match Storage::of(kind) {
        Storage::Places => Some("places are not counted; count a keyword, number or datetime"),
        Storage::Keywords if of_numbers => {
            Some("it is no number or datetime, so it has values, and no \"ranges\", \"histogram\" or \"stats\"")
        }
        _ if kind != FieldType::Keyword && (facet.prefix.is_some() || facet.contains.is_some()) => {
            Some("\"prefix\" and \"contains\" search among keywords, and it is none")
        }
        _ if kind != FieldType::Datetime && facet.histogram.as_ref().is_some_and(|h| h.is_of_time()) => {
            Some("days, months and years are of datetimes; \"interval\" is a number here")
        }
        _ => None,
    }
}

fn told(kind: FieldType, Counted { value, count }: Counted<'_>) -> ValueCount {
    let value = match value {
        CountedValue::Number(number) => Scalar::Number(number),
        CountedValue::Keyword(keyword) if kind == FieldType::Boolean => Scalar::Boolean(keyword.text == "true"),
        CountedValue::Keyword(keyword) => Scalar::Keyword(keyword.text.into_owned()),
    };
    ValueCount { value, count }
}

/// Which keywords are wanted, whatever their case.
struct Search {
    prefix: Option<String>,
    contains: Option<String>,
}

impl Search {
    fn new(facet: &Facet) -> Self {
        let key = |text: &String| folded(&nfc(text)).into_owned();
        Self { prefix: facet.prefix.as_ref().map(key), contains: facet.contains.as_ref().map(key) }
    }

    fn admits(&self, keyword: &Keyword<'_>) -> bool {
        if self.prefix.is_none() && self.contains.is_none() {
            return true;
        }
        let key = folded(keyword.key());
        self.prefix.as_ref().is_none_or(|prefix| key.starts_with(prefix.as_str()))
            && self.contains.as_ref().is_none_or(|part| key.contains(part.as_str()))
    }
}
