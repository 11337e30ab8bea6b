//! 1-bit codes in rows: for walks, which compare one vector here and one there.
//!
//! A row holds what a lane of a block holds (see `rabitq`), and which centroid its residual is of. The query is cut
//! into planes of bits: without blocks there is no table to share between 32 vectors, and counting bits needs none. It
//! keeps 4 bits; what that adds to the error is small beside what the signs leave open.
//!
//! The centroid's part of a score is computed when the first of its points is met, and kept for the others: a walk
//! meets few clusters, and many points of each.

use alloc::vec::Vec;

use super::rabitq::Block;
use super::scalar::{CodeQuery, Codes, Scores};
use crate::bytes::AlignedBytes;
use crate::ids::Ordinal;
use crate::kernel::{Kernels, PLANES, Planes, dot_f32, largest, round};
use crate::model::Metric;

/// Bytes behind the signs: two factors and the centroid's row.
const TAIL_BYTES: usize = 12;
/// The largest value of a query.
const MOST: f32 = ((1 << (PLANES - 1)) - 1) as f32;
/// Where a query clips, in standard deviations: rotated components are nearly normal, and of all uniform steps to seven
/// on either side these have the smallest squared error for them (Max, Quantizing for Minimum Distortion, 1960).
const CLIP: f32 = 2.5;

/// Rows of 1-bit codes. They live in memory only: a segment keeps blocks.
#[derive(Debug)]
pub struct OneBitRows<'a> {
    centroids: Codes<'a>,
    /// Of the vectors.
    metric: Metric,
    records: AlignedBytes,
    stride: usize,
}

/// A vector of a block, on its way to a row: its ordinal, block and lane, and the row of its centroid.
pub(crate) type Lane<'a> = (Ordinal, Block<'a>, usize, Ordinal);

impl<'a> OneBitRows<'a> {
    /// Copies the vectors of blocks.
    pub fn new<'b>(
        points: usize,
        (centroids, metric): (Codes<'a>, Metric),
        lanes: impl Iterator<Item = Lane<'b>>,
    ) -> Self {
        let signs = centroids.dim().div_ceil(64) * 8;
        let stride = (signs + TAIL_BYTES).next_multiple_of(64);
        let records = AlignedBytes::fill_with(points * stride, |records| {
            for (ordinal, block, lane, centroid) in lanes {
                let start = ordinal as usize * stride;
                let Some((target, tail)) =
                    records.get_mut(start..start + stride).and_then(|r| r.split_at_mut_checked(signs))
                else {
                    continue;
                };
                block.read_signs(lane, target);
                let [add, scale] = block.factors(lane).map(f32::to_bits);
                let fields = tail.as_chunks_mut::<4>().0.iter_mut().zip([add, scale, centroid]);
                fields.for_each(|(place, field)| *place = field.to_le_bytes());
            }
        });
        Self { centroids, metric, records, stride }
    }

    /// Makes `query` a rotated vector.
    pub fn aim(&self, rotated: &[f32], query: &mut OneBitRowQuery) {
        query.centroid = self.centroids.query(rotated);
        query.bases.resize(self.centroids.len(), (0, 0.0));
        query.age += 1;
        let deviation = libm::sqrtf(dot_f32(rotated, rotated) / rotated.len().max(1) as f32);
        let largest = largest(rotated);
        let reach = if largest < CLIP * deviation { largest } else { CLIP * deviation };
        let step = if reach > 0.0 { (reach / MOST).max(f32::MIN_POSITIVE) } else { 1.0 };
        query.values.clear();
        query.values.extend(rotated.iter().map(|x| round((x / step).clamp(-MOST, MOST)) as i8));
        query.planes.replace(&query.values);
        // <q, b> is twice what the set signs add, less what all do.
        query.slope = 2.0 * step;
        query.offset = -step * query.values.iter().map(|&v| i32::from(v)).sum::<i32>() as f32;
    }

    /// About the scores of stored vectors, in the order of `rows`.
    #[inline(always)]
    pub fn score_rows<'q>(&self, rows: &[Ordinal], query: &'q mut OneBitRowQuery) -> &'q [f32] {
        let OneBitRowQuery { planes, centroid, bases, missing, tails, sums, scores, found, age, slope, offset, .. } =
            query;
        Kernels::best().count_rows(&self.records, self.stride, rows, planes, sums);
        missing.clear();
        tails.clear();
        for &row in rows {
            let tail = self.tail(row);
            if let Some(base) = bases.get_mut(tail.2 as usize).filter(|base| base.0 != *age) {
                base.0 = *age;
                missing.push(tail.2);
            }
            tails.push(tail);
        }
        if !missing.is_empty() {
            for (&at, &dot) in missing.iter().zip(self.centroids.dot_rows(centroid, missing, scores)) {
                if let Some(base) = bases.get_mut(at as usize) {
                    // By distance, the points' own terms have their squared lengths already.
                    base.1 = if self.metric == Metric::L2 { 2.0 * dot - centroid.squared() } else { dot };
                }
            }
        }
        found.clear();
        found.extend(tails.iter().zip(sums).map(|(&(add, scale, at), sum)| {
            let base = bases.get(at as usize).map_or(0.0, |base| base.1);
            (base + add) + scale * (*slope * *sum as f32 + *offset)
        }));
        found
    }

    /// The factors of a vector, and the row of its centroid.
    #[inline(always)]
    fn tail(&self, row: Ordinal) -> (f32, f32, Ordinal) {
        let start = (row as usize + 1) * self.stride - self.tail_bytes();
        match self.records.get(start..start + TAIL_BYTES).map(|tail| tail.as_chunks::<4>().0) {
            Some(&[add, scale, at]) => (f32::from_le_bytes(add), f32::from_le_bytes(scale), u32::from_le_bytes(at)),
            _ => (0.0, 0.0, 0),
        }
    }

    const fn tail_bytes(&self) -> usize {
        self.stride - self.centroids.dim().div_ceil(64) * 8
    }
}

/// A query prepared for rows, and the memory that scores are computed in.
#[derive(Debug, Default)]
pub struct OneBitRowQuery {
    planes: Planes,
    slope: f32,
    offset: f32,
    centroid: CodeQuery,
    /// What each centroid gives, and to which query: others are not known yet.
    bases: Vec<(u32, f32)>,
    age: u32,
    values: Vec<i8>,
    missing: Vec<Ordinal>,
    tails: Vec<(f32, f32, Ordinal)>,
    sums: Vec<i32>,
    scores: Scores,
    found: Vec<f32>,
}
