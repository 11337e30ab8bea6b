//! Immutable bytes whose start is aligned to 64, so that sections inside them can be read in
//! place as slices of numbers.

use alloc::vec::Vec;
use core::ops::Deref;

use bytemuck::{Pod, Zeroable};

use crate::error::{Code, Error, Result};
use crate::promised::Promised as _;

/// Alignment, in bytes, of every section of every blob: one cache line, one AVX-512 register.
pub const ALIGNMENT: usize = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; ALIGNMENT]);

/// No bytes, where numbers could be.
pub(crate) fn none() -> &'static [u8] {
    bytemuck::cast_slice::<Line, u8>(&[])
}

/// Immutable bytes, 64-byte aligned.
#[derive(Clone, Default)]
pub struct AlignedBytes {
    lines: Vec<Line>,
    len: usize,
}

impl AlignedBytes {
    /// Copies `bytes` into aligned memory.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        Self::fill_with(bytes.len(), |target| target.copy_from_slice(bytes))
    }

    /// Makes `len` zero bytes and lets `fill` write them: how a host hands over bytes without an
    /// unaligned copy in between.
    pub fn fill_with(len: usize, fill: impl FnOnce(&mut [u8])) -> Self {
        let mut lines = alloc::vec![Line::zeroed(); len.div_ceil(ALIGNMENT)];
        if let Some(target) = bytemuck::cast_slice_mut(&mut lines).get_mut(..len) {
            fill(target);
        }
        Self { lines, len }
    }
}

/// [`AlignedBytes`] that arrive piece by piece: the memory is there from the start, so a host that
/// streams holds a blob once and not twice.
#[derive(Debug)]
pub struct AlignedBuilder {
    bytes: AlignedBytes,
    filled: usize,
}

impl AlignedBuilder {
    /// Memory for `len` bytes.
    #[must_use]
    pub fn with_len(len: usize) -> Self {
        Self { bytes: AlignedBytes::fill_with(len, |_| ()), filled: 0 }
    }

    /// Lets `fill` write the next `len` bytes; fails when they reach past the end.
    pub fn append_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<()> {
        let (start, total) = (self.filled, self.bytes.len);
        let end = start.checked_add(len).filter(|&end| end <= total);
        let target = end.and_then(|end| bytemuck::cast_slice_mut(&mut self.bytes.lines).get_mut(start..end));
        let message = || alloc::format!("more than {total} bytes arrived");
        fill(target.ok_or_else(|| Error::new(Code::HashMismatch, message()))?);
        self.filled = start + len;
        Ok(())
    }

    /// The bytes; fails when fewer were appended than announced.
    pub fn finish(self) -> Result<AlignedBytes> {
        if self.filled == self.bytes.len {
            return Ok(self.bytes);
        }
        let message =
            alloc::format!("{} of {} bytes arrived; the blob was cut on the way", self.filled, self.bytes.len);
        Err(Error::new(Code::HashMismatch, message))
    }
}

impl Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines).get(..self.len).promised()
    }
}

impl core::fmt::Debug for AlignedBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "AlignedBytes({} bytes)", self.len)
    }
}

/// Reads `bytes` in place as a slice of `T`; the length must be a whole number of items.
pub fn cast<'a, T: Pod>(bytes: &'a [u8], what: &str) -> Result<&'a [T]> {
    bytemuck::try_cast_slice(bytes).map_err(|e| {
        Error::corrupt(alloc::format!(
            "{what}: {} bytes cannot be read as items of {} bytes ({e})",
            bytes.len(),
            size_of::<T>()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_arrive_in_pieces_are_whole_or_an_error() {
        let mut builder = AlignedBuilder::with_len(5);
        builder.append_with(2, |b| b.copy_from_slice(b"ab")).unwrap();
        assert_eq!(builder.append_with(4, |_| ()).unwrap_err().code(), Code::HashMismatch);
        builder.append_with(3, |b| b.copy_from_slice(b"cde")).unwrap();
        assert_eq!(&*builder.finish().unwrap(), b"abcde");
        assert_eq!(AlignedBuilder::with_len(1).finish().unwrap_err().code(), Code::HashMismatch);
    }

    #[test]
    fn bytes_start_aligned_and_cast_only_in_whole_items() {
        let bytes = AlignedBytes::copy_from(&[1, 0, 0, 0, 2, 0, 0, 0, 9]);
        assert_eq!(bytes.as_ptr() as usize % ALIGNMENT, 0);
        assert_eq!(cast::<u32>(&bytes[..8], "test").unwrap(), [1, 2]);
        assert!(cast::<u32>(&bytes, "test").is_err());
    }
}
