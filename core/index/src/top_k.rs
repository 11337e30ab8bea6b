//! The k greatest of many, in a heap of k.
//!
//! Everything that ranks goes through here: one small heap instead of a sort for each kind of item,
//! which also keeps sorting code out of the WebAssembly module.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use crate::ids::Ordinal;

/// A point and its score. The order is total: higher score first, then lower ordinal.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Higher is better.
    pub score: f32,
    /// The point.
    pub ordinal: Ordinal,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.ordinal.cmp(&self.ordinal))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// The bits of a float as an integer of the same order.
#[inline(always)]
pub const fn ordered(score: f32) -> u32 {
    let bits = score.to_bits();
    bits ^ (((bits as i32) >> 31) as u32 | 0x8000_0000)
}

/// The float of [`ordered`] bits.
#[inline(always)]
pub const fn unordered(bits: u32) -> f32 {
    f32::from_bits(bits ^ (((!bits as i32) >> 31) as u32 | 0x8000_0000))
}

/// A candidate as one number of the same order: heaps that compare often compare numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackedCandidate(u64);

impl PackedCandidate {
    #[inline(always)]
    pub const fn new(Candidate { score, ordinal }: Candidate) -> Self {
        Self((ordered(score) as u64) << 32 | !ordinal as u64)
    }

    #[inline(always)]
    pub const fn candidate(self) -> Candidate {
        Candidate { score: unordered((self.0 >> 32) as u32), ordinal: self.ordinal() }
    }

    #[inline(always)]
    pub const fn ordinal(self) -> Ordinal {
        !(self.0 as u32)
    }

    /// Whether the scores are equal, whatever the points.
    #[inline(always)]
    pub const fn scores_as(self, other: Self) -> bool {
        (self.0 ^ other.0) >> 32 == 0
    }
}

/// Keeps the `k` greatest items pushed.
#[derive(Debug, Clone)]
pub struct TopK<T> {
    k: usize,
    heap: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> TopK<T> {
    pub const fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Empties it for another `k`, keeping its memory.
    pub fn reset(&mut self, k: usize) {
        self.k = k;
        self.heap.clear();
    }

    /// Items wanted.
    pub const fn k(&self) -> usize {
        self.k
    }

    /// The items, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.heap.iter().map(|Reverse(item)| item)
    }

    /// Items held.
    pub fn held(&self) -> usize {
        self.heap.len()
    }

    /// The least item, when there are `k`.
    pub fn least_when_full(&self) -> Option<&T> {
        if self.heap.len() < self.k { None } else { self.heap.peek().map(|Reverse(least)| least) }
    }

    /// Whether pushing this item would change anything.
    #[inline(always)]
    pub fn admits(&self, item: &T) -> bool {
        self.heap.len() < self.k || self.heap.peek().is_some_and(|Reverse(least)| item > least)
    }

    /// Whether it holds `k` items and all are greater than this one.
    #[inline(always)]
    pub fn excludes(&self, item: &T) -> bool {
        self.heap.len() >= self.k && self.heap.peek().is_none_or(|Reverse(least)| item < least)
    }

    pub fn push(&mut self, item: T) {
        if self.heap.len() < self.k {
            self.heap.push(Reverse(item));
        } else if let Some(mut least) = self.heap.peek_mut().filter(|least| item > least.0) {
            // In its place: one way down the heap instead of one up and one down.
            least.0 = item;
        }
    }

    /// The items, greatest first.
    pub fn into_greatest_first(self) -> Vec<T> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(item)| item).collect()
    }

    /// The items, greatest first, keeping the memory.
    pub fn take_greatest_first(&mut self) -> Vec<T> {
        let mut items: Vec<T> = core::iter::from_fn(|| self.heap.pop()).map(|Reverse(item)| item).collect();
        items.reverse();
        items
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_have_the_order_of_candidates(a in any::<u32>(), b in any::<u32>(), rows in any::<[u32; 2]>()) {
            let candidate = |bits, ordinal| Candidate { score: f32::from_bits(bits), ordinal };
            let (a, b) = (candidate(a, rows[0]), candidate(b, rows[1]));
            prop_assert_eq!(PackedCandidate::new(a).cmp(&PackedCandidate::new(b)), a.cmp(&b));
            prop_assert_eq!(PackedCandidate::new(a).candidate(), a);
        }

        #[test]
        fn equals_sorting_and_cutting(items in prop::collection::vec(0u32..50, 0..80), k in 0usize..20) {
            let mut top = TopK::new(k);
            items.iter().for_each(|&i| top.push(i));
            let mut sorted = items;
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            sorted.truncate(k);
            prop_assert_eq!(top.clone().take_greatest_first(), sorted.clone());
            prop_assert_eq!(top.into_greatest_first(), sorted);
        }
    }
}
