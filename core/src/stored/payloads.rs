//! Payloads in small LZ4 blocks: in a section of their own, or each in the record of its points.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::MAX_PAYLOAD_BYTES;
use crate::model::PayloadText;
use crate::parts::Stretch;

/// A block of a section is closed when its payloads have so many bytes.
const BLOCK_BYTES: usize = 4096;
/// Bytes that say where a payload ends.
const END_BYTES: usize = size_of::<u32>();
/// Such a block holds less than [`BLOCK_BYTES`], of which a payload has two at least, and then one payload.
const MAX_BLOCK_BYTES: usize = BLOCK_BYTES + MAX_PAYLOAD_BYTES + (BLOCK_BYTES / 2 + 1) * END_BYTES;

/// One block of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct BlockEntry {
    first: Ordinal,
    /// Bytes decompressed.
    raw_bytes: u32,
    offset: u64,
}

const _: () = assert!(size_of::<BlockEntry>() == 16);

/// The payloads of a block before it is compressed.
#[derive(Default)]
pub(crate) struct OpenBlock {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl OpenBlock {
    pub(crate) fn push(&mut self, payload: &PayloadText) {
        self.bytes.extend_from_slice(payload.as_str().as_bytes());
        self.ends.push(self.bytes.len() as u32);
    }

    /// Empties it: how many bytes it has decompressed, and the block.
    pub(crate) fn close(&mut self) -> (u32, Vec<u8>) {
        let mut raw: Vec<u8> = self.ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        raw.append(&mut self.bytes);
        self.ends.clear();
        (raw.len() as u32, lz4_flex::block::compress(&raw))
    }
}

/// Collects payloads in ordinal order.
#[derive(Default)]
pub(crate) struct PayloadBuilder {
    blocks: Vec<BlockEntry>,
    bytes: Vec<u8>,
    open: OpenBlock,
    first: Ordinal,
    next: Ordinal,
}

/// The sections of stored payloads.
pub(crate) struct PayloadParts {
    pub(crate) blocks: Vec<BlockEntry>,
    pub(crate) bytes: Vec<u8>,
}

impl PayloadBuilder {
    pub(crate) fn push(&mut self, payload: &PayloadText) {
        self.open.push(payload);
        self.next += 1;
        if self.open.bytes.len() >= BLOCK_BYTES {
            self.close();
        }
    }

    fn close(&mut self) {
        let (raw_bytes, block) = self.open.close();
        self.blocks.push(BlockEntry { first: self.first, raw_bytes, offset: self.bytes.len() as u64 });
        self.bytes.extend(block);
        self.first = self.next;
    }

    pub(crate) fn finish(mut self) -> PayloadParts {
        if self.first < self.next {
            self.close();
        }
        PayloadParts { blocks: self.blocks, bytes: self.bytes }
    }
}

/// A block as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The first of its points, and how many there are.
    pub(crate) first: Ordinal,
    pub(crate) points: usize,
    /// Bytes decompressed: so much memory is asked for.
    pub(crate) raw_bytes: u32,
    pub(crate) compressed: &'a [u8],
}

impl Block<'_> {
    /// The payload of one of its points.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Result<PayloadText> {
        self.read(ordinal).ok_or_else(|| damaged(ordinal))
    }

    fn read(&self, ordinal: Ordinal) -> Option<PayloadText> {
        let position = ordinal.checked_sub(self.first)? as usize;
        let mut raw = alloc::vec![0u8; self.raw_bytes as usize];
        let written = lz4_flex::block::decompress_into(self.compressed, &mut raw).ok()?;
        let (ends, payloads) = raw.get(..written)?.split_at_checked(self.points * END_BYTES)?;
        let ends = ends.as_chunks::<END_BYTES>().0;
        let end = |position: usize| ends.get(position).map(|end| u32::from_le_bytes(*end) as usize);
        let from = if position == 0 { 0 } else { end(position - 1)? };
        let text = core::str::from_utf8(payloads.get(from..end(position)?)?).ok()?;
        PayloadText::parse(text.into()).ok()
    }
}

pub(crate) fn damaged(ordinal: Ordinal) -> Error {
    Error::corrupt(format!("payload of ordinal {ordinal} is damaged"))
}

/// A view of payloads in a section of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payloads<'a> {
    blocks: &'a [BlockEntry],
    bytes: Stretch<'a>,
    points: usize,
}

impl<'a> Payloads<'a> {
    /// Checks and opens the payloads of `points` points. What is inside a block is checked when
    /// it is read.
    pub(crate) fn new(blocks: &'a [BlockEntry], bytes: Stretch<'a>, points: usize) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("payloads: {why}")));
        if blocks.first().map_or(points > 0, |b| b.first != 0 || b.offset != 0) {
            return bad("the first block does not start at the first point");
        }
        if !blocks.is_sorted_by(|a, b| a.first < b.first && a.offset <= b.offset) {
            return bad("blocks do not ascend");
        }
        if blocks.last().is_some_and(|b| b.first as usize >= points || b.offset > bytes.len() as u64) {
            return bad("a block lies outside");
        }
        if blocks.iter().any(|b| b.raw_bytes as usize > MAX_BLOCK_BYTES) {
            return bad("a block is larger than the limit");
        }
        Ok(Self::unchecked(blocks, bytes, points))
    }

    /// Opens payloads that [`Payloads::new`] has accepted before.
    pub(crate) const fn unchecked(blocks: &'a [BlockEntry], bytes: Stretch<'a>, points: usize) -> Self {
        Self { blocks, bytes, points }
    }

    /// The payload of a point.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Result<PayloadText> {
        let position = self.blocks.partition_point(|b| b.first <= ordinal);
        let block = position.checked_sub(1).and_then(|position| self.blocks.get(position));
        let &BlockEntry { first, raw_bytes, offset } = block.ok_or_else(|| damaged(ordinal))?;
        let next = self.blocks.get(position);
        let to = next.map_or(self.bytes.len(), |next| next.offset as usize);
        let points = next.map_or(self.points, |next| next.first as usize) - first as usize;
        let compressed = self.bytes.get(offset as usize..to).ok_or_else(|| damaged(ordinal))?;
        Block { first, points, raw_bytes, compressed }.get(ordinal)
    }
}
