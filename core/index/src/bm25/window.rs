//! Sums of the points of a window of ordinals, word after word.

use alloc::vec::Vec;

use super::bounds::{Words, bit, told_apart};
use super::evidence::Asked;
use super::score::{length_code, over_fields};
use crate::ids::Ordinal;

/// Ordinals of a window: its sums fit the first cache. With fewer, bounds are tighter, and more of them are computed.
pub(super) const WINDOW: u32 = 2048;

/// A typed word, and how often the query says it.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) index: u32,
    pub(super) said: u32,
}

/// A set of places.
#[derive(Default)]
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

/// What words have added to a point.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) sum: u32,
    /// The words that it has.
    pub(super) met: Words,
    /// Of these, those that stand in a text which is as long as what was typed.
    pub(super) whole: Words,
}

/// See the module.
pub(super) struct Window {
    pub(super) start: Ordinal,
    /// Of all words before the one at hand.
    sums: Vec<Sum>,
    /// The code of the length of what was typed.
    pub(super) whole_length: u8,
    /// What each word has added, place after place: what others say is of windows before.
    adds: Vec<u32>,
    /// Of so many words.
    words: usize,
    touched: Touched,
    /// Of the word at hand: the best of the field at hand, the best field, the sum of fields.
    of_field: Vec<u32>,
    best: Vec<u32>,
    sum: Vec<u32>,
    in_field: Touched,
    in_word: Touched,
}

impl Window {
    pub(super) fn new(asked: &Asked) -> Self {
        let words = told_apart(asked.words.len());
        let numbers = || alloc::vec![0; WINDOW as usize];
        Self {
            start: 0,
            sums: alloc::vec![Sum::default(); WINDOW as usize],
            whole_length: length_code(asked.places),
            adds: alloc::vec![0; words * WINDOW as usize],
            words,
            touched: Touched::new(),
            of_field: numbers(),
            best: numbers(),
            sum: numbers(),
            in_field: Touched::new(),
            in_word: Touched::new(),
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) const fn bytes(words: usize) -> usize {
        (size_of::<Sum>() + 4 * (3 + told_apart(words))) * WINDOW as usize + 3 * WINDOW as usize / 8
    }

    /// Whether a word before the one at hand has touched a point.
    #[inline]
    pub(super) fn has(&self, ordinal: Ordinal) -> bool {
        self.touched.contains(ordinal.wrapping_sub(self.start))
    }

    /// Forgets the points of which this does not hold; returns how many are left.
    pub(super) fn retain(&mut self, holds: impl Fn(&Sum) -> bool) -> u32 {
        let mut left = 0;
        for (sums, touched) in self.sums.chunks_mut(64).zip(&mut self.touched.0) {
            let mut rest = *touched;
            while rest != 0 {
                let at = rest.trailing_zeros();
                rest &= rest - 1;
                if let Some(sum) = sums.get_mut(at as usize).filter(|sum| !holds(sum)) {
                    *sum = Sum::default();
                    *touched &= !(1 << at);
                }
            }
            left += touched.count_ones();
        }
        left
    }

    /// A word is in a point.
    #[inline]
    pub(super) fn add_word(&mut self, ordinal: Ordinal, adds: u32, word: Said) {
        self.add_at(ordinal.wrapping_sub(self.start), adds, word);
    }

    #[inline]
    fn add_at(&mut self, place: u32, adds: u32, word: Said) {
        let (at, index) = (place as usize, word.index as usize);
        let Some(sum) = self.sums.get_mut(at) else { return };
        sum.sum = sum.sum.saturating_add(adds.saturating_mul(word.said));
        sum.met |= bit(word.index);
        self.touched.insert(place);
        if index < self.words {
            self.adds.get_mut(at * self.words + index).into_iter().for_each(|known| *known = adds);
        }
    }

    /// A word is in a text of a point that is as long as what was typed.
    #[inline]
    pub(super) fn may_be_whole(&mut self, ordinal: Ordinal, word: Said) {
        let place = ordinal.wrapping_sub(self.start) as usize;
        self.sums.get_mut(place).into_iter().for_each(|sum| sum.whole |= bit(word.index));
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
    pub(super) fn end_word(&mut self, word: Said) {
        self.end_field();
        let mut in_word = core::mem::take(&mut self.in_word);
        in_word.drain(|place| {
            let at = place as usize;
            let best = self.best.get_mut(at).map_or(0, core::mem::take);
            let sum = self.sum.get_mut(at).map_or(0, core::mem::take);
            self.add_at(place, over_fields(best, sum), word);
        });
        self.in_word = in_word;
    }

    /// Takes out what was summed up, in ascending order, with what each word has added; of words that are not in a
    /// point, that is anything.
    pub(super) fn drain(&mut self, mut with: impl FnMut(Ordinal, Sum, &[u32])) {
        let Self { start, sums, touched, adds, words, .. } = self;
        touched.drain(|place| {
            let at = place as usize;
            let sum = sums.get_mut(at).map(core::mem::take).unwrap_or_default();
            with(*start + place, sum, adds.get(at * *words..(at + 1) * *words).unwrap_or_default());
        });
    }
}
