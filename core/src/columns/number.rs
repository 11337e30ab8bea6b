//! Numbers: builder, sections and view of a column of integers, floats or datetimes.
//!
//! ```text
//! offsets  n + 1 u32   into the values; only where a point has several
//! values   f64         those of each point, ascending; without offsets one a point, NaN where the field is missing
//! order    u32         positions of the values that are numbers, by number, then by position; without offsets a position
//!                      is an ordinal
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use super::Bitmap;
use super::rows::{RowBuilder, Rows};
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{Condition, FieldType};
use crate::order::{Key, sort_by_rank, sort_keys};

/// Asking points one after the other is as fast as finding the owner of one value in so many points.
const ASKED_PER_OWNER: u32 = 16;

/// The sections of a finished column.
#[derive(Debug)]
pub(crate) struct NumberParts {
    pub(crate) offsets: Option<Vec<u32>>,
    pub(crate) values: Vec<f64>,
    pub(crate) order: Vec<u32>,
}

impl NumberParts {
    /// The column of these numbers.
    pub(crate) fn of(builder: RowBuilder<f64>) -> Self {
        let (values, offsets) = builder.finish(f64::NAN);
        let present = (0..).zip(&values).filter(|(_, value)| !value.is_nan());
        let mut keys: Vec<Key> = present.map(|(position, &value)| (ordered(value), position)).collect();
        sort_keys(&mut keys);
        Self { offsets, values, order: keys.into_iter().map(|(_, position)| position).collect() }
    }
}

/// The bits of a number as an integer of the same order.
pub(crate) const fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
}

/// The number of [`ordered`] bits.
pub(crate) const fn unordered(bits: u64) -> f64 {
    f64::from_bits(bits ^ (((!bits as i64) >> 63) as u64 | 1 << 63))
}

/// A view of a stored column of numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberColumn<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) values: &'a [f64],
    pub(crate) order: &'a [u32],
}

impl<'a> NumberColumn<'a> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        let present = self.values.iter().filter(|value| !value.is_nan()).count();
        let key = |&position: &u32| (ordered(self.at(position)), position);
        let is_sorted = self.order.windows(2).all(|pair| matches!(pair, [a, b] if key(a) < key(b)));
        let is_inside = self.order.iter().all(|&position| !self.at(position).is_nan());
        let is_row = |row: &[f64]| row.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        let are_rows = || present == self.values.len() && (0..points as u32).all(|ordinal| is_row(self.row(ordinal)));
        if self.rows.are_sound(self.values.len(), points)
            && self.order.len() == present
            && is_sorted
            && is_inside
            && (self.rows.0.is_none() || are_rows())
        {
            return Ok(());
        }
        Err(Error::corrupt("numbers: values, their offsets and their order do not fit"))
    }

    /// The number at a position.
    #[inline]
    pub(crate) fn at(&self, position: u32) -> f64 {
        self.values.get(position as usize).copied().unwrap_or(f64::NAN)
    }

    /// The point's numbers, ascending; or the one NaN that stands for none.
    #[inline]
    pub(crate) fn row(&self, ordinal: Ordinal) -> &'a [f64] {
        self.values.get(self.rows.of(ordinal)).unwrap_or_default()
    }

    /// The least of the point's numbers; NaN where there is none.
    #[inline]
    pub(crate) fn least(&self, ordinal: Ordinal) -> f64 {
        match self.rows.0 {
            None => self.at(ordinal),
            Some(_) => self.row(ordinal).first().copied().unwrap_or(f64::NAN),
        }
    }

    /// The greatest of the point's numbers; NaN where there is none.
    #[inline]
    pub(crate) fn greatest(&self, ordinal: Ordinal) -> f64 {
        match self.rows.0 {
            None => self.at(ordinal),
            Some(_) => self.row(ordinal).last().copied().unwrap_or(f64::NAN),
        }
    }

    /// Where the values that pass stand in the order.
    pub(crate) fn places(&self, test: &NumberTest) -> Vec<Range<usize>> {
        let first_not = |below: &dyn Fn(f64) -> bool| self.order.partition_point(|&p| below(self.at(p)));
        let between = |low: Option<(f64, bool)>, high: Option<(f64, bool)>| {
            let start = low.map_or(0, |(n, inclusive)| first_not(&|v| v < n || (v == n && !inclusive)));
            let end = high.map_or(self.order.len(), |(n, inclusive)| first_not(&|v| v < n || (v == n && inclusive)));
            start..end.max(start)
        };
        match test {
            NumberTest::Any => alloc::vec![0..self.order.len()],
            NumberTest::Between(low, high) => alloc::vec![between(*low, *high)],
            NumberTest::In(numbers) => numbers.iter().map(|&n| between(Some((n, true)), Some((n, true)))).collect(),
        }
    }

    /// Whether one of the point's numbers passes.
    #[inline]
    pub(crate) fn passes(&self, test: &NumberTest, ordinal: Ordinal) -> bool {
        self.row(ordinal).iter().any(|&number| test.passes(number))
    }

    /// What finding the points of so many values costs, in values of a list.
    pub(crate) fn cost(&self, listed: u32) -> u32 {
        if self.rows.0.is_none() { listed } else { listed.saturating_mul(ASKED_PER_OWNER) }
    }

    /// The points of which a value passes, given where those stand in the order.
    pub(crate) fn bitmap(&self, test: &NumberTest, places: &[Range<usize>], points: u32) -> Bitmap {
        let listed = places.iter().map(|range| range.len() as u32).fold(0, u32::saturating_add);
        // What most points pass is found faster by asking each: in their order, not all over.
        if self.cost(listed) > points / 2 {
            return match (self.rows.0, test) {
                (None, NumberTest::Between(low, high)) => {
                    let (least, most) = inclusive(*low, *high);
                    // Both, whatever the first says: half of the guesses of a branch would be wrong.
                    let is_between = |number: f64| (number >= least) & (number <= most);
                    Bitmap::from_fn(points, |ordinal| is_between(self.at(ordinal)))
                }
                (None, _) => Bitmap::from_fn(points, |ordinal| test.passes(self.at(ordinal))),
                (Some(_), _) => Bitmap::from_fn(points, |ordinal| self.passes(test, ordinal)),
            };
        }
        let mut found = Bitmap::none(points);
        for positions in places.iter().filter_map(|range| self.order.get(range.clone())) {
            positions.iter().for_each(|&position| found.insert(self.rows.owner(position)));
        }
        found
    }
}

/// The least and the greatest number between bounds: `(bound, inclusive)`.
fn inclusive(low: Option<(f64, bool)>, high: Option<(f64, bool)>) -> (f64, f64) {
    let least = low.map_or(f64::NEG_INFINITY, |(bound, inclusive)| if inclusive { bound } else { bound.next_up() });
    let most = high.map_or(f64::INFINITY, |(bound, inclusive)| if inclusive { bound } else { bound.next_down() });
    (least, most)
}

/// What a filter asks of a number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NumberTest {
    /// That there is one.
    Any,
    /// That it is one of these.
    In(Vec<f64>),
    /// That it lies between the bounds: `(bound, inclusive)`.
    Between(Option<(f64, bool)>, Option<(f64, bool)>),
}

impl NumberTest {
    /// What a condition asks; none where it asks something else.
    pub(crate) fn of(condition: &Condition, kind: FieldType) -> Option<Self> {
        Some(match condition {
            Condition::Exists => Self::Any,
            Condition::Range { low, high, has_dates } if !has_dates || kind == FieldType::Datetime => {
                Self::Between(*low, *high)
            }
            Condition::In(values) => {
                let mut numbers = values.iter().map(|v| v.number(kind)).collect::<Option<Vec<f64>>>()?;
                sort_by_rank(&mut numbers, |&number| ordered(number));
                numbers.dedup();
                Self::In(numbers)
            }
            _ => return None,
        })
    }

    /// Whether a number passes; NaN never does.
    pub(crate) fn passes(&self, n: f64) -> bool {
        match self {
            Self::Any => !n.is_nan(),
            Self::In(numbers) => numbers.contains(&n),
            Self::Between(low, high) => {
                let (least, most) = inclusive(*low, *high);
                n >= least && n <= most
            }
        }
    }
}
