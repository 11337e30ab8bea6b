//! Several rankings of one query become one.

use serde::{Deserialize, Serialize};

use super::vector_field::choice;
use crate::error::{Code, Error, Result};
use crate::json::Fields;

/// How the rankings of a query with vectors and words become one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Fusion {
    /// The way; the one that measured better when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<FusionMethod>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub method: FusionMethod,
    /// How much all vectors count, 0 to 1, and the words the rest, where there are both. When absent 0.55, and up
    /// to 0.8 beside a text of more than eight words that its fields ask for.
    pub vector: Option<f32>,
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

impl Fusion {
    /// How little ranks far down differ: the constant of the paper.
    pub const RRF_CONSTANT: f32 = 60.0;
    /// How much vectors count when nothing is said, beside a text of few words and of many (BENCHMARKS.md).
    const BESIDE_TEXTS: [f32; 2] = [0.55, 0.8];
    /// Which are few words, and which are many; between them it goes in a straight line.
    const WORDS: [u32; 2] = [8, 14];

    /// How much all vectors count beside a text of so many words. The more words are typed, the less each of them says,
    /// and the more they say together.
    pub fn vector_beside(&self, words: u32) -> f32 {
        self.vector.unwrap_or_else(|| {
            let ([least, most], [few, many]) = (Self::BESIDE_TEXTS, Self::WORDS);
            let beyond = words.clamp(few, many) - few;
            least + (most - least) * (beyond as f32 / (many - few) as f32)
        })
    }

    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["method", "vector"])?;
        Ok(Self {
            method: choice(&fields, "method", FusionMethod::ALL, FusionMethod::as_str)?.unwrap_or_default(),
            vector: fields.number("vector")?.map(|n| n as f32),
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.vector.is_none_or(|vector| (0.0..=1.0).contains(&vector)) {
            return Ok(());
        }
        Err(Error::new(Code::InvalidQuery, "\"fusion.vector\" is 0 to 1"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_count_more_beside_many_words_unless_it_is_said() {
        let weights = |fusion: Fusion| [0, 8, 11, 14, 1000].map(|words| fusion.vector_beside(words));
        assert_eq!(weights(Fusion::default()), [0.55, 0.55, 0.675, 0.8, 0.8]);
        assert_eq!(weights(Fusion { vector: Some(0.1), ..Fusion::default() }), [0.1; 5]);
    }
}
