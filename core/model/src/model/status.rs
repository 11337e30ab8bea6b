//! What a collection, at a server or in a replica, says of itself.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Schema;
use crate::ids::{Lsn, Version};

/// A collection as a server (origin or edge) describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CollectionStatus {
    /// Its name.
    pub collection: String,
    /// Its schema.
    pub schema: Schema,
    /// The published version; 0 before the first.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// The last operation: at the origin of the log, at the edge of the snapshot.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Live points.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub points: u64,
    /// Changes that are durable and searchable here, but not published yet.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub pending: u64,
    /// Bytes that these changes keep in memory here. A server takes no more than so many; see `pending_full`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub pending_bytes: u64,
    /// The version that a rollback goes back to which has not ended: it is under way, or was interrupted, and then
    /// the next publish finishes it. Absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub unfinished_rollback: Option<Version>,
    /// Segments of the published version.
    pub segments: u32,
    /// Bytes of all blobs of the published version.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes: u64,
    /// The public keys by which its head is signed, as replicas pass them to `trust`.
    pub trust: Vec<String>,
}

/// Whether a replica is keeping up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ReplicaState {
    /// Serving, and the last sync reached its source.
    Ready,
    /// Fetching a newer version while serving the last good one.
    Syncing,
    /// Serving what it holds; the last sync could not reach its source.
    Offline,
    /// Serving what it holds; what the source offered was refused.
    Refused,
}

/// A replica as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplicaStatus {
    /// Whether it is keeping up.
    pub state: ReplicaState,
    /// The collection that it follows.
    pub collection: String,
    /// The version that it serves.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// The last operation in that version.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Live points.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub points: u64,
    /// Segments.
    pub segments: u32,
    /// Bytes of all its blobs.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes: u64,
    /// Bytes of it that are here: in memory, or, while it fills up in the background, of blobs that are kept whole,
    /// whichever are more.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub held_bytes: u64,
    /// Whether all of it is here, so that it needs its source for newer versions alone.
    pub whole: bool,
    /// Whether it is kept on disk. Where storage is denied, absent or full the replica answers all the same and fetches
    /// again when it is opened anew; `lastError` says why.
    pub kept: bool,
    /// When a sync last succeeded, in milliseconds since 1970; `null` when it never has since opening.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub last_sync_ms: Option<u64>,
    /// When the head of that version ends, in milliseconds since 1970; `null` when it does not.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub expires_ms: Option<u64>,
    /// Why the last sync failed; or, with the code `head_expired`, that what is served has expired; or why it is not
    /// kept.
    pub last_error: Option<super::Problem>,
}

/// What a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncReport {
    /// Whether a newer version is served now.
    pub changed: bool,
    /// The version served now.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// Blobs fetched.
    pub fetched_blobs: u32,
    /// Bytes fetched for blobs.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub fetched_bytes: u64,
    /// Blobs of the new version that were here already.
    pub reused_blobs: u32,
}

/// Where an opening or a sync stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Phase {
    /// Asking for the head.
    Head,
    /// Fetching the manifest.
    Manifest,
    /// Fetching blobs.
    Blobs,
    /// Reading and checking blobs kept on disk.
    Verify,
    /// Opening segments.
    Open,
    /// Done.
    Ready,
    /// Served already, and fetching the rest of it in the background.
    Fill,
}

/// Progress of an opening or a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Bytes done in this phase.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub loaded_bytes: u64,
    /// Bytes of this phase; 0 where unknown.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub total_bytes: u64,
}
