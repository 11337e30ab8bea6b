//! Searching by words, and bringing both kinds of search together.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ByName;
use super::vector_field::choice;
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_BOOST, MAX_TEXT_BYTES, MAX_TEXT_FIELDS};

/// Words to search for: a text, or these options.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Match {
    /// The words.
    pub query: String,
    /// Text fields to search: names, or names with boosts instead of the schema's; all when absent.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string[] | Record<string, number>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Option<f32>>>))]
    pub fields: Option<ByName<Option<f32>>>,
    /// How much it counts beside the query's other texts, above 0 and at most 1,000; 1 when absent.
    pub boost: Option<f32>,
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
    /// Any of these words, with nothing else said.
    #[must_use]
    pub fn any_of(words: impl Into<String>) -> Self {
        Self { query: words.into(), ..Self::default() }
    }

    /// How much it counts.
    #[must_use]
    pub fn boost(&self) -> f32 {
        self.boost.unwrap_or(1.0)
    }

    /// One of these, or a list.
    pub(super) fn read_all(value: &Value, document: Document) -> Result<Vec<Self>> {
        match value {
            Value::Array(list) if list.is_empty() => Err(document.error("\"match\" has a text, or is left out")),
            Value::Array(list) => list.iter().map(|item| Self::read(item, document)).collect(),
            single => Ok(alloc::vec![Self::read(single, document)?]),
        }
    }

    fn read(value: &Value, document: Document) -> Result<Self> {
        if let Some(text) = value.as_str() {
            return Ok(Self::any_of(text));
        }
        let fields = document.object(value)?.only(&["query", "fields", "boost", "mode", "prefix", "fuzzy"])?;
        Ok(Self {
            query: fields.required("query", Fields::text)?.into(),
            fields: Self::read_fields(fields)?,
            boost: fields.number("boost")?.map(|n| n as f32),
            mode: choice(&fields, "mode", MatchMode::ALL, MatchMode::as_str)?.unwrap_or_default(),
            prefix: fields.flag("prefix")?.unwrap_or_default(),
            fuzzy: fields.flag("fuzzy")?.unwrap_or_default(),
        })
    }

    fn read_fields(fields: Fields<'_>) -> Result<Option<ByName<Option<f32>>>> {
        let mut boosts = ByName::new();
        if !matches!(fields.value("fields"), Some(Value::Object(_))) {
            let Some(names) = fields.texts("fields")? else { return Ok(None) };
            let mut names = names.into_iter();
            // No schema has more, so one of them will not be found.
            while let Some(name) = names.next().filter(|_| boosts.len() <= MAX_TEXT_FIELDS) {
                boosts.insert(name, None);
            }
            return Ok(Some(boosts));
        }
        for (name, boost) in fields.object("fields")?.iter().flat_map(|f| f.entries()) {
            let wrong = || fields.document().error("\"fields\" lists text fields, or gives each a boost");
            boosts.insert(name.clone(), Some(boost.as_f64().ok_or_else(wrong)? as f32));
        }
        Ok(Some(boosts))
    }

    pub(super) fn check(&self) -> Result<()> {
        let mut boosts = self.fields.iter().flatten().filter_map(|(_, boost)| *boost).chain(self.boost);
        if boosts.any(|boost| boost.is_nan() || boost <= 0.0 || boost > f32::from(MAX_BOOST)) {
            return Err(Error::new(
                Code::InvalidQuery,
                alloc::format!("a boost of \"match\" is above 0 and at most {MAX_BOOST}"),
            ));
        }
        if self.query.len() > MAX_TEXT_BYTES {
            return Err(Error::new(
                Code::LimitExceeded,
                alloc::format!("\"match\" has at most {MAX_TEXT_BYTES} bytes"),
            ));
        }
        if self.fields.as_ref().is_some_and(ByName::is_empty) {
            return Err(Error::new(Code::InvalidQuery, "\"match.fields\" names a field, or is left out for all"));
        }
        Ok(())
    }
}

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
