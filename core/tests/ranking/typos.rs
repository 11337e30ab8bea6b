//! How a word may be misspelt.

use serde_json::Value;

use super::texts::{Field, Token};

/// What `fuzzy` says.
pub(super) struct Typos {
    one_from: usize,
    two_from: usize,
    first_letters: Option<usize>,
    except_fields: Vec<String>,
    except_words: Vec<String>,
    pub(super) only_unknown: bool,
}

impl Typos {
    pub(super) fn of(fuzzy: &Value) -> Option<Self> {
        if fuzzy.is_null() || *fuzzy == false {
            return None;
        }
        let number = |name: &str| fuzzy[name].as_u64().map(|n| n as usize);
        let texts = |name: &str| {
            let list = fuzzy[name].as_array().into_iter().flatten();
            list.map(|text| text.as_str().unwrap().to_string()).collect()
        };
        let one_from = number("oneFrom").unwrap_or(3);
        Some(Self {
            one_from,
            two_from: number("twoFrom").unwrap_or(6.max(one_from)),
            first_letters: number("firstLetters"),
            except_fields: texts("exceptFields"),
            except_words: texts("exceptWords"),
            only_unknown: fuzzy["onlyUnknown"] == true,
        })
    }

    pub(super) fn excepts(&self, token: &Token, field: &Field) -> bool {
        let mut forms = self.except_words.iter().flat_map(|word| field.tokens(word));
        self.except_fields.contains(&field.name) || forms.any(|other| other.form == token.form)
    }

    /// Edits that a typed word may have.
    pub(super) fn edits(&self, typed: &str) -> usize {
        let chars = typed.chars().count();
        usize::from(chars >= self.one_from) + usize::from(chars >= self.two_from)
    }

    /// The factor of a form or term that so many edits lead to.
    pub(super) fn factor(&self, typed: &str, other: &str, most: usize) -> Option<f32> {
        self.factor_of_beginning(typed, other, other.len(), most)
    }

    /// The factor of a form of which only so many bytes are compared.
    pub(super) fn factor_of_beginning(&self, typed: &str, other: &str, end: usize, most: usize) -> Option<f32> {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        let (typed_chars, whole, other_chars) = (chars(typed), chars(other), chars(&other[..end]));
        let (first, other_first) = (*typed_chars.first()?, *whole.first()?);
        let beginning = |chars: &[char], n: usize| chars.iter().take(n).copied().collect::<Vec<char>>();
        let most = match self.first_letters {
            Some(n) if beginning(&typed_chars, n) != beginning(&whole, n) => 0,
            Some(_) => most,
            None if first == other_first => most,
            None if typed_chars.len() < 5 || first as u32 / 128 != other_first as u32 / 128 => 0,
            None => most.min(1),
        };
        let edits = distance(&typed_chars, &other_chars);
        let may_be = (1..=most).contains(&edits) && may_differ(typed) && may_differ(other);
        may_be.then_some(if edits == 1 { 0.45 } else { 0.2 })
    }
}

/// Whether a word is one that may be misspelt.
pub(super) fn may_differ(word: &str) -> bool {
    !word.chars().any(|c| c.is_ascii_digit() || is_picture_or_unspaced(c))
}

/// Of the characters that these tests use.
fn is_picture_or_unspaced(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{1F300}'..='\u{1FAFF}')
}

/// Edits between two words, by the recurrence of optimal string alignment.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                table[i][j] = i.max(j);
                continue;
            }
            let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            table[i][j] = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                table[i][j] = table[i][j].min(table[i - 2][j - 2] + 1);
            }
        }
    }
    table[a.len()][b.len()]
}
