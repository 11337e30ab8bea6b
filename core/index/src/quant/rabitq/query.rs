//! Scores blocks.

use super::Block;
use crate::kernel::{BLOCK, Kernels, Tables, dot_f32, largest, round};

/// Standard deviations of the error that a bound allows for: the ε₀ of the paper, which takes 1.9. A neighbour that
/// a bound hides is lost, so this one is wider: with normal errors, one side of 3 leaves 0.1 % out.
const ERROR_SCALE: f32 = 3.0;
/// Queries keep 6 bits, so that four of them, of either sign, add up to a table's entry.
const MOST: f32 = 31.0;

/// A query prepared for blocks.
#[derive(Debug, Clone, Default)]
pub struct RabitqQuery {
    tables: Tables,
    slope: f32,
    offset: f32,
    /// Half width of the error interval of a vector with factor 1 and spread 1.
    error: f32,
}

impl RabitqQuery {
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
        // Of a plane of signs s, <q, s> = step (2 (sum + lowest) - total): twice what set bits add, less what all do.
        query.slope = 2.0 * step;
        query.offset = step * (2 * lowest - total) as f32;
        query.error = ERROR_SCALE * libm::sqrtf(dot_f32(rotated, rotated));
        query
    }

    /// Scores the vectors of a block and says which of them reach `least`. `base` is what the centroid gives.
    #[inline(always)]
    pub fn score(&self, block: &Block<'_>, base: f32, least: f32, scores: &mut [f32; BLOCK]) -> u32 {
        let mut sums = [0; BLOCK];
        let kernels = Kernels::best();
        let mut planes = 0;
        for plane in block.planes.chunks_exact((self.tables.len() * BLOCK).max(1)) {
            let mut next = [0; BLOCK];
            kernels.sum_block(plane, &self.tables, &mut next);
            sums.iter_mut().zip(next).for_each(|(sum, next)| *sum = 2 * *sum + next);
            planes += 1;
        }
        // All planes together are worth so many of the last.
        let offset = self.offset * ((1u32 << planes) - 1) as f32;
        kernels.score_block(&sums, block.adds, block.scales, [base, self.slope, offset, least], scores)
    }

    /// How far the score of a vector may be from the true one, for each unit of its scale.
    pub fn error(&self, spread: f32) -> f32 {
        self.error * spread
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
