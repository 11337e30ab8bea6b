//! Searches of earlier versions: opened when they are asked for, the last few kept.

use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Version;
use headwater_core::model::{AsOf, Query};
use headwater_core::snapshot::Snapshot;
use tokio::sync::Mutex;

use super::Collection;
use super::versions::{self, Committed};
use crate::clock::now_ms;

/// Versions kept open: they hold what the newest one does not share with them.
const KEPT: usize = 2;

/// Versions that were asked for, the last one last.
#[derive(Default)]
pub(super) struct History(Mutex<Vec<Arc<Snapshot>>>);

impl History {
    /// Lets go of versions that were dropped.
    pub(super) async fn forget(&self, versions: &[Version]) {
        self.0.lock().await.retain(|snapshot| !versions.contains(&snapshot.version()));
    }
}

/// The newest version with the synonyms that replicas of it have.
fn as_published(newest: Arc<Snapshot>) -> Arc<Snapshot> {
    match newest.manifest().map(|manifest| &manifest.schema) {
        Some(schema) if schema != newest.schema() => Arc::new(newest.with_synonyms(schema)),
        _ => newest,
    }
}

impl Collection {
    /// The version that a query names, if it names one. The newest is held as well: another may be published before it
    /// is searched.
    pub(super) async fn named(&self, query: &Query) -> Result<Option<Arc<Snapshot>>> {
        let newest = self.snapshot();
        let as_of = match (query.page_before(), query.as_of, &query.after) {
            (Some(cursor), ..) => AsOf::Version(cursor.version),
            (None, Some(as_of), _) => as_of,
            (None, None, Some(_)) => return Ok(Some(newest)),
            (None, None, None) => return Ok(None),
        };
        let is_newest = match as_of {
            AsOf::Version(version) => version == newest.version(),
            AsOf::Time(ms) => newest.manifest().is_some_and(|m| m.created_ms as f64 <= ms),
        };
        if is_newest {
            return Ok(Some(as_published(newest)));
        }
        let version = match as_of {
            AsOf::Version(version) => version,
            AsOf::Time(ms) => self.version_at(ms).await?,
        };
        self.open_past(newest, version).await.map(Some)
    }

    /// Whether a query is about a version that those may read who may not write: the newest, or for pages one that was
    /// the newest within the grace period, because whoever goes from page to page is a reader under way.
    pub(crate) async fn is_readable_by_all(&self, query: &Query) -> bool {
        let Some(version) = query.page_before().map(|cursor| cursor.version).filter(|_| query.as_of.is_none()) else {
            return query.as_of.is_none();
        };
        if version == self.snapshot().version() {
            return true;
        }
        let Ok(next) = self.committed(version.saturating_add(1)).await else { return false };
        let age_ms = now_ms().saturating_sub(next.manifest.created_ms);
        u128::from(age_ms) < self.shared.retention.grace.as_millis()
    }

    /// The last version that was published by a time: they come one after the other.
    async fn version_at(&self, ms: f64) -> Result<Version> {
        let all = versions::numbers(&self.shared, &self.name).await?;
        let (mut found, mut rest) = (0, &all[..]);
        while let Some((&middle, later)) = rest.get(rest.len() / 2..).and_then(<[Version]>::split_first) {
            if self.committed(middle).await?.manifest.created_ms as f64 <= ms {
                (found, rest) = (middle, later);
            } else {
                rest = rest.get(..rest.len() / 2).unwrap_or_default();
            }
        }
        if found > 0 {
            return Ok(found);
        }
        let message = format!(
            "collection {0:?} has no version that is so old; GET /v1/collections/{0}/versions lists those that are kept",
            self.name
        );
        Err(Error::new(Code::VersionNotHeld, message))
    }

    pub(super) async fn committed(&self, version: Version) -> Result<Committed> {
        let committed =
            if version == 0 { None } else { versions::committed(&self.shared, &self.name, version).await? };
        committed.ok_or_else(|| {
            let message = format!(
                "collection {0:?} has no version {version}; GET /v1/collections/{0}/versions lists those that are kept",
                self.name
            );
            Error::new(Code::VersionNotHeld, message)
        })
    }

    pub(super) async fn open_past(&self, newest: Arc<Snapshot>, version: Version) -> Result<Arc<Snapshot>> {
        // Held while opening, so that two who ask for a version open it once.
        let mut kept = self.history.0.lock().await;
        if let Some(place) = kept.iter().position(|snapshot| snapshot.version() == version) {
            let found = kept.remove(place);
            kept.push(Arc::clone(&found));
            return Ok(found);
        }
        let manifest = self.committed(version).await?.manifest;
        let opened = versions::open(&self.shared, Some(newest), manifest, std::collections::HashMap::new()).await?;
        let opened = Arc::new(opened);
        kept.push(Arc::clone(&opened));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(opened)
    }
}
