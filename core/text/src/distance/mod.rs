//! Misspellings: how many edits lie between two words?
//!
//! An edit puts in, leaves out or replaces a character, or swaps two neighbours; no character is edited twice
//! ("optimal string alignment", the restricted Damerau-Levenshtein distance).
//!
//! A query's word meets every word of a dictionary, so one comparison must be cheap: only cells within `most`
//! of the diagonal are computed, nothing is allocated, and it ends when no cell can lead to a small distance.
//! An automaton would skip whole branches of a sorted dictionary; it is left out until a dictionary is so large
//! that this is felt.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use crate::{MAX_EDITS, MAX_TERM_CHARS};

/// How many edits a word of so many characters may have and still be found: Elasticsearch's `AUTO`. Most words
/// within one edit of a word of two characters are others.
#[must_use]
pub const fn edits_allowed(chars: usize) -> u8 {
    match chars {
        0..=2 => 0,
        3..=5 => 1,
        _ => MAX_EDITS,
    }
}

/// A word with room to compare it with others.
pub struct Fuzzy {
    word: Vec<char>,
    most: u8,
    /// Distances of the candidate's beginnings to the word's: of the current one and of those before it.
    /// A cell out of reach has `most + 1`.
    row: Row,
    row_before: Row,
    row_two_before: Row,
}

/// A cell for each beginning of the word, from the empty one, and one out of reach.
type Row = [u8; MAX_TERM_CHARS + 2];

impl Fuzzy {
    /// Prepares a folded word, cut at [`MAX_TERM_CHARS`]; of more than [`MAX_EDITS`] edits so many are meant.
    #[must_use]
    pub fn new(word: &str, most: u8) -> Self {
        let most = most.min(MAX_EDITS);
        let row = [most + 1; MAX_TERM_CHARS + 2];
        let word = word.chars().take(MAX_TERM_CHARS).collect();
        Self { word, most, row, row_before: row, row_two_before: row }
    }

    /// The number of edits between the two words, unless they are more than allowed.
    pub fn within(&mut self, form: &str) -> Option<u8> {
        let (length, most) = (self.word.len(), usize::from(self.most));
        // A character has at least one byte.
        if form.len() + most < length {
            return None;
        }
        for (cell, distance) in self.row.iter_mut().zip(0u8..) {
            *cell = distance.min(self.most + 1);
        }
        let mut before = None;
        let mut least_before = 0;
        let mut read = 0;
        for c in form.chars() {
            read += 1;
            if read > length + most {
                return None;
            }
            core::mem::swap(&mut self.row_two_before, &mut self.row_before);
            core::mem::swap(&mut self.row_before, &mut self.row);
            let least = self.step(read, c, before);
            // A swap reaches over one row.
            if least > self.most && least_before >= self.most {
                return None;
            }
            (before, least_before) = (Some(c), least);
        }
        let distance = if read + most < length { self.most + 1 } else { cell(&self.row, length) };
        (distance <= self.most).then_some(distance)
    }

    /// Computes the row of the candidate's first `read` characters, of which `c` is the last; returns its
    /// smallest cell.
    fn step(&mut self, read: usize, c: char, before: Option<char>) -> u8 {
        let far = self.most + 1;
        let from = read.saturating_sub(usize::from(self.most)).max(1);
        let to = (read + usize::from(self.most)).min(self.word.len());
        let mut left = if from == 1 { read.min(usize::from(far)) as u8 } else { far };
        set(&mut self.row, from - 1, left);
        let mut least = left;
        let mut word_before = from.checked_sub(2).and_then(|at| self.word.get(at)).copied();
        for at in from..=to {
            let word_char = self.word.get(at - 1).copied();
            let replaced = cell(&self.row_before, at - 1) + u8::from(word_char != Some(c));
            let mut distance = replaced.min(left + 1).min(cell(&self.row_before, at) + 1);
            if at > 1 && before.is_some() && word_char == before && word_before == Some(c) {
                distance = distance.min(cell(&self.row_two_before, at - 2) + 1);
            }
            left = distance.min(far);
            set(&mut self.row, at, left);
            least = least.min(left);
            word_before = word_char;
        }
        set(&mut self.row, to + 1, far);
        least
    }
}

fn cell(row: &Row, at: usize) -> u8 {
    row.get(at).copied().unwrap_or(MAX_EDITS + 1)
}

fn set(row: &mut Row, at: usize, distance: u8) {
    if let Some(cell) = row.get_mut(at) {
        *cell = distance;
    }
}
