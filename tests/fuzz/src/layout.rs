//! A segment taken apart into its sections, and put together again (FORMAT.md, "Segment").

const HEADER: usize = 64;
/// Bytes of a row of the section table.
pub const ROW: usize = 32;
const ALIGNMENT: usize = 64;

/// One section.
#[derive(Debug, Clone)]
pub struct Section {
    /// What it holds.
    pub kind: u32,
    /// Position of its field.
    pub field: u32,
    /// Flags of its row.
    pub flags: u32,
    /// Whether it belongs to the front.
    pub front: bool,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Section {
    /// Overwrites the `index`-th number of as many bytes as `value` has; nothing where the section is shorter.
    pub fn put<const N: usize>(&mut self, index: usize, value: [u8; N]) {
        if let Some(place) = self.bytes.chunks_exact_mut(N).nth(index) {
            place.copy_from_slice(&value);
        }
    }

    /// The `index`-th u32.
    #[must_use]
    pub fn word(&self, index: usize) -> u32 {
        let word = self.bytes.as_chunks::<4>().0[index];
        u32::from_le_bytes(word)
    }
}

/// A segment's header and sections.
#[derive(Debug, Clone)]
pub struct Layout {
    header: [u8; HEADER],
    /// The sections, in order.
    pub sections: Vec<Section>,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].first_chunk().copied().map(u32::from_le_bytes).expect("inside a sound segment")
}

fn long(bytes: &[u8], at: usize) -> usize {
    bytes[at..].first_chunk().copied().map(u64::from_le_bytes).expect("inside a sound segment") as usize
}

impl Layout {
    /// Takes a sound segment apart.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let header = *bytes.first_chunk().expect("a segment has a header");
        let rows = (0..word(bytes, 12) as usize).map(|row| &bytes[HEADER + row * ROW..]);
        let section = |row: &[u8]| {
            let (offset, length) = (long(row, 16), long(row, 24));
            let front = offset < word(bytes, 20) as usize;
            let bytes = bytes[offset..offset + length].to_vec();
            Section { kind: word(row, 0), field: word(row, 4), flags: word(row, 8), front, bytes }
        };
        Self { header, sections: rows.map(section).collect() }
    }

    /// Points, as the header has them.
    #[must_use]
    pub fn points(&self) -> u32 {
        word(&self.header, 16)
    }

    /// Changes what the header says of points.
    pub fn set_points(&mut self, points: u32) {
        self.header[16..20].copy_from_slice(&points.to_le_bytes());
    }

    /// A section of a field.
    #[must_use]
    pub fn section(&mut self, kind: u32, field: u32) -> &mut Section {
        let found = self.sections.iter_mut().find(|s| (s.kind, s.field) == (kind, field));
        found.unwrap_or_else(|| panic!("the segment has no section {kind} of field {field}"))
    }

    /// Puts the segment together: offsets, lengths and counts are sound again, whatever the sections hold. The front
    /// ends behind the last section of it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_vec();
        let mut offset = (HEADER + self.sections.len() * ROW).next_multiple_of(ALIGNMENT);
        for section in &self.sections {
            for number in [section.kind, section.field, section.flags, 0] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            for number in [offset, section.bytes.len()] {
                bytes.extend_from_slice(&(number as u64).to_le_bytes());
            }
            offset = (offset + section.bytes.len()).next_multiple_of(ALIGNMENT);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let mut front = bytes.len();
        for section in &self.sections {
            bytes.extend_from_slice(&section.bytes);
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            front = if section.front { bytes.len() } else { front };
        }
        bytes[20..24].copy_from_slice(&(front as u32).to_le_bytes());
        let (sections, length) = (self.sections.len() as u32, bytes.len() as u64);
        bytes[12..16].copy_from_slice(&sections.to_le_bytes());
        bytes[24..32].copy_from_slice(&length.to_le_bytes());
        bytes
    }
}
