//! Where the values of each point stand.
//!
//! Most fields have one value a point, and then pay nothing for those that have more: there are no offsets, and a
//! value that stands for none where there is none.

use alloc::vec::Vec;
use core::ops::Range;

use crate::ids::Ordinal;

/// Values on their way into a section, and where those of each point end.
#[derive(Debug)]
pub(crate) struct RowBuilder<T> {
    values: Vec<T>,
    offsets: Vec<u32>,
}

impl<T> Default for RowBuilder<T> {
    fn default() -> Self {
        Self { values: Vec::new(), offsets: alloc::vec![0] }
    }
}

impl<T: Copy> RowBuilder<T> {
    /// Adds the next point's values.
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = T>) {
        self.values.extend(values);
        self.offsets.push(self.values.len() as u32);
    }

    /// The values of each point.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[T]> {
        self.offsets.windows(2).map(|window| match *window {
            [from, to] => self.values.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        })
    }

    /// All values with offsets, or one value a point where no point has several.
    pub(crate) fn finish(self, missing: T) -> (Vec<T>, Option<Vec<u32>>) {
        let Self { values, offsets } = self;
        let only = |window: &[u32]| match *window {
            [from, to] if to - from > 1 => None,
            [from, to] if from < to => values.get(from as usize).copied(),
            _ => Some(missing),
        };
        match offsets.windows(2).map(only).collect() {
            Some(values) => (values, None),
            None => (values, Some(offsets)),
        }
    }
}

/// A view of stored offsets; none: one value a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a>(pub(crate) Option<&'a [u32]>);

impl Rows<'_> {
    /// Whether they are those of `points` points with so many values.
    pub(crate) fn are_sound(&self, values: usize, points: usize) -> bool {
        match self.0 {
            None => values == points,
            Some(offsets) => offsets.len() == points + 1 && covers(offsets, values),
        }
    }

    /// How many points there are, with so many values.
    pub(crate) fn points(&self, values: usize) -> usize {
        self.0.map_or(values, |offsets| offsets.len().saturating_sub(1))
    }

    /// Where a point's values stand.
    #[inline]
    pub(crate) fn of(&self, ordinal: Ordinal) -> Range<usize> {
        let row = ordinal as usize;
        match self.0 {
            None => row..row + 1,
            Some(offsets) => match offsets.get(row..row + 2) {
                Some(&[from, to]) => from as usize..to as usize,
                _ => 0..0,
            },
        }
    }

    /// The point whose value stands at a position. Complexity: a binary search where points have several.
    #[inline]
    pub(crate) fn owner(&self, position: u32) -> Ordinal {
        match self.0 {
            None => position,
            Some(offsets) => offsets.partition_point(|&start| start <= position).saturating_sub(1) as Ordinal,
        }
    }
}

/// Whether offsets start at 0, never descend and end at `len`.
pub(crate) fn covers(offsets: &[u32], len: usize) -> bool {
    offsets.first() == Some(&0) && offsets.last().is_some_and(|&o| o as usize == len) && offsets.is_sorted()
}
