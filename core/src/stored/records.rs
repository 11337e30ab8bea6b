//! Records: of 32 points that follow one another the codes, the ids and the payloads, in one run of bytes.
//!
//! ```text
//! codes │ u32 bytes of ids │ u32 payloads decompressed │ u32 compressed │ u16 × points: ends │ ids │ LZ4 │ 0 … │ proof
//! ```
//!
//! A reader that fetches ranges asks for the record of each candidate, and can rank and name it then, and show it where
//! payloads are short; by metrics other than the cosine it wants factors besides. Readers of whole segments find ids by
//! the sections that are in their order; those here are for readers that have no such.

use alloc::vec::Vec;

use super::payloads::{Block, OpenBlock};
use crate::ids::Ordinal;
use crate::limits::MAX_ID_BYTES;
use crate::model::PayloadText;
use crate::quant::RECORD_POINTS;

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

    /// Writes the records of points with these codes, each of so many bytes. Payloads are left out, and false says so,
    /// where they have more bytes, compressed, than codes, for whoever looks for candidates would fetch more for them
    /// than for all else, or where a record would have too many.
    pub(crate) fn finish(mut self, codes: &[u8], code_bytes: usize, proof_bytes: usize) -> (RecordParts, bool) {
        if !self.id_ends.is_empty() {
            self.close();
        }
        let with_payloads = self.closed.iter().map(|closed| closed.block.len()).sum::<usize>() <= codes.len()
            && self.closed.iter().all(|closed| closed.raw_bytes <= MAX_RAW_BYTES);
        let mut parts = RecordParts { starts: alloc::vec![0], bytes: Vec::new() };
        for (codes, Closed { ids, block, raw_bytes }) in codes.chunks(RECORD_POINTS * code_bytes).zip(self.closed) {
            let (raw_bytes, block) = if with_payloads { (raw_bytes, block) } else { (0, Vec::new()) };
            parts.bytes.extend_from_slice(codes);
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

/// The payloads of a record, of which this is what stands behind the codes; none where they stand elsewhere, or where
/// the record says what cannot be.
pub(crate) fn payloads_behind(behind: &[u8], first: Ordinal, points: usize) -> Option<Block<'_>> {
    let (header, rest) = behind.split_at_checked(HEADER_BYTES)?;
    let number = |at: usize| header.as_chunks::<4>().0.get(at).map(|bytes| u32::from_le_bytes(*bytes));
    let (ids, raw_bytes, bytes) = (number(0)? as usize, number(1)?, number(2)? as usize);
    let compressed = rest.get(ids..)?.get(..bytes)?;
    (1..=MAX_RAW_BYTES).contains(&raw_bytes).then_some(Block { first, points, raw_bytes, compressed })
}
