//! One list gone through in ascending order of ordinals.

use core::ops::Range;

use super::postings::{Block, List, MAX_OCCURRENCES};
use super::score::Weight;
use crate::ids::Ordinal;
use crate::leb128;
use crate::promised::Promised as _;

/// The list of a variant of a typed word in one field, and what it adds.
#[derive(Debug, Clone, Copy)]
pub struct WeightedList<'a> {
    pub list: List<'a>,
    /// Codes of lengths by ordinal; none where the list says them.
    pub lengths: &'a [u8],
    /// What the codes stand for: see `FieldStatistics::lengths`.
    pub table: &'a [f32],
    pub weight: Weight,
    /// Which of the asked fields.
    pub field: u32,
}

/// A place in a list.
pub(super) struct Cursor<'a> {
    pub(super) of: WeightedList<'a>,
    pub(super) block: usize,
    pub(super) row: usize,
    /// The most that it adds to a point of the window that [`Self::bound`] was asked about.
    pub(super) most: u32,
    /// The block that `data` holds.
    held: Option<usize>,
    data: Block<'a>,
    pub(super) read: u32,
    positions: Positions,
}

/// How far the positions of a block have been read.
#[derive(Default)]
struct Positions {
    block: usize,
    row: usize,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(of: WeightedList<'a>) -> Self {
        // No block has this number, so the first look at positions begins at a block's first.
        let positions = Positions { block: usize::MAX, ..Positions::default() };
        Self { of, block: 0, row: 0, most: 0, held: None, data: Block::default(), read: 0, positions }
    }

    /// Of the ends of texts, which are positions like others; what the list would add is not asked.
    pub(super) fn of_ends(list: List<'a>) -> Self {
        Self::new(WeightedList { list, lengths: &[], table: &[], weight: Weight::new(0.0, 0.0), field: 0 })
    }

    /// Goes to the first block that may have ordinals from here on.
    #[inline(never)]
    pub(super) fn seek(&mut self, from: Ordinal) {
        let before = self.block;
        while self.block > 0 && self.of.list.last(self.block - 1) >= from {
            self.block -= 1;
        }
        while self.block < self.of.list.len() && self.of.list.last(self.block) < from {
            self.block += 1;
        }
        if self.block != before {
            self.row = 0;
        }
    }

    /// Goes to the first row of the block at hand whose ordinal is not below this one.
    fn seek_row(&mut self, from: Ordinal) {
        self.hold();
        let rows = self.data.ordinals();
        // Mostly the row is there already, or further on.
        let is_behind = |&ordinal: &Ordinal| ordinal < from;
        if self.row > 0 && !rows.get(self.row - 1).is_some_and(is_behind) {
            self.row = 0;
        }
        if !rows.get(self.row).is_some_and(is_behind) {
            return;
        }
        self.row += rows.get(self.row..).promised().partition_point(is_behind);
    }

    #[inline(never)]
    fn hold(&mut self) {
        if self.held != Some(self.block) {
            self.of.list.read(self.block, &mut self.data);
            self.held = Some(self.block);
            self.read += 1;
        }
    }

    /// The most that it adds to a point from `start` to before `end`.
    pub(super) fn bound(&mut self, start: Ordinal, end: Ordinal) -> u32 {
        self.most = self.bound_of(start, end);
        self.most
    }

    #[inline(never)]
    fn bound_of(&mut self, start: Ordinal, end: Ordinal) -> u32 {
        self.seek(start);
        if self.block >= self.of.list.len() {
            return 0;
        }
        // Blocks of rare words reach over many windows, in most of which there is nothing.
        if self.of.list.last(self.block) >= end {
            self.seek_row(start);
            if self.data.ordinals().get(self.row).is_none_or(|&next| next >= end) {
                return 0;
            }
        }
        let mut most = 0;
        for block in self.block..self.of.list.len() {
            // Those before it reach to the end already.
            if block > self.block && self.of.list.last(block - 1) >= end - 1 {
                break;
            }
            most = most.max(self.bound_of_block(block));
        }
        most
    }

    fn bound_of_block(&self, block: usize) -> u32 {
        let shape = self.of.list.shape(block);
        self.of.weight.adds(u32::from(shape.most), shape.shortest, self.of.table)
    }

    /// Blocks from the one at hand on that end before `end`.
    pub(super) fn blocks_until(&self, end: Ordinal) -> u64 {
        (self.block..self.of.list.len()).take_while(|&block| self.of.list.last(block) < end - 1).count() as u64
    }

    /// Goes to the next block, from the one at hand on, that has rows from `start` to before `end`, one of which may
    /// get so much; its rows.
    #[inline]
    pub(super) fn rows(&mut self, start: Ordinal, end: Ordinal, least: u32) -> Option<(&Block<'a>, Range<usize>)> {
        while least > 0 && self.block < self.of.list.len() && self.bound_of_block(self.block) < least {
            if self.of.list.last(self.block) >= end - 1 {
                return None;
            }
            (self.block, self.row) = (self.block + 1, 0);
        }
        if self.block >= self.of.list.len() {
            return None;
        }
        self.seek_row(start);
        let rest = self.data.ordinals().get(self.row..).promised();
        let ends_before = rest.last().is_some_and(|&last| last < end);
        let rows = if ends_before { rest.len() } else { rest.partition_point(|&ordinal| ordinal < end) };
        Some((&self.data, self.row..self.row + rows)).filter(|_| rows > 0)
    }

    /// Goes behind so many rows; whether that is the next block.
    #[inline]
    pub(super) fn pass(&mut self, row: usize) -> bool {
        self.row = row;
        let is_through = row >= self.data.ordinals().len();
        if is_through {
            (self.block, self.row) = (self.block + 1, 0);
        }
        is_through
    }

    /// What the row at hand gets, which is this point's.
    pub(super) fn adds_at(&self, ordinal: Ordinal) -> u32 {
        self.adds(self.length_at(ordinal))
    }

    /// What the row at hand gets, with a length of this code.
    #[inline]
    pub(super) fn adds(&self, length: u8) -> u32 {
        self.of.weight.adds(self.data.count(self.row), length, self.of.table)
    }

    /// The code of the length of the shortest text that has the word, of this point, which the row at hand is.
    #[inline]
    pub(super) fn length_at(&self, ordinal: Ordinal) -> u8 {
        self.of.lengths.get(ordinal as usize).copied().unwrap_or_else(|| self.data.length(self.row))
    }

    /// Goes to an ordinal; whether the list has it.
    #[inline(never)]
    pub(super) fn find(&mut self, ordinal: Ordinal) -> bool {
        self.seek(ordinal);
        if self.block >= self.of.list.len() {
            return false;
        }
        self.seek_row(ordinal);
        self.is_at(ordinal)
    }

    /// Whether it stands at an ordinal.
    pub(super) fn is_at(&self, ordinal: Ordinal) -> bool {
        self.held == Some(self.block) && self.data.ordinals().get(self.row) == Some(&ordinal)
    }

    /// Calls `with` with the positions in the point that was found last. Positions of a block are read once, as long as
    /// points are found in ascending order.
    #[inline(never)]
    pub(super) fn each_position(&mut self, with: &mut dyn FnMut(u32)) {
        if self.positions.block != self.block || self.positions.row > self.row {
            self.positions = Positions { block: self.block, row: 0, at: self.of.list.positions_at(self.block) };
        }
        let (all, from) = self.of.list.positions_of(self.block);
        let mut bytes = all.get(self.positions.at.saturating_sub(from)..).unwrap_or_default().iter();
        let counted = |bytes: &mut core::slice::Iter<'_, u8>| {
            leb128::next(bytes).unwrap_or_default().min(u64::from(MAX_OCCURRENCES)) as usize
        };
        let before = self.positions.row..self.row;
        if self.of.list.has_several {
            before.for_each(|_| {
                let count = counted(&mut bytes);
                leb128::skip(&mut bytes, count);
            });
        } else {
            leb128::skip(&mut bytes, before.map(|row| self.data.count(row) as usize).sum());
        }
        self.positions.row = self.row;
        self.positions.at = from + all.len() - bytes.len();
        let count = if self.of.list.has_several { counted(&mut bytes) } else { self.data.count(self.row) as usize };
        let mut position = 0u32;
        for _ in 0..count {
            let Some(gap) = leb128::next(&mut bytes) else { return };
            position = position.wrapping_add(gap as u32);
            with(position);
        }
    }
}
