//! Going back to an earlier version: its points are written again, and published as a new version.
//!
//! ```text
//! publish what is pending ── record: version, moment ── write points again ── publish ── record gone
//! ```
//!
//! Writing them again instead of pointing the head at old segments keeps store, log, memtable and every replica of one
//! mind: what follows is an ordinary publish. What a published point was before it was changed is kept in the store for
//! as long as the version is (`store::Earlier`), vectors included; which points there were says the version itself.
//!
//! Whoever goes back has the publishers' turn all the while, so no version holds half of the way. Where it stops
//! half-way, the record lets the next publish do the rest first. Points that were changed after the moment are left
//! alone, then as well.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use headwater_core::compaction::Extent;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Lsn, Version};
use headwater_core::limits::MAX_BATCH_POINTS;
use headwater_core::model::{Point, PublishReceipt};
use headwater_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use tokio::sync::MutexGuard;

use super::publish::with_the_rest;
use super::{Collection, Shared};

/// The kind of record that says what a collection goes back to; its name is the collection's.
const GOING_BACK: &str = "rollback";

/// A way back that has begun.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct GoingBack {
    pub(super) version: Version,
    /// The last operation of the version that was the newest then. What comes after it was written meanwhile.
    moment: Lsn,
}

impl GoingBack {
    /// Whether it has not arrived yet, where the newest version ends with this operation: nothing but its own publish
    /// can come after that moment.
    pub(super) const fn is_under_way(&self, newest: Lsn) -> bool {
        newest == self.moment
    }
}

impl Collection {
    /// Publishes what `version` held as a new version. Changes that are not published yet are undone as well; they,
    /// like all that was published since, can be had back by going back to the version before this one. Whatever is
    /// written meanwhile stays.
    ///
    /// It can be repeated: where it stops half-way, a second call does the rest, or the next publish.
    pub async fn roll_back(self: &Arc<Self>, version: Version) -> Result<PublishReceipt> {
        let receipt = {
            let turn = self.publishing.lock().await;
            let begun = self.finish_going_back(&turn).await?;
            with_the_rest(begun, self.go_back(&turn, version).await?)
        };
        self.collect_after(&receipt).await;
        Ok(receipt)
    }

    async fn go_back(self: &Arc<Self>, turn: &MutexGuard<'_, ()>, version: Version) -> Result<PublishReceipt> {
        let newest = self.snapshot().version();
        if version > newest {
            let message = format!("there is no version {version}; the newest is {newest}");
            return Err(Error::new(Code::VersionNotHeld, message));
        }
        self.committed(version).await?;
        // What is pending becomes a version of its own, so that it is not lost.
        self.publish_in_turn(turn, Extent::Tiers).await?;
        let newest = self.snapshot();
        let past = self.past(&newest, version).await?;
        let going = GoingBack { version, moment: newest.lsn() };
        let record = serde_json::to_vec(&going).map_err(|e| Error::new(Code::Internal, e.to_string()))?;
        self.shared.store.put_record(GOING_BACK, &self.name, record).await?;
        self.goes_back_to(Some(version));
        self.write_again(&newest, &past, going.moment).await?;
        self.arrive(turn).await
    }

    /// Does the rest of a way back that was interrupted, if there is one.
    pub(super) async fn finish_going_back(
        self: &Arc<Self>,
        turn: &MutexGuard<'_, ()>,
    ) -> Result<Option<PublishReceipt>> {
        let Some(going) = going_back(&self.shared, &self.name).await? else { return Ok(None) };
        let (newest, version) = (self.snapshot(), going.version);
        let is_under_way = going.is_under_way(newest.lsn());
        if is_under_way {
            tracing::info!(
                collection = self.name,
                version,
                "finishing the rollback to this version, which was interrupted"
            );
            let past = match self.past(&newest, version).await {
                Err(error) if lasts(&error) => {
                    // Or nothing could ever be published again.
                    self.shared.store.remove_record(GOING_BACK, &self.name).await?;
                    self.goes_back_to(None);
                    let undo = newest.version();
                    let context = format!(
                        "going back to version {version} was interrupted and is given up; \
                         going back to version {undo} undoes what it has done"
                    );
                    return Err(error.context(context));
                }
                past => past?,
            };
            self.write_again(&newest, &past, going.moment).await?;
        }
        let receipt = self.arrive(turn).await?;
        Ok(Some(PublishReceipt { finished_rollback: is_under_way.then_some(version), ..receipt }))
    }

    async fn arrive(self: &Arc<Self>, turn: &MutexGuard<'_, ()>) -> Result<PublishReceipt> {
        let receipt = self.publish_in_turn(turn, Extent::Tiers).await?;
        self.goes_back_to(None);
        self.shared.store.remove_record(GOING_BACK, &self.name).await?;
        Ok(receipt)
    }

    /// Has the status say which rollback has not ended.
    fn goes_back_to(&self, version: Option<Version>) {
        self.going_back.store(version.unwrap_or_default(), Ordering::Relaxed);
    }

    async fn past(&self, newest: &Arc<Snapshot>, version: Version) -> Result<Arc<Snapshot>> {
        if version == newest.version() {
            return Ok(Arc::clone(newest));
        }
        self.open_past(Arc::clone(newest), version).await
    }

    /// Makes of the points of the newest version those of an earlier one, but for points that were changed after the
    /// moment.
    async fn write_again(self: &Arc<Self>, newest: &Snapshot, past: &Snapshot, moment: Lsn) -> Result<()> {
        let mut before: HashMap<String, Point> = HashMap::new();
        for earlier in self.shared.store.earlier(&self.name, past.lsn()).await? {
            before.entry(earlier.point.id.clone()).or_insert(earlier.point);
        }
        // A version goes before what its points were: while it is there, that was whole.
        self.committed(past.version()).await?;
        let mut gone = newest.live_ids()?;
        gone.retain(|id| !past.contains(id));
        for ids in gone.chunks(MAX_BATCH_POINTS) {
            self.restore(Vec::new(), ids.to_vec(), moment).await?;
        }
        let mut changed: Vec<Point> = before.into_values().filter(|point| past.contains(&point.id)).collect();
        changed.sort_by(|a, b| a.id.cmp(&b.id));
        for points in changed.chunks(MAX_BATCH_POINTS) {
            let ids: Vec<String> = points.iter().map(|point| point.id.clone()).collect();
            let now = self.shared.store.get_many(&self.name, &ids).await?;
            // Those that came back to what they were need not be written, nor fetched by any replica.
            let other = points.iter().zip(now).filter(|(then, now)| now.as_ref() != Some(then));
            self.restore(other.map(|(then, _)| then.clone()).collect(), Vec::new(), moment).await?;
        }
        Ok(())
    }
}

/// Whether it would be the same at the next try.
fn lasts(error: &Error) -> bool {
    matches!(error.code(), Code::VersionNotHeld | Code::Corrupt | Code::HashMismatch | Code::FormatUnsupported)
}

/// The way back that a collection has begun.
pub(super) async fn going_back(shared: &Shared, collection: &str) -> Result<Option<GoingBack>> {
    let records = shared.store.records(GOING_BACK).await?;
    let ours = records.into_iter().find(|(name, _)| name == collection);
    let parse = |(_, record): (String, Vec<u8>)| {
        serde_json::from_slice(&record).map_err(|e| Error::corrupt(format!("stored way back of {collection:?}: {e}")))
    };
    ours.map(parse).transpose()
}

/// Forgets the way back that a collection has begun, which is removed.
pub(crate) async fn forget_going_back(shared: &Shared, collection: &str) -> Result<()> {
    shared.store.remove_record(GOING_BACK, collection).await
}
