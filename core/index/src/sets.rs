//! For each value of a column, the points that have it.
//!
//! A set is cut into blocks of 128 points: a byte that says how wide the gaps between ordinals are, then the gaps.

use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use crate::bitmap::Bitmap;
use crate::ids::Ordinal;
use crate::pack::{bytes_of, pack, unpack, width};
use crate::promised::Promised as _;

const BLOCK: usize = 128;

/// Where a set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct SetEntry {
    /// How many points.
    pub points: u32,
    /// Where its first block starts.
    pub at: u32,
}

const _: () = assert!(size_of::<SetEntry>() == 8);

/// Sets in the making.
#[derive(Debug, Default)]
pub struct SetBuilder {
    pub entries: Vec<SetEntry>,
    pub bytes: Vec<u8>,
}

impl SetBuilder {
    /// Appends the set of the next value: ordinals, ascending.
    pub fn push(&mut self, ordinals: &[Ordinal]) {
        self.entries.push(SetEntry { points: ordinals.len() as u32, at: self.bytes.len() as u32 });
        let mut next = 0;
        for block in ordinals.chunks(BLOCK) {
            let mut gaps = [0; BLOCK];
            for (gap, &ordinal) in gaps.iter_mut().zip(block) {
                *gap = ordinal - next;
                next = ordinal + 1;
            }
            let gaps = gaps.into_iter().take(block.len());
            let bits = width(gaps.clone());
            self.bytes.push(bits);
            pack(gaps, bits, &mut self.bytes);
        }
    }
}

/// A view of stored sets.
#[derive(Debug, Clone, Copy)]
pub struct Sets<'a> {
    pub entries: &'a [SetEntry],
    pub bytes: &'a [u8],
}

impl Sets<'_> {
    /// Whether there is a set for each of `values`, and each begins inside. What a set then holds is not looked at: an
    /// ordinal that does not exist is not put into a bitmap.
    pub fn is_sound(&self, values: usize, points: usize) -> bool {
        self.entries.len() == values
            && self.entries.iter().all(|e| e.points as usize <= points && e.at as usize <= self.bytes.len())
    }

    /// Points that have a value.
    pub fn points(&self, value: u32) -> u32 {
        self.entries.get(value as usize).map_or(0, |entry| entry.points)
    }

    /// Puts the points that have a value into a bitmap.
    #[inline(never)]
    pub fn add(&self, value: u32, into: &mut Bitmap) {
        let Some(entry) = self.entries.get(value as usize) else { return };
        let mut rest = self.bytes.get(entry.at as usize..).unwrap_or_default();
        let (mut left, mut next) = (entry.points as usize, 0u32);
        let mut gaps = [0; BLOCK];
        while left > 0 {
            let Some((&bits, after)) = rest.split_first() else { return };
            let count = left.min(BLOCK);
            let (block, after) = after.split_at_checked(bytes_of(count, bits)).unwrap_or((after, &[]));
            let gaps = gaps.get_mut(..count).promised();
            unpack(block, bits, gaps);
            for &mut gap in gaps {
                let ordinal = next.wrapping_add(gap);
                into.insert(ordinal);
                next = ordinal.wrapping_add(1);
            }
            rest = after;
            left -= count;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sets_come_back(sets in prop::collection::vec(prop::collection::btree_set(0u32..2000, 0..400), 0..6)) {
            let mut builder = SetBuilder::default();
            sets.iter().for_each(|set| builder.push(&set.iter().copied().collect::<Vec<_>>()));
            let view = Sets { entries: &builder.entries, bytes: &builder.bytes };
            prop_assert!(view.is_sound(sets.len(), 2000));
            for (value, set) in (0..).zip(&sets) {
                let mut found = Bitmap::none(2000);
                view.add(value, &mut found);
                prop_assert_eq!(&found.iter().collect::<BTreeSet<_>>(), set);
            }
        }

        #[test]
        fn hostile_bytes_give_some_points(points: u32, at in 0u32..40, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let entries = [SetEntry { points, at }];
            let mut found = Bitmap::none(100);
            Sets { entries: &entries, bytes: &bytes }.add(0, &mut found);
            prop_assert!(found.count() <= 100);
        }
    }
}
