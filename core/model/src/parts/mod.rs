//! Bytes of which some may not be here yet: those of a blob that arrives in parts.
//!
//! ```text
//! reader ── get(range) ──> the bytes, where they are here
//!                     └──> nothing; the range is noted ── host ── fetches, proves ──> add ── the reader begins again
//! ```
//!
//! Whoever reads goes on without what is missing, as far as that does not depend on it: so one go says all that can be
//! known to be wanted, and a host fetches it at once. What came of such a go is worth nothing; whoever began it asks
//! [`Parts::all_here`] before anything is made of it. A blob that is whole is the case in which nothing is missing, and
//! read by the same code.

#[cfg(test)]
mod tests;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use spin::Mutex;

use crate::bytes::{ALIGNMENT, AlignedBytes, none};
use crate::error::{Code, Error, Result};

/// The bytes of a blob: all of them, or those that have arrived.
#[derive(Debug, Clone)]
pub enum Blob {
    /// All.
    Whole(Arc<AlignedBytes>),
    /// Some.
    Parts(Parts),
}

impl Blob {
    /// Bytes of the blob, whether they are here or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all().len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The blob from its first byte to its last.
    #[must_use]
    pub fn all(&self) -> Stretch<'_> {
        match self {
            Self::Whole(bytes) => Stretch::Here(bytes),
            Self::Parts(parts) => Stretch::Parts(parts, 0, parts.bytes),
        }
    }

    /// Takes a part that has been proved; one that is whole has it already.
    pub fn add(&mut self, start: usize, bytes: &[u8]) {
        if let Self::Parts(parts) = self {
            parts.add(start, bytes);
        }
    }

    /// What is here now stays: see [`Parts::keep`].
    pub fn keep(&mut self) {
        if let Self::Parts(parts) = self {
            parts.keep();
        }
    }

    /// What was wanted since the last call and is not here.
    #[must_use]
    pub fn take_missing(&self) -> Vec<Range<usize>> {
        match self {
            Self::Whole(_) => Vec::new(),
            Self::Parts(parts) => parts.take_missing(),
        }
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Parts(parts) => parts.held_bytes(),
        }
    }
}

/// The parts of a blob that have arrived, and which were wanted and have not. One search at a time: clones share what
/// is here, and note for themselves what is not.
#[derive(Debug)]
pub struct Parts {
    bytes: usize,
    /// Bytes of memory of all that is here.
    held_bytes: usize,
    /// In the order of their starts; none lies within another, so ends ascend as well.
    held: Vec<Part>,
    /// Start and end as one number, by which they are in order: a blob has less than 4 GiB.
    missing: Mutex<Vec<u64>>,
    /// How often something was wanted that is not here, ever.
    misses: AtomicU32,
    /// What is read or comes now is used at this time. Times are numbers that whoever holds the parts makes up.
    now: AtomicU32,
}

#[derive(Debug)]
struct Part {
    start: usize,
    end: usize,
    /// When it was read last, or came; [`KEPT`] where it never goes.
    used: AtomicU32,
    /// Behind as many bytes as put `start` where it is in the blob, modulo [`ALIGNMENT`]: numbers are read in place.
    bytes: Arc<AlignedBytes>,
}

/// Later than all times.
const KEPT: u32 = u32::MAX;

impl Clone for Part {
    fn clone(&self) -> Self {
        let (used, bytes) = (self.used.load(Relaxed).into(), Arc::clone(&self.bytes));
        Self { start: self.start, end: self.end, used, bytes }
    }
}

impl Clone for Parts {
    fn clone(&self) -> Self {
        let now = self.now.load(Relaxed).into();
        let Self { bytes, held_bytes, .. } = *self;
        Self { bytes, held_bytes, held: self.held.clone(), missing: Mutex::default(), misses: 0.into(), now }
    }
}

impl Parts {
    /// A blob of so many bytes, of which none is here.
    ///
    /// Of 4 GiB and more nothing would ever be found: no blob has so many.
    #[must_use]
    pub const fn new(bytes: usize) -> Self {
        let missing = Mutex::new(Vec::new());
        Self { bytes, held_bytes: 0, held: Vec::new(), missing, misses: AtomicU32::new(0), now: AtomicU32::new(0) }
    }

    /// Takes a part that has been proved. Bytes past the end of the blob are left out.
    pub fn add(&mut self, start: usize, bytes: &[u8]) {
        let end = start.saturating_add(bytes.len()).min(self.bytes);
        let Some(bytes) = bytes.get(..end.saturating_sub(start)).filter(|bytes| !bytes.is_empty()) else { return };
        if self.find(&(start..end)).is_some() {
            return;
        }
        let before = start % ALIGNMENT;
        let copied = AlignedBytes::fill_with(before + bytes.len(), |all| {
            all.iter_mut().skip(before).zip(bytes).for_each(|(to, byte)| *to = *byte);
        });
        // No part lies in another one: by starts they stand as by ends, and those in the new one are neighbours.
        let first = self.held.partition_point(|part| part.start < start);
        let behind = first.max(self.held.partition_point(|part| part.end <= end));
        let copied = Part { start, end, used: self.now.load(Relaxed).into(), bytes: Arc::new(copied) };
        self.held_bytes += copied.bytes.len();
        let inside = self.held.splice(first..behind, [copied]);
        self.held_bytes -= inside.map(|part| part.bytes.len()).sum::<usize>();
    }

    /// Bytes that are here.
    #[must_use]
    pub const fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// What is read or comes from now on is used at this time, which is less than the greatest number.
    pub fn set_time(&self, now: u32) {
        self.now.store(now, Relaxed);
    }

    /// What is here now stays, whenever it was used.
    pub fn keep(&mut self) {
        self.held.iter_mut().for_each(|part| part.used = KEPT.into());
    }

    /// When each part was used last, and its bytes; not of those that stay.
    pub fn uses(&self) -> impl Iterator<Item = (u32, usize)> {
        let all = self.held.iter().map(|part| (part.used.load(Relaxed), part.bytes.len()));
        all.filter(|(used, _)| *used != KEPT)
    }

    /// Lets parts go that were not used at this time or later.
    pub fn drop_unused_since(&mut self, time: u32) {
        self.held.retain(|part| part.used.load(Relaxed) >= time);
        self.held_bytes = self.held.iter().map(|part| part.bytes.len()).sum();
    }

    /// Fails with `parts_missing` if something was wanted since [`Self::take_missing`] that is not here.
    pub fn all_here(&self) -> Result<()> {
        if self.missing.lock().is_empty() { Ok(()) } else { Err(missing()) }
    }

    /// How often something was wanted that is not here: more of it after some reading says that this is worth nothing,
    /// whatever else is missing.
    fn misses(&self) -> u32 {
        self.misses.load(Relaxed)
    }

    /// What was wanted since the last call and is not here: ascending, each once. Units that prove themselves stay
    /// apart.
    pub fn take_missing(&self) -> Vec<Range<usize>> {
        let mut wanted = core::mem::take(&mut *self.missing.lock());
        wanted.sort_unstable();
        wanted.dedup();
        wanted.iter().map(|&both| (both >> 32) as usize..both as u32 as usize).collect()
    }

    fn find(&self, range: &Range<usize>) -> Option<&[u8]> {
        let at = self.held.partition_point(|part| part.start <= range.start);
        let part = at.checked_sub(1).and_then(|at| self.held.get(at)).filter(|part| part.end >= range.end)?;
        if part.used.load(Relaxed) != KEPT {
            part.used.store(self.now.load(Relaxed), Relaxed);
        }
        let from = part.start % ALIGNMENT + (range.start - part.start);
        part.bytes.get(from..from + range.len())
    }

    fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        let found = self.find(&range);
        if found.is_none() {
            self.misses.fetch_add(1, Relaxed);
            self.note(&range);
        }
        found
    }

    fn note(&self, range: &Range<usize>) {
        let both = (range.start as u64) << 32 | range.end as u64;
        let mut missing = self.missing.lock();
        if missing.last() != Some(&both) {
            missing.push(both);
        }
    }
}

/// What a search fails with that needs more than is here.
#[must_use]
pub fn missing() -> Error {
    Error::new(Code::PartsMissing, "parts of the collection that this needs are not here; go online, or prefetch them")
}

/// A run of bytes of a blob, of which all are here or only some.
#[derive(Debug, Clone, Copy)]
pub enum Stretch<'a> {
    /// All are here.
    Here(&'a [u8]),
    /// Of these parts, so many bytes from a place on.
    Parts(&'a Parts, usize, usize),
}

impl Default for Stretch<'_> {
    fn default() -> Self {
        Self::Here(&[])
    }
}

impl<'a> From<&'a [u8]> for Stretch<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Here(bytes)
    }
}

impl<'a> Stretch<'a> {
    /// Its bytes, whether they are here or not.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len(),
            Self::Parts(_, _, len) => len,
        }
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The bytes of a range; none where they are not here, which is noted, or not in it.
    #[inline(always)]
    #[must_use]
    pub fn get(self, range: Range<usize>) -> Option<&'a [u8]> {
        match self {
            Self::Here(bytes) => bytes.get(range),
            Self::Parts(parts, start, len) => get_part(parts, (start, len), range),
        }
    }

    /// The bytes of a range, if they are here; that they are not is nothing that is noted.
    #[must_use]
    pub fn peek(self, range: Range<usize>) -> Option<&'a [u8]> {
        match self {
            Self::Here(bytes) => bytes.get(range),
            Self::Parts(parts, start, len) if range.start <= range.end && range.end <= len => {
                parts.find(&(start + range.start..start + range.end))
            }
            Self::Parts(..) => None,
        }
    }

    /// Notes what will be wanted if it is not here, so that it comes together with what is wanted now. What is read
    /// meanwhile does not rest on it.
    #[inline(never)]
    #[cold]
    pub fn want(self, range: Range<usize>) {
        if let Self::Parts(parts, start, len) = self
            && range.start < range.end
            && range.end <= len
            && self.peek(range.clone()).is_none()
        {
            parts.note(&(start + range.start..start + range.end));
        }
    }

    /// How often something of the blob was wanted that is not here.
    #[must_use]
    pub fn misses(self) -> u32 {
        match self {
            Self::Here(_) => 0,
            Self::Parts(parts, ..) => parts.misses(),
        }
    }

    /// All of it.
    #[inline(never)]
    #[must_use]
    pub fn whole(self) -> Option<&'a [u8]> {
        self.get(0..self.len())
    }

    /// A part of it; none where it is not in it.
    #[must_use]
    pub fn narrow(self, range: Range<usize>) -> Option<Self> {
        match self {
            Self::Here(bytes) => bytes.get(range).map(Self::Here),
            Self::Parts(parts, start, len) => {
                let is_in = range.start <= range.end && range.end <= len;
                is_in.then(|| Self::Parts(parts, start + range.start, range.len()))
            }
        }
    }

    /// Fails with `parts_missing` if something of the blob was wanted that is not here.
    pub fn all_here(self) -> Result<()> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Parts(parts, ..) => parts.all_here(),
        }
    }

    /// Whether all of the blob is here.
    #[must_use]
    pub const fn is_here(self) -> bool {
        matches!(self, Self::Here(_))
    }
}

/// Not copied into callers, whose loops are over blobs that are here.
#[inline(never)]
#[cold]
fn get_part(parts: &Parts, (start, len): (usize, usize), range: Range<usize>) -> Option<&[u8]> {
    let is_in = range.start <= range.end && range.end <= len;
    if !is_in {
        return None;
    }
    if range.is_empty() {
        return Some(none());
    }
    parts.get(start + range.start..start + range.end)
}

/// Goes on past what is missing, so that one go says all that is wanted, and fails at the end if something was.
#[derive(Debug, Default)]
pub struct Gaps(Option<Error>);

impl Gaps {
    /// What came of one of several that do not depend on one another; none where parts of it are missing.
    pub fn pass<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Err(error) if error.code() == Code::PartsMissing => {
                self.0 = Some(error);
                Ok(None)
            }
            result => result.map(Some),
        }
    }

    /// Fails if something was missing.
    pub fn close(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
