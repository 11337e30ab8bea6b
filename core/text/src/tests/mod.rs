use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::Kind::{Symbol, Word};
use super::*;

mod document;
mod golden;
mod korean;
mod parts;
pub(crate) mod properties;
mod scripts;

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
        assert_eq!(crate::language::stemmer(*language).is_none(), *language == Language::Unstemmed);
    }
    assert_eq!(Language::parse("EN"), None);
}

#[test]
fn a_token_says_where_it_is() {
    let mut is_stop = Vec::new();
    let analyzer = Analyzer::new(Language::English, true);
    analyzer.analyze("The Houses, of São-Paulo!", |t| is_stop.push(t.is_stop));
    assert_eq!(is_stop, [true, false, true, false, false]);
    let tokens = see(&analyzer, "The Houses, of São-Paulo!");
    let token = |form: &str, term: &str, position, text: &str| {
        (form.to_string(), term.to_string(), position, Word, text.to_string())
    };
    assert_eq!(
        tokens,
        [
            token("the", "the", 0, "The"),
            token("houses", "hous", 1, "Houses"),
            token("of", "of", 2, "of"),
            token("sao", "sao", 3, "São"),
            token("paulo", "paulo", 4, "Paulo"),
        ]
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
fn stop_words_are_folded_and_short_and_told() {
    let stops = |analyzer: &Analyzer, text: &str| {
        let mut stops = Vec::new();
        analyzer.analyze(text, |t| stops.push(t.is_stop));
        stops
    };
    for language in Language::ALL {
        let (with, without) = (Analyzer::new(*language, true), Analyzer::new(*language, false));
        let list = stop_words::list(*language);
        for word in list.split(' ').filter(|w| !w.is_empty()) {
            assert_eq!(without.fold(word), word, "{language:?}");
            assert!(stop_words::contains(*language, word), "{word} is too long");
            assert_eq!((stops(&with, word), stops(&without, word)), (vec![true], vec![false]), "{language:?} {word}");
            assert_eq!(list.split(' ').filter(|w| *w == word).count(), 1, "{language:?} {word} is listed twice");
        }
    }
    let english = Analyzer::new(Language::English, true);
    assert_eq!(stops(&english, "To be, or not to BE"), [true; 6]);
    assert_eq!(stops(&english, "beer nothing 的"), [false; 3]);
}
