//! Point ids.

use alloc::vec::Vec;
use core::cmp::Ordering;

use headwater_index::pack::{bytes_of, number_at, pack, width};

use super::records::id_in_record;
use crate::columns::covers;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::limits::MAX_ID_BYTES;
use crate::parts::{Stretch, missing};
use crate::promised::Promised as _;
use crate::quant::Codes;

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
        let ids = Ids::here(&offsets, &self.bytes, &[]);
        by_id.sort_unstable_by_key(|&o| ids.get(o));
        IdParts { by_id, offsets, bytes: self.bytes }
    }
}

/// For each ordinal its place among all ids, packed; nothing where ordinals are in the order of ids.
pub(crate) fn ranks_of(by_id: &[Ordinal]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if by_id.is_sorted() {
        return bytes;
    }
    let mut ranks = alloc::vec![0; by_id.len()];
    for (rank, &ordinal) in (0..).zip(by_id) {
        ranks.get_mut(ordinal as usize).into_iter().for_each(|place| *place = rank);
    }
    pack(ranks.into_iter(), rank_bits(by_id.len() as u32), &mut bytes);
    bytes
}

/// Whether these are the ranks of that order. Takes no memory.
pub(crate) fn are_ranks_of(ranks: &[u8], by_id: &[Ordinal]) -> bool {
    let bits = rank_bits(by_id.len() as u32);
    let is_rank = |(rank, &ordinal): (u32, &Ordinal)| number_at(ranks, bits, ordinal as usize) == rank;
    match ranks.is_empty() {
        true => by_id.is_sorted(),
        false => ranks.len() == bytes_of(by_id.len(), bits) && (0..).zip(by_id).all(is_rank),
    }
}

fn rank_bits(points: u32) -> u8 {
    width(core::iter::once(points.saturating_sub(1)))
}

/// A view of stored ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids<'a> {
    offsets: Stretch<'a>,
    bytes: Stretch<'a>,
    by_id: Stretch<'a>,
    in_parts: Option<InParts<'a>>,
}

/// What a reader looks at instead, where not all of the segment is here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InParts<'a> {
    /// Records, which have the ids of their points.
    pub(crate) records: Option<Codes<'a>>,
    /// By ordinal; none where ordinals are in the order of ids.
    pub(crate) ranks: Option<Stretch<'a>>,
    pub(crate) points: u32,
}

impl<'a> Ids<'a> {
    /// Checks and opens the ids of `points` points. That ids ascend along `by_id` also shows that each ordinal
    /// stands there once.
    pub(crate) fn new(offsets: &'a [u32], bytes: &'a [u8], by_id: &'a [Ordinal], points: usize) -> Result<Self> {
        let ids = Self::here(offsets, bytes, by_id);
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

    /// Opens ids of which all are here.
    fn here(offsets: &'a [u32], bytes: &'a [u8], by_id: &'a [Ordinal]) -> Self {
        Self::unchecked(bytemuck::cast_slice(offsets).into(), bytes.into(), bytemuck::cast_slice(by_id).into())
    }

    /// Opens ids that [`Ids::new`] has accepted before, or of which only parts are here.
    pub(crate) const fn unchecked(offsets: Stretch<'a>, bytes: Stretch<'a>, by_id: Stretch<'a>) -> Self {
        Self { offsets, bytes, by_id, in_parts: None }
    }

    /// The same, read in parts.
    pub(crate) const fn in_parts(self, in_parts: InParts<'a>) -> Self {
        Self { in_parts: Some(in_parts), ..self }
    }

    /// The order of two points' ids.
    pub(crate) fn compare(&self, one: Ordinal, other: Ordinal) -> Ordering {
        match self.in_parts {
            None => self.get(one).cmp(&self.get(other)),
            Some(InParts { ranks: None, .. }) => one.cmp(&other),
            // What else is missing makes scores equal that are not.
            Some(_) if self.bytes.all_here().is_err() => one.cmp(&other),
            Some(InParts { ranks: Some(ranks), points, .. }) => {
                let (ranks, bits) = (ranks.whole().unwrap_or_default(), rank_bits(points));
                let [one, other] = [one, other].map(|ordinal| number_at(ranks, bits, ordinal.min(points) as usize));
                one.cmp(&other)
            }
        }
    }

    /// The id of a point; none when there is no such ordinal, or it is not here.
    pub(crate) fn get(&self, ordinal: Ordinal) -> Option<&'a str> {
        if let Some(InParts { records: Some(records), .. }) = &self.in_parts {
            return id_in_record(records, ordinal);
        }
        let at = ordinal.checked_mul(size_of::<u32>() as u32)? as usize;
        let ends = self.offsets.get(at..at.checked_add(2 * size_of::<u32>())?)?;
        let [from, to] = ends.as_chunks::<4>().0 else { return None };
        let [from, to] = [from, to].map(|end| u32::from_le_bytes(*end) as usize);
        core::str::from_utf8(self.bytes.get(from..to)?).ok()
    }

    /// Ordinals by id; none where they are not here.
    pub(crate) fn by_id(&self) -> &'a [Ordinal] {
        self.by_id.whole().and_then(|bytes| bytemuck::try_cast_slice(bytes).ok()).unwrap_or_default()
    }

    /// Ordinals of the ids that begin with this, by id.
    pub(crate) fn with_prefix(&self, prefix: &str) -> &'a [Ordinal] {
        let (ids, by_id) = self.all();
        let below = |id: Option<&str>| id.is_some_and(|held| held < prefix);
        let start = by_id.partition_point(|&o| below(ids.get(o)));
        let rest = by_id.get(start..).promised();
        let end = rest.partition_point(|&o| ids.get(o).is_some_and(|held| held.starts_with(prefix)));
        rest.get(..end).promised()
    }

    /// Ordinals of the ids that come after this one, by id.
    pub(crate) fn behind(&self, id: &str) -> &'a [Ordinal] {
        let (ids, by_id) = self.all();
        let first = by_id.partition_point(|&o| ids.get(o).is_some_and(|held| held <= id));
        by_id.get(first..).promised()
    }

    /// These ids, for who reads many of them: where not all of the segment is here, from their list, and not from as
    /// many records. Fails with `parts_missing` where the list is not here.
    pub(crate) fn listed(&self) -> Result<Self> {
        if self.in_parts.is_none() {
            return Ok(*self);
        }
        let (offsets, bytes) = (self.offsets.whole(), self.bytes.whole());
        match (offsets, bytes) {
            (Some(offsets), Some(bytes)) => Ok(Self::unchecked(offsets.into(), bytes.into(), self.by_id)),
            _ => Err(missing()),
        }
    }

    /// The ordinal of an id.
    pub(crate) fn find(&self, id: &str) -> Option<Ordinal> {
        let (ids, by_id) = self.all();
        let place = by_id.partition_point(|&o| ids.get(o).is_some_and(|held| held < id));
        by_id.get(place).copied().filter(|&o| ids.get(o) == Some(id))
    }

    /// All ids with their order, for who looks up ids: a search by halves would want them one after the other. None
    /// where not all are here.
    fn all(&self) -> (Self, &'a [Ordinal]) {
        let (listed, by_id) = (self.listed(), self.by_id());
        listed.map_or((*self, &[]), |ids| (ids, by_id))
    }
}
