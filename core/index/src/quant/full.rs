//! Whole vectors, kept beside the codes where the schema asks for it.

use alloc::format;
use alloc::vec::Vec;
use core::ops::Range;

use half::f16;

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::dot_f32;
use crate::model::{Metric, Precision};

/// The components of all vectors as they are stored: not rotated, of unit length for cosine.
#[derive(Debug, Clone)]
pub enum FullBuilder {
    F32(Vec<f32>),
    F16(Vec<u16>),
}

impl FullBuilder {
    pub const fn new(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32(Vec::new()),
            Precision::F16 => Self::F16(Vec::new()),
        }
    }

    pub fn push(&mut self, vector: &[f32]) {
        match self {
            Self::F32(all) => all.extend_from_slice(vector),
            Self::F16(all) => all.extend(vector.iter().map(|&x| f16::from_f32(x).to_bits())),
        }
    }
}

/// A view of stored vectors.
#[derive(Debug, Clone, Copy)]
pub struct Full<'a> {
    components: Components<'a>,
    dim: usize,
    metric: Metric,
}

/// The section of stored vectors.
#[derive(Debug, Clone, Copy)]
pub enum Components<'a> {
    F32(&'a [f32]),
    F16(&'a [u16]),
}

impl<'a> Full<'a> {
    /// Opens the vectors of `points` points. Complexity: constant; components that are not finite rank last.
    pub fn new(components: Components<'a>, points: usize, dim: usize, metric: Metric) -> Result<Self> {
        let found = match components {
            Components::F32(all) => all.len(),
            Components::F16(all) => all.len(),
        };
        // As u64, because a browser's `usize` does not hold the product of what limits allow.
        if found as u64 != points as u64 * dim as u64 {
            return Err(Error::corrupt(format!("vectors: {found} components for {points} points of {dim}")));
        }
        Ok(Self { components, dim, metric })
    }

    fn place(&self, row: Ordinal) -> Range<usize> {
        row as usize * self.dim..(row as usize + 1) * self.dim
    }

    /// A stored vector.
    pub fn vector(&self, row: Ordinal) -> Vec<f32> {
        match self.components {
            Components::F32(all) => all.get(self.place(row)).unwrap_or_default().into(),
            Components::F16(all) => {
                all.get(self.place(row)).unwrap_or_default().iter().map(|&bits| f16::from_bits(bits).to_f32()).collect()
            }
        }
    }

    /// The score of a stored vector; `buffer` is memory to work in. Not a number counts as the lowest score.
    pub fn score(&self, query: &[f32], row: Ordinal, buffer: &mut Vec<f32>) -> f32 {
        let place = self.place(row);
        let vector = match self.components {
            Components::F32(all) => all.get(place).unwrap_or_default(),
            Components::F16(all) => {
                buffer.clear();
                buffer.extend(all.get(place).unwrap_or_default().iter().map(|&bits| f16::from_bits(bits).to_f32()));
                buffer
            }
        };
        let dot = dot_f32(query, vector);
        let score = match self.metric {
            Metric::Cosine | Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - dot_f32(vector, vector) - dot_f32(query, query),
        };
        if score.is_nan() { f32::NEG_INFINITY } else { score }
    }
}
