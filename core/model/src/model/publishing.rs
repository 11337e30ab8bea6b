//! How far a publish is.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Problem;

/// What a publish is doing, in the order in which it comes. What a schema does not ask for is left out; with several
/// vectors, what is between clusters and graph comes once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PublishPhase {
    /// Waiting for writes under way.
    Waiting,
    /// Reading points of segments that are written anew from the point store. Steps are points.
    Reading,
    /// Finding clusters of points that lie near each other. Steps are points.
    Clusters,
    /// Encoding vectors. Steps are vectors.
    Codes,
    /// Encoding vectors by one bit a dimension, and measuring on a sample how much of that a search must scan. Steps
    /// are vectors.
    Scan,
    /// Linking points into a graph. Steps are points.
    Graph,
    /// Writing the values of filterable fields. Steps are fields.
    Fields,
    /// Indexing words. Steps are texts.
    Words,
    /// Writing ids and payloads. Steps are points.
    Payloads,
    /// Writing the new blobs to the object store.
    Writing,
    /// Committing the version and signing its head.
    Signing,
    /// Opening the version for searches, and trimming the log.
    Opening,
    /// Removing versions that need not be kept any more.
    Cleaning,
}

impl PublishPhase {
    /// For people: "finding clusters".
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Waiting => "waiting for writes under way",
            Self::Reading => "reading points",
            Self::Clusters => "finding clusters",
            Self::Codes => "encoding vectors",
            Self::Scan => "measuring codes on a sample",
            Self::Graph => "building the graph",
            Self::Fields => "writing fields",
            Self::Words => "indexing words",
            Self::Payloads => "writing payloads",
            Self::Writing => "storing the new blobs",
            Self::Signing => "signing",
            Self::Opening => "opening the new version",
            Self::Cleaning => "removing versions that are not kept",
        }
    }
}

/// How far a publish is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishProgress {
    /// Whether one is under way.
    pub publishing: bool,
    /// Whether nobody asked for it: the server publishes by itself when much is pending.
    #[serde(default)]
    pub automatic: bool,
    /// What it is doing; `null` when none is under way.
    pub phase: Option<PublishPhase>,
    /// Steps of this phase that are done.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub done: u64,
    /// Steps of this phase; 0 where that is not known.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub total: u64,
    /// Milliseconds since this phase began.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub phase_ms: u64,
    /// What keeps it waiting, when that is the server's store; absent when nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub waits_for: Option<String>,
    /// Why the last automatic publish failed; `null` when it did not. It is tried again.
    pub last_error: Option<Problem>,
}
