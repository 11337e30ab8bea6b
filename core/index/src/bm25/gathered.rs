//! Lists while texts are collected: bytes that grow, five or so for each point that has a word. A record of its own for
//! each would take ten times as much.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::postings::MAX_OCCURRENCES;
use crate::ids::Ordinal;
use crate::leb128;

/// The points that have a word, ascending. Of each, as LEB128: what lies between its ordinal and the one before, how
/// many positions there are, and the gaps between them.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    /// The least ordinal that the next point may have.
    next: Ordinal,
    points: usize,
}

impl Gathered {
    /// Adds a point behind all others; positions ascend, and the first ones count.
    pub(super) fn push(&mut self, ordinal: Ordinal, positions: impl ExactSizeIterator<Item = u32>) {
        leb128::push(u64::from(ordinal.wrapping_sub(self.next)), &mut self.bytes);
        leb128::push(positions.len().min(MAX_OCCURRENCES as usize) as u64, &mut self.bytes);
        push_gaps(positions, &mut self.bytes);
        self.next = ordinal.wrapping_add(1);
        self.points += 1;
    }

    /// Points.
    pub(super) const fn len(&self) -> usize {
        self.points
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Occurrences<'_>> {
        let (mut bytes, mut ordinal) = (self.bytes.iter(), 0);
        (0..self.points).map_while(move |_| {
            let this: Ordinal = leb128::next(&mut bytes)?.wrapping_add(u64::from(ordinal)) as Ordinal;
            ordinal = this.wrapping_add(1);
            let count = leb128::next(&mut bytes)? as u32;
            let from = bytes.as_slice();
            leb128::skip(&mut bytes, count as usize);
            let positions = from.get(..from.len() - bytes.len()).unwrap_or_default();
            Some(Occurrences { ordinal: this, count, bytes: Cow::Borrowed(positions) })
        })
    }
}

/// Appends what lies between the first of these positions.
fn push_gaps(positions: impl Iterator<Item = u32>, bytes: &mut Vec<u8>) {
    let mut before = 0;
    for position in positions.take(MAX_OCCURRENCES as usize) {
        leb128::push(u64::from(position.wrapping_sub(before)), bytes);
        before = position;
    }
}

/// A point that has a word, and where.
#[derive(Debug, Clone)]
pub(super) struct Occurrences<'l> {
    pub(super) ordinal: Ordinal,
    /// How many there are, at most [`MAX_OCCURRENCES`].
    pub(super) count: u32,
    /// The gaps between the positions.
    bytes: Cow<'l, [u8]>,
}

impl Occurrences<'_> {
    /// Positions as they are stored: the gaps between them, as LEB128.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = u32> {
        let (mut bytes, mut position) = (self.bytes.iter(), 0u32);
        core::iter::from_fn(move || {
            position = position.wrapping_add(leb128::next(&mut bytes)? as u32);
            Some(position)
        })
    }

    /// The same point in two lists that become one.
    pub(super) fn united(&self, other: &Self) -> Self {
        let mut positions: Vec<u32> = self.positions().chain(other.positions()).collect();
        positions.sort_unstable();
        positions.truncate(MAX_OCCURRENCES as usize);
        let (mut bytes, count) = (Vec::new(), positions.len() as u32);
        push_gaps(positions.into_iter(), &mut bytes);
        Self { ordinal: self.ordinal, count, bytes: Cow::Owned(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn points_come_back(points in prop::collection::btree_map(any::<u16>(), prop::collection::btree_set(0u32..100_000, 1..300), 0..30)) {
            let mut gathered = Gathered::default();
            for (&ordinal, positions) in &points {
                let all: Vec<u32> = positions.iter().copied().collect();
                gathered.push(u32::from(ordinal), all.into_iter());
            }
            let back: Vec<(u32, Vec<u32>)> = gathered.iter().map(|of| (of.ordinal, of.positions().collect())).collect();
            let first = |positions: &alloc::collections::BTreeSet<u32>| positions.iter().copied().take(255).collect::<Vec<u32>>();
            let wanted: Vec<(u32, Vec<u32>)> = points.iter().map(|(&o, p)| (u32::from(o), first(p))).collect();
            prop_assert_eq!(back, wanted);
            prop_assert!(gathered.iter().all(|of| of.count as usize == of.positions().count()));
        }
    }
}
