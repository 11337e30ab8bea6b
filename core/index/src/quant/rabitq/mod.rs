//! Codes of one to four bits a dimension: RaBitQ (Gao and Long, arXiv 2405.12497; of several bits, Gao and others,
//! arXiv 2409.09913) with a centroid for each cluster.
//!
//! | file | job |
//! | --- | --- |
//! | `code` | the code that points most nearly where a residual does |
//! | `builder` | blocks of codes and their factors |
//! | `query` | scores blocks |
//!
//! A rotated vector x of a cluster with centroid c is kept as a code v of its residual r = x - c and two factors. A
//! component of v is a sum of signs, 1 and -1, each worth twice the next: with one bit the sign of r's component, with
//! two -3, -1, 1 or 3. With F = |r|² / <v, r> the inner product with any query q is
//!
//! ```text
//! <q, x> = <q, c> + <c, r> + <q - c, r>  ≈  <q, c> + A + F <q, v>        A = <c, r> - F <c, v>
//! ```
//!
//! A is what the estimator gets wrong about the centroid itself, which is known when encoding: taking q - c instead
//! of q makes the error smaller (section 3.1), and linearity allows it without a query of its own for each cluster.
//! Squared distances fold into the same two factors.
//!
//! The error is at most `ERROR_SCALE * spread * F * |q|` with high probability (theorem 3.2), where spread is the
//! sine between residual and code times the code's length over √d. With one bit it is about 0.6 for all but odd
//! vectors, so one for the whole segment does.
//!
//! A block has a plane of signs for each bit, the highest first, so that each is looked up by the same tables.

mod builder;
mod code;
mod query;
#[cfg(test)]
mod tests;

pub use builder::RabitqBuilder;
pub(super) use code::CodeFinder;
pub use query::RabitqQuery;

use crate::kernel::BLOCK;
use crate::promised::Promised as _;

/// Bits a dimension that a code may have.
pub const BITS: core::ops::RangeInclusive<u32> = 1..=4;
/// Bytes of the two factors of each vector of a block.
const FACTOR_BYTES: usize = 2 * BLOCK * size_of::<f32>();

/// Bytes of a block of 32 vectors of `dim` rotated components and so many bits: of each plane columns of 32 bytes, then
/// 32 terms A, then 32 factors F.
pub const fn block_bytes(dim: usize, bits: u32) -> usize {
    plane_bytes(dim) * bits as usize + FACTOR_BYTES
}

const fn plane_bytes(dim: usize) -> usize {
    dim / 8 * BLOCK
}

/// Codes and factors of a block.
pub struct Block<'a> {
    planes: &'a [u8],
    adds: &'a [f32; BLOCK],
    /// F of each vector.
    pub scales: &'a [f32; BLOCK],
}

impl<'a> Block<'a> {
    /// Reads the block of these [`block_bytes`] aligned bytes.
    #[inline(always)]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (planes, factors) = bytes.split_at_checked(bytes.len().checked_sub(FACTOR_BYTES)?)?;
        let factors: &[[f32; BLOCK]] = bytemuck::try_cast_slice(factors).ok()?;
        let [adds, scales] = factors.first_chunk()?;
        Some(Self { planes, adds, scales })
    }

    /// Puts the signs of a vector of one bit into `signs`, eight dimensions a byte.
    pub(crate) fn read_signs(&self, lane: usize, signs: &mut [u8]) {
        for (to, column) in signs.iter_mut().zip(self.planes.as_chunks::<BLOCK>().0) {
            *to = column.get(lane % BLOCK).copied().promised();
        }
    }

    /// A and F of a vector.
    pub(super) fn factors(&self, lane: usize) -> [f32; 2] {
        [self.adds, self.scales].map(|factors| factors.get(lane).copied().unwrap_or_default())
    }
}
