//! Compares the forms of a dictionary, or its terms, with a typed word.
//!
//! One row of the usual table of edits is kept for each character of the form at hand; forms that share a beginning
//! share its rows, and where no continuation can be within reach no form with that beginning is. Complexity: most forms
//! cost a look at the bytes in which they differ.

use alloc::string::String;
use alloc::vec::Vec;

use super::dictionary::{character_at, common, put};
use crate::edits::Edits;
use crate::promised::Promised as _;
use crate::text::may_be_misspelt;

/// How much a word counts that begins with what was typed, when it is hardly longer.
const UNFINISHED: f32 = 0.7;
/// How much a word counts that is one edit away, and two.
const MISSPELT: [f32; 2] = [0.45, 0.2];
/// How much of that is left for another form of such a word: a short stem has many others within reach.
const STEM_OF_MISSPELT: f32 = 0.5;
/// Characters of a word whose first one may be wrong: "rat", "hat" and "cat" are three words, and "jatabase" is none.
pub(super) const WRONG_FIRST: usize = 5;
/// The first character may be wrong by another one of as many that Unicode lists together: mostly those of one script.
pub(super) const NEAR_FIRST: u32 = 128;

/// A typed word, as one field's analyzer sees it, and what may stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedWord {
    pub form: String,
    pub term: String,
    /// Whether words that begin so count as well.
    pub unfinished: bool,
    /// Edits that a misspelt word may be away; 0: none.
    pub edits: u8,
    /// The same of the term of one.
    pub term_edits: u8,
    /// First characters that are right; none: see docs/ranking.md.
    pub first_letters: Option<u8>,
}

/// Why a form stands for a typed word. The first that holds is the form's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It begins with the word.
    Unfinished,
    /// It is so few edits away.
    Misspelt,
    /// A beginning of it is.
    Both,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unfinished, Self::Misspelt, Self::Both];
}

/// Compares forms, or terms, with a typed word. Those that come in ascending order share what they have in common.
pub struct Matcher<'w> {
    pub(super) typed: &'w str,
    pub(super) chars: usize,
    pub(super) unfinished: bool,
    /// How much what fits counts, beside the table of docs/ranking.md.
    factor: f32,
    edits: Option<Edits>,
    pub(super) first_letters: Option<u8>,
    /// The form at hand.
    form: Vec<u8>,
    /// Where its characters end in bytes, as far as they have rows.
    ends: Vec<usize>,
}

/// What the form at hand is to a typed word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Look {
    /// Nothing, nor is any form that begins with so many bytes of it.
    Dead(usize),
    /// Nothing.
    Other,
    /// It stands for the word, and counts so much.
    Fits(Class, f32),
}

impl<'w> Matcher<'w> {
    /// A matcher of forms.
    pub fn of_forms(word: &'w TypedWord) -> Self {
        Self::new(word, &word.form, word.edits)
    }

    /// A matcher of terms: another form of a misspelt word has its stem, as another form of the word has the word's.
    pub fn of_terms(word: &'w TypedWord) -> Self {
        let matcher = Self::new(word, &word.term, word.term_edits);
        Self { unfinished: false, factor: STEM_OF_MISSPELT, ..matcher }
    }

    fn new(word: &'w TypedWord, typed: &'w str, edits: u8) -> Self {
        Self {
            typed,
            chars: typed.chars().count(),
            unfinished: word.unfinished,
            factor: 1.0,
            edits: (edits > 0).then(|| Edits::new(typed, edits)),
            first_letters: word.first_letters,
            form: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Whether it may be misspelt.
    pub(super) const fn has_edits(&self) -> bool {
        self.edits.is_some()
    }

    /// Whether any form but the word's own can match.
    pub const fn can_match(&self) -> bool {
        self.unfinished || self.edits.is_some()
    }

    /// The class of a form and how much it counts; none where it does not stand for the word, or is the word.
    pub(super) fn look(&mut self, form: &str) -> Option<(Class, f32)> {
        match self.go_on(0, form.as_bytes()) {
            Look::Fits(class, factor) => Some((class, factor)),
            Look::Dead(_) | Look::Other => None,
        }
    }

    /// The form at hand, as far as it was looked at.
    pub(super) fn form(&self) -> &[u8] {
        &self.form
    }

    /// Looks at the form that shares so many bytes with the one at hand, and has these further ones.
    pub(super) fn go_on(&mut self, shared: usize, further: &[u8]) -> Look {
        let more = if shared == 0 { common(&self.form, further) } else { 0 };
        let shared = shared + more;
        put(&mut self.form, shared, further.get(more..).promised());
        while self.ends.last().is_some_and(|&end| end > shared) {
            self.ends.pop();
        }
        if let Some(dead) = self.compute_rows() {
            return Look::Dead(dead);
        }
        match self.fit() {
            Some((class, factor)) => Look::Fits(class, factor),
            None => Look::Other,
        }
    }

    /// Computes the rows of the form that those before it have not computed. Bytes with which no form may begin that
    /// stands for the word are where it ends.
    fn compute_rows(&mut self) -> Option<usize> {
        let edits = self.edits.as_mut()?;
        edits.truncate(self.ends.len());
        let mut at = self.ends.last().copied().unwrap_or(0);
        while let Some((character, end)) = character_at(&self.form, at) {
            if !edits.push(character) {
                return (!self.unfinished || edits.beginning().is_none()).then_some(end);
            }
            self.ends.push(end);
            at = end;
        }
        None
    }

    /// The class of the form at hand.
    fn fit(&self) -> Option<(Class, f32)> {
        if self.form == self.typed.as_bytes() {
            return None;
        }
        let form = core::str::from_utf8(&self.form).ok()?;
        let is_longer = || self.chars as f32 / form.chars().count().max(1) as f32;
        if self.unfinished && form.starts_with(self.typed) {
            return Some((Class::Unfinished, UNFINISHED * is_longer()));
        }
        let edits = self.edits.as_ref()?;
        let most = self.most_edits(form);
        let by_edits =
            |edits: u8| MISSPELT.get(usize::from(edits).checked_sub(1)?).filter(|_| usize::from(edits) <= most);
        let is_whole = self.ends.last() == Some(&form.len());
        let whole = edits.distance().filter(|_| is_whole).and_then(by_edits);
        let fit = match whole {
            Some(by_edits) => (Class::Misspelt, by_edits * self.factor),
            None => {
                let by_edits = edits.beginning().filter(|_| self.unfinished).and_then(by_edits)?;
                (Class::Both, UNFINISHED * is_longer().min(1.0) * by_edits)
            }
        };
        may_be_misspelt(form).then_some(fit)
    }

    /// The most edits that its beginning leaves to a form.
    fn most_edits(&self, form: &str) -> usize {
        if let Some(right) = self.first_letters {
            let beginning = |word: &str| word.chars().take(usize::from(right)).collect::<Vec<_>>();
            return if beginning(form) == beginning(self.typed) { usize::MAX } else { 0 };
        }
        match (self.typed.chars().next(), form.chars().next()) {
            (typed, first) if typed == first => usize::MAX,
            (Some(typed), Some(first)) => usize::from(self.chars >= WRONG_FIRST && block_of(typed) == block_of(first)),
            _ => 0,
        }
    }
}

/// The block of code points of a first character: only one of the same block is looked for in its place.
pub(super) const fn block_of(first: char) -> u32 {
    first as u32 / NEAR_FIRST
}
