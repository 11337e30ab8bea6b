//! Codes in records: those of 16 points, and behind them what a reader that fetches ranges wants of the same points,
//! their factors first.
//!
//! ```text
//! record 0                              record 1
//! code 0 … code 15 │ factors │ the rest │ code 16 … code 31 │ factors │ the rest │ …
//! ^ starts[0]                           ^ starts[1], both in lengths of a code
//! ```
//!
//! The rest is filled up to the next multiple of a code's length, so that a code is a row among all bytes: kernels
//! compare it as they do codes that stand one behind the other.

use core::ops::Range;

use crate::ids::Ordinal;

/// Points of a record: of fewer the proofs, and the list of where records begin, are too much beside the codes; of more
/// a reader that wants one of them fetches others that it does not.
pub const RECORD_POINTS: usize = 16;

/// Where each record begins, and where the last ends, in lengths of a code.
#[derive(Debug, Clone, Copy)]
pub struct RecordStarts<'a>(pub &'a [u32]);

impl RecordStarts<'_> {
    /// Whether records have the codes of their points and cover so many bytes.
    pub(super) fn cover(self, points: usize, code_bytes: usize, bytes: usize) -> bool {
        let Self(starts) = self;
        let mut left = points;
        let has_room = |pair: &[u32]| {
            let &[from, to] = pair else { return false };
            let codes = left.min(RECORD_POINTS);
            left -= codes;
            to.checked_sub(from).is_some_and(|rows| rows as usize >= codes)
        };
        starts.len() == points.div_ceil(RECORD_POINTS) + 1
            && starts.first() == Some(&0)
            && starts.windows(2).all(has_room)
            // As u64: in a browser the product would wrap.
            && starts.last().is_some_and(|&end| u64::from(end) * code_bytes as u64 == bytes as u64)
    }

    /// Which row among all bytes a point's code is. Of a point that does not exist there is none.
    pub(super) fn row(self, point: Ordinal) -> u32 {
        let start = self.0.get(point as usize / RECORD_POINTS).copied().unwrap_or(u32::MAX);
        start.saturating_add(point % RECORD_POINTS as u32)
    }

    /// Which rows are a record, all of it.
    pub(super) fn rows(self, record: usize) -> Range<usize> {
        match self.0.get(record..record + 2) {
            Some(&[from, to]) => from as usize..to as usize,
            _ => 0..0,
        }
    }
}
