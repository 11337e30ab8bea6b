//! Fuzz input as a list of edits of a sound segment.
//!
//! ```text
//! one edit, 12 bytes:  operation u8 · section u8 · width u8 · value u8 · place u32 · number u32
//! ```
//!
//! Any bytes are edits: what is too large is taken modulo what there is. First sections are edited, then the segment is
//! put together, so that its table is sound; then come the edits of header, table and whole file.

use crate::layout::{Layout, ROW, Section};

/// Bytes of one edit.
pub const EDIT_BYTES: usize = 12;
/// Edits that count; more only take time.
pub const MOST_EDITS: usize = 24;
const HEADER: usize = 64;
/// A section that an edit makes longer ends here.
const LONGEST_SECTION: usize = 1 << 20;
/// Operations: the first ones change sections, the others what is around them.
const OPERATIONS: u8 = 15;
const FIRST_OUTSIDE: u8 = 9;

/// One change of a segment.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    operation: u8,
    section: u8,
    width: usize,
    value: u8,
    place: u32,
    number: u32,
}

impl Edit {
    /// Any bytes are an edit.
    #[must_use]
    pub fn of(bytes: [u8; EDIT_BYTES]) -> Self {
        let [operation, section, width, value, place @ .., n0, n1, n2, n3] = bytes;
        Self {
            operation: operation % OPERATIONS,
            section,
            width: 1 << (width % 4),
            value,
            place: u32::from_le_bytes(place),
            number: u32::from_le_bytes([n0, n1, n2, n3]),
        }
    }

    /// The edits in fuzz input.
    #[must_use]
    pub fn all_of(input: &[u8]) -> Vec<Self> {
        input.as_chunks().0.iter().take(MOST_EDITS).copied().map(Self::of).collect()
    }

    /// One of the numbers that lies are made of, as it stands in as many bytes as the edit is wide.
    fn number(&self, points: u32, items: u64) -> [u8; 8] {
        let n = u64::from(points);
        let power = 1u64 << (self.number % 64);
        let number = match self.value % 24 {
            0 => 0,
            1 => 1,
            2 => n.wrapping_sub(1),
            3 => n,
            4 => n + 1,
            5 => items.wrapping_sub(1),
            6 => items,
            7 => items + 1,
            8 => u64::MAX,
            9 => u64::MAX - 1,
            10 => i32::MAX as u64,
            11 => 1 << 31,
            12 => power - 1,
            13 => power,
            14 => power + 1,
            15 => power.wrapping_neg(),
            16 => return self.float(f64::NAN),
            17 => return self.float(f64::INFINITY),
            18 => return self.float(f64::NEG_INFINITY),
            19 => return self.float(f64::from(f32::MAX)),
            20 => return self.float(-0.0),
            21 => return self.float(f64::from(f32::MIN_POSITIVE)),
            _ => u64::from(self.number),
        };
        number.to_le_bytes()
    }

    fn float(&self, number: f64) -> [u8; 8] {
        let bits = if self.width == 8 { number.to_bits() } else { u64::from((number as f32).to_bits()) };
        bits.to_le_bytes()
    }

    /// A range of the section: `number` says how long it is, at most `most`.
    fn range(&self, len: usize, most: usize) -> core::ops::Range<usize> {
        let start = self.place as usize % (len + 1);
        start..(start + self.number as usize % most).min(len)
    }

    fn edit_section(&self, points: u32, bytes: &mut Vec<u8>) {
        let (width, len) = (self.width, bytes.len());
        let items = (len / width) as u64;
        let number = &self.number(points, items)[..width];
        let item = self.place as usize % (items as usize).max(1) * width;
        let other = self.number as usize % (items as usize).max(1) * width;
        let write = |bytes: &mut [u8], at: usize, number: &[u8]| {
            if let Some(place) = bytes.get_mut(at..at + width) {
                place.copy_from_slice(number);
            }
        };
        match self.operation {
            // A number in its place, or anywhere.
            0 | 1 => write(bytes, item, number),
            2 => write(bytes, self.place as usize % (len + 1), number),
            // A little more or less.
            3 => {
                if let Some(place) = bytes.get_mut(item..item + width) {
                    let mut held = [0; 8];
                    held[..width].copy_from_slice(place);
                    let sum = u64::from_le_bytes(held).wrapping_add(self.number as i8 as u64);
                    place.copy_from_slice(&sum.to_le_bytes()[..width]);
                }
            }
            // Two rows change places.
            4 if item + width <= len && other + width <= len && item != other => {
                let (low, high) = (item.min(other), item.max(other));
                let (left, right) = bytes.split_at_mut(high);
                left[low..low + width].swap_with_slice(&mut right[..width]);
            }
            // Something stands once more, over what follows or between.
            5 => {
                let range = self.range(len, 64);
                let to = range.end.min(len - range.len());
                bytes.copy_within(range, to);
            }
            6 if len < LONGEST_SECTION => {
                let copy = bytes[self.range(len, 256)].to_vec();
                bytes.splice(item.min(len)..item.min(len), copy);
            }
            // Something is missing.
            7 => drop(bytes.drain(self.range(len, 256))),
            // All the same.
            8 => {
                let range = self.range(len, 1 << 12);
                bytes[range].fill(number[0]);
            }
            _ => {}
        }
    }

    fn edit_outside(&self, points: u32, bytes: &mut Vec<u8>, sections: usize) {
        let row = HEADER + usize::from(self.section) % sections.max(1) * ROW;
        let other = HEADER + self.place as usize % sections.max(1) * ROW;
        let table = HEADER + sections * ROW;
        match self.operation {
            // A number in the header, or in a row.
            9 => {
                let at = [8, 12, 16, 20, 24, 28, 32, 40][self.place as usize % 8];
                let number = self.number(points, sections as u64);
                bytes[at..at + 4].copy_from_slice(&number[..4]);
            }
            10 => {
                let at = row + [0, 4, 8, 12, 16, 20, 24, 28][self.place as usize % 8];
                let number = self.number(points, bytes.len() as u64);
                if at + 4 <= table {
                    bytes[at..at + 4].copy_from_slice(&number[..4]);
                }
            }
            // Rows change places, or one stands twice.
            11 if row.max(other) + ROW <= table && row != other => {
                let (left, right) = bytes.split_at_mut(row.max(other));
                left[row.min(other)..row.min(other) + ROW].swap_with_slice(&mut right[..ROW]);
            }
            12 if row.max(other) + ROW <= table => bytes.copy_within(row..row + ROW, other),
            // A section is somewhat longer or shorter than it was.
            13 if row + ROW <= table => {
                let length = u64::from_le_bytes(*bytes[row + 24..].first_chunk().expect("eight bytes of a row"));
                let length = length.wrapping_add_signed(i64::from(self.number as i16));
                bytes[row + 24..row + 32].copy_from_slice(&length.to_le_bytes());
            }
            // The file is cut off, and its header may know.
            14 => {
                bytes.truncate(self.place as usize % (bytes.len() + 1));
                let length = bytes.len() as u64;
                if let Some(place) = bytes.get_mut(24..32).filter(|_| self.value.is_multiple_of(2)) {
                    place.copy_from_slice(&length.to_le_bytes());
                }
            }
            _ => {}
        }
    }
}

/// Sections change places, go, or take another's content.
fn edit_sections(edit: &Edit, sections: &mut Vec<Section>) {
    let count = sections.len();
    let (one, other) = (usize::from(edit.section) % count, edit.place as usize % count);
    match edit.value % 3 {
        0 if count > 1 => drop(sections.remove(one)),
        1 => sections[one].bytes = sections[other].bytes.clone(),
        _ => sections.swap(one, other),
    }
}

/// Numbers made of a seed (xorshift64): any do.
pub fn numbers(seed: u32) -> impl FnMut() -> usize {
    let mut state = (u64::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize
    }
}

/// The next input after `data[..len]`: mostly an edit more, another or less, for libFuzzer does not know where edits
/// begin. Returns its length; none: change any bytes.
pub fn mutate(data: &mut [u8], len: usize, head: usize, seed: u32) -> Option<usize> {
    let mut next = numbers(seed);
    let edits = len.checked_sub(head)? / EDIT_BYTES;
    let place = head + next() % (edits + 1) * EDIT_BYTES;
    match next() % 6 {
        0 if edits > 0 => {
            let at = place.min(head + (edits - 1) * EDIT_BYTES);
            data.copy_within(at + EDIT_BYTES..len, at);
            Some(len - EDIT_BYTES)
        }
        1 | 2 if edits < MOST_EDITS && head + (edits + 1) * EDIT_BYTES <= data.len() => {
            let end = head + edits * EDIT_BYTES;
            data[end..end + EDIT_BYTES].fill_with(|| next() as u8);
            // Far places and numbers are rarer than near ones.
            if next().is_multiple_of(2) {
                data[end + 6..end + 8].fill(0);
                data[end + 10..end + 12].fill(0);
            }
            Some(end + EDIT_BYTES)
        }
        3 | 4 if edits > 0 => {
            let at = place.min(head + (edits - 1) * EDIT_BYTES) + next() % EDIT_BYTES;
            data[at] = next() as u8;
            Some(len)
        }
        _ => None,
    }
}

/// A sound segment after some edits.
#[must_use]
pub fn apply(sound: &Layout, edits: &[Edit]) -> Vec<u8> {
    let mut layout = sound.clone();
    let points = layout.points();
    for edit in edits.iter().filter(|edit| edit.operation < FIRST_OUTSIDE) {
        let section = usize::from(edit.section) % layout.sections.len();
        // Rare enough to share an operation with numbers.
        if edit.operation == 1 && edit.section >= 250 {
            edit_sections(edit, &mut layout.sections);
        } else {
            edit.edit_section(points, &mut layout.sections[section].bytes);
        }
    }
    let (mut bytes, sections) = (layout.bytes(), layout.sections.len());
    for edit in edits.iter().filter(|edit| edit.operation >= FIRST_OUTSIDE) {
        if bytes.len() >= HEADER + sections * ROW {
            edit.edit_outside(points, &mut bytes, sections);
        }
    }
    bytes
}
