//! The parts of a word that UAX #29 keeps whole: what people look for by its parts, and what numbers are.

use core::ops::Range;

use super::scripts::is_hangul;
use super::{Each, Piece, Splitter};
use crate::Kind;
use crate::fold::is_apostrophe;
use headwater_model::promised::Promised as _;

/// A word on its way into parts.
struct Parts {
    /// Where the part at hand begins, if one has begun.
    start: Option<usize>,
    /// Where its last run of digits begins, if nothing followed it but separators and marks.
    digits: Option<usize>,
    /// That run is a number with separators.
    is_number: bool,
    last: char,
}

const NOTHING: Parts = Parts { start: None, digits: None, is_number: false, last: ' ' };

impl Splitter<'_> {
    /// Gives the parts of a word.
    pub(super) fn parts(&self, word: Range<usize>, each: &mut Each<'_>) -> Option<()> {
        let text = self.text.get(word.clone()).promised();
        if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return each(Piece { kind: Kind::Word, range: word, is_complete: false }).then_some(());
        }
        if !text.contains(|c| is_separator(c) || is_prepended(c) || is_hangul(c)) {
            let mut parts =
                Parts { start: text.find(|c| self.folds.is_letter(c)).map(|at| word.start + at), ..NOTHING };
            return self.part(&mut parts, word.end, each);
        }
        let mut parts = NOTHING;
        // Where signs begin that belong to what is behind them.
        let mut signs = None;
        for (at, c) in text.char_indices() {
            let at = word.start + at;
            if is_prepended(c) {
                signs = signs.or(Some(at));
                continue;
            }
            let from = signs.take().unwrap_or(at);
            if is_separator(c) {
                let rest = self.text.get(at + c.len_utf8()..word.end).promised();
                if self.continues_number(&parts, c, rest) {
                    self.number(&mut parts, each)?;
                } else if !joins_catalan(parts.last, c, rest) {
                    self.part(&mut parts, from, each)?;
                }
            } else if is_hangul(c) || self.folds.is_letter(c) {
                self.letter(&mut parts, from, c, each)?;
            }
        }
        self.part(&mut parts, signs.unwrap_or(word.end), each)
    }

    /// Takes a letter or a digit.
    fn letter(&self, parts: &mut Parts, at: usize, c: char, each: &mut Each<'_>) -> Option<()> {
        let is_digit = !is_hangul(c) && self.folds.is_digit(c);
        let ends_number = parts.is_number && !is_digit;
        let beside_hangul = match parts.digits {
            Some(_) => !is_digit && is_hangul(c),
            None => is_digit && is_hangul(parts.last),
        };
        if ends_number || beside_hangul {
            self.part(parts, at, each)?;
        }
        parts.start = parts.start.or(Some(at));
        parts.digits = if is_digit { parts.digits.or(Some(at)) } else { None };
        parts.last = c;
        Some(())
    }

    /// Whether a sign between digits belongs to their number.
    fn continues_number(&self, parts: &Parts, sign: char, rest: &str) -> bool {
        parts.digits.is_some() && is_point_or_comma(sign) && rest.starts_with(|c| self.folds.is_digit(c))
    }

    /// The digits at hand are a number with separators: what stood before it is a part of its own.
    fn number(&self, parts: &mut Parts, each: &mut Each<'_>) -> Option<()> {
        let digits = parts.digits;
        if !parts.is_number && digits != parts.start {
            self.part(parts, digits.unwrap_or_default(), each)?;
            (parts.start, parts.digits) = (digits, digits);
        }
        parts.is_number = true;
        Some(())
    }

    /// Gives the part at hand, if there is one.
    fn part(&self, parts: &mut Parts, end: usize, each: &mut Each<'_>) -> Option<()> {
        let Some(start) = core::mem::replace(parts, NOTHING).start else { return Some(()) };
        let start = start + self.elision(self.text.get(start..end).promised());
        each(Piece { kind: Kind::Word, range: start..end, is_complete: false }).then_some(())
    }

    /// How many bytes an elided word and its apostrophe take at the beginning of a word.
    fn elision(&self, word: &str) -> usize {
        if self.elided.is_empty() {
            return 0;
        }
        let Some((before, after)) = word.split_once(is_apostrophe) else { return 0 };
        if !self.elided.split(' ').any(|e| e.eq_ignore_ascii_case(before)) {
            return 0;
        }
        // Marks on the apostrophe go with it.
        after.find(|c| self.folds.is_letter(c) || is_prepended(c)).map_or(0, |at| word.len() - after.len() + at)
    }
}

/// What UAX #29 allows within words and numbers (MidLetter, MidNumLet, MidNum), but for apostrophes; the point of
/// Arabic numbers, which it takes for a digit; and Armenian's hyphen, which it takes for a letter.
const fn is_separator(c: char) -> bool {
    is_point_or_comma(c)
        || matches!(
            c,
            ':' | ';'
                | '\u{B7}'
                | '\u{37E}'
                | '\u{387}'
                | '\u{55F}'
                | '\u{589}'
                | '\u{58A}'
                | '\u{60C}'
                | '\u{60D}'
                | '\u{7F8}'
                | '\u{2027}'
                | '\u{2044}'
                | '\u{FE10}'
                | '\u{FE13}'
                | '\u{FE14}'
                | '\u{FE54}'
                | '\u{FE55}'
                | '\u{FF1A}'
                | '\u{FF1B}'
        )
}

/// Those that numbers have: 3.14, 1,000, ٣٫١٤.
const fn is_point_or_comma(c: char) -> bool {
    matches!(c, '.' | ',' | '\u{66B}' | '\u{66C}' | '\u{2024}' | '\u{FE50}' | '\u{FE52}' | '\u{FF0C}' | '\u{FF0E}')
}

/// Catalan writes l·l for a long l.
fn joins_catalan(before: char, c: char, rest: &str) -> bool {
    matches!(c, '\u{B7}' | '\u{387}') && matches!(before, 'l' | 'L') && rest.starts_with(['l', 'L'])
}

/// Signs of one grapheme cluster with what follows them: those around Arabic numbers, letters that Indic scripts put
/// above the next one (Prepend in UAX #29).
const fn is_prepended(c: char) -> bool {
    matches!(c,
        '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}' | '\u{890}' | '\u{891}' | '\u{8E2}' | '\u{D4E}' | '\u{110BD}'
        | '\u{110CD}' | '\u{111C2}' | '\u{111C3}' | '\u{113D1}' | '\u{1193F}' | '\u{11941}' | '\u{11A84}'..='\u{11A89}'
        | '\u{11D46}' | '\u{11F02}')
}
