//! One error of a typist, the same for a word on every machine.

use super::question::{hash, mixed};

/// Draws after which a word is left out: all that comes of it are words.
const DRAWS: usize = 100;

/// Where the error may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    FirstLetter,
    LaterLetter,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Swapped,
    Missing,
    Doubled,
    Wrong,
    Extra,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Swapped, "neighbours swapped"),
    (Kind::Missing, "a letter missing"),
    (Kind::Doubled, "a letter doubled"),
    (Kind::Wrong, "a wrong letter"),
    (Kind::Extra, "a letter too many"),
];

/// The keys around each letter's on an American keyboard.
const NEIGHBOURS: [(char, &str); 26] = [
    ('a', "qwsz"),
    ('b', "vghn"),
    ('c', "xdfv"),
    ('d', "serfcx"),
    ('e', "wsdr"),
    ('f', "drtgvc"),
    ('g', "ftyhbv"),
    ('h', "gyujnb"),
    ('i', "ujko"),
    ('j', "huikmn"),
    ('k', "jiolm"),
    ('l', "kop"),
    ('m', "njk"),
    ('n', "bhjm"),
    ('o', "iklp"),
    ('p', "ol"),
    ('q', "wa"),
    ('r', "edft"),
    ('s', "awedxz"),
    ('t', "rfgy"),
    ('u', "yhji"),
    ('v', "cfgb"),
    ('w', "qase"),
    ('x', "zsdc"),
    ('y', "tghu"),
    ('z', "asx"),
];

/// A misspelt word, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Misspelt {
    pub(super) text: String,
    pub(super) kind: &'static str,
}

/// One error in the word, drawn by the word itself. What is a word as well is not taken: nobody could see the error.
pub(super) fn misspelt(word: &str, place: Place, is_word: impl Fn(&str) -> bool) -> Option<Misspelt> {
    let letters: Vec<char> = word.chars().collect();
    let mut dice = Dice(hash(word) ^ u64::from(place == Place::FirstLetter));
    (0..DRAWS).find_map(|_| {
        let (kind, name) = *dice.of(&KINDS)?;
        let ends = letters.len() + usize::from(matches!(kind, Kind::Extra));
        let at = if place == Place::FirstLetter { 0 } else { 1 + dice.below(ends.saturating_sub(1)) };
        let text = edited(&letters, kind, at, &mut dice)?;
        (text != word && !is_word(&text)).then_some(Misspelt { text, kind: name })
    })
}

/// The word with that error there, where it can be: only letters are mistyped.
fn edited(letters: &[char], kind: Kind, at: usize, dice: &mut Dice) -> Option<String> {
    let (before, rest) = letters.split_at_checked(at)?;
    let here = rest.first().copied().filter(char::is_ascii_lowercase);
    let (typed, taken): (Vec<char>, usize) = match kind {
        Kind::Swapped => (vec![rest.get(1).copied().filter(char::is_ascii_lowercase)?, here?], 2),
        Kind::Missing => (Vec::new(), here.map(|_| 1)?),
        Kind::Doubled => (vec![here?, here?], 1),
        Kind::Wrong => {
            let (_, keys) = NEIGHBOURS.iter().find(|(letter, _)| Some(*letter) == here)?;
            (vec![*dice.of(&keys.chars().collect::<Vec<_>>())?], 1)
        }
        Kind::Extra => (vec![dice.of(&NEIGHBOURS)?.0], 0),
    };
    Some(before.iter().chain(&typed).chain(rest.iter().skip(taken)).collect())
}

/// splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mixed(self.0) % bound.max(1) as u64) as usize
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(list.len());
        list.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_text(letters: &str, kind: Kind, at: usize) -> Option<String> {
        edited(&letters.chars().collect::<Vec<_>>(), kind, at, &mut Dice(0))
    }

    #[test]
    fn each_error_is_what_its_name_says() {
        assert_eq!(as_text("house", Kind::Swapped, 1).as_deref(), Some("huose"));
        assert_eq!(as_text("house", Kind::Missing, 4).as_deref(), Some("hous"));
        assert_eq!(as_text("house", Kind::Doubled, 0).as_deref(), Some("hhouse"));
        assert!(as_text("house", Kind::Wrong, 4).is_some_and(|text| "wsdr".contains(text.get(4..).unwrap())));
        assert!(as_text("house", Kind::Extra, 5).is_some_and(|text| text.starts_with("house") && text.len() == 6));
        assert_eq!(as_text("house", Kind::Swapped, 4), None);
        assert_eq!(as_text("libc6-dev", Kind::Missing, 4), None);
    }

    #[test]
    fn errors_keep_to_their_place_are_no_words_and_are_the_same_again() {
        for word in ["house", "system", "something", "python3-numpy"] {
            let later = misspelt(word, Place::LaterLetter, |_| false).unwrap();
            assert_eq!(later.text.get(..1), word.get(..1), "{later:?}");
            assert_eq!(misspelt(word, Place::LaterLetter, |_| false).unwrap().text, later.text);
            assert_ne!(misspelt(word, Place::LaterLetter, |text| text == later.text).unwrap().text, later.text);
            let first = misspelt(word, Place::FirstLetter, |_| false).unwrap();
            assert!(first.text.get(1..) != word.get(1..) || first.text.get(..1) != word.get(..1), "{first:?}");
        }
        assert!(misspelt("house", Place::LaterLetter, |_| true).is_none());
    }
}
