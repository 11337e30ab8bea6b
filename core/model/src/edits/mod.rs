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
    /// Beginnings that count at no edit, at one and at two: all, or none where so many edits are too many.
    counted: [Set; 3],
    /// The places of each character that is ASCII.
    places: [Set; ASCII],
    /// Of the empty candidate, and of each of its beginnings.
    rows: Vec<Row>,
}

/// How near one beginning of the candidate is to the beginnings of the word.
#[derive(Clone, Copy, Default)]
struct Row {
    /// Those that are no edit away, at most one, at most two; none at more than are allowed.
    none: Set,
    one: Set,
    two: Set,
    /// Where in the word the last character of the beginning stands.
    last: Set,
    /// At how many edits it, or a shorter one, is the whole word: a bit each.
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
        let most = most.min(MAX_EDITS);
        let all = Set::MAX >> (MAX_WORD_CHARS - word.len());
        let counted = [0, 1, 2].map(|edits| if edits <= most { all } else { 0 });
        let mut edits = Self { word, most, counted, places, rows: Vec::new() };
        // By so many edits as many characters are left out.
        edits.rows.push(edits.row([0b1, 0b11, 0b111], 0, 0));
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
        let none = (before.none & here) << 1;
        let one = (before.one & here | before.none | none) << 1 | before.none | (two_before.none & swapped) << 2;
        let two = (before.two & here | before.one | one) << 1 | before.one | (two_before.one & swapped) << 2;
        let row = self.row([none, one, two], here, before.best);
        self.rows.push(row);
        // A swap reaches over one row.
        let swaps = if self.most > 1 { before.one } else { before.none };
        row.none | row.one | row.two != 0 || self.most > 0 && swaps != 0
    }

    /// A row of these sets, as far as they count.
    #[inline]
    fn row(&self, within: [Set; 3], last: Set, best: u8) -> Row {
        let ([none, one, two], [of_none, of_one, of_two]) = (within, self.counted);
        let mut row = Row { none: none & of_none, one: one & of_one, two: two & of_two, last, best };
        row.best |= self.whole(&row);
        row
    }

    /// At how many edits the whole word is in a row.
    #[inline]
    fn whole(&self, row: &Row) -> u8 {
        let bit = |set: Set| (set >> self.word.len() & 1) as u8;
        bit(row.none) | bit(row.one) << 1 | bit(row.two) << 2
    }

    /// The distance between the word and the candidate, unless that is more than is allowed.
    #[inline]
    #[must_use]
    pub fn distance(&self) -> Option<u8> {
        least(self.whole(self.rows.last()?))
    }

    /// The least distance between the word and any beginning of the candidate, the empty one and the whole included,
    /// unless that is more than is allowed.
    #[inline]
    #[must_use]
    pub fn beginning(&self) -> Option<u8> {
        least(self.rows.last()?.best)
    }

    /// Where a character stands.
    #[inline]
    fn places_of(&self, c: char) -> Set {
        let of = |(places, (at, &other)): (Set, (usize, &char))| places | Set::from(other == c) << at;
        let look = || self.word.iter().enumerate().fold(0, |places, at| of((places, at)));
        self.places.get(c as usize).copied().unwrap_or_else(look)
    }
}

/// The least number of edits whose bit is there.
#[inline]
const fn least(edits: u8) -> Option<u8> {
    if edits == 0 { None } else { Some(edits.trailing_zeros() as u8) }
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
