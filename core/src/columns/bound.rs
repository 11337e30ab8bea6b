//! A filter bound to the columns of one segment: how many points it lets through, about, and which.
//!
//! What each condition lets through is known before it is looked at: exactly of numbers, whose order says it; of keywords by the
//! sizes of their sets; of places from a sample. Conditions that all have to hold begin with the one that lets fewest through;
//! once few are left, the others are asked about these instead of finding all of their own.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use super::Bitmap;
use super::column::Column;
use super::keyword::KeywordColumn;
use super::number::{NumberColumn, NumberTest};
use super::place::PlaceColumn;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{Condition, Filter, GeoArea, Schema};
use crate::order::sort_by_rank;

/// Asking one point costs about as much as finding so many by a list.
const ASKED_PER_LISTED: u32 = 4;

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
        test: NumberTest,
        /// Where those that pass stand in the order.
        rows: Vec<Range<usize>>,
        listed: u32,
    },
    Places {
        column: PlaceColumn<'a>,
        /// None: anywhere.
        area: Option<GeoArea>,
        about: u32,
    },
}

impl<'a> Bound<'a> {
    /// Binds a checked filter; `columns` in schema order.
    pub(crate) fn new(filter: &Filter, schema: &Schema, columns: &[Column<'a>]) -> Result<Self> {
        let all = |list: &[Filter]| list.iter().map(|f| Self::new(f, schema, columns)).collect::<Result<Vec<_>>>();
        Ok(match filter {
            Filter::And(list) => Self::All(all(list)?),
            Filter::Or(list) => Self::Any(all(list)?),
            Filter::Not(inner) => Self::Not(Box::new(Self::new(inner, schema, columns)?)),
            Filter::Field(name, condition) => {
                let (position, kind) = schema.field(name)?;
                let missing = || Error::corrupt(format!("column of field {name:?} is missing"));
                match columns.get(position).ok_or_else(missing)? {
                    Column::Keywords(column) => Self::keywords(*column, column.wanted(condition, kind)),
                    Column::Numbers(column) => Self::numbers(*column, NumberTest::of(condition, kind)),
                    Column::Places(column) => {
                        let area = match condition {
                            Condition::Within(area) => Some(*area),
                            _ => None,
                        };
                        Self::Places { column: *column, area, about: column.estimate(area.as_ref()) }
                    }
                }
            }
        })
    }

    fn keywords(column: KeywordColumn<'a>, wanted: Bitmap) -> Self {
        let listed = wanted.iter().map(|position| column.sets.points(position)).fold(0, u32::saturating_add);
        Self::Keywords { column, wanted, listed }
    }

    fn numbers(column: NumberColumn<'a>, test: NumberTest) -> Self {
        let rows = column.rows(&test);
        let listed = rows.iter().map(|range| range.len() as u32).fold(0, u32::saturating_add);
        Self::Numbers { column, test, rows, listed }
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
        }
    }

    /// Whether a point passes.
    pub(crate) fn passes(&self, ordinal: Ordinal) -> bool {
        match self {
            Self::All(list) => list.iter().all(|bound| bound.passes(ordinal)),
            Self::Any(list) => list.iter().any(|bound| bound.passes(ordinal)),
            Self::Not(inner) => !inner.passes(ordinal),
            Self::Keywords { column, wanted, .. } => column.row(ordinal).any(|position| wanted.contains(position)),
            Self::Numbers { column, test, .. } => test.passes(column.value(ordinal)),
            Self::Places { column, area, .. } => column.passes(area.as_ref(), ordinal),
        }
    }

    /// What finding all that pass costs, in points of a list.
    fn cost(&self, points: u32) -> u32 {
        match self {
            Self::All(list) | Self::Any(list) => list.iter().map(|b| b.cost(points)).fold(0, u32::saturating_add),
            Self::Not(inner) => inner.cost(points),
            Self::Keywords { listed, .. } | Self::Numbers { listed, .. } => (*listed).min(points),
            Self::Places { .. } => points.saturating_mul(ASKED_PER_LISTED),
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
            Self::Numbers { column, test, listed, .. } if *listed > points / 2 => {
                Bitmap::from_fn(points, |ordinal| test.passes(column.value(ordinal)))
            }
            Self::Keywords { column, wanted, .. } => {
                let mut found = Bitmap::none(points);
                wanted.iter().for_each(|position| column.sets.add(position, &mut found));
                found
            }
            Self::Numbers { column, rows, .. } => {
                let mut found = Bitmap::none(points);
                column.add(rows, &mut found);
                found
            }
            Self::Places { column, area, .. } => column.bitmap(area.as_ref()),
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
