#![allow(clippy::disallowed_methods, reason = "the standard library is one of the sources")]

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::path::{Path, PathBuf};
use std::{env, fs};

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;
use crate::language;
use crate::split::is_unspaced;

/// The version of Unicode that `fold.bin` was made of: the standard library's for letters and case; decompositions come
/// from a later one, but no character is in the table that words of UAX #29 did not have then.
const SOURCES: [(u8, u8, u8); 2] = [(17, 0, 0), (18, 0, 0)];

/// Letters that have no decomposition, or a longer one, and what search engines fold them to; and signs of Arabic
/// numbers.
const SAME: [(char, &str); 29] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('ł', "l"),
    ('ŀ', "l"),
    ('ħ', "h"),
    ('þ', "th"),
    ('ŋ', "n"),
    ('ŧ', "t"),
    ('ĸ', "k"),
    ('ı', "i"),
    ('ς', "σ"),
    ('\u{671}', "\u{627}"),
    ('\u{672}', "\u{627}"),
    ('\u{673}', "\u{627}"),
    ('\u{6A9}', "\u{643}"),
    ('\u{649}', "\u{64A}"),
    ('\u{6CC}', "\u{64A}"),
    ('\u{629}', "\u{647}"),
    ('\u{6C0}', "\u{647}"),
    ('\u{6C1}', "\u{647}"),
    ('\u{6C2}', "\u{647}"),
    ('\u{6C3}', "\u{647}"),
    ('\u{6D5}', "\u{647}"),
    ('\u{66B}', "."),
    ('\u{66C}', ","),
];

/// What a keyboard has for the letters of a syllable of Hangul: leads from U+1100, vowels from U+1161, tails from
/// U+11A8.
const JAMO: [(u32, &str); 3] = [
    (0x1100, "ㄱ ㄲ ㄴ ㄷ ㄸ ㄹ ㅁ ㅂ ㅃ ㅅ ㅆ ㅇ ㅈ ㅉ ㅊ ㅋ ㅌ ㅍ ㅎ"),
    (0x1161, "ㅏ ㅐ ㅑ ㅒ ㅓ ㅔ ㅕ ㅖ ㅗ ㅗㅏ ㅗㅐ ㅗㅣ ㅛ ㅜ ㅜㅓ ㅜㅔ ㅜㅣ ㅠ ㅡ ㅡㅣ ㅣ"),
    (0x11A8, "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ"),
];

fn all() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|c| !('\u{AC00}'..='\u{D7A3}').contains(c))
}

/// What characters are folded to that code does not fold: a naive twin of the table.
struct Sources {
    same: BTreeMap<char, String>,
}

impl Sources {
    fn new() -> Self {
        let mut same: BTreeMap<char, String> = SAME.iter().map(|(c, folded)| (*c, (*folded).into())).collect();
        for pair in include_str!("kanji.txt").split_whitespace() {
            let (old, new) = (pair.chars().next().unwrap(), pair.chars().skip(1).collect::<String>());
            assert_eq!(new.chars().count(), 1, "{pair}");
            assert_eq!(same.insert(old, new), None, "{pair} is there twice");
        }
        for (first, letters) in JAMO {
            same.extend((first..).map(|code| char::from_u32(code).unwrap()).zip(letters.split(' ').map(Into::into)));
        }
        // Digits of each script follow one another from zero.
        let mut before = ('\0', 0);
        for c in all().filter(|c| c.is_numeric() && !c.is_alphabetic() && is_one_word(&format!("1{c}1"))) {
            let follows = u32::from(before.0) + 1 == u32::from(c);
            before = (c, if follows { (before.1 + 1) % 10 } else { 0 });
            assert!(follows || before.1 == 0);
            same.insert(c, before.1.to_string());
        }
        Self { same }
    }

    /// What the table must say of a character, and whether it lost an accent.
    fn folded(&self, c: char) -> Option<(String, bool)> {
        let by_code = is_kept(c) || is_mark(c) || is_invisible(c) || is_apostrophe(c) || lower_case(hiragana(c)) != c;
        if by_code || !in_tokens(c) || left_out(c) {
            return None;
        }
        let mut folded = c.to_string();
        let mut accented = false;
        loop {
            let mut next = String::new();
            for c in folded.chars() {
                self.step(c, &mut next, &mut accented);
            }
            if next == folded {
                break;
            }
            folded = next;
        }
        accented |= folded.chars().count() > 1;
        let in_words = |c: char| c.is_alphanumeric() || ".,:;'".contains(c) || is_combining_mark(c);
        (!folded.chars().eq([c]) && !folded.is_empty() && folded.chars().all(in_words)).then_some((folded, accented))
    }

    fn step(&self, c: char, next: &mut String, accented: &mut bool) {
        if is_kept(c) {
            return next.push(c);
        }
        if let Some(same) = self.same.get(&c) {
            *accented |= SAME.iter().any(|(letter, _)| *letter == c);
            return next.push_str(same);
        }
        decompose_compatible(c, |c| {
            for c in c.to_lowercase() {
                let voicing = matches!(c, '\u{3099}' | '\u{309A}');
                if let Some(same) = self.same.get(&c) {
                    *accented |= SAME.iter().any(|(letter, _)| *letter == c);
                    next.push_str(same);
                } else if is_mark(c) && !voicing {
                    *accented = true;
                } else if is_apostrophe(c) {
                    next.push('\'');
                } else if !is_invisible(c) {
                    next.push(hiragana(c));
                }
            }
        });
    }
}

/// What hardly anybody writes, and would take a kilobyte: compatibility ideographs but for those of Japanese standards,
/// words of katakana in one character, ligatures of Arabic and its mathematical letters.
fn left_out(c: char) -> bool {
    let ideograph = matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{F900}'..='\u{FA0D}' | '\u{FA6E}'..='\u{FAFF}');
    let kana_or_arabic = matches!(c, '\u{32D0}'..='\u{3357}' | '\u{FBEA}'..='\u{FDC7}' | '\u{1EE00}'..='\u{1EEFF}');
    ideograph || kana_or_arabic || ('\u{2F800}'..='\u{2FA1F}').contains(&c)
}

/// Whether UAX #29 finds one word in it.
fn is_one_word(text: &str) -> bool {
    text.split_word_bounds().count() == 1
}

/// Whether a token may have it.
fn in_tokens(c: char) -> bool {
    let beside = |c: char| ["a", "1", "ア", "א"].iter().any(|other| is_one_word(&format!("{other}{c}{other}")));
    c.is_alphanumeric() || is_unspaced(c) || beside(c)
}

fn leb128(column: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        column.push(number as u8 | 0x80);
        number >>= 7;
    }
    column.push(number as u8);
}

fn made() -> Vec<u8> {
    let sources = Sources::new();
    let mut columns: [Vec<u8>; 4] = Default::default();
    let [codes, lengths, firsts, others] = &mut columns;
    let (mut count, mut code, mut first) = (0, 0, 0i32);
    for (c, (folded, accented)) in all().filter_map(|c| Some((c, sources.folded(c)?))) {
        count += 1;
        leb128(codes, u32::from(c) - code);
        code = u32::from(c);
        leb128(lengths, (folded.chars().count() as u32) << 1 | u32::from(accented));
        let mut chars = folded.chars().map(u32::from);
        let head = chars.next().unwrap() as i32;
        leb128(firsts, ((head - first) << 1 ^ (head - first) >> 31) as u32);
        first = head;
        chars.for_each(|c| leb128(others, c));
    }
    let mut made = Vec::new();
    leb128(&mut made, count);
    made.extend(columns.concat());
    made
}

/// Run with `HEADWATER_BLESS=1` to write the table anew, which takes a new `ANALYSIS_VERSION`.
#[test]
fn the_table_is_what_its_sources_say() {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fold/fold.bin");
    if [char::UNICODE_VERSION, unicode_normalization::UNICODE_VERSION] == SOURCES {
        let made = made();
        if env::var_os("HEADWATER_BLESS").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(fs::read(&path).unwrap() == made, "fold.bin is not what its sources say");
        return;
    }
    // Later versions have more characters, and say the same of those that were there.
    let (folds, sources) = (Folds::unfold(), Sources::new());
    for c in all() {
        if let Some((folded, accented)) = folds.find(c) {
            assert_eq!(sources.folded(c), Some((folded.iter().collect(), accented)), "{c:?}");
        }
    }
}

fn fold(text: &str) -> String {
    let (folds, mut out) = (Folds::unfold(), String::new());
    assert!(folds.spell(text, Language::Unstemmed, usize::MAX, &mut out));
    out
}

fn spell(language: Language, text: &str) -> String {
    let mut out = String::new();
    Folds::unfold().spell(text, language, usize::MAX, &mut out);
    out
}

#[test]
fn what_spellings_have_in_common() {
    for (text, folded) in [
        ("Café CAFÉ cafe\u{301}", "cafe cafe cafe"),
        ("Straße STRASSE GROẞ", "strasse strasse gross"),
        ("Ångström Øre Æther Łódź Đorđe", "angstrom ore aether lodz dorde"),
        ("ΟΔΥΣΣΕΥΣ Ὀδυσσεύς", "οδυσσευσ οδυσσευσ"),
        ("Ёлка Йод Киї́в", "елка йод київ"),
        ("İstanbul Isparta ısı", "istanbul isparta isi"),
        ("Ｆｕｌｌ ｗｉｄｔｈ １２３", "full width 123"),
        ("ﬁn x² Ⅷ 𝐁𝐨𝐥𝐝", "fin x2 viii bold"),
        ("ｶﾞｷﾞﾊﾟ がか\u{3099} ヴウ\u{3099}", "がぎぱ がが ゔゔ"),
        ("한글 \u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "ㅎㅏㄴㄱㅡㄹ ㅎㅏㄴㄱㅡㄹ"),
        ("שָׁלוֹם مُحَمَّد إسلام", "שלום محمد اسلام"),
        ("हिन्दी ภาษาไทย", "हिन्दी ภาษาไทย"),
        ("co\u{AD}op می\u{200C}خواهم", "coop ميخواهم"),
        ("l’été ŉ", "l'ete 'n"),
        ("👍🏽 ❤\u{FE0F}", "👍 ❤"),
        ("\u{301}\u{3099}\u{200D}", ""),
        ("\0a\u{FFFD}", "\0a\u{FFFD}"),
    ] {
        assert_eq!(fold(text), folded, "{text}");
    }
}

#[test]
fn a_language_keeps_the_letters_of_its_stemmer() {
    assert_eq!(spell(Language::German, "Größe U\u{308}ber ÉCOLE"), "größe über ecole");
    assert_eq!(spell(Language::French, "Élève e\u{301}le\u{300}ve über"), "élève élève uber");
    assert_eq!(spell(Language::Danish, "ÅRHUS Ærø Ǿ O\u{338}\u{301} ø\u{301}"), "århus ærø o o o");
    assert_eq!(spell(Language::Turkish, "ISIRMAK İzmir I\u{307}zmir"), "ısırmak izmir izmir");
    assert_eq!(spell(Language::French, "Ế Ê\u{301} E\u{302}\u{301}"), "e e e", "two marks are not French");
}

#[test]
fn every_letter_of_a_stemmer_composes_and_folds() {
    let folds = Folds::unfold();
    for letter in Language::ALL.iter().flat_map(|l| language::letters(*l).chars()) {
        assert!(folds.find(letter).is_some(), "{letter} is not folded");
        let parts: Vec<char> = letter.to_string().nfd().collect();
        if let [base, mark] = *parts {
            assert_eq!(compose(base, mark), Some(letter));
        }
    }
    for c in all().filter(|c| is_kept(*c)) {
        let parts: Vec<char> = c.to_string().nfd().collect();
        if let [base, mark] = *parts {
            assert_eq!(compose(base, mark), Some(c));
        }
    }
}

#[test]
fn letters_that_are_told_apart_are_lowered_by_code() {
    for c in '\0'..=char::MAX {
        let lower = lower_case(c);
        assert!(lower == c || c.to_lowercase().eq([lower]), "{c:?}");
        if let [known] = *c.to_lowercase().collect::<Vec<_>>() {
            let told_apart = is_kept(known) || Language::ALL.iter().any(|l| language::letters(*l).contains(known));
            assert!(!told_apart || lower == known, "{c:?}");
        }
    }
}

#[test]
fn letters_and_digits_are_those_of_unicode() {
    let folds = Folds::unfold();
    for (characters, letter, digit) in [
        ("aZéßЖשش한ㄱกकΩªⅧǅʼʻ𝐀½৴፩", true, false),
        ("0९٣๓１𝟘²①", true, true),
        (" .,'-_·´€+©😀\u{301}\u{93F}\u{E33}\u{FF9E}\u{200D}\u{E000}\u{FFFD}\u{1}", false, false),
    ] {
        for c in characters.chars().filter(|c| !is_unspaced(*c)) {
            assert_eq!((folds.is_letter(c), folds.is_digit(c)), (letter, digit), "{c:?}");
        }
    }
    if char::UNICODE_VERSION != SOURCES[0] {
        return;
    }
    // The standard library calls more numbers letters or digits, UAX #29 some signs.
    let is_lost = |c: &char| c.is_alphanumeric() && !is_combining_mark(*c) && !is_unspaced(*c) && !folds.is_letter(*c);
    assert_eq!(all().filter(is_lost).find(|c| c.is_alphabetic()), None);
    assert_eq!(
        all().filter(|c| folds.is_letter(*c)).find(|c| c.is_whitespace() && !is_one_word(&format!("a{c}a"))),
        None
    );
}

#[test]
fn folding_a_character_again_changes_nothing() {
    let folds = Folds::unfold();
    let fold = |text: &str| {
        let mut out = String::new();
        folds.spell(text, Language::Unstemmed, usize::MAX, &mut out);
        out
    };
    for c in '\0'..=char::MAX {
        let once = fold(c.encode_utf8(&mut [0; 4]));
        assert_eq!(fold(&once), once, "{c:?}");
    }
}

#[test]
fn a_cut_spelling_is_said_to_be_cut() {
    let (folds, mut out) = (Folds::unfold(), String::new());
    assert!(folds.spell("e\u{301}te\u{301}", Language::French, 3, &mut out), "marks are not counted");
    assert!(!folds.spell("étés", Language::French, 3, &mut out));
    assert!(!folds.spell("abcd", Language::French, 3, &mut out));
    assert_eq!(out, "étéétéabc");
    let mut stripped = String::new();
    folds.strip("ßßß", Language::German, 5, &mut stripped);
    assert_eq!(stripped, "sssss");
}

proptest! {
    #[test]
    fn folding_again_changes_nothing(text in ".*") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }
}
