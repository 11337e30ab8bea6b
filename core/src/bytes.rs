//! Immutable bytes whose start is aligned to 64, so that sections inside them can be read in
//! place as slices of numbers.

use alloc::vec::Vec;
use core::ops::Deref;

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, Result};

/// Alignment, in bytes, of every section of every blob: one cache line, one AVX-512 register.
pub const ALIGNMENT: usize = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; ALIGNMENT]);

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

impl Deref for AlignedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines).get(..self.len).unwrap_or_default()
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
