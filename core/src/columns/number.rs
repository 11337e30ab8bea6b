//! Numbers: builder, sections and view of a column of integers, floats or datetimes.
//!
//! ```text
//! values  n f64   NaN where the field is missing
//! order   u32     ordinals of the points that have a value, by value, then by ordinal
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use super::Bitmap;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::model::{Condition, FieldType};
use crate::order::{Key, sort_by_rank, sort_keys};

/// The sections of a finished column.
#[derive(Debug)]
pub(crate) struct NumberParts {
    pub(crate) values: Vec<f64>,
    pub(crate) order: Vec<Ordinal>,
}

impl NumberParts {
    /// The column of these values, one a point.
    pub(crate) fn of(values: Vec<f64>) -> Self {
        let present = (0..).zip(&values).filter(|(_, value)| !value.is_nan());
        let mut keys: Vec<Key> = present.map(|(ordinal, &value)| (ordered(value), ordinal)).collect();
        sort_keys(&mut keys);
        Self { values, order: keys.into_iter().map(|(_, ordinal)| ordinal).collect() }
    }
}

/// The bits of a number as an integer of the same order.
pub(crate) const fn ordered(number: f64) -> u64 {
    let bits = number.to_bits();
    bits ^ (((bits as i64) >> 63) as u64 | 1 << 63)
}

/// A view of a stored column of numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NumberColumn<'a> {
    pub(crate) values: &'a [f64],
    pub(crate) order: &'a [Ordinal],
}

impl NumberColumn<'_> {
    /// Checks the column of `points` points.
    pub(crate) fn check(&self, points: usize) -> Result<()> {
        let present = self.values.iter().filter(|value| !value.is_nan()).count();
        let key = |&ordinal: &Ordinal| (ordered(self.value(ordinal)), ordinal);
        let is_sorted = self.order.windows(2).all(|pair| matches!(pair, [a, b] if key(a) < key(b)));
        let is_inside = self.order.iter().all(|&ordinal| !self.value(ordinal).is_nan());
        if self.values.len() == points && self.order.len() == present && is_sorted && is_inside {
            return Ok(());
        }
        Err(Error::corrupt("numbers: values and their order do not fit"))
    }

    /// The point's number; NaN when it has none.
    #[inline]
    pub(crate) fn value(&self, ordinal: Ordinal) -> f64 {
        self.values.get(ordinal as usize).copied().unwrap_or(f64::NAN)
    }

    /// Where the points that pass stand in the order.
    pub(crate) fn rows(&self, test: &NumberTest) -> Vec<Range<usize>> {
        let first_not = |below: &dyn Fn(f64) -> bool| self.order.partition_point(|&o| below(self.value(o)));
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

    /// Puts the points of such rows into a bitmap.
    pub(crate) fn add(&self, rows: &[Range<usize>], into: &mut Bitmap) {
        for ordinals in rows.iter().filter_map(|range| self.order.get(range.clone())) {
            ordinals.iter().for_each(|&ordinal| into.insert(ordinal));
        }
    }
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
    /// What a checked condition asks.
    pub(crate) fn of(condition: &Condition, kind: FieldType) -> Self {
        match condition {
            Condition::Exists => Self::Any,
            Condition::Range { low, high, .. } => Self::Between(*low, *high),
            Condition::In(values) => {
                let mut numbers: Vec<f64> = values.iter().filter_map(|v| v.number(kind)).collect();
                sort_by_rank(&mut numbers, |&number| ordered(number));
                numbers.dedup();
                Self::In(numbers)
            }
            Condition::Prefix(_) | Condition::Contains(_) | Condition::Within(_) => Self::In(Vec::new()),
        }
    }

    /// Whether a number passes; NaN never does.
    pub(crate) fn passes(&self, n: f64) -> bool {
        match self {
            Self::Any => !n.is_nan(),
            Self::In(numbers) => numbers.contains(&n),
            Self::Between(low, high) => {
                !n.is_nan()
                    && low.is_none_or(|(bound, inclusive)| n > bound || (inclusive && n == bound))
                    && high.is_none_or(|(bound, inclusive)| n < bound || (inclusive && n == bound))
            }
        }
    }
}
