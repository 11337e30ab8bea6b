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
fn short_words_are_not_misspelt() {
    let allowed: Vec<u8> = (0..8).map(edits_allowed).collect();
    assert_eq!(allowed, [0, 0, 0, 1, 1, 1, 2, 2]);
}

#[test]
fn words_as_long_as_allowed_and_longer() {
    let word = "ab".repeat(MAX_TERM_CHARS / 2);
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
        let form: alloc::string::String = chars.into_iter().collect();
        prop_assert_eq!(Fuzzy::new(&word, 2).within(&form), expected(&word, &form, 2), "{} {}", word, form);
    }

    #[test]
    fn anything_is_compared(word in ".*", form in ".*") {
        let _ = Fuzzy::new(&word, 2).within(&form);
    }
}
