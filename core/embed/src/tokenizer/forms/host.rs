//! The forms as the JavaScript host makes them, held to Unicode 9.0.
//!
//! What a character decomposes to, and how it combines, never changes once Unicode has assigned it (Unicode's
//! stability policies), so hosts differ only in younger characters. Those of them that decompose, combine or compose
//! (`younger.bin`) are left as they are, and what stands between them is the host's: that is what tables of Unicode
//! 9.0, which know no such characters, make of the text. Characters that later versions will add are not among them.

use alloc::string::String;
use alloc::vec::Vec;

use super::Form;
use crate::leb128;

/// Ranges of characters, each as the gap from the range before and the characters after its first, LEB128. Made by
/// `tests/embed_unicode.rs`.
static DATA: &[u8] = include_bytes!("younger.bin");

/// The ranges of younger characters, in order; by default none.
#[derive(Default)]
pub(crate) struct Forms(Vec<(u32, u32)>);

impl Forms {
    pub(crate) fn unfold() -> Self {
        let (mut ranges, mut bytes, mut end) = (Vec::new(), DATA.iter(), 0);
        while let (Some(gap), Some(more)) = (leb128::next(&mut bytes), leb128::next(&mut bytes)) {
            let start = end + gap as u32;
            end = start + more as u32;
            ranges.push((start, end));
        }
        Self(ranges)
    }

    /// The text in this form.
    pub(crate) fn apply(&self, form: Form, text: &str) -> String {
        if text.is_ascii() {
            return text.into();
        }
        let mut made = String::with_capacity(text.len());
        for piece in text.split_inclusive(|c| self.is_younger(c)) {
            let younger = piece.chars().next_back().filter(|&c| self.is_younger(c));
            let old = younger.and_then(|c| piece.strip_suffix(c)).unwrap_or(piece);
            made.push_str(&of_host(form, old));
            made.extend(younger);
        }
        made
    }

    fn is_younger(&self, c: char) -> bool {
        let code = u32::from(c);
        let at = self.0.partition_point(|&(_, last)| last < code);
        self.0.get(at).is_some_and(|&(first, _)| first <= code)
    }
}

#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
fn of_host(Form { compatible, composed }: Form, text: &str) -> String {
    let name = match (compatible, composed) {
        (false, false) => "NFD",
        (false, true) => "NFC",
        (true, false) => "NFKD",
        (true, true) => "NFKC",
    };
    js_sys::JsString::from(text).normalize(name).into()
}

/// A crate with tables of a later Unicode stands for the host.
#[cfg(test)]
fn of_host(form: Form, text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;

    match (form.compatible, form.composed) {
        (false, false) => text.nfd().collect(),
        (false, true) => text.nfc().collect(),
        (true, false) => text.nfkd().collect(),
        (true, true) => text.nfkc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::tables;
    use super::*;

    static HOST: LazyLock<Forms> = LazyLock::new(Forms::unfold);
    static TABLES: LazyLock<tables::Forms> = LazyLock::new(tables::Forms::unfold);

    const FORMS: [Form; 4] = [
        Form::NFD,
        Form { compatible: false, composed: true },
        Form { compatible: true, composed: false },
        Form { compatible: true, composed: true },
    ];

    /// Characters that do something, younger ones among them.
    fn telling() -> impl Strategy<Value = char> {
        let younger: Vec<char> = HOST.0.iter().flat_map(|&(a, b)| a..=b).filter_map(char::from_u32).collect();
        prop_oneof![
            4 => any::<char>(),
            2 => prop::sample::select(younger),
            2 => prop::sample::select("aeou\u{300}\u{301}\u{323}\u{327}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{9c7}\u{9be}\u{fb01}\u{212b}\u{344}\u{958}".chars().collect::<Vec<_>>()),
            1 => (0x300u32..0x370).prop_map(|c| char::from_u32(c).unwrap()),
        ]
    }

    #[test]
    fn every_character_alone_and_between_others_is_what_the_tables_make_of_it() {
        // Unicode assigns nothing beyond, but tags and private use.
        for c in '\0'..='\u{3ffff}' {
            for text in [String::from(c), String::from_iter(['e', '\u{323}', c, '\u{301}', 'a', c])] {
                for form in FORMS {
                    assert_eq!(HOST.apply(form, &text), TABLES.apply(form, &text), "{text:?} {form:?}");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn texts_are_what_the_tables_make_of_them(text in prop::collection::vec(telling(), 0..12)) {
            let text: String = text.into_iter().collect();
            for form in FORMS {
                prop_assert_eq!(HOST.apply(form, &text), TABLES.apply(form, &text), "{:?} {:?}", text, form);
            }
        }
    }
}
