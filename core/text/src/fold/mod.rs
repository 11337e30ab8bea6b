//! Folding: what two spellings of a word have in common. "Café", "CAFE" and "cafe\u{301}" are all `cafe`.
//!
//! | step | example |
//! | --- | --- |
//! | lower case, by the standard library's tables | Ж → ж, Σ and ς → σ, ẞ → ß |
//! | compatibility forms (NFKD) of letters and digits | Ａ → a, ﬁ → fi, ｶﾞ → ガ, ² → 2, 𝐀 → a |
//! | marks of Latin, Greek, Cyrillic, Hebrew, Arabic dropped | é → e, ё → е, اَ → ا |
//! | letters that Unicode does not decompose | ß → ss, ø → o, æ → ae, ł → l, ı → i |
//! | invisible characters dropped | soft hyphen, joiners, variation selectors, skin tones |
//!
//! ä, å or ñ are letters to those who write them, and yet they are folded: this is what search engines do,
//! because a visitor's keyboard may not have them. Left alone are marks that are more of a letter than an
//! accent and that every keyboard has: й ў ї ѓ ќ, and が or パ. Vowel signs of Indic scripts are never dropped.
//!
//! A stemmer wants the accents that its language writes, so folding has two halves: [`Folds::spell`] does all
//! but keeps a language's letters, [`Folds::strip`] folds these as well. Both see canonically equivalent texts
//! alike: a letter is kept if it has exactly the one mark that its language gives it.
//!
//! The table (`fold.bin`, 4 KB compressed; the usual crate needs 48 KB) is unfolded when the first analyzer is made.
//! `tests.rs` makes it anew and compares. CJK compatibility ideographs and radicals are not in it, they would
//! take 2 KB more.
//!
//! ```text
//! fold.bin, all LEB128:
//! n · n gaps to the next code point · n × (length × 2 + 1 if an accent got lost) · n differences (zigzag) of
//! the first character of the folded text to that of the one before · its other characters
//! ```

mod letters;
#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

use self::letters::{compose, compose_hangul, is_invisible, is_kept, is_mark};
use super::language::Language;

static DATA: &[u8] = include_bytes!("fold.bin");

/// What a character folds to.
struct Entry {
    code: u32,
    start: u16,
    length: u8,
    /// It had an accent: a mark that follows is not its only one.
    accented: bool,
}

/// The table, unfolded.
pub(super) struct Folds {
    entries: Vec<Entry>,
    characters: Vec<char>,
}

impl Folds {
    pub(super) fn unfold() -> Self {
        let mut column = Column(DATA);
        let count = column.number();
        let mut code = 0;
        let mut entries: Vec<Entry> = Vec::with_capacity(count as usize);
        for _ in 0..count {
            code += column.number();
            entries.push(Entry { code, start: 0, length: 0, accented: false });
        }
        for entry in &mut entries {
            let packed = column.number();
            entry.length = (packed >> 1) as u8;
            entry.accented = packed & 1 == 1;
        }
        let mut firsts = Vec::with_capacity(entries.len());
        let mut first = 0u32;
        for _ in 0..count {
            let zigzag = column.number();
            first = first.wrapping_add(zigzag >> 1 ^ (zigzag & 1).wrapping_neg());
            firsts.push(first);
        }
        let mut characters = Vec::new();
        for (entry, first) in entries.iter_mut().zip(firsts) {
            entry.start = characters.len() as u16;
            characters.push(char_of(first));
            characters.extend((1..entry.length).map(|_| char_of(column.number())));
        }
        Self { entries, characters }
    }

    fn find(&self, c: char) -> Option<(&[char], bool)> {
        if c.is_ascii() {
            return None;
        }
        let at = self.entries.binary_search_by_key(&u32::from(c), |e| e.code).ok()?;
        let entry = self.entries.get(at)?;
        let start = usize::from(entry.start);
        Some((self.characters.get(start..start + usize::from(entry.length))?, entry.accented))
    }

    /// Appends the folded text, but with the letters of the language as they are. At most `most_chars`; says
    /// whether that was all.
    pub(super) fn spell(&self, text: &str, language: Language, most_chars: usize, out: &mut String) -> bool {
        // The only language that reads an ASCII letter in a way of its own.
        let turkish = language == Language::Turkish;
        if text.is_ascii() && !turkish {
            let end = text.len().min(most_chars);
            out.extend(text.bytes().take(end).map(|b| char::from(b.to_ascii_lowercase())));
            return end == text.len();
        }
        let mut spelling =
            Spelling { folds: self, letters: language.letters(), out, left: most_chars, whole: true, bare: false };
        for c in text.chars() {
            match c {
                'I' if turkish => spelling.push('ı'),
                'İ' if turkish => spelling.push('i'),
                _ => c.to_lowercase().for_each(|c| spelling.push(c)),
            }
            if !spelling.whole {
                return false;
            }
        }
        true
    }

    /// Appends a spelled text with the language's letters folded too, at most `most_chars`.
    pub(super) fn strip(&self, spelled: &str, language: Language, most_chars: usize, out: &mut String) {
        let letters = language.letters();
        let stripped = spelled.chars().flat_map(|c| {
            let folded = if letters.contains(c) { self.find(c) } else { None };
            let (folded, alone) = folded.map_or(([].as_slice(), Some(c)), |(folded, _)| (folded, None));
            folded.iter().copied().chain(alone)
        });
        out.extend(stripped.take(most_chars));
    }
}

/// A text on its way to its spelling.
struct Spelling<'a> {
    folds: &'a Folds,
    letters: &'static str,
    out: &'a mut String,
    left: usize,
    whole: bool,
    /// The last character has no mark yet.
    bare: bool,
}

impl Spelling<'_> {
    /// Takes a lower-case character.
    fn push(&mut self, c: char) {
        if is_invisible(c) {
        } else if is_mark(c) {
            self.mark(c);
        } else if c.is_ascii() || is_kept(c) || self.letters.contains(c) {
            self.base(c);
        } else if let Some((folded, accented)) = self.folds.find(c) {
            for c in folded {
                if is_mark(*c) { self.mark(*c) } else { self.base(*c) }
            }
            self.bare = !accented;
        } else {
            self.base(c);
        }
    }

    fn base(&mut self, c: char) {
        self.bare = true;
        if let Some(syllable) = self.out.chars().next_back().and_then(|last| compose_hangul(last, c)) {
            self.out.pop();
            self.out.push(syllable);
        } else if self.left == 0 {
            self.whole = false;
        } else {
            self.left -= 1;
            self.out.push(c);
        }
    }

    fn mark(&mut self, mark: char) {
        let Some(last) = self.out.chars().next_back() else { return };
        let composed = compose(last, mark).filter(|c| is_kept(*c) || (self.bare && self.letters.contains(*c)));
        if let Some(composed) = composed {
            self.out.pop();
            self.out.push(composed);
        } else if self.letters.contains(last) {
            // With a second mark it is no letter of this language.
            self.out.pop();
            self.out.extend(self.folds.find(last).into_iter().flat_map(|(folded, _)| folded));
            self.bare = false;
        } else {
            self.bare = false;
        }
    }
}

fn char_of(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Reads LEB128 numbers.
struct Column<'d>(&'d [u8]);

impl Column<'_> {
    fn number(&mut self) -> u32 {
        let mut number = 0;
        let mut shift = 0;
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u32::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}
