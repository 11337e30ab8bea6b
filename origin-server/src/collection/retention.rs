//! Which versions are kept, and what becomes of the rest.
//!
//! ```text
//! versions ── dropped: pointer gone ── objects that no kept version names, older than the grace period: gone ── what points were before: gone
//! ```
//!
//! A version is dropped when it is neither among the newest few, nor pinned, nor was the newest one a short while ago.
//! A reader that has just fetched the head therefore finds all that it leads to. The pointer goes first: whatever stops
//! afterwards leaves only objects that nobody names, which the next run finds. What a publish under way has written is
//! not named yet, and may stand there already from one that was interrupted: both happen in turn, never at once.
//! Objects that a killed process has written half are garbage of the same age.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use headwater_core::error::Result;
use headwater_core::ids::{Lsn, Version};
use headwater_core::manifest::Manifest;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::rollback::going_back;
use super::versions::{self, Committed};
use super::{Collection, Shared, object_path};
use crate::clock;

/// The kind of record that pins a version; its name is the collection's, a slash, and the number.
const PIN: &str = "pin";
/// Manifests read at the same time.
const READS: usize = 16;
/// Folders of a collection that hold objects named by hash.
const FOLDERS: [&str; 3] = ["manifests", "blobs", "pages"];

/// Versions that were read before; what one holds never changes.
#[derive(Default)]
pub(super) struct Known(Mutex<BTreeMap<Version, Arc<Committed>>>);

/// Which versions are kept beside the newest and the pinned ones.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// So many of the newest.
    pub versions: usize,
    /// Those that another one replaced less than this ago. Longer than clocks are wrong.
    pub age: Duration,
    /// Objects that no version names stay for this long after they were written, and a version after another replaced
    /// it.
    pub grace: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        Self { versions: 10, age: hours(72), grace: hours(1) }
    }
}

impl Retention {
    /// So many versions, and those of this age. Readers under way have an hour, unless versions are to go at once:
    /// whoever asks for that wants what was deleted to be gone, and a reader whose blobs are gone asks for the head
    /// again.
    #[must_use]
    pub fn keeping(versions: usize, age: Duration) -> Self {
        Self { versions, age, grace: Self::default().grace.min(age) }
    }
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfo {
    /// Its number.
    pub version: Version,
    /// The last operation it holds.
    pub lsn: Lsn,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The hash of its manifest.
    pub manifest: String,
    /// Live points.
    pub points: u64,
    /// Segments.
    pub segments: u32,
    /// Bytes of all its blobs, those that it shares with others included.
    pub bytes: u64,
    /// Whether it is kept whatever its age.
    pub pinned: bool,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Garbage {
    /// Versions.
    pub versions: u64,
    /// Objects.
    pub objects: u64,
    /// Bytes of these objects.
    pub bytes: u64,
}

impl Collection {
    /// The versions that are kept, newest first.
    pub async fn versions(&self) -> Result<Vec<VersionInfo>> {
        let (all, pins) = (self.all_versions().await?, self.pins().await?);
        let info = |committed: &Arc<Committed>| {
            let Committed { manifest, reference } = &**committed;
            VersionInfo {
                version: manifest.version,
                lsn: manifest.lsn,
                created_ms: manifest.created_ms,
                manifest: reference.hash.to_string(),
                points: manifest.live_points(),
                segments: u32::try_from(manifest.segments.len()).unwrap_or(u32::MAX),
                bytes: manifest.total_bytes(),
                pinned: pins.contains(&manifest.version),
            }
        };
        Ok(all.iter().rev().map(info).collect())
    }

    /// Keeps a version whatever its age, or no longer.
    pub async fn pin(&self, version: Version, pinned: bool) -> Result<()> {
        // Not while versions are being dropped.
        let _turn = self.publishing.lock().await;
        let name = format!("{}/{version}", self.name);
        // A pinned one is there, so what is not there was never pinned: its number is a slip.
        self.committed(version).await?;
        if !pinned {
            return self.shared.store.remove_record(PIN, &name).await;
        }
        self.shared.store.put_record(PIN, &name, Vec::new()).await
    }

    /// Drops versions that need not be kept, and all that only they needed.
    pub async fn collect_garbage(self: &Arc<Self>) -> Result<Garbage> {
        let _turn = self.publishing.lock().await;
        self.collect_garbage_now().await
    }

    /// The same, by who has the turn.
    pub(super) async fn collect_garbage_now(self: &Arc<Self>) -> Result<Garbage> {
        self.shared.store.prove_ownership().await?;
        let (all, needed) = (self.all_versions().await?, self.needed().await?);
        let manifests: Vec<&Manifest> = all.iter().map(|c| &c.manifest).collect();
        let dropped = dropped(&manifests, &needed, self.shared.retention, clock::now_ms());
        let kept: Vec<&Arc<Committed>> = all.iter().filter(|c| !dropped.contains(&c.manifest.version)).collect();
        let young_ms = clock::now_ms().saturating_sub(clock::ms(self.shared.retention.grace));
        let objects = self.unnamed(&kept, young_ms).await?;
        let parts = self.shared.objects.unfinished(&object_path(&self.name, ""), young_ms).await?;
        let bytes = objects.iter().map(|(_, bytes)| bytes).chain(parts.iter().map(|part| &part.bytes)).sum();
        let garbage = Garbage { versions: dropped.len() as u64, objects: (objects.len() + parts.len()) as u64, bytes };
        if garbage != Garbage::default() {
            // Again, now that all has been read: whoever has taken over meanwhile may be writing what looks like
            // garbage from here.
            self.shared.store.prove_ownership().await?;
        }
        for &version in &dropped {
            self.shared.objects.remove(&versions::version_path(&self.name, version)).await?;
        }
        for (path, _) in &objects {
            self.shared.objects.remove(path).await?;
        }
        for part in &parts {
            self.shared.objects.remove_unfinished(part).await?;
        }
        // Where there was nothing else to remove as well: a run may have been stopped right before this.
        if let Some(oldest) = kept.first() {
            self.shared.store.forget_earlier(&self.name, oldest.manifest.lsn).await?;
        }
        if garbage == Garbage::default() {
            return Ok(garbage);
        }
        self.history.forget(&dropped).await;
        tracing::info!(collection = self.name, garbage.versions, garbage.objects, garbage.bytes, "collected");
        Ok(garbage)
    }

    /// Paths and lengths of objects that none of these versions names, and that are older than the grace period.
    async fn unnamed(&self, kept: &[&Arc<Committed>], young_ms: u64) -> Result<Vec<(String, u64)>> {
        let objects = kept.iter().flat_map(|c| c.manifest.blobs().into_iter().chain([c.reference]));
        let named: HashSet<String> = objects.map(|object| object.hash.to_string()).collect();
        let mut unnamed = Vec::new();
        for folder in FOLDERS {
            let folder = object_path(&self.name, folder);
            let mut found = self.shared.objects.list(&folder).await?;
            found.retain(|object| !named.contains(&object.name) && object.modified_ms <= young_ms);
            unnamed.extend(found.iter().map(|object| (format!("{folder}/{}", object.name), object.bytes)));
        }
        Ok(unnamed)
    }

    /// All versions that are kept, ascending. Each is read once: there may be thousands, and every publish asks.
    async fn all_versions(&self) -> Result<Vec<Arc<Committed>>> {
        let numbers = versions::numbers(&self.shared, &self.name).await?;
        let mut known = self.known.0.lock().await;
        known.retain(|version, _| numbers.binary_search(version).is_ok());
        let unknown: Vec<Version> = numbers.into_iter().filter(|version| !known.contains_key(version)).collect();
        let reads = unknown.into_iter().map(|version| versions::committed(&self.shared, &self.name, version));
        let mut read = futures::stream::iter(reads).buffer_unordered(READS);
        while let Some(committed) = read.next().await {
            known.extend(committed?.map(|committed| (committed.manifest.version, Arc::new(committed))));
        }
        Ok(known.values().map(Arc::clone).collect())
    }

    async fn pins(&self) -> Result<HashSet<Version>> {
        let records = self.shared.store.records(PIN).await?;
        let ours = |(name, _): (String, Vec<u8>)| {
            let (collection, version) = name.split_once('/')?;
            if collection == self.name { version.parse().ok() } else { None }
        };
        Ok(records.into_iter().filter_map(ours).collect())
    }

    /// Versions that are kept whatever their age: those that are pinned, and one that is being gone back to.
    async fn needed(&self) -> Result<HashSet<Version>> {
        let mut needed = self.pins().await?;
        let newest = self.snapshot().lsn();
        let going = going_back(&self.shared, &self.name).await?.filter(|going| going.is_under_way(newest));
        needed.extend(going.map(|going| going.version));
        Ok(needed)
    }
}

/// Forgets all pins of a collection that is removed.
pub(crate) async fn unpin_all(shared: &Shared, collection: &str) -> Result<()> {
    for (name, _) in shared.store.records(PIN).await? {
        if name.split_once('/').is_some_and(|(pinned, _)| pinned == collection) {
            shared.store.remove_record(PIN, &name).await?;
        }
    }
    Ok(())
}

/// Versions that need not be kept, of all in ascending order.
fn dropped(all: &[&Manifest], pins: &HashSet<Version>, retention: Retention, now_ms: u64) -> Vec<Version> {
    let many = all.len().saturating_sub(retention.versions.max(1));
    let pairs = all.iter().zip(all.iter().skip(1)).take(many);
    let is_old =
        |next: &Manifest| now_ms.saturating_sub(next.created_ms) >= clock::ms(retention.age.max(retention.grace));
    let mut dropped = Vec::new();
    for (manifest, next) in pairs {
        if is_old(next) && !pins.contains(&manifest.version) {
            dropped.push(manifest.version);
        }
    }
    dropped
}

#[cfg(test)]
mod tests {
    use headwater_core::manifest::MANIFEST_FORMAT_VERSION;
    use headwater_core::model::Schema;

    use super::*;

    fn manifest(version: Version, created_ms: u64) -> Manifest {
        let schema = Schema::from_json(br#"{"vectors": {"v": {"dim": 2}}}"#).unwrap();
        let (segments, models) = (Vec::new(), Vec::new());
        let format_version = MANIFEST_FORMAT_VERSION;
        Manifest {
            format_version,
            collection: "c".into(),
            version,
            parent: None,
            lsn: version,
            created_ms,
            schema,
            segments,
            models,
        }
    }

    #[test]
    fn versions_go_by_number_age_and_pin() {
        let all: Vec<Manifest> = (1..=6).map(|n| manifest(n, n * 1000)).collect();
        let all: Vec<&Manifest> = all.iter().collect();
        let drop = |versions, age, pins: &[Version], now| {
            let retention = Retention { versions, age: Duration::from_millis(age), grace: Duration::ZERO };
            dropped(&all, &pins.iter().copied().collect(), retention, now)
        };
        assert_eq!(drop(2, 0, &[], 6000), [1, 2, 3, 4]);
        assert_eq!(drop(2, 3000, &[], 6000), [1, 2], "3 was replaced 2 seconds ago");
        assert_eq!(drop(2, 0, &[2, 9], 6000), [1, 3, 4]);
        assert_eq!(drop(0, 0, &[], 6000), [1, 2, 3, 4, 5], "the newest stays");
        assert_eq!(drop(9, 0, &[], 6000), [] as [Version; 0]);
        assert_eq!(drop(2, 1, &[], 0), [] as [Version; 0], "a clock that went back drops nothing");
    }
}
