//! Header and section table.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use bytemuck::{NoUninit, Pod, Zeroable};

use super::kinds::{self, Kind};
use crate::bytes::{ALIGNMENT, cast};
use crate::error::{Code, Error, Result};
use crate::limits::{MAX_BLOB_BYTES, MAX_SECTIONS, MAX_SEGMENT_POINTS};
use crate::parts::{Blob, Stretch, missing};
use crate::promised::Promised as _;

const MAGIC: [u8; 8] = *b"HWSEGM\0\0";
/// The layout this build writes and reads. 12: records have 16 points.
pub const SEGMENT_FORMAT_VERSION: u32 = 12;
/// A reader that does not know the section's kind must refuse the segment.
const FLAG_REQUIRED: u32 = 1;

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    format_version: u32,
    sections: u32,
    points: u32,
    /// Header, table and the sections that a reader wants before all others.
    front_bytes: u32,
    file_bytes: u64,
    reserved: [u64; 4],
}

const _: () = assert!(size_of::<Header>() == 64);

#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    kind: u32,
    field: u32,
    flags: u32,
    reserved: u32,
    offset: u64,
    length: u64,
}

const _: () = assert!(size_of::<Entry>() == 32);

impl Entry {
    /// Where the section ends, when it may stand where it does: behind the one before it, inside, on its side of the
    /// front's end.
    fn end(&self, header: &Header, free_from: u64) -> Result<u64> {
        let wrong = |why: &str| Error::corrupt(format!("segment: section {} of field {} {why}", self.kind, self.field));
        let end = self.offset.checked_add(self.length).filter(|&end| end <= header.file_bytes);
        let end = end.filter(|_| self.offset >= free_from && self.offset.is_multiple_of(ALIGNMENT as u64));
        let end = end.ok_or_else(|| wrong("overlaps, is misaligned or lies outside"))?;
        let front_bytes = u64::from(header.front_bytes);
        let (before, behind) = (end <= front_bytes, self.offset >= front_bytes);
        let is_known = kinds::rank(self.kind).is_some();
        let fits = match (is_known, kinds::is_front(self.kind)) {
            (true, true) => before,
            (true, false) => behind,
            // What is not known here may stand on either side, but not on both.
            (false, _) => before || behind,
        };
        if !fits {
            return Err(wrong("is on the wrong side of the front's end, or on both"));
        }
        if !is_known && self.flags & FLAG_REQUIRED != 0 {
            return Err(Error::new(
                Code::FormatUnsupported,
                format!("segment: required section {} is not known here; update Headwater", self.kind),
            ));
        }
        Ok(end)
    }
}

/// Collects sections and lays them out.
#[derive(Default)]
pub(super) struct TableWriter {
    sections: Vec<(Kind, u32, Vec<u8>)>,
}

impl TableWriter {
    /// Adds a section of a field (0 where there is none).
    pub(super) fn add<T: NoUninit>(&mut self, kind: Kind, field: usize, items: &[T]) {
        self.add_bytes(kind, field, bytemuck::cast_slice(items).to_vec());
    }

    /// The same of bytes, which are taken as they are: of the largest a copy would be most of the segment once more in
    /// memory.
    pub(super) fn add_bytes(&mut self, kind: Kind, field: usize, bytes: Vec<u8>) {
        self.sections.push((kind, field as u32, bytes));
    }

    /// The whole segment. Whoever added sections need not know their order.
    pub(super) fn finish(mut self, points: usize) -> Result<Vec<u8>> {
        self.sections.sort_by_key(|(kind, field, _)| (kinds::rank(*kind as u32), *field));
        let mut offset = (size_of::<Header>() + self.sections.len() * size_of::<Entry>()).next_multiple_of(ALIGNMENT);
        let mut entries = Vec::with_capacity(self.sections.len());
        let mut front_bytes = offset;
        for (kind, field, bytes) in &self.sections {
            let entry = Entry {
                kind: *kind as u32,
                field: *field,
                flags: FLAG_REQUIRED,
                reserved: 0,
                offset: offset as u64,
                length: bytes.len() as u64,
            };
            entries.push(entry);
            offset = (offset + bytes.len()).next_multiple_of(ALIGNMENT);
            if kinds::is_front(*kind as u32) {
                front_bytes = offset;
            }
        }
        if offset as u64 > MAX_BLOB_BYTES || self.sections.len() > MAX_SECTIONS {
            return Err(Error::new(
                Code::LimitExceeded,
                format!(
                    "a segment of {offset} bytes passes the limit of {MAX_BLOB_BYTES}; publish more often so that segments stay smaller"
                ),
            ));
        }
        let header = Header {
            magic: MAGIC,
            format_version: SEGMENT_FORMAT_VERSION,
            sections: entries.len() as u32,
            points: points as u32,
            front_bytes: front_bytes as u32,
            file_bytes: offset as u64,
            reserved: [0; 4],
        };
        let mut out = self.largest_in_place(&entries, offset);
        let mut put = |start: usize, bytes: &[u8]| {
            out.get_mut(start..start + bytes.len()).promised().copy_from_slice(bytes);
        };
        put(0, bytemuck::bytes_of(&header));
        put(size_of::<Header>(), bytemuck::cast_slice(&entries));
        // Each is gone once it is written.
        for ((_, _, bytes), entry) in self.sections.into_iter().zip(&entries) {
            put(entry.offset as usize, &bytes);
        }
        Ok(out)
    }

    /// As many bytes as the segment has, all 0 but for its largest section, which is where it belongs and nowhere else
    /// any more: mostly these are the codes, and most of the segment.
    fn largest_in_place(&mut self, entries: &[Entry], file_bytes: usize) -> Vec<u8> {
        let sections = self.sections.iter_mut().zip(entries);
        let Some(((_, _, largest), entry)) = sections.max_by_key(|((_, _, bytes), _)| bytes.len()) else {
            return alloc::vec![0; file_bytes];
        };
        let (mut out, start) = (core::mem::take(largest), entry.offset as usize);
        let length = out.len();
        out.reserve_exact(file_bytes - length);
        out.resize(file_bytes, 0);
        out.copy_within(..length, start);
        out.get_mut(..start).promised().fill(0);
        out
    }
}

/// The bytes of a segment and where its sections are.
#[derive(Debug, Clone)]
pub(super) struct Table {
    blob: Blob,
    points: u32,
    sections: Vec<(u32, u32, Range<usize>)>,
}

impl Table {
    /// The bytes of a segment that tell all else, of which this much is here: its header, then its front. What comes
    /// next of them; none where they are here.
    pub(super) fn front_wanted(blob: &Blob) -> Option<Range<usize>> {
        let all = blob.all();
        let header = 0..size_of::<Header>().min(all.len());
        let Some(head) = all.get(header.clone()) else { return Some(header) };
        let header: Header = bytemuck::try_pod_read_unaligned(head).ok()?;
        // What no front can be is told by `open`.
        let front = 0..(header.front_bytes as usize).min(all.len());
        all.get(front.clone()).is_none().then_some(front)
    }

    /// Checks header and table: sections lie inside, aligned, and do not overlap; the front holds what belongs there.
    ///
    /// The front must be here: what is missing for it is noted, the header first.
    pub(super) fn open(blob: Blob) -> Result<Self> {
        let bytes = blob.all();
        let Some(head) = bytes.get(0..size_of::<Header>()) else {
            bytes.all_here()?;
            return Err(Error::corrupt("segment: shorter than its header"));
        };
        let header: Header = bytemuck::pod_read_unaligned(head);
        if header.magic != MAGIC {
            return Err(Error::corrupt("segment: wrong magic; these bytes are not a segment"));
        }
        if header.format_version != SEGMENT_FORMAT_VERSION {
            let advice = if header.format_version < SEGMENT_FORMAT_VERSION {
                "it was published by an older Headwater: import its points anew with this one"
            } else {
                "it was published by a newer Headwater: update this one"
            };
            let found = header.format_version;
            return Err(Error::new(
                Code::FormatUnsupported,
                format!("segment format {found} is not read here, {SEGMENT_FORMAT_VERSION} is; {advice}"),
            ));
        }
        let count = header.sections as usize;
        if header.file_bytes != bytes.len() as u64
            || count > MAX_SECTIONS
            || header.points as usize > MAX_SEGMENT_POINTS
        {
            return Err(Error::corrupt(format!(
                "segment: {} bytes where the header says {}, or a count past its limit",
                bytes.len(),
                header.file_bytes
            )));
        }
        let front_bytes = u64::from(header.front_bytes);
        let table_end = size_of::<Header>() + count * size_of::<Entry>();
        if front_bytes < table_end as u64
            || front_bytes > header.file_bytes
            || !front_bytes.is_multiple_of(ALIGNMENT as u64)
        {
            return Err(Error::corrupt(format!("segment: a front of {front_bytes} bytes")));
        }
        let front = bytes.get(0..front_bytes as usize).ok_or_else(missing)?;
        let table = front.get(size_of::<Header>()..table_end).promised();
        let mut sections = Vec::with_capacity(count);
        let mut free_from = table_end as u64;
        for entry in cast::<Entry>(table, "section table")? {
            free_from = entry.end(&header, free_from)?;
            sections.push((entry.kind, entry.field, entry.offset as usize..free_from as usize));
        }
        Ok(Self { blob, points: header.points, sections })
    }

    /// Points of the segment.
    pub(super) const fn points(&self) -> u32 {
        self.points
    }

    /// Its bytes.
    pub(super) const fn blob(&self) -> &Blob {
        &self.blob
    }

    /// The same, to be given further parts.
    pub(super) const fn blob_mut(&mut self) -> &mut Blob {
        &mut self.blob
    }

    /// Where a section stands in the segment, when there is one. The first of several counts.
    pub(super) fn place(&self, kind: Kind, field: usize) -> Option<&Range<usize>> {
        let place = self.sections.iter().find(|(k, f, _)| *k == kind as u32 && *f as usize == field);
        place.map(|(_, _, range)| range)
    }

    /// A section that is read in parts, when there is such a section.
    #[inline(never)]
    pub(super) fn find_stretch(&self, kind: Kind, field: usize) -> Option<Stretch<'_>> {
        self.blob.all().narrow(self.place(kind, field)?.clone())
    }

    /// A section that is read in parts.
    #[inline(never)]
    pub(super) fn stretch(&self, kind: Kind, field: usize) -> Result<Stretch<'_>> {
        self.find_stretch(kind, field).ok_or_else(|| no_section(kind, field))
    }

    /// A section's items, when there is such a section. Fails with `parts_missing` unless all are here.
    pub(super) fn find<T: Pod>(&self, kind: Kind, field: usize) -> Result<Option<&[T]>> {
        self.find_bytes(kind, field)?.map(|bytes| cast(bytes, "section")).transpose()
    }

    /// A section's items. Fails with `parts_missing` unless all are here.
    pub(super) fn section<T: Pod>(&self, kind: Kind, field: usize) -> Result<&[T]> {
        cast(self.bytes(kind, field)?, "section")
    }

    #[inline(never)]
    fn find_bytes(&self, kind: Kind, field: usize) -> Result<Option<&[u8]>> {
        self.find_stretch(kind, field).map(|section| section.whole().ok_or_else(missing)).transpose()
    }

    #[inline(never)]
    fn bytes(&self, kind: Kind, field: usize) -> Result<&[u8]> {
        self.find_bytes(kind, field)?.ok_or_else(|| no_section(kind, field))
    }

    /// Notes which of some sections are not here, so that they are fetched together.
    pub(super) fn want(&self, kinds: &[Kind], field: usize) {
        for stretch in kinds.iter().filter_map(|&kind| self.find_stretch(kind, field)) {
            let _ = stretch.whole();
        }
    }
}

#[cold]
fn no_section(kind: Kind, field: usize) -> Error {
    Error::corrupt(format!("segment: section {kind:?} of field {field} is missing"))
}
