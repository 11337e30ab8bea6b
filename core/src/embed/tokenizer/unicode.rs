//! What kind of character is this? Only the kinds that tokenizers ask for.
//!
//! Token ids must equal those of the Hugging Face `tokenizers` library, so each question is
//! answered as its source answers it: BERT's punctuation, non-spacing marks and controls by
//! Unicode 8.0 (the tables of the `unicode_categories` crate), `StripAccents` by Unicode 9.0
//! (`unicode-normalization-alignments`). What is a regular expression there (`\w`, `\p{L}`,
//! `\p{N}`, `\s`) goes by the standard library, which knows letters, numbers and white space of
//! current Unicode; the tables hold only what it lacks, 3 KB in all. Characters of the newest
//! versions may be told apart otherwise than there; no vocabulary has them.

use super::unicode_tables::{
    CONTROL_OR_FORMAT, LETTER_NUMBER, MARK, NONSPACING_MARK, OTHER_NUMBER, PUNCTUATION,
};

/// Bits of a packed range that count the code points after the first.
const LENGTH_BITS: u32 = 11;

fn within(table: &[u32], c: char) -> bool {
    let code = u32::from(c);
    let after = table.partition_point(|packed| packed >> LENGTH_BITS <= code);
    let Some(packed) = after.checked_sub(1).and_then(|i| table.get(i)) else { return false };
    code - (packed >> LENGTH_BITS) <= packed & ((1 << LENGTH_BITS) - 1)
}

/// BERT's punctuation: every ASCII symbol, or category P.
pub(super) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || (!c.is_ascii() && within(&PUNCTUATION, c))
}

/// Category Mn: the accents that BERT strips after decomposition.
pub(super) fn is_nonspacing_mark(c: char) -> bool {
    !c.is_ascii() && within(&NONSPACING_MARK, c)
}

/// Category M: what the `StripAccents` normalizer strips.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && within(&MARK, c)
}

/// Categories Cc, Cf and Co.
pub(super) fn is_other(c: char) -> bool {
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}');
    c.is_ascii_control() || private || (!c.is_ascii() && within(&CONTROL_OR_FORMAT, c))
}

/// `\p{L}`: alphabetic, without the marks, numbers and circled symbols that Unicode also calls so.
pub(super) fn is_letter(c: char) -> bool {
    let circled = matches!(c, '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F149}' | '\u{1F150}'..='\u{1F169}' | '\u{1F170}'..='\u{1F189}');
    c.is_ascii_alphabetic()
        || (!c.is_ascii()
            && c.is_alphabetic()
            && !circled
            && !within(&MARK, c)
            && !within(&LETTER_NUMBER, c))
}

/// `\p{N}`.
pub(super) fn is_number(c: char) -> bool {
    c.is_numeric()
}

/// `\w`: alphabetic, marks, decimal digits, connectors, joiners.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    let connector = matches!(c, '\u{203F}' | '\u{2040}' | '\u{2054}' | '\u{FE33}' | '\u{FE34}' | '\u{FE4D}'..='\u{FE4F}' | '\u{FF3F}');
    let joiner = matches!(c, '\u{200C}' | '\u{200D}');
    c.is_alphabetic()
        || within(&MARK, c)
        || (c.is_numeric() && !within(&OTHER_NUMBER, c))
        || connector
        || joiner
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

    fn count(is: impl Fn(char) -> bool) -> usize {
        ('\0'..=char::MAX).filter(|c| is(*c)).count()
    }

    #[test]
    fn tables_hold_as_many_code_points_as_the_published_categories() {
        assert_eq!(count(|c| within(&PUNCTUATION, c)), 694);
        assert_eq!(count(|c| within(&NONSPACING_MARK, c)), 1567);
        assert_eq!(count(|c| within(&CONTROL_OR_FORMAT, c)), 182);
        assert_eq!(count(|c| within(&MARK, c)), 2097);
        assert_eq!(count(|c| within(&LETTER_NUMBER, c)), 562);
        assert_eq!(count(|c| within(&OTHER_NUMBER, c)), 915);
    }

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
