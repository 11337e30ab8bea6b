use alloc::string::String;

use proptest::prelude::*;

use super::*;

/// The whole matrix, by the definition.
fn naive(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut d = alloc::vec![alloc::vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            d[i][j] = match (i, j) {
                (0, _) | (_, 0) => i + j,
                _ => {
                    let replaced = d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut least = replaced.min(d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least = least.min(d[i - 2][j - 2] + 1);
                    }
                    least
                }
            };
        }
    }
    d[a.len()][b.len()]
}

fn expected(a: &str, b: &str, most: u8) -> Option<u8> {
    u8::try_from(naive(a, b)).ok().filter(|d| *d <= most)
}

/// Whether the candidate, or something that begins with it, is within reach: the rest of the word from anywhere on,
/// after an edit that swaps or without, is the best that can follow.
fn may_go_on(word: &str, candidate: &[char], most: u8) -> bool {
    let word: Vec<char> = word.chars().collect();
    (0..=word.len()).any(|at| {
        let rest = &word[at..];
        let swapped: Vec<char> =
            at.checked_sub(1).map(|before| word[before]).into_iter().chain(rest.iter().skip(1).copied()).collect();
        [rest, &swapped].into_iter().any(|rest| {
            let whole: String = candidate.iter().chain(rest).collect();
            naive(&word.iter().collect::<String>(), &whole) <= usize::from(most)
        })
    })
}

/// The distance of the whole candidate and the least one of its beginnings.
fn both(word: &str, candidate: &[char], most: u8) -> (Option<u8>, Option<u8>) {
    let of_all = (0..=candidate.len()).map(|n| expected(word, &candidate[..n].iter().collect::<String>(), most));
    (of_all.clone().next_back().flatten(), of_all.flatten().min())
}

#[test]
fn well_known_distances() {
    for (word, form, distance) in [
        ("search", "search", Some(0)),
        ("search", "saerch", Some(1)),
        ("search", "serch", Some(1)),
        ("search", "seaarch", Some(1)),
        ("search", "search engine", None),
        ("headwater", "haedwatre", Some(2)),
        ("ca", "abc", None),
        ("größe", "große", Some(1)),
        ("", "ab", Some(2)),
        ("ab", "", Some(2)),
        ("", "", Some(0)),
        ("abc", "", None),
    ] {
        assert_eq!(Fuzzy::new(word, 2).within(form), distance, "{word} {form}");
    }
}

#[test]
fn beginnings_that_are_misspelt() {
    let beginning = |word: &str, candidate: &str| {
        let mut edits = Edits::new(word, if word.len() < 6 { 1 } else { 2 });
        let _ = candidate.chars().all(|c| edits.push(c));
        edits.beginning()
    };
    assert_eq!(beginning("teelsc", "telescope"), Some(1));
    assert_eq!(beginning("telesc", "telescope"), Some(0));
    assert_eq!(beginning("telescopes", "telescope"), Some(1));
    assert_eq!(beginning("tlsc", "telescope"), None);
    assert_eq!(beginning("microscope", "telescope"), None);
}

#[test]
fn words_as_long_as_allowed_and_longer() {
    let word: String = "ab".chars().cycle().take(MAX_WORD_CHARS).collect();
    assert_eq!(Fuzzy::new(&word, 9).within(&word), Some(0));
    assert_eq!(Fuzzy::new(&word, 2).within(&word[1..]), Some(1));
    assert_eq!(Fuzzy::new(&word, 2).within(&(word.clone() + "xy")), Some(2));
    assert_eq!(Fuzzy::new(&word, 2).within(&(word.clone() + "xyz")), None);
    assert_eq!(Fuzzy::new(&(word.clone() + "more"), 0).within(&word), Some(0), "cut as forms are");
}

proptest! {
    #[test]
    fn equals_the_whole_matrix(word in "[abcé]{0,9}", forms in prop::collection::vec("[abcé]{0,9}", 1..8), most in 0u8..3) {
        let mut fuzzy = Fuzzy::new(&word, most);
        for form in forms {
            prop_assert_eq!(fuzzy.within(&form), expected(&word, &form, most), "{} {}", word, form);
        }
    }

    #[test]
    fn equals_the_whole_matrix_close_by(word in "[a-d]{5,30}", edits in prop::collection::vec((0usize..30, 0u8..4), 0..4)) {
        let mut chars: Vec<char> = word.chars().collect();
        for (at, edit) in edits {
            let at = at % chars.len();
            match edit {
                0 if chars.len() > 2 => { chars.remove(at); }
                1 => chars.insert(at, 'x'),
                2 => chars[at] = 'y',
                _ => { let next = (at + 1) % chars.len(); chars.swap(at, next) }
            }
        }
        let form: String = chars.into_iter().collect();
        prop_assert_eq!(Fuzzy::new(&word, 2).within(&form), expected(&word, &form, 2), "{} {}", word, form);
    }

    #[test]
    fn anything_is_compared(word in ".*", form in ".*") {
        let _ = Fuzzy::new(&word, 2).within(&form);
    }

    #[test]
    fn characters_come_and_go(
        word in "[ab]{0,5}|[a-d]{7,9}",
        steps in prop::collection::vec((0usize..9, "[abc]{0,4}|[a-d]{9}"), 1..12),
        most in 0u8..3,
    ) {
        let mut edits = Edits::new(&word, most);
        let mut candidate: Vec<char> = Vec::new();
        for (back, further) in steps {
            candidate.truncate(candidate.len().saturating_sub(back));
            edits.truncate(candidate.len());
            for c in further.chars() {
                candidate.push(c);
                prop_assert_eq!(edits.push(c), may_go_on(&word, &candidate, most), "{} {:?}", word, candidate);
                prop_assert_eq!((edits.distance(), edits.beginning()), both(&word, &candidate, most));
            }
        }
    }

    #[test]
    fn long_candidates_come_and_go(word in "[ab]{63}", back in 0usize..80, further in "[ab]{0,20}", most in 0u8..3) {
        let mut edits = Edits::new(&word, most);
        let mut candidate: Vec<char> = word.chars().chain("bab".chars()).collect();
        for c in &candidate {
            edits.push(*c);
        }
        candidate.truncate(candidate.len().saturating_sub(back));
        edits.truncate(candidate.len());
        for c in further.chars() {
            candidate.push(c);
            edits.push(c);
        }
        prop_assert_eq!((edits.distance(), edits.beginning()), both(&word, &candidate, most));
    }
}
