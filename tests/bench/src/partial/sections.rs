//! Where sections are, as FORMAT.md says it.

use std::ops::Range;

use headwater_core::bytes::cast;

use crate::Outcome;

/// A segment of which it is known where everything is.
pub(super) struct Sections<'a> {
    bytes: &'a [u8],
    table: Vec<(u32, u32, Range<usize>)>,
    pub(super) points: u32,
    pub(super) front_bytes: usize,
}

impl<'a> Sections<'a> {
    /// Reads header and table of a segment that the engine has opened already, in aligned memory.
    pub(super) fn of(bytes: &'a [u8]) -> Outcome<Self> {
        let header: &[u32] = cast(bytes.get(..64).ok_or("no header")?, "header")?;
        let &[_, _, _, count, points, front_bytes, ..] = header else { return Err("no header".into()) };
        let rows: &[u32] = cast(bytes.get(64..64 + 32 * count as usize).ok_or("no table")?, "table")?;
        let row = |row: &[u32; 8]| {
            let &[kind, field, _, _, offset, _, length, _] = row;
            (kind, field, offset as usize..(offset + length) as usize)
        };
        let table = rows.as_chunks::<8>().0.iter().map(row).collect();
        Ok(Self { bytes, table, points, front_bytes: front_bytes as usize })
    }

    /// Where a section is.
    pub(super) fn place(&self, kind: u32, field: u32) -> Outcome<Range<usize>> {
        let found = self.table.iter().find(|(k, f, _)| (*k, *f) == (kind, field));
        Ok(found.ok_or_else(|| format!("no section {kind} of field {field}"))?.2.clone())
    }

    pub(super) fn bytes(&self, kind: u32, field: u32) -> Outcome<&'a [u8]> {
        Ok(self.bytes.get(self.place(kind, field)?).ok_or("a section lies outside")?)
    }

    pub(super) fn u32s(&self, kind: u32, field: u32) -> Outcome<&'a [u32]> {
        Ok(cast(self.bytes(kind, field)?, "section")?)
    }

    /// Bytes of all sections of some kinds.
    pub(super) fn bytes_of(&self, kinds: &[u32]) -> usize {
        self.table.iter().filter(|(kind, _, _)| kinds.contains(kind)).map(|(_, _, range)| range.len()).sum()
    }
}
