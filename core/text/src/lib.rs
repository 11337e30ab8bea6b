//! Text analysis: what full-text search calls a word, and when two words are the same. All of it, so that it could be
//! written again: `docs/words.md`.
//!
//! ```text
//! text ─ split ─▶ words ─ parts ─▶ spell ─┬─────────────────── strip ─▶ form  "etudiantes"  prefixes, misspellings
//!                                         └─ noun ──── stem ── strip ─▶ term  "etudi"       what is looked up
//!        └──────▶ runs of 漢字 ── pairs ────────────────────────────────▶ form, term         "漢字"
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `language` | stemmers and their letters |
//! | `split/` | Unicode's words (UAX #29) and their parts, pairs of characters where words have no spaces, emoji |
//! | `fold/` | spellings that count as one: case, accents, compatibility forms, keyboards |
//! | `korean` | nouns and their particles |
//! | `stop_words` | words that say nothing about a text |
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
//! # Versions
//!
//! What a token is, is part of the format: another folding or stemming finds nothing in segments that were built with
//! this one. So it has a number, [`ANALYSIS_VERSION`], and what it rests on is fixed: the crates that stem and split
//! are pinned to one version, `fold.bin` is one file, and a lint keeps the standard library's tables out, which change
//! with the compiler.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod fold;
mod korean;
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
use headwater_model::edits::MAX_WORD_CHARS;
use headwater_model::model::Language;
use headwater_model::promised::Promised as _;
use once_cell::race::OnceBox;

use self::fold::Folds;
use self::split::Piece;
pub use self::split::may_be_misspelt;
pub use self::words::{TEXT_GAP, Word, Words, start_after};

/// Which texts have which tokens: the number of what `docs/words.md` says, in all its details, with the versions of
/// Unicode and of the stemmers that it names.
///
/// A segment holds the tokens of its texts, and a query finds them only by the same ones. So the number is raised
/// whenever any token of any text becomes another one, by a new rule, a repaired fault, or a newer table; `golden/` has
/// a file of texts and their tokens for it, and the tests fail where they differ. Segments from before there was a
/// number are of version 1.
pub const ANALYSIS_VERSION: u32 = 2;
/// Characters of one word; what follows is cut. The longest words that people search for have about 40, Korean ones of
/// sixteen syllables, a law's title, about 45 letters; and the comparison of a misspelt one takes time and memory by
/// this number. As UTF-8 they are a dictionary's 255 bytes at most, so that no word is cut a second time there.
pub const MAX_TERM_CHARS: usize = MAX_WORD_CHARS;
/// Words of one text: twice what a payload of 64 KiB can hold, and positions fit 16 bits.
pub const MAX_TEXT_WORDS: usize = 64 * 1024;
/// Ends the form of a pair that is all there is of Han characters: of 京都 in 京都に, not in 東京都に. No folded text has it.
pub(crate) const COMPLETE: char = '\u{1}';

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// Folded: what prefixes and misspellings are compared with. Hangul are the letters of which syllables consist, so
    /// that a word that is being typed is a beginning of itself. A pair that is all there is of Han characters, as 京都
    /// in 京都に, has a mark at its end, so the same pair in 東京都に is not quite it.
    pub form: &'a str,
    /// The folded stem, or noun: what is looked up.
    pub term: &'a str,
    /// How many words stand before it; the last character of a run counts as one.
    pub position: u32,
    /// Its bytes in the text: whole grapheme clusters, for highlights. Ranges of pairs overlap.
    pub range: Range<usize>,
    /// What a query must know of it.
    pub kind: Kind,
    /// The schema says `stopWords`, and the form is one of the language's: it tells no text from another.
    pub is_stop: bool,
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

/// Unfolding the table makes 70 KB of 5: once is enough for all analyzers. Of two threads that are first the slower
/// throws its own away.
static FOLDS: OnceBox<Folds> = OnceBox::new();

impl Analyzer {
    /// An analyzer that, with `stop_words`, says which words are some.
    #[must_use]
    pub fn new(language: Language, stop_words: bool) -> Self {
        let folds = FOLDS.get_or_init(|| Box::new(Folds::unfold()));
        Self { language, stemmer: language::stemmer(language), stop_words, folds }
    }

    /// Calls `each` with the tokens of the text, in order, at most [`MAX_TEXT_WORDS`].
    pub fn analyze(&self, text: &str, mut each: impl FnMut(Token<'_>)) {
        self.walk(text, &mut each);
    }

    /// One copy of it for all callers.
    #[inline(never)]
    fn walk(&self, text: &str, each: &mut dyn FnMut(Token<'_>)) {
        let mut walk = Walk { analyzer: self, text, each, position: 0, buffers: Buffers::default() };
        split::split(self.folds, text, language::elided(self.language), &mut |piece| walk.take(piece));
    }

    /// The form that a word of this text would have. For comparing with forms; a query's words come from
    /// [`Analyzer::analyze`] as a text's do.
    #[must_use]
    pub fn fold(&self, text: &str) -> String {
        let (mut spelled, mut folded) = (String::new(), String::new());
        self.folds.spell(text, self.language, usize::MAX, &mut spelled);
        spelled.retain(|c| c != '\'');
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
    fn take(&mut self, piece: Piece) -> bool {
        let Piece { kind, range, is_complete } = piece;
        let Analyzer { language, folds, .. } = *self.analyzer;
        let Buffers { spelled, form, term } = &mut self.buffers;
        let word = self.text.get(range.clone()).promised();
        spelled.clear();
        let whole = folds.spell(word, language, MAX_TERM_CHARS, spelled);
        if spelled.contains('\'') {
            if language == Language::English {
                spelled.truncate(without_clitic(spelled).len());
            }
            spelled.retain(|c| c != '\'');
        }
        // Nothing is left of a word of invisible characters.
        if spelled.is_empty() {
            return true;
        }
        form.clear();
        folds.strip(spelled, language, MAX_TERM_CHARS, form);
        let position = self.position;
        self.position += 1;
        let is_stop = self.analyzer.stop_words && stop_words::contains(language, form);
        term.clear();
        // Half a word has no stem.
        if kind == Kind::Word && whole {
            let noun = korean::noun(spelled);
            match self.analyzer.stemmer {
                None if noun.len() == spelled.len() => {}
                None => folds.strip(noun, language, MAX_TERM_CHARS, term),
                Some(stemmer) => folds.strip(&stemmer.stem(noun), language, MAX_TERM_CHARS, term),
            }
        }
        if term.is_empty() {
            term.push_str(form);
        }
        if is_complete && whole {
            form.push(COMPLETE);
        }
        (self.each)(Token { form, term, position, range, kind, is_stop });
        (self.position as usize) < MAX_TEXT_WORDS
    }
}

/// An English word without what is written at its end behind an apostrophe. Without the apostrophe alone "he'll" would
/// be "hell".
fn without_clitic(word: &str) -> &str {
    ["'s", "'ll", "'re", "'ve", "'d", "'m"].iter().find_map(|clitic| word.strip_suffix(clitic)).unwrap_or(word)
}
