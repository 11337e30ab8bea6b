//! Scalar codes of 8 or 4 bits: encoding, and the view that compares a query with them.

use alloc::format;
use alloc::vec::Vec;

use bytemuck::{Pod, Zeroable};

use super::rotation::rotated_dim;
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::{Kernels, SplitQuery, dot_f32, largest, round, unpack_rows};
use crate::limits::MAX_DIM;
use crate::model::{Metric, Tier};
use crate::promised::Promised as _;

/// Where a 4-bit code clips, in standard deviations: rotated components are nearly normal, and of all uniform steps to
/// seven on either side this one has the smallest squared error for them (Max, Quantizing for Minimum Distortion, 1960:
/// a step of 0.35).
const CLIP_4: f32 = 2.5;

/// What the width of a code decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// A byte a component.
    Eight,
    /// A nibble a component: byte `i` of a code holds component `i` below and component `i + dim / 2` above, so that
    /// both halves unpack without shuffling.
    Four,
}

impl Width {
    const fn of(tier: Tier) -> Self {
        match tier {
            Tier::U8 => Self::Eight,
            Tier::U4 => Self::Four,
        }
    }

    const fn bits(self) -> u32 {
        match self {
            Self::Eight => 8,
            Self::Four => 4,
        }
    }

    /// The code of zero.
    const fn zero(self) -> i16 {
        1 << (self.bits() - 1)
    }

    /// Bytes of a code.
    const fn bytes(self, dim: usize) -> usize {
        dim * self.bits() as usize / 8
    }

    /// The step of a vector's codes, and how many there are on either side of zero.
    fn step(self, rotated: &[f32]) -> (f32, f32) {
        let largest = largest(rotated);
        let (reach, steps) = match self {
            Self::Eight => (largest, 127.0),
            Self::Four => {
                let deviation = libm::sqrtf(dot_f32(rotated, rotated) / rotated.len().max(1) as f32);
                (if largest < CLIP_4 * deviation { largest } else { CLIP_4 * deviation }, 7.0)
            }
        };
        // A subnormal step would make its own inverse infinite.
        ((reach / steps).max(f32::MIN_POSITIVE * 1e6), steps)
    }
}

/// Parameters of a segment's codes, as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct ScalarParameters {
    /// Components of a rotated vector.
    dim: u32,
    metric: u32,
    /// Bits of a component: 8 or 4.
    bits: u32,
    reserved: u32,
}

const _: () = assert!(size_of::<ScalarParameters>() == 16);

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
pub struct ScalarBuilder {
    dim: usize,
    metric: Metric,
    tier: Tier,
    codes: Vec<u8>,
    factors: Vec<f32>,
    /// The code of the vector at hand, a byte a component.
    code: Vec<u8>,
}

impl ScalarBuilder {
    /// For vectors declared with `dim` components.
    #[must_use]
    pub const fn new(dim: usize, metric: Metric, tier: Tier) -> Self {
        Self { dim: rotated_dim(dim), metric, tier, codes: Vec::new(), factors: Vec::new(), code: Vec::new() }
    }

    /// Appends a rotated vector.
    pub fn push(&mut self, rotated: &[f32]) {
        let width = Width::of(self.tier);
        let ((step, most), zero) = (width.step(rotated), width.zero());
        self.code.clear();
        self.code.extend(rotated.iter().map(|x| (round((x / step).clamp(-most, most)) as i16 + zero) as u8));
        self.code.resize(self.dim, zero as u8);
        let steps = || self.code.iter().map(|&c| i32::from(c) - i32::from(zero));
        let squared = steps().map(|s| s * s).sum::<i32>() as f32;
        // What clipping took from all components alike, the factor of all components gives back.
        let scale = match width {
            Width::Eight => step,
            Width::Four if squared > 0.0 => steps().zip(rotated).map(|(s, x)| s as f32 * x).sum::<f32>() / squared,
            Width::Four => step,
        };
        match self.metric {
            Metric::Cosine if squared == 0.0 => self.factors.push(0.0),
            Metric::Cosine => self.factors.push(1.0 / libm::sqrtf(squared)),
            Metric::Dot => self.factors.push(scale),
            Metric::L2 => self.factors.extend([scale, squared * scale * scale]),
        }
        match width {
            Width::Eight => self.codes.extend_from_slice(&self.code),
            Width::Four => {
                let (low, high) = self.code.split_at(self.dim / 2);
                self.codes.extend(low.iter().zip(high).map(|(low, high)| low | high << 4));
            }
        }
    }

    /// Says that a point has no vector: no other has the factor 0, for steps are above it.
    pub fn set_absent(&mut self, row: Ordinal) {
        let at = row as usize * factors_of(self.metric);
        self.factors.get_mut(at).into_iter().for_each(|scale| *scale = 0.0);
    }

    /// The codes so far.
    #[must_use]
    pub fn sections(&self) -> CodeSections<'_> {
        let params = ScalarParameters {
            dim: self.dim as u32,
            metric: metric_code(self.metric),
            bits: Width::of(self.tier).bits(),
            reserved: 0,
        };
        CodeSections { params, codes: &self.codes, factors: &self.factors, metric: self.metric, tier: self.tier }
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
    pub params: ScalarParameters,
    /// All codes, one behind the other.
    pub codes: &'a [u8],
    /// The factors of each vector, one behind the other.
    pub factors: &'a [f32],
    /// The metric that the schema declares.
    pub metric: Metric,
    /// The width that the schema declares.
    pub tier: Tier,
}

/// A view of a segment's codes.
#[derive(Debug, Clone, Copy)]
pub struct Codes<'a> {
    dim: usize,
    metric: Metric,
    width: Width,
    codes: &'a [u8],
    factors: &'a [f32],
}

/// A query prepared for [`Codes`] of as many components.
#[derive(Debug, Clone, Default)]
pub struct CodeQuery {
    split: SplitQuery,
    /// The sum of its values: the kernel's sum is too large by this for each step that the code of zero is above zero.
    total: i32,
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
    /// 4-bit codes, a byte a component, and where they stand: 0, 1, 2, …
    unpacked: Vec<u8>,
    places: Vec<Ordinal>,
}

impl<'a> Codes<'a> {
    /// Checks and opens codes of `points` vectors declared with `dim`.
    pub fn new(sections: CodeSections<'a>, points: usize, dim: usize) -> Result<Self> {
        let CodeSections { params, codes, factors, metric, tier } = sections;
        let width = Width::of(tier);
        let fits = (1..=MAX_DIM).contains(&dim)
            && params.dim as usize == rotated_dim(dim)
            && params.metric == metric_code(metric)
            && params.bits == width.bits();
        if !fits {
            return Err(Error::corrupt(format!(
                "codes: parameters do not fit dim {dim}, {}, {}",
                metric.as_str(),
                tier.as_str()
            )));
        }
        // As u64: in a browser the product of what limits allow would wrap to what a short section has.
        let code_bytes = points as u64 * width.bytes(rotated_dim(dim)) as u64;
        if codes.len() as u64 != code_bytes || factors.len() != points * factors_of(metric) {
            return Err(Error::corrupt(format!(
                "codes: {} bytes and {} factors for {points} points of {} components",
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
    pub const fn unchecked(s: CodeSections<'a>) -> Self {
        let width = Width::of(s.tier);
        Self { dim: s.params.dim as usize, metric: s.metric, width, codes: s.codes, factors: s.factors }
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
        values.extend(self.steps(row));
        query.set(values);
        (query.scale, query.squared) = self.factors_of(row);
    }

    /// The scores of stored vectors, in the order of `rows`; of a row that does not exist, what a zero vector scores.
    ///
    /// Many rows at once: they come from memory together.
    #[inline(always)]
    pub fn score_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        self.sum_rows(query, rows, scores);
        let Scores { sums, scores, .. } = scores;
        let offset = query.total * i32::from(self.width.zero());
        scores.clear();
        scores.extend(sums.iter().zip(rows).map(|(&sum, &row)| {
            let (scale, squared) = self.factors_of(row);
            let dot = sum.wrapping_sub(offset) as f32 * query.scale * scale;
            match self.metric {
                Metric::Cosine | Metric::Dot => dot,
                Metric::L2 => 2.0 * dot - squared - query.squared,
            }
        }));
        scores
    }

    /// The inner products of a query made by [`Self::query`] and stored vectors, whatever the metric.
    #[inline(always)]
    pub fn dot_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        self.sum_rows(query, rows, scores);
        let Scores { sums, scores, .. } = scores;
        let offset = query.total * i32::from(self.width.zero());
        scores.clear();
        scores.extend(
            sums.iter()
                .zip(rows)
                .map(|(sum, &row)| sum.wrapping_sub(offset) as f32 * query.scale * self.factors_of(row).0),
        );
        scores
    }

    /// The kernel's sums. Nibbles are unpacked first: then one kernel does for both widths.
    #[inline(always)]
    fn sum_rows(&self, query: &CodeQuery, rows: &[Ordinal], scores: &mut Scores) {
        let (kernels, Scores { sums, unpacked, places, .. }) = (Kernels::best(), scores);
        match self.width {
            Width::Eight => kernels.dot_rows(self.codes, self.dim, rows, &query.split, sums),
            Width::Four => {
                unpack_rows(self.codes, self.dim / 2, rows, unpacked);
                places.extend(places.len() as Ordinal..rows.len() as Ordinal);
                let places = places.get(..rows.len()).promised();
                kernels.dot_rows(unpacked, self.dim, places, &query.split, sums);
            }
        }
    }

    /// The score of one stored vector.
    #[must_use]
    pub fn score(&self, query: &CodeQuery, row: Ordinal) -> f32 {
        self.score_rows(query, &[row], &mut Scores::default()).first().copied().promised()
    }

    /// The components of a stored, rotated vector.
    pub fn decode(&self, row: Ordinal) -> impl Iterator<Item = f32> + use<'a> {
        let (scale, _) = self.factors_of(row);
        self.steps(row).map(move |steps| f32::from(steps) * scale)
    }

    /// Whether a point has no vector.
    #[must_use]
    pub fn is_absent(&self, row: Ordinal) -> bool {
        self.factors_of(row).0 == 0.0
    }

    /// The metric that scores are of.
    pub const fn metric(&self) -> Metric {
        self.metric
    }

    /// Components of a rotated vector.
    pub const fn dim(&self) -> usize {
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

    /// A code as it is stored.
    pub fn code(&self, row: Ordinal) -> &'a [u8] {
        let (bytes, row) = (self.width.bytes(self.dim), row as usize);
        self.codes.get(row * bytes..(row + 1) * bytes).unwrap_or_default()
    }

    /// A code, component by component.
    fn steps(&self, row: Ordinal) -> impl Iterator<Item = i16> + use<'a> {
        let (code, width) = (self.code(row), self.width);
        let upper = if width == Width::Four { code } else { &[] };
        let lower = code.iter().map(move |&c| if width == Width::Four { c & 15 } else { c });
        lower.chain(upper.iter().map(|&c| c >> 4)).map(move |c| i16::from(c) - width.zero())
    }

    /// From steps to components, and the squared length, which is kept for l2 only.
    #[inline(always)]
    pub fn factors_of(&self, row: Ordinal) -> (f32, f32) {
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
        self.total = values.iter().map(|&v| i32::from(v)).sum();
    }

    /// The squared length of the vector that it was made of.
    pub const fn squared(&self) -> f32 {
        self.squared
    }
}
