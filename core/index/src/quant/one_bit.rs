//! 1-bit codes: RaBitQ (Gao and Long, arXiv 2405.12497) with a centroid for each cluster.
//!
//! A rotated vector x of a cluster with centroid c is kept as the signs b of its residual r = x - c, one bit a
//! dimension, and two factors. With F = |r|² / <b, r> the inner product with any query q is
//!
//! ```text
//! <q, x> = <q, c> + <c, r> + <q - c, r>  ≈  <q, c> + A + F <q, b>        A = <c, r> - F <c, b>
//! ```
//!
//! A is what the estimator gets wrong about the centroid itself, which is known when encoding: taking q - c instead
//! of q makes the error smaller (section 3.1), and linearity allows it without a query of its own for each cluster.
//! Squared distances fold into the same two factors.
//!
//! The error is at most `ERROR_SCALE * spread * F * |q|` with high probability (theorem 3.2), where spread is the
//! sine between a residual and its signs: about 0.6 for all but odd vectors, so one for the whole segment does.

use alloc::vec::Vec;

use crate::kernel::{BLOCK, Kernels, Tables, largest, round};
use crate::model::Metric;

/// Standard deviations of the error that a bound allows for: the ε₀ of the paper, which takes 1.9. A neighbour that
/// a bound hides is lost, so this one is wider: with normal errors, one side of 3 leaves 0.1 % out.
const ERROR_SCALE: f32 = 3.0;
/// Share of the vectors whose sine is at most the spread: the few that are odd would widen everyone's bound.
const SPREAD_QUANTILE: f32 = 0.99;
/// Queries keep 6 bits, so that four of them, of either sign, add up to a table's entry.
const MOST: f32 = 31.0;
/// Bytes of the two factors of each vector of a block.
const FACTOR_BYTES: usize = 2 * BLOCK * size_of::<f32>();

/// Bytes of a block of 32 vectors of `dim` rotated components: columns of 32 bytes, then 32 terms A, then 32
/// factors F.
pub const fn block_bytes(dim: usize) -> usize {
    dim / 8 * BLOCK + FACTOR_BYTES
}

/// Encodes the vectors of one cluster after another.
#[derive(Debug, Default)]
pub struct OneBitBuilder {
    blocks: Vec<u8>,
    sines: Vec<f32>,
    residual: Vec<f32>,
}

impl OneBitBuilder {
    /// Appends the blocks of a cluster. Its points and its centroid are rotated.
    pub fn push<'v>(&mut self, metric: Metric, centroid: &[f32], vectors: impl Iterator<Item = &'v [f32]>) {
        let start = self.blocks.len();
        let bytes = block_bytes(centroid.len());
        for (index, vector) in vectors.enumerate() {
            let (block, lane) = (start + index / BLOCK * bytes, index % BLOCK);
            if lane == 0 {
                self.blocks.resize(block + bytes, 0);
            }
            let factors = self.factors(metric, centroid, vector);
            let columns = centroid.len() / 8;
            let Some(target) = self.blocks.get_mut(block..) else { continue };
            for (column, eight) in self.residual.chunks(8).enumerate() {
                let byte = eight.iter().enumerate().fold(0u8, |byte, (bit, x)| byte | u8::from(*x > 0.0) << bit);
                if let Some(place) = target.get_mut(column * BLOCK + lane) {
                    *place = byte;
                }
            }
            for (part, factor) in factors.into_iter().enumerate() {
                let at = columns * BLOCK + (part * BLOCK + lane) * size_of::<f32>();
                if let Some(place) = target.get_mut(at..at + size_of::<f32>()) {
                    place.copy_from_slice(&factor.to_le_bytes());
                }
            }
        }
    }

    /// A and F of a vector; leaves its residual behind.
    fn factors(&mut self, metric: Metric, centroid: &[f32], vector: &[f32]) -> [f32; 2] {
        self.residual.clear();
        self.residual.extend(vector.iter().zip(centroid).map(|(x, c)| x - c));
        let (mut squared, mut signed, mut along, mut along_signs) = (0f32, 0f32, 0f32, 0f32);
        for (r, c) in self.residual.iter().zip(centroid) {
            squared += r * r;
            signed += r.abs();
            along += c * r;
            along_signs += if *r > 0.0 { *c } else { -*c };
        }
        if signed <= 0.0 {
            return [if metric == Metric::L2 { -dot(vector) } else { 0.0 }, 0.0];
        }
        let factor = squared / signed;
        let cosine = signed / libm::sqrtf(squared * self.residual.len() as f32);
        self.sines.push(libm::sqrtf((1.0 - cosine * cosine).max(0.0)));
        let term = along - factor * along_signs;
        match metric {
            Metric::Cosine | Metric::Dot => [term, factor],
            Metric::L2 => [2.0 * term - dot(vector), 2.0 * factor],
        }
    }

    /// The blocks, and the spread of the error bound.
    pub fn finish(mut self) -> (Vec<u8>, f32) {
        let place = (self.sines.len() as f32 * SPREAD_QUANTILE) as usize;
        let spread =
            if place < self.sines.len() { *self.sines.select_nth_unstable_by(place, f32::total_cmp).1 } else { 0.0 };
        (self.blocks, spread)
    }
}

fn dot(vector: &[f32]) -> f32 {
    crate::kernel::dot_f32(vector, vector)
}

/// A query prepared for blocks of 1-bit codes.
#[derive(Debug, Clone, Default)]
pub struct OneBitQuery {
    tables: Tables,
    slope: f32,
    offset: f32,
    /// Half width of the error interval of a vector with factor 1 and spread 1.
    error: f32,
}

impl OneBitQuery {
    /// Prepares a rotated query.
    pub fn new(rotated: &[f32]) -> Self {
        let mut query = Self::default();
        let largest = largest(rotated);
        let step = if largest > 0.0 { (largest / MOST).max(f32::MIN_POSITIVE) } else { 1.0 };
        let mut lowest = 0i32;
        let mut total = 0i32;
        for eight in rotated.as_chunks::<8>().0 {
            let whole = eight.map(|x| round((x / step).clamp(-MOST, MOST)) as i16);
            total += whole.iter().map(|&w| i32::from(w)).sum::<i32>();
            let [a, b, c, d, e, f, g, h] = whole;
            let ((low, low_least), (high, high_least)) = (subset_sums([a, b, c, d]), subset_sums([e, f, g, h]));
            lowest += i32::from(low_least) + i32::from(high_least);
            query.tables.push(low, high);
        }
        // <q, b> = step (2 (sum + lowest) - total): twice what the set bits add, less what all do.
        query.slope = 2.0 * step;
        query.offset = step * (2 * lowest - total) as f32;
        query.error = ERROR_SCALE * libm::sqrtf(dot(rotated));
        query
    }

    /// Scores the vectors of a block and says which of them reach `least`. `base` is what the centroid gives.
    #[inline(always)]
    pub fn score(&self, block: &Block<'_>, base: f32, least: f32, scores: &mut [f32; BLOCK]) -> u32 {
        let mut sums = [0; BLOCK];
        let kernels = Kernels::best();
        kernels.sum_block(block.codes, &self.tables, &mut sums);
        kernels.score_block(&sums, block.adds, block.scales, [base, self.slope, self.offset, least], scores)
    }

    /// How far the score of a vector may be from the true one, for each unit of its scale.
    pub fn error(&self, spread: f32) -> f32 {
        self.error * spread
    }
}

/// Codes and factors of a block.
pub struct Block<'a> {
    codes: &'a [u8],
    adds: &'a [f32; BLOCK],
    /// F of each vector.
    pub scales: &'a [f32; BLOCK],
}

impl<'a> Block<'a> {
    /// Reads the block of these [`block_bytes`] aligned bytes.
    #[inline(always)]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (codes, factors) = bytes.split_at_checked(bytes.len().checked_sub(FACTOR_BYTES)?)?;
        let factors: &[[f32; BLOCK]] = bytemuck::try_cast_slice(factors).ok()?;
        let [adds, scales] = factors.first_chunk()?;
        Some(Self { codes, adds, scales })
    }

    /// The signs of a vector, eight dimensions a byte.
    pub(super) fn signs(&self, lane: usize) -> impl Iterator<Item = u8> + use<'a> {
        self.codes.as_chunks::<BLOCK>().0.iter().filter_map(move |column| column.get(lane).copied())
    }

    /// A and F of a vector.
    pub(super) fn factors(&self, lane: usize) -> [f32; 2] {
        [self.adds, self.scales].map(|factors| factors.get(lane).copied().unwrap_or_default())
    }
}

/// What each of the 16 subsets of four numbers adds up to, above the least of these sums.
fn subset_sums(four: [i16; 4]) -> ([u8; 16], i16) {
    let least: i16 = four.iter().map(|x| (*x).min(0)).sum();
    let [a, b, c, d] = four;
    let pairs = |x: i16, y: i16| [0, x, y, x + y];
    let (low, high) = (pairs(a, b), pairs(c, d));
    let mut sums = [0u8; 16];
    for (four, high) in sums.as_chunks_mut::<4>().0.iter_mut().zip(high) {
        for (sum, low) in four.iter_mut().zip(low) {
            *sum = (high + low - least) as u8;
        }
    }
    (sums, least)
}
