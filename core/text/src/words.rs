//! The words of a text, kept: what an index is built from, and what unpublished points are searched by.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Analyzer, Token};

/// Positions between the texts of an array: no phrase reaches from one into the next.
const GAP: u32 = 100;

/// The words of one field of a point, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Forms, each followed by its term where that is another one.
    letters: String,
    words: Vec<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    start: u32,
    form: u16,
    /// 0 where the form is the term.
    term: u16,
    position: u32,
}

/// One of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// See [`Token`].
    pub form: &'a str,
    /// See [`Token`].
    pub term: &'a str,
    /// See [`Token`]; words of different texts are far apart.
    pub position: u32,
}

impl Words {
    /// The words of some texts.
    #[must_use]
    pub fn of<'t>(analyzer: &Analyzer, texts: impl Iterator<Item = &'t str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            let base = all.words.last().map_or(0, |last| last.position + GAP);
            analyzer.analyze(text, |token| all.push(base, &token));
        }
        all.letters.shrink_to_fit();
        all.words.shrink_to_fit();
        all
    }

    fn push(&mut self, base: u32, token: &Token<'_>) {
        let start = self.letters.len() as u32;
        self.letters.push_str(token.form);
        let mut term = 0;
        if token.term != token.form {
            self.letters.push_str(token.term);
            term = token.term.len() as u16;
        }
        self.words.push(Place { start, form: token.form.len() as u16, term, position: base + token.position });
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Bytes that it keeps in memory, beside itself.
    #[must_use]
    pub const fn resident_bytes(&self) -> usize {
        self.letters.len() + self.words.len() * size_of::<Place>()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Word<'_>> {
        self.words.iter().map(|place| {
            let start = place.start as usize;
            let end = start + usize::from(place.form);
            let form = self.letters.get(start..end).unwrap_or_default();
            let term = match place.term {
                0 => form,
                length => self.letters.get(end..end + usize::from(length)).unwrap_or_default(),
            };
            Word { form, term, position: place.position }
        })
    }
}
