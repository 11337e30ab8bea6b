//! Hits in the order of fields instead of scores.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::clauses::Clauses;
use super::ranked::{Place, Ranked, Share};
use super::scope::Scope;
use crate::columns::{Bitmap, Column, FieldValue, ordered};
use crate::error::Result;
use crate::ids::Ordinal;
use crate::model::{FieldType, GeoPoint, Payload, SegmentPlan, Sort, Strategy};
use crate::top_k::TopK;

/// What a field says of a point's place in the order. The lesser one comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'a> {
    /// Numbers, distances, and whatever is missing: last, in both directions.
    Number(u64),
    Text(Text<'a>),
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Text<'a> {
    text: Cow<'a, str>,
    descending: bool,
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = self.text.cmp(&other.text);
        if self.descending { order.reverse() } else { order }
    }
}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A point with its ranks. The greater one comes first.
#[derive(PartialEq, Eq)]
struct Sorted<'a> {
    ranks: Vec<Rank<'a>>,
    ranked: Ranked<'a>,
}

impl Ord for Sorted<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.ranks.cmp(&self.ranks).then_with(|| self.ranked.cmp(&other.ranked))
    }
}

impl PartialOrd for Sorted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One of the fields that a query sorts by.
struct Key<'q> {
    sort: &'q Sort,
    position: usize,
    kind: FieldType,
}

/// What a query sorts by.
pub(super) struct Sorting<'q>(Vec<Key<'q>>);

impl<'q> Sorting<'q> {
    /// Checks the fields.
    pub(super) fn new(scope: &Scope<'q>) -> Result<Self> {
        let key = |sort: &'q Sort| {
            let (position, kind) = scope.snapshot.schema.field(&sort.field)?;
            sort.check(kind)?;
            Ok(Key { sort, position, kind })
        };
        scope.query.sort.iter().flatten().map(key).collect::<Result<_>>().map(Self)
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Brings points that were found into the order.
    pub(super) fn sort<'a>(&self, scope: &'a Scope<'a>, found: Vec<Ranked<'a>>) -> Result<Vec<Ranked<'a>>> {
        let mut top = TopK::new(found.len());
        for ranked in found {
            let ranks = match &ranked.place {
                Place::Memtable(point) => self.ranks_of(&point.payload)?,
                Place::Segment(index, ordinal) => {
                    let columns = self.columns(scope, *index)?;
                    self.0.iter().zip(&columns).map(|(key, column)| key.rank(column, *ordinal)).collect()
                }
            };
            top.push(Sorted { ranks, ranked });
        }
        Ok(top.into_greatest_first().into_iter().map(|sorted| sorted.ranked).collect())
    }

    /// The first of all points that pass the filter and have the words, if the query has some; without fields to sort by, by id.
    pub(super) fn first<'a>(
        &self,
        scope: &'a Scope<'a>,
        clauses: &Clauses,
        wanted: usize,
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<Vec<Ranked<'a>>> {
        let mut top = TopK::new(wanted);
        for index in 0..scope.snapshot.segments.len() {
            let found = found_in(scope, clauses, index)?;
            self.first_in(scope, index, &found, &mut top)?;
            let compared = found.count();
            plan.push(SegmentPlan { compared, ..scope.plan(index, Strategy::Exact) });
        }
        for &point in &scope.fresh {
            if has_words(scope, clauses, point) {
                let ranked = Ranked::new(0.0, &point.id, Place::Memtable(Arc::clone(point)));
                top.push(Sorted { ranks: self.ranks_of(&point.payload)?, ranked });
            }
        }
        plan.extend(scope.fresh_plan());
        let mut first: Vec<Ranked<'a>> = top.into_greatest_first().into_iter().map(|sorted| sorted.ranked).collect();
        score(scope, clauses, &mut first)?;
        Ok(first)
    }

    fn first_in<'a>(
        &self,
        scope: &'a Scope<'a>,
        index: usize,
        found: &Bitmap,
        top: &mut TopK<Sorted<'a>>,
    ) -> Result<()> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(()) };
        let (columns, ids) = (self.columns(scope, index)?, open.segment.ids()?);
        if self.is_empty() {
            // By id: they stand in that order already.
            for &ordinal in ids.by_id().iter().filter(|&&ordinal| found.contains(ordinal)).take(top.k()) {
                let Some(id) = ids.get(ordinal) else { continue };
                top.push(Sorted { ranks: Vec::new(), ranked: Ranked::new(0.0, id, Place::Segment(index, ordinal)) });
            }
            return Ok(());
        }
        for ordinal in found.iter() {
            if !scope.meter.spend(1) {
                break;
            }
            let mut ranks = self.0.iter().zip(&columns).map(|(key, column)| key.rank(column, ordinal));
            // Most points are behind the last by their first field already.
            let first = ranks.next();
            let last = top.least_when_full().and_then(|last| last.ranks.first());
            if first.as_ref().zip(last).is_some_and(|(first, last)| first > last) {
                continue;
            }
            let Some(id) = ids.get(ordinal) else { continue };
            let ranks = first.into_iter().chain(ranks).collect();
            top.push(Sorted { ranks, ranked: Ranked::new(0.0, id, Place::Segment(index, ordinal)) });
        }
        Ok(())
    }

    fn columns<'a>(&self, scope: &Scope<'a>, index: usize) -> Result<Vec<Column<'a>>> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(Vec::new()) };
        self.0.iter().map(|key| open.segment.column(key.position)).collect()
    }

    fn ranks_of<'a>(&self, payload: &Payload) -> Result<Vec<Rank<'a>>> {
        self.0.iter().map(|key| key.rank_of(payload)).collect()
    }
}

impl Key<'_> {
    fn number<'a>(&self, number: f64) -> Rank<'a> {
        let bits = ordered(number);
        match number.is_nan() {
            true => Rank::Missing,
            false => Rank::Number(if self.sort.descending { !bits } else { bits }),
        }
    }

    fn distance<'a>(&self, place: Option<GeoPoint>) -> Rank<'a> {
        self.number(place.zip(self.sort.near).map_or(f64::NAN, |(place, near)| near.meters_to(place)))
    }

    fn rank<'a>(&self, column: &Column<'a>, ordinal: Ordinal) -> Rank<'a> {
        match column {
            Column::Numbers(numbers) => self.number(numbers.value(ordinal)),
            Column::Places(places) => self.distance(places.place(ordinal)),
            Column::Keywords(keywords) => {
                // Of several, the one that comes first in this order.
                let mut row = keywords.row(ordinal);
                let position = if self.sort.descending { row.last() } else { row.next() };
                let text = |position| Text { text: keywords.text(position).into(), descending: self.sort.descending };
                position.map_or(Rank::Missing, |position| Rank::Text(text(position)))
            }
        }
    }

    fn rank_of<'a>(&self, payload: &Payload) -> Result<Rank<'a>> {
        let value = FieldValue::extract(payload, &self.sort.field, self.kind)?;
        Ok(match &value {
            FieldValue::Missing => Rank::Missing,
            FieldValue::Number(number) => self.number(*number),
            FieldValue::Place(place) => self.distance(Some(*place)),
            FieldValue::Keywords(keywords) => {
                let descending = self.sort.descending;
                let text = if descending { keywords.iter().max() } else { keywords.iter().min() };
                let text = text.map(|text| Cow::Owned(String::from(*text)));
                text.map_or(Rank::Missing, |text| Rank::Text(Text { text, descending }))
            }
        })
    }
}

/// The score below which a point with the words does not count.
fn least(scope: &Scope<'_>) -> f32 {
    scope.query.score_threshold.unwrap_or_default()
}

/// The points of a segment that pass the filter and have the words of one of the query's texts, if it has any.
pub(super) fn found_in(scope: &Scope<'_>, clauses: &Clauses, index: usize) -> Result<Bitmap> {
    if clauses.has_vector() || clauses.words().next().is_none() {
        return Ok(scope.all_in(index));
    }
    let points = scope.snapshot.segments.get(index).map_or(0, |open| open.segment.points());
    let mut found = Bitmap::none(points);
    for words in clauses.words() {
        words.add_all_in(scope, index, least(scope), &mut found)?;
    }
    scope.drop_changed(index, &mut found);
    Ok(found)
}

/// The same of an unpublished point that passes the filter.
pub(super) fn has_words(scope: &Scope<'_>, clauses: &Clauses, point: &crate::ingest::PreparedPoint) -> bool {
    clauses.has_vector()
        || clauses.words().next().is_none()
        || clauses.words().any(|words| words.finds(point, least(scope)))
}

/// What the query's texts give the first ones.
fn score(scope: &Scope<'_>, clauses: &Clauses, first: &mut [Ranked<'_>]) -> Result<()> {
    for (clause, weight) in clauses.weighed() {
        let places: Vec<&Place> = first.iter().map(|ranked| &ranked.place).collect();
        let scores = clause.scores(scope, &places)?;
        for (ranked, score) in first.iter_mut().zip(scores) {
            let adds = weight * score.unwrap_or_default();
            ranked.score += adds;
            ranked.shares.push(Share { score, adds });
        }
    }
    Ok(())
}
