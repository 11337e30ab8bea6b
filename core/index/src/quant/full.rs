//! Whole vectors, kept beside the codes where the schema asks for it.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::Pod;
use half::f16;

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::dot_f32;
use crate::model::{Metric, Precision};
use crate::parts::Stretch;

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

/// The section of stored vectors, little-endian.
#[derive(Debug, Clone, Copy)]
pub enum Components<'a> {
    F32(Stretch<'a>),
    F16(Stretch<'a>),
}

impl<'a> Full<'a> {
    /// Opens the vectors of `points` points. Complexity: constant; components that are not finite rank last.
    pub fn new(components: Components<'a>, points: usize, dim: usize, metric: Metric) -> Result<Self> {
        let (bytes, each) = match components {
            Components::F32(all) => (all.len(), size_of::<f32>()),
            Components::F16(all) => (all.len(), size_of::<u16>()),
        };
        // As u64, because a browser's `usize` does not hold the product of what limits allow.
        if bytes as u64 != points as u64 * dim as u64 * each as u64 {
            return Err(Error::corrupt(format!("vectors: {bytes} bytes for {points} points of {dim} components")));
        }
        Ok(Self { components, dim, metric })
    }

    /// The components of a row; none where it is not here, or does not exist.
    fn row<T: Pod>(&self, all: Stretch<'a>, row: Ordinal) -> &'a [T] {
        let bytes = self.dim * size_of::<T>();
        let place = (row as usize).checked_mul(bytes).and_then(|from| Some(from..from.checked_add(bytes)?));
        let row = place.and_then(|place| all.get(place)).unwrap_or_default();
        bytemuck::try_cast_slice(row).unwrap_or_default()
    }

    /// A stored vector.
    pub fn vector(&self, row: Ordinal) -> Vec<f32> {
        match self.components {
            Components::F32(all) => self.row(all, row).into(),
            Components::F16(all) => self.row(all, row).iter().map(|&bits| f16::from_bits(bits).to_f32()).collect(),
        }
    }

    /// The score of a stored vector; `buffer` is memory to work in. Not a number counts as the lowest score.
    pub fn score(&self, query: &[f32], row: Ordinal, buffer: &mut Vec<f32>) -> f32 {
        let vector = match self.components {
            Components::F32(all) => self.row(all, row),
            Components::F16(all) => {
                buffer.clear();
                buffer.extend(self.row(all, row).iter().map(|&bits| f16::from_bits(bits).to_f32()));
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
