//! Compares a query with codes.

use alloc::format;
use alloc::vec::Vec;

use super::{ScalarParameters, Width, factors_of, is_factor};
use crate::error::{Error, Result};
use crate::ids::Ordinal;
use crate::kernel::{Kernels, SplitQuery, dot_f32, largest, round, unpack_rows};
use crate::limits::MAX_DIM;
use crate::model::{Metric, Tier};
use crate::parts::Stretch;
use crate::promised::Promised as _;
use crate::quant::records::{RECORD_POINTS, RecordStarts};
use crate::quant::rotation::rotated_dim;

/// Bytes of a factor in a record.
const FACTOR_BYTES: usize = size_of::<f32>();

/// The sections of stored codes.
#[derive(Debug, Clone, Copy)]
pub struct CodeSections<'a> {
    /// The parameters.
    pub params: ScalarParameters,
    /// Vectors.
    pub points: usize,
    /// All codes, one behind the other, or records.
    pub codes: Stretch<'a>,
    /// Where these are records.
    pub records: Option<RecordStarts<'a>>,
    /// The factors of each vector, one behind the other, where all are here; else none.
    pub factors: &'a [f32],
    /// The same as they are stored, read where there are none above and no records, which have them as well.
    pub factors_apart: Stretch<'a>,
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
    points: usize,
    codes: Stretch<'a>,
    records: Option<RecordStarts<'a>>,
    factors: &'a [f32],
    factors_apart: Stretch<'a>,
}

/// A query prepared for [`Codes`] of as many components, whatever their width: centroids may have another than points.
#[derive(Debug, Clone, Default)]
pub struct CodeQuery {
    pub(super) split: SplitQuery,
    /// The sum of its values: by so much sums of codes are too large for each step that is taken off.
    pub(super) total: i32,
    /// From integer sums to real inner products, but for the factor of the vector.
    pub(super) scale: f32,
    /// The query's squared length, for l2.
    squared: f32,
}

/// Scores of several rows, and the memory they are computed in.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    pub(super) sums: Vec<i32>,
    pub(super) scores: Vec<f32>,
    /// Where codes stand among the bytes.
    pub(super) places: Vec<Ordinal>,
    /// Codes of which not all are here, one behind the other.
    copied: Vec<u8>,
    /// 4-bit codes, a byte a component.
    pub(super) unpacked: Vec<u8>,
}

impl<'a> Codes<'a> {
    /// Checks and opens codes of vectors declared with `dim`.
    pub fn new(sections: CodeSections<'a>, dim: usize) -> Result<Self> {
        let CodeSections { params, points, codes, records, factors, factors_apart, metric, tier } = sections;
        let width = Width::of(tier);
        let fits = (1..=MAX_DIM).contains(&dim) && params.fit(rotated_dim(dim), metric, width.bits());
        if !fits {
            return Err(Error::corrupt(format!(
                "codes: parameters do not fit dim {dim}, {}, {}",
                metric.as_str(),
                tier.as_str()
            )));
        }
        // As u64: in a browser the product of what limits allow would wrap to what a short section has.
        let code_bytes = width.bytes(rotated_dim(dim));
        let are_there = match records {
            None => codes.len() as u64 == points as u64 * code_bytes as u64,
            Some(starts) => starts.cover(points, code_bytes, codes.len()),
        };
        let are_elsewhere = factors.is_empty()
            && (factors_apart.len() as u64 == (points * factors_of(metric) * FACTOR_BYTES) as u64
                || (records.is_some() && !codes.is_here()));
        if !are_there || (factors.len() != points * factors_of(metric) && !are_elsewhere) {
            return Err(Error::corrupt(format!(
                "codes: {} bytes and {} factors for {points} points of {} components",
                codes.len(),
                factors.len(),
                params.dim
            )));
        }
        if !factors.iter().all(|&factor| is_factor(factor)) {
            return Err(Error::corrupt("codes: a factor is out of range"));
        }
        Ok(Self::unchecked(sections))
    }

    /// Opens codes that [`Codes::new`] has accepted before.
    pub const fn unchecked(s: CodeSections<'a>) -> Self {
        let width = Width::of(s.tier);
        let CodeSections { params, points, codes, records, factors, factors_apart, metric, .. } = s;
        Self { dim: params.dim as usize, metric, width, points, codes, records, factors, factors_apart }
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
    /// Many rows at once: they come from memory together. A call for each batch costs nothing that can be measured, and
    /// copies of it in every search are a part of the engine's bytes.
    #[inline(never)]
    pub fn score_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        self.sum_rows(query, rows, scores);
        let Scores { sums, scores, .. } = scores;
        let (each, off) = self.steps_of(query);
        scores.clear();
        scores.extend(sums.iter().zip(rows).map(|(&sum, &row)| {
            let (scale, squared) = self.factors_of(row);
            let dot = sum.wrapping_mul(each).wrapping_sub(off) as f32 * query.scale * scale;
            match self.metric {
                Metric::Cosine | Metric::Dot => dot,
                // What codes leave out may make it more than nothing, which no distance is.
                Metric::L2 => (2.0 * dot - squared - query.squared).min(0.0),
            }
        }));
        scores
    }

    /// The inner products of a query made by [`Self::query`] and stored vectors, whatever the metric.
    #[inline(never)]
    pub fn dot_rows<'s>(&self, query: &CodeQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        self.sum_rows(query, rows, scores);
        let Scores { sums, scores, .. } = scores;
        let (each, off) = self.steps_of(query);
        scores.clear();
        scores.extend(
            sums.iter().zip(rows).map(|(sum, &row)| {
                sum.wrapping_mul(each).wrapping_sub(off) as f32 * query.scale * self.factors_of(row).0
            }),
        );
        scores
    }

    /// What a sum of codes is to be multiplied by, and what taken off, to be one of steps.
    fn steps_of(&self, query: &CodeQuery) -> (i32, i32) {
        let (each, off) = self.width.steps();
        (each.into(), query.total.wrapping_mul(off.into()))
    }

    /// The kernel's sums. Nibbles are unpacked first: then one kernel does for both widths.
    #[inline(always)]
    fn sum_rows(&self, query: &CodeQuery, rows: &[Ordinal], scores: &mut Scores) {
        if let (Stretch::Here(codes), None, Width::Eight) = (self.codes, self.records, self.width) {
            return Kernels::best().dot_rows(codes, self.dim, rows, &query.split, &mut scores.sums);
        }
        self.gather(rows, scores);
        let codes = match (self.width, self.codes) {
            (Width::Four, _) => &scores.unpacked,
            (Width::Eight, Stretch::Here(codes)) => codes,
            (Width::Eight, _) => &*scores.copied,
        };
        Kernels::best().dot_rows(codes, self.dim, &scores.places, &query.split, &mut scores.sums);
    }

    /// Whether all that was asked for since then is here: see [`Stretch::misses`].
    #[must_use]
    pub fn none_missing_since(&self, misses: u32) -> bool {
        self.codes.misses() == misses
    }

    /// Where rows stand: among all codes or, where not all are here, among copies of these. Nibbles are unpacked to
    /// bytes, and stand there then.
    #[inline(never)]
    fn gather(&self, rows: &[Ordinal], scores: &mut Scores) {
        let Scores { places, copied, unpacked, .. } = scores;
        places.clear();
        let codes = if let Stretch::Here(codes) = self.codes {
            places.extend(rows.iter().map(|&row| self.place(row)));
            codes
        } else {
            self.copy_rows(rows, copied);
            places.extend(0..rows.len() as Ordinal);
            copied
        };
        if self.width == Width::Four {
            unpack_rows(codes, self.dim / 2, places, unpacked);
            places.clear();
            places.extend(0..rows.len() as Ordinal);
        }
    }

    /// Codes one behind the other; zeros for those that are not here.
    fn copy_rows(&self, rows: &[Ordinal], copied: &mut Vec<u8>) {
        let bytes = self.width.bytes(self.dim);
        copied.clear();
        for (end, &row) in (1..).zip(rows) {
            copied.extend_from_slice(self.code(row));
            copied.resize(end * bytes, 0);
        }
    }

    /// Which row among all bytes a code is.
    fn place(&self, row: Ordinal) -> u32 {
        self.records.map_or(row, |records| records.row(row))
    }

    /// A record, and how many points it has; nothing where it is not here, or there are no records.
    fn record(&self, record: usize) -> (&'a [u8], usize) {
        let points = self.points.saturating_sub(record * RECORD_POINTS).min(RECORD_POINTS);
        let rows = self.records.map_or(0..0, |records| records.rows(record));
        let bytes = self.width.bytes(self.dim);
        (self.codes.get(rows.start * bytes..rows.end * bytes).unwrap_or_default(), points)
    }

    /// What a record has behind its codes and factors; nothing where it is not here, or there are no records.
    #[must_use]
    pub fn behind(&self, record: usize) -> &'a [u8] {
        let (record, points) = self.record(record);
        record.get(points * (self.width.bytes(self.dim) + factors_of(self.metric) * FACTOR_BYTES)..).unwrap_or_default()
    }

    /// A factor of a point where not all are here: from its record, if there are such.
    #[cold]
    fn factor_elsewhere(&self, row: Ordinal, factor: usize) -> f32 {
        let each = factors_of(self.metric);
        let factors = if self.records.is_some() {
            let (record, points) = self.record(row as usize / RECORD_POINTS);
            let at = points * self.width.bytes(self.dim) + row as usize % RECORD_POINTS * each * FACTOR_BYTES;
            record.get(at..at + each * FACTOR_BYTES)
        } else {
            let at = (row as usize).checked_mul(each * FACTOR_BYTES);
            at.and_then(|at| self.factors_apart.get(at..at.checked_add(each * FACTOR_BYTES)?))
        };
        let factors = factors.unwrap_or_default().as_chunks::<FACTOR_BYTES>().0;
        let factor = factors.get(factor).map_or(0.0, |bytes| f32::from_le_bytes(*bytes));
        // As sections of factors are refused that have others.
        if is_factor(factor) { factor } else { 0.0 }
    }

    /// The same, for who reads the factors of many points: where not all of the segment is here, those of the list of
    /// factors, and not of records. None where that list is not here.
    #[must_use]
    pub fn with_factors(self) -> Option<Self> {
        let factors = bytemuck::try_cast_slice(self.factors_apart.whole()?).ok()?;
        Some(Self { factors, ..self })
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

    /// How wide codes are.
    pub const fn tier(&self) -> Tier {
        match self.width {
            Width::Eight => Tier::U8,
            Width::Four => Tier::U4,
        }
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
    pub const fn len(&self) -> usize {
        self.points
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.points == 0
    }

    /// A code as it is stored; nothing where it is not here.
    pub fn code(&self, row: Ordinal) -> &'a [u8] {
        let bytes = self.width.bytes(self.dim);
        if self.codes.is_here() || self.records.is_none() {
            let row = self.place(row) as usize;
            return self.codes.get(row * bytes..(row + 1) * bytes).unwrap_or_default();
        }
        // A record is fetched and proved as one.
        let at = row as usize % RECORD_POINTS * bytes;
        self.record(row as usize / RECORD_POINTS).0.get(at..at + bytes).unwrap_or_default()
    }

    /// A code, component by component.
    fn steps(&self, row: Ordinal) -> impl Iterator<Item = i16> + use<'a> {
        let (code, width) = (self.code(row), self.width);
        let upper = if width == Width::Four { code } else { &[] };
        let lower = code.iter().map(move |&c| if width == Width::Four { c & 15 } else { c });
        let (each, off) = width.steps();
        lower.chain(upper.iter().map(|&c| c >> 4)).map(move |c| i16::from(c) * each - off)
    }

    /// From steps to components, and the squared length, which is kept for l2 only.
    #[inline(always)]
    pub fn factors_of(&self, row: Ordinal) -> (f32, f32) {
        let at = row as usize;
        let elsewhere = |factor: usize| if self.factors.is_empty() { self.factor_elsewhere(row, factor) } else { 0.0 };
        match self.metric {
            Metric::Cosine | Metric::Dot => (self.factors.get(at).copied().unwrap_or_else(|| elsewhere(0)), 0.0),
            Metric::L2 => match self.factors.get(2 * at..2 * at + 2) {
                Some(&[scale, squared]) => (scale, squared),
                _ => (elsewhere(0), elsewhere(1)),
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
