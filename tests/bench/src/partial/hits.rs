//! Ids and payloads of hits.
//!
//! Payload ends are not fetched: the objects of a block stand one behind the other, and JSON says where each ends.

use std::ops::Range;

use headwater_core::bytes::cast;

use super::fetched::Fetched;
use super::sections::Sections;
use crate::Outcome;

/// Where ids and payloads are.
pub(super) struct Stored<'a> {
    /// First ordinal, bytes decompressed, offset (two halves) of each block: the front has them. None where payloads
    /// stand in records, with codes and ids.
    blocks: Option<&'a [[u32; 4]]>,
    payloads: Range<usize>,
    in_records: bool,
    id_offsets: &'a [u32],
    id_offsets_at: usize,
    ids: &'a [u8],
    ids_at: usize,
}

impl<'a> Stored<'a> {
    pub(super) fn of(sections: &Sections<'a>) -> Outcome<Self> {
        Ok(Self {
            blocks: sections.bytes(65, 0).ok().map(|blocks| cast(blocks, "payload blocks")).transpose()?,
            payloads: sections.place(66, 0).unwrap_or_default(),
            in_records: sections.place(30, 0).is_ok(),
            id_offsets: sections.u32s(72, 0)?,
            id_offsets_at: sections.place(72, 0)?.start,
            ids: sections.bytes(73, 0)?,
            ids_at: sections.place(73, 0)?.start,
        })
    }

    /// Fetches payloads and where ids are, then ids, as far as they do not stand in records.
    pub(super) fn fetch(&self, ordinals: &[u32], fetched: &mut Fetched) {
        let mut first = Vec::new();
        for &ordinal in ordinals {
            let row = ordinal as usize;
            if !self.in_records {
                first.push(self.id_offsets_at + 4 * row..self.id_offsets_at + 4 * row + 8);
            }
            let Some(blocks) = self.blocks else { continue };
            let block = blocks.partition_point(|block| block[0] <= ordinal);
            let offset = |block: usize| blocks.get(block).map(|block| self.payloads.start + block[2] as usize);
            let start = block.checked_sub(1).and_then(offset).unwrap_or(self.payloads.end);
            first.push(start..offset(block).unwrap_or(self.payloads.end));
        }
        let id = |&ordinal: &u32| {
            let range = self.id_range(ordinal);
            self.ids_at + range.start..self.ids_at + range.end
        };
        fetched.round("hits", &first);
        if !self.in_records {
            fetched.round("hits", &ordinals.iter().map(id).collect::<Vec<_>>());
        }
    }

    fn id_range(&self, ordinal: u32) -> Range<usize> {
        let at = |row: u32| self.id_offsets.get(row as usize).map_or(0, |&at| at as usize);
        at(ordinal)..at(ordinal + 1)
    }

    /// The id of a point.
    pub(super) fn id(&self, ordinal: u32) -> &'a str {
        self.ids.get(self.id_range(ordinal)).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default()
    }
}
