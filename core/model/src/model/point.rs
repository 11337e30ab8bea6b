//! A point, batches of points, and the receipts of writes.

#[cfg(feature = "typescript")]
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{ByName, PayloadText};
use crate::ids::{Lsn, Version};

/// One searchable thing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// 1 to 512 bytes without control characters, compared byte by byte; an upsert with a known id replaces the point
    /// whole.
    pub id: String,
    /// Vectors by name, as 32-bit floats. Any may be left out: the schema derives it by `embed`, or the point is not
    /// found by it.
    #[serde(skip_serializing_if = "ByName::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<BTreeMap<String, Vec<f32>>>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Vec<f32>>, required = false))]
    pub vectors: ByName<Vec<f32>>,
    /// At most 64 KiB as JSON; kept as it is given, but for white space and how strings are escaped.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object, required = false))]
    pub payload: PayloadText,
}

/// A point as a replica finds it again: without its vectors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredPoint {
    /// Its id.
    pub id: String,
    /// Its payload.
    pub payload: PayloadText,
}

/// Body of an upsert: at most 10,000 points or 32 MiB. The batch is applied whole or not at all;
/// of several points with one id the last one counts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PointBatch {
    /// The points.
    pub points: Vec<Point>,
}

/// Body of a delete: at most 10,000 ids. Those that no point has are no error, and the receipt does not count them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(remote = "Self")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteBatch {
    /// The ids.
    pub ids: Vec<String>,
}

crate::objects_only!(PointBatch, DeleteBatch);

/// Says that a write is durable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteReceipt {
    /// The number of the last operation of this write.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Points written; of a delete, points that were there and are deleted now.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub count: u64,
}

/// Says what a publish made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishReceipt {
    /// The version that the head names now.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: Version,
    /// The last operation that it holds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lsn: Lsn,
    /// Live points in it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub points: u64,
    /// Segments in it.
    pub segments: u32,
    /// Bytes of all its blobs.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes: u64,
    /// False when there was nothing new to publish.
    pub changed: bool,
    /// The version that a rollback went back to which had been interrupted, and which this publish has finished
    /// first. Absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub finished_rollback: Option<Version>,
    /// Milliseconds spent.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub took_ms: u64,
}
