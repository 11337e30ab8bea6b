//! One word's list, gone through in ascending order of ordinals.

use super::postings::{Block, List};
use super::score::Weight;
use crate::ids::Ordinal;

/// A word of one field, and what it adds.
#[derive(Debug, Clone, Copy)]
pub struct Clause<'a> {
    pub list: List<'a>,
    /// Codes of lengths by ordinal.
    pub lengths: &'a [u8],
    /// What the codes stand for: see `FieldStatistics::lengths`.
    pub table: &'a [f32],
    pub weight: Weight,
    /// Which word of the query it is, or is taken for.
    pub token: u32,
    pub field: u32,
}

/// A place in a list.
pub(super) struct Cursor<'a> {
    pub(super) clause: Clause<'a>,
    pub(super) block: usize,
    pub(super) row: usize,
    /// The block that `data` holds.
    pub(super) held: Option<usize>,
    pub(super) data: Block,
    pub(super) read: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(clause: Clause<'a>) -> Self {
        Self { clause, block: 0, row: 0, held: None, data: Block::default(), read: 0 }
    }

    /// Goes on to the first block that may have ordinals from here on.
    #[inline(never)]
    fn seek(&mut self, from: Ordinal) {
        while self.block < self.clause.list.len() && self.clause.list.last(self.block) < from {
            self.block += 1;
            self.row = 0;
        }
    }

    #[inline(never)]
    pub(super) fn hold(&mut self) {
        if self.held != Some(self.block) {
            self.clause.list.read(self.block, &mut self.data);
            self.held = Some(self.block);
            self.read += 1;
        }
    }

    fn adds(&self, count: u32, code: u8) -> u32 {
        let length = self.clause.table.get(usize::from(code)).copied().unwrap_or(f32::INFINITY);
        self.clause.weight.adds(count, length)
    }

    /// The most that it adds to a point from `start` to before `end`.
    #[inline(never)]
    pub(super) fn bound(&mut self, start: Ordinal, end: Ordinal) -> u32 {
        self.seek(start);
        if self.block >= self.clause.list.len() {
            return 0;
        }
        // Blocks of rare words reach over many windows, in most of which there is nothing.
        if self.clause.list.last(self.block) >= end {
            self.hold();
            let rest = self.data.ordinals.get(self.row..self.data.len).unwrap_or_default();
            self.row += rest.partition_point(|&o| o < start);
            if self.data.ordinals.get(self.row).is_none_or(|&next| next >= end) {
                return 0;
            }
        }
        let mut most = 0;
        for block in self.block..self.clause.list.len() {
            // Those before it reach to the end already.
            if block > self.block && self.clause.list.last(block - 1) >= end - 1 {
                break;
            }
            let shape = self.clause.list.shape(block);
            most = most.max(self.adds(u32::from(shape.most), shape.shortest));
        }
        most
    }

    /// Whether what it has before `end` is in the block at hand.
    pub(super) fn ends_in_block(&self, end: Ordinal) -> bool {
        self.block >= self.clause.list.len() || self.clause.list.last(self.block) >= end - 1
    }

    /// Goes through the ordinals from `start` to before `end`, with what each gets.
    pub(super) fn each(&mut self, start: Ordinal, end: Ordinal, mut with: impl FnMut(Ordinal, u32)) {
        self.seek(start);
        while self.block < self.clause.list.len() {
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

    #[inline]
    pub(super) fn adds_at(&self, ordinal: Ordinal) -> u32 {
        let count = self.data.counts.get(self.row).copied().unwrap_or_default();
        self.adds(count, self.clause.lengths.get(ordinal as usize).copied().unwrap_or_default())
    }

    /// Goes on to an ordinal; whether the list has it.
    #[inline(never)]
    pub(super) fn find(&mut self, ordinal: Ordinal) -> bool {
        self.seek(ordinal);
        if self.block >= self.clause.list.len() {
            return false;
        }
        self.hold();
        let rest = self.data.ordinals.get(self.row..self.data.len).unwrap_or_default();
        self.row += rest.partition_point(|&o| o < ordinal);
        self.row < self.data.len && self.data.ordinals.get(self.row) == Some(&ordinal)
    }
}
