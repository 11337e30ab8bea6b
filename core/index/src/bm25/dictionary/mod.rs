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
//! kept as samples: they say which run of blocks has a word. Such a reader has and reads whole runs.

#[cfg(test)]
mod tests;
mod walk;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

pub(super) use self::walk::Walk;
use crate::error::{Error, Result};
use crate::parts::Stretch;
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
        Dictionary { blocks: &self.blocks, bytes: (&*self.bytes).into(), samples: &[], words }
    }
}

/// A view of a dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Dictionary<'a> {
    blocks: &'a [u32],
    bytes: Stretch<'a>,
    /// As the bytes of a dictionary. They are read where not all bytes are here.
    samples: &'a [u8],
    words: u32,
}

impl<'a> Dictionary<'a> {
    /// Checks and opens. Complexity: reads every word once.
    pub fn new(blocks: &'a [u32], bytes: Stretch<'a>, samples: &'a [u8], words: u32) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("text dictionary: {why}")));
        let covers = blocks.len() == (words as usize).div_ceil(BLOCK) + 1
            && blocks.first() == Some(&0)
            && blocks.last().copied() == Some(bytes.len() as u32)
            && blocks.is_sorted();
        if !covers {
            return bad("its blocks do not cover its bytes");
        }
        let dictionary = Self::unchecked(blocks, bytes, samples, words);
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
    pub const fn unchecked(blocks: &'a [u32], bytes: Stretch<'a>, samples: &'a [u8], words: u32) -> Self {
        Self { blocks, bytes, samples, words }
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

    /// Where a block starts.
    fn start(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(self.bytes.len(), |&at| at as usize)
    }

    /// Bytes among which a block is, where they start, and the word behind them: all, or its run, which is none where
    /// it is not here.
    #[inline(always)]
    fn run(&self, block: usize) -> (&'a [u8], usize, u32) {
        match self.bytes {
            Stretch::Here(bytes) => (bytes, 0, self.words),
            Stretch::Parts(..) => self.run_in_parts(block),
        }
    }

    #[inline(never)]
    #[cold]
    fn run_in_parts(&self, block: usize) -> (&'a [u8], usize, u32) {
        let first = block / BLOCKS_PER_SAMPLE * BLOCKS_PER_SAMPLE;
        let behind = first + BLOCKS_PER_SAMPLE;
        let start = self.start(first);
        let run = self.bytes.get(start..self.start(behind)).unwrap_or_default();
        (run, start, self.words.min((behind * BLOCK) as u32))
    }

    /// Notes which runs with words at these positions are not here; whether all are.
    pub(super) fn has_all(&self, positions: &Range<u32>) -> bool {
        let blocks = positions.start as usize / BLOCK..(positions.end as usize).div_ceil(BLOCK);
        if self.bytes.is_here() || blocks.is_empty() {
            return true;
        }
        let runs = blocks.start / BLOCKS_PER_SAMPLE..blocks.end.div_ceil(BLOCKS_PER_SAMPLE);
        runs.fold(true, |all, run| !self.run(run * BLOCKS_PER_SAMPLE).0.is_empty() & all)
    }

    /// Blocks of a range among which the first one is whose first word is not below `word`, or that range ends: those
    /// of a run, by the samples.
    #[inline(never)]
    #[cold]
    fn narrowed(&self, word: &[u8], blocks: Range<usize>) -> Range<usize> {
        let (below, _) = self.samples_below(word);
        let last_below = (below * BLOCKS_PER_SAMPLE).checked_sub(BLOCKS_PER_SAMPLE);
        let from = last_below.map_or(0, |block| block + 1).clamp(blocks.start, blocks.end);
        from..blocks.end.min(below * BLOCKS_PER_SAMPLE).max(from)
    }

    /// How many samples are below a word, and the first that is not; an empty one where all are.
    fn samples_below(&self, word: &[u8]) -> (usize, Vec<u8>) {
        let count = self.blocks.len().saturating_sub(1).div_ceil(BLOCKS_PER_SAMPLE);
        let samples = Self { blocks: &[0], bytes: self.samples.into(), samples: &[], words: count as u32 };
        let (mut walk, mut sample, mut below) = (samples.walk(0), Vec::new(), 0);
        while let Some((shared, further)) = walk.next() {
            put_once(&mut sample, shared, further);
            if &*sample >= word {
                return (below, sample);
            }
            below += 1;
        }
        (below, Vec::new())
    }

    /// Notes that the run will be wanted which has a word if anything has it. The positions of its words; none where it
    /// is here, so that the word itself can be asked for.
    #[inline(never)]
    pub fn want(&self, word: &str) -> Option<Range<u32>> {
        if self.bytes.is_here() {
            return None;
        }
        let word = cut(word).as_bytes();
        // A sample that is the word itself begins its run.
        let (below, next) = self.samples_below(word);
        let run = if next == word { below } else { below.saturating_sub(1) };
        let blocks = run * BLOCKS_PER_SAMPLE..(run + 1) * BLOCKS_PER_SAMPLE;
        let bytes = self.start(blocks.start)..self.start(blocks.end);
        if self.bytes.peek(bytes.clone()).is_some() {
            return None;
        }
        self.bytes.want(bytes);
        Some((blocks.start * BLOCK) as u32..self.words.min((blocks.end * BLOCK) as u32))
    }

    #[inline(never)]
    fn first_of(&self, block: usize) -> &'a [u8] {
        let (bytes, from, _) = self.run(block);
        let start = self.start(block).saturating_sub(from);
        let rest = bytes.get(start..).unwrap_or_default();
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
        let mut blocks = positions.start as usize / BLOCK..(positions.end as usize).div_ceil(BLOCK);
        if !self.bytes.is_here() {
            blocks = self.narrowed(word, blocks);
        }
        let (mut low, mut high) = (blocks.start, blocks.end);
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
    ///
    /// Of runs that are not here samples tell at least some of them, with which a reader goes on.
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
            let first = first.map(|(first, _)| first).or_else(|| self.first_of_samples(least));
            let first = first.filter(|&first| (first as u32) < to);
            // Where a run is not here, its words may stand anywhere.
            let start = if start < self.words { start } else { 0 };
            firsts.extend(first.map(|first| (first, start..self.words)));
            next = first.and_then(|first| (first as u32 + 1..=to).find_map(char::from_u32));
        }
        firsts
    }

    /// The first character of the first sample that is not below a word; none where all words are here.
    fn first_of_samples(&self, word: &[u8]) -> Option<char> {
        let sample = if self.bytes.is_here() { Vec::new() } else { self.samples_below(word).1 };
        character_at(&sample, 0).map(|(first, _)| first)
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
        let (bytes, from, until) = self.run(block);
        let at = self.start(block).saturating_sub(from);
        Walk { dictionary: *self, next: (block * BLOCK) as u32, bytes, at, until }
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
