//! What a search found.

#[cfg(feature = "typescript")]
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{ByName, FacetCounts, PayloadText, Scalar, Snippet};
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
    /// Codes of a few bits of the nearest clusters were scanned, and the best candidates compared.
    Scan,
    /// The graph was walked.
    Graph,
    /// Lists of words were gone through.
    Postings,
    /// No point matched the filter.
    Empty,
}

/// What was done in one segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentPlan {
    /// How it was searched.
    pub strategy: Strategy,
    /// Points in the segment.
    pub points: u32,
    /// Points that are live and pass the filter; of a search by vector those that have it.
    pub matches: u32,
    /// How many were expected to pass, before looking.
    #[serde(default)]
    pub expected: u32,
    /// Codes that were scanned; a point has one in each cluster in which it stands.
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
    /// Whether its points are not published: those of a sealed segment, or those that are in none.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub unpublished: bool,
    /// With `explain`, of a search by vector: what was measured when the segment was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub built: Option<Built>,
}

/// What the builder of a segment measured on a sample of a vector's points, and so decided. Shares of neighbours are of
/// the ten nearest to each sampled point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Built {
    /// Points that stood in for queries.
    pub sampled: u32,
    /// Clusters; 0 where codes of a few bits do not suit the data, or were not asked for.
    pub clusters: u32,
    /// Codes in them: more than there are points where points stand in further clusters.
    pub codes: u32,
    /// Bits of a code for each dimension; 0 without clusters.
    pub bits: u32,
    /// Codes that a search scans until it has met 98.5 % of the neighbours, if each point stands in its own cluster
    /// alone.
    pub scanned_alone: u32,
    /// The same if points stand in further clusters as well.
    pub scanned_with_further: u32,
    /// Share of the neighbours that are found so, by codes of these bits.
    pub scan_recall: f32,
    /// Whether there is a graph.
    pub has_graph: bool,
    /// Share of the neighbours that a walk along it finds; 0 where none was built to try.
    pub graph_recall: f32,
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

/// What one part of a query gave a hit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Part {
    /// The vector that the query asked by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vector: Option<String>,
    /// Which of the query's texts, from 0 on.
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    pub words: Option<u32>,
    /// Its score; absent where the hit has none of the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
    /// What it adds to the hit's score.
    pub adds: f32,
}

/// Microseconds that the stages of a search took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stages {
    /// Finding what passes the filter.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub filter: u64,
    /// Making query vectors, of texts by a model, and looking up the query's words.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub prepare: u64,
    /// Searching by vectors.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub vectors: u64,
    /// Searching by words.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub words: u64,
    /// Bringing rankings together, sorting, collapsing.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub rank: u64,
    /// Counting facets and the total.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub facets: u64,
    /// Reading payloads and finding highlights.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub hits: u64,
}

/// What ended a search before it was through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Ended {
    /// `timeoutMs` were over.
    Timeout,
    /// `budget` points had been looked at.
    Budget,
}

/// A number of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Total {
    /// So many.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub value: u64,
    /// Whether there are more.
    pub relation: Relation,
}

/// How a number that is told stands to the true one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Relation {
    /// It is the true one.
    Exact,
    /// The true one is not below it: to know it would have taken longer, or the search ended before.
    AtLeast,
}

impl Relation {
    /// The name as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::AtLeast => "atLeast",
        }
    }
}

impl Total {
    /// So many, and no more.
    #[must_use]
    pub const fn exact(value: u64) -> Self {
        Self { value, relation: Relation::Exact }
    }

    /// So many, perhaps more.
    #[must_use]
    pub const fn at_least(value: u64) -> Self {
        Self { value, relation: Relation::AtLeast }
    }

    /// Whether it is the true number.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self.relation, Relation::Exact)
    }
}

/// The hits that share a value, inside the first of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Group {
    /// The value, as it is compared: where its field ignores case, without that; of a datetime, milliseconds since
    /// 1970. Absent where the point has none: such a one is a group by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, type = "Scalar"))]
    pub value: Option<Scalar>,
    /// How many points that the query finds have the value.
    pub count: Total,
    /// The first ones of them, in the order of hits: also the hit in which this stands. Those inside have no groups.
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub hits: Vec<Hit>,
}

/// One found point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// The point's id.
    pub id: String,
    /// Higher is better; what it means is the metric's, of words BM25's, of several parts the fusion's; 0 where nothing
    /// was searched for.
    pub score: f32,
    /// Whether it stands here because the query pins it; its score is 0 then.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub pinned: bool,
    /// Where the words stand, by text field, when the query asks for `highlight`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, Vec<Highlight>>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Vec<Highlight>>>))]
    pub highlights: Option<ByName<Vec<Highlight>>>,
    /// Fragments of its texts, the best first, by text field, when the query asks for `snippets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, Vec<Snippet>>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, Vec<Snippet>>>))]
    pub snippets: Option<ByName<Vec<Snippet>>>,
    /// What each vector and text of the query gave, when it asks to `explain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub parts: Option<Vec<Part>>,
    /// The hits that share its value, when the query's `collapse` is an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub group: Option<Group>,
    /// The payload fields asked for.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub payload: PayloadText,
}

/// What a search found: hits by score descending, then by id, unless the query sorts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// The hits.
    pub hits: Vec<Hit>,
    /// How many points the query finds: the hits of all pages put together, as if nothing were collapsed.
    pub total: Total,
    /// What to give as `after` for the page behind this one, when the query gave `after` and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub next: Option<String>,
    /// What was counted, when the query asks for `facets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, FacetCounts>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, FacetCounts>>))]
    pub facets: Option<ByName<FacetCounts>>,
    /// Why the search ended before it was through: what it found until then is here, and there may be better hits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub ended: Option<Ended>,
    /// How long each stage took, when the query asks to `explain` and the host has such a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub stages: Option<Stages>,
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
