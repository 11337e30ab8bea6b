//! Misspellings: how many edits lie between two words?
//!
//! An edit puts in, leaves out or replaces a character, or swaps two neighbours; no character is edited twice
//! ("optimal string alignment", the restricted Damerau-Levenshtein distance).
//!
//! One row of the usual table is kept for each character of a candidate, so that candidates that share a beginning
//! share its rows: whoever walks a sorted dictionary computes only what is new of each word, and goes past all words
//! with a beginning that cannot lead to a small distance. Of a row only the cells near the diagonal are kept, because
//! all others are out of reach, so there are few rows and nothing is allocated while comparing.
//!
//! ```text
//!                   word:  t  e  l  e
//!  row of ""       0  1  2  .  .         most = 2: five cells of a row, the one of the diagonal in the middle
//!  row of "t"      1  0  1  2  .
//!  row of "te"     2  1  0  1  2         truncate(1) goes back to the row of "t"
//! ```

#[cfg(test)]
mod tests;

use crate::promised::Promised as _;
use alloc::vec::Vec;

/// Edits between a searched word and one that it finds: with three, most short words find each other.
pub const MAX_EDITS: u8 = 2;
/// Characters of a word that are compared.
pub const MAX_WORD_CHARS: usize = 63;

/// Cells of a row: the diagonal's, and as many on each side as there may be edits.
const BAND: usize = 2 * MAX_EDITS as usize + 1;
/// Rows: of the empty candidate, and of as many characters as a candidate within reach may have.
const ROWS: usize = MAX_WORD_CHARS + MAX_EDITS as usize + 1;

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
    rows: [Row; ROWS],
    /// Characters of the candidate, those included that have no row.
    chars: usize,
    /// Of how many characters the shortest beginning is that leads nowhere; `usize::MAX` if none is.
    hopeless: usize,
}

/// The distances of one beginning of the candidate to the beginnings of the word. Whatever is out of reach is `most +
/// 1`.
#[derive(Clone, Copy)]
struct Row {
    cells: [u8; BAND],
    least: u8,
    /// The last character of the beginning.
    last: char,
    /// The least distance of it, or of a shorter one, to the whole word.
    best: u8,
}

impl Edits {
    /// Prepares a folded word, cut at [`MAX_WORD_CHARS`]; of more than [`MAX_EDITS`] edits so many are meant.
    #[must_use]
    pub fn new(word: &str, most: u8) -> Self {
        let most = most.min(MAX_EDITS);
        let nothing = Row { cells: [most + 1; BAND], least: 0, last: '\0', best: most + 1 };
        let word = word.chars().take(MAX_WORD_CHARS).collect();
        let mut edits = Self { word, most, rows: [nothing; ROWS], chars: 0, hopeless: usize::MAX };
        let middle = usize::from(most);
        if let Some(row) = edits.rows.first_mut() {
            for (cell, distance) in row.cells.iter_mut().skip(middle).zip(0..=most) {
                *cell = distance;
            }
        }
        let best = edits.whole(&edits.row(0), 0);
        if let Some(row) = edits.rows.first_mut() {
            row.best = best;
        }
        edits
    }

    /// Goes back to the candidate's first `chars` characters; of fewer nothing changes.
    pub const fn truncate(&mut self, chars: usize) {
        if chars < self.chars {
            self.chars = chars;
        }
        if self.chars < self.hopeless {
            self.hopeless = usize::MAX;
        }
    }

    /// Adds a character to the candidate. `false` says that neither it nor anything that begins with it is within
    /// reach: [`Self::distance`] stays `None`, and [`Self::beginning`] what it is, until characters are taken back.
    pub fn push(&mut self, c: char) -> bool {
        self.chars = self.chars.saturating_add(1);
        if self.hopeless != usize::MAX {
            return false;
        }
        // Behind the last row every cell is out of reach.
        let end = (self.word.len() + usize::from(self.most)).min(ROWS - 1);
        let before = self.row(self.chars - 1);
        let least = if self.chars > end { self.most + 1 } else { self.compute(c, &before) };
        // A swap reaches over one row.
        if least > self.most && before.least >= self.most {
            self.hopeless = self.chars;
            return false;
        }
        true
    }

    /// The distance between the word and the candidate, unless that is more than is allowed.
    #[must_use]
    pub fn distance(&self) -> Option<u8> {
        if self.hopeless != usize::MAX {
            return None;
        }
        let distance = self.whole(&self.row(self.chars), self.chars);
        (distance <= self.most).then_some(distance)
    }

    /// The least distance between the word and any beginning of the candidate, the empty one and the whole included,
    /// unless that is more than is allowed.
    #[must_use]
    pub fn beginning(&self) -> Option<u8> {
        let best = self.row(self.chars.min(self.hopeless.saturating_sub(1))).best;
        (best <= self.most).then_some(best)
    }

    /// Computes the row of the candidate, of which `c` is the last character; returns its least cell.
    fn compute(&mut self, c: char, before: &Row) -> u8 {
        let (most, far, chars) = (usize::from(self.most), self.most + 1, self.chars);
        let two_before = chars.checked_sub(2).map(|chars| self.row(chars));
        let swapped = two_before.map_or([far; BAND], |row| row.cells);
        let mut row = Row { cells: [far; BAND], least: far, last: c, best: before.best };
        // Cells stand for beginnings of the word, from one of this length on.
        let from = chars.saturating_sub(most).max(1);
        let to = (chars + most).min(self.word.len());
        let at = from + most - chars;
        let mut left = far;
        if chars <= most {
            left = chars as u8;
            if let Some(cell) = row.cells.get_mut(at - 1) {
                *cell = left;
            }
        }
        row.least = left;
        let mut wanted_before = from.checked_sub(2).and_then(|index| self.word.get(index)).copied();
        let wanted = self.word.get(from - 1..to).promised();
        let mut above = before.cells.iter().skip(at + 1);
        let cells = row.cells.iter_mut().zip(&before.cells).zip(&swapped).skip(at);
        for (((cell, diagonal), swapped), &wanted) in cells.zip(wanted) {
            let above = above.next().copied().unwrap_or(far);
            let mut distance = (above.min(left) + 1).min(diagonal + u8::from(wanted != c));
            if wanted == before.last && wanted_before == Some(c) {
                distance = distance.min(swapped + 1);
            }
            left = distance.min(far);
            *cell = left;
            row.least = row.least.min(left);
            wanted_before = Some(wanted);
        }
        row.best = row.best.min(self.whole(&row, chars));
        if let Some(kept) = self.rows.get_mut(chars) {
            *kept = row;
        }
        row.least
    }

    /// The cell for the whole word in the row of so many characters.
    fn whole(&self, row: &Row, chars: usize) -> u8 {
        let at = (self.word.len() + usize::from(self.most)).checked_sub(chars);
        at.and_then(|at| row.cells.get(at)).copied().unwrap_or(self.most + 1)
    }

    fn row(&self, chars: usize) -> Row {
        let out_of_reach = Row { cells: [self.most + 1; BAND], least: self.most + 1, last: '\0', best: self.most + 1 };
        self.rows.get(chars).copied().unwrap_or(out_of_reach)
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
