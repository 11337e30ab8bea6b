//! Counts of numbers by value or bucket, and what they come to.

use alloc::vec::Vec;

use super::sum::ExactSum;
use super::values::{Counted, CountedValue};
use crate::columns::{Bitmap, NumberColumn, ordered, unordered};
use crate::model::FacetStats;
use crate::order::{Key, sort_keys};

/// Sorting the numbers of few points is faster than going through all that are stored in order, up to one in so many.
const WALKED_PER_SORTED: usize = 64;

/// How many of these points have a number in each bucket, and how many have none; buckets ascend with numbers.
pub(super) fn tally<'a>(
    numbers: &NumberColumn<'_>,
    among: &Bitmap,
    bucket: &dyn Fn(f64) -> f64,
) -> (Vec<Counted<'a>>, u32) {
    let (points, mut with) = (among.count(), 0);
    let mut here: Vec<Counted<'a>> = Vec::new();
    let mut add = |from: f64| match here.last_mut() {
        Some(last) if last.number() == from => last.count += 1,
        _ => here.push(Counted { value: CountedValue::Number(from), count: 1 }),
    };
    // Of several numbers of a point those in one bucket count once, so they have to be seen together.
    if numbers.rows.0.is_none() && points as usize >= numbers.order.len() / WALKED_PER_SORTED {
        for &position in numbers.order.iter().filter(|&&position| among.contains(position)) {
            with += 1;
            add(bucket(numbers.at(position)));
        }
        return (here, points.saturating_sub(with));
    }
    let mut keys: Vec<Key> = Vec::new();
    for ordinal in among.iter() {
        let before = keys.len();
        for &number in numbers.row(ordinal).iter().filter(|number| !number.is_nan()) {
            let key = (ordered(bucket(number)), ordinal);
            if keys.last() != Some(&key) {
                keys.push(key);
            }
        }
        with += u32::from(keys.len() > before);
    }
    sort_keys(&mut keys);
    keys.into_iter().for_each(|(from, _)| add(unordered(from)));
    (here, points.saturating_sub(with))
}

/// What numbers come to.
#[derive(Default)]
pub(super) struct Stats {
    count: u64,
    /// Least and greatest.
    ends: Option<(f64, f64)>,
    sum: ExactSum,
}

impl Stats {
    pub(super) fn add(&mut self, number: f64) {
        self.count += 1;
        let (min, max) = self.ends.unwrap_or((number, number));
        self.ends = Some((if number < min { number } else { min }, if number > max { number } else { max }));
        self.sum.add(number);
    }

    pub(super) fn finish(self) -> FacetStats {
        let sum = Some(self.sum.rounded()).filter(|sum| sum.is_finite());
        FacetStats {
            count: self.count,
            min: self.ends.map(|ends| ends.0),
            max: self.ends.map(|ends| ends.1),
            sum,
            mean: sum.filter(|_| self.count > 0).map(|sum| sum / self.count as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_float_reaches_has_no_sum() {
        let mut stats = Stats::default();
        [1e308, 1e308, -5.0].iter().for_each(|&number| stats.add(number));
        let told = stats.finish();
        assert_eq!((told.count, told.min, told.max, told.sum, told.mean), (3, Some(-5.0), Some(1e308), None, None));
        let none = Stats::default().finish();
        assert_eq!((none.count, none.min, none.sum, none.mean), (0, None, Some(0.0), None));
    }
}
