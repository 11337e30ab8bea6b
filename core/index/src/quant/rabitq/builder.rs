//! Encodes the vectors of clusters as blocks.

use alloc::vec::Vec;

use super::code::CodeFinder;
use super::{block_bytes, plane_bytes};
use crate::kernel::{BLOCK, dot_f32};
use crate::model::Metric;

/// Share of the vectors whose spread is at most the stored one: the few that are odd would widen everyone's bound.
const SPREAD_QUANTILE: f32 = 0.99;

/// Encodes the vectors of one cluster after another.
#[derive(Debug)]
pub struct RabitqBuilder {
    bits: u32,
    spreads: Vec<f32>,
    residual: Vec<f32>,
    code: CodeFinder,
    /// The code at hand: how many numbers below each component's there are, which are the bits of its signs.
    levels: Vec<u8>,
}

impl RabitqBuilder {
    /// Codes of so many [bits](super::BITS) a dimension.
    pub fn new(bits: u32) -> Self {
        Self { bits, spreads: Vec::new(), residual: Vec::new(), code: CodeFinder::default(), levels: Vec::new() }
    }

    /// Appends the blocks of a cluster to `blocks`. Its points and its centroid are rotated.
    pub fn push<'v>(
        &mut self,
        metric: Metric,
        centroid: &[f32],
        vectors: impl Iterator<Item = &'v [f32]>,
        blocks: &mut Vec<u8>,
    ) {
        let start = blocks.len();
        let bytes = block_bytes(centroid.len(), self.bits);
        for (index, vector) in vectors.enumerate() {
            let (block, lane) = (start + index / BLOCK * bytes, index % BLOCK);
            if lane == 0 {
                blocks.resize(block + bytes, 0);
            }
            let factors = self.factors(metric, centroid, vector);
            let Some(target) = blocks.get_mut(block..) else { continue };
            for plane in 0..self.bits {
                let bit = self.bits - 1 - plane;
                for (column, eight) in self.levels.chunks(8).enumerate() {
                    let byte = (0..).zip(eight).fold(0u8, |byte, (place, level)| byte | (level >> bit & 1) << place);
                    let at = plane as usize * plane_bytes(centroid.len()) + column * BLOCK + lane;
                    target.get_mut(at).into_iter().for_each(|place| *place = byte);
                }
            }
            let planes = self.bits as usize * plane_bytes(centroid.len());
            for (part, factor) in factors.into_iter().enumerate() {
                let at = planes + (part * BLOCK + lane) * size_of::<f32>();
                if let Some(place) = target.get_mut(at..at + size_of::<f32>()) {
                    place.copy_from_slice(&factor.to_le_bytes());
                }
            }
        }
    }

    /// The code of one vector, as for each component how many numbers there are below its own, and A and F.
    pub fn code(&mut self, metric: Metric, centroid: &[f32], vector: &[f32]) -> (&[u8], [f32; 2]) {
        let factors = self.factors(metric, centroid, vector);
        (&self.levels, factors)
    }

    /// A and F of a vector; leaves the levels of its code behind.
    fn factors(&mut self, metric: Metric, centroid: &[f32], vector: &[f32]) -> [f32; 2] {
        self.residual.clear();
        self.residual.extend(vector.iter().zip(centroid).map(|(x, c)| x - c));
        self.code.find(&self.residual, self.bits);
        let (mut squared, mut coded, mut along, mut along_code, mut length) = (0f32, 0f32, 0f32, 0f32, 0f32);
        for ((r, c), &number) in self.residual.iter().zip(centroid).zip(&self.code.numbers) {
            let number = f32::from(number);
            squared += r * r;
            coded += r.abs() * number;
            along += c * r;
            along_code += if *r > 0.0 { *c * number } else { -*c * number };
            length += number * number;
        }
        let (half, top) = (1u8 << (self.bits - 1), (1u8 << self.bits) - 1);
        self.levels.clear();
        self.levels.extend(self.residual.iter().zip(&self.code.numbers).map(|(r, number)| {
            let level = half + number / 2;
            if *r > 0.0 { level } else { top - level }
        }));
        if coded <= 0.0 {
            return [if metric == Metric::L2 { -dot_f32(vector, vector) } else { 0.0 }, 0.0];
        }
        let factor = squared / coded;
        let cosine = coded / (libm::sqrtf(squared) * libm::sqrtf(length));
        let stretch = libm::sqrtf(length / self.residual.len() as f32);
        self.spreads.push(libm::sqrtf((1.0 - cosine * cosine).max(0.0)) * stretch);
        let term = along - factor * along_code;
        match metric {
            Metric::Cosine | Metric::Dot => [term, factor],
            Metric::L2 => [2.0 * term - dot_f32(vector, vector), 2.0 * factor],
        }
    }

    /// The spread of the error bound of all vectors.
    pub fn finish(mut self) -> f32 {
        let place = (self.spreads.len() as f32 * SPREAD_QUANTILE) as usize;
        if place < self.spreads.len() { *self.spreads.select_nth_unstable_by(place, f32::total_cmp).1 } else { 0.0 }
    }
}
