//! What holds of any text.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::GraphemeCursor;

use super::see;
use crate::{Analyzer, COMPLETE, Language, MAX_TERM_CHARS};

/// Texts as somebody could have written them, of what is hard: marks, scripts, joiners, signs of every kind.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let cluster = prop_oneof![
        "[aAeEiIoOuUsScCgGnNıßäÖéñçøÆşğİёйЇиіα-ως\u{2C6F}ﬁ²ǖếǿ1Ａ１][\u{300}-\u{330}\u{AD}\u{200C}]{0,3}",
        "[か-ごガツヷｶ東京][\u{3099}\u{309A}\u{FF9E}\u{FE00}]{0,1}",
        "[ก-ฮ][\u{E34}-\u{E39}\u{E48}]{0,2}ำ?",
        "[क-ऩ](\u{94D}[क-ऩ]|[\u{93F}\u{940}])?",
        "[က-အ](\u{1039}[က-အ])?",
        "[ក-អ](\u{17D2}[ក-អ])?",
        "[\u{1100}-\u{1112}][\u{1161}-\u{1175}][\u{11A8}-\u{11C2}]?|[가-힣]",
        "[شأباא٣کۀة][\u{64E}\u{640}\u{5B0}\u{654}]{0,2}",
        "서?[ㄱ-ㅎㅏ-ㅣ]|에서|[灣神﨑々][に東]?",
        "[😀👩🏽❤](\u{FE0F}|\u{200D}👩)?|🇩🇪|🏽|1\u{FE0F}\u{20E3}",
        "[ .:,_'’´`ʻ·\u{1FEF}\u{1FFD}0-9lLdDtTs\u{FFFD}\0-]{1,2}",
    ];
    prop::collection::vec(cluster, 0..12).prop_map(|clusters| clusters.concat())
}

/// And what nobody wrote.
pub(crate) fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        "[aé'’_ \u{300}\u{93C}\u{93F}\u{94D}\u{E33}\u{1039}\u{17D2}\u{3099}\u{FF9E}\u{600}\u{200D}漢カက\u{1161}🇩😀]{0,30}"
    ]
}

fn languages() -> impl Strategy<Value = Language> {
    prop::sample::select(Language::ALL)
}

fn on_graphemes(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap()
}

proptest! {
    #[test]
    fn ranges_are_whole_graphemes(text in texts(), language in languages()) {
        Analyzer::new(language, false).analyze(&text, |t| {
            assert!(on_graphemes(&text, t.range.start) && on_graphemes(&text, t.range.end), "{text:?} {t:?}");
        });
    }

    #[test]
    fn anything_is_analyzed(text in prop_oneof![texts(), anything()], language in languages(), stop_words: bool) {
        let (mut start, mut position) = (0, None);
        let analyzer = Analyzer::new(language, stop_words);
        analyzer.analyze(&text, |t| {
            assert!(t.range.start >= start && t.range.start < t.range.end && text.get(t.range.clone()).is_some());
            assert!(position.is_none_or(|p| t.position > p));
            for word in [t.form, t.term] {
                assert!(!word.is_empty() && word.chars().count() <= MAX_TERM_CHARS);
                assert_eq!(analyzer.fold(word), word.trim_end_matches(COMPLETE));
            }
            (start, position) = (t.range.start, Some(t.position));
        });
    }

    #[test]
    fn composed_and_decomposed_texts_have_the_same_terms(text in texts(), language in languages()) {
        let analyzer = Analyzer::new(language, false);
        let see = |text: &str| see(&analyzer, text).into_iter().map(|t| (t.0, t.1, t.2, t.3)).collect::<Vec<_>>();
        let (composed, decomposed) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
        prop_assert_eq!(see(&composed), see(&decomposed), "{:?}", text);
    }

    #[test]
    fn stemmers_take_any_word(word in "[a-zäöüßéèêëàâáåæøõóôòíîïñçúùûűőăâșțşğıўа-яё']{1,24}", language in languages()) {
        prop_assert_eq!(see(&Analyzer::new(language, false), &word).is_empty(), word.chars().all(|c| c == '\''));
    }
}

#[test]
fn every_character_alone_and_beside_others() {
    let analyzer = Analyzer::new(Language::French, false);
    let texts = ["_", "a_a", "漢_é", "a.b_.c", "1_2.5", "v_1.5", "l'_a", "l´_´a", "가_1", "1_가", "カ_\u{FF9E}"];
    // Of large blocks of equals some are enough.
    let is_one_of_many = |c| {
        matches!(c, '\u{3500}'..='\u{9F00}' | '\u{AD00}'..='\u{D700}' | '\u{17000}'..='\u{18D00}' | '\u{20000}'..='\u{3FFFF}')
            || ('\u{40000}'..='\u{DFFFF}').contains(&c)
            || c >= '\u{F0000}'
    };
    for c in ('\0'..=char::MAX).filter(|c| !is_one_of_many(*c) || u32::from(*c) % 0x100 == 0) {
        for text in texts.map(|text| text.replace('_', c.encode_utf8(&mut [0; 4]))) {
            analyzer.analyze(&text, |t| {
                assert!(on_graphemes(&text, t.range.start) && on_graphemes(&text, t.range.end), "{text:?} {t:?}");
            });
        }
    }
}
