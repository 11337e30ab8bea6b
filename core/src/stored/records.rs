//! Records: of 16 points that follow one another the codes, their factors, the ids and the payloads, in one run of
//! bytes.
//!
//! ```text
//! codes │ f32 factors │ u32 bytes of ids │ u32 payloads decompressed │ u32 compressed │ u16 × points: ends │ ids │ LZ4 │ 0 … │ proof
//! ```
//!
//! A reader that fetches ranges asks for the record of each candidate, and can rank and name it then, and show it where
//! payloads are short. Readers of whole segments find ids and factors in sections of their own; those here are for
//! readers that have no such.

use alloc::vec::Vec;

use super::payloads::{Block, OpenBlock};
use crate::ids::Ordinal;
use crate::limits::MAX_ID_BYTES;
use crate::model::PayloadText;
use crate::quant::{Codes, RECORD_POINTS};

/// What says how much of a record is what.
const HEADER_BYTES: usize = 3 * size_of::<u32>();
/// What all payloads of a record may have, with where they end: so much memory is asked for, and decompressed, for each
/// hit.
const MAX_RAW_BYTES: u32 = 128 * 1024;

const _: () = assert!(RECORD_POINTS * MAX_ID_BYTES <= u16::MAX as usize);

/// Collects ids and payloads in ordinal order.
#[derive(Default)]
pub(crate) struct RecordBuilder {
    closed: Vec<Closed>,
    id_ends: Vec<u16>,
    ids: Vec<u8>,
    payloads: OpenBlock,
}

/// What a record has behind its codes.
struct Closed {
    /// Where each id ends, then ids.
    ids: Vec<u8>,
    /// The payload block, and how many bytes it has decompressed.
    block: Vec<u8>,
    raw_bytes: u32,
}

/// Finished records.
pub(crate) struct RecordParts {
    /// Where each begins and the last ends, in lengths of a code.
    pub(crate) starts: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
}

impl RecordBuilder {
    pub(crate) fn push(&mut self, id: &str, payload: &PayloadText) {
        self.ids.extend_from_slice(id.as_bytes());
        self.id_ends.push(self.ids.len() as u16);
        self.payloads.push(payload);
        if self.id_ends.len() == RECORD_POINTS {
            self.close();
        }
    }

    fn close(&mut self) {
        let mut ids: Vec<u8> = self.id_ends.drain(..).flat_map(u16::to_le_bytes).collect();
        ids.append(&mut self.ids);
        let (raw_bytes, block) = self.payloads.close();
        self.closed.push(Closed { ids, block, raw_bytes });
    }

    /// Writes the records of points with these codes, each of so many bytes, and their factors. Payloads are left out,
    /// and false says so, where they have more bytes, compressed, than codes, for whoever looks for candidates would
    /// fetch more for them than for all else, or where a record would have too many.
    pub(crate) fn finish(
        mut self,
        (codes, code_bytes): (&[u8], usize),
        factors: &[f32],
        proof_bytes: usize,
    ) -> (RecordParts, bool) {
        if !self.id_ends.is_empty() {
            self.close();
        }
        let with_payloads = self.closed.iter().map(|closed| closed.block.len()).sum::<usize>() <= codes.len()
            && self.closed.iter().all(|closed| closed.raw_bytes <= MAX_RAW_BYTES);
        let mut parts = RecordParts { starts: alloc::vec![0], bytes: Vec::new() };
        let factors_each = factors.len() * code_bytes / codes.len().max(1);
        let factors = factors.chunks(RECORD_POINTS * factors_each.max(1));
        let of_points = codes.chunks(RECORD_POINTS * code_bytes).zip(factors);
        for ((codes, factors), Closed { ids, block, raw_bytes }) in of_points.zip(self.closed) {
            let (raw_bytes, block) = if with_payloads { (raw_bytes, block) } else { (0, Vec::new()) };
            parts.bytes.extend_from_slice(codes);
            parts.bytes.extend(factors.iter().flat_map(|factor| factor.to_le_bytes()));
            for count in [ids.len() as u32, raw_bytes, block.len() as u32] {
                parts.bytes.extend(count.to_le_bytes());
            }
            parts.bytes.extend(ids);
            parts.bytes.extend(block);
            let end = (parts.bytes.len() + proof_bytes).next_multiple_of(code_bytes);
            parts.bytes.resize(end, 0);
            parts.starts.push((end / code_bytes) as u32);
        }
        (parts, with_payloads)
    }
}

/// What a record has behind codes and factors.
struct Behind<'a> {
    /// Where each id ends, then ids.
    ids: &'a [u8],
    raw_bytes: u32,
    /// Compressed payloads.
    block: &'a [u8],
}

impl<'a> Behind<'a> {
    /// None where the record is not here, or says what cannot be.
    fn of(codes: &Codes<'a>, record: usize) -> Option<Self> {
        let (header, rest) = codes.behind(record).split_at_checked(HEADER_BYTES)?;
        let number = |at: usize| header.as_chunks::<4>().0.get(at).map(|bytes| u32::from_le_bytes(*bytes));
        let (ids, raw_bytes, bytes) = (number(0)? as usize, number(1)?, number(2)? as usize);
        let (ids, rest) = rest.split_at_checked(ids)?;
        Some(Self { ids, raw_bytes, block: rest.get(..bytes)? })
    }
}

/// Points of a record.
fn points_of(codes: &Codes<'_>, record: usize) -> usize {
    codes.len().saturating_sub(record * RECORD_POINTS).min(RECORD_POINTS)
}

/// The payloads among which that of a point is, from the record of the point; none where they stand elsewhere, the
/// record is not here, or says what cannot be.
pub(crate) fn payload_in_record<'a>(codes: &Codes<'a>, ordinal: Ordinal) -> Option<Block<'a>> {
    let record = ordinal as usize / RECORD_POINTS;
    let Behind { raw_bytes, block, .. } = Behind::of(codes, record)?;
    let first = (record * RECORD_POINTS) as Ordinal;
    let is_sound = (1..=MAX_RAW_BYTES).contains(&raw_bytes);
    is_sound.then_some(Block { first, points: points_of(codes, record), raw_bytes, compressed: block })
}

/// The id of a point, from its record.
pub(super) fn id_in_record<'a>(codes: &Codes<'a>, ordinal: Ordinal) -> Option<&'a str> {
    let (record, place) = (ordinal as usize / RECORD_POINTS, ordinal as usize % RECORD_POINTS);
    let (ends, ids) = Behind::of(codes, record)?.ids.split_at_checked(points_of(codes, record) * size_of::<u16>())?;
    let end = |place: usize| ends.as_chunks::<2>().0.get(place).map(|end| usize::from(u16::from_le_bytes(*end)));
    let from = place.checked_sub(1).map_or(Some(0), end)?;
    core::str::from_utf8(ids.get(from..end(place)?)?).ok()
}
