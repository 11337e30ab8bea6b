//! Point ids.

use alloc::vec::Vec;

use crate::columns::covers;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::MAX_ID_BYTES;

/// Collects ids in ascending order.
#[derive(Default)]
pub(crate) struct IdBuilder {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl IdBuilder {
    pub(crate) fn push(&mut self, id: &str) {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(self.bytes.len() as u32);
    }

    /// Offsets and bytes.
    pub(crate) fn finish(self) -> (Vec<u32>, Vec<u8>) {
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.extend(self.ends);
        (offsets, self.bytes)
    }
}

/// A view of stored ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids<'a> {
    offsets: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> Ids<'a> {
    /// Checks and opens the ids of `points` points.
    pub(crate) fn new(offsets: &'a [u32], bytes: &'a [u8], points: usize) -> Result<Self> {
        let ids = Self::unchecked(offsets, bytes);
        if offsets.len() != points + 1 || !covers(offsets, bytes.len()) {
            return Err(Error::corrupt("ids: offsets do not cover the bytes"));
        }
        let mut last = "";
        for ordinal in 0..points as u32 {
            let id = ids.get(ordinal).filter(|id| !id.is_empty() && id.len() <= MAX_ID_BYTES);
            match id {
                Some(id) if id > last => last = id,
                _ => return Err(Error::corrupt("ids: not ascending UTF-8 of 1 to 512 bytes")),
            }
        }
        Ok(ids)
    }

    /// Opens ids that [`Ids::new`] has accepted before.
    pub(crate) const fn unchecked(offsets: &'a [u32], bytes: &'a [u8]) -> Self {
        Self { offsets, bytes }
    }

    /// The id of a point; none when there is no such ordinal.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&'a str> {
        let row = ordinal as usize;
        match self.offsets.get(row..row + 2) {
            Some(&[from, to]) => core::str::from_utf8(self.bytes.get(from as usize..to as usize)?).ok(),
            _ => None,
        }
    }

    /// The ordinal of an id.
    pub(crate) fn find(&self, id: &str) -> Option<Ordinal> {
        let (mut low, mut high) = (0u32, self.offsets.len().saturating_sub(1) as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle)?.cmp(id) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Greater => high = middle,
                core::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }
}
