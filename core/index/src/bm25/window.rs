//! Sums of the points of a window of ordinals, word after word.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::bounds::{Least, Words, bit, told_apart};
use super::evidence::Asked;
use super::score::{length_code, over_fields};
use crate::ids::Ordinal;

/// Ordinals of a window: its sums and what one word adds to them fit the first cache. With fewer, bounds are tighter,
/// and more of them are computed.
pub(super) const WINDOW: u32 = 2048;
const PLACES: usize = WINDOW as usize;

/// A number for each place.
type Numbers = [u32; PLACES];

/// The number of a place. The remainder says to the compiler that there is one.
#[inline]
#[expect(clippy::indexing_slicing, reason = "a remainder is in range")]
const fn at(numbers: &mut Numbers, place: u32) -> &mut u32 {
    &mut numbers[place as usize % PLACES]
}

/// A typed word, and how often the query says it.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) index: u32,
    pub(super) said: u32,
}

/// A set of places.
struct Touched([u64; PLACES / 64]);

impl Touched {
    const fn new() -> Self {
        Self([0; PLACES / 64])
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "a remainder is in range")]
    const fn insert(&mut self, place: u32) {
        self.0[place as usize % PLACES / 64] |= 1 << (place % 64);
    }

    #[inline]
    fn contains(&self, place: u32) -> bool {
        self.0.get(place as usize / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Keeps those of which this holds, asked in ascending order.
    #[inline]
    fn retain(&mut self, mut holds: impl FnMut(u32) -> bool) {
        for (index, word) in (0u32..).zip(&mut self.0) {
            let mut rest = *word;
            while rest != 0 {
                let at = rest.trailing_zeros();
                rest &= rest - 1;
                *word ^= u64::from(!holds(index * 64 + at)) << at;
            }
        }
    }

    /// Takes all out, in ascending order.
    #[inline]
    fn drain(&mut self, mut with: impl FnMut(u32)) {
        self.retain(|place| {
            with(place);
            false
        });
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

/// What words have added, place after place.
struct Sums {
    sum: Numbers,
    met: Numbers,
    whole: Numbers,
    /// Whether there is any of `whole`.
    has_whole: bool,
    touched: Touched,
}

impl Sums {
    #[inline]
    fn of(&mut self, place: u32) -> Sum {
        let whole = if self.has_whole { *at(&mut self.whole, place) } else { 0 };
        Sum { sum: *at(&mut self.sum, place), met: *at(&mut self.met, place), whole }
    }

    #[inline]
    fn may_be_whole(&mut self, place: u32, word: Words) {
        self.has_whole = true;
        *at(&mut self.whole, place) |= word;
    }

    #[inline]
    fn clear(&mut self, place: u32) {
        (*at(&mut self.sum, place), *at(&mut self.met, place)) = (0, 0);
        if self.has_whole {
            *at(&mut self.whole, place) = 0;
        }
    }
}

/// What each word has added to a point.
pub(super) struct AddsOf<'w> {
    adds: &'w [Numbers],
    place: u32,
}

impl AddsOf<'_> {
    /// Of a word that is in the point; of another one, anything.
    #[inline]
    pub(super) fn word(&self, word: u32) -> Option<u32> {
        self.adds.get(word as usize)?.get(self.place as usize).copied()
    }
}

/// See the module.
pub(super) struct Window {
    pub(super) start: Ordinal,
    /// The code of the length of what was typed.
    pub(super) whole_length: u8,
    /// Of all words before the one at hand.
    sums: Box<Sums>,
    /// What each word has added: what others say is of windows before. Those that share a bit share the last one.
    adds: Vec<Numbers>,
    /// Of the word at hand: the best of the field at hand, the best field, the sum of fields.
    of_field: Box<Numbers>,
    best: Box<Numbers>,
    sum: Box<Numbers>,
    in_field: Touched,
    in_word: Touched,
    has_several_fields: bool,
}

impl Window {
    pub(super) fn new(asked: &Asked) -> Self {
        let numbers = || Box::new([0; PLACES]);
        let (sum, met, whole) = ([0; PLACES], [0; PLACES], [0; PLACES]);
        Self {
            start: 0,
            whole_length: length_code(asked.places),
            sums: Box::new(Sums { sum, met, whole, has_whole: false, touched: Touched::new() }),
            adds: alloc::vec![[0; PLACES]; told_apart(asked.words.len()) + 1],
            of_field: numbers(),
            best: numbers(),
            sum: numbers(),
            in_field: Touched::new(),
            in_word: Touched::new(),
            has_several_fields: false,
        }
    }

    /// The memory that it takes, in bytes.
    pub(super) const fn bytes(words: usize) -> usize {
        size_of::<Sums>() + size_of::<Numbers>() * (3 + told_apart(words) + 1) + 2 * size_of::<Touched>()
    }

    /// Whether a word before the one at hand has touched a place.
    #[inline]
    pub(super) fn has(&self, place: u32) -> bool {
        self.sums.touched.contains(place)
    }

    /// Forgets the points that cannot be hits; returns how many are left.
    pub(super) fn retain(&mut self, least: &mut Least) -> u32 {
        let sums = &mut *self.sums;
        let mut touched = core::mem::replace(&mut sums.touched, Touched::new());
        touched.retain(|place| {
            let holds = least.is_reached(&sums.of(place));
            if !holds {
                sums.clear(place);
            }
            holds
        });
        sums.touched = touched;
        sums.touched.len()
    }

    /// A word is in a point, maybe in a text that is as long as what was typed.
    #[inline]
    pub(super) fn add_word(&mut self, place: u32, adds: u32, may_be_whole: bool, word: Said) {
        let last = self.adds.len().saturating_sub(1);
        self.adds.get_mut(last.min(word.index as usize)).into_iter().for_each(|of| *at(of, place) = adds);
        let sum = at(&mut self.sums.sum, place);
        *sum = sum.saturating_add(adds.saturating_mul(word.said));
        *at(&mut self.sums.met, place) |= bit(word.index);
        self.sums.touched.insert(place);
        if may_be_whole {
            self.sums.may_be_whole(place, bit(word.index));
        }
    }

    /// A variant of the word at hand is in the field at hand of a point, maybe in a text that is as long as what was
    /// typed.
    #[inline]
    pub(super) fn add(&mut self, place: u32, adds: u32, may_be_whole: bool, word: Said) {
        let of_field = at(&mut self.of_field, place);
        *of_field = (*of_field).max(adds);
        self.in_field.insert(place);
        if may_be_whole {
            self.sums.may_be_whole(place, bit(word.index));
        }
    }

    /// The next lists are those of another field.
    pub(super) fn end_field(&mut self) {
        let Self { of_field, best, sum, in_field, in_word, .. } = self;
        in_field.drain(|place| {
            let adds = core::mem::take(at(of_field, place));
            let (best, sum) = (at(best, place), at(sum, place));
            (*best, *sum) = ((*best).max(adds), sum.saturating_add(adds));
            in_word.insert(place);
        });
        self.has_several_fields = true;
    }

    /// The word at hand is through, and its last field.
    pub(super) fn end_word(&mut self, word: Said) {
        if self.has_several_fields {
            self.end_field();
        }
        let is_one = !core::mem::take(&mut self.has_several_fields);
        let touched = if is_one { &mut self.in_field } else { &mut self.in_word };
        let mut touched = core::mem::replace(touched, Touched::new());
        touched.drain(|place| {
            let adds = if is_one {
                core::mem::take(at(&mut self.of_field, place))
            } else {
                over_fields(core::mem::take(at(&mut self.best, place)), core::mem::take(at(&mut self.sum, place)))
            };
            self.add_word(place, adds, false, word);
        });
    }

    /// Takes out the points that can be hits, in ascending order, with what each word has added; forgets the others.
    pub(super) fn drain(&mut self, least: &mut Least, mut with: impl FnMut(Ordinal, Sum, &AddsOf<'_>)) {
        let (start, adds, sums) = (self.start, &*self.adds, &mut *self.sums);
        let mut touched = core::mem::replace(&mut sums.touched, Touched::new());
        touched.drain(|place| {
            let sum = sums.of(place);
            sums.clear(place);
            if least.is_reached(&sum) {
                with(start + place, sum, &AddsOf { adds, place });
            }
        });
        sums.has_whole = false;
    }
}
