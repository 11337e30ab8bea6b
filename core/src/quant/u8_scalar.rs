//! Scalar u8 codes: fitting, encoding, and the view that compares a query with them.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::{LANES, SplitQuery, dot_f32, dot_u8_i16};
use crate::limits::MAX_DIM;
use crate::model::Metric;

/// Share of components that lie inside the code range.
const CLIP_QUANTILE: f64 = 0.9995;
/// Bins of the histogram that finds the quantile without sorting all components.
const BINS: usize = 1 << 16;
/// The code of zero.
const ZERO: i16 = 128;
const MAX_STEPS: f32 = 127.0;

/// Parameters of a segment's codes, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct ScalarU8 {
    dim: u32,
    metric: u32,
    pub(super) step: f32,
    reserved: u32,
}

const _: () = assert!(size_of::<ScalarU8>() == 16);

const fn metric_code(metric: Metric) -> u32 {
    match metric {
        Metric::Cosine => 0,
        Metric::Dot => 1,
        Metric::L2 => 2,
    }
}

impl ScalarU8 {
    /// Chooses the step for these vectors (`dim` components each, one behind the other).
    #[must_use]
    pub fn fit(vectors: &[f32], dim: usize, metric: Metric) -> Self {
        let largest = vectors.iter().fold(0f32, |max, x| max.max(x.abs()));
        let clip = if largest > 0.0 { quantile(vectors, largest) } else { 1.0 };
        // A subnormal step would make its own inverse infinite.
        let step = (clip / MAX_STEPS).max(f32::MIN_POSITIVE * 1e6);
        Self { dim: dim as u32, metric: metric_code(metric), step, reserved: 0 }
    }

    /// Bytes of one encoded vector.
    #[must_use]
    pub const fn stride(&self) -> usize {
        (self.dim as usize).next_multiple_of(LANES)
    }

    /// Appends the code of one vector and its factor.
    pub fn encode(&self, vector: &[f32], codes: &mut Vec<u8>, factors: &mut Vec<f32>) {
        let start = codes.len();
        codes.extend(vector.iter().map(|x| {
            let steps = libm::rintf((x / self.step).clamp(-MAX_STEPS, MAX_STEPS));
            (steps as i16 + ZERO) as u8
        }));
        codes.resize(start + self.stride(), ZERO as u8);
        let code = codes.get(start..).unwrap_or_default();
        let squared: u32 = code.iter().map(|&c| u32::from((i16::from(c) - ZERO).unsigned_abs()).pow(2)).sum();
        factors.push(self.factor(squared));
    }

    fn factor(&self, squared_steps: u32) -> f32 {
        let squared = squared_steps as f32 * self.step * self.step;
        match self.metric {
            0 if squared_steps > 0 => 1.0 / libm::sqrtf(squared),
            2 => squared,
            _ => 0.0,
        }
    }
}

fn quantile(vectors: &[f32], largest: f32) -> f32 {
    let mut histogram = alloc::vec![0u64; BINS];
    let scale = (BINS - 1) as f32 / largest;
    for x in vectors {
        if let Some(bin) = histogram.get_mut((x.abs() * scale) as usize) {
            *bin += 1;
        }
    }
    let wanted = libm::ceil(vectors.len() as f64 * CLIP_QUANTILE) as u64;
    let mut below = 0u64;
    let bin = histogram.iter().position(|count| {
        below += count;
        below >= wanted
    });
    (bin.unwrap_or(BINS - 1) + 1) as f32 / scale
}

/// The sections of stored codes.
#[derive(Debug, Clone, Copy)]
pub struct CodeSections<'a> {
    /// The parameters.
    pub params: ScalarU8,
    /// All codes, one behind the other.
    pub codes: &'a [u8],
    /// A factor a vector.
    pub factors: &'a [f32],
    /// The metric that the schema declares.
    pub metric: Metric,
}

/// A view of a segment's codes.
#[derive(Debug, Clone, Copy)]
pub struct Codes<'a> {
    params: ScalarU8,
    metric: Metric,
    codes: &'a [u8],
    factors: &'a [f32],
}

/// A query prepared for one [`Codes`].
#[derive(Debug, Clone, Default)]
pub struct CodeQuery {
    split: SplitQuery,
    /// What the kernel's sum is too large by, because codes are stored plus 128.
    offset: i32,
    /// From integer sums to real inner products.
    scale: f32,
    /// The query's squared length, for l2.
    squared: f32,
}

impl<'a> Codes<'a> {
    /// Checks and opens codes of `points` vectors declared with `dim`.
    pub fn new(sections: CodeSections<'a>, points: usize, dim: usize) -> Result<Self> {
        let CodeSections { params, codes, factors, metric } = sections;
        let fits = params.dim as usize == dim && (1..=MAX_DIM).contains(&dim) && params.metric == metric_code(metric);
        if !fits || !params.step.is_normal() || params.step < 0.0 {
            return Err(Error::corrupt(format!("codes: parameters do not fit dim {dim}, {}", metric.as_str())));
        }
        if codes.len() != points * params.stride() || factors.len() != points {
            return Err(Error::corrupt(format!(
                "codes: {} bytes and {} factors for {points} points of {} bytes",
                codes.len(),
                factors.len(),
                params.stride()
            )));
        }
        if factors.iter().any(|f| !f.is_finite()) {
            return Err(Error::corrupt("codes: a factor is not finite"));
        }
        Ok(Self::unchecked(sections))
    }

    /// Opens codes that [`Codes::new`] has accepted before.
    pub(crate) const fn unchecked(s: CodeSections<'a>) -> Self {
        Self { params: s.params, metric: s.metric, codes: s.codes, factors: s.factors }
    }

    /// Prepares a query of `dim` finite components (of unit length, or zero, for cosine).
    #[must_use]
    pub fn query(&self, vector: &[f32]) -> CodeQuery {
        // Largest |value| for which the sum of 255 x value over all dimensions stays inside i32.
        let most = (i32::MAX / (255 * self.params.stride() as i32)).min(i32::from(i16::MAX)) as f32;
        let largest = vector.iter().fold(0f32, |max, x| max.max(x.abs()));
        let unit = if largest > 0.0 { (largest / most).max(f32::MIN_POSITIVE) } else { 1.0 };
        // Not `clamp`: its check of unknown bounds prints floats, and nothing else in the engine does.
        let values: Vec<i16> = vector.iter().map(|x| libm::rintf((x / unit).max(-most).min(most)) as i16).collect();
        let offset = values.iter().map(|&v| i32::from(v)).sum::<i32>() * i32::from(ZERO);
        CodeQuery {
            split: SplitQuery::new(&values),
            offset,
            scale: unit * self.params.step,
            squared: dot_f32(vector, vector),
        }
    }

    /// Makes `query` the stored vector `ordinal` itself: how the graph builder compares nodes.
    pub fn query_of(&self, ordinal: Ordinal, values: &mut Vec<i16>, query: &mut CodeQuery) {
        values.clear();
        values.extend(self.code(ordinal).iter().map(|&c| i16::from(c) - ZERO));
        query.split.replace(values);
        query.offset = values.iter().map(|&v| i32::from(v)).sum::<i32>() * i32::from(ZERO);
        let factor = self.factor(ordinal);
        let step = self.params.step;
        match self.metric {
            Metric::Cosine => query.scale = step * step * factor,
            Metric::Dot | Metric::L2 => query.scale = step * step,
        }
        query.squared = factor;
    }

    /// The score of a stored vector; `f32::NEG_INFINITY` for an ordinal that does not exist.
    #[must_use]
    #[inline]
    pub fn score(&self, query: &CodeQuery, ordinal: Ordinal) -> f32 {
        let dot = dot_u8_i16(self.code(ordinal), &query.split).wrapping_sub(query.offset) as f32 * query.scale;
        match self.metric {
            Metric::Cosine => dot * self.factor(ordinal),
            Metric::Dot => dot,
            Metric::L2 => 2.0 * dot - self.factor(ordinal) - query.squared,
        }
    }

    /// The number of vectors.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.factors.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.factors.is_empty()
    }

    #[inline]
    fn code(&self, ordinal: Ordinal) -> &'a [u8] {
        let stride = self.params.stride();
        let start = ordinal as usize * stride;
        self.codes.get(start..start + stride).unwrap_or_default()
    }

    #[inline]
    fn factor(&self, ordinal: Ordinal) -> f32 {
        self.factors.get(ordinal as usize).copied().unwrap_or(f32::NEG_INFINITY)
    }
}
