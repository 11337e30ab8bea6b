//! A search and its answer.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Filter, PayloadText};
use crate::error::{Code, Error, Result};
use crate::ids::{Lsn, Version};
use crate::json::{Document, Fields};
use crate::limits::{MAX_EF_SEARCH, MAX_QUERY_BYTES, MAX_TEXT_BYTES, MAX_TOP_K};

const DOCUMENT: Document = Document::new("query", Code::InvalidQuery);

/// A search: exactly one of `vector` and `text`, the rest optional.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields, rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Query {
    /// The query vector, of the declared dimension.
    pub vector: Option<Vec<f32>>,
    /// A text, embedded by the model that the schema names for the vector.
    pub text: Option<String>,
    /// Which of the schema's vectors; may be left out when there is one.
    pub using: Option<String>,
    /// Only points that pass count.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Filter"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub filter: Option<Filter>,
    /// How many hits, 1 to 10,000; 10 when absent.
    pub top_k: Option<u32>,
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
            "using",
            "filter",
            "topK",
            "fields",
            "exact",
            "efSearch",
            "scoreThreshold",
        ])?;
        Ok(Self {
            vector: fields.numbers("vector")?,
            text: fields.text("text")?.map(Into::into),
            using: fields.text("using")?.map(Into::into),
            filter: fields.value("filter").map(Filter::from_value).transpose()?,
            top_k: fields.small("topK")?,
            fields: fields.texts("fields")?,
            exact: fields.flag("exact")?.unwrap_or_default(),
            ef_search: fields.small("efSearch")?,
            score_threshold: fields.number("scoreThreshold")?.map(|n| n as f32),
        })
    }

    /// Checks what types alone cannot say.
    pub fn check(&self) -> Result<()> {
        let invalid = |message: String| Err(Error::new(Code::InvalidQuery, message));
        if self.vector.is_some() == self.text.is_some() {
            return invalid("a query has exactly one of \"vector\" and \"text\"".into());
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

/// Who computed an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AnsweredBy {
    /// The authoritative server, which also sees points that are not published yet.
    Origin,
    /// An edge worker.
    Edge,
    /// A replica in a browser.
    Browser,
    /// A replica in Node.
    Node,
}

impl AnsweredBy {
    /// The name as it stands in JSON and in the `x-headwater-answered-by` header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Edge => "edge",
            Self::Browser => "browser",
            Self::Node => "node",
        }
    }
}

/// How one segment was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Strategy {
    /// Every matching point was compared.
    Exact,
    /// 1-bit codes of the nearest clusters were scanned, and the best candidates compared.
    Scan,
    /// The graph was walked.
    Graph,
    /// No point matched the filter.
    Empty,
}

/// What was done in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentPlan {
    /// How it was searched.
    pub strategy: Strategy,
    /// Points in the segment.
    pub points: u32,
    /// Points that are live and pass the filter.
    pub matches: u32,
    /// Points whose 1-bit codes were scanned.
    pub scanned: u32,
    /// Vectors compared with the query.
    pub compared: u32,
    /// Bytes of memory that the search needed beside the segment, at most.
    pub scratch_bytes: u32,
}

/// One found point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// The point's id.
    pub id: String,
    /// Higher is better; what it means is the metric's.
    pub score: f32,
    /// The payload fields asked for.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: PayloadText,
}

/// What a search found: hits by score descending, then by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// The hits.
    pub hits: Vec<Hit>,
    /// The version of the snapshot that was searched; 0 before the first publish.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// The last operation that the answer has seen.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Microseconds from the parsed query to the answer, where the host has such a clock.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub took_us: u64,
    /// Who computed it.
    pub answered_by: AnsweredBy,
    /// How each segment was searched; the points that are not published yet stand last.
    pub plan: Vec<SegmentPlan>,
}
