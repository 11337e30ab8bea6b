//! The best candidates so far.

use alloc::vec::Vec;

use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::top_k::{ordered, unordered};

/// A candidate: what its code says of its score. The greater one is the better: higher estimate, then lower
/// ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Estimate {
    key: u64,
    /// The most that the true score may be, as ordered bits.
    most: u32,
}

impl Estimate {
    pub(super) fn new(score: f32, ordinal: Ordinal, most: f32) -> Self {
        Self { key: key(score, ordinal), most: ordered(most) }
    }

    pub const fn ordinal(self) -> Ordinal {
        row_of(self.key)
    }

    pub const fn score(self) -> f32 {
        score_of(self.key)
    }

    /// Whether the true score may be this high.
    #[inline(always)]
    pub fn may_reach(self, score: f32) -> bool {
        self.most >= ordered(score)
    }
}

/// Score above, row below, so that one comparison of integers orders them: by score, then lower row first.
pub(super) const fn key(score: f32, row: u32) -> u64 {
    (ordered(score) as u64) << 32 | !row as u64
}

pub(super) const fn row_of(key: u64) -> u32 {
    !(key as u32)
}

pub(super) const fn score_of(key: u64) -> f32 {
    unordered((key >> 32) as u32)
}

/// The first `count` of 32 lanes.
pub(super) const fn all_lanes(count: u32) -> u32 {
    ((1u64 << count) as u32).wrapping_sub(1)
}

#[inline(always)]
pub(super) fn each_lane(mut lanes: u32, mut with: impl FnMut(usize)) {
    while lanes != 0 {
        with(lanes.trailing_zeros() as usize);
        lanes &= lanes - 1;
    }
}

/// The one that `index` others are better than, in its place: those before are better, those behind are not. There are
/// more.
///
/// The only selection: each place that selects would bring one of its own into the WebAssembly module.
#[inline(never)]
pub fn nth_best(estimates: &mut [Estimate], index: usize) -> Estimate {
    *estimates.select_nth_unstable_by(index, |a, b| b.key.cmp(&a.key)).1
}

/// Leaves of each point that is there twice the better estimate; the others stay in their order.
///
/// By a table of places, twice as large: sorting would take several times as long.
pub(super) fn keep_better(estimates: &mut Vec<Estimate>) {
    const NONE: u32 = u32::MAX;
    let size = (2 * estimates.len()).next_power_of_two();
    let mut table = alloc::vec![NONE; size];
    let mut left = 0;
    for at in 0..estimates.len() {
        let Some(&estimate) = estimates.get(at) else { break };
        let mut slot = (estimate.ordinal().wrapping_mul(0x9e37_79b9) >> 16) as usize;
        // It ends, because half of the table is empty.
        let (place, found) = loop {
            slot &= size - 1;
            let Some(place) = table.get_mut(slot) else { return };
            match estimates.get_mut(*place as usize) {
                None => break (place, None),
                Some(other) if other.ordinal() == estimate.ordinal() => break (place, Some(other)),
                Some(_) => slot += 1,
            }
        };
        match found {
            Some(other) => *other = estimate.max(*other),
            None => {
                *place = left as u32;
                estimates.swap(left, at);
                left += 1;
            }
        }
    }
    estimates.truncate(left);
}

/// The best candidates so far: a buffer that is cut when it is full, so that most cost no more than writing them.
pub(super) struct Kept {
    pub(super) wanted: usize,
    buffer: Vec<Estimate>,
    /// Scores below this one cannot be among the best any more.
    least: f32,
}

impl Kept {
    pub(super) fn new(wanted: usize) -> Self {
        Self { wanted, buffer: Vec::with_capacity(wanted.min(1024) * 3 + BLOCK), least: f32::NEG_INFINITY }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, candidate: Estimate) {
        self.buffer.push(candidate);
        if self.buffer.len() >= 3 * self.wanted + BLOCK {
            self.cut();
        }
    }

    /// The score of the n-th best, if there are so many.
    pub(super) fn nth(&mut self, n: usize) -> Option<f32> {
        let index = n.checked_sub(1).filter(|&index| index < self.buffer.len())?;
        Some(score_of(nth_best(&mut self.buffer, index).key))
    }

    /// What a score must be to be among the best.
    #[inline(always)]
    pub(super) const fn least(&self) -> f32 {
        self.least
    }

    /// Candidates that there is room for.
    pub(super) fn room(&self) -> usize {
        self.buffer.capacity()
    }

    /// The best, in no order.
    pub(super) fn into_best(mut self) -> Vec<Estimate> {
        self.cut();
        self.buffer
    }

    /// Keeps the best; those that are left are in no order.
    fn cut(&mut self) {
        if self.wanted == 0 || self.buffer.len() <= self.wanted {
            return;
        }
        self.least = score_of(nth_best(&mut self.buffer, self.wanted - 1).key);
        self.buffer.truncate(self.wanted);
    }
}
