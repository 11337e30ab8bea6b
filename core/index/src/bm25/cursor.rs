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
    data: Block,
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

    /// Goes on to the first block that may have ordinals from here on.
    #[inline(never)]
    fn seek(&mut self, from: Ordinal) {
        while self.block < self.of.list.len() && self.of.list.last(self.block) < from {
            self.block += 1;
            self.row = 0;
        }
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
            self.hold();
            let rest = self.data.ordinals.get(self.row..self.data.len).promised();
            self.row += rest.partition_point(|&o| o < start);
            if self.data.ordinals.get(self.row).is_none_or(|&next| next >= end) {
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

    /// Whether what it has before `end` is in the block at hand.
    pub(super) fn ends_in_block(&self, end: Ordinal) -> bool {
        self.block >= self.of.list.len() || self.of.list.last(self.block) >= end - 1
    }

    /// Goes through the ordinals from `start` to before `end`, with what each gets.
    pub(super) fn each(&mut self, start: Ordinal, end: Ordinal, mut with: impl FnMut(Ordinal, u32)) {
        self.seek(start);
        while self.block < self.of.list.len() {
            self.hold();
            while self.row < self.data.len {
                let ordinal = self.data.ordinals.get(self.row).copied().unwrap_or(Ordinal::MAX);
                if ordinal >= end {
                    return;
                }
                if ordinal >= start {
                    with(ordinal, self.adds_at(ordinal));
                }
                self.row += 1;
            }
            self.block += 1;
            self.row = 0;
        }
    }

    /// What the row at hand gets, which is this point's.
    #[inline]
    pub(super) fn adds_at(&self, ordinal: Ordinal) -> u32 {
        let count = self.data.counts.get(self.row).copied().promised();
        let code = match self.of.lengths.get(ordinal as usize) {
            Some(code) => *code,
            None => self.data.lengths.get(self.row).copied().unwrap_or_default() as u8,
        };
        self.of.weight.adds(count, code, self.of.table)
    }

    /// Goes on to an ordinal; whether the list has it.
    #[inline(never)]
    pub(super) fn find(&mut self, ordinal: Ordinal) -> bool {
        self.seek(ordinal);
        if self.block >= self.of.list.len() {
            return false;
        }
        self.hold();
        let rest = self.data.ordinals.get(self.row..self.data.len).promised();
        self.row += rest.partition_point(|&o| o < ordinal);
        self.row < self.data.len && self.data.ordinals.get(self.row) == Some(&ordinal)
    }

    /// Calls `with` with the positions in the point that was found last. Positions of a block are read once, as long as
    /// points are found in ascending order.
    #[inline(never)]
    pub(super) fn each_position(&mut self, mut with: impl FnMut(u32)) {
        if self.positions.block != self.block || self.positions.row > self.row {
            self.positions = Positions { block: self.block, row: 0, at: self.of.list.positions_at(self.block) };
        }
        let all = self.of.list.positions();
        let mut bytes = all.get(self.positions.at..).unwrap_or_default().iter();
        let counted = self.of.list.has_several;
        let count_at = |row: usize, bytes: &mut core::slice::Iter<'_, u8>| {
            let known = || Some(self.data.counts.get(row).copied().unwrap_or_default().into());
            let count = if counted { leb128::next(bytes) } else { known() };
            count.unwrap_or_default().min(u64::from(MAX_OCCURRENCES))
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
