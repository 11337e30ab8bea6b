//! The parts of words, and apostrophes.

use alloc::string::String;
use alloc::vec::Vec;

use super::{forms, see, terms};
use crate::{Analyzer, Language, may_be_misspelt};

/// Forms between spaces.
fn parts(text: &str) -> String {
    forms(text).join(" ")
}

#[test]
fn words_are_tokens_by_their_parts() {
    for (text, expected) in [
        ("performed.Parameters", "performed parameters"),
        ("node.js", "node js"),
        ("icecream.exe we23.exe", "icecream exe we23 exe"),
        ("jane.doe@example.com", "jane doe example com"),
        ("key:value `key:value`", "key value key value"),
        ("wi-fi file_name fileName __x__", "wi fi file name filename x"),
        ("XYZ-123", "xyz 123"),
        ("crate::module::Type", "crate module type"),
        ("https://www.example.com:8080/a.b?c=d;e", "https www example com 8080 a b c d e"),
        ("U.S.A. e.g.", "u s a e g"),
        ("étudiant·e·s ΑΒ·ΓΔ", "etudiant e s αβ γδ"),
        ("EU:n ab．cd ab：cd ab＿cd", "eu n ab cd ab cd ab cd"),
        ("a,b;c", "a b c"),
        ("ինչպե՞ս ինչպես ա֊բ", "ինչպես ինչպես ա բ"),
        ("C++", "c"),
    ] {
        assert_eq!(parts(text), expected, "{text}");
    }
}

#[test]
fn parts_stand_together_and_say_where() {
    let tokens = see(&Analyzer::new(Language::Unstemmed, false), "x Größe.Éa:b,c y");
    let seen: Vec<(&str, u32, &str)> = tokens.iter().map(|t| (t.0.as_str(), t.2, t.4.as_str())).collect();
    assert_eq!(
        seen,
        [("x", 0, "x"), ("grosse", 1, "Größe"), ("ea", 2, "Éa"), ("b", 3, "b"), ("c", 4, "c"), ("y", 5, "y")]
    );
}

#[test]
fn numbers_keep_points_and_commas_between_digits() {
    for (text, expected) in [
        ("3.14 1,000 1.10.2 1,234.56 192.168.0.1", "3.14 1,000 1.10.2 1,234.56 192.168.0.1"),
        ("3. .5 1,,2 1.,2", "3 5 1 2 1 2"),
        ("2024-05-01 12:30 1;2", "2024 05 01 12 30 1 2"),
        ("v1.10.2 USB3.0 10.5kg a1b2.5c3", "v 1.10.2 usb 3.0 10.5 kg a1b 2.5 c3"),
        ("v1 5kg h2o b2b", "v1 5kg h2o b2b"),
        ("file.2.txt 2.txt a.1", "file 2 txt 2 txt a 1"),
        ("1'000 1’000", "1000 1000"),
        ("1\u{202F}000", "1 000"),
        ("３．１４ １，０００ ٣٫١٤ ١٬٠٠٠", "3.14 1,000 3.14 1,000"),
    ] {
        assert_eq!(parts(text), expected, "{text}");
    }
}

#[test]
fn apostrophes_of_any_kind_are_one_and_none() {
    let apostrophes = "'’ʼʻ＇´`′‵ʹʽʾʿˈˊˋꞌ‛‘՚｀\u{374}\u{1FBD}\u{1FEF}\u{1FFD}";
    for apostrophe in apostrophes.chars() {
        for word in ["O_Brien", "Hawai_i", "п_ять", "rock_n_roll"] {
            let expected = parts(&word.replace('_', ""));
            let tokens = see(&Analyzer::new(Language::Unstemmed, false), &word.replace('_', &String::from(apostrophe)));
            assert_eq!(tokens.len(), 1, "{word} {apostrophe}");
            assert_eq!((tokens[0].0.as_str(), tokens[0].2), (expected.as_str(), 0), "{word} {apostrophe}");
        }
        let text = |word: &str| word.replace('_', &String::from(apostrophe));
        assert_eq!(terms(Language::English, &text("John_s")), ["john"], "{apostrophe}");
        assert_eq!(terms(Language::French, &text("l_homme")), ["homm"], "{apostrophe}");
        assert_eq!(terms(Language::Italian, &text("dell_arte")), ["arte"], "{apostrophe}");
        assert_eq!(parts(&text("_quoted_ _quoted_, (_quoted_)")), "quoted quoted quoted", "{apostrophe}");
        assert_eq!(parts(&text("_ __ 漢_字")), "漢 字", "{apostrophe}");
    }
    assert_eq!(parts("ʻOkina ‘Okina"), "okina okina");
    assert_eq!(parts("5´10 5´a x´5"), "5 10 5 a x 5", "only between letters");
    assert_eq!(parts("O´\u{301}Brien a´_b a´ b"), "obrien a b a b");
    assert_eq!(parts("צה\"ל צה״ל צהל ג׳ירפה ג'ירפה"), "צהל צהל צהל גירפה גירפה");
    assert_eq!(parts("col·lecció coŀlecció COL·LECCIÓ a·b"), "colleccio colleccio colleccio a b");
}

#[test]
fn elided_words_and_english_genitives_end_at_apostrophes() {
    assert_eq!(terms(Language::English, "John's don’t JAMES' o'clock"), ["john", "dont", "jame", "oclock"]);
    assert_eq!(terms(Language::English, "don't dont can’t"), ["dont", "dont", "cant"]);
    assert_eq!(
        terms(Language::English, "he'll we’re they´ve she'd I'm John's"),
        ["he", "we", "they", "she", "i", "john"]
    );
    assert_eq!(terms(Language::French, "l'homme L’Été qu'il aujourd'hui"), ["homm", "ete", "il", "aujourdhui"]);
    assert_eq!(terms(Language::French, "l'homme.jpg d´accord"), ["homm", "jpg", "accord"]);
    assert_eq!(terms(Language::Italian, "dell'arte un'amica"), ["arte", "amic"]);
    let tokens = see(&Analyzer::new(Language::French, false), "d'accord l'\u{301}ami l'");
    let texts: Vec<&str> = tokens.iter().map(|t| t.4.as_str()).collect();
    assert_eq!(texts, ["accord", "ami", "l"]);
    assert_eq!(tokens[1].2, 1, "what is elided has no position");
}

#[test]
fn numbers_and_characters_that_are_words_are_not_misspelt() {
    for form in ["search", "größe", "서울", "слово", "שלום"] {
        assert!(may_be_misspelt(form), "{form}");
    }
    for form in ["2024", "3.14", "v1.10.2", "b2b", "東京", "りんご", "カメ", "ไทย", "😀", "🇩🇪"] {
        assert!(!may_be_misspelt(form), "{form}");
    }
}
