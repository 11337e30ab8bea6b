//! Compares a query with residual codes.

use alloc::vec::Vec;

use super::{FACTORS, LEAST_DIM, PLANES};
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::BLOCK;
use crate::model::{Metric, Tier};
use crate::parts::Stretch;
use crate::promised::Promised as _;
use crate::quant::{CodeQuery, PlaneQuery, ScalarParameters, Scores, is_factor, numbers_in_planes, rotated_dim};
use crate::scan::Scan;
use crate::scan::view::Run;

/// Bytes of the factors of a point.
const FACTOR_BYTES: usize = FACTORS * size_of::<f32>();

/// The sections of stored residual codes.
#[derive(Debug, Clone, Copy)]
pub struct ResidualSections<'a> {
    pub params: ScalarParameters,
    /// Where the signs are.
    pub scan: Scan<'a>,
    /// Three planes a point.
    pub codes: Stretch<'a>,
    /// F and A of each point, where all are here; else none.
    pub factors: &'a [f32],
    /// The same as they are stored, read where there are none above.
    pub factors_apart: Stretch<'a>,
}

/// A view of them.
#[derive(Debug, Clone, Copy)]
pub struct Residuals<'a> {
    sections: ResidualSections<'a>,
    /// Bytes of a plane of a code.
    plane: usize,
}

impl<'a> Residuals<'a> {
    /// Checks and opens the codes of vectors declared with `dim`.
    #[inline(never)]
    pub fn new(s: ResidualSections<'a>, dim: usize, tier: Tier) -> Result<Self> {
        let (rotated, points) = (rotated_dim(dim), s.scan.points() as usize);
        let opened = Self::unchecked(s);
        let fits = tier == Tier::U4 && rotated >= LEAST_DIM && s.params.fit(rotated, s.scan.centroids.metric, PLANES);
        let has_signs = s.scan.bits() == 1 && s.scan.in_order() && s.scan.groups() == 0;
        // As u64: in a browser the product would wrap.
        let is_long = s.codes.len() as u64 == points as u64 * opened.code_bytes() as u64
            && s.factors_apart.len() as u64 == points as u64 * FACTOR_BYTES as u64
            && (s.factors.is_empty() || s.factors.len() == points * FACTORS);
        if fits && has_signs && is_long && s.factors.iter().all(|&factor| is_factor(factor)) {
            return Ok(opened);
        }
        Err(Error::corrupt(
            "residual codes: parameters, signs, lengths or factors do not fit the schema and the points",
        ))
    }

    /// Opens codes that [`Self::new`] has accepted before.
    #[must_use]
    pub const fn unchecked(sections: ResidualSections<'a>) -> Self {
        Self { sections, plane: sections.params.dim() as usize / 8 }
    }

    /// Prepares a rotated query: as centroids are asked, and as these codes are.
    #[inline(never)]
    #[must_use]
    pub fn query(&self, rotated: &[f32]) -> (CodeQuery, PlaneQuery) {
        let centroids = &self.sections.scan.centroids.codes;
        (centroids.query(rotated), PlaneQuery::new(rotated, centroids))
    }

    /// The scores of stored vectors, in the order of `rows`; of a row that does not exist, nothing of use.
    #[inline(never)]
    pub fn score_rows<'s>(
        &self,
        (code, query): (&CodeQuery, &PlaneQuery),
        rows: &[Ordinal],
        scores: &'s mut Scores,
    ) -> &'s [f32] {
        let centroids = self.sections.scan.centroids;
        let (mut planes, mut bases, mut dots) = (Vec::new(), Vec::with_capacity(rows.len()), Scores::default());
        // Rows that follow one another are mostly of one cluster.
        let (mut run, mut base) = (Run::default(), 0.0);
        scores.clear();
        for &row in rows {
            if row.wrapping_sub(run.first) >= run.points {
                let home = self.sections.scan.home(row);
                run = self.sections.scan.run(home);
                base = centroids.codes.dot_rows(code, &[home + 1], &mut dots).first().copied().promised();
            }
            bases.push(base);
            self.read(row, &run, &mut planes);
            scores.add_planes(&planes);
        }
        let scores = query.dots(8 * self.plane, scores);
        for ((score, base), &row) in scores.iter_mut().zip(bases).zip(rows) {
            let [scale, add] = self.factors_of(row);
            let by_code = add + scale * *score;
            *score = match centroids.metric {
                Metric::Cosine | Metric::Dot => base + by_code,
                // What codes leave out may make it more than nothing, which no distance is.
                Metric::L2 => (2.0 * base - code.squared() + by_code).min(0.0),
            };
        }
        scores
    }

    /// The components of a stored, rotated vector.
    #[inline(never)]
    #[must_use]
    pub fn decode(&self, row: Ordinal) -> Vec<f32> {
        let (mut planes, centroids) = (Vec::new(), self.sections.scan.centroids);
        let home = self.sections.scan.home(row);
        self.read(row, &self.sections.scan.run(home), &mut planes);
        let [scale, _] = self.factors_of(row);
        // By distance a code counts twice.
        let scale = if centroids.metric == Metric::L2 { scale / 2.0 } else { scale };
        let mut vector: Vec<f32> = centroids.codes.decode(home + 1).collect();
        for (component, number) in vector.iter_mut().zip(numbers_in_planes(&planes)) {
            *component += number * scale;
        }
        vector
    }

    /// Whether a point has no vector.
    #[must_use]
    pub fn is_absent(&self, row: Ordinal) -> bool {
        self.factors_of(row)[0] == 0.0
    }

    /// The same, for who reads the factors of many points. None where they are not here.
    #[inline(never)]
    #[must_use]
    pub fn with_factors(self) -> Option<Self> {
        let factors = bytemuck::try_cast_slice(self.sections.factors_apart.whole()?).ok()?;
        Some(Self { sections: ResidualSections { factors, ..self.sections }, ..self })
    }

    /// Whether all that was asked for since then is here: see [`Stretch::misses`].
    #[must_use]
    pub fn none_missing_since(&self, misses: u32) -> bool {
        self.sections.codes.misses() == misses
    }

    /// The metric that scores are of.
    #[must_use]
    pub const fn metric(&self) -> Metric {
        self.sections.scan.centroids.metric
    }

    /// Components of a rotated vector.
    #[must_use]
    pub const fn dim(&self) -> usize {
        8 * self.plane
    }

    const fn code_bytes(&self) -> usize {
        PLANES as usize * self.plane
    }

    /// Replaces what is in `planes` by the code of a point, with its signs from its cluster: zeros for what is not
    /// here, or not there.
    #[inline(never)]
    fn read(&self, row: Ordinal, run: &Run<'_>, planes: &mut Vec<u8>) {
        planes.clear();
        planes.resize(self.plane, 0);
        if row < self.sections.scan.points() {
            let lane = row.saturating_sub(run.first) as usize;
            if let Some(block) = run.block(lane / BLOCK) {
                block.read_signs(lane % BLOCK, planes);
            }
            let at = row as usize * self.code_bytes();
            planes.extend_from_slice(self.sections.codes.get(at..at + self.code_bytes()).unwrap_or_default());
        }
        planes.resize(self.plane + self.code_bytes(), 0);
    }

    /// F and A of a point.
    #[inline(always)]
    fn factors_of(&self, row: Ordinal) -> [f32; FACTORS] {
        let factors = self.sections.factors.as_chunks().0;
        factors.get(row as usize).copied().unwrap_or_else(|| self.factors_elsewhere(row))
    }

    /// The same, where not all are here.
    #[inline(never)]
    #[cold]
    fn factors_elsewhere(&self, row: Ordinal) -> [f32; FACTORS] {
        let at = row as usize * FACTOR_BYTES;
        let bytes = self.sections.factors_apart.get(at..at + FACTOR_BYTES).unwrap_or_default();
        let factor = |at: usize| bytes.as_chunks().0.get(at).map_or(0.0, |bytes| f32::from_le_bytes(*bytes));
        // As sections of factors are refused that have others.
        [factor(0), factor(1)].map(|factor| if is_factor(factor) { factor } else { 0.0 })
    }
}
