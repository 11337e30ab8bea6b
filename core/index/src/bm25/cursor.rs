//! One list gone through in ascending order of ordinals.

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
        Self { of, block: 0, row: 0, held: None, data: Block::default(), read: 0, positions }
    }

    /// Goes to the first block that may have ordinals from here on.
    #[inline(never)]
    fn seek(&mut self, from: Ordinal) {
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
    #[inline(never)]
    pub(super) fn bound(&mut self, start: Ordinal, end: Ordinal) -> u32 {
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
            let shape = self.of.list.shape(block);
            most = most.max(self.of.weight.adds(u32::from(shape.most), shape.shortest, self.of.table));
        }
        most
    }

    /// Blocks from the one at hand on that end before `end`.
    pub(super) fn blocks_until(&self, end: Ordinal) -> u32 {
        (self.block..self.of.list.len()).take_while(|&block| self.of.list.last(block) < end - 1).count() as u32
    }

    /// Goes through the ordinals from `start` to before `end`; `with` is told each, and may ask of its row.
    #[inline]
    pub(super) fn each(&mut self, start: Ordinal, end: Ordinal, mut with: impl FnMut(&Self, Ordinal)) {
        self.seek(start);
        while self.block < self.of.list.len() {
            self.seek_row(start);
            while let Some(&ordinal) = self.data.ordinals().get(self.row) {
                if ordinal >= end {
                    return;
                }
                with(self, ordinal);
                self.row += 1;
            }
            self.block += 1;
            self.row = 0;
        }
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
        let all = self.of.list.positions();
        let mut bytes = all.get(self.positions.at..).unwrap_or_default().iter();
        let counted = self.of.list.has_several;
        let count_at = |row: usize, bytes: &mut core::slice::Iter<'_, u8>| {
            let count = if counted { leb128::next(bytes).unwrap_or_default() } else { self.data.count(row).into() };
            count.min(u64::from(MAX_OCCURRENCES))
        };
        for row in self.positions.row..self.row {
            for _ in 0..count_at(row, &mut bytes) {
                leb128::next(&mut bytes);
            }
        }
        self.positions.row = self.row;
        self.positions.at = all.len() - bytes.len();
        let count = count_at(self.row, &mut bytes);
        let mut position = 0u32;
        for _ in 0..count {
            let Some(gap) = leb128::next(&mut bytes) else { return };
            position = position.wrapping_add(gap as u32);
            with(position);
        }
    }
}
