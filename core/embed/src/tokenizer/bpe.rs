//! Byte pair encoding: a word starts as its characters; the pair that was merged first in training
//! is merged first, the leftmost of equals, until no pair is left.

use alloc::collections::BinaryHeap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use hashbrown::HashMap;

use super::DOCUMENT;
use super::byte_level::ByteTokens;
use super::json::ModelJson;
use super::lexicon::Lexicon;
use super::{invalid, unsupported};
use crate::error::Result;
use crate::promised::Promised as _;

/// Every character is looked up with these around it, so they bound the time; `</w>` has 4.
const MAX_AFFIX_BYTES: usize = 16;

pub(super) struct Bpe {
    lexicon: Lexicon,
    /// Pair of ids to rank and merged id.
    merges: HashMap<(u32, u32), (u32, u32)>,
    unknown_id: Option<u32>,
    fuse_unknown: bool,
    prefix: String,
    suffix: String,
    bytes: Option<ByteTokens>,
    whole_words_first: bool,
}

/// A token of the word, linked to its neighbours.
struct Symbol {
    id: u32,
    previous: Option<usize>,
    next: Option<usize>,
    merged_away: bool,
}

/// Merges that are possible now, lowest rank first, then leftmost.
type Queue = BinaryHeap<Reverse<(u32, usize, u32)>>;

impl Bpe {
    pub(super) fn build(json: ModelJson) -> Result<Self> {
        let fields = DOCUMENT.fields(&json.fields);
        if fields.number("dropout")?.is_some_and(|p| p != 0.0) {
            return Err(unsupported("BPE dropout (its tokens are random)"));
        }
        let prefix = fields.text("continuing_subword_prefix")?.unwrap_or_default();
        let suffix = fields.text("end_of_word_suffix")?.unwrap_or_default();
        if prefix.len().max(suffix.len()) > MAX_AFFIX_BYTES {
            return Err(invalid(format_args!("a BPE prefix or suffix has more than {MAX_AFFIX_BYTES} bytes")));
        }
        let lexicon = Lexicon::build(json.vocab.tokens)?;
        let mut merges = HashMap::with_capacity(json.merges.len());
        let mut merged = String::new();
        for ((left, right), rank) in json.merges.pairs().zip(0u32..) {
            merged.clear();
            merged.push_str(left);
            merged.push_str(right.get(prefix.len()..).unwrap_or_default());
            let id = |token: &str| {
                lexicon
                    .get(token)
                    .ok_or_else(|| invalid(format_args!("a merge needs {token:?}, which is not in the vocabulary")))
            };
            merges.insert((id(left)?, id(right)?), (rank, id(&merged)?));
        }
        Ok(Self {
            unknown_id: lexicon.id_of(fields.text("unk_token")?),
            fuse_unknown: fields.flag("fuse_unk")?.unwrap_or(false),
            bytes: fields.flag("byte_fallback")?.unwrap_or(false).then(|| ByteTokens::find(&lexicon)),
            suffix: suffix.into(),
            whole_words_first: fields.flag("ignore_merges")?.unwrap_or(false),
            lexicon,
            merges,
            prefix: prefix.into(),
        })
    }

    pub(super) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    pub(super) fn unknown_id(&self) -> Option<u32> {
        self.unknown_id
    }

    /// Appends the ids of the word's tokens.
    pub(super) fn encode(&self, word: &str, ids: &mut Vec<u32>) {
        if self.whole_words_first
            && let Some(id) = self.lexicon.get(word)
        {
            ids.push(id);
            return;
        }
        let mut characters = Vec::with_capacity(word.len());
        self.push_characters(word, &mut characters);
        let mut symbols: Vec<Symbol> = characters
            .iter()
            .enumerate()
            .map(|(at, id)| Symbol {
                id: *id,
                previous: at.checked_sub(1),
                next: Some(at + 1).filter(|next| *next < characters.len()),
                merged_away: false,
            })
            .collect();
        self.merge(&mut symbols);
        ids.extend(symbols.iter().filter(|s| !s.merged_away).map(|s| s.id));
    }

    fn push_characters(&self, word: &str, ids: &mut Vec<u32>) {
        let mut decorated = String::new();
        let mut unknown_waits = false;
        let mut characters = word.char_indices().peekable();
        while let Some((start, _)) = characters.next() {
            let end = characters.peek().map_or(word.len(), |(next, _)| *next);
            let mut character = word.get(start..end).promised();
            let prefix = if start == 0 { "" } else { &self.prefix };
            let suffix = if end == word.len() { self.suffix.as_str() } else { "" };
            if !prefix.is_empty() || !suffix.is_empty() {
                decorated.clear();
                decorated.extend([prefix, character, suffix]);
                character = &decorated;
            }
            if let Some(id) = self.lexicon.get(character) {
                if core::mem::take(&mut unknown_waits) {
                    ids.extend(self.unknown_id);
                }
                ids.push(id);
            } else if !self.bytes.as_ref().is_some_and(|bytes| bytes.push(character, ids)) {
                if unknown_waits && !self.fuse_unknown {
                    ids.extend(self.unknown_id);
                }
                unknown_waits = true;
            }
        }
        if unknown_waits {
            ids.extend(self.unknown_id);
        }
    }

    fn merge(&self, symbols: &mut [Symbol]) {
        let mut queue = Queue::with_capacity(symbols.len());
        for at in 0..symbols.len() {
            self.offer(symbols, Some(at), &mut queue);
        }
        while let Some(Reverse((_, at, merged_id))) = queue.pop() {
            // An entry is stale if either side has changed since it was queued.
            let Some((pair, next)) = pair_at(symbols, at) else { continue };
            if self.merges.get(&pair).is_none_or(|(_, id)| *id != merged_id) {
                continue;
            }
            let after = symbols.get_mut(next).and_then(|right| {
                right.merged_away = true;
                right.next
            });
            if let Some(beyond) = after.and_then(|i| symbols.get_mut(i)) {
                beyond.previous = Some(at);
            }
            let previous = symbols.get_mut(at).and_then(|left| {
                left.id = merged_id;
                left.next = after;
                left.previous
            });
            self.offer(symbols, previous, &mut queue);
            self.offer(symbols, Some(at), &mut queue);
        }
    }

    /// Queues the merge of the symbol with its right neighbour, if there is one.
    fn offer(&self, symbols: &[Symbol], at: Option<usize>, queue: &mut Queue) {
        if let Some(at) = at
            && let Some((pair, _)) = pair_at(symbols, at)
            && let Some((rank, id)) = self.merges.get(&pair)
        {
            queue.push(Reverse((*rank, at, *id)));
        }
    }
}

/// The ids of the living symbol `at` and its right neighbour, and where that is.
fn pair_at(symbols: &[Symbol], at: usize) -> Option<((u32, u32), usize)> {
    let left = symbols.get(at).filter(|s| !s.merged_away)?;
    let next = left.next?;
    Some(((left.id, symbols.get(next)?.id), next))
}
