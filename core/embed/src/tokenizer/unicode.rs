//! What kind of character is this? Only the kinds that tokenizers ask for.
//!
//! Token ids must equal those of the Hugging Face `tokenizers` library, so each question is
//! answered as its source answers it: BERT's punctuation, non-spacing marks and controls by
//! Unicode 8.0 (the `unicode_categories` crate), `StripAccents` by Unicode 9.0
//! (`unicode-normalization-alignments`), `\w` and `\p{L}` by Unicode 16.0 (`regex-syntax`), numbers
//! and white space by the standard library. `tests/embed_unicode.rs` makes the tables from these.
//!
//! ```text
//! unicode.bin, all LEB128, for each kind:
//! n · n × (code points from the end of the range before, code points after the first)
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::array;

use once_cell::race::OnceBox;

use crate::leb128;
use crate::promised::Promised as _;

static DATA: &[u8] = include_bytes!("unicode.bin");
/// First and last code points of ranges above ASCII, by kind; unfolded when first asked.
static RANGES: OnceBox<[Vec<(u32, u32)>; KINDS]> = OnceBox::new();
const KINDS: usize = 6;

/// Kinds that have a table, in its order.
#[derive(Clone, Copy)]
enum Kind {
    /// Categories Pc, Pd, Ps, Pe, Pi, Pf, Po (Unicode 8.0).
    Punctuation,
    /// Category Mn (Unicode 8.0).
    NonspacingMark,
    /// Categories Cc and Cf (Unicode 8.0).
    ControlOrFormat,
    /// Categories Mn, Mc, Me (Unicode 9.0).
    Mark,
    /// What `\w` matches (Unicode 16.0).
    Word,
    /// What `\p{L}` matches (Unicode 16.0).
    Letter,
}

fn unfold() -> [Vec<(u32, u32)>; KINDS] {
    let mut bytes = DATA.iter();
    let mut number = || leb128::next(&mut bytes).promised() as u32;
    array::from_fn(|_| {
        let mut last = 0;
        let count = number();
        let range = |_| {
            let first = last + number();
            last = first + number();
            (first, last)
        };
        (0..count).map(range).collect()
    })
}

fn within(kind: Kind, c: char) -> bool {
    let code = u32::from(c);
    let ranges = RANGES.get_or_init(|| Box::new(unfold())).get(kind as usize).map(Vec::as_slice).promised();
    let at = ranges.partition_point(|(_, last)| *last < code);
    ranges.get(at).is_some_and(|(first, _)| *first <= code)
}

/// BERT's punctuation: every ASCII symbol, or category P.
pub(super) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || (!c.is_ascii() && within(Kind::Punctuation, c))
}

/// Category Mn: the accents that BERT strips after decomposition.
pub(super) fn is_nonspacing_mark(c: char) -> bool {
    !c.is_ascii() && within(Kind::NonspacingMark, c)
}

/// Category M: what the `StripAccents` normalizer strips.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && within(Kind::Mark, c)
}

/// Categories Cc, Cf and Co.
pub(super) fn is_other(c: char) -> bool {
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}');
    c.is_ascii_control() || private || (!c.is_ascii() && within(Kind::ControlOrFormat, c))
}

/// `\p{L}`
pub(super) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && within(Kind::Letter, c))
}

/// `\p{N}`
pub(super) fn is_number(c: char) -> bool {
    c.is_numeric()
}

/// `\w`: alphabetic, marks, decimal digits, connectors, joiners.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && within(Kind::Word, c))
}

/// BERT's "Chinese characters": the CJK ideograph blocks, each of which becomes a word.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{20000}'..='\u{2A6DF}'
        | '\u{2A700}'..='\u{2B73F}' | '\u{2B740}'..='\u{2B81F}' | '\u{2B920}'..='\u{2CEAF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_well_known_characters() {
        assert!("!$+<=>^`|~_«»—、。¿".chars().all(is_punctuation));
        assert!("a1 €©ß\u{301}".chars().all(|c| !is_punctuation(c)));
        assert!("\u{300}\u{301}\u{5B0}\u{20D0}".chars().all(|c| is_nonspacing_mark(c) && is_mark(c)));
        assert!(is_mark('\u{903}') && !is_nonspacing_mark('\u{903}'), "spacing marks stay");
        assert!("\0\u{7F}\u{AD}\u{200B}\u{200D}\u{FEFF}\u{E000}".chars().all(is_other));
        assert!("aZéßжあ漢ﬁªǅ".chars().all(|c| is_letter(c) && is_word(c)));
        assert!("1_½Ⅷⓐ\u{903} ".chars().all(|c| !is_letter(c)));
        assert!("7_Ⅷⓐ\u{903}\u{200D}٣".chars().all(is_word));
        assert!("½ -€".chars().all(|c| !is_word(c)));
    }
}
