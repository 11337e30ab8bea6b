//! Folding: what two spellings of a word have in common. "Café", "CAFE" and "cafe\u{301}" are all `cafe`.
//!
//! | step | example |
//! | --- | --- |
//! | lower case | Ж → ж, Σ and ς → σ, ẞ → ß |
//! | compatibility forms (NFKD) of letters and digits | Ａ → a, ﬁ → fi, ｶﾞ → が, ² → 2, 𝐀 → a |
//! | digits of all scripts | ٣ → 3, ๓ → 3 |
//! | marks of Latin, Greek, Cyrillic, Hebrew, Arabic dropped | é → e, ё → е, اَ → ا |
//! | letters that Unicode does not decompose | ß → ss, ø → o, æ → ae, ł → l, ı → i |
//! | one letter of Arabic script for those that keyboards tell apart | ک → ك, ی and ى → ي, ة → ه |
//! | katakana → hiragana, old kanji → new | リンゴ → りんご, 灣 → 湾 |
//! | syllables of Hangul → the letters that a keyboard has for them | 값 → ㄱㅏㅂㅅ |
//! | apostrophes are one, and dropped at last | O´Brien → o'brien → obrien |
//! | invisible characters dropped | soft hyphen, joiners, variation selectors, skin tones |
//!
//! ä, å or ñ are letters to those who write them, and yet they are folded: this is what search engines do,
//! because a visitor's keyboard may not have them. Left alone are marks that are more of a letter than an
//! accent and that every keyboard has: й ў ї ѓ ќ, and が or ぱ. Vowel signs of Indic scripts are never dropped.
//!
//! A stemmer wants the accents that its language writes, so folding has two halves: [`Folds::spell`] does all
//! but keeps a language's letters, [`Folds::strip`] folds these as well. Both see canonically equivalent texts
//! alike: a letter is kept if it has exactly the one mark that its language gives it.
//!
//! The table (`fold.bin`, 5 KB compressed) is unfolded when the first analyzer is made. It is of one version of
//! Unicode, and so are its words: nothing here asks the standard library what a letter is, whose answer changes with
//! the compiler. `tests.rs` makes it anew and compares, and says what hardly anybody writes and is left out.
//!
//! | file | job |
//! | --- | --- |
//! | `table` | unfolds and asks `fold.bin` |
//! | `letters` | kinds of characters that folding tells apart, compositions |
//! | `kanji.txt` | old kanji, each with the new one; goes into `fold.bin` |

mod letters;
mod table;
#[cfg(test)]
mod tests;

use alloc::string::String;

use headwater_model::model::Language;
use headwater_model::promised::Promised as _;

pub(crate) use self::letters::is_apostrophe;
use self::letters::{compose, decompose_hangul, hiragana, is_invisible, is_kept, is_mark, lower_case};
pub(crate) use self::table::Folds;
use crate::language;

impl Folds {
    /// Appends the folded text, but with the letters of the language as they are, and with apostrophes. At most
    /// `most_chars`; says whether that was all.
    pub(super) fn spell(&self, text: &str, language: Language, most_chars: usize, out: &mut String) -> bool {
        // The only language that reads an ASCII letter in a way of its own.
        let turkish = language == Language::Turkish;
        if !turkish && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let (start, end) = (out.len(), text.len().min(most_chars));
            out.push_str(text.get(..end).promised());
            out.get_mut(start..).into_iter().for_each(str::make_ascii_lowercase);
            return end == text.len();
        }
        let mut spelling = Spelling {
            folds: self,
            letters: language::letters(language),
            out,
            left: most_chars,
            whole: true,
            bare: false,
        };
        for c in text.chars() {
            match c {
                'I' if turkish => spelling.push('ı'),
                'İ' if turkish => spelling.push('i'),
                _ => match decompose_hangul(c) {
                    Some(jamo) => jamo.into_iter().flatten().for_each(|c| spelling.fold(c)),
                    None => spelling.push(c),
                },
            }
            if !spelling.whole {
                return false;
            }
        }
        true
    }

    /// Appends a spelled text with the language's letters folded too, at most `most_chars`.
    pub(super) fn strip(&self, spelled: &str, language: Language, most_chars: usize, out: &mut String) {
        // None of a language's letters is of ASCII.
        if spelled.is_ascii() {
            out.push_str(spelled.get(..spelled.len().min(most_chars)).promised());
            return;
        }
        let letters = language::letters(language);
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
    fn push(&mut self, c: char) {
        let c = hiragana(lower_case(c));
        if is_invisible(c) {
        } else if is_apostrophe(c) {
            self.base('\'');
        } else if is_mark(c) {
            self.mark(c);
        } else if c.is_ascii() || is_kept(c) || self.letters.contains(c) {
            self.base(c);
        } else {
            self.fold(c);
        }
    }

    fn fold(&mut self, c: char) {
        let Some((folded, accented)) = self.folds.find(c) else { return self.base(c) };
        for c in folded {
            if is_mark(*c) { self.mark(*c) } else { self.base(*c) }
        }
        self.bare = !accented;
    }

    fn base(&mut self, c: char) {
        self.bare = true;
        if self.left == 0 {
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
