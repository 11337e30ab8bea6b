//! Keywords without the difference of case: `STRASSE` and `Straße` are one value, and so are `ΣΊΣΥΦΟΣ` and `Σίσυφος`.
//!
//! Unicode's full case folding (chapter 3.13, default caseless matching), then composed form. Not lower case: that
//! leaves `ß` beside `ss` and the two small sigmas of Greek apart. Accents are kept, and the Turkish `ı` is a letter
//! of its own: the folding is that of no language.
//!
//! The table is part of the format, because what a segment holds is in the order of folded keywords. So it is neither
//! the compiler's nor the host's, which follow Unicode's versions. What assigned characters fold to, Unicode never
//! changes.

mod table;

use alloc::borrow::Cow;
use alloc::string::String;

use self::table::{RANGES, SEVERAL};
use crate::nfc::nfc;

/// What a text in composed form folds to, in composed form. Complexity: linear, with a binary search for characters
/// that are not ASCII.
#[must_use]
pub fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let has_upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if has_upper { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
    }
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push(c, &mut out));
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(nfc(&out).into_owned()) }
}

fn push(c: char, out: &mut String) {
    let code = u32::from(c);
    let at = RANGES.partition_point(|range| range.1 < code);
    if let Some(&(first, _, step, difference)) = RANGES.get(at)
        && first <= code
        && (code - first).is_multiple_of(step)
    {
        out.push(code.checked_add_signed(difference).and_then(char::from_u32).unwrap_or(c));
    } else if let Ok(at) = SEVERAL.binary_search_by_key(&code, |entry| entry.0) {
        out.push_str(SEVERAL.get(at).map_or("", |entry| entry.1));
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule of CaseFolding.txt in the words of other tables: lower case of upper case of lower case. Cherokee
    /// folds to its capitals, which came first, and `ı` to nothing.
    fn rule(c: char) -> String {
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
        let upper = |text: &str| text.chars().flat_map(char::to_uppercase).collect::<String>();
        let one = String::from(c);
        match c {
            'ı' | '\u{13a0}'..='\u{13f5}' => one,
            '\u{13f8}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' => upper(&one),
            _ if lower(&one).chars().count() > 1 => lower(&one),
            _ => lower(&upper(&lower(&one))),
        }
    }

    #[test]
    fn the_table_is_the_rule() {
        for c in '\0'..=char::MAX {
            let mut found = String::new();
            push(c, &mut found);
            assert_eq!(found, rule(c), "{:x}", u32::from(c));
        }
    }

    #[test]
    fn words_that_differ_in_case_alone_are_one() {
        for (a, b) in [
            ("BERLIN", "berlin"),
            ("Straße", "STRASSE"),
            ("ẞ", "ss"),
            ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("ΐ", "Ϊ\u{301}"),
            ("ǰ", "J\u{30c}"),
            ("Éa", "éA"),
            ("ﬁx", "FIX"),
            ("İ", "i\u{307}"),
            ("Ѐ", "ѐ"),
            ("\u{212a}", "k"),
        ] {
            assert_eq!(folded(&nfc(a)), folded(&nfc(b)), "{a} {b}");
        }
        for (a, b) in [("e", "é"), ("ı", "i"), ("İ", "i"), ("漢", "字"), ("2", "²")] {
            assert_ne!(folded(a), folded(b), "{a} {b}");
        }
        assert!(matches!(folded("plain"), Cow::Borrowed(_)) && matches!(folded("名前é"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,12}|[ΐΰᾳßſİıªᏰꭰ\u{345}\u{301}\u{308}ιΙ]{0,6}") {
            let once = folded(&nfc(&text)).into_owned();
            prop_assert_eq!(folded(&once), once.as_str());
            prop_assert_eq!(nfc(&once), once.as_str());
        }
    }
}
