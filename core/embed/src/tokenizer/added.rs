//! Added tokens: found in the text as a whole, before it is split into words.

use alloc::string::String;
use alloc::vec::Vec;

use hashbrown::HashMap;
use serde_json::Value;

use super::DOCUMENT;
use super::invalid;
use super::lexicon::{Lexicon, TokenList};
use super::unicode::is_word;
use crate::error::Result;
use crate::limits::{MAX_ADDED_TOKENS, MAX_TOKEN_BYTES, MAX_TOKENS};
use crate::promised::Promised as _;

/// An added token with the id it gets.
pub(super) struct Added {
    pub(super) content: String,
    pub(super) id: u32,
    /// Whether it is looked for after normalization.
    pub(super) normalized: bool,
    flags: Flags,
}

#[derive(Clone, Copy)]
struct Flags {
    single_word: bool,
    strip_left: bool,
    strip_right: bool,
}

/// Gives ids as the reference does, which ignores those in the file: the model's own if the token
/// is in its vocabulary, else the next free one.
pub(super) fn place(tokens: &[Value], lexicon: &Lexicon) -> Result<Vec<Added>> {
    if tokens.len() > MAX_ADDED_TOKENS {
        return Err(invalid(format_args!("{} added tokens, the maximum is {MAX_ADDED_TOKENS}", tokens.len())));
    }
    let mut next_id = lexicon.len();
    let mut placed: Vec<Added> = Vec::with_capacity(tokens.len());
    let mut known: HashMap<&str, usize> = HashMap::new();
    for token in tokens {
        let token = DOCUMENT.object(token)?;
        let flag = |name| -> Result<bool> { Ok(token.flag(name)?.unwrap_or(false)) };
        let content = token.text("content")?.unwrap_or_default();
        if content.is_empty() {
            continue;
        }
        if content.len() > MAX_TOKEN_BYTES || next_id >= MAX_TOKENS {
            return Err(invalid(format_args!("added tokens: at most {MAX_TOKENS} tokens of {MAX_TOKEN_BYTES} bytes")));
        }
        let flags =
            Flags { single_word: flag("single_word")?, strip_left: flag("lstrip")?, strip_right: flag("rstrip")? };
        let normalized = flag("normalized")?;
        if let Some(same) = known.get(content).and_then(|at| placed.get_mut(*at)) {
            same.flags = flags;
            same.normalized = normalized;
            continue;
        }
        let id = lexicon.get(content).unwrap_or_else(|| {
            next_id += 1;
            next_id as u32 - 1
        });
        known.insert(content, placed.len());
        placed.push(Added { content: content.into(), id, normalized, flags });
    }
    Ok(placed)
}

/// Added tokens that are looked for in the same text.
pub(super) struct AddedTokens {
    /// The id in here is the place in `tokens`.
    lexicon: Option<Lexicon>,
    tokens: Vec<(u32, Flags)>,
}

/// What a text is cut into.
pub(super) enum Part<'t> {
    Token(u32),
    Text(&'t str),
}

impl AddedTokens {
    pub(super) fn build<'a>(added: impl Iterator<Item = &'a Added>, written: impl Fn(&str) -> String) -> Self {
        let mut list = TokenList::default();
        let mut tokens = Vec::new();
        for token in added {
            // A token that normalization lengthens past the limit can never be found.
            if list.push(written(&token.content).as_bytes()).is_ok() {
                list.set_last_id(tokens.len() as u32);
                tokens.push((token.id, token.flags));
            }
        }
        let lexicon = if tokens.is_empty() { None } else { Lexicon::build(list).ok() };
        Self { lexicon, tokens }
    }

    /// Calls `each` with the parts of the text in order; leftmost, then longest token first.
    pub(super) fn cut(&self, text: &str, each: &mut dyn FnMut(Part<'_>)) {
        let Some(lexicon) = &self.lexicon else {
            if !text.is_empty() {
                each(Part::Text(text));
            }
            return;
        };
        let mut hashes = Vec::new();
        let mut done = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = text.as_bytes().get(at..).promised();
            let Some((length, index)) = lexicon.longest_prefix(rest, &mut hashes) else {
                at += 1;
                continue;
            };
            let (start, end) = (at, at + length);
            at = end;
            let Some((id, flags)) = self.tokens.get(index as usize) else { continue };
            let before = text.get(..start).promised();
            let after = text.get(end..).promised();
            if flags.single_word && (before.ends_with(is_word) || after.starts_with(is_word)) {
                continue;
            }
            let start = if flags.strip_left { before.trim_end().len().max(done) } else { start };
            let end = if flags.strip_right { text.len() - after.trim_start().len() } else { end };
            if let Some(between) = text.get(done..start).filter(|t| !t.is_empty()) {
                each(Part::Text(between));
            }
            each(Part::Token(*id));
            done = end;
            at = end.max(at);
        }
        if let Some(last) = text.get(done..).filter(|t| !t.is_empty()) {
            each(Part::Text(last));
        }
    }
}
