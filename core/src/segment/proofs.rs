//! Proofs of units that a reader fetches alone: pieces of clusters, records of points.
//!
//! ```text
//! unit      content │ six hashes, of its sibling, of its parent's sibling, …
//! roots     of 64 units each, in the front, which a reader has and has proved already
//! ```
//!
//! 64 units are the leaves of a binary tree of BLAKE3 hashes: a leaf is the hash of a unit's content, all else the hash
//! of the two below it; where the last tree has no unit, its leaf is zeros. A unit carries its way up, so that one
//! range is proved without another being asked for, however large the segment is: 192 bytes, instead of the whole
//! pages of 64 KiB that the blob's page list proves.
//!
//! That every leaf is as deep as the others is what keeps content from passing for two hashes.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use super::kinds::Kind;
use super::reader::Segment;
use crate::error::{Error, Result};
use crate::ids::Hash;
use crate::promised::Promised as _;
use crate::scan::Scan;

const HASH_BYTES: usize = 32;
/// Hashes of a proof.
const DEPTH: usize = 6;
/// Units below a root.
const UNITS: usize = 1 << DEPTH;
/// Bytes of a proof, at the end of its unit.
pub(super) const PROOF_BYTES: usize = DEPTH * HASH_BYTES;

const _: () = assert!(PROOF_BYTES == crate::scan::PROOF_BYTES as usize);

type Digest = [u8; HASH_BYTES];

fn digest(bytes: &[u8]) -> Digest {
    *Hash::of(bytes).as_bytes()
}

/// The proofs of the units below one root, and the root.
fn grow(mut level: Vec<Digest>) -> (Vec<Vec<Digest>>, Digest) {
    let mut proofs = alloc::vec![Vec::with_capacity(DEPTH); level.len()];
    level.resize(UNITS, [0; HASH_BYTES]);
    for depth in 0..DEPTH {
        for (number, proof) in proofs.iter_mut().enumerate() {
            proof.push(level.get(number >> depth ^ 1).copied().promised());
        }
        level = level.as_chunks::<2>().0.iter().map(|pair| digest(pair.as_flattened())).collect();
    }
    (proofs, level.first().copied().promised())
}

/// Puts a proof at the end of each unit, where there are zeros; `ends` says where units end. Returns the roots, one
/// behind the other.
pub(super) fn prove(bytes: &mut [u8], ends: &[usize]) -> Vec<u8> {
    let (mut units, mut rest, mut at) = (Vec::with_capacity(ends.len()), bytes, 0);
    for &end in ends {
        let (unit, behind) = rest.split_at_mut(end - at);
        units.push(unit.split_at_mut(unit.len() - PROOF_BYTES));
        (rest, at) = (behind, end);
    }
    let mut roots = Vec::new();
    for tree in units.chunks_mut(UNITS) {
        let (proofs, root) = grow(tree.iter().map(|(content, _)| digest(content)).collect());
        tree.iter_mut().zip(proofs).for_each(|((_, place), proof)| place.copy_from_slice(proof.as_flattened()));
        roots.extend_from_slice(&root);
    }
    roots
}

/// A unit of a segment: which it is, below which roots.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit<'a> {
    number: usize,
    roots: &'a [u8],
}

impl Unit<'_> {
    /// Whether these are its bytes.
    pub(crate) fn proves(&self, bytes: &[u8]) -> bool {
        is_proved(bytes, self.number, self.roots)
    }
}

impl Segment {
    /// The unit that a range of the segment is, all of it; none where it is no unit. The front must be here.
    pub(crate) fn unit(&self, range: &Range<usize>) -> Result<Option<Unit<'_>>> {
        for position in 0..self.vectors.len() {
            let in_pieces = within(self.table.place(Kind::Pieces, position), range);
            let in_groups = within(self.table.place(Kind::GroupPieces, position), range);
            let Some((kind, within)) = in_pieces
                .map(|within| (Kind::PieceRoots, within))
                .or(in_groups.map(|within| (Kind::GroupRoots, within)))
            else {
                continue;
            };
            let Some(sections) = self.scan_sections(position)?.filter(|s| s.header.proof_bytes > 0) else { continue };
            let scan = Scan::unchecked(sections, self.points() as usize);
            let number = if kind == Kind::PieceRoots { scan.piece(&within) } else { scan.group_piece(&within) };
            let roots = self.table.section(kind, position)?;
            return Ok(number.map(|number| Unit { number: number as usize, roots }));
        }
        let starts = self.table.find::<u32>(Kind::RecordStarts, 0)?;
        let within = within(self.table.place(Kind::Codes, 0), range);
        let (Some(starts), Some(within)) = (starts, within) else { return Ok(None) };
        let all = self.table.stretch(Kind::Codes, 0)?.len();
        let each = all / starts.last().map_or(1, |&end| end.max(1) as usize);
        let number = starts.partition_point(|&start| (start as usize).saturating_mul(each) <= within.start);
        let Some(number) = number.checked_sub(1) else { return Ok(None) };
        let start = |number: usize| starts.get(number).map(|&start| (start as usize).saturating_mul(each));
        let is_it = start(number) == Some(within.start) && start(number + 1) == Some(within.end);
        let roots = self.table.section(Kind::RecordRoots, 0)?;
        Ok(is_it.then_some(Unit { number, roots }))
    }

    /// Checks every piece and every record as a reader would that fetches them alone. Whoever holds the whole segment
    /// needs none of these proofs; who publishes it wants to know that others can rely on them.
    pub fn check_proofs(&self) -> Result<()> {
        for position in 0..self.vectors.len() {
            let Some(sections) = self.scan_sections(position)?.filter(|s| s.header.proof_bytes > 0) else { continue };
            let [pieces, groups] = Scan::unchecked(sections, self.points() as usize).piece_ends();
            let section = |kind| self.table.section(kind, position);
            are_proved("piece", position, section(Kind::Pieces)?, pieces.into_iter(), section(Kind::PieceRoots)?)?;
            if sections.groups.is_some() {
                let (bytes, roots) = (section(Kind::GroupPieces)?, section(Kind::GroupRoots)?);
                are_proved("group piece", position, bytes, groups.into_iter(), roots)?;
            }
        }
        let Some(starts) = self.table.find::<u32>(Kind::RecordStarts, 0)? else { return Ok(()) };
        let (records, roots): (&[u8], &[u8]) =
            (self.table.section(Kind::Codes, 0)?, self.table.section(Kind::RecordRoots, 0)?);
        let unit = records.len() / starts.last().map_or(1, |&end| end.max(1) as usize);
        let ends = starts.iter().skip(1).map(|&end| (end as usize).saturating_mul(unit));
        are_proved("record", 0, records, ends, roots)
    }
}

/// A range of the segment as one of a section, if it lies in that.
fn within(section: Option<&Range<usize>>, range: &Range<usize>) -> Option<Range<usize>> {
    let section = section.filter(|section| section.start <= range.start && range.end <= section.end)?;
    Some(range.start - section.start..range.end - section.start)
}

fn are_proved(
    what: &str,
    position: usize,
    bytes: &[u8],
    ends: impl Iterator<Item = usize>,
    roots: &[u8],
) -> Result<()> {
    let mut from = 0;
    for (number, end) in ends.enumerate() {
        let unit = bytes.get(from..end).unwrap_or_default();
        if !is_proved(unit, number, roots) {
            return Err(Error::corrupt(format!(
                "segment: {what} {number} of vector {position} is not proved by its hashes; publish it anew"
            )));
        }
        from = end;
    }
    Ok(())
}

/// Whether a unit of that number is the one that was published.
pub(super) fn is_proved(unit: &[u8], number: usize, roots: &[u8]) -> bool {
    let parts = unit.len().checked_sub(PROOF_BYTES).and_then(|at| unit.split_at_checked(at));
    let Some((content, proof)) = parts else { return false };
    let mut hash = digest(content);
    for (depth, sibling) in proof.as_chunks::<HASH_BYTES>().0.iter().enumerate() {
        let is_left = number >> depth & 1 == 0;
        let pair = if is_left { [hash, *sibling] } else { [*sibling, hash] };
        hash = digest(pair.as_flattened());
    }
    roots.as_chunks::<HASH_BYTES>().0.get(number / UNITS) == Some(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_proved_alone_and_no_other_is() {
        for count in [1, 2, 63, 64, 65, 200] {
            let lengths: Vec<usize> = (0..count).map(|n| PROOF_BYTES + n * 37 % 91).collect();
            let ends: Vec<usize> = lengths
                .iter()
                .scan(0, |end, length| {
                    *end += length;
                    Some(*end)
                })
                .collect();
            let mut bytes = alloc::vec![0u8; *ends.last().unwrap()];
            for (n, (end, length)) in ends.iter().zip(&lengths).enumerate() {
                bytes[end - length..end - PROOF_BYTES].iter_mut().zip(n..).for_each(|(byte, x)| *byte = x as u8);
            }
            let roots = prove(&mut bytes, &ends);
            assert_eq!(roots.len(), count.div_ceil(UNITS) * HASH_BYTES);
            for (n, (end, length)) in ends.iter().zip(&lengths).enumerate() {
                let mut unit = bytes[end - length..*end].to_vec();
                assert!(is_proved(&unit, n, &roots));
                assert!(!is_proved(&unit, n ^ 1, &roots) && !is_proved(&unit, n + UNITS, &roots));
                assert!(
                    !is_proved(&unit[1..], n, &roots) && !is_proved(&unit[unit.len() - PROOF_BYTES + 1..], n, &roots)
                );
                for at in 0..unit.len() {
                    unit[at] ^= 1;
                    assert!(!is_proved(&unit, n, &roots), "byte {at} of unit {n}");
                    unit[at] ^= 1;
                }
            }
        }
    }
}
