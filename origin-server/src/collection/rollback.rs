//! Going back to an earlier version: its points are written again, and published as a new version.
//!
//! Writing them again instead of pointing the head at old segments keeps store, log, memtable and every replica of one mind: what follows is
//! an ordinary publish. What a published point was before it was changed is kept in the store for as long as the version is (`store::Earlier`),
//! vectors included; which points there were says the version itself.

use std::collections::HashMap;
use std::sync::Arc;

use headwater_core::compaction::Extent;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Version;
use headwater_core::limits::MAX_BATCH_POINTS;
use headwater_core::model::{Point, PublishReceipt};

use super::Collection;

impl Collection {
    /// Publishes what `version` held as a new version. Changes that are not published yet are undone as well; they, like all that
    /// was published since, can be had back by going back to the version before this one. Whatever is written meanwhile stays.
    ///
    /// It can be repeated: where it stops half-way, a second call does the rest.
    pub async fn roll_back(self: &Arc<Self>, version: Version) -> Result<PublishReceipt> {
        let newest = self.snapshot();
        if version > newest.version() {
            let message = format!("version {version} is not there yet; the newest is {}", newest.version());
            return Err(Error::new(Code::VersionNotHeld, message));
        }
        // What is pending becomes a version of its own, so that it is not lost; the one to go back to must not go for it.
        self.publish_keeping(Extent::Tiers).await?;
        let newest = self.snapshot();
        let past = if version == newest.version() {
            Arc::clone(&newest)
        } else {
            self.open_past(newest.clone(), version).await?
        };
        let mut before: HashMap<String, Point> = HashMap::new();
        for earlier in self.shared.store.earlier(&self.name, past.lsn()).await? {
            before.entry(earlier.point.id.clone()).or_insert(earlier.point);
        }
        // A version goes before what its points were: while it is there, that was whole.
        self.committed(version).await?;
        let mut gone = newest.live_ids()?;
        gone.retain(|id| !past.contains(id));
        for ids in gone.chunks(MAX_BATCH_POINTS) {
            self.delete(ids.to_vec()).await?;
        }
        let mut changed: Vec<Point> = before.into_values().filter(|point| past.contains(&point.id)).collect();
        changed.sort_by(|a, b| a.id.cmp(&b.id));
        for points in changed.chunks(MAX_BATCH_POINTS) {
            let ids: Vec<String> = points.iter().map(|point| point.id.clone()).collect();
            let now = self.shared.store.get_many(&self.name, &ids).await?;
            // Those that came back to what they were need not be written, nor fetched by any replica.
            let other = points.iter().zip(now).filter(|(then, now)| now.as_ref() != Some(then));
            self.put_back(other.map(|(then, _)| then.clone()).collect()).await?;
        }
        self.publish().await
    }
}
