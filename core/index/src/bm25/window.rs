//! Sums of the points of a window of ordinals, word after word.

use alloc::vec::Vec;

use super::score::over_fields;
use crate::ids::Ordinal;

/// Ordinals of a window: the sums fit the first cache.
pub(super) const WINDOW: u32 = 4096;

/// A set of places.
struct Touched(Vec<u64>);

impl Touched {
    fn new() -> Self {
        Self(alloc::vec![0; WINDOW as usize / 64])
    }

    #[inline]
    fn insert(&mut self, place: u32) {
        if let Some(word) = self.0.get_mut(place as usize / 64) {
            *word |= 1 << (place % 64);
        }
    }

    #[inline]
    fn contains(&self, place: u32) -> bool {
        self.0.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    /// Takes all out, in ascending order.
    fn drain(&mut self, mut with: impl FnMut(u32)) {
        for (index, word) in (0u32..).zip(&mut self.0) {
            while *word != 0 {
                let place = index * 64 + word.trailing_zeros();
                *word &= *word - 1;
                with(place);
            }
        }
    }
}

/// See the module.
pub(super) struct Window {
    pub(super) start: Ordinal,
    /// Of all words before the one at hand.
    sums: Vec<u32>,
    /// Words met, of those that count.
    met: Vec<u32>,
    touched: Touched,
    /// Of the word at hand: the best of the field at hand, the best field, the sum of fields.
    of_field: Vec<u32>,
    best: Vec<u32>,
    sum: Vec<u32>,
    in_field: Touched,
    in_word: Touched,
}

impl Window {
    pub(super) fn new() -> Self {
        let numbers = || alloc::vec![0; WINDOW as usize];
        Self {
            start: 0,
            sums: numbers(),
            met: numbers(),
            touched: Touched::new(),
            of_field: numbers(),
            best: numbers(),
            sum: numbers(),
            in_field: Touched::new(),
            in_word: Touched::new(),
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) const fn bytes() -> usize {
        5 * 4 * WINDOW as usize + 3 * WINDOW as usize / 8
    }

    /// Whether a word before the one at hand has touched a point.
    #[inline]
    pub(super) fn has(&self, ordinal: Ordinal) -> bool {
        self.touched.contains(ordinal.wrapping_sub(self.start))
    }

    /// A word that has this list only is in a point.
    #[inline]
    pub(super) fn add_single(&mut self, ordinal: Ordinal, adds: u32, said: u32, counts: bool) {
        let place = ordinal.wrapping_sub(self.start);
        if let (Some(sum), Some(met)) = (self.sums.get_mut(place as usize), self.met.get_mut(place as usize)) {
            *sum = sum.saturating_add(adds.saturating_mul(said));
            *met += u32::from(counts);
            self.touched.insert(place);
        }
    }

    /// A variant of the word at hand is in the field at hand of a point.
    #[inline]
    pub(super) fn add(&mut self, ordinal: Ordinal, adds: u32) {
        let place = ordinal.wrapping_sub(self.start);
        if let Some(of_field) = self.of_field.get_mut(place as usize) {
            *of_field = (*of_field).max(adds);
            self.in_field.insert(place);
        }
    }

    /// The next lists are those of another field.
    pub(super) fn end_field(&mut self) {
        let Self { of_field, best, sum, in_field, in_word, .. } = self;
        in_field.drain(|place| {
            let at = place as usize;
            let adds = of_field.get_mut(at).map_or(0, core::mem::take);
            best.get_mut(at).into_iter().for_each(|best| *best = (*best).max(adds));
            sum.get_mut(at).into_iter().for_each(|sum| *sum = sum.saturating_add(adds));
            in_word.insert(place);
        });
    }

    /// The word at hand is through, and its last field.
    pub(super) fn end_word(&mut self, said: u32, counts: bool) {
        let Self { sums, met, touched, best, sum, in_word, .. } = self;
        in_word.drain(|place| {
            let at = place as usize;
            let best = best.get_mut(at).map_or(0, core::mem::take);
            let word = over_fields(best, sum.get_mut(at).map_or(0, core::mem::take));
            sums.get_mut(at).into_iter().for_each(|sum| *sum = sum.saturating_add(word.saturating_mul(said)));
            met.get_mut(at).into_iter().for_each(|met| *met += u32::from(counts));
            touched.insert(place);
        });
    }

    /// Takes out what was summed up, in ascending order, as ordinal, sum and words met that count.
    pub(super) fn drain(&mut self, mut with: impl FnMut(Ordinal, u32, u32)) {
        let Self { start, sums, met, touched, .. } = self;
        touched.drain(|place| {
            let sum = sums.get_mut(place as usize).map_or(0, core::mem::take);
            let met = met.get_mut(place as usize).map_or(0, core::mem::take);
            with(*start + place, sum, met);
        });
    }
}
