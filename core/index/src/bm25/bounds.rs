//! The most that a point can have, as long as only some of its words are known.

use alloc::vec::Vec;

use super::evidence::Asked;
use super::score::{least_of, most_of, together};
use super::window::{AddsOf, Sum};
use crate::promised::Promised as _;

/// A set of typed words: those from 31 on share the last bit, which says that there may be any of them.
pub(super) type Words = u32;

const SHARED: u32 = Words::BITS - 1;

/// The set of this word.
#[inline]
pub(super) const fn bit(word: u32) -> Words {
    1 << if word < SHARED { word } else { SHARED }
}

/// The set without this word, if it can tell.
#[inline]
pub(super) const fn without(words: Words, word: u32) -> Words {
    if word < SHARED { words & !bit(word) } else { words }
}

/// Words that can be told apart.
pub(super) const fn told_apart(words: usize) -> usize {
    if words < SHARED as usize { words } else { SHARED as usize }
}

/// Two words of which one follows the other where a field asks for them.
#[derive(Clone, Copy, PartialEq)]
struct Pair {
    place: u32,
    one: u32,
    other: u32,
}

impl Pair {
    const fn words(self) -> Words {
        bit(self.one) | bit(self.other)
    }
}

/// What may be added, in a window, to what words give.
#[derive(Clone, Default)]
struct Additions {
    /// Pairs that may be there, and what each adds at most.
    pairs: Vec<(Pair, u64)>,
    /// The words that all fields ask for: a whole text has them. There may be none, and whole texts all the same.
    everywhere: Words,
    /// Whether anything is added to what words add.
    has_neighbours: bool,
}

impl Additions {
    /// What neighbours add at most to a point that has none but these words.
    #[inline]
    fn neighbours(&self, words: Words) -> u64 {
        self.pairs.iter().filter(|(pair, _)| words & pair.words() == pair.words()).map(|(_, adds)| adds).sum()
    }

    /// Whether a point can be a whole text of which these words may be in a text that is as long as what was typed.
    #[inline]
    const fn can_be_whole(&self, words: Words) -> bool {
        self.has_neighbours && words & self.everywhere == self.everywhere
    }
}

/// Sets of words whose sums are remembered.
const REMEMBERED: usize = 16;

/// From which sum of its words on a point of a window can be a hit, by the words that it has: most points have one of
/// few sets of them.
#[derive(Default)]
pub(super) struct Least {
    least: u64,
    /// Further words, of which each point may have any, and what they add at most.
    asked: Words,
    rest: u64,
    additions: Additions,
    remembered: [(Words, u64); REMEMBERED],
}

impl Least {
    /// Goes on to points to which other words than those of `asked` have added all that they can, and these may add as
    /// much as `rest`.
    pub(super) fn begin(&mut self, bounds: &Bounds, least: u32, rest: u64, asked: Words) {
        (self.least, self.rest, self.asked) = (u64::from(least), rest, asked);
        self.additions.clone_from(&bounds.additions);
        self.remembered = [(0, 0); REMEMBERED];
    }

    /// Whether a point can be a hit of whose words these are known, with what they add.
    #[inline]
    pub(super) fn is_reached(&mut self, of: &Sum) -> bool {
        let words = of.met | self.asked;
        if self.additions.can_be_whole(of.whole | self.asked) {
            return most_of(u64::from(of.sum) + self.rest, self.additions.neighbours(words), true) >= self.least;
        }
        // A multiplicative hash: its upper bits depend on all words.
        let at = (words.wrapping_mul(0x9e37_79b1) >> 28) as usize % REMEMBERED;
        let sum = match self.remembered.get(at) {
            Some(&(of, sum)) if of == words => sum,
            _ => self.remember(words, at),
        };
        u64::from(of.sum) >= sum
    }

    #[inline(never)]
    fn remember(&mut self, words: Words, at: usize) -> u64 {
        let sum = least_of(self.least, self.additions.neighbours(words), false).saturating_sub(self.rest);
        self.remembered.get_mut(at).into_iter().for_each(|r| *r = (words, sum));
        sum
    }
}

/// See the module.
pub(super) struct Bounds {
    pairs: Vec<Pair>,
    /// What each word adds at most to any of the points at hand, and what is added besides.
    most: Vec<u32>,
    additions: Additions,
    /// The words of these pairs.
    paired: Vec<u32>,
    /// What each of them adds at most to the point at hand.
    here: Vec<u32>,
}

impl Bounds {
    #[inline(never)]
    pub(super) fn new(asked: &Asked) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut additions =
            Additions { everywhere: Words::MAX, has_neighbours: asked.has_neighbours(), ..Additions::default() };
        for field in &asked.fields {
            additions.everywhere &= field.sequence.iter().fold(0, |words, &(word, _)| words | bit(word));
            for pair in field.sequence.windows(2) {
                let &[(one, place), (other, _)] = pair else { continue };
                let pair = Pair { place, one, other };
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        Self { pairs, most: Vec::new(), additions, paired: Vec::new(), here: alloc::vec![0; asked.words.len()] }
    }

    /// Goes on to other points, to which each word adds at most so much.
    #[inline(never)]
    pub(super) fn begin(&mut self, most: impl Iterator<Item = u32>) {
        self.most.clear();
        self.most.extend(most);
        let of = |word: u32| self.most.get(word as usize).copied().unwrap_or(0);
        let adds = |pair: &Pair| u64::from(together(of(pair.one), of(pair.other)));
        self.additions.pairs.clear();
        self.additions.pairs.extend(self.pairs.iter().map(|pair| (*pair, adds(pair))).filter(|(_, adds)| *adds > 0));
        self.paired.clear();
        for word in self.additions.pairs.iter().flat_map(|(pair, _)| [pair.one, pair.other]) {
            if !self.paired.contains(&word) {
                self.paired.push(word);
            }
        }
    }

    /// What each word adds at most.
    pub(super) fn most(&self) -> &[u32] {
        &self.most
    }

    /// The least that these words, and none but these, must add to one that may have so much.
    #[inline(never)]
    pub(super) fn least_sum(&self, least: u32, words: Words) -> u64 {
        least_of(u64::from(least), self.additions.neighbours(words), self.additions.can_be_whole(words))
    }

    /// Whether one of the points may have this that has none but these words, which add at most `sum`.
    #[inline(never)]
    pub(super) fn reach(&self, least: u32, sum: u64, words: Words) -> bool {
        most_of(sum, self.additions.neighbours(words), self.additions.can_be_whole(words)) >= u64::from(least)
    }

    /// Goes on to a point to which words of `met` add as much as `adds` says, and others that it may have something.
    #[inline(never)]
    pub(super) fn point(&mut self, met: Words, adds: &AddsOf<'_>, may_have: Words) {
        for &word in &self.paired {
            let most = self.most.get(word as usize).copied().promised();
            let here = match adds.word(word) {
                Some(adds) if word < SHARED && met & bit(word) != 0 => adds,
                _ if (met | may_have) & bit(word) != 0 => most,
                _ => 0,
            };
            self.here.get_mut(word as usize).into_iter().for_each(|of| *of = here);
        }
    }

    /// Now it is known what a word adds to it.
    #[inline]
    pub(super) fn know(&mut self, word: u32, adds: u32) {
        self.here.get_mut(word as usize).into_iter().for_each(|here| *here = adds);
    }

    /// The most that the point has to which words add at most `sum`. Those of `whole` may be in a text that is as long
    /// as what was typed.
    #[inline]
    pub(super) fn most_of_point(&self, sum: u64, whole: Words) -> u64 {
        most_of(sum, self.neighbours(), self.additions.can_be_whole(whole))
    }

    /// The words whose positions say what the point has. Those of `whole` may be in a text that is as long as what was
    /// typed.
    #[inline(never)]
    pub(super) fn placed(&self, whole: Words) -> Words {
        if self.additions.can_be_whole(whole) {
            return Words::MAX;
        }
        let is_here = |word: u32| self.here.get(word as usize).is_some_and(|adds| *adds > 0);
        let here = self.additions.pairs.iter().filter(|(pair, _)| is_here(pair.one) && is_here(pair.other));
        here.fold(0, |words, (pair, _)| words | pair.words())
    }

    /// What neighbours add to it at most.
    #[inline(never)]
    fn neighbours(&self) -> u64 {
        let of = |word: u32| self.here.get(word as usize).copied().unwrap_or(0);
        self.additions.pairs.iter().map(|(pair, _)| u64::from(together(of(pair.one), of(pair.other)))).sum()
    }
}
