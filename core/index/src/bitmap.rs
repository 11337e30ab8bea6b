//! A set of ordinals of one segment.
//!
//! One bit an ordinal, by `fixedbitset`. Roaring bitmaps are smaller where few points pass, but these live as long as a
//! query, and scans take their bits 32 and 64 at a time.

use fixedbitset::FixedBitSet;

use crate::ids::Ordinal;

/// Bits of one of the numbers that hold them.
const BLOCK_BITS: u32 = usize::BITS;

/// One bit an ordinal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap(FixedBitSet);

impl Bitmap {
    /// No ordinal of `len`.
    #[must_use]
    pub fn none(len: u32) -> Self {
        Self(FixedBitSet::with_capacity(len as usize))
    }

    /// Every ordinal below `len`.
    #[must_use]
    pub fn all(len: u32) -> Self {
        let mut all = Self::none(len);
        all.negate();
        all
    }

    /// The ordinals for which `test` holds.
    #[must_use]
    pub fn from_fn(len: u32, test: impl Fn(Ordinal) -> bool) -> Self {
        let blocks = (0..len.div_ceil(BLOCK_BITS)).map(|index| {
            let first = index * BLOCK_BITS;
            let of = len.min(first.saturating_add(BLOCK_BITS));
            (first..of).fold(0, |block, ordinal| block | usize::from(test(ordinal)) << (ordinal - first))
        });
        Self(FixedBitSet::with_capacity_and_blocks(len as usize, blocks))
    }

    /// Whether the ordinal is in the set.
    #[must_use]
    #[inline]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.0.contains(ordinal as usize)
    }

    /// The 32 ordinals from `first` on, as bits; those past the end are not in the set.
    #[must_use]
    #[inline]
    pub fn bits_from(&self, first: Ordinal) -> u32 {
        let (blocks, index, shift) = (self.0.as_slice(), (first / BLOCK_BITS) as usize, first % BLOCK_BITS);
        let at = |index: usize| blocks.get(index).copied().unwrap_or(0);
        let high = if shift > BLOCK_BITS - 32 { at(index + 1) << (BLOCK_BITS - shift) } else { 0 };
        (at(index) >> shift | high) as u32
    }

    /// Puts an ordinal in, if there is such a one.
    #[inline]
    pub fn insert(&mut self, ordinal: Ordinal) {
        if (ordinal as usize) < self.0.len() {
            self.0.insert(ordinal as usize);
        }
    }

    /// Keeps the ordinals for which `test` holds; asks only about those that are in.
    pub fn retain(&mut self, test: impl Fn(Ordinal) -> bool) {
        for (index, block) in (0u32..).zip(self.0.as_mut_slice()) {
            let mut rest = *block;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                *block &= !(usize::from(!test(index * BLOCK_BITS + bit)) << bit);
            }
        }
    }

    /// Takes an ordinal out.
    pub fn remove(&mut self, ordinal: Ordinal) {
        if (ordinal as usize) < self.0.len() {
            self.0.remove(ordinal as usize);
        }
    }

    /// The bits, 64 at a time.
    pub fn words(&self) -> impl Iterator<Item = u64> + '_ {
        let word =
            |blocks: &[usize]| blocks.iter().rev().fold(0, |word, &block| word << (BLOCK_BITS % 64) | block as u64);
        self.0.as_slice().chunks((64 / BLOCK_BITS) as usize).map(word)
    }

    /// How many are in the set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.count_ones(..) as u32
    }

    /// Keeps what is in both.
    pub fn intersect(&mut self, other: &Self) {
        self.0.intersect_with(&other.0);
    }

    /// Adds what is in the other.
    pub fn unite(&mut self, other: &Self) {
        self.0.union_with(&other.0);
    }

    /// Turns every bit.
    pub fn negate(&mut self) {
        self.0.toggle_range(..);
    }

    /// The ordinals, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.0.ones().map(|ordinal| ordinal as Ordinal)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_a_set(
            len in 0u32..300, one in prop::collection::btree_set(0u32..300, 0..60), other in prop::collection::btree_set(0u32..300, 0..60),
            first in 0u32..400, wanted in 0u32..400,
        ) {
            let below = |set: &BTreeSet<u32>| -> BTreeSet<u32> { set.iter().copied().filter(|o| *o < len).collect() };
            let (a, b) = (below(&one), below(&other));
            let of = |set: &BTreeSet<u32>| Bitmap::from_fn(len, |o| set.contains(&o));
            let same = |map: &Bitmap, set: BTreeSet<u32>| {
                let number = |first: u32, count: u32| -> u64 {
                    (0..count).map(|bit| u64::from(set.contains(&(first + bit))) << bit).sum()
                };
                map.iter().eq(set.iter().copied())
                    && map.count() as usize == set.len()
                    && map.contains(wanted) == set.contains(&wanted)
                    && u64::from(map.bits_from(first)) == number(first, 32)
                    && map.words().eq((0..len.div_ceil(64)).map(|word| number(word * 64, 64)))
            };
            let with = |change: &dyn Fn(&mut Bitmap)| { let mut map = of(&a); change(&mut map); map };
            prop_assert!(same(&of(&a), a.clone()));
            prop_assert!(same(&Bitmap::none(len), BTreeSet::new()));
            prop_assert!(same(&Bitmap::all(len), (0..len).collect()));
            prop_assert!(same(&with(&|map| map.negate()), (0..len).filter(|o| !a.contains(o)).collect()));
            prop_assert!(same(&with(&|map| map.unite(&of(&b))), &a | &b));
            prop_assert!(same(&with(&|map| map.intersect(&of(&b))), &a & &b));
            prop_assert!(same(&with(&|map| map.retain(|o| b.contains(&o))), &a & &b));
            prop_assert!(same(&with(&|map| map.insert(wanted)), below(&(&a | &BTreeSet::from([wanted])))));
            prop_assert!(same(&with(&|map| map.remove(wanted)), &a - &BTreeSet::from([wanted])));
            prop_assert_eq!(of(&a).iter().collect::<Vec<_>>(), a.into_iter().collect::<Vec<_>>());
        }
    }
}
