//! Distance kernels: the inner loops of every search.
//!
//! ```text
//! rows of u8 codes  ·  i16 query        ->  i32    Kernels::dot_rows     exact: the same integer everywhere
//! rows of nibbles           ->  rows of u8         unpack_rows           what 4-bit codes become first
//! planes of a 4-bit code     ->  u8               unpack_planes         the same where each bit stands apart
//! block of 32 x 1 bit  ·  tables        ->  u32    Kernels::sum_block    exact: the same integer everywhere
//! rows of 1 bit        ·  bit planes    ->  i32    Kernels::count_rows   exact: the same integer everywhere
//! f32  ·  f32                           ->  f32    dot_f32               sixteen lanes, one order of additions
//! 32 sums  ->  32 scores                           Kernels::score_block  f32, one order of operations
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `portable` | the algorithms through `wide`: SSE2 or NEON natively, simd128 in WebAssembly |
//! | `x86` | the kernels for AVX2 and AVX-512, chosen at run time (feature `std`) |
//! | `scalar` | the naive twin of each; the tests demand equal bits of all |
//!
//! There is no fused multiply-add: a target that has one would round differently from one that has none.

mod portable;
pub mod scalar;
#[cfg(test)]
mod tests;
#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod x86;

use alloc::vec::Vec;

pub use portable::{dot_f32, largest, round, unpack_planes, unpack_rows};

use crate::ids::Ordinal;

/// Codes are padded to a multiple of this, so that the integer kernel has no tail.
pub const LANES: usize = 16;
/// Vectors of a block of 1-bit codes.
pub const BLOCK: usize = 32;

/// A query of the integer kernel: i16 values with even and odd positions apart.
///
/// The codes are never widened byte by byte: seen as u16 lanes, `x & 0xff` is the even code and
/// `x >> 8` the odd one, each multiplied and summed in pairs by one instruction.
#[derive(Debug, Clone, Default)]
pub struct SplitQuery {
    even: Vec<[i16; 8]>,
    odd: Vec<[i16; 8]>,
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
        self.even.clear();
        self.odd.clear();
        for chunk in values.chunks(LANES) {
            let (mut even, mut odd) = ([0i16; 8], [0i16; 8]);
            for ((e, o), pair) in even.iter_mut().zip(&mut odd).zip(chunk.chunks(2)) {
                *e = pair.first().copied().unwrap_or(0);
                *o = pair.get(1).copied().unwrap_or(0);
            }
            self.even.push(even);
            self.odd.push(odd);
        }
    }
}

/// A query of the block kernel: for each byte of a 1-bit code what its low and its high nibble add.
///
/// Looking nibbles up in tables of 16 bytes is the fast scan of André, Kermarrec and Le Scouarnec
/// (arXiv 1704.07355). Every entry is at most [`Self::MAX_ENTRY`], so that two add up inside a byte.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    low: Vec<[u8; 16]>,
    high: Vec<[u8; 16]>,
}

impl Tables {
    /// The largest entry of a table.
    pub const MAX_ENTRY: u8 = 127;
    /// Byte columns whose sums fit 16 bits.
    pub const COLUMNS_PER_SUM: usize = 256;

    /// Forgets all columns, keeping the memory.
    pub fn clear(&mut self) {
        self.low.clear();
        self.high.clear();
    }

    /// Adds the tables of the next byte column; entries above [`Self::MAX_ENTRY`] are cut to it.
    pub fn push(&mut self, low: [u8; 16], high: [u8; 16]) {
        self.low.push(low.map(|e| e.min(Self::MAX_ENTRY)));
        self.high.push(high.map(|e| e.min(Self::MAX_ENTRY)));
    }

    /// Byte columns.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.low.len()
    }

    /// Whether there is no column.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.low.is_empty()
    }
}

/// Bits of a value of [`Planes`].
pub const PLANES: usize = 4;

/// A query of the row kernel for 1-bit codes: small numbers cut into planes of bits, in two's complement. Counting the
/// bits that a code shares with a plane adds what 64 dimensions give to it at once.
#[derive(Debug, Clone, Default)]
pub struct Planes {
    words: Vec<[u64; PLANES]>,
}

impl Planes {
    /// The least and the largest value.
    pub const RANGE: core::ops::RangeInclusive<i8> = -(1 << (PLANES - 1))..=(1 << (PLANES - 1)) - 1;

    /// Cuts other values into the same memory; of a value beyond [`Self::RANGE`] the low bits count.
    pub fn replace(&mut self, values: &[i8]) {
        self.words.clear();
        self.words.extend(values.chunks(64).map(|values| {
            let mut planes = [0u64; PLANES];
            for (eight, place) in values.chunks(8).zip((0..).step_by(8)) {
                let bytes = u64::from_le_bytes(core::array::from_fn(|i| eight.get(i).map_or(0, |&v| v as u8)));
                for (bit, plane) in planes.iter_mut().enumerate() {
                    *plane |= lowest_bits(bytes >> bit) << place;
                }
            }
            planes
        }));
    }
}

/// The kernels that this machine runs fastest; all give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// Through `wide`, on every target.
    Portable,
    /// 256-bit vectors.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2,
    /// 512-bit vectors with the dot products of VNNI.
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512,
}

impl Kernels {
    /// The best that this machine has. Asking is cheap: the standard library remembers the answer.
    #[must_use]
    #[inline(always)]
    pub fn best() -> Self {
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        {
            if x86::has_avx512() {
                return Self::Avx512;
            }
            if x86::has_avx2() {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// All that this machine can run, for tests and benchmarks.
    #[must_use]
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "other targets have no more than the portable ones")]
        let mut all = alloc::vec![Self::Portable];
        #[cfg(all(feature = "std", target_arch = "x86_64"))]
        all.extend(
            [(x86::has_avx2(), Self::Avx2), (x86::has_avx512(), Self::Avx512)].iter().filter(|k| k.0).map(|k| k.1),
        );
        all
    }

    /// For each of `rows`, the sum over all positions of code times query value, wrapping.
    ///
    /// Row `r` is `codes[r * stride ..][.. stride]`, as long as the padded query; a row that does not
    /// exist gives 0. All rows are touched before the first is computed, unless they follow one another:
    /// rows far apart then come from memory together. No sum overflows while `255 * |value|` summed over the dimensions
    /// stays within `i32` (`quant` scales its queries so).
    #[inline(always)]
    pub fn dot_rows(self, codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
        match self {
            Self::Portable => portable::dot_rows(codes, stride, rows, query, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => x86::dot_rows_avx2(codes, stride, rows, query, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => x86::dot_rows_avx512(codes, stride, rows, query, sums),
        }
    }

    /// For each of `rows`, the sum of the query's values where the code has a one.
    ///
    /// Row `r` is `codes[r * stride ..][.. stride]`, 64 dimensions to eight bytes, the first in the lowest bit; what
    /// follows the query's dimensions is not looked at, and a row that does not exist gives 0. Rows are touched as for
    /// [`Self::dot_rows`].
    #[inline(always)]
    pub fn count_rows(self, codes: &[u8], stride: usize, rows: &[Ordinal], query: &Planes, sums: &mut Vec<i32>) {
        match self {
            Self::Portable => portable::count_rows(codes, stride, rows, query, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => x86::count_rows_avx2(codes, stride, rows, query, sums),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => x86::count_rows_avx512(codes, stride, rows, query, sums),
        }
    }

    /// Scores of a block: `base + adds + scales * (slope * sums + offset)`, and which of them reach `least`
    /// as a mask with vector 0 in the lowest bit. Not a number reaches nothing. `terms` are base, slope, offset, least.
    #[inline(always)]
    pub fn score_block(
        self,
        sums: &[u32; BLOCK],
        adds: &[f32; BLOCK],
        scales: &[f32; BLOCK],
        terms: [f32; 4],
        scores: &mut [f32; BLOCK],
    ) -> u32 {
        match self {
            Self::Portable => portable::score_block(sums, adds, scales, terms, scores),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx2 => x86::score_block_avx2(sums, adds, scales, terms, scores),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Self::Avx512 => x86::score_block_avx512(sums, adds, scales, terms, scores),
        }
    }

    /// For each of the 32 vectors of a block, what its nibbles add up to in the tables.
    ///
    /// Byte `column * 32 + v` of `codes` holds eight dimensions of vector `v`. Columns that the block or
    /// the tables lack count nothing.
    #[inline(always)]
    pub fn sum_block(self, codes: &[u8], tables: &Tables, sums: &mut [u32; BLOCK]) {
        *sums = [0; BLOCK];
        let columns = codes.as_chunks::<BLOCK>().0;
        let (low, high) = (tables.low.chunks(Tables::COLUMNS_PER_SUM), tables.high.chunks(Tables::COLUMNS_PER_SUM));
        for ((codes, low), high) in columns.chunks(Tables::COLUMNS_PER_SUM).zip(low).zip(high) {
            match self {
                Self::Portable => portable::sum_columns(codes, low, high, sums),
                #[cfg(all(feature = "std", target_arch = "x86_64"))]
                Self::Avx2 => x86::sum_columns_avx2(codes, low, high, sums),
                #[cfg(all(feature = "std", target_arch = "x86_64"))]
                Self::Avx512 => x86::sum_columns_avx512(codes, low, high, sums),
            }
        }
    }
}

/// The lowest bits of eight bytes, side by side: the product moves each to the highest byte, and no two meet on the
/// way.
const fn lowest_bits(bytes: u64) -> u64 {
    (bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Hints that these bytes will be read soon, where there is such a hint.
#[inline(always)]
pub fn prefetch(bytes: &[u8]) {
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    x86::prefetch_bytes(bytes);
    #[cfg(not(all(feature = "std", target_arch = "x86_64")))]
    let _ = bytes;
}

/// A row of codes.
#[inline(always)]
fn row(codes: &[u8], stride: usize, row: Ordinal) -> &[u8] {
    let start = row as usize * stride;
    codes.get(start..start + stride).unwrap_or_default()
}

/// Whether rows follow one another, so that the processor sees by itself what comes next.
#[inline(always)]
fn in_sequence(rows: &[Ordinal]) -> bool {
    matches!((rows.first(), rows.last()), (Some(first), Some(last)) if last.wrapping_sub(*first) as usize + 1 == rows.len())
}
