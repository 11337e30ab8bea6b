//! Where sections are, as FORMAT.md says it.

use std::ops::Range;

use headwater_core::bytes::{AlignedBytes, cast};

use crate::Outcome;

/// What the rows call the groups of sections, and their kinds.
pub(super) const GROUPS: [(&str, &[u32]); 11] = [
    ("front but for the centroids' codes", &[1, 2, 16, 19, 80, 22, 24, 21, 39, 30, 29, 31, 41, 20, 91, 92, 81, 83, 65]),
    ("centroids' codes", &[23]),
    ("groups of clusters", &[40]),
    ("pieces", &[25, 26]),
    ("fields", &[48, 49, 54, 50, 51, 55, 52, 53, 56]),
    ("dictionaries", &[82, 84, 85]),
    ("term lists", &[86, 87]),
    ("postings and lengths", &[90, 88]),
    ("positions", &[89]),
    ("codes or records", &[17, 18]),
    ("payloads and ids", &[66, 72, 73, 74, 75]),
];

/// What the rows call what lies in no section.
const NOTHING: &str = "header";

/// Where everything is in a segment.
pub(super) struct Sections {
    table: Vec<(u32, Range<u64>)>,
    pub(super) points: u32,
    pub(super) front_bytes: u32,
}

impl Sections {
    /// Reads header and table of a segment that was just built.
    pub(super) fn of(segment: &[u8]) -> Outcome<Self> {
        let header = AlignedBytes::copy_from(segment.get(..64).ok_or("no header")?);
        let &[_, _, _, count, points, front_bytes, ..] = cast::<u32>(&header, "header")? else {
            return Err("no header".into());
        };
        let table = AlignedBytes::copy_from(segment.get(64..64 + 32 * count as usize).ok_or("no table")?);
        let row = |row: &[u32; 8]| {
            let &[kind, _, _, _, offset, _, length, _] = row;
            (kind, u64::from(offset)..u64::from(offset) + u64::from(length))
        };
        let table = cast::<u32>(&table, "table")?.as_chunks::<8>().0.iter().map(row).collect();
        Ok(Self { table, points, front_bytes })
    }

    /// What the rows call the section in which most of a range lies.
    pub(super) fn group(&self, range: &Range<u64>) -> &'static str {
        let overlap = |section: &Range<u64>| range.end.min(section.end).saturating_sub(range.start.max(section.start));
        let most = self.table.iter().max_by_key(|(_, section)| overlap(section));
        let kind = most.map_or(0, |(kind, _)| *kind);
        GROUPS.iter().find(|(_, kinds)| kinds.contains(&kind)).map_or(NOTHING, |(name, _)| name)
    }

    /// Bytes of all sections of some kinds.
    pub(super) fn bytes_of(&self, kinds: &[u32]) -> u64 {
        self.table.iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, range)| range.end - range.start).sum()
    }
}
