//! Which points have a word, how often, and where.
//!
//! A list is cut into blocks of 128 points. Of a block are written: the gaps between its ordinals, how often the word
//! occurs in each and, where points have several texts, the length of the shortest text that has it, each as numbers of
//! equal width; of what its best point may score, the most occurrences and the shortest text. Lists of one block, which
//! most words have, carry these in front of it; others in a table of blocks, so that a search passes over blocks
//! without reading them (block-max indexes: Ding and Suel, SIGIR 2011).
//!
//! Positions are apart, because only what stands together reads them: for each point the gaps between its positions, as
//! LEB128; where points may have several texts, how many they are before them, because then a count is that of one
//! text.

use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use super::gathered::Occurrences;
use crate::ids::Ordinal;
use crate::items::Items;
use crate::leb128;
use crate::pack::{bytes_of, number_at, pack, unpack, width};
use crate::parts::Stretch;
use crate::promised::Promised as _;

/// Points of a block.
pub(super) const BLOCK: usize = 128;
/// Occurrences of a word in a field of a point that count, and texts whose ends are known: more say nothing more.
pub const MAX_OCCURRENCES: u32 = 255;
/// Bytes in front of the block of a list that has only one.
const HEAD: usize = 4;
/// The most that such a block has: gaps of 32 bits, occurrences and lengths of 8.
const MAX_BLOCK_BYTES: usize = HEAD + BLOCK * 6;

/// Bytes that are wanted before it is known that they are needed, at most: what comes in the time of a request.
const MOST_WANTED: u32 = 32 * 1024;

/// One word's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TermEntry {
    /// Points that have it.
    pub points: u32,
    /// Where its block starts; of a list of several, the first row in the table of blocks.
    pub at: u32,
    /// Where its positions start; of a list of several blocks, they say it.
    pub positions: u32,
}

/// A block of a list of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct BlockEntry {
    /// Its last ordinal.
    pub last: Ordinal,
    pub at: u32,
    pub positions: u32,
    pub shape: Shape,
}

/// What is to know of a block before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Shape {
    /// Width of gaps.
    gap_bits: u8,
    /// Width of occurrences, in the lower four bits, and of lengths beyond the shortest, in the upper four.
    count_and_length_bits: u8,
    /// Most occurrences in a point.
    pub most: u8,
    /// The code of the shortest text.
    pub shortest: u8,
}

impl Shape {
    const fn count_bits(self) -> u8 {
        self.count_and_length_bits & 15
    }

    const fn length_bits(self) -> u8 {
        self.count_and_length_bits >> 4
    }

    /// Bytes of a block of so many points, which say nothing of themselves.
    fn bytes(self, points: usize) -> usize {
        [self.gap_bits, self.count_bits(), self.length_bits()].iter().map(|&bits| bytes_of(points, bits)).sum()
    }
}

const _: () = assert!(size_of::<TermEntry>() == 12 && size_of::<BlockEntry>() == 16 && size_of::<Shape>() == HEAD);

/// All lists as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostingParts {
    /// Whether points may have several texts: then lists say the length of the best one, and positions how many they
    /// are.
    has_several: bool,
    pub lists: Vec<TermEntry>,
    pub blocks: Vec<BlockEntry>,
    pub postings: Vec<u8>,
    pub positions: Vec<u8>,
}

impl PostingParts {
    pub(super) fn new(has_several: bool) -> Self {
        Self { has_several, ..Self::default() }
    }

    /// Appends the next list. `best` says how often the best text of a point has the word, and the code of its length.
    pub(super) fn push(&mut self, list: &[Occurrences<'_>], best: &dyn Fn(&Occurrences<'_>) -> (u32, u8)) {
        let is_long = list.len() > BLOCK;
        let at = if is_long { self.blocks.len() } else { self.postings.len() } as u32;
        self.lists.push(TermEntry { points: list.len() as u32, at, positions: self.positions.len() as u32 });
        let mut base = 0;
        for block in list.chunks(BLOCK) {
            let gaps = gaps(base, block.iter().map(|of| of.ordinal));
            let best: Vec<(u32, u8)> = block.iter().map(best).collect();
            let counts = || best.iter().map(|b| b.0.clamp(1, MAX_OCCURRENCES));
            let shortest = best.iter().map(|b| b.1).min().unwrap_or(0);
            let beyond = || best.iter().filter(|_| self.has_several).map(|b| u32::from(b.1 - shortest));
            let (count_bits, length_bits) = (width(counts().map(|count| count - 1)), width(beyond()));
            let shape = Shape {
                gap_bits: width(gaps.iter().copied()),
                count_and_length_bits: count_bits | length_bits << 4,
                most: counts().max().unwrap_or(1) as u8,
                shortest,
            };
            let last = block.last().map_or(0, |of| of.ordinal);
            if is_long {
                let (at, positions) = (self.postings.len() as u32, self.positions.len() as u32);
                self.blocks.push(BlockEntry { last, at, positions, shape });
            } else {
                self.postings.extend_from_slice(bytemuck::bytes_of(&shape));
            }
            pack(gaps.iter().copied(), shape.gap_bits, &mut self.postings);
            pack(counts().map(|count| count - 1), count_bits, &mut self.postings);
            pack(beyond(), length_bits, &mut self.postings);
            for of in block {
                if self.has_several {
                    leb128::push(u64::from(of.count), &mut self.positions);
                }
                self.positions.extend_from_slice(of.bytes());
            }
            base = last + 1;
        }
    }
}

/// What lies between ordinals; before the first, what lies from `base` on.
fn gaps(base: Ordinal, ordinals: impl Iterator<Item = Ordinal>) -> Vec<u32> {
    let mut next = base;
    ordinals
        .map(|ordinal| {
            let gap = ordinal - next;
            next = ordinal + 1;
            gap
        })
        .collect()
}

/// The sections of all lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct Postings<'a> {
    /// See [`PostingParts`].
    pub has_several: bool,
    pub lists: Items<'a, TermEntry>,
    pub blocks: Items<'a, BlockEntry>,
    pub postings: Stretch<'a>,
    pub positions: Stretch<'a>,
}

impl<'a> Postings<'a> {
    /// The list of a word; an empty one where what tells where it is is not here.
    #[inline(never)]
    pub(super) fn list(&self, list: u32) -> List<'a> {
        let entry = self.lists.get(list as usize).unwrap_or(Zeroable::zeroed());
        let (at, count) = (entry.at as usize, (entry.points as usize).div_ceil(BLOCK));
        let several = entry.points as usize > BLOCK;
        let blocks = if several { self.blocks.some(at..at.saturating_add(count)) } else { Some(&[][..]) };
        // Who reads a whole section needs no end.
        let next = if self.positions.is_here() { None } else { self.lists.get((list as usize).saturating_add(1)) };
        List {
            entry: if blocks.is_some() { entry } else { Zeroable::zeroed() },
            blocks: blocks.unwrap_or_default(),
            postings: self.postings,
            positions: self.positions,
            positions_end: next.map_or(self.positions.len(), |next| next.positions as usize),
            has_several: self.has_several,
        }
    }

    /// Whether what lists say of places lies inside, where all of them are here.
    #[inline(never)]
    pub(super) fn is_sound(&self) -> bool {
        let (Some(lists), Some(blocks)) = (self.lists.all(), self.blocks.all()) else { return false };
        let inside =
            |at: u32, positions: u32| at as usize <= self.postings.len() && positions as usize <= self.positions.len();
        // Only the last one may be empty, of the ends of texts, where no point has any.
        let of_words = lists.split_last().map_or(&[][..], |(_, rest)| rest);
        of_words.iter().all(|list| list.points > 0)
            && lists.iter().all(|term| {
                let count = (term.points as usize).div_ceil(BLOCK);
                let end = (term.at as usize).checked_add(count);
                let several = term.points as usize > BLOCK;
                if several { end.is_some_and(|e| e <= blocks.len()) } else { inside(term.at, term.positions) }
            })
            && blocks.iter().all(|block| inside(block.at, block.positions))
    }
}

/// The list of one word.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    entry: TermEntry,
    /// None for a list of one block.
    blocks: &'a [BlockEntry],
    postings: Stretch<'a>,
    positions: Stretch<'a>,
    positions_end: usize,
    /// Whether positions begin with how many they are.
    pub(super) has_several: bool,
}

/// A block, of which the ordinals are read, and the rest where it is asked for.
#[derive(Debug, Clone)]
pub(super) struct Block<'a> {
    ordinals: [Ordinal; BLOCK],
    len: usize,
    shape: Shape,
    /// Packed: occurrences less one, and behind them codes of lengths beyond the shortest, where lists say them.
    counts: &'a [u8],
}

impl Default for Block<'_> {
    fn default() -> Self {
        Self { ordinals: [0; BLOCK], len: 0, shape: Shape::zeroed(), counts: &[] }
    }
}

impl Block<'_> {
    #[inline]
    pub(super) fn ordinals(&self) -> &[Ordinal] {
        self.ordinals.get(..self.len).promised()
    }

    /// How often the point of a row has the word.
    #[inline]
    pub(super) fn count(&self, row: usize) -> u32 {
        number_at(self.counts, self.shape.count_bits(), row).saturating_add(1).min(MAX_OCCURRENCES)
    }

    /// The code of the length of its shortest text that has the word.
    #[inline]
    pub(super) fn length(&self, row: usize) -> u8 {
        let lengths = self.counts.get(bytes_of(self.len, self.shape.count_bits())..).unwrap_or_default();
        let beyond = number_at(lengths, self.shape.length_bits(), row).min(255);
        self.shape.shortest.saturating_add(beyond as u8)
    }
}

impl<'a> List<'a> {
    /// Whether two words share this list.
    pub const fn is_same(&self, other: &Self) -> bool {
        self.entry.at == other.entry.at && self.entry.points == other.entry.points
    }

    /// Points that have the word.
    pub const fn points(&self) -> u32 {
        self.entry.points
    }

    /// Blocks of the list.
    pub(super) fn len(&self) -> usize {
        (self.entry.points as usize).div_ceil(BLOCK)
    }

    /// The last ordinal of a block; that of the only one is not known before it is read.
    pub(super) fn last(&self, block: usize) -> Ordinal {
        self.blocks.get(block).map_or(Ordinal::MAX, |entry| entry.last)
    }

    /// What is to know of a block before it is read.
    #[inline(never)]
    pub(super) fn shape(&self, block: usize) -> Shape {
        match self.blocks.get(block) {
            Some(entry) => entry.shape,
            None => {
                let at = self.entry.at as usize;
                let head = self.postings.get(at..at.saturating_add(HEAD)).and_then(|b| b.first_chunk::<HEAD>());
                head.map_or(Zeroable::zeroed(), |head| bytemuck::cast(*head))
            }
        }
    }

    /// Asks for all of its blocks, as one range: a list is short beside what it costs to ask again and again.
    pub fn need(&self) {
        let last = self.len().wrapping_sub(1);
        let start = self.blocks.first().map_or(self.entry.at, |first| first.at) as usize;
        if !self.postings.is_here() && self.len() > 0 {
            let _ = self.postings.get(start..self.end(last));
        }
    }

    /// Notes what of its blocks, if they are short, and of its positions, if it has one block, will be wanted.
    #[inline(never)]
    #[cold]
    pub fn want(&self) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let start = self.blocks.first().map_or(self.entry.at, |first| first.at) as usize;
        let end = self.end(last);
        if end.saturating_sub(start) <= MOST_WANTED as usize && self.postings.peek(start..end).is_none() {
            self.postings.want(start..end);
            if self.blocks.is_empty() {
                self.positions.want(self.entry.positions as usize..self.positions_end);
            }
        }
    }

    /// Where a block ends, or might at most.
    fn end(&self, block: usize) -> usize {
        let points = (self.entry.points as usize).saturating_sub(block.saturating_mul(BLOCK)).min(BLOCK);
        let end = match self.blocks.get(block) {
            Some(entry) => (entry.at as usize).saturating_add(entry.shape.bytes(points)),
            None => (self.entry.at as usize).saturating_add(MAX_BLOCK_BYTES),
        };
        end.min(self.postings.len())
    }

    /// The bytes from a place in a block on: to its end at least.
    #[inline(always)]
    fn bytes_from(&self, start: usize, block: usize) -> &'a [u8] {
        match self.postings {
            Stretch::Here(bytes) => bytes.get(start..).unwrap_or_default(),
            parts @ Stretch::Parts(..) => parts.get(start..self.end(block)).unwrap_or_default(),
        }
    }

    /// Reads a block. Ordinals of bytes that were not written here may be anything.
    #[inline(never)]
    pub(super) fn read(&self, block: usize, into: &mut Block<'a>) {
        let shape = self.shape(block);
        let (start, base) = match self.blocks.get(block) {
            Some(entry) => {
                let before = block.checked_sub(1).and_then(|b| self.blocks.get(b));
                (entry.at as usize, before.map_or(0, |b| b.last.wrapping_add(1)))
            }
            None => (self.entry.at as usize + HEAD, 0),
        };
        into.len = (self.entry.points as usize).saturating_sub(block * BLOCK).min(BLOCK);
        let bytes = self.bytes_from(start, block);
        let (gaps, counts) = bytes.split_at_checked(bytes_of(into.len, shape.gap_bits)).unwrap_or((bytes, &[]));
        let ordinals = into.ordinals.get_mut(..into.len).promised();
        unpack(gaps, shape.gap_bits, ordinals);
        let mut next = base;
        for ordinal in ordinals {
            *ordinal = ordinal.wrapping_add(next);
            next = ordinal.wrapping_add(1);
        }
        (into.shape, into.counts) = (shape, counts);
    }

    /// Where the positions of a block begin.
    pub(super) fn positions_at(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(self.entry.positions, |entry| entry.positions) as usize
    }

    /// Bytes among which the positions of a block are, and where they begin: all, or those alone.
    pub(super) fn positions_of(&self, block: usize) -> (&'a [u8], usize) {
        match self.positions {
            Stretch::Here(bytes) => (bytes, 0),
            parts @ Stretch::Parts(..) => {
                let start = self.positions_at(block);
                let end = self.blocks.get(block.wrapping_add(1)).map_or(self.positions_end, |e| e.positions as usize);
                (parts.get(start..end).unwrap_or_default(), start)
            }
        }
    }
}
