//! The codes that rank the points of a segment, of whichever form.

use alloc::vec::Vec;

use crate::ids::Ordinal;
use crate::model::{Metric, Tier};
use crate::promised::Promised as _;
use crate::quant::{CodeQuery, Codes, PlaneQuery, Scores};
use crate::scan::Residuals;

/// Codes of the points of a segment.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one a search, which knows its centroids, and no box in what is copied"
)]
pub(crate) enum PointCodes<'a> {
    /// Of the vectors themselves.
    Rows(Codes<'a>),
    /// Of what centroids leave of them.
    Residual(Residuals<'a>),
}

/// A query prepared for them.
#[derive(Debug, Clone, Default)]
pub(super) struct PointQuery {
    /// As rows are asked, and centroids.
    pub(super) code: CodeQuery,
    planes: PlaneQuery,
}

impl<'a> PointCodes<'a> {
    /// Prepares a rotated query of finite components (of unit length, or zero, for cosine).
    #[inline(never)]
    pub(super) fn query(&self, rotated: &[f32]) -> PointQuery {
        match self {
            Self::Rows(codes) => PointQuery { code: codes.query(rotated), ..PointQuery::default() },
            Self::Residual(codes) => {
                let (code, planes) = codes.query(rotated);
                PointQuery { code, planes }
            }
        }
    }

    /// The scores of stored vectors, in the order of `rows`.
    pub(super) fn score_rows<'s>(&self, query: &PointQuery, rows: &[Ordinal], scores: &'s mut Scores) -> &'s [f32] {
        match self {
            Self::Rows(codes) => codes.score_rows(&query.code, rows, scores),
            Self::Residual(codes) => codes.score_rows((&query.code, &query.planes), rows, scores),
        }
    }

    /// The score of one stored vector.
    pub(super) fn score(&self, query: &PointQuery, row: Ordinal) -> f32 {
        self.score_rows(query, &[row], &mut Scores::default()).first().copied().promised()
    }

    /// The components of a stored, rotated vector.
    #[inline(never)]
    pub(super) fn decode(&self, row: Ordinal) -> Vec<f32> {
        match self {
            Self::Rows(codes) => codes.decode(row).collect(),
            Self::Residual(codes) => codes.decode(row),
        }
    }

    /// Whether a stored vector of unit length has that length when it is decoded: four bits are as long as the vector
    /// along it, not as it is.
    pub(super) const fn keep_length(&self) -> bool {
        match self {
            Self::Rows(codes) => {
                matches!((codes.tier(), codes.metric()), (Tier::U8, _) | (_, Metric::Dot | Metric::L2))
            }
            Self::Residual(codes) => !matches!(codes.metric(), Metric::Cosine),
        }
    }

    /// Whether a point has no vector.
    pub(crate) fn is_absent(&self, row: Ordinal) -> bool {
        match self {
            Self::Rows(codes) => codes.is_absent(row),
            Self::Residual(codes) => codes.is_absent(row),
        }
    }

    /// The same, for who reads the factors of many points. None where they are not here.
    #[inline(never)]
    pub(super) fn with_factors(self) -> Option<Self> {
        match self {
            Self::Rows(codes) => codes.with_factors().map(Self::Rows),
            Self::Residual(codes) => codes.with_factors().map(Self::Residual),
        }
    }

    /// Whether all that was asked for since then is here.
    pub(super) fn none_missing_since(&self, misses: u32) -> bool {
        match self {
            Self::Rows(codes) => codes.none_missing_since(misses),
            Self::Residual(codes) => codes.none_missing_since(misses),
        }
    }

    /// Components of a rotated vector.
    pub(super) const fn dim(&self) -> usize {
        match self {
            Self::Rows(codes) => codes.dim(),
            Self::Residual(codes) => codes.dim(),
        }
    }
}
