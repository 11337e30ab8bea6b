//! Neighbour lists as bytes.
//!
//! Ordinals follow clusters, so most neighbours of a node have ordinals near its own. A list is kept ascending: the
//! first neighbour as its distance from the node (zigzag, so that it may lie on either side), each further one as its
//! distance from the one before, less one; all as LEB128 numbers of 7 bits a byte. Most links then take one byte or two
//! instead of four.

use alloc::format;
use alloc::vec::Vec;

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::prefetch;
use crate::leb128;

/// Appends the list of `node`: `neighbours` ascend, no two are equal.
pub(super) fn encode(node: Ordinal, neighbours: &[Ordinal], bytes: &mut Vec<u8>) {
    let mut before = None;
    for &ordinal in neighbours {
        let number = match before {
            None => {
                let distance = i64::from(ordinal) - i64::from(node);
                ((distance << 1) ^ (distance >> 63)) as u64
            }
            Some(before) => u64::from(ordinal - before) - 1,
        };
        leb128::push(number, bytes);
        before = Some(ordinal);
    }
}

/// The neighbours of a node, decoded as they are asked for.
///
/// Bytes that [`Links::check`] has not seen give some ordinals or other, and end.
#[derive(Debug, Clone)]
pub(super) struct Neighbours<'a> {
    bytes: core::slice::Iter<'a, u8>,
    node: Ordinal,
    before: Option<Ordinal>,
}

impl Iterator for Neighbours<'_> {
    type Item = Ordinal;

    #[inline]
    fn next(&mut self) -> Option<Ordinal> {
        let number = leb128::next(&mut self.bytes)?;
        let ordinal = match self.before {
            None => self.node.wrapping_add(((number >> 1) as u32) ^ ((number & 1) as u32).wrapping_neg()),
            Some(before) => before.wrapping_add(number as u32).wrapping_add(1),
        };
        self.before = Some(ordinal);
        Some(ordinal)
    }
}

/// Lists one behind the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Links<'a> {
    /// Where each list starts, and where the last one ends.
    pub(super) offsets: &'a [u32],
    pub(super) bytes: &'a [u8],
}

impl<'a> Links<'a> {
    /// Says that the list at `row` may be asked for soon.
    #[inline(always)]
    pub(super) fn soon(&self, row: usize) {
        if let Some(&[from, to]) = self.offsets.get(row..row + 2) {
            prefetch(self.bytes.get(from as usize..to as usize).unwrap_or_default());
        }
    }

    /// The list at `row`, which is that of `node`.
    #[inline]
    pub(super) fn of(&self, row: usize, node: Ordinal) -> Neighbours<'a> {
        let bytes = match self.offsets.get(row..row + 2) {
            Some(&[from, to]) => self.bytes.get(from as usize..to as usize).unwrap_or_default(),
            _ => &[],
        };
        Neighbours { bytes: bytes.iter(), node, before: None }
    }

    /// Checks the lists of `nodes_of`, in this order: at most `most` neighbours each, ascending, below `nodes`, encoded
    /// in the one way that [`encode`] does.
    pub(super) fn check(
        &self,
        nodes_of: impl ExactSizeIterator<Item = Ordinal>,
        most: u32,
        nodes: usize,
        what: &str,
    ) -> Result<()> {
        let bad = |why: &str| Err(Error::corrupt(format!("graph {what}: {why}")));
        if self.offsets.len() != nodes_of.len() + 1
            || self.offsets.first() != Some(&0)
            || self.offsets.last().copied() != Some(self.bytes.len() as u32)
            || !self.offsets.is_sorted()
        {
            return bad("offsets do not cover the links");
        }
        let (mut list, mut again) = (Vec::new(), Vec::new());
        for (row, node) in nodes_of.enumerate() {
            let neighbours = self.of(row, node);
            let bytes = neighbours.bytes.as_slice();
            list.clear();
            // One more than allowed is enough to tell; a list is no longer than its bytes anyway.
            list.extend(neighbours.take(most as usize + 1));
            if list.len() > most as usize {
                return bad("a node has more neighbours than the header allows");
            }
            if list.last().is_some_and(|&o| o as usize >= nodes) || !list.is_sorted_by(|a, b| a < b) {
                return bad("a link points past the last node");
            }
            again.clear();
            encode(node, &list, &mut again);
            if again != bytes {
                return bad("links are not encoded as they should be");
            }
        }
        Ok(())
    }
}
