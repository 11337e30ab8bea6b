//! Distance kernels: the inner loops of every search.
//!
//! ```text
//! stored u8 codes  ·  i16 query  ->  i32        dot_u8_i16   exact: the same integer everywhere
//! f32              ·  f32        ->  f32        dot_f32      eight lanes, one order of additions
//! ```
//!
//! They are written with `wide`, which becomes SSE2 or NEON natively and simd128 in WebAssembly.
//! [`scalar`] holds the naive twin of each; the tests demand equal bits. There is no fused
//! multiply-add: a target that has one would round differently from one that has none.

pub mod scalar;
#[cfg(test)]
mod tests;

use bytemuck::cast;
use wide::{f32x8, i16x8, i32x4, u16x8};

/// Codes are padded to a multiple of this, so that the integer kernel has no tail.
pub const LANES: usize = 16;

/// A query of the integer kernel: i16 values with even and odd positions apart.
///
/// The codes are never widened byte by byte: seen as u16 lanes, `x & 0xff` is the even code and
/// `x >> 8` the odd one, each multiplied and summed in pairs by one instruction.
#[derive(Debug, Clone, Default)]
pub struct SplitQuery {
    pairs: alloc::vec::Vec<[i16x8; 2]>,
}

impl SplitQuery {
    /// Splits `values`, padding with zeros to a multiple of [`LANES`].
    #[must_use]
    pub fn new(values: &[i16]) -> Self {
        let mut query = Self::default();
        query.replace(values);
        query
    }

    /// Splits other values into the same memory.
    pub fn replace(&mut self, values: &[i16]) {
        self.pairs.clear();
        self.pairs.extend(values.chunks(LANES).map(|chunk| {
            let (mut even, mut odd) = ([0i16; 8], [0i16; 8]);
            for ((e, o), pair) in even.iter_mut().zip(&mut odd).zip(chunk.chunks(2)) {
                *e = pair.first().copied().unwrap_or(0);
                *o = pair.get(1).copied().unwrap_or(0);
            }
            [i16x8::new(even), i16x8::new(odd)]
        }));
    }
}

/// The sum over all positions of code times query value, wrapping.
///
/// `codes` holds as many bytes as the padded query; further bytes are not read. It does not
/// overflow while `255 * 2 * |value|` summed over the dimensions stays within `i32`
/// (`quant` scales its queries so).
#[must_use]
#[inline]
pub fn dot_u8_i16(codes: &[u8], query: &SplitQuery) -> i32 {
    let low_byte = u16x8::splat(0xff);
    let (mut even, mut odd) = (i32x4::ZERO, i32x4::ZERO);
    for (chunk, [query_even, query_odd]) in codes.as_chunks::<LANES>().0.iter().zip(&query.pairs) {
        let lanes: u16x8 = cast(*chunk);
        let low: i16x8 = cast(lanes & low_byte);
        let high: i16x8 = cast(lanes >> 8u32);
        even += low.dot(*query_even);
        odd += high.dot(*query_odd);
    }
    let [a, b, c, d] = (even + odd).to_array();
    a.wrapping_add(b).wrapping_add(c).wrapping_add(d)
}

/// The inner product of two vectors of one length: eight running sums, added pairwise at the end.
#[must_use]
pub fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_tail) = a.as_chunks::<8>();
    let (b_chunks, b_tail) = b.as_chunks::<8>();
    let mut sums = f32x8::ZERO;
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        sums += f32x8::new(*x) * f32x8::new(*y);
    }
    let mut sums = sums.to_array();
    for ((sum, x), y) in sums.iter_mut().zip(a_tail).zip(b_tail) {
        *sum += x * y;
    }
    scalar::add_pairwise(sums)
}
