//! Scripts: letters that count as one, and runs without spaces.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{forms, see};
use crate::Kind::{Pair, Single, Tail, Word};
use crate::{Analyzer, COMPLETE, Kind, Language};

/// Forms, terms and positions.
fn tokens(text: &str) -> Vec<(String, String, u32)> {
    see(&Analyzer::new(Language::Unstemmed, false), text).into_iter().map(|t| (t.0, t.1, t.2)).collect()
}

#[track_caller]
fn are_one(texts: &str) {
    let mut texts = texts.split(' ');
    let first = texts.next().unwrap();
    for other in texts {
        assert_eq!(tokens(first), tokens(other), "{first} {other}");
    }
}

#[track_caller]
fn stay_apart(one: &str, other: &str) {
    assert_ne!(forms(one), forms(other));
}

#[test]
fn arabic_letters_that_keyboards_tell_apart_are_one() {
    for texts in ["کتاب كتاب", "تبریز تبريز", "آب اب", "أحمد احمد ٱحمد", "إسلام اسلام", "مدرسة مدرسه مدرسۃ مدرسہ"]
    {
        are_one(texts);
    }
    for texts in
        ["على علي علی", "مسؤول مسوول", "رئيس رييس رئیس", "خانۀ خانه خانهٔ", "مُحَمَّد محمد محمـــد", "ﷲ الله", "ﻛﺘﺎﺏ كتاب"]
    {
        are_one(texts);
    }
    for (one, other) in [
        ("گل", "كل"),
        ("چای", "جاي"),
        ("پر", "بر"),
        ("ژاله", "زاله"),
        ("سماء", "سما"),
        ("بھائی", "بہائی"),
        ("کے", "کی"),
    ] {
        stay_apart(one, other);
    }
}

#[test]
fn digits_of_any_script_are_one() {
    for text in ["٢٠٢٦", "۲۰۲۶", "２０２６", "२०२६", "๒๐๒๖", "᠒᠐᠒᠖", "𝟐𝟎𝟐𝟔", "၂၀၂၆"]
    {
        assert_eq!(forms(text), ["2026"], "{text}");
    }
    assert_eq!(forms("۱۴۰۵ x٣"), ["1405", "x3"]);
}

#[test]
fn old_and_new_kanji_are_one() {
    for texts in ["東京灣 東京湾", "國學院大學 国学院大学", "澤 沢", "髙橋 高橋", "山﨑 山崎", "神社 神社", "臺灣 台湾"]
    {
        are_one(texts);
    }
    stay_apart("汉字", "漢字");
    stay_apart("発", "発展");
}

#[test]
fn katakana_and_hiragana_are_one() {
    for texts in [
        "リンゴ りんご ﾘﾝｺﾞ りんこ\u{3099}",
        "ラーメン らーめん",
        "ヴァイオリン ゔぁいおりん",
        "ヷ わ\u{3099}",
        "いすゞ イスヾ",
    ] {
        are_one(texts);
    }
    are_one("青いリンゴを食べる 青いりんごを食べる 青いﾘﾝｺﾞを食べる");
    for (one, other) in [("きゃく", "きやく"), ("らーめん", "らあめん"), ("はし", "ばし"), ("つ", "っ")]
    {
        stay_apart(one, other);
    }
}

#[test]
fn scripts_without_spaces_give_pairs() {
    let unstemmed = Analyzer::new(Language::Unstemmed, false);
    let tokens = see(&unstemmed, "東京都 x カﾞﾀ京");
    let seen: Vec<(&str, u32, Kind, &str)> = tokens.iter().map(|t| (t.0.as_str(), t.2, t.3, t.4.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("東京", 0, Pair, "東京"),
            ("京都", 1, Pair, "京都"),
            ("都", 2, Tail, "都"),
            ("x", 3, Word, "x"),
            ("がた", 4, Pair, "カﾞﾀ"),
            ("た京", 5, Pair, "ﾀ京"),
            ("京", 6, Tail, "京"),
        ]
    );
    let kinds = |text| see(&unstemmed, text).into_iter().map(|t| (t.3, t.4)).collect::<Vec<_>>();
    assert_eq!(kinds("水"), [(Single, "水".into())]);
    assert_eq!(kinds("น้ำ"), [(Single, "น้ำ".into())], "the vowel AM is no character of its own");
    assert_eq!(kinds("aำ.ำก"), [(Word, "aำ".into()), (Single, "ก".into())]);
    assert_eq!(kinds("คน"), [(Pair, "คน".into()), (Tail, "น".into())]);
    assert_eq!(kinds("တက္က"), [(Pair, "တက္က".into()), (Tail, "က္က".into())], "stacked consonants are one");
    assert_eq!(kinds("한국어 ๑๒"), [(Word, "한국어".into()), (Word, "๑๒".into())]);
    assert_eq!(kinds("漢。字"), [(Single, "漢".into()), (Single, "字".into())]);
    assert_eq!(kinds("カ_abc"), [(Single, "カ".into()), (Word, "abc".into())]);
}

#[test]
fn a_pair_that_is_all_there_is_of_han_says_so() {
    let complete = |text: &str| -> Vec<String> {
        let of_text = tokens(text).into_iter().filter_map(|(form, term, _)| {
            assert_eq!(form.trim_end_matches(COMPLETE), term);
            form.ends_with(COMPLETE).then_some(term)
        });
        of_text.collect()
    };
    for (text, expected) in [
        ("京都", "京都"),
        ("京都に行く", "京都"),
        ("東京都に行く", ""),
        ("古い京都と奈良。大阪府", "京都 奈良"),
        ("京都タワー", "京都"),
        ("2026京都x", "京都"),
        ("人々", "人々"),
        ("京 都", ""),
        ("りんご", ""),
        ("ไทย", ""),
        ("国\u{FE00}学", "国学"),
    ] {
        assert_eq!(complete(text).join(" "), expected, "{text}");
    }
    assert_eq!(tokens("京都")[0].0, format!("京都{COMPLETE}"));
    assert_eq!(forms("a\u{1}b \u{1} 京都\u{1}")[..2], ["a", "b"], "a text has no such mark");
}

#[test]
fn each_character_of_a_run_begins_one_token() {
    for text in ["東京都庁に行く", "京都", "水", "リンゴの木", "ภาษาไทย"] {
        let starts: Vec<String> =
            tokens(text).into_iter().map(|(form, ..)| form.chars().next().unwrap().into()).collect();
        let folded = Analyzer::new(Language::Unstemmed, false).fold(text);
        let bases: String =
            folded.chars().filter(|c| crate::split::is_unspaced(*c) && !('\u{E34}'..='\u{E3A}').contains(c)).collect();
        assert_eq!(starts.concat(), bases, "{text}");
    }
}
