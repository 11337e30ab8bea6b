use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::GraphemeCursor;

use super::Kind::{Pair, Single, Symbol, Tail, Word};
use super::*;

/// A token, and its text.
type Seen = (String, String, u32, Kind, String);

fn see(analyzer: &Analyzer, text: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    analyzer.analyze(text, |t| {
        seen.push((t.form.into(), t.term.into(), t.position, t.kind, text[t.range].into()));
    });
    seen
}

fn terms(language: Language, text: &str) -> Vec<String> {
    see(&Analyzer::new(language, false), text).into_iter().map(|(_, term, ..)| term).collect()
}

fn forms(text: &str) -> Vec<String> {
    see(&Analyzer::new(Language::Unstemmed, false), text).into_iter().map(|(form, ..)| form).collect()
}

#[test]
fn codes_of_languages() {
    for language in Language::ALL {
        assert_eq!(Language::parse(language.as_str()).unwrap(), *language);
        assert_eq!(language.stemmer().is_none(), *language == Language::Unstemmed);
    }
    assert_eq!(Language::parse("EN"), None);
}

#[test]
fn a_token_says_where_it_is() {
    let tokens = see(&Analyzer::new(Language::English, true), "The Houses, of São-Paulo!");
    let token = |form: &str, term: &str, position, text: &str| {
        (form.to_string(), term.to_string(), position, Word, text.to_string())
    };
    assert_eq!(
        tokens,
        [token("houses", "hous", 1, "Houses"), token("sao", "sao", 3, "São"), token("paulo", "paulo", 4, "Paulo")]
    );
}

#[test]
fn stems_of_languages() {
    use Language::{Dutch, English, French, German, Italian, Portuguese, Russian, Spanish, Swedish};
    for (language, words) in [
        (English, "connection connections connected CONNECTING"),
        (English, "résumé resume"),
        (German, "Häuser Häusern HÄUSER Ha\u{308}user"),
        (French, "étudiantes étudiant E\u{301}TUDIANT"),
        (Spanish, "canción canciones"),
        (Italian, "città citta\u{300}"),
        (Portuguese, "meninos menino"),
        (Dutch, "huizen huis"),
        (Swedish, "flickor flickorna FLICKOR"),
        (Russian, "книги книга книгой КНИГАМ"),
        (Russian, "ёлки елки Елка"),
    ] {
        let terms = terms(language, words);
        assert!(terms.iter().all(|term| *term == terms[0]), "{words}: {terms:?}");
    }
}

#[cfg(feature = "more-languages")]
#[test]
fn stems_of_more_languages() {
    use Language::{Danish, Finnish, Hungarian, Norwegian, Romanian, Turkish};
    for (language, words) in [
        (Danish, "bøgerne bøger"),
        (Norwegian, "husene huset"),
        (Finnish, "talossa talot"),
        (Hungarian, "házban házak"),
        (Romanian, "casele casa"),
        (Turkish, "kitapları kitaplar KITAPLAR İstanbul'da istanbul"),
    ] {
        let terms = terms(language, words);
        let first = if language == Turkish { 1 } else { 0 };
        assert_eq!(terms[0], terms[1], "{words}: {terms:?}");
        assert!(first == 0 || terms[3] == terms[4], "{words}: {terms:?}");
    }
}

#[test]
fn the_form_is_never_stemmed() {
    let analyzer = Analyzer::new(Language::German, false);
    let tokens = see(&analyzer, "Größere");
    assert_eq!((tokens[0].0.as_str(), tokens[0].1.as_str()), ("grossere", "gross"));
    assert_eq!(analyzer.fold("Größ"), "gross");
}

#[test]
fn words_with_apostrophes_and_punctuation() {
    assert_eq!(terms(Language::English, "John's don’t JAMES' o'clock"), ["john", "don't", "jame", "o'clock"]);
    assert_eq!(terms(Language::French, "l'homme L’Été qu'il aujourd'hui"), ["homm", "ete", "il", "aujourd'hui"]);
    assert_eq!(terms(Language::Italian, "dell'arte un'amica"), ["arte", "amic"]);
    let tokens = see(&Analyzer::new(Language::French, false), "d'accord l'\u{301}ami l'");
    let texts: Vec<&str> = tokens.iter().map(|t| t.4.as_str()).collect();
    assert_eq!(texts, ["accord", "ami", "l"]);
    assert_eq!(tokens[1].2, 1, "what is elided has no position");
    assert_eq!(
        forms("3.14 1,000 example.com foo-bar snake_case __x__ C++"),
        ["3.14", "1,000", "example.com", "foo", "bar", "snake", "case", "x", "c"]
    );
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
            ("ガタ", 4, Pair, "カﾞﾀ"),
            ("タ京", 5, Pair, "ﾀ京"),
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
fn emoji_are_found_whole() {
    let unstemmed = Analyzer::new(Language::Unstemmed, false);
    let tokens = see(&unstemmed, "😀😃 👩‍👩‍👧 🇩🇪🇫🇷 ❤️ 👍🏽 1️⃣ © - …");
    let seen: Vec<(&str, Kind, &str)> = tokens.iter().map(|t| (t.0.as_str(), t.3, t.4.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("😀", Symbol, "😀"),
            ("😃", Symbol, "😃"),
            ("👩👩👧", Symbol, "👩‍👩‍👧"),
            ("🇩🇪", Symbol, "🇩🇪"),
            ("🇫🇷", Symbol, "🇫🇷"),
            ("❤", Symbol, "❤️"),
            ("👍", Symbol, "👍🏽"),
            ("1", Word, "1️⃣"),
        ]
    );
}

#[test]
fn hostile_texts_are_defined() {
    assert!(forms("\0\u{FFFD}\u{301}\u{200D}\u{202E}\u{1F3FB}\u{640}_'’").is_empty());
    assert_eq!(forms("a\0b\u{FFFD}c"), ["a", "b", "c"]);
    assert_eq!(forms("שלום, ‏עולם"), ["שלום", "עולם"]);
    assert_eq!(forms("Z̷̢̛͇a̶l̸g̵o̶"), ["zalgo"]);
}

#[test]
fn long_words_are_cut_and_not_stemmed() {
    let word = "houses".repeat(20);
    let tokens = see(&Analyzer::new(Language::English, false), &word);
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].0, word[..MAX_TERM_CHARS]);
    assert_eq!(tokens[0].1, tokens[0].0);
    assert_eq!(tokens[0].4, word, "the range is whole");
    let swollen = see(&Analyzer::new(Language::German, false), &"ß".repeat(MAX_TERM_CHARS));
    assert_eq!((swollen[0].0.len(), swollen[0].1.len()), (MAX_TERM_CHARS, MAX_TERM_CHARS));
}

#[test]
fn a_text_has_at_most_so_many_words() {
    for text in ["a ".repeat(MAX_TEXT_WORDS + 9), "字".repeat(MAX_TEXT_WORDS + 9), "_a".repeat(MAX_TEXT_WORDS + 9)] {
        let (mut count, mut last) = (0, 0);
        Analyzer::new(Language::English, false).analyze(&text, |t| (count, last) = (count + 1, t.position));
        assert_eq!((count, last as usize), (MAX_TEXT_WORDS, MAX_TEXT_WORDS - 1));
    }
}

#[test]
fn stop_words_are_folded_and_short_and_left_out() {
    for language in Language::ALL {
        let (with, without) = (Analyzer::new(*language, true), Analyzer::new(*language, false));
        let list = stop_words::list(*language);
        for word in list.split(' ').filter(|w| !w.is_empty()) {
            assert_eq!(without.fold(word), word, "{language:?}");
            assert!(stop_words::contains(*language, word), "{word} is too long");
            assert!(see(&with, word).is_empty() && see(&without, word).len() == 1, "{language:?} {word}");
            assert_eq!(list.split(' ').filter(|w| *w == word).count(), 1, "{language:?} {word} is listed twice");
        }
    }
    assert_eq!(terms(Language::English, "to be or not to be").len(), 6, "only when asked for");
}

/// Texts as somebody could have written them, of what is hard: marks, scripts, joiners, signs of every kind.
fn texts() -> impl Strategy<Value = String> {
    let cluster = prop_oneof![
        "[aAeEiIoOuUsScCgGnNıßäÖéñçøÆşğİёйЇиіα-ως\u{2C6F}ﬁ²ǖếǿ1Ａ１][\u{300}-\u{330}\u{AD}\u{200C}]{0,3}",
        "[か-ごガツヷｶ東京][\u{3099}\u{309A}\u{FF9E}\u{FE00}]{0,1}",
        "[ก-ฮ][\u{E34}-\u{E39}\u{E48}]{0,2}ำ?",
        "[क-ऩ](\u{94D}[क-ऩ]|[\u{93F}\u{940}])?",
        "[က-အ](\u{1039}[က-အ])?",
        "[ក-អ](\u{17D2}[ក-អ])?",
        "[\u{1100}-\u{1112}][\u{1161}-\u{1175}][\u{11A8}-\u{11C2}]?|[가-힣]",
        "[شأبא][\u{64E}\u{640}\u{5B0}]{0,2}",
        "[😀👩🏽❤](\u{FE0F}|\u{200D}👩)?|🇩🇪|🏽|1\u{FE0F}\u{20E3}",
        "[ .:,_'’0-9lLdDtT\u{FFFD}\0-]{1,2}",
    ];
    prop::collection::vec(cluster, 0..12).prop_map(|clusters| clusters.concat())
}

/// And what nobody wrote.
fn anything() -> impl Strategy<Value = String> {
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
                assert_eq!(analyzer.fold(word), word);
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
    for c in '\0'..=char::MAX {
        for text in [String::from(c), alloc::format!("a{c}a"), alloc::format!("漢{c}é")] {
            analyzer.analyze(&text, |t| {
                assert!(on_graphemes(&text, t.range.start) && on_graphemes(&text, t.range.end), "{text:?} {t:?}");
            });
        }
    }
}
