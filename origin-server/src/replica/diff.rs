//! What a replica fetches from one version to another, and how points differ between them.

use std::collections::HashSet;

use headwater_core::error::Result;
use headwater_core::ids::{Hash, Version};
use headwater_core::manifest::{BlobRef, Manifest};
use headwater_core::snapshot::Snapshot;
use headwater_core::sync::SyncPlan;
use serde::Serialize;

use crate::counted::counted;

/// From one version to another.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    from: Version,
    to: Version,
    segments_kept: usize,
    segments_new: usize,
    segments_gone: usize,
    /// Blobs that a replica of the first version fetches.
    fetched_blobs: usize,
    /// Their bytes.
    fetched_bytes: u64,
    /// Bytes of all blobs of the second version.
    total_bytes: u64,
    points_before: u64,
    points_after: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contents: Option<Contents>,
}

/// How points differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Contents {
    added: u64,
    removed: u64,
    /// With another payload; vectors that differ alone are not noticed: replicas have codes of them only.
    changed: u64,
}

impl Difference {
    pub(crate) fn new(before: &Manifest, after: &Manifest) -> Self {
        let held = before.blobs().iter().map(|b: &BlobRef| b.hash).collect();
        let plan = SyncPlan::new(after, &held);
        let segments = |m: &Manifest| m.segments.iter().map(|s| s.blob.hash).collect::<HashSet<Hash>>();
        let (old, new) = (segments(before), segments(after));
        Self {
            from: before.version,
            to: after.version,
            segments_kept: new.intersection(&old).count(),
            segments_new: new.difference(&old).count(),
            segments_gone: old.difference(&new).count(),
            fetched_blobs: plan.fetch.len(),
            fetched_bytes: plan.fetch.iter().map(|b| b.bytes).sum(),
            total_bytes: after.total_bytes(),
            points_before: before.live_points(),
            points_after: after.live_points(),
            contents: None,
        }
    }
}

impl Contents {
    pub(crate) fn of(before: &Snapshot, after: &Snapshot) -> Result<Self> {
        let mut contents = Self { added: 0, removed: 0, changed: 0 };
        for id in after.live_ids()? {
            match before.get(&id)? {
                None => contents.added += 1,
                Some(then) => {
                    contents.changed += u64::from(after.get(&id)?.is_some_and(|now| now.payload != then.payload))
                }
            }
        }
        contents.removed = before.live_ids()?.iter().filter(|id| !after.contains(id)).count() as u64;
        Ok(contents)
    }
}

impl Difference {
    /// It as lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let share = self.fetched_bytes as f64 / self.total_bytes.max(1) as f64 * 100.0;
        let Self { segments_kept, segments_new, segments_gone, fetched_bytes, points_before, points_after, .. } = self;
        let (total, blobs) = (counted(self.total_bytes, "byte"), counted(self.fetched_blobs as u64, "blob"));
        let contents = self.contents.map_or_else(String::new, |Contents { added, removed, changed }| {
            format!(": {added} added, {removed} removed, {changed} with another payload")
        });
        vec![
            format!("version {} to version {}", self.from, self.to),
            format!("  segments  {segments_kept} kept, {segments_new} new, {segments_gone} gone"),
            format!("  to fetch  {fetched_bytes} of {total} ({share:.2} %), {blobs}"),
            format!("  points    {points_before} before, {points_after} after{contents}"),
        ]
    }
}
