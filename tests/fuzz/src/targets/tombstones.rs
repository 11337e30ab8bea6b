//! Tombstones: the points of the segment as u32, then the blob. What is accepted is what would be written.

use headwater_core::manifest::Tombstones;

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    let Some((points, blob)) = data.split_first_chunk() else { return };
    let points = u32::from_le_bytes(*points);
    let Ok(tombstones) = memory::limited(|| Tombstones::decode(blob, points)) else { return };
    assert!(tombstones.ordinals().iter().all(|&ordinal| ordinal < points), "an ordinal past the segment");
    assert_eq!(tombstones.encode(), blob, "two ways to write the same tombstones");
}
