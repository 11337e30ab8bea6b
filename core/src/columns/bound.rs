//! A filter bound to the columns of one segment: how many points it lets through, about, and which.
//!
//! What each condition lets through is known before it is looked at: exactly of numbers, whose order says it; of
//! keywords by the sizes of their sets; of places from a sample. Conditions that all have to hold begin with the one
//! that lets fewest through; once few are left, the others are segment about these instead of finding all of their own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use super::Bitmap;
use super::checked::{Asks, CheckedFilter, FieldTest, IdTest};
use super::column::Column;
use super::keyword::{KeywordColumn, KeywordTest};
use super::number::{NumberColumn, NumberTest};
use super::place::PlaceColumn;
use super::words::Word;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::GeoArea;
use crate::order::sort_by_rank;

/// Asking one point costs about as much as finding so many by a list.
const ASKED_PER_LISTED: u32 = 4;

/// What a segment has in lists beside its columns.
pub(crate) trait Lists {
    /// The ordinal of an id.
    fn ordinal_of(&self, id: &str) -> Option<Ordinal>;
    /// The ordinals of all ids that begin with this.
    fn ordinals_with_prefix(&self, prefix: &str) -> Result<&[Ordinal]>;
    /// Adds the points that have a word in a text field, given its position in the schema.
    fn add_points_with(&self, field: usize, word: &Word, into: &mut Bitmap) -> Result<()>;
}

/// A segment as filters see it.
#[derive(Clone, Copy)]
pub(crate) struct Indexed<'s, 'a> {
    /// In schema order; of fields that the filter does not name perhaps none.
    pub(crate) columns: &'s [Option<Column<'a>>],
    pub(crate) lists: &'s dyn Lists,
    pub(crate) points: u32,
}

/// A bound filter.
#[derive(Debug)]
pub(crate) enum Bound<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Keywords {
        column: KeywordColumn<'a>,
        /// Dictionary positions that pass.
        wanted: Bitmap,
        /// Points of their sets.
        listed: u32,
    },
    Numbers {
        column: NumberColumn<'a>,
        test: &'a NumberTest,
        /// Where the values that pass stand in the order.
        places: Vec<Range<usize>>,
        listed: u32,
    },
    Places {
        column: PlaceColumn<'a>,
        /// None: anywhere.
        area: Option<GeoArea>,
        about: u32,
    },
    /// What lists have told already.
    Listed {
        points: Bitmap,
        count: u32,
    },
}

impl<'a> Bound<'a> {
    /// Binds a checked filter to a segment.
    pub(crate) fn new(test: &'a CheckedFilter, segment: Indexed<'_, 'a>) -> Result<Self> {
        let all =
            |list: &'a [CheckedFilter]| list.iter().map(|test| Self::new(test, segment)).collect::<Result<Vec<_>>>();
        Ok(match test {
            CheckedFilter::All(list) => Self::All(all(list)?),
            CheckedFilter::Any(list) => Self::Any(all(list)?),
            CheckedFilter::Not(inner) => Self::Not(Box::new(Self::new(inner, segment)?)),
            CheckedFilter::Field(test) => Self::field(test, segment.columns)?,
            CheckedFilter::Id(test) => {
                let mut points = Bitmap::none(segment.points);
                match test {
                    IdTest::In(ids) => {
                        let ordinals = ids.iter().filter_map(|id| segment.lists.ordinal_of(id));
                        ordinals.for_each(|ordinal| points.insert(ordinal));
                    }
                    IdTest::Prefix(prefix) => {
                        let ordinals = segment.lists.ordinals_with_prefix(prefix)?;
                        ordinals.iter().for_each(|&ordinal| points.insert(ordinal));
                    }
                }
                Self::listed(points)
            }
            CheckedFilter::Words(test) => {
                // Without words nothing is asked for, and nothing found.
                let mut all: Option<Bitmap> = None;
                for word in &test.words {
                    let mut points = Bitmap::none(segment.points);
                    segment.lists.add_points_with(test.field, word, &mut points)?;
                    all.iter().for_each(|all| points.intersect(all));
                    all = Some(points);
                }
                Self::listed(all.unwrap_or_else(|| Bitmap::none(segment.points)))
            }
        })
    }

    fn listed(points: Bitmap) -> Self {
        let count = points.count();
        Self::Listed { points, count }
    }

    fn field(test: &'a FieldTest, columns: &[Option<Column<'a>>]) -> Result<Self> {
        match (columns.get(test.position).and_then(Option::as_ref), &test.asks) {
            (Some(Column::Keywords(column)), Asks::Keywords(test)) => Ok(Self::keywords(*column, test)),
            (Some(Column::Numbers(column)), Asks::Numbers(test)) => Ok(Self::numbers(*column, test)),
            (Some(Column::Places(column)), Asks::Places(area)) => {
                Ok(Self::Places { column: *column, area: *area, about: column.estimate(area.as_ref()) })
            }
            _ => Err(Error::corrupt("a column of the filter is missing, or of another kind")),
        }
    }

    fn keywords(column: KeywordColumn<'a>, test: &KeywordTest) -> Self {
        let wanted = column.wanted(test);
        let listed = wanted.iter().map(|position| column.sets.points(position)).fold(0, u32::saturating_add);
        Self::Keywords { column, wanted, listed }
    }

    fn numbers(column: NumberColumn<'a>, test: &'a NumberTest) -> Self {
        let places = column.places(test);
        let listed = places.iter().map(|range| range.len() as u32).fold(0, u32::saturating_add);
        Self::Numbers { column, test, places, listed }
    }

    /// About how many of `points` pass, as if conditions did not depend on one another.
    pub(crate) fn estimate(&self, points: u32) -> u32 {
        let share = |bound: &Self| f64::from(bound.estimate(points)) / f64::from(points.max(1));
        let of_all = |share: f64| libm::round(share * f64::from(points)) as u32;
        match self {
            Self::All(list) => of_all(list.iter().map(share).product()),
            Self::Any(list) => of_all(1.0 - list.iter().map(|bound| 1.0 - share(bound)).product::<f64>()),
            Self::Not(inner) => points.saturating_sub(inner.estimate(points)),
            Self::Keywords { listed, .. } | Self::Numbers { listed, .. } => (*listed).min(points),
            Self::Places { about, .. } => (*about).min(points),
            Self::Listed { count, .. } => *count,
        }
    }

    /// Whether a point passes.
    pub(crate) fn passes(&self, ordinal: Ordinal) -> bool {
        match self {
            Self::All(list) => list.iter().all(|bound| bound.passes(ordinal)),
            Self::Any(list) => list.iter().any(|bound| bound.passes(ordinal)),
            Self::Not(inner) => !inner.passes(ordinal),
            Self::Keywords { column, wanted, .. } => column.row(ordinal).any(|position| wanted.contains(position)),
            Self::Numbers { column, test, .. } => column.passes(test, ordinal),
            Self::Places { column, area, .. } => column.passes(area.as_ref(), ordinal),
            Self::Listed { points, .. } => points.contains(ordinal),
        }
    }

    /// What finding all that pass costs, in points of a list.
    fn cost(&self, points: u32) -> u32 {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().map(|b| b.cost(points)).fold(0, u32::saturating_add),
            Self::Not(inner) => inner.cost(points),
            Self::Keywords { listed, .. } => (*listed).min(points),
            Self::Numbers { column, listed, .. } => column.cost(*listed).min(points),
            Self::Places { .. } => points.saturating_mul(ASKED_PER_LISTED),
            Self::Listed { .. } => 0,
        }
    }

    /// The points of `points` that pass.
    pub(crate) fn bitmap(&self, points: u32) -> Bitmap {
        match self {
            Self::All(list) => Self::all(list, points),
            Self::Any(list) => {
                let mut any = Bitmap::none(points);
                list.iter().for_each(|bound| any.unite(&bound.bitmap(points)));
                any
            }
            Self::Not(inner) => {
                let mut others = inner.bitmap(points);
                others.negate();
                others
            }
            // What most points pass is found faster by asking each: in their order, not all over.
            Self::Keywords { column, wanted, listed } if *listed > points / 2 => column.select(wanted, points),
            Self::Keywords { column, wanted, .. } => {
                let mut found = Bitmap::none(points);
                wanted.iter().for_each(|position| column.sets.add(position, &mut found));
                found
            }
            Self::Numbers { column, test, places, .. } => column.bitmap(test, places, points),
            Self::Places { column, area, .. } => column.bitmap(area.as_ref()),
            Self::Listed { points, .. } => points.clone(),
        }
    }

    fn all(list: &[Self], points: u32) -> Bitmap {
        let mut order: Vec<&Self> = list.iter().collect();
        sort_by_rank(&mut order, |bound| u64::from(bound.estimate(points)));
        let Some((first, others)) = order.split_first() else { return Bitmap::all(points) };
        let mut left = first.bitmap(points);
        for bound in others {
            let count = left.count();
            if count.saturating_mul(ASKED_PER_LISTED) < bound.cost(points) {
                left.retain(|ordinal| bound.passes(ordinal));
            } else if count > 0 {
                left.intersect(&bound.bitmap(points));
            }
        }
        left
    }
}
