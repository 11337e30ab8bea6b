//! What rules look for: a literal text, or one of the regular expressions that published
//! tokenizers use. There is no regular-expression engine: each known expression is a few lines.

use alloc::string::String;
use core::ops::Range;

use super::unicode::{is_letter, is_number};
use super::{invalid, unsupported};
use crate::error::Result;
use crate::json::Fields;
use crate::promised::Promised as _;

pub(super) enum Pattern {
    Literal(String),
    /// `\s+`
    WhiteSpace,
    /// ` +` and ` {2,}`: runs of at least this many spaces.
    Spaces(usize),
    /// Words as GPT-2 and its successors cut them; matches without gaps.
    Words(Words),
}

/// Differences between the families of word patterns.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// GPT-2's own, not one of its successors.
    gpt2: bool,
    /// Digits of one word.
    max_digits: usize,
}

pub(super) const GPT2: Words = Words { gpt2: true, max_digits: usize::MAX };

const GPT2_REGEX: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
/// cl100k and Llama 3, which take up to three digits.
const THREE_DIGITS_REGEX: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen, which takes single digits.
const ONE_DIGIT_REGEX: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl Pattern {
    /// The pattern of a rule: `{"String": …}` or `{"Regex": …}`.
    pub(super) fn build(rule: Fields<'_>) -> Result<Self> {
        let pattern = rule.object("pattern")?.ok_or_else(|| invalid("a rule has no pattern"))?;
        if let Some(literal) = pattern.text("String")?.filter(|literal| !literal.is_empty()) {
            return Ok(Self::Literal(literal.into()));
        }
        match pattern.text("Regex")? {
            Some(r"\s+") => Ok(Self::WhiteSpace),
            Some(" +") => Ok(Self::Spaces(1)),
            Some(" {2,}") => Ok(Self::Spaces(2)),
            Some(GPT2_REGEX) => Ok(Self::Words(GPT2)),
            Some(THREE_DIGITS_REGEX) => Ok(Self::Words(Words { gpt2: false, max_digits: 3 })),
            Some(ONE_DIGIT_REGEX) => Ok(Self::Words(Words { gpt2: false, max_digits: 1 })),
            Some(other) => Err(unsupported(format_args!("the regular expression {other:?}"))),
            None => Err(invalid("a pattern is neither a text nor a regular expression")),
        }
    }

    /// The next match from `from` on; never empty.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        let found = match self {
            Self::Literal(literal) => {
                let start = rest.find(literal.as_str())?;
                start..start + literal.len()
            }
            Self::WhiteSpace => {
                let start = rest.find(char::is_whitespace)?;
                let after = rest.get(start..)?;
                start..start + run(after, char::is_whitespace)
            }
            Self::Spaces(at_least) => find_spaces(rest, *at_least)?,
            Self::Words(words) => 0..words.first(rest),
        };
        Some(from + found.start..from + found.end)
    }
}

/// Bytes of the characters of this kind that the text begins with.
fn run(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

fn find_spaces(text: &str, at_least: usize) -> Option<Range<usize>> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let start = from + rest.find(' ')?;
        let end = start + run(text.get(start..)?, |c| c == ' ');
        if end - start >= at_least {
            return Some(start..end);
        }
        from = end;
    }
}

/// Neither white space nor letter nor number.
fn is_symbol(c: char) -> bool {
    !c.is_whitespace() && !is_letter(c) && !is_number(c)
}

impl Words {
    /// Bytes of the first word; the text is not empty.
    pub(super) fn first(self, text: &str) -> usize {
        self.contraction(text)
            .or_else(|| self.letters(text))
            .or_else(|| self.digits(text))
            .or_else(|| self.symbols(text))
            .unwrap_or_else(|| self.white_space(text))
    }

    fn contraction(self, text: &str) -> Option<usize> {
        let rest = text.strip_prefix('\'')?;
        ["s", "t", "re", "ve", "m", "ll", "d"]
            .iter()
            .find(|ending| {
                rest.get(..ending.len())
                    .is_some_and(|found| found == **ending || (!self.gpt2 && found.eq_ignore_ascii_case(ending)))
            })
            .map(|ending| 1 + ending.len())
    }

    fn letters(self, text: &str) -> Option<usize> {
        let first = text.chars().next()?;
        let leads = if self.gpt2 {
            first == ' '
        } else {
            !matches!(first, '\r' | '\n') && !is_letter(first) && !is_number(first)
        };
        let lead = if leads { first.len_utf8() } else { 0 };
        some_after(lead, run(text.get(lead..)?, is_letter))
    }

    fn digits(self, text: &str) -> Option<usize> {
        let lead = usize::from(self.gpt2 && text.starts_with(' '));
        let digits = text.get(lead..)?.chars().take_while(|c| is_number(*c)).take(self.max_digits);
        some_after(lead, digits.map(char::len_utf8).sum())
    }

    fn symbols(self, text: &str) -> Option<usize> {
        let lead = usize::from(text.starts_with(' '));
        let end = some_after(lead, run(text.get(lead..)?, is_symbol))?;
        let line_ends = if self.gpt2 { 0 } else { run(text.get(end..)?, |c| matches!(c, '\r' | '\n')) };
        Some(end + line_ends)
    }

    /// White space: up to the last line end in it, else all but the last character before a word.
    fn white_space(self, text: &str) -> usize {
        let end = run(text, char::is_whitespace);
        let space = text.get(..end).promised();
        if !self.gpt2
            && let Some(last) = space.rfind(['\r', '\n'])
        {
            return last + 1;
        }
        match space.char_indices().next_back() {
            Some((last, _)) if end < text.len() && last > 0 => last,
            Some(_) => end,
            // Not reached: what is not white space was taken before. One character, to get on.
            None => text.chars().next().map_or(text.len(), char::len_utf8),
        }
    }
}

fn some_after(lead: usize, length: usize) -> Option<usize> {
    (length > 0).then_some(lead + length)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn words(words: Words, mut text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        while !text.is_empty() {
            let (word, rest) = text.split_at(words.first(text));
            found.push(word);
            text = rest;
        }
        found
    }

    #[test]
    fn gpt2_words() {
        assert_eq!(
            words(GPT2, "I'm  here, it's 12345!\n\n x"),
            ["I", "'m", " ", " here", ",", " it", "'s", " 12345", "!", "\n\n", " x"]
        );
        assert_eq!(words(GPT2, "a   "), ["a", "   "]);
    }

    #[test]
    fn successors_words() {
        let three = Words { gpt2: false, max_digits: 3 };
        assert_eq!(
            words(three, "I'M (here) 12345 !?\n \n  x\n"),
            ["I", "'M", " (", "here", ")", " ", "123", "45", " !?\n", " \n", " ", " x", "\n"]
        );
        assert_eq!(words(Words { gpt2: false, max_digits: 1 }, "12a"), ["1", "2", "a"]);
    }

    #[test]
    fn runs_of_spaces() {
        assert_eq!(Pattern::Spaces(2).find("a b   c", 0), Some(3..6));
        assert_eq!(Pattern::Spaces(1).find("a b   c", 2), Some(3..6));
        assert_eq!(Pattern::Spaces(2).find("a b", 0), None);
        assert_eq!(Pattern::WhiteSpace.find("ab\t\n c", 0), Some(2..5));
    }
}
