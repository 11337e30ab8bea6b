//! Misspellings: how many edits lie between two words?
//!
//! An edit puts in, leaves out or replaces a character, or swaps two neighbours; no character is edited twice
//! ("optimal string alignment", the restricted Damerau-Levenshtein distance).
//!
//! One row is kept for each character of a candidate, so that candidates that share a beginning share its rows: whoever
//! walks a sorted dictionary computes only what is new of each word, and goes past all words with a beginning that
//! cannot lead to a small distance. A row says which beginnings of the word are within reach, by no edit, by one, by
//! two, each as a set of bits, so a character costs a few operations on whole words (Wu and Manber, Fast Text Searching
//! Allowing Errors, 1992; with swaps: Navarro, NR-grep, 2001).
//!
//! ```text
//!     beginnings of "tele":   ""  t  te tel tele
//!  row of ""       no edit     x
//!                  one         x  x
//!                  two         x  x  x
//!  row of "t"      no edit        x
//!                  one         x  x  x
//!                  two         x  x  x  x             truncate(1) goes back to the row of "t"
//! ```

#[cfg(test)]
mod tests;

use crate::promised::Promised as _;
use alloc::vec::Vec;

/// Edits between a searched word and one that it finds: with three, most short words find each other.
pub const MAX_EDITS: u8 = 2;
/// Characters of a word that are compared.
pub const MAX_WORD_CHARS: usize = 63;

/// Numbers of edits: none, and up to the most.
const LEVELS: usize = MAX_EDITS as usize + 1;
/// Characters whose places are looked up.
const ASCII: usize = 128;

/// A set of beginnings of a word, by their length, or of its places.
type Set = u64;

const _: () = assert!(MAX_WORD_CHARS < Set::BITS as usize);

/// The distances between a word and candidates whose characters come one by one.
///
/// ```
/// use headwater_model::edits::Edits;
///
/// let mut edits = Edits::new("telescope", 2);
/// assert!("tele".chars().all(|c| edits.push(c)));
/// assert!("csope".chars().all(|c| edits.push(c)));
/// assert_eq!(edits.distance(), Some(1));
/// edits.truncate(4);
/// assert!(!"phone".chars().all(|c| edits.push(c)));
/// assert_eq!(edits.distance(), None);
///
/// let mut unfinished = Edits::new("teelsc", 2);
/// let _ = "telescope".chars().all(|c| unfinished.push(c));
/// assert_eq!(unfinished.beginning(), Some(1));
/// ```
pub struct Edits {
    word: Vec<char>,
    most: u8,
    /// The places of each character that is ASCII.
    places: [Set; ASCII],
    /// Of the empty candidate, and of each of its beginnings.
    rows: Vec<Row>,
}

/// How near one beginning of the candidate is to the beginnings of the word.
#[derive(Clone, Copy, Default)]
struct Row {
    /// Those that are at most so many edits away.
    within: [Set; LEVELS],
    /// Where in the word the last character of the beginning stands.
    last: Set,
    /// The least distance of it, or of a shorter one, to the whole word.
    best: u8,
}

impl Edits {
    /// Prepares a folded word, cut at [`MAX_WORD_CHARS`]; of more than [`MAX_EDITS`] edits so many are meant.
    #[must_use]
    pub fn new(word: &str, most: u8) -> Self {
        let word: Vec<char> = word.chars().take(MAX_WORD_CHARS).collect();
        let mut places = [0; ASCII];
        for (at, &c) in word.iter().enumerate() {
            places.get_mut(c as usize).into_iter().for_each(|places| *places |= 1 << at);
        }
        let mut edits = Self { word, most: most.min(MAX_EDITS), places, rows: Vec::new() };
        // By so many edits as many characters are left out.
        let mut row = Row { within: [0b1, 0b11, 0b111], ..Row::default() };
        row.best = edits.whole(&row);
        edits.rows.push(row);
        edits
    }

    /// Goes back to the candidate's first `chars` characters; of fewer nothing changes.
    #[inline]
    pub fn truncate(&mut self, chars: usize) {
        self.rows.truncate(chars.saturating_add(1));
    }

    /// Adds a character to the candidate. `false` says that neither it nor anything that begins with it is within
    /// reach: [`Self::distance`] stays `None`, and [`Self::beginning`] what it is, until characters are taken back.
    #[inline]
    pub fn push(&mut self, c: char) -> bool {
        let before = self.rows.last().copied().promised();
        let two_before = self.rows.len().checked_sub(2).and_then(|at| self.rows.get(at)).copied().unwrap_or_default();
        let here = self.places_of(c);
        let swapped = here & before.last >> 1;
        let [zero, one, two] = before.within;
        let [zero_swapped, one_swapped, _] = two_before.within.map(|set| (set & swapped) << 2);
        let exact = (zero & here) << 1;
        let by_one = (one & here | zero | exact) << 1 | zero | zero_swapped;
        let by_two = (two & here | one | by_one) << 1 | one | one_swapped;
        let mut row =
            Row { within: [exact, by_one, by_two].map(|set| set & self.all()), last: here, best: before.best };
        row.best = row.best.min(self.whole(&row));
        self.rows.push(row);
        // A swap reaches over one row.
        let reach = |row: &Row, most: u8| row.within.get(usize::from(most)).is_some_and(|&set| set != 0);
        reach(&row, self.most) || self.most.checked_sub(1).is_some_and(|most| reach(&before, most))
    }

    /// The distance between the word and the candidate, unless that is more than is allowed.
    #[inline]
    #[must_use]
    pub fn distance(&self) -> Option<u8> {
        let distance = self.whole(&self.rows.last().copied().promised());
        (distance <= self.most).then_some(distance)
    }

    /// The least distance between the word and any beginning of the candidate, the empty one and the whole included,
    /// unless that is more than is allowed.
    #[inline]
    #[must_use]
    pub fn beginning(&self) -> Option<u8> {
        self.rows.last().map(|row| row.best).filter(|&best| best <= self.most)
    }

    /// All beginnings.
    #[inline]
    fn all(&self) -> Set {
        Set::MAX >> (MAX_WORD_CHARS - self.word.len())
    }

    /// Where a character stands.
    #[inline]
    fn places_of(&self, c: char) -> Set {
        let of = |(places, (at, &other)): (Set, (usize, &char))| places | Set::from(other == c) << at;
        let look = || self.word.iter().enumerate().fold(0, |places, at| of((places, at)));
        self.places.get(c as usize).copied().unwrap_or_else(look)
    }

    /// The distance of the whole word in a row.
    #[inline]
    fn whole(&self, row: &Row) -> u8 {
        (0..).zip(row.within).find(|(_, set)| set >> self.word.len() & 1 == 1).map_or(MAX_EDITS + 1, |(edits, _)| edits)
    }
}

/// A word with room to compare it with others.
pub struct Fuzzy(Edits);

impl Fuzzy {
    /// Prepares a word as [`Edits::new`] does.
    #[must_use]
    pub fn new(word: &str, most: u8) -> Self {
        Self(Edits::new(word, most))
    }

    /// The number of edits between the two words, unless they are more than allowed.
    pub fn within(&mut self, form: &str) -> Option<u8> {
        self.0.truncate(0);
        // A character has at least one byte.
        let in_reach = form.len() + usize::from(self.0.most) >= self.0.word.len();
        (in_reach && form.chars().all(|c| self.0.push(c))).then(|| self.0.distance()).flatten()
    }
}
