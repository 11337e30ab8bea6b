//! Scalar u8 codes: encoding, and the view that compares a query with them.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use super::rotation::rotated_dim;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::{Kernels, SplitQuery, dot_f32, largest, round};
use crate::limits::MAX_DIM;
use crate::model::Metric;

/// The code of zero.
const ZERO: i16 = 128;
const MAX_STEPS: f32 = 127.0;

/// Parameters of a segment's codes, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ScalarU8 {
    /// Components of a rotated vector, which is also the bytes of a code.
    dim: u32,
    metric: u32,
    reserved: [u32; 2],
}

const _: () = assert!(size_of::<ScalarU8>() == 16);

const fn metric_code(metric: Metric) -> u32 {
    match metric {
        Metric::Cosine => 0,
        Metric::Dot => 1,
        Metric::L2 => 2,
    }
}

/// Factors stored with each vector.
const fn factors_of(metric: Metric) -> usize {
    match metric {
        Metric::Cosine | Metric::Dot => 1,
        Metric::L2 => 2,
    }
}

/// Encodes vectors.
#[derive(Debug, Clone)]
pub struct ScalarU8Builder {
    params: ScalarU8,
    metric: Metric,
    codes: Vec<u8>,
    factors: Vec<f32>,
}

impl ScalarU8Builder {
    /// For vectors declared with `dim` components.
    #[must_use]
    pub const fn new(dim: usize, metric: Metric) -> Self {
        let params = ScalarU8 { dim: rotated_dim(dim) as u32, metric: metric_code(metric), reserved: [0; 2] };
        Self { params, metric, codes: Vec::new(), factors: Vec::new() }
    }

    /// Appends a rotated vector.
    pub fn push(&mut self, rotated: &[f32]) {
        // A subnormal step would make its own inverse infinite.
        let step = (largest(rotated) / MAX_STEPS).max(f32::MIN_POSITIVE * 1e6);
        let start = self.codes.len();
        self.codes.extend(rotated.iter().map(|x| {
            let steps = round((x / step).clamp(-MAX_STEPS, MAX_STEPS));
            (steps as i16 + ZERO) as u8
        }));
        self.codes.resize(start + self.params.dim as usize, ZERO as u8);
        let code = self.codes.get(start..).unwrap_or_default();
        let squared: u32 = code.iter().map(|&c| u32::from((i16::from(c) - ZERO).unsigned_abs()).pow(2)).sum();
        match self.metric {
            Metric::Cosine if squared == 0 => self.factors.push(0.0),
            Metric::Cosine => self.factors.push(1.0 / libm::sqrtf(squared as f32)),
            Metric::Dot => self.factors.push(step),
            Metric::L2 => self.factors.extend([step, squared as f32 * step * step]),
        }
    }

    /// The codes so far.
    #[must_use]
    pub fn sections(&self) -> CodeSections<'_> {
        CodeSections { params: self.params, codes: &self.codes, factors: &self.factors, metric: self.metric }
    }

    /// The codes as a search reads them.
    #[must_use]
    pub fn view(&self) -> Codes<'_> {
        Codes::unchecked(self.sections())
    }
}

/// The sections of stored codes.
#[derive(Debug, Clone, Copy)]
pub struct CodeSections<'a> {
    /// The parameters.
    pub params: ScalarU8,
    /// All codes, one behind the other.
    pub codes: &'a [u8],
    /// The factors of each vector, one behind the other.
    pub factors: &'a [f32],
    /// The metric that the schema declares.
    pub metric: Metric,
}

/// A view of a segment's codes.
#[derive(Debug, Clone, Copy)]
pub struct Codes<'a> {
    dim: usize,
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
    /// From integer sums to real inner products, but for the factor of the vector.
    scale: f32,
    /// The query's squared length, for l2.
    squared: f32,
}

/// Scores of several rows, and the memory they are computed in.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    sums: Vec<i32>,
    scores: Vec<f32>,
}

impl<'a> Codes<'a> {
    /// Checks and opens codes of `points` vectors declared with `dim`.
    pub fn new(sections: CodeSections<'a>, points: usize, dim: usize) -> Result<Self> {
        let CodeSections { params, codes, factors, metric } = sections;
        let fits = (1..=MAX_DIM).contains(&dim)
            && params.dim as usize == rotated_dim(dim)
            && params.metric == metric_code(metric);
        if !fits {
            return Err(Error::corrupt(format!("codes: parameters do not fit dim {dim}, {}", metric.as_str())));
        }
        if codes.len() != points * rotated_dim(dim) || factors.len() != points * factors_of(metric) {
            return Err(Error::corrupt(format!(
                "codes: {} bytes and {} factors for {points} points of {} bytes",
                codes.len(),
                factors.len(),
                params.dim
            )));
        }
        if factors.iter().any(|f| !f.is_finite()) {
            return Err(Error::corrupt("codes: a factor is not finite"));
        }
        Ok(Self::unchecked(sections))
    }

    /// Opens codes that [`Codes::new`] has accepted before.
    pub(crate) const fn unchecked(s: CodeSections<'a>) -> Self {
        Self { dim: s.params.dim as usize, metric: s.metric, codes: s.codes, factors: s.factors }
    }

    /// Prepares a rotated query of finite components (of unit length, or zero, for cosine).
    #[must_use]
    pub fn query(&self, rotated: &[f32]) -> CodeQuery {
        // Largest |value| for which the sum of 255 x value over all dimensions stays inside i32.
        let most = (i32::MAX / (255 * self.dim.max(1) as i32)).min(i32::from(i16::MAX)) as f32;
        let largest = largest(rotated);
        let unit = if largest > 0.0 { (largest / most).max(f32::MIN_POSITIVE) } else { 1.0 };
        // Not `clamp`: its check of unknown bounds prints floats, and nothing else in the engine does.
        let values: Vec<i16> = rotated.iter().map(|x| round((x / unit).max(-most).min(most)) as i16).collect();
        let mut query = CodeQuery { scale: unit, squared: dot_f32(rotated, rotated), ..CodeQuery::default() };
        query.set(&values);
        query
    }

    /// Makes `query` the stored vector itself: how the graph builder compares nodes.
    pub fn query_of(&self, row: Ordinal, values: &mut Vec<i16>, query: &mut CodeQuery) {
        values.clear();
        values.extend(self.code(row).iter().map(|&c| i16::from(c) - ZERO));
        query.set(values);
        (query.scale, query.squared) = self.factors_of(row);
    }

    /// The scores of stored vectors, in the order of `rows`; of a row that does not exist, what a zero vector scores.
    ///
    /// Many rows at once: they come from memory together.
    #[inline]
    pub fn score_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        let Scores { sums, scores } = scores;
        Kernels::best().dot_rows(self.codes, self.dim, rows, &query.split, sums);
        scores.clear();
        scores.extend(sums.iter().zip(rows).map(|(&sum, &row)| {
            let (scale, squared) = self.factors_of(row);
            let dot = sum.wrapping_sub(query.offset) as f32 * query.scale * scale;
            match self.metric {
                Metric::Cosine | Metric::Dot => dot,
                Metric::L2 => 2.0 * dot - squared - query.squared,
            }
        }));
        scores
    }

    /// The inner products of a query made by [`Self::query`] and stored vectors, whatever the metric.
    #[inline]
    pub(crate) fn dot_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        let Scores { sums, scores } = scores;
        Kernels::best().dot_rows(self.codes, self.dim, rows, &query.split, sums);
        scores.clear();
        scores.extend(
            sums.iter()
                .zip(rows)
                .map(|(sum, &row)| sum.wrapping_sub(query.offset) as f32 * query.scale * self.factors_of(row).0),
        );
        scores
    }

    /// The score of one stored vector.
    #[must_use]
    pub fn score(&self, query: &CodeQuery, row: Ordinal) -> f32 {
        self.score_rows(query, &[row], &mut Scores::default()).first().copied().unwrap_or_default()
    }

    /// The components of a stored, rotated vector.
    pub(crate) fn decode(&self, row: Ordinal) -> impl Iterator<Item = f32> + use<'a> {
        let (scale, _) = self.factors_of(row);
        self.code(row).iter().map(move |&code| f32::from(i16::from(code) - ZERO) * scale)
    }

    /// The metric that scores are of.
    pub(crate) const fn metric(&self) -> Metric {
        self.metric
    }

    /// Components of a rotated vector.
    pub(crate) const fn dim(&self) -> usize {
        self.dim
    }

    /// The number of vectors.
    #[must_use]
    pub fn len(&self) -> usize {
        self.factors.len() / factors_of(self.metric)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.factors.is_empty()
    }

    #[inline]
    fn code(&self, row: Ordinal) -> &'a [u8] {
        let start = row as usize * self.dim;
        self.codes.get(start..start + self.dim).unwrap_or_default()
    }

    /// From steps to components, and the squared length, which is kept for l2 only.
    #[inline]
    pub(crate) fn factors_of(&self, row: Ordinal) -> (f32, f32) {
        let row = row as usize;
        match self.metric {
            Metric::Cosine | Metric::Dot => (self.factors.get(row).copied().unwrap_or_default(), 0.0),
            Metric::L2 => match self.factors.get(2 * row..2 * row + 2) {
                Some(&[scale, squared]) => (scale, squared),
                _ => (0.0, 0.0),
            },
        }
    }
}

impl CodeQuery {
    fn set(&mut self, values: &[i16]) {
        self.split.replace(values);
        self.offset = values.iter().map(|&v| i32::from(v)).sum::<i32>() * i32::from(ZERO);
    }
}
