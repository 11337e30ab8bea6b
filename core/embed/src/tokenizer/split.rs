//! Rules that cut a text into words (pre-tokenizers).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use core::{iter, mem};

use super::DOCUMENT;
use super::pattern::{self, Pattern};
use super::unicode::{is_punctuation, is_word};
use super::{byte_level, invalid, unsupported};
use crate::error::Result;
use crate::json::Fields;
use crate::limits::{MAX_NORMALIZED_BYTES, MAX_TOKENIZER_STEPS};

/// The rules in their order.
pub(super) struct Splitter(Vec<Rule>);

enum Rule {
    Bert,
    Whitespace,
    WhitespaceSplit,
    Punctuation(Behavior),
    Digits(Behavior),
    Delimiter(char),
    Split { pattern: Pattern, behavior: Behavior, invert: bool },
    Metaspace { replacement: char, prepend: Prepend, split: bool },
    ByteLevel { prefix_space: bool, words: bool },
}

/// What becomes of the text that a rule finds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behavior {
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

#[derive(Clone, Copy)]
enum Prepend {
    Always,
    First,
    Never,
}

/// Finds the next match from a place on; never empty.
type Find<'f> = &'f dyn Fn(&str, usize) -> Option<Range<usize>>;

impl Splitter {
    pub(super) fn build(json: Option<Fields<'_>>) -> Result<Self> {
        let mut rules = Vec::new();
        if let Some(json) = json {
            collect(json, &mut rules)?;
        }
        Ok(Self(rules))
    }

    /// Calls `each` with the words of the text in order. `first` says whether the text is the
    /// start of what the user wrote.
    pub(super) fn words(&self, text: &str, first: bool, each: &mut dyn FnMut(&str)) {
        let mut pieces = Pieces { text: Cow::Borrowed(text), spans: iter::once(0..text.len()).collect(), first };
        for rule in &self.0 {
            rule.apply(&mut pieces);
        }
        for span in &pieces.spans {
            if let Some(word) = pieces.text.get(span.clone()).filter(|w| !w.is_empty()) {
                each(word);
            }
        }
    }
}

fn collect(json: Fields<'_>, rules: &mut Vec<Rule>) -> Result<()> {
    if json.required("type", Fields::text)? == "Sequence" {
        return json
            .list("pretokenizers")?
            .unwrap_or_default()
            .iter()
            .try_for_each(|part| collect(DOCUMENT.object(part)?, rules));
    }
    if rules.len() >= MAX_TOKENIZER_STEPS {
        return Err(invalid(format_args!("more than {MAX_TOKENIZER_STEPS} pre-tokenizers")));
    }
    rules.push(Rule::build(json)?);
    Ok(())
}

impl Rule {
    fn build(json: Fields<'_>) -> Result<Self> {
        let flag = |name, default| -> Result<bool> { Ok(json.flag(name)?.unwrap_or(default)) };
        let character =
            |name| json.character(name)?.ok_or_else(|| invalid(format_args!("a pre-tokenizer has no {name}")));
        Ok(match json.required("type", Fields::text)? {
            "BertPreTokenizer" => Self::Bert,
            "Whitespace" => Self::Whitespace,
            "WhitespaceSplit" => Self::WhitespaceSplit,
            "Punctuation" => Self::Punctuation(Behavior::parse(json.text("behavior")?.unwrap_or("Isolated"))?),
            "Digits" if flag("individual_digits", false)? => Self::Digits(Behavior::Isolated),
            "Digits" => Self::Digits(Behavior::Contiguous),
            "CharDelimiterSplit" => Self::Delimiter(character("delimiter")?),
            "Split" => Self::Split {
                pattern: Pattern::build(json)?,
                behavior: Behavior::parse(json.text("behavior")?.unwrap_or_default())?,
                invert: flag("invert", false)?,
            },
            "Metaspace" => Self::Metaspace {
                replacement: character("replacement")?,
                prepend: match json.text("prepend_scheme")? {
                    Some("never") => Prepend::Never,
                    None if !flag("add_prefix_space", true)? => Prepend::Never,
                    Some("always") | None => Prepend::Always,
                    Some("first") => Prepend::First,
                    Some(other) => return Err(unsupported(format_args!("prepend_scheme {other:?}"))),
                },
                split: flag("split", true)?,
            },
            "ByteLevel" => {
                Self::ByteLevel { prefix_space: flag("add_prefix_space", true)?, words: flag("use_regex", true)? }
            }
            other => return Err(unsupported(format_args!("pre-tokenizer {other:?}"))),
        })
    }

    fn apply(&self, pieces: &mut Pieces<'_>) {
        match self {
            Self::Bert => pieces.bert(),
            Self::Whitespace => pieces.cut(Behavior::Removed, true, &word_or_symbols),
            Self::WhitespaceSplit => pieces.cut_at(Behavior::Removed, char::is_whitespace),
            Self::Punctuation(behavior) => pieces.cut_at(*behavior, is_punctuation),
            Self::Digits(behavior) => pieces.cut_at(*behavior, char::is_numeric),
            Self::Delimiter(delimiter) => pieces.cut_at(Behavior::Removed, |c| c == *delimiter),
            Self::Split { pattern, behavior, invert } => {
                pieces.cut(*behavior, *invert, &|text, from| pattern.find(text, from));
            }
            Self::Metaspace { replacement, prepend, split } => {
                let first = pieces.first;
                pieces.rewrite(&|piece, start, rewritten| {
                    let prepends = match prepend {
                        Prepend::Always => true,
                        Prepend::First => first && start == 0,
                        Prepend::Never => false,
                    };
                    if prepends && !piece.starts_with([' ', *replacement]) {
                        rewritten.push(*replacement);
                    }
                    rewritten.extend(piece.chars().map(|c| if c == ' ' { *replacement } else { c }));
                });
                if *split {
                    pieces.cut_at(Behavior::MergedWithNext, |c| c == *replacement);
                }
            }
            Self::ByteLevel { prefix_space, words } => {
                if *prefix_space {
                    pieces.rewrite(&|piece, _, rewritten| {
                        if !piece.starts_with(' ') {
                            rewritten.push(' ');
                        }
                        rewritten.push_str(piece);
                    });
                }
                if *words {
                    let words = Pattern::Words(pattern::GPT2);
                    pieces.cut(Behavior::Isolated, false, &|text, from| words.find(text, from));
                }
                pieces.rewrite(&|piece, _, rewritten| rewritten.extend(piece.bytes().map(byte_level::char_of)));
            }
        }
    }
}

impl Behavior {
    fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "Removed" => Self::Removed,
            "Isolated" => Self::Isolated,
            "MergedWithPrevious" => Self::MergedWithPrevious,
            "MergedWithNext" => Self::MergedWithNext,
            "Contiguous" => Self::Contiguous,
            other => return Err(unsupported(format_args!("behavior {other:?}"))),
        })
    }
}

/// `\w+|[^\w\s]+`
fn word_or_symbols(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let start = from + rest.find(|c: char| !c.is_whitespace())?;
    let found = text.get(start..)?;
    let word = found.starts_with(is_word);
    let length = found.find(|c: char| c.is_whitespace() || is_word(c) != word).unwrap_or(found.len());
    Some(start..start + length)
}

/// A text and the places of its words so far.
struct Pieces<'t> {
    text: Cow<'t, str>,
    spans: Vec<Range<usize>>,
    first: bool,
}

impl Pieces<'_> {
    /// Cuts at white space, which goes, and around punctuation, which stays.
    fn bert(&mut self) {
        let spans = mem::take(&mut self.spans);
        for span in spans {
            let Some(piece) = self.text.get(span.clone()) else { continue };
            let mut start = span.start;
            for (at, c) in piece.char_indices() {
                let at = span.start + at;
                let punctuation = is_punctuation(c);
                if !punctuation && !c.is_whitespace() {
                    continue;
                }
                if start < at {
                    self.spans.push(start..at);
                }
                start = at + c.len_utf8();
                if punctuation {
                    self.spans.push(at..start);
                }
            }
            if start < span.end {
                self.spans.push(start..span.end);
            }
        }
    }

    /// [`Self::cut`] where every character of a kind is a match of its own.
    fn cut_at(&mut self, behavior: Behavior, is: impl Fn(char) -> bool) {
        self.cut(behavior, false, &|text, from| {
            let (start, c) = text.get(from..)?.char_indices().find(|(_, c)| is(*c))?;
            Some(from + start..from + start + c.len_utf8())
        });
    }

    /// Cuts every piece into matches and what is between them (`invert` swaps the two).
    fn cut(&mut self, behavior: Behavior, invert: bool, find: Find<'_>) {
        let mut cut = Vec::with_capacity(self.spans.len());
        let mut parts = Vec::new();
        for span in &self.spans {
            let Some(piece) = self.text.get(span.clone()) else { continue };
            parts.clear();
            let mut done = 0;
            while let Some(found) = find(piece, done) {
                if done < found.start {
                    parts.push((done..found.start, invert));
                }
                done = found.end;
                parts.push((found, !invert));
            }
            if done < piece.len() {
                parts.push((done..piece.len(), invert));
            }
            let begin = cut.len();
            arrange(behavior, &parts, &mut cut);
            for part in cut.iter_mut().skip(begin) {
                *part = span.start + part.start..span.start + part.end;
            }
        }
        self.spans = cut;
    }

    /// Writes every piece anew; `write` gets the piece and where it started. What is over the
    /// maximum is dropped: rules may lengthen a text, but not endlessly.
    fn rewrite(&mut self, write: &dyn Fn(&str, usize, &mut String)) {
        let mut text = String::with_capacity(self.text.len() + self.text.len() / 8 + 8);
        for span in &mut self.spans {
            let start = text.len();
            if let Some(piece) = self.text.get(span.clone()) {
                write(piece, span.start, &mut text);
                text.truncate(text.floor_char_boundary(MAX_NORMALIZED_BYTES));
            }
            *span = start..text.len();
        }
        self.text = Cow::Owned(text);
    }
}

/// Joins or drops matches as the behavior says; appends to `spans`.
fn arrange(behavior: Behavior, parts: &[(Range<usize>, bool)], spans: &mut Vec<Range<usize>>) {
    let begin = spans.len();
    let mut previous_match = false;
    let backward = behavior == Behavior::MergedWithNext;
    for i in 0..parts.len() {
        let Some((part, is_match)) = parts.get(if backward { parts.len() - 1 - i } else { i }) else { continue };
        let joins = match behavior {
            Behavior::Removed | Behavior::Isolated => false,
            Behavior::Contiguous => *is_match == previous_match,
            Behavior::MergedWithPrevious | Behavior::MergedWithNext => *is_match && !previous_match,
        };
        previous_match = *is_match;
        match spans.get_mut(begin..).and_then(<[_]>::last_mut) {
            Some(last) if joins && backward => last.start = part.start,
            Some(last) if joins => last.end = part.end,
            _ if *is_match && behavior == Behavior::Removed => {}
            _ => spans.push(part.clone()),
        }
    }
    if backward && let Some(added) = spans.get_mut(begin..) {
        added.reverse();
    }
}
