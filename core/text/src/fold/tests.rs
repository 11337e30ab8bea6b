use alloc::string::{String, ToString};
use std::path::{Path, PathBuf};
use std::{env, fs};

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::decompose_compatible;

use super::*;

/// Letters that have no decomposition, and what search engines fold them to; apostrophes.
const UNDECOMPOSED: [(char, &str); 18] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('đ', "d"),
    ('ð', "d"),
    ('ł', "l"),
    ('ħ', "h"),
    ('þ', "th"),
    ('ŋ', "n"),
    ('ŧ', "t"),
    ('ĸ', "k"),
    ('ı', "i"),
    ('ς', "σ"),
    ('\u{2BC}', "'"),
    ('\u{2018}', "'"),
    ('\u{2019}', "'"),
    ('\u{FF07}', "'"),
];

fn all() -> impl Iterator<Item = char> {
    ('\u{80}'..=char::MAX).filter(|c| !('\u{AC00}'..='\u{D7A3}').contains(c))
}

fn left_out(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

fn in_words(c: char) -> bool {
    c.is_alphanumeric() || ".,:;'".contains(c) || unicode_normalization::char::is_combining_mark(c)
}

/// What the table must say of a character, by its sources.
fn defined(c: char) -> Option<(String, bool)> {
    if !c.to_lowercase().eq([c]) || is_kept(c) || is_mark(c) || is_invisible(c) || left_out(c) {
        return None;
    }
    let mut folded = c.to_string();
    let mut accented = false;
    loop {
        let mut next = String::new();
        for c in folded.chars() {
            decompose_compatible(c, |c| {
                for c in c.to_lowercase() {
                    let voicing = matches!(c, '\u{3099}' | '\u{309A}');
                    if let Some((_, plain)) = UNDECOMPOSED.iter().find(|(letter, _)| *letter == c) {
                        accented = true;
                        next.push_str(plain);
                    } else if is_mark(c) && !voicing {
                        accented = true;
                    } else if !is_invisible(c) {
                        next.push(c);
                    }
                }
            });
        }
        if next == folded {
            break;
        }
        folded = next;
    }
    accented |= folded.chars().count() > 1;
    (!folded.chars().eq([c]) && !folded.is_empty() && folded.chars().all(in_words)).then_some((folded, accented))
}

fn leb128(column: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        column.push(number as u8 | 0x80);
        number >>= 7;
    }
    column.push(number as u8);
}

/// Run with `HEADWATER_BLESS=1` to write the table anew.
#[test]
fn the_table_is_what_its_sources_say() {
    let mut columns: [Vec<u8>; 4] = Default::default();
    let [codes, lengths, firsts, others] = &mut columns;
    let (mut count, mut code, mut first) = (0, 0, 0i32);
    for (c, (folded, accented)) in all().filter_map(|c| Some((c, defined(c)?))) {
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
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/fold/fold.bin");
    if env::var_os("HEADWATER_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert!(fs::read(&path).unwrap() == made, "fold.bin is not what its sources say");
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
        ("ｶﾞｷﾞﾊﾟ がか\u{3099} ヴウ\u{3099}", "ガギパ がが ヴヴ"),
        ("한글 \u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", "한글 한글"),
        ("שָׁלוֹם مُحَمَّد إسلام", "שלום محمد اسلام"),
        ("हिन्दी ภาษาไทย", "हिन्दी ภาษาไทย"),
        ("co\u{AD}op می\u{200C}خواهم", "coop میخواهم"),
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
    for letter in Language::ALL.iter().flat_map(|l| l.letters().chars()) {
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
