//! Which points have a word, how often, and where.
//!
//! A list is cut into blocks of 128 points. Of a block are written: the gaps between its ordinals and how often the word
//! occurs in each, both as numbers of equal width; of what its best point may score, the most occurrences and the shortest
//! text. Lists of one block, which most words have, carry these in front of it; others in a table of blocks, so that a
//! search passes over blocks without reading them (block-max indexes: Ding and Suel, SIGIR 2011).
//!
//! Positions are apart, because only phrases read them: for each point the gaps between its positions, as LEB128.

use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use crate::ids::Ordinal;
use crate::leb128;
use crate::pack::{bytes_of, pack, unpack, width};

/// Points of a block.
pub(super) const BLOCK: usize = 128;
/// Occurrences count up to here: more say nothing more.
const MAX_OCCURRENCES: u32 = 255;
/// Bytes in front of the block of a list that has only one.
const HEAD: usize = 4;

/// How much so many occurrences count.
pub fn counted(occurrences: usize) -> u32 {
    occurrences.clamp(1, MAX_OCCURRENCES as usize) as u32
}

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
    /// Width of occurrences.
    count_bits: u8,
    /// Most occurrences in a point.
    pub most: u8,
    /// The code of the shortest text.
    pub shortest: u8,
}

const _: () = assert!(size_of::<TermEntry>() == 12 && size_of::<BlockEntry>() == 16 && size_of::<Shape>() == HEAD);

/// A point that has a word.
#[derive(Debug, Clone)]
pub(super) struct Posting {
    pub(super) ordinal: Ordinal,
    pub(super) count: u32,
    /// The code of the length of its text.
    pub(super) length: u8,
    /// Its positions as bytes.
    pub(super) positions: Vec<u8>,
}

/// All lists as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostingParts {
    pub terms: Vec<TermEntry>,
    pub blocks: Vec<BlockEntry>,
    pub postings: Vec<u8>,
    pub positions: Vec<u8>,
}

/// The bytes of a point's positions, ascending.
pub(super) fn encode_positions(positions: impl Iterator<Item = u32>) -> Vec<u8> {
    let (mut bytes, mut before) = (Vec::new(), 0);
    for position in positions {
        leb128::push(u64::from(position.wrapping_sub(before)), &mut bytes);
        before = position;
    }
    bytes
}

impl PostingParts {
    /// Appends the list of the next word.
    pub(super) fn push(&mut self, list: &[Posting]) {
        let several = list.len() > BLOCK;
        let at = if several { self.blocks.len() } else { self.postings.len() } as u32;
        self.terms.push(TermEntry { points: list.len() as u32, at, positions: self.positions.len() as u32 });
        let mut base = 0;
        for block in list.chunks(BLOCK) {
            let gaps = gaps(base, block.iter().map(|p| p.ordinal));
            let count = |p: &Posting| p.count.clamp(1, MAX_OCCURRENCES);
            let shape = Shape {
                gap_bits: width(gaps.iter().copied()),
                count_bits: width(block.iter().map(|p| count(p) - 1)),
                most: block.iter().map(count).max().unwrap_or(1) as u8,
                shortest: block.iter().map(|p| p.length).min().unwrap_or(0),
            };
            if !several {
                self.postings.extend_from_slice(bytemuck::bytes_of(&shape));
            }
            let last = block.last().map_or(0, |p| p.ordinal);
            if several {
                let (at, positions) = (self.postings.len() as u32, self.positions.len() as u32);
                self.blocks.push(BlockEntry { last, at, positions, shape });
            }
            pack(gaps.iter().copied(), shape.gap_bits, &mut self.postings);
            pack(block.iter().map(|p| count(p) - 1), shape.count_bits, &mut self.postings);
            block.iter().for_each(|p| self.positions.extend_from_slice(&p.positions));
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
pub struct Postings<'a> {
    pub terms: &'a [TermEntry],
    pub blocks: &'a [BlockEntry],
    pub postings: &'a [u8],
    pub positions: &'a [u8],
}

impl<'a> Postings<'a> {
    /// Points that have a word.
    pub fn points(&self, term: u32) -> u32 {
        self.terms.get(term as usize).map_or(0, |entry| entry.points)
    }

    /// The list of a word.
    #[inline(never)]
    pub fn list(&self, term: u32) -> List<'a> {
        let entry = self.terms.get(term as usize).copied().unwrap_or(Zeroable::zeroed());
        let (at, count) = (entry.at as usize, (entry.points as usize).div_ceil(BLOCK));
        let several = entry.points as usize > BLOCK;
        let blocks = if several { self.blocks.get(at..at + count).unwrap_or_default() } else { &[] };
        List { entry, blocks, postings: self.postings, positions: self.positions }
    }

    /// Whether what lists say of places lies inside.
    #[inline(never)]
    pub fn is_sound(&self) -> bool {
        let inside =
            |at: u32, positions: u32| at as usize <= self.postings.len() && positions as usize <= self.positions.len();
        self.terms.iter().all(|term| {
            let count = (term.points as usize).div_ceil(BLOCK);
            let end = (term.at as usize).checked_add(count);
            let several = term.points as usize > BLOCK;
            term.points > 0
                && if several { end.is_some_and(|e| e <= self.blocks.len()) } else { inside(term.at, term.positions) }
        }) && self.blocks.iter().all(|block| inside(block.at, block.positions))
    }
}

/// The list of one word.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    entry: TermEntry,
    /// None for a list of one block.
    blocks: &'a [BlockEntry],
    postings: &'a [u8],
    positions: &'a [u8],
}

/// A block, read.
#[derive(Debug, Clone)]
pub struct Block {
    pub ordinals: [Ordinal; BLOCK],
    pub counts: [u32; BLOCK],
    /// How many there are.
    pub len: usize,
}

impl Default for Block {
    fn default() -> Self {
        Self { ordinals: [0; BLOCK], counts: [0; BLOCK], len: 0 }
    }
}

impl<'a> List<'a> {
    /// Blocks of the list.
    pub fn len(&self) -> usize {
        (self.entry.points as usize).div_ceil(BLOCK)
    }

    /// The last ordinal of a block; that of the only one is not known before it is read.
    pub fn last(&self, block: usize) -> Ordinal {
        self.blocks.get(block).map_or(Ordinal::MAX, |entry| entry.last)
    }

    /// What is to know of a block before it is read.
    #[inline(never)]
    pub fn shape(&self, block: usize) -> Shape {
        match self.blocks.get(block) {
            Some(entry) => entry.shape,
            None => {
                let head = self.postings.get(self.entry.at as usize..).and_then(|b| b.first_chunk::<HEAD>());
                head.map_or(Zeroable::zeroed(), |head| bytemuck::cast(*head))
            }
        }
    }

    /// Reads a block. Ordinals of bytes that were not written here may be anything.
    #[inline(never)]
    pub fn read(&self, block: usize, into: &mut Block) {
        let shape = self.shape(block);
        let (start, base) = match self.blocks.get(block) {
            Some(entry) => {
                let before = block.checked_sub(1).and_then(|b| self.blocks.get(b));
                (entry.at as usize, before.map_or(0, |b| b.last.wrapping_add(1)))
            }
            None => (self.entry.at as usize + HEAD, 0),
        };
        into.len = (self.entry.points as usize).saturating_sub(block * BLOCK).min(BLOCK);
        let bytes = self.postings.get(start..).unwrap_or_default();
        let (gaps, rest) = bytes.split_at_checked(bytes_of(into.len, shape.gap_bits)).unwrap_or((bytes, &[]));
        let ordinals = into.ordinals.get_mut(..into.len).unwrap_or_default();
        unpack(gaps, shape.gap_bits, ordinals);
        let mut next = base;
        for ordinal in ordinals {
            *ordinal = ordinal.wrapping_add(next);
            next = ordinal.wrapping_add(1);
        }
        let counts = into.counts.get_mut(..into.len).unwrap_or_default();
        let rest = rest.get(..bytes_of(into.len, shape.count_bits)).unwrap_or(rest);
        unpack(rest, shape.count_bits, counts);
        counts.iter_mut().for_each(|count| *count = count.wrapping_add(1).min(MAX_OCCURRENCES));
    }

    /// The positions in the point at `row` of a block that was read.
    pub fn positions_of(&self, block: usize, row: usize, read: &Block) -> impl Iterator<Item = u32> + use<'a> {
        let start = self.blocks.get(block).map_or(self.entry.positions, |entry| entry.positions);
        let mut bytes = self.positions.get(start as usize..).unwrap_or_default().iter();
        let before: u32 = read.counts.get(..row).unwrap_or_default().iter().sum();
        for _ in 0..before {
            leb128::next(&mut bytes);
        }
        let own = read.counts.get(row).copied().unwrap_or_default();
        let mut position = 0u32;
        (0..own).map_while(move |_| {
            position = position.wrapping_add(leb128::next(&mut bytes)? as u32);
            Some(position)
        })
    }
}
