//! Korean: particles, and syllables that are being typed.

use alloc::string::String;
use alloc::vec::Vec;

use super::see;
use crate::korean::PARTICLES;
use crate::{Analyzer, Language, MAX_TERM_CHARS};

fn terms(text: &str) -> Vec<String> {
    see(&Analyzer::new(Language::Unstemmed, false), text).into_iter().map(|t| t.1).collect()
}

fn form(text: &str) -> String {
    see(&Analyzer::new(Language::Unstemmed, false), text).remove(0).0
}

#[test]
fn nouns_are_found_with_their_particles() {
    for (noun, others) in [
        ("서울", "서울에서 서울에 서울은 서울의 서울로 서울까지 서울에서는 서울에서도 서울이 서울만을"),
        ("학교", "학교를 학교는 학교가 학교와 학교에서 학교로 학교에서부터 학교라도"),
        ("사람", "사람이 사람은 사람을 사람들 사람들이 사람들에게 사람들에게는 사람처럼 사람보다"),
        ("고양이", "고양이를 고양이는 고양이가 고양이와 고양이에게서"),
        ("물", "물을 물은 물에 물에서 물까지 물처럼"),
        ("책", "책을 책은 책에서 책으로"),
        ("나무", "나무가 나무를 나무랑 나무하고 나무뿐"),
        ("지도", "지도를 지도에 지도는 지도에서"),
        ("회의", "회의를 회의에 회의에서"),
        ("AI", "AI는 AI가 AI를 AI의 AI에서도"),
        ("고속도로", "고속도로를 고속도로에서"),
    ] {
        let expected = terms(noun);
        assert_eq!(expected.len(), 1);
        for other in others.split(' ') {
            assert_eq!(terms(other), expected, "{other}");
            assert!(form(other).starts_with(&form(noun)), "the form stays whole: {other}");
            assert_ne!(form(other), form(noun), "{other}");
        }
    }
    for language in Language::ALL {
        let analyzer = Analyzer::new(*language, false);
        assert_eq!(see(&analyzer, "서울에서")[0].1, see(&analyzer, "서울")[0].1, "{language:?}");
    }
    let english = Analyzer::new(Language::English, false);
    assert_eq!(see(&english, "users는")[0].1, "user");
}

#[test]
fn what_only_looks_like_a_particle_stays() {
    for word in "가을 마을 나이 아이 국가 작가 전문가 사과 지도 회의 휴가 도로 추가 결과 사랑 대만 길이 을 에서 는 의"
        .split(' ')
    {
        assert_eq!(terms(word), [form(word)], "{word}");
    }
    // Wrong, and the same wherever they stand: the price of having no dictionary.
    for (word, shorter) in [("고양이", "고양"), ("김정은", "김정"), ("민주주의", "민주주"), ("고속도로", "고속")]
    {
        assert_eq!(terms(word), [form(shorter)], "{word}");
    }
}

#[test]
fn particles_are_spelled_as_forms_and_longest_first() {
    let syllables = "한테서 에게서 으로서 으로써 이라도 처럼 밖에 한테 이랑 에서 에게 께서 까지 부터 보다 하고 마다 마저 조차 으로 이나 \
                     로서 로써 라도 은 는 을 를 뿐 의 만 들 과 와 랑 에 께 이 가 도 로";
    let letters: Vec<String> = syllables.split(' ').map(form).collect();
    assert_eq!(letters, PARTICLES.iter().map(|p| p.letters).collect::<Vec<_>>());
    assert!(PARTICLES.is_sorted_by_key(|p| core::cmp::Reverse(p.letters.len())));
}

#[test]
fn every_state_of_typing_is_a_beginning() {
    for states in [
        "ㅅ 서 서ㅇ 서우 서울",
        "ㅎ 하 한 한ㄱ 한구 한국 한국ㅇ 한국어",
        "ㄱ 가 갑 값 값ㅇ 값에",
        "ㅇ 오 와 왇 와ㄷ",
        "ㄷ 다 달 닭 닭ㅇ 닭이",
        "ㄷ 다 달 닭 달기",
        "ㅇ 으 의 읫 의사",
        "ㄲ 까 깎 깎ㄷ 깎다",
        "ㅇ 우 웨 웹",
        "ㅅ 사 산 사나 사나ㅇ 사나이",
    ] {
        let forms: Vec<String> = states.split(' ').map(form).collect();
        let whole = forms.last().unwrap();
        for beginning in &forms {
            assert!(whole.starts_with(beginning.as_str()), "{states}: {beginning} {whole}");
        }
    }
}

#[test]
fn letters_are_those_of_a_keyboard_however_they_are_coded() {
    assert_eq!(form("서울"), "ㅅㅓㅇㅜㄹ");
    assert_eq!(form("값"), "ㄱㅏㅂㅅ");
    assert_eq!(form("과"), "ㄱㅗㅏ");
    for same in [
        "\u{1109}\u{1165}\u{110B}\u{116E}\u{11AF}",
        "ㅅㅓㅇㅜㄹ",
        "\u{FFB5}\u{FFC6}\u{FFB7}\u{FFD3}\u{FFA9}",
        "서우\u{11AF}",
    ] {
        assert_eq!(form(same), form("서울"), "{same}");
    }
    assert_eq!(form("ㄳㅘ"), form("ㄱㅅㅗㅏ"));
    assert_eq!(form("한\u{3164}글\u{1160}"), form("한글"));
}

#[test]
fn digits_beside_hangul_are_parts() {
    let parts =
        |text: &str| see(&Analyzer::new(Language::Unstemmed, false), text).into_iter().map(|t| t.4).collect::<Vec<_>>();
    assert_eq!(
        parts("2024년에 아이폰15 3.5배 K팝 ２명"),
        ["2024", "년에", "아이폰", "15", "3.5", "배", "K팝", "２", "명"]
    );
}

#[test]
fn long_words_fit() {
    for word in ["특정범죄가중처벌등에관한법률위반", "한국전자통신연구원에서부터는", "독점규제및공정거래에관한법률"]
    {
        assert!(form(word).chars().count() < MAX_TERM_CHARS, "{word}");
    }
}
