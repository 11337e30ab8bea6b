//! Text analysis: what full-text search calls a word, and when two words are the same.
//!
//! ```text
//! text ─ split ─▶ words ──▶ spell ─┬─ strip ──────────▶ form  "etudiantes"  prefixes, misspellings
//!                                  └─ stem ── strip ──▶ term  "etudi"       what is looked up
//!        └──────▶ runs of 漢字 ─── pairs ─────────────▶ form = term         "漢字"
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `language` | what a field declares; stemmers and their letters |
//! | `split` | Unicode's words (UAX #29), pairs of characters where words have no spaces, emoji |
//! | `fold/` | spellings that count as one: case, accents, compatibility forms |
//! | `stop_words` | words that say nothing about a text |
//! | `distance` | is one word a misspelling of another? |
//! | `words` | the words of a text, kept |
//!
//! Stemmers are Snowball's. They want lower-case words with accents, so accents go after the stemmer, from the
//! stem and from the form alike.
//!
//! # Scripts without spaces
//!
//! Han, kana, Thai, Lao, Khmer and Burmese are indexed as overlapping pairs of characters: 東京都 is 東京, 京都.
//! No dictionary is as small, and phrases of pairs are precise. The last character of a run is a token of its
//! own, so that each character is the beginning of exactly one token, and a query of one character is a
//! **prefix** query: see [`Kind`]. Single characters throughout would have doubled the tokens.
//!
//! # Departures from UAX #29
//!
//! Words also end at `_`, because people look for the parts of `snake_case`. French and Italian articles before
//! an apostrophe are left out, as is English `'s`. Symbols are left out, but for emoji.
//!
//! What is said here is part of the format: another folding or stemming finds nothing in segments that were
//! built with this one. So the crates that stem and split are pinned to one version, and `fold.bin` is tested.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod distance;
mod fold;
mod language;
mod split;
mod stop_words;
#[cfg(test)]
mod tests;
mod words;

use alloc::boxed::Box;
use alloc::string::String;
use core::ops::Range;

use frostem::Stemmer;
use once_cell::race::OnceBox;

pub use self::distance::{Fuzzy, edits_allowed};
use self::fold::Folds;
pub use self::language::Language;
pub use self::words::{Word, Words};

/// Characters of one word; what follows is cut. The longest words that people search for have about 40, and the comparison of
/// a misspelt one takes time and memory by this number.
pub const MAX_TERM_CHARS: usize = 64;
/// Words of one text: twice what a payload of 64 KiB can hold, and positions fit 16 bits.
pub const MAX_TEXT_WORDS: usize = 64 * 1024;
/// Edits between a searched word and one that it finds: with three, most short words find each other.
pub const MAX_EDITS: u8 = 2;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Folded: what prefixes and misspellings are compared with.
    pub form: &'a str,
    /// The folded stem: what is looked up. Without a stemmer the form.
    pub term: &'a str,
    /// How many words stand before it, stop words included; the last character of a run counts as one.
    pub position: u32,
    /// Its bytes in the text: whole grapheme clusters, for highlights. Ranges of pairs overlap.
    pub range: Range<usize>,
    /// What a query must know of it.
    pub kind: Kind,
}

/// What a query must know of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word between spaces. Only these may be misspelt.
    Word,
    /// Two characters of a run without spaces.
    Pair,
    /// The last character of such a run. A query leaves it out: the pair before says more.
    Tail,
    /// The only character of such a run. A query takes it as a prefix, which finds all the pairs that it begins.
    Single,
    /// An emoji.
    Symbol,
}

/// Cuts texts of one field into tokens.
pub struct Analyzer {
    language: Language,
    stemmer: Option<Stemmer>,
    stop_words: bool,
    folds: &'static Folds,
}

/// Unfolding the table makes 50 KB of 4: once is enough for all analyzers. Of two threads that are first the slower throws its
/// own away.
static FOLDS: OnceBox<Folds> = OnceBox::new();

impl Analyzer {
    /// An analyzer that, with `stop_words`, leaves those of the language out.
    #[must_use]
    pub fn new(language: Language, stop_words: bool) -> Self {
        let folds = FOLDS.get_or_init(|| Box::new(Folds::unfold()));
        Self { language, stemmer: language.stemmer(), stop_words, folds }
    }

    /// Calls `each` with the tokens of the text, in order, at most [`MAX_TEXT_WORDS`].
    pub fn analyze(&self, text: &str, mut each: impl FnMut(Token<'_>)) {
        let mut walk = Walk { analyzer: self, text, each: &mut each, position: 0, buffers: Buffers::default() };
        split::split(text, self.language.elided(), &mut |kind, range| walk.take(kind, range));
    }

    /// The form that a word of this text would have. For comparing with forms; a query's words come from
    /// [`Analyzer::analyze`] as a text's do.
    #[must_use]
    pub fn fold(&self, text: &str) -> String {
        let (mut spelled, mut folded) = (String::new(), String::new());
        self.folds.spell(text, self.language, usize::MAX, &mut spelled);
        self.folds.strip(&spelled, self.language, usize::MAX, &mut folded);
        folded
    }
}

/// A text on its way through the analyzer.
struct Walk<'a> {
    analyzer: &'a Analyzer,
    text: &'a str,
    each: &'a mut dyn FnMut(Token<'_>),
    position: u32,
    buffers: Buffers,
}

/// Memory that a text's words share.
#[derive(Default)]
struct Buffers {
    spelled: String,
    form: String,
    term: String,
}

impl Walk<'_> {
    /// Takes the next token; says whether there may be another one.
    fn take(&mut self, kind: Kind, range: Range<usize>) -> bool {
        let Analyzer { language, folds, .. } = *self.analyzer;
        let Buffers { spelled, form, term } = &mut self.buffers;
        let word = self.text.get(range.clone()).unwrap_or_default();
        spelled.clear();
        let whole = folds.spell(word, language, MAX_TERM_CHARS, spelled);
        if language == Language::English && spelled.ends_with("'s") {
            spelled.truncate(spelled.len() - 2);
        }
        // Nothing is left of a word of invisible characters.
        if spelled.is_empty() {
            return true;
        }
        form.clear();
        folds.strip(spelled, language, MAX_TERM_CHARS, form);
        let position = self.position;
        self.position += 1;
        if !(self.analyzer.stop_words && stop_words::contains(language, form)) {
            term.clear();
            match self.analyzer.stemmer.filter(|_| kind == Kind::Word && whole) {
                // Half a word has no stem.
                None => term.push_str(form),
                Some(stemmer) => folds.strip(&stemmer.stem(spelled), language, MAX_TERM_CHARS, term),
            }
            let term = if term.is_empty() { &*form } else { &*term };
            (self.each)(Token { form, term, position, range, kind });
        }
        (self.position as usize) < MAX_TEXT_WORDS
    }
}
