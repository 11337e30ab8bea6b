//! Tokens and their ids: whole words, the longest token at the start of a text, all of them.
//!
//! One hash table over all tokens instead of a trie: it is built in one pass (a model opens in
//! milliseconds), and a prefix search costs one multiplication per byte, because the hash of a
//! prefix is a step on the way to the hash of the next longer one (FNV-1a). Which lengths occur
//! at all after a first byte is a bit mask, so most prefixes are never looked up.

use alloc::boxed::Box;
use alloc::vec::Vec;

use hashbrown::HashTable;

use super::invalid;
use crate::error::Result;
use crate::limits::{MAX_TOKEN_BYTES, MAX_TOKENS};
use crate::promised::Promised as _;

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;
const HASH_FACTOR: u64 = 0x0100_0000_01b3;
/// Lengths of this many bytes and more share the last bit of a mask.
const LONG: usize = 64;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(HASH_FACTOR)
}

/// Spreads the hash over all bits, of which the table uses the lowest and the highest.
fn finish(hash: u64) -> u64 {
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ mixed >> 29
}

#[derive(Clone, Copy)]
struct Entry {
    start: u32,
    length: u32,
    id: u32,
}

/// Tokens end to end, as they are read.
#[derive(Default)]
pub(super) struct TokenList {
    text: Vec<u8>,
    entries: Vec<Entry>,
}

impl TokenList {
    /// Appends a token with id 0.
    pub(super) fn push(&mut self, token: &[u8]) -> Result<(), &'static str> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err("a token has more than 1,024 bytes");
        }
        let start = u32::try_from(self.text.len()).map_err(|_| "the vocabulary has more than 4 GiB")?;
        if self.entries.len() >= MAX_TOKENS {
            return Err("the vocabulary has more than 4,194,304 tokens");
        }
        self.text.extend_from_slice(token);
        self.entries.push(Entry { start, length: token.len() as u32, id: 0 });
        Ok(())
    }

    pub(super) fn set_last_id(&mut self, id: u32) {
        if let Some(last) = self.entries.last_mut() {
            last.id = id;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The tokens that begin with `prefix`, without it.
    pub(super) fn after_prefix(&self, prefix: &[u8]) -> Self {
        let mut list = Self::default();
        for entry in &self.entries {
            if let Some(rest) = self.bytes(entry).strip_prefix(prefix) {
                // Shorter and fewer than a list that was within the limits.
                let _ = list.push(rest);
                list.set_last_id(entry.id);
            }
        }
        list
    }

    /// The tokens with their ids, as they were read.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (&[u8], u32)> {
        self.entries.iter().map(|entry| (self.bytes(entry), entry.id))
    }

    fn bytes(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        self.text.get(start..start + entry.length as usize).unwrap_or_default()
    }
}

/// Tokens with their ids, ready for look-ups.
pub(super) struct Lexicon {
    list: TokenList,
    table: HashTable<u32>,
    /// For each first byte: bit `n - 1` is set if some token has `n` bytes.
    lengths: Box<[u64; 256]>,
    longest: usize,
    id_bound: usize,
}

impl Lexicon {
    /// Builds the table; of several equal tokens the last one counts.
    pub(super) fn build(list: TokenList) -> Result<Self> {
        let mut lexicon = Self {
            table: HashTable::with_capacity(list.entries.len()),
            lengths: Box::new([0; 256]),
            longest: 0,
            id_bound: 0,
            list,
        };
        for (index, entry) in lexicon.list.entries.iter().enumerate() {
            let token = lexicon.list.bytes(entry);
            if entry.id as usize >= MAX_TOKENS {
                return Err(invalid(format_args!("id {} is above the maximum of {MAX_TOKENS} tokens", entry.id)));
            }
            lexicon.id_bound = lexicon.id_bound.max(entry.id as usize + 1);
            if let Some(mask) = token.first().and_then(|b| lexicon.lengths.get_mut(usize::from(*b))) {
                *mask |= 1 << (token.len().min(LONG) - 1);
            }
            lexicon.longest = lexicon.longest.max(token.len());
            let hash = finish(token.iter().fold(HASH_START, |h, b| step(h, *b)));
            let list = &lexicon.list;
            let bytes_at = |i: u32| list.entries.get(i as usize).map(|e| list.bytes(e)).promised();
            match lexicon.table.find_mut(hash, |i| bytes_at(*i) == token) {
                Some(same) => *same = index as u32,
                None => {
                    lexicon.table.insert_unique(hash, index as u32, |i| {
                        finish(bytes_at(*i).iter().fold(HASH_START, |h, b| step(h, *b)))
                    });
                }
            }
        }
        Ok(lexicon)
    }

    /// How many different tokens there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// One more than the largest id.
    pub(super) fn id_bound(&self) -> usize {
        self.id_bound
    }

    /// The different tokens, in no order.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &[u8]> {
        self.table.iter().filter_map(|i| self.list.entries.get(*i as usize)).map(|entry| self.list.bytes(entry))
    }

    /// The id of this token, if one is given and known.
    pub(super) fn id_of(&self, token: Option<&str>) -> Option<u32> {
        self.get(token?)
    }

    /// The id of exactly this token.
    pub(super) fn get(&self, token: &str) -> Option<u32> {
        self.find(token.bytes().fold(HASH_START, step), token.as_bytes())
    }

    fn find(&self, hash: u64, token: &[u8]) -> Option<u32> {
        let entry = |i: u32| self.list.entries.get(i as usize);
        let found = self.table.find(finish(hash), |i| entry(*i).is_some_and(|e| self.list.bytes(e) == token))?;
        entry(*found).map(|e| e.id)
    }

    fn mask(&self, text: &[u8]) -> u64 {
        text.first().and_then(|b| self.lengths.get(usize::from(*b))).copied().unwrap_or(0)
    }

    /// Calls `found` with the length and id of every token that `text` begins with, shortest first.
    pub(super) fn prefixes(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let mask = self.mask(text);
        if mask == 0 {
            return;
        }
        let mut hash = HASH_START;
        for (index, byte) in text.iter().take(self.longest).enumerate() {
            hash = step(hash, *byte);
            if mask >> index.min(LONG - 1) & 1 == 1
                && let Some(id) = text.get(..=index).and_then(|token| self.find(hash, token))
            {
                found(index + 1, id);
            }
        }
    }

    /// The length and id of the longest token that `text` begins with. `hashes` is scratch.
    pub(super) fn longest_prefix(&self, text: &[u8], hashes: &mut Vec<u64>) -> Option<(usize, u32)> {
        let mask = self.mask(text);
        if mask == 0 {
            return None;
        }
        hashes.clear();
        hashes.extend(text.iter().take(self.longest).scan(HASH_START, |hash, byte| {
            *hash = step(*hash, *byte);
            Some(*hash)
        }));
        hashes.iter().enumerate().rev().filter(|(index, _)| mask >> (*index).min(LONG - 1) & 1 == 1).find_map(
            |(index, hash)| {
                let token = text.get(..=index)?;
                Some((index + 1, self.find(*hash, token)?))
            },
        )
    }
}
