//! What a search found.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{FacetCounts, PayloadText};
use crate::ids::{Lsn, Version};

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
    /// Lists of words were gone through.
    Postings,
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
    /// Vectors compared with the query; of words, points whose score was computed.
    pub compared: u32,
    /// Blocks of 128 points in the lists of words.
    #[serde(default)]
    pub blocks: u32,
    /// Of these, how many were read.
    #[serde(default)]
    pub blocks_read: u32,
    /// Bytes of memory that the search needed beside the segment, at most.
    pub scratch_bytes: u32,
}

/// A place in a text where a word of the query stands, or one that it is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Highlight {
    /// Which text of an array; 0 where the field is one text.
    pub item: u32,
    /// Where it begins, in UTF-16 units: what `slice` of JavaScript takes.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

/// What the parts of a query gave a hit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Parts {
    /// The score by the vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<f32>,
    /// The score by the words; absent where it has none of them.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub words: Option<f32>,
}

/// One found point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// The point's id.
    pub id: String,
    /// Higher is better; what it means is the metric's, of words BM25's, of both the fusion's.
    pub score: f32,
    /// Where the words stand, by text field, when the query asks for `highlight`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub highlights: Option<BTreeMap<String, Vec<Highlight>>>,
    /// What vector and words gave, when the query asks to `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub parts: Option<Parts>,
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
    /// What was counted, when the query asks for `facets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub facets: Option<BTreeMap<String, FacetCounts>>,
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
