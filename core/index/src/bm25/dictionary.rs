//! Sorted words, each written as what differs from the one before.
//!
//! ```text
//! block of 16 words:  length · word   then 15 ×  shared bytes · further bytes · the further bytes
//! ```
//!
//! Lengths are single bytes: a word has at most 256 bytes, of which the last is cut. A block is found by its first
//! word, a word by reading its block.
//!
//! A reader that has not all blocks cannot search them without asking again and again, so the first words of some are
//! kept as samples: they say which run of blocks has a word.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

use crate::error::{Error, Result};
use crate::promised::Promised as _;

const BLOCK: usize = 16;
/// Blocks of a run that one sample stands for: about 4 KiB.
const BLOCKS_PER_SAMPLE: usize = 32;
/// Bytes of a word: a length is one byte.
const MAX_WORD_BYTES: usize = 255;

/// A dictionary as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DictionaryParts {
    /// Where each block starts, and where the last one ends.
    pub blocks: Vec<u32>,
    pub bytes: Vec<u8>,
}

/// The longest beginning of a word that a dictionary holds: whole characters.
pub(crate) fn cut(word: &str) -> &str {
    let end = (0..=word.len().min(MAX_WORD_BYTES)).rev().find(|&end| word.is_char_boundary(end)).unwrap_or(0);
    word.get(..end).promised()
}

impl DictionaryParts {
    /// Words in ascending order; equal ones may follow one another.
    pub fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut parts = Self::default();
        let mut before: &[u8] = &[];
        for (index, word) in words.enumerate() {
            let word = cut(word).as_bytes();
            let shared = if index % BLOCK == 0 {
                parts.blocks.push(parts.bytes.len() as u32);
                0
            } else {
                let shared = common(before, word);
                parts.bytes.push(shared as u8);
                shared
            };
            let further = word.get(shared..).promised();
            parts.bytes.push(further.len() as u8);
            parts.bytes.extend_from_slice(further);
            before = word;
        }
        parts.blocks.push(parts.bytes.len() as u32);
        parts
    }

    /// As a reader has it.
    pub fn view(&self, words: u32) -> Dictionary<'_> {
        Dictionary { blocks: &self.blocks, bytes: &self.bytes, words }
    }
}

/// A view of a dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary<'a> {
    blocks: &'a [u32],
    bytes: &'a [u8],
    words: u32,
}

impl<'a> Dictionary<'a> {
    /// Checks and opens. Complexity: reads every word once.
    pub fn new(blocks: &'a [u32], bytes: &'a [u8], words: u32) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("text dictionary: {why}")));
        let covers = blocks.len() == (words as usize).div_ceil(BLOCK) + 1
            && blocks.first() == Some(&0)
            && blocks.last().copied() == Some(bytes.len() as u32)
            && blocks.is_sorted();
        if !covers {
            return bad("its blocks do not cover its bytes");
        }
        let dictionary = Self::unchecked(blocks, bytes, words);
        let (mut before, mut word) = (Vec::new(), Vec::new());
        let mut walk = dictionary.walk(0);
        for index in 0..words {
            let Some((shared, further)) = walk.next() else { return bad("a word is cut off") };
            if shared > word.len() {
                return bad("a word shares more than there is");
            }
            put_once(&mut word, shared, further);
            if core::str::from_utf8(&word).is_err() || before > word {
                return bad("words are not ascending UTF-8");
            }
            before.clone_from(&word);
            let ends = index as usize % BLOCK == BLOCK - 1 || index + 1 == words;
            if ends && blocks.get(index as usize / BLOCK + 1).copied() != Some(walk.at as u32) {
                return bad("a block is longer than its words");
            }
        }
        Ok(dictionary)
    }

    /// Opens what [`Self::new`] has accepted before.
    pub const fn unchecked(blocks: &'a [u32], bytes: &'a [u8], words: u32) -> Self {
        Self { blocks, bytes, words }
    }

    /// Words.
    #[cfg(test)]
    pub const fn len(&self) -> u32 {
        self.words
    }

    /// The first word of every so many blocks, as the bytes of a dictionary.
    #[inline(never)]
    pub fn samples(&self) -> Vec<u8> {
        let sampled = (0..self.blocks.len().saturating_sub(1)).step_by(BLOCKS_PER_SAMPLE);
        let words: Vec<&str> = sampled.filter_map(|block| core::str::from_utf8(self.first_of(block)).ok()).collect();
        DictionaryParts::of(words.into_iter()).bytes
    }

    #[inline(never)]
    fn first_of(&self, block: usize) -> &'a [u8] {
        let start = self.blocks.get(block).map_or(0, |&at| at as usize);
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (length, rest) = rest.split_first().unwrap_or((&0, &[]));
        rest.get(..usize::from(*length)).unwrap_or_default()
    }

    /// The first word that is not below `word`: its position, which is among `positions` or where these end, whether it
    /// is that word, and how it is written.
    ///
    /// Words are not put together for it: those that share more bytes with the one before than that shares with `word`
    /// are below it as that one is.
    #[inline(never)]
    fn lower_bound(&self, word: &[u8], positions: &Range<u32>) -> (u32, bool, (usize, &'a [u8])) {
        let (mut low, mut high) = (positions.start as usize / BLOCK, (positions.end as usize).div_ceil(BLOCK));
        while low < high {
            let middle = (low + high) / 2;
            if self.first_of(middle) < word { low = middle + 1 } else { high = middle }
        }
        let mut walk = self.walk((low.saturating_sub(1) * BLOCK) as u32);
        let mut same = 0;
        while let Some((shared, further)) = walk.read() {
            if shared > same {
                continue;
            }
            let rest = word.get(shared..).promised();
            same = shared + common(further, rest);
            match further.get(same - shared..).promised().cmp(word.get(same..).promised()) {
                Ordering::Less => {}
                order => return (walk.position(), order == Ordering::Equal, (shared, further)),
            }
        }
        (self.words, false, (0, &[]))
    }

    /// The position of a word; of several equal ones the first.
    pub fn find(&self, word: &str) -> Option<u32> {
        self.find_among(word, &(0..self.words))
    }

    /// The same, among positions at which it is if it is anywhere.
    #[inline(never)]
    pub fn find_among(&self, word: &str, positions: &Range<u32>) -> Option<u32> {
        let (position, is_there, _) = self.lower_bound(cut(word).as_bytes(), positions);
        is_there.then_some(position)
    }

    /// The positions of all words that begin with `prefix`.
    pub fn beginning_with(&self, prefix: &str) -> Range<u32> {
        let all = 0..self.words;
        let start = self.lower_bound(prefix.as_bytes(), &all).0;
        // No UTF-8 has the byte 0xff, so this is above all of them.
        let mut above = prefix.as_bytes().to_vec();
        above.push(0xff);
        start..self.lower_bound(&above, &all).0
    }

    /// The different first characters of words between two code points, ascending, and the positions of these words.
    /// Complexity: a search for each.
    #[inline(never)]
    pub fn firsts(&self, from: u32, to: u32) -> Vec<(char, Range<u32>)> {
        let mut firsts: Vec<(char, Range<u32>)> = Vec::new();
        let mut next = (from..=to).find_map(char::from_u32);
        while let Some(least) = next {
            let mut bytes = [0; 4];
            let least = least.encode_utf8(&mut bytes).as_bytes();
            let (start, _, (shared, further)) = self.lower_bound(least, &(0..self.words));
            if let Some((_, before)) = firsts.last_mut() {
                before.end = start;
            }
            // What it shares with the word before, which is below, is a part of a character of several bytes.
            let mut word = [0; 4];
            word.iter_mut().zip(least.iter().take(shared).chain(further)).for_each(|(to, &byte)| *to = byte);
            let first = character_at(&word, 0).filter(|_| start < self.words);
            let first = first.map(|(first, _)| first).filter(|&first| (first as u32) < to);
            firsts.extend(first.map(|first| (first, start..self.words)));
            next = first.and_then(|first| (first as u32 + 1..=to).find_map(char::from_u32));
        }
        firsts
    }

    /// The word at a position.
    #[inline(never)]
    pub fn get(&self, position: u32) -> Option<String> {
        let (mut walk, mut word) = (self.walk(position), Vec::new());
        while let Some((shared, further)) = walk.next() {
            put_once(&mut word, shared, further);
            if walk.position() == position {
                return String::from_utf8(word).ok();
            }
        }
        None
    }

    /// Goes through the words, from the first one of the block in which a position is.
    pub fn walk(&self, position: u32) -> Walk<'a> {
        let block = position as usize / BLOCK;
        let at = self.blocks.get(block).map_or(self.bytes.len(), |&at| at as usize);
        Walk { dictionary: *self, next: (block * BLOCK) as u32, at }
    }
}

/// How many first bytes are the same.
pub(super) fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The character that begins at a byte, and where it ends.
#[inline]
pub(super) fn character_at(form: &[u8], at: usize) -> Option<(char, usize)> {
    let &first = form.get(at)?;
    if first.is_ascii() {
        return Some((char::from(first), at + 1));
    }
    let end = at + first.leading_ones() as usize;
    Some((core::str::from_utf8(form.get(at..end)?).ok()?.chars().next()?, end))
}

/// The word at hand becomes the one that shares so many bytes with it and has these further ones.
///
/// Byte by byte: they are few, and in WebAssembly to copy them at once is a call of the host.
#[inline]
pub(super) fn put(word: &mut Vec<u8>, shared: usize, further: &[u8]) {
    word.truncate(shared);
    further.iter().for_each(|&byte| word.push(byte));
}

/// The same where few words are put together: not copied into its callers.
#[inline(never)]
fn put_once(word: &mut Vec<u8>, shared: usize, further: &[u8]) {
    put(word, shared, further);
}

/// A walk over words. Of each it gives how many bytes it shares with the one before, and its further ones: who compares
/// words with something seldom needs whole ones.
#[derive(Debug)]
pub struct Walk<'a> {
    dictionary: Dictionary<'a>,
    next: u32,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Goes to the next word; none at the end. The first one of a block shares nothing, because it is written whole.
    #[inline(never)]
    pub fn next(&mut self) -> Option<(usize, &'a [u8])> {
        self.read()
    }

    /// The same, for loops that pass over words.
    #[inline(always)]
    fn read(&mut self) -> Option<(usize, &'a [u8])> {
        if self.next >= self.dictionary.words {
            return None;
        }
        let mut bytes = self.dictionary.bytes.get(self.at..)?;
        let before = bytes.len();
        let shared = if self.is_first() { 0 } else { usize::from(*bytes.split_off_first()?) };
        let length = usize::from(*bytes.split_off_first()?);
        let further = bytes.get(..length)?;
        self.at += before - bytes.len() + length;
        self.next += 1;
        Some((shared, further))
    }

    /// Goes to the next word that does not begin as the word at hand does. Complexity: looks at the first word of each
    /// block between, and at each length in the last.
    #[inline(never)]
    pub fn next_past(&mut self, beginning: &[u8]) -> Option<(usize, &'a [u8])> {
        loop {
            let is_first = self.is_first();
            if is_first {
                self.pass_blocks(beginning);
            }
            let (shared, further) = self.read()?;
            if if is_first { !further.starts_with(beginning) } else { shared < beginning.len() } {
                return Some((shared, further));
            }
        }
    }

    /// The position of the word at hand.
    pub const fn position(&self) -> u32 {
        self.next.saturating_sub(1)
    }

    /// Whether the next word is the first one of a block.
    fn is_first(&self) -> bool {
        (self.next as usize).is_multiple_of(BLOCK)
    }

    /// Passes the blocks whose words begin so because the first one of the block behind does.
    fn pass_blocks(&mut self, beginning: &[u8]) {
        let mut block = self.next as usize / BLOCK;
        while block + 2 < self.dictionary.blocks.len() && self.dictionary.first_of(block + 1).starts_with(beginning) {
            block += 1;
        }
        self.next = (block * BLOCK) as u32;
        self.at = self.dictionary.blocks.get(block).map_or(self.at, |&at| at as usize);
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_a_sorted_list(words in prop::collection::btree_set("[ab\u{e9}\u{6f22}]{0,6}|.{0,12}", 0..120), asked in "[ab]{0,4}|.{0,3}") {
            let list: Vec<&str> = words.iter().map(String::as_str).collect();
            let parts = DictionaryParts::of(list.iter().copied());
            let count = list.len() as u32;
            let dictionary = Dictionary::new(&parts.blocks, &parts.bytes, count).unwrap();
            for (position, word) in list.iter().enumerate() {
                prop_assert_eq!(dictionary.find(word), Some(position as u32));
                prop_assert_eq!(dictionary.get(position as u32), Some((*word).into()));
            }
            prop_assert_eq!(dictionary.find(&asked), words.iter().position(|w| *w == asked).map(|p| p as u32));
            let mut walk = dictionary.walk(0);
            while walk.next().is_some() {
                let here = list[walk.position() as usize].as_bytes();
                for beginning in (1..=here.len()).map(|end| &here[..end]) {
                    let mut further = dictionary.walk(walk.position());
                    while further.next().is_some() && further.position() < walk.position() {}
                    let wanted = list.iter().position(|word| word.as_bytes() > here && !word.as_bytes().starts_with(beginning));
                    let found = further.next_past(beginning).map(|(shared, rest)| [&here[..shared], rest].concat());
                    prop_assert_eq!(found.as_deref(), wanted.map(|at| list[at].as_bytes()));
                    prop_assert!(wanted.is_none_or(|at| further.position() as usize == at));
                }
            }
            let firsts: BTreeSet<char> = list.iter().filter_map(|word| word.chars().next()).collect();
            let found = dictionary.firsts(0, 0x11_0000);
            prop_assert_eq!(found.iter().map(|first| first.0).collect::<Vec<_>>(), Vec::from_iter(firsts));
            for (first, positions) in found {
                prop_assert_eq!(positions.clone(), dictionary.beginning_with(first.encode_utf8(&mut [0; 4])));
                for word in &list[positions.start as usize..positions.end as usize] {
                    prop_assert_eq!(dictionary.find_among(word, &positions), dictionary.find(word));
                }
            }
            let found = dictionary.beginning_with(&asked);
            let wanted: BTreeSet<u32> = (0..count).filter(|&p| list[p as usize].starts_with(&asked)).collect();
            prop_assert_eq!(found.collect::<BTreeSet<u32>>(), wanted);
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_without_harm(at: prop::sample::Index, to: u8, blocks: bool) {
            let words: BTreeSet<String> = (0..100).map(|i| format!("w{}", i * i)).collect();
            let mut parts = DictionaryParts::of(words.iter().map(String::as_str));
            if blocks {
                let at = at.index(parts.blocks.len());
                parts.blocks[at] = u32::from(to);
            } else {
                let at = at.index(parts.bytes.len());
                parts.bytes[at] = to;
            }
            if let Ok(dictionary) = Dictionary::new(&parts.blocks, &parts.bytes, 100) {
                dictionary.find("w16");
                dictionary.beginning_with("w1");
            }
        }
    }

    #[test]
    fn samples_say_which_run_of_blocks_has_a_word() {
        let words: Vec<String> = (0..2000).map(|i| format!("w{i:04}")).collect();
        let parts = DictionaryParts::of(words.iter().map(String::as_str));
        let samples = parts.view(2000).samples();
        let count = parts.blocks.len().saturating_sub(1).div_ceil(BLOCKS_PER_SAMPLE) as u32;
        let mut walk = Dictionary { blocks: &[0], bytes: &samples, words: count }.walk(0);
        let mut word = Vec::new();
        let read = (0..count).filter_map(|_| {
            walk.next().map(|(shared, further)| put(&mut word, shared, further)).map(|()| word.clone())
        });
        let read: Vec<Vec<u8>> = read.collect();
        let firsts = words.iter().step_by(BLOCKS_PER_SAMPLE * BLOCK).map(|word| word.as_bytes().to_vec());
        assert_eq!(read, firsts.collect::<Vec<_>>());
        assert!(DictionaryParts::of(core::iter::empty()).view(0).samples().is_empty());
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let long = "é".repeat(200);
        assert_eq!(cut(&long).len(), 254);
        let parts = DictionaryParts::of(core::iter::once(long.as_str()));
        assert_eq!(parts.view(1).find(&long), Some(0));
    }
}
