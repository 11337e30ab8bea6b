//! Searching by words, and bringing both kinds of search together.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::vector_field::choice;
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::MAX_TEXT_BYTES;

/// Words to search for: a text, or these options.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Match {
    /// The words.
    pub query: String,
    /// Text fields to search; all when absent.
    pub fields: Option<Vec<String>>,
    /// Which of the words a point must have; any of them when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<MatchMode>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub mode: MatchMode,
    /// The last word may be unfinished, unless something follows it: for searching as one types.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub prefix: bool,
    /// Words may be misspelt: one edit from three letters on, two from six on; the first letter is right.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub fuzzy: bool,
}

/// Which words a point must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MatchMode {
    /// Any of them; those with more and rarer ones come first.
    #[default]
    Any,
    /// All of them, in whatever fields.
    All,
    /// All of them in one field, one after the other.
    Phrase,
}

impl MatchMode {
    const ALL: [Self; 3] = [Self::Any, Self::All, Self::Phrase];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Phrase => "phrase",
        }
    }
}

impl Match {
    pub(super) fn read(value: &Value, document: Document) -> Result<Self> {
        if let Some(text) = value.as_str() {
            return Ok(Self { query: text.into(), ..Self::default() });
        }
        let fields = document.object(value)?.only(&["query", "fields", "mode", "prefix", "fuzzy"])?;
        Ok(Self {
            query: fields.required("query", Fields::text)?.into(),
            fields: fields.texts("fields")?,
            mode: choice(&fields, "mode", MatchMode::ALL, MatchMode::as_str)?.unwrap_or_default(),
            prefix: fields.flag("prefix")?.unwrap_or_default(),
            fuzzy: fields.flag("fuzzy")?.unwrap_or_default(),
        })
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.query.len() > MAX_TEXT_BYTES {
            return Err(Error::new(
                Code::LimitExceeded,
                alloc::format!("\"match\" has at most {MAX_TEXT_BYTES} bytes"),
            ));
        }
        if self.fields.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new(Code::InvalidQuery, "\"match.fields\" names a field, or is left out for all"));
        }
        Ok(())
    }
}

/// How the two rankings of a query with a vector and words become one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Fusion {
    /// The way; the one that measured better when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<FusionMethod>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub method: FusionMethod,
    /// How much the vector counts, 0 to 1, and the words the rest.
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
    /// How much the vector counts when nothing is said (BENCHMARKS.md).
    pub const DEFAULT_VECTOR: f32 = 0.6;

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
