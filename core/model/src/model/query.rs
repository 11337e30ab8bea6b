//! A search.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Facet, Filter, Fusion, Match};
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_EF_SEARCH, MAX_QUERY_BYTES, MAX_TEXT_BYTES, MAX_TOP_K};

const DOCUMENT: Document = Document::new("query", Code::InvalidQuery);

/// A search: by a vector (`vector`, or `text` for a model), by words (`match`), or by both.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Query {
    /// The query vector, of the declared dimension.
    pub vector: Option<Vec<f32>>,
    /// A text, embedded by the model that the schema names for the vector.
    pub text: Option<String>,
    /// Words to search for: a text, or options beside it.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string | Match"))]
    pub r#match: Option<Match>,
    /// How a vector and words become one ranking.
    pub fusion: Option<Fusion>,
    /// Which of the schema's vectors; may be left out when there is one.
    pub using: Option<String>,
    /// Only points that pass count.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Filter"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// How many hits, 1 to 10,000; 10 when absent.
    pub top_k: Option<u32>,
    /// Hits to leave out at the beginning: with `topK`, at most 10,000.
    pub offset: Option<u32>,
    /// Payload fields to return; all when absent.
    pub fields: Option<Vec<String>>,
    /// Compare with every point instead of walking the graph.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub exact: bool,
    /// Candidates that a search keeps, and with them how much it looks at: more is slower and finds more. Raised to
    /// `topK` when below it.
    pub ef_search: Option<u32>,
    /// Hits below this score are left out.
    pub score_threshold: Option<f32>,
    /// What to count over all points that are found: names of fields, or what to count of each.
    #[cfg_attr(feature = "typescript", ts(optional, type = "string[] | Record<string, Facet>"))]
    pub facets: Option<BTreeMap<String, Facet>>,
    /// Says of each hit where the words stand.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub highlight: bool,
    /// Says of each hit what vector and words gave it.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub explain: bool,
}

impl Query {
    /// Hits when `topK` is absent.
    pub const DEFAULT_TOP_K: u32 = 10;
    /// Candidates when `efSearch` is absent: recall@10 0.95 on the demo's vectors (BENCHMARKS.md).
    pub const DEFAULT_EF_SEARCH: u32 = 96;

    /// Parses and checks a query.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Self::from_json_and_vector(bytes, None)
    }

    /// The same, with the vector apart from the text: where there is no need to write it as decimals.
    pub fn from_json_and_vector(bytes: &[u8], vector: Option<Vec<f32>>) -> Result<Self> {
        if bytes.len() > MAX_QUERY_BYTES {
            return Err(Error::new(
                Code::LimitExceeded,
                alloc::format!("a query has at most {MAX_QUERY_BYTES} bytes, this one has {}", bytes.len()),
            ));
        }
        let tree = DOCUMENT.parse(bytes)?;
        let mut query = Self::read(DOCUMENT.object(&tree)?)?;
        if vector.is_some() {
            query.vector = vector;
        }
        query.check()?;
        Ok(query)
    }

    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&[
            "vector",
            "text",
            "match",
            "fusion",
            "using",
            "filter",
            "topK",
            "offset",
            "fields",
            "exact",
            "efSearch",
            "scoreThreshold",
            "facets",
            "highlight",
            "explain",
        ])?;
        Ok(Self {
            vector: fields.numbers("vector")?,
            text: fields.text("text")?.map(Into::into),
            r#match: fields.value("match").map(|value| Match::read(value, DOCUMENT)).transpose()?,
            fusion: fields.object("fusion")?.map(Fusion::read).transpose()?,
            using: fields.text("using")?.map(Into::into),
            filter: fields.value("filter").map(Filter::from_value).transpose()?,
            top_k: fields.small("topK")?,
            offset: fields.small("offset")?,
            fields: fields.texts("fields")?,
            exact: fields.flag("exact")?.unwrap_or_default(),
            ef_search: fields.small("efSearch")?,
            score_threshold: fields.number("scoreThreshold")?.map(|n| n as f32),
            facets: fields.value("facets").map(|value| Facet::read_all(value, DOCUMENT)).transpose()?,
            highlight: fields.flag("highlight")?.unwrap_or_default(),
            explain: fields.flag("explain")?.unwrap_or_default(),
        })
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.vector.is_some() && self.text.is_some() {
            return invalid("a query has one of \"vector\" and \"text\", not both".into());
        }
        if !self.has_vector() && self.r#match.is_none() {
            return invalid(
                "a query says what to search for: \"vector\", \"text\" for a model, or \"match\" for words".into(),
            );
        }
        self.r#match.as_ref().map_or(Ok(()), Match::check)?;
        self.facets.as_ref().map_or(Ok(()), Facet::check)?;
        self.fusion.as_ref().map_or(Ok(()), Fusion::check)?;
        if self.offset() + self.top_k() > MAX_TOP_K {
            return invalid(alloc::format!("\"offset\" and \"topK\" together are at most {MAX_TOP_K}"));
        }
        if self.text.as_ref().is_some_and(|t| t.len() > MAX_TEXT_BYTES) {
            return Err(Error::new(Code::LimitExceeded, alloc::format!("\"text\" has at most {MAX_TEXT_BYTES} bytes")));
        }
        if self.top_k.is_some_and(|k| k == 0 || k as usize > MAX_TOP_K) {
            return invalid(alloc::format!("\"topK\" is 1 to {MAX_TOP_K}"));
        }
        if self.ef_search.is_some_and(|ef| ef == 0 || ef as usize > MAX_EF_SEARCH) {
            return invalid(alloc::format!("\"efSearch\" is 1 to {MAX_EF_SEARCH}"));
        }
        if self.score_threshold.is_some_and(|t| !t.is_finite()) {
            return Err(Error::new(Code::NonFinite, "\"scoreThreshold\" is a finite number"));
        }
        Ok(())
    }

    /// Whether it asks by a vector.
    #[must_use]
    pub const fn has_vector(&self) -> bool {
        self.vector.is_some() || self.text.is_some()
    }

    /// The number of hits left out.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset.unwrap_or_default() as usize
    }

    /// The number of hits asked for.
    #[must_use]
    pub fn top_k(&self) -> usize {
        self.top_k.unwrap_or(Self::DEFAULT_TOP_K) as usize
    }

    /// Whether a hit with this score is wanted.
    #[must_use]
    pub fn admits(&self, score: f32) -> bool {
        self.score_threshold.is_none_or(|threshold| score >= threshold)
    }

    /// The candidates a graph search keeps: at least `top_k`.
    #[must_use]
    pub fn ef_search(&self) -> usize {
        (self.ef_search.unwrap_or(Self::DEFAULT_EF_SEARCH) as usize).max(self.top_k())
    }
}
