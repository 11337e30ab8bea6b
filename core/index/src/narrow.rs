//! One number a point, as narrow as the largest allows.

use alloc::vec::Vec;

use crate::bitmap::Bitmap;

/// Numbers on their way into a section.
#[derive(Debug)]
pub enum NarrowParts {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
}

impl NarrowParts {
    /// Numbers, of which none is above `most`.
    #[must_use]
    pub fn of(numbers: Vec<u32>, most: u32) -> Self {
        match most {
            0..=0xff => Self::U8(numbers.into_iter().map(|n| n as u8).collect()),
            0x100..=0xffff => Self::U16(numbers.into_iter().map(|n| n as u16).collect()),
            _ => Self::U32(numbers),
        }
    }
}

/// Stored numbers.
#[derive(Debug, Clone, Copy)]
pub enum Narrow<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

impl Narrow<'_> {
    /// How many.
    #[must_use]
    pub const fn count(&self) -> usize {
        match self {
            Self::U8(numbers) => numbers.len(),
            Self::U16(numbers) => numbers.len(),
            Self::U32(numbers) => numbers.len(),
        }
    }

    /// The number at a position.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<u32> {
        match self {
            Self::U8(numbers) => numbers.get(index).map(|&n| u32::from(n)),
            Self::U16(numbers) => numbers.get(index).map(|&n| u32::from(n)),
            Self::U32(numbers) => numbers.get(index).copied(),
        }
    }

    /// Adds to the count of each number how many of these points have it.
    pub fn tally(&self, among: &Bitmap, counts: &mut [u32]) {
        match self {
            Self::U8(numbers) => tally(numbers, among, counts),
            Self::U16(numbers) => tally(numbers, among, counts),
            Self::U32(numbers) => tally(numbers, among, counts),
        }
    }

    /// The points whose number is wanted.
    #[must_use]
    pub fn select(&self, wanted: &Bitmap) -> Bitmap {
        let points = self.count() as u32;
        match self {
            Self::U8(numbers) => select(numbers, wanted, points),
            Self::U16(numbers) => select(numbers, wanted, points),
            Self::U32(numbers) => select(numbers, wanted, points),
        }
    }
}

fn tally<T: Copy + Into<u32>>(numbers: &[T], among: &Bitmap, counts: &mut [u32]) {
    let mut add = |number: &T| {
        let number: u32 = (*number).into();
        counts.get_mut(number as usize).into_iter().for_each(|count| *count += 1);
    };
    for (numbers, mut word) in numbers.chunks(64).zip(among.words()) {
        if word == u64::MAX {
            numbers.iter().for_each(&mut add);
            continue;
        }
        while word != 0 {
            numbers.get(word.trailing_zeros() as usize).into_iter().for_each(&mut add);
            word &= word - 1;
        }
    }
}

fn select<T: Copy + Into<u32>>(numbers: &[T], wanted: &Bitmap, points: u32) -> Bitmap {
    Bitmap::from_fn(points, |ordinal| numbers.get(ordinal as usize).is_some_and(|&n| wanted.contains(n.into())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_and_selections_are_those_of_looking_at_each(numbers in prop::collection::vec(0u32..7, 0..300), keep in 0u32..5, wanted in 0u32..9, width in 0usize..3) {
            let parts = NarrowParts::of(numbers.clone(), [10, 1_000, 100_000][width]);
            let view = match &parts {
                NarrowParts::U8(numbers) => Narrow::U8(numbers),
                NarrowParts::U16(numbers) => Narrow::U16(numbers),
                NarrowParts::U32(numbers) => Narrow::U32(numbers),
            };
            prop_assert_eq!((0..numbers.len()).map(|i| view.get(i).unwrap()).collect::<Vec<_>>(), numbers.clone());
            // Every keep-th point; of 0 all.
            let among = Bitmap::from_fn(numbers.len() as u32, |o| keep == 0 || o % keep == 0);
            let mut counts = [0; 7];
            view.tally(&among, &mut counts);
            for (number, count) in (0..).zip(counts) {
                prop_assert_eq!(count as usize, among.iter().filter(|&o| numbers[o as usize] == number).count());
            }
            let wanted = Bitmap::from_fn(7, |number| number < wanted);
            let selected: Vec<u32> = view.select(&wanted).iter().collect();
            prop_assert_eq!(selected, (0..numbers.len() as u32).filter(|&o| wanted.contains(numbers[o as usize])).collect::<Vec<_>>());
        }
    }
}
