//! Several rankings of one query become one.

use serde::{Deserialize, Serialize};

use super::vector_field::choice;
use crate::error::{Code, Error, Result};
use crate::json::Fields;

/// How the rankings of a query with vectors and words become one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Fusion {
    /// The way; the one that measured better when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<FusionMethod>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub method: FusionMethod,
    /// How much all vectors count, 0 to 1, and the words the rest, where there are both.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f32>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub vector: f32,
}

/// Ways to bring rankings together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FusionMethod {
    /// The weighted sum of scores, each brought to at most 1 (Bruch, Gai and Ingber, arXiv 2210.11934).
    #[default]
    Weighted,
    /// Reciprocal ranks (Cormack, Clarke and Büttcher, SIGIR 2009): for scores that cannot be compared.
    Rrf,
}

impl FusionMethod {
    const ALL: [Self; 2] = [Self::Weighted, Self::Rrf];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Weighted => "weighted",
            Self::Rrf => "rrf",
        }
    }
}

impl Default for Fusion {
    fn default() -> Self {
        Self { method: FusionMethod::default(), vector: Self::DEFAULT_VECTOR }
    }
}

impl Fusion {
    /// How little ranks far down differ: the constant of the paper.
    pub const RRF_CONSTANT: f32 = 60.0;
    /// How much the vector counts when nothing is said (BENCHMARKS.md).
    pub const DEFAULT_VECTOR: f32 = 0.55;

    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["method", "vector"])?;
        Ok(Self {
            method: choice(&fields, "method", FusionMethod::ALL, FusionMethod::as_str)?.unwrap_or_default(),
            vector: fields.number("vector")?.map_or(Self::DEFAULT_VECTOR, |n| n as f32),
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.vector) {
            return Ok(());
        }
        Err(Error::new(Code::InvalidQuery, "\"fusion.vector\" is 0 to 1"))
    }
}
