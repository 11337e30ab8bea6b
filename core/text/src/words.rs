//! The words of a text, kept: what an index is built from, and what unpublished points are searched by.

use alloc::string::String;
use alloc::vec::Vec;
use headwater_model::promised::Promised as _;

use super::{Analyzer, Token};

/// Positions between the texts of an array: more than the words of a query, so that no phrase reaches from one text
/// into the next.
pub const TEXT_GAP: u32 = 256;

/// The words of one field of a point, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Forms, each followed by its term where that is another one.
    letters: String,
    words: Vec<Span>,
    /// For each text that has words, the position after its last one.
    ends: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
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
    /// See [`Token`]; words of different texts are [`TEXT_GAP`] apart.
    pub position: u32,
}

impl Words {
    /// The words of some texts.
    #[must_use]
    pub fn of<'t>(analyzer: &Analyzer, texts: impl Iterator<Item = &'t str>) -> Self {
        let mut all = Self::default();
        for text in texts {
            let base = start_after(all.ends.last().copied());
            let mut end = base;
            analyzer.analyze(text, |token| {
                all.push(base, &token);
                end = base + token.position + 1;
            });
            if end > base {
                all.ends.push(end);
            }
        }
        all.letters.shrink_to_fit();
        all.words.shrink_to_fit();
        all.ends.shrink_to_fit();
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
        self.words.push(Span { start, form: token.form.len() as u16, term, position: base + token.position });
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

    /// For each text that has words, the position after its last one. The first begins at 0, each other one
    /// [`TEXT_GAP`] after the end of the one before.
    #[must_use]
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// Bytes that it keeps in memory, beside itself.
    #[must_use]
    pub const fn resident_bytes(&self) -> usize {
        self.letters.len() + self.words.len() * size_of::<Span>() + self.ends.len() * size_of::<u32>()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Word<'_>> {
        self.words.iter().map(|place| {
            let from = place.start as usize;
            let to = from + usize::from(place.form);
            let form = self.letters.get(from..to).promised();
            let term = match place.term {
                0 => form,
                length => self.letters.get(to..to + usize::from(length)).promised(),
            };
            Word { form, term, position: place.position }
        })
    }
}

/// Where the text begins that follows one that ends here; the first one begins at 0.
#[must_use]
pub const fn start_after(end: Option<u32>) -> u32 {
    match end {
        Some(end) => end.saturating_add(TEXT_GAP),
        None => 0,
    }
}
