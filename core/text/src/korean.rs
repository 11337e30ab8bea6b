//! Korean nouns and the particles that are written at their ends: 서울에서 is found by 서울.
//!
//! No dictionary says what a noun is, so this is guesswork with two aims: a noun and the same noun with any particles
//! have one term, and few other nouns have it too. For the first, particles are taken off as long as there are some
//! (서울에서는 → 서울에서 → 서울), from the noun alone as well: what is taken off 고양이 is taken off 고양이를. For the second,
//! a particle has to fit: 을 follows a consonant and 를 a vowel, so 가을 stays whole; and those with which many short nouns
//! end (지도, 회의, 휴가) need two syllables before them. Behind foreign letters, as in AI는, all are particles.
//!
//! Words come as letters (ㅅㅓㅇㅜㄹ), in which a consonant before a vowel always begins a syllable: an end in letters that
//! begins with one is an end in syllables.

use self::After::{Any, Consonant, Vowel, VowelOrL};

pub(super) struct Particle {
    pub(super) letters: &'static str,
    follows: After,
    /// Syllables that a noun of Hangul has before it.
    least: usize,
}

/// What the noun ends with.
#[derive(Clone, Copy)]
enum After {
    Any,
    Consonant,
    Vowel,
    /// A vowel or ㄹ.
    VowelOrL,
}

const fn sure(letters: &'static str, follows: After) -> Particle {
    Particle { letters, follows, least: 1 }
}

const fn doubtful(letters: &'static str, follows: After) -> Particle {
    Particle { letters, follows, least: 2 }
}

/// Longest first.
pub(super) static PARTICLES: [Particle; 41] = [
    sure("ㅎㅏㄴㅌㅔㅅㅓ", Any),     // 한테서
    sure("ㅇㅔㄱㅔㅅㅓ", Any),       // 에게서
    sure("ㅇㅡㄹㅗㅅㅓ", Consonant), // 으로서
    sure("ㅇㅡㄹㅗㅆㅓ", Consonant), // 으로써
    sure("ㅇㅣㄹㅏㄷㅗ", Consonant), // 이라도
    sure("ㅊㅓㄹㅓㅁ", Any),         // 처럼
    sure("ㅂㅏㄲㅇㅔ", Any),         // 밖에
    sure("ㅎㅏㄴㅌㅔ", Any),         // 한테
    sure("ㅇㅣㄹㅏㅇ", Consonant),   // 이랑
    sure("ㅇㅔㅅㅓ", Any),           // 에서
    sure("ㅇㅔㄱㅔ", Any),           // 에게
    sure("ㄲㅔㅅㅓ", Any),           // 께서
    sure("ㄲㅏㅈㅣ", Any),           // 까지
    sure("ㅂㅜㅌㅓ", Any),           // 부터
    sure("ㅂㅗㄷㅏ", Any),           // 보다
    sure("ㅎㅏㄱㅗ", Any),           // 하고
    sure("ㅁㅏㄷㅏ", Any),           // 마다
    sure("ㅁㅏㅈㅓ", Any),           // 마저
    sure("ㅈㅗㅊㅏ", Any),           // 조차
    sure("ㅇㅡㄹㅗ", Consonant),     // 으로
    sure("ㅇㅣㄴㅏ", Consonant),     // 이나
    doubtful("ㄹㅗㅅㅓ", VowelOrL),  // 로서
    doubtful("ㄹㅗㅆㅓ", VowelOrL),  // 로써
    doubtful("ㄹㅏㄷㅗ", Vowel),     // 라도
    sure("ㅇㅡㄴ", Consonant),       // 은
    sure("ㄴㅡㄴ", Vowel),           // 는
    sure("ㅇㅡㄹ", Consonant),       // 을
    sure("ㄹㅡㄹ", Vowel),           // 를
    sure("ㅃㅜㄴ", Any),             // 뿐
    doubtful("ㅇㅡㅣ", Any),         // 의
    doubtful("ㅁㅏㄴ", Any),         // 만
    doubtful("ㄷㅡㄹ", Any),         // 들
    doubtful("ㄱㅗㅏ", Consonant),   // 과
    doubtful("ㅇㅗㅏ", Vowel),       // 와
    doubtful("ㄹㅏㅇ", Vowel),       // 랑
    sure("ㅇㅔ", Any),               // 에
    sure("ㄲㅔ", Any),               // 께
    doubtful("ㅇㅣ", Consonant),     // 이
    doubtful("ㄱㅏ", Vowel),         // 가
    doubtful("ㄷㅗ", Any),           // 도
    doubtful("ㄹㅗ", VowelOrL),      // 로
];

/// The word without its particles.
pub(super) fn noun(mut word: &str) -> &str {
    if !word.ends_with(|c| is_consonant(c) || is_vowel(c)) {
        return word;
    }
    while let Some(shorter) = PARTICLES.iter().find_map(|particle| particle.taken_off(word)) {
        word = shorter;
    }
    word
}

impl Particle {
    fn taken_off<'w>(&self, word: &'w str) -> Option<&'w str> {
        let noun = word.strip_suffix(self.letters)?;
        let last = noun.chars().next_back()?;
        let fits = match self.follows {
            _ if !is_consonant(last) && !is_vowel(last) => return Some(noun),
            Any => true,
            Consonant => is_consonant(last),
            Vowel => is_vowel(last),
            VowelOrL => is_vowel(last) || last == 'ㄹ',
        };
        (fits && syllables(noun) >= self.least).then_some(noun)
    }
}

fn syllables(word: &str) -> usize {
    let mut consonant = false;
    word.chars().filter(|&c| core::mem::replace(&mut consonant, is_consonant(c)) && is_vowel(c)).count()
}

const fn is_consonant(c: char) -> bool {
    matches!(c, 'ㄱ'..='ㅎ')
}

const fn is_vowel(c: char) -> bool {
    matches!(c, 'ㅏ'..='ㅣ')
}
