//! Encodes vectors.

use alloc::vec::Vec;
use core::ops::Range;

use super::{CodeSections, Codes, LEAST_STEP, STEPS_8, ScalarParameters, Width, factors_of, metric_code};
use crate::ids::Ordinal;
use crate::kernel::{dot_f32, largest, round};
use crate::model::{Metric, Tier};
use crate::parallel::map_ranges;
use crate::parts::Stretch;
use crate::quant::rabitq::CodeFinder;
use crate::quant::rotation::{Rotated, rotated_dim};

/// Vectors that one thread encodes at a time.
const AT_ONCE: usize = 256;

/// The sections of finished codes.
#[derive(Debug)]
pub struct CodeParts {
    pub params: ScalarParameters,
    pub codes: Vec<u8>,
    pub factors: Vec<f32>,
}

/// Encodes vectors.
#[derive(Debug, Clone)]
pub struct ScalarBuilder {
    dim: usize,
    metric: Metric,
    tier: Tier,
    codes: Vec<u8>,
    factors: Vec<f32>,
    absent: u32,
    /// The code of the vector at hand, a byte a component.
    code: Vec<u8>,
    finder: CodeFinder,
}

impl ScalarBuilder {
    /// For vectors declared with `dim` components.
    #[must_use]
    pub fn new(dim: usize, metric: Metric, tier: Tier) -> Self {
        let (codes, factors, absent, code, finder) = Default::default();
        Self { dim: rotated_dim(dim), metric, tier, codes, factors, absent, code, finder }
    }

    /// Appends vectors, on all cores: they do not depend on each other.
    pub fn extend(&mut self, vectors: &dyn Rotated, rows: Range<Ordinal>) {
        let parts = map_ranges(rows.len(), AT_ONCE, |range| {
            let (mut part, mut vector) = (Self::new(self.dim, self.metric, self.tier), Vec::new());
            for row in range {
                vectors.get(rows.start + row as Ordinal, &mut vector);
                part.push(&vector);
            }
            (part.codes, part.factors)
        });
        for (codes, factors) in parts {
            self.codes.extend(codes);
            self.factors.extend(factors);
        }
    }

    /// Appends a rotated vector.
    pub fn push(&mut self, rotated: &[f32]) {
        match self.tier {
            Tier::U8 => self.push_rounded(rotated),
            Tier::U4 => self.push_pointing(rotated),
        }
    }

    /// Rounds to so many steps that the largest component just fits.
    fn push_rounded(&mut self, rotated: &[f32]) {
        let step = (largest(rotated) / STEPS_8).max(LEAST_STEP);
        let start = self.codes.len();
        let steps = rotated.iter().map(|x| round((x / step).clamp(-STEPS_8, STEPS_8)) as i16);
        self.codes.extend(steps.map(|steps| (steps + 128) as u8));
        self.codes.resize(start + self.dim, 128);
        let steps = self.codes.iter().skip(start).map(|&c| i32::from(c) - 128);
        let squared = steps.map(|s| s * s).sum::<i32>() as f32;
        match self.metric {
            Metric::Cosine if squared == 0.0 => self.factors.push(0.0),
            Metric::Cosine => self.factors.push(1.0 / libm::sqrtf(squared)),
            Metric::Dot => self.factors.push(step),
            Metric::L2 => self.factors.extend([step, squared * step * step]),
        }
    }

    /// Takes the code that points most nearly where the vector does, and a scale that makes the estimate of an inner
    /// product right in the mean: exact where the query is the vector itself.
    fn push_pointing(&mut self, rotated: &[f32]) {
        self.finder.find(rotated, Width::Four.bits());
        let numbers = || rotated.iter().zip(&self.finder.numbers);
        let (squared, along) =
            (dot_f32(rotated, rotated), numbers().map(|(x, &n)| x.abs() * f32::from(n)).sum::<f32>());
        self.code.clear();
        self.code.extend(numbers().map(|(&x, n)| if x > 0.0 { 8 + n / 2 } else { 7 - n / 2 }));
        self.code.resize(self.dim, 8);
        let (low, high) = self.code.split_at(self.dim / 2);
        self.codes.extend(low.iter().zip(high).map(|(low, high)| low | high << 4));
        let scale = if along > 0.0 { (squared / along).max(LEAST_STEP) } else { LEAST_STEP };
        match self.metric {
            Metric::Cosine if squared == 0.0 => self.factors.push(0.0),
            Metric::Cosine => self.factors.push(libm::sqrtf(squared) / along),
            Metric::Dot => self.factors.push(scale),
            Metric::L2 => self.factors.extend([scale, squared]),
        }
    }

    /// Says that a point has no vector: no other has the factor 0, for steps are above it. Once of each.
    pub fn set_absent(&mut self, row: Ordinal) {
        self.absent += 1;
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
            absent: self.absent,
        };
        let (metric, tier, points) = (self.metric, self.tier, self.factors.len() / factors_of(self.metric));
        CodeSections {
            params,
            points,
            codes: (&*self.codes).into(),
            records: None,
            factors: &self.factors,
            factors_apart: Stretch::default(),
            metric,
            tier,
        }
    }

    /// The codes themselves.
    #[must_use]
    pub fn into_parts(self) -> CodeParts {
        CodeParts { params: self.sections().params, codes: self.codes, factors: self.factors }
    }

    /// The codes as a search reads them.
    #[must_use]
    pub fn view(&self) -> Codes<'_> {
        Codes::unchecked(self.sections())
    }
}
