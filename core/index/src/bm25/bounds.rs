//! The most that a point can have, as long as only some of its words are known.

use alloc::vec::Vec;

use super::evidence::Asked;
use super::score::{most_of, together};

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
#[derive(PartialEq)]
struct Pair {
    place: u32,
    one: u32,
    other: u32,
}

/// See the module.
pub(super) struct Bounds {
    pairs: Vec<Pair>,
    /// The words that all fields ask for: a whole text has them. There may be none, and whole texts all the same.
    everywhere: Words,
    /// Whether anything is added to what words add.
    has_neighbours: bool,
    /// What each word adds at most to any of the points at hand.
    most: Vec<u32>,
    /// What all pairs add to one at most.
    neighbours: u64,
    /// What each word adds at most to the point at hand.
    here: Vec<u32>,
}

impl Bounds {
    #[inline(never)]
    pub(super) fn new(asked: &Asked) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut everywhere = Words::MAX;
        for field in &asked.fields {
            everywhere &= field.sequence.iter().fold(0, |words, &(word, _)| words | bit(word));
            for pair in field.sequence.windows(2) {
                let &[(one, place), (other, _)] = pair else { continue };
                let pair = Pair { place, one, other };
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        let (most, here) = (Vec::new(), Vec::new());
        Self { pairs, everywhere, has_neighbours: asked.has_neighbours(), most, neighbours: 0, here }
    }

    /// Goes on to other points, to which each word adds at most so much.
    #[inline(never)]
    pub(super) fn begin(&mut self, most: impl Iterator<Item = u32>) {
        self.most.clear();
        self.most.extend(most);
        self.neighbours = self.neighbours_of(&self.most);
    }

    /// What each word adds at most.
    pub(super) fn most(&self) -> &[u32] {
        &self.most
    }

    /// Whether one of the points may have this to which words add at most `sum`. Those of `whole` may be in a text that
    /// is as long as what was typed.
    #[inline]
    pub(super) fn reach(&self, least: u32, sum: u64, whole: Words) -> bool {
        self.most_of(sum, self.neighbours, whole) >= u64::from(least)
    }

    /// Goes on to a point to which words of `met` add as much as `adds` says, and others that it may have something.
    #[inline(never)]
    pub(super) fn point(&mut self, met: Words, adds: &[u32], may_have: Words) {
        self.here.clear();
        self.here.extend((0..).zip(&self.most).map(|(word, &most)| match adds.get(word as usize) {
            Some(&adds) if met & bit(word) != 0 => adds,
            _ if (met | may_have) & bit(word) != 0 => most,
            _ => 0,
        }));
    }

    /// Now it is known what a word adds to it.
    #[inline]
    pub(super) fn know(&mut self, word: u32, adds: u32) {
        self.here.get_mut(word as usize).into_iter().for_each(|here| *here = adds);
    }

    /// The most that the point has to which words add at most `sum`.
    #[inline]
    pub(super) fn most_of_point(&self, sum: u64, whole: Words) -> u64 {
        self.most_of(sum, self.neighbours_of(&self.here), whole)
    }

    #[inline]
    fn most_of(&self, sum: u64, neighbours: u64, whole: Words) -> u64 {
        let can_be_whole = self.has_neighbours && whole & self.everywhere == self.everywhere;
        most_of(sum, neighbours, can_be_whole)
    }

    /// What neighbours add at most where each word adds at most so much.
    #[inline(never)]
    fn neighbours_of(&self, most: &[u32]) -> u64 {
        let of = |word: u32| most.get(word as usize).copied().unwrap_or(0);
        self.pairs.iter().map(|pair| u64::from(together(of(pair.one), of(pair.other)))).sum()
    }
}
