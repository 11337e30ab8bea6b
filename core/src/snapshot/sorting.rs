//! Hits in the order of fields instead of scores.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::clauses::Clauses;
use super::field::{Field, Pick, Value};
use super::ranked::{Place, Ranked, Share};
use super::scope::Scope;
use crate::capabilities::HasChanges;
use crate::columns::{Bitmap, meters_to_nearest, ordered};
use crate::error::{Error, Result};
use crate::model::{SegmentPlan, Sort, Strategy};
use crate::parts::Gaps;
use crate::segment::FoundPoint;
use crate::top_k::TopK;

/// Of more points than this, the list of all ids is read where not all of a segment is here, and not their records.
const FEW_IDS: usize = 100;

/// What a field says of a point's place in the order. The lesser one comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'a> {
    /// Numbers and distances as bits of the same order, turned where the greatest comes first.
    Number(u64),
    Text(Text<'a>),
    /// Last in both directions.
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
        other.ranks.cmp(&self.ranks).then_with(|| other.ranked.id.cmp(self.ranked.id))
    }
}

impl PartialOrd for Sorted<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The same of a point of a segment, whose id is not read yet.
#[derive(PartialEq, Eq)]
struct SortedPoint<'a> {
    ranks: Vec<Rank<'a>>,
    point: FoundPoint<'a>,
}

impl Ord for SortedPoint<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.ranks.cmp(&self.ranks).then_with(|| self.point.cmp(&other.point))
    }
}

impl PartialOrd for SortedPoint<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One of the fields that a query sorts by.
struct SortKey<'a> {
    sort: &'a Sort,
    /// None: the score.
    field: Option<Field<'a>>,
}

/// What a query sorts by.
pub(super) struct Sorting<'a>(Vec<SortKey<'a>>);

impl<'a> Sorting<'a> {
    /// Checks the fields.
    pub(super) fn new(scope: &Scope<'a>) -> Result<Self> {
        let key = |sort: &'a Sort| {
            if sort.is_by_score() && !scope.snapshot.schema.fields.contains_key(&sort.field) {
                return Ok(SortKey { sort, field: None });
            }
            let field = Field::new(scope, "sort", &sort.field)?;
            sort.check(field.kind())?;
            Ok(SortKey { sort, field: Some(field) })
        };
        scope.query.sort.iter().flatten().map(key).collect::<Result<_>>().map(Self)
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the score is among the keys.
    pub(super) fn is_by_score(&self) -> bool {
        self.0.iter().any(|key| key.field.is_none())
    }

    /// Brings points that were found into the order.
    pub(super) fn sort(&self, found: Vec<Ranked<'a>>) -> Result<Vec<Ranked<'a>>> {
        let mut top = TopK::new(found.len());
        for ranked in found {
            top.push(Sorted { ranks: self.ranks(&ranked)?, ranked });
        }
        Ok(top.into_greatest_first().into_iter().map(|sorted| sorted.ranked).collect())
    }

    fn ranks(&self, ranked: &Ranked<'a>) -> Result<Vec<Rank<'a>>> {
        let value = |key: &SortKey<'a>| match &key.field {
            Some(field) => field.value(&ranked.place, key.pick()),
            None => Ok(Value::Number(f64::from(ranked.score))),
        };
        self.0.iter().map(|key| Ok(key.rank(value(key)?))).collect()
    }

    /// The first of all points that pass the filter and have the words, if the query has some, and how many these are;
    /// without fields to sort by, by id. Not for orders in which scores count.
    pub(super) fn first(
        &self,
        scope: &'a Scope<'a>,
        clauses: &Clauses,
        (wanted, behind): (usize, Option<&Ranked<'a>>),
        plan: &mut Vec<SegmentPlan>,
    ) -> Result<(Vec<Ranked<'a>>, u64)> {
        let (mut top, mut all, mut gaps) = (TopK::new(wanted), 0, Gaps::default());
        let sorted = |last: &Ranked<'a>| Ok::<_, Error>(Sorted { ranks: self.ranks(last)?, ranked: last.clone() });
        let behind = behind.map(sorted).transpose()?;
        for index in 0..scope.snapshot.segments.len() {
            let Some(found) = gaps.pass(clauses.found_in(scope, index))? else { continue };
            gaps.pass(self.first_in(scope, index, &found, behind.as_ref(), &mut top))?;
            let compared = found.count();
            all += u64::from(compared);
            plan.push(SegmentPlan { compared, ..scope.plan(index, Strategy::Exact) });
        }
        gaps.close()?;
        for &point in scope.fresh() {
            if clauses.finds(scope, point) {
                all += 1;
                let ranked = Ranked::new(0.0, &point.id, Place::Memtable(Arc::clone(point), HasChanges::check()?));
                top.push(Sorted { ranks: self.ranks(&ranked)?, ranked });
            }
        }
        plan.extend(scope.fresh_plan());
        let mut first: Vec<Ranked<'a>> = top.into_greatest_first().into_iter().map(|sorted| sorted.ranked).collect();
        score(scope, clauses, &mut first)?;
        Ok((first, all))
    }

    fn first_in(
        &self,
        scope: &'a Scope<'a>,
        index: usize,
        found: &Bitmap,
        behind: Option<&Sorted<'a>>,
        top: &mut TopK<Sorted<'a>>,
    ) -> Result<()> {
        let Some(open) = scope.snapshot.segments.get(index) else { return Ok(()) };
        let mut ids = open.segment.ids()?;
        if top.k() > FEW_IDS {
            ids = ids.listed()?;
        }
        if self.is_empty() {
            // By id: they stand in that order already.
            let left = behind.map_or_else(|| ids.by_id(), |last| ids.behind(last.ranked.id)).iter();
            for &ordinal in left.filter(|&&ordinal| found.contains(ordinal)).take(top.k()) {
                let Some(id) = ids.get(ordinal) else { continue };
                top.push(Sorted { ranks: Vec::new(), ranked: Ranked::new(0.0, id, Place::Segment(index, ordinal)) });
            }
            return open.segment.all_here();
        }
        // Which of two points of the same ranks comes first, ids say; those of all that is found are too many to read.
        let mut here: TopK<SortedPoint<'_>> = TopK::new(top.k());
        for ordinal in found.iter() {
            if !scope.meter.spend(1) {
                break;
            }
            let value = |key: &SortKey<'a>| {
                key.field.as_ref().map_or(Value::Missing, |field| field.value_in(index, ordinal, key.pick()))
            };
            let mut ranks = self.0.iter().map(|key| key.rank(value(key)));
            // Most points are behind the last by their first field already.
            let first = ranks.next();
            let of_others = top.least_when_full().and_then(|last| last.ranks.first());
            let last = here.least_when_full().and_then(|last| last.ranks.first());
            let is_behind = |last| first.as_ref().is_some_and(|first| first > last);
            if of_others.is_some_and(is_behind) || last.is_some_and(is_behind) {
                continue;
            }
            let ranks: Vec<Rank<'a>> = first.into_iter().chain(ranks).collect();
            let is_left = behind.is_none_or(|last| match ranks.cmp(&last.ranks) {
                Ordering::Equal => last.ranked.is_before((index, ordinal), &ids),
                order => order == Ordering::Greater,
            });
            if is_left {
                here.push(SortedPoint { ranks, point: FoundPoint::new(0.0, ordinal, ids) });
            }
        }
        for SortedPoint { ranks, point } in here.into_greatest_first() {
            let Some(id) = ids.get(point.ordinal) else { continue };
            top.push(Sorted { ranks, ranked: Ranked::new(0.0, id, Place::Segment(index, point.ordinal)) });
        }
        open.segment.all_here()
    }
}

impl<'a> SortKey<'a> {
    /// Of several values, the one that comes first in this order.
    const fn pick(&self) -> Pick {
        if self.sort.descending { Pick::Greatest } else { Pick::Least }
    }

    #[inline]
    fn rank(&self, value: Value<'a>) -> Rank<'a> {
        let descending = self.sort.descending;
        let number = |n| Rank::Number(if descending { !ordered(n) } else { ordered(n) });
        match (value, self.sort.near) {
            (Value::Number(n), _) => number(n),
            (Value::Text(text), _) => Rank::Text(Text { text, descending }),
            (Value::Places(places), Some(near)) => meters_to_nearest(&places, near).map_or(Rank::Missing, number),
            (Value::Missing | Value::Places(_), _) => Rank::Missing,
        }
    }
}

/// What the query's texts give the first ones.
pub(super) fn score(scope: &Scope<'_>, clauses: &Clauses, first: &mut [Ranked<'_>]) -> Result<()> {
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
