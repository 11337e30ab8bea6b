//! Payloads in small LZ4 blocks.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::MAX_PAYLOAD_BYTES;
use crate::model::PayloadText;

/// A block is closed when it has this many bytes.
const BLOCK_BYTES: usize = 4096;
/// A block holds less than [`BLOCK_BYTES`] and then one payload.
const MAX_BLOCK_BYTES: usize = BLOCK_BYTES + MAX_PAYLOAD_BYTES;

/// One compressed block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct BlockEntry {
    first: Ordinal,
    raw_bytes: u32,
    offset: u64,
}

const _: () = assert!(size_of::<BlockEntry>() == 16);

/// Collects payloads in ordinal order.
#[derive(Default)]
pub(crate) struct PayloadBuilder {
    ends: Vec<u32>,
    blocks: Vec<BlockEntry>,
    bytes: Vec<u8>,
    open: Vec<u8>,
    open_first: Ordinal,
}

/// The sections of stored payloads.
pub(crate) struct PayloadParts {
    pub(crate) ends: Vec<u32>,
    pub(crate) blocks: Vec<BlockEntry>,
    pub(crate) bytes: Vec<u8>,
}

impl PayloadBuilder {
    pub(crate) fn push(&mut self, payload: &PayloadText) {
        self.open.extend_from_slice(payload.as_str().as_bytes());
        self.ends.push(self.open.len() as u32);
        if self.open.len() >= BLOCK_BYTES {
            self.close();
        }
    }

    fn close(&mut self) {
        self.blocks.push(BlockEntry {
            first: self.open_first,
            raw_bytes: self.open.len() as u32,
            offset: self.bytes.len() as u64,
        });
        self.bytes.extend(lz4_flex::block::compress(&self.open));
        self.open.clear();
        self.open_first = self.ends.len() as Ordinal;
    }

    pub(crate) fn finish(mut self) -> PayloadParts {
        if !self.open.is_empty() {
            self.close();
        }
        PayloadParts { ends: self.ends, blocks: self.blocks, bytes: self.bytes }
    }
}

/// A view of stored payloads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payloads<'a> {
    ends: &'a [u32],
    blocks: &'a [BlockEntry],
    bytes: &'a [u8],
}

impl<'a> Payloads<'a> {
    /// Checks and opens the payloads of `points` points. What is inside a block is checked when
    /// it is read.
    pub(crate) fn new(ends: &'a [u32], blocks: &'a [BlockEntry], bytes: &'a [u8], points: usize) -> Result<Self> {
        let bad = |why: &str| Err(Error::corrupt(format!("payloads: {why}")));
        if ends.len() != points || blocks.first().map_or(points > 0, |b| b.first != 0 || b.offset != 0) {
            return bad("not one end a point, or the first block does not start at the first point");
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
        Ok(Self::unchecked(ends, blocks, bytes))
    }

    /// Opens payloads that [`Payloads::new`] has accepted before.
    pub(crate) const fn unchecked(ends: &'a [u32], blocks: &'a [BlockEntry], bytes: &'a [u8]) -> Self {
        Self { ends, blocks, bytes }
    }

    /// The payload of a point.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Result<PayloadText> {
        let damaged = || Error::corrupt(format!("payload of ordinal {ordinal} is damaged"));
        let position = self.blocks.partition_point(|b| b.first <= ordinal).checked_sub(1).ok_or_else(damaged)?;
        let block = self.blocks.get(position).ok_or_else(damaged)?;
        let to = self.blocks.get(position + 1).map_or(self.bytes.len() as u64, |next| next.offset);
        let compressed = self.bytes.get(block.offset as usize..to as usize).ok_or_else(damaged)?;
        let mut raw = alloc::vec![0u8; block.raw_bytes as usize];
        let written = lz4_flex::block::decompress_into(compressed, &mut raw).map_err(|_| damaged())?;
        let end_of = |o: Ordinal| self.ends.get(o as usize).map(|&e| e as usize);
        let from = if ordinal == block.first { Some(0) } else { end_of(ordinal - 1) };
        let json =
            from.zip(end_of(ordinal)).and_then(|(from, to)| raw.get(..written)?.get(from..to)).ok_or_else(damaged)?;
        let text = core::str::from_utf8(json).map_err(|_| damaged())?;
        PayloadText::parse(text.into()).map_err(|_| damaged())
    }
}
