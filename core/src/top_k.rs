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

/// Keeps the `k` greatest items pushed.
#[derive(Debug, Clone)]
pub(crate) struct TopK<T> {
    k: usize,
    heap: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> TopK<T> {
    pub(crate) const fn new(k: usize) -> Self {
        Self { k, heap: BinaryHeap::new() }
    }

    /// Empties it for another `k`, keeping its memory.
    pub(crate) fn reset(&mut self, k: usize) {
        self.k = k;
        self.heap.clear();
    }

    /// Items wanted.
    pub(crate) const fn k(&self) -> usize {
        self.k
    }

    /// Items held.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The least item, when there are `k`.
    pub(crate) fn least_when_full(&self) -> Option<&T> {
        if self.heap.len() < self.k { None } else { self.heap.peek().map(|Reverse(least)| least) }
    }

    /// Whether pushing this item would change anything.
    #[inline(always)]
    pub(crate) fn admits(&self, item: &T) -> bool {
        self.heap.len() < self.k || self.heap.peek().is_some_and(|Reverse(least)| item > least)
    }

    /// Whether it holds `k` items and all are greater than this one.
    #[inline(always)]
    pub(crate) fn excludes(&self, item: &T) -> bool {
        self.heap.len() >= self.k && self.heap.peek().is_none_or(|Reverse(least)| item < least)
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.admits(&item) {
            self.heap.push(Reverse(item));
            if self.heap.len() > self.k {
                self.heap.pop();
            }
        }
    }

    /// The items, greatest first.
    pub(crate) fn into_greatest_first(self) -> Vec<T> {
        self.heap.into_sorted_vec().into_iter().map(|Reverse(item)| item).collect()
    }

    /// The items, greatest first, keeping the memory.
    pub(crate) fn take_greatest_first(&mut self) -> Vec<T> {
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
