//! Point ids.

use alloc::vec::Vec;

use crate::columns::covers;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::MAX_ID_BYTES;
use crate::promised::Promised as _;

/// Collects ids in ordinal order.
#[derive(Default)]
pub(crate) struct IdBuilder {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// The sections of stored ids.
pub(crate) struct IdParts {
    pub(crate) offsets: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) by_id: Vec<Ordinal>,
}

impl IdBuilder {
    pub(crate) fn push(&mut self, id: &str) {
        self.bytes.extend_from_slice(id.as_bytes());
        self.ends.push(self.bytes.len() as u32);
    }

    pub(crate) fn finish(self) -> IdParts {
        let mut offsets = Vec::with_capacity(self.ends.len() + 1);
        offsets.push(0);
        offsets.extend(self.ends);
        let mut by_id: Vec<Ordinal> = (0..offsets.len() as u32 - 1).collect();
        let ids = Ids::unchecked(&offsets, &self.bytes, &[]);
        by_id.sort_unstable_by_key(|&o| ids.get(o));
        IdParts { by_id, offsets, bytes: self.bytes }
    }
}

/// A view of stored ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids<'a> {
    offsets: &'a [u32],
    bytes: &'a [u8],
    by_id: &'a [Ordinal],
}

impl<'a> Ids<'a> {
    /// Checks and opens the ids of `points` points. That ids ascend along `by_id` also shows that each ordinal
    /// stands there once.
    pub(crate) fn new(offsets: &'a [u32], bytes: &'a [u8], by_id: &'a [Ordinal], points: usize) -> Result<Self> {
        let ids = Self::unchecked(offsets, bytes, by_id);
        if offsets.len() != points + 1 || by_id.len() != points || !covers(offsets, bytes.len()) {
            return Err(Error::corrupt("ids: offsets do not cover the bytes"));
        }
        let mut last = "";
        for &ordinal in by_id {
            let id = ids.get(ordinal).filter(|id| !id.is_empty() && id.len() <= MAX_ID_BYTES);
            match id {
                Some(id) if id > last => last = id,
                _ => return Err(Error::corrupt("ids: not ascending UTF-8 of 1 to 512 bytes")),
            }
        }
        Ok(ids)
    }

    /// Opens ids that [`Ids::new`] has accepted before.
    pub(crate) const fn unchecked(offsets: &'a [u32], bytes: &'a [u8], by_id: &'a [Ordinal]) -> Self {
        Self { offsets, bytes, by_id }
    }

    /// The id of a point; none when there is no such ordinal.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&'a str> {
        let row = ordinal as usize;
        match self.offsets.get(row..row + 2) {
            Some(&[from, to]) => core::str::from_utf8(self.bytes.get(from as usize..to as usize)?).ok(),
            _ => None,
        }
    }

    /// Ordinals by id.
    pub(crate) const fn by_id(&self) -> &'a [Ordinal] {
        self.by_id
    }

    /// Ordinals of the ids that begin with this, by id.
    pub(crate) fn with_prefix(&self, prefix: &str) -> &'a [Ordinal] {
        let below = |id: Option<&str>| id.is_some_and(|held| held < prefix);
        let start = self.by_id.partition_point(|&o| below(self.get(o)));
        let rest = self.by_id.get(start..).promised();
        let end = rest.partition_point(|&o| self.get(o).is_some_and(|held| held.starts_with(prefix)));
        rest.get(..end).promised()
    }

    /// The ordinal of an id.
    pub(crate) fn find(&self, id: &str) -> Option<Ordinal> {
        let place = self.by_id.partition_point(|&o| self.get(o).is_some_and(|held| held < id));
        self.by_id.get(place).copied().filter(|&o| self.get(o) == Some(id))
    }
}
