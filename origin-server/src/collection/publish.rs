//! Making the next version, in the order that loses nothing wherever it stops.
//!
//! ```text
//! freeze ── draft ── folded points from the store ── build ── blobs ── manifest ── version ── head ── swap ── trim
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use headwater_core::compaction::Extent;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::ingest::{PreparedPoint, prepare};
use headwater_core::manifest::{BlobRef, Manifest, VerifiedBlob};
use headwater_core::model::{PublishPhase, PublishProgress, PublishReceipt};
use headwater_core::publish::{Draft, Publication};
use headwater_core::snapshot::Next;
use tokio::sync::{MutexGuard, oneshot};

use super::progress::Showing;
use super::versions::{self, Committed};
use super::writer::{Command, Frozen};
use super::{Collection, blocking};
use crate::clock;

/// Points loaded and prepared together.
const BATCH: usize = 1024;

impl Collection {
    /// How far a publish is.
    #[must_use]
    pub fn publish_progress(&self) -> PublishProgress {
        let progress = self.progress.read();
        // Going back writes before it publishes.
        let is_under_way = progress.publishing || self.publishing.try_lock().is_err();
        let waits_for = is_under_way.then(|| self.shared.store.stall().reason()).flatten();
        PublishProgress { waits_for, ..progress }
    }

    /// Publishes what has changed. Searches and writes go on meanwhile.
    pub async fn publish(self: &Arc<Self>) -> Result<PublishReceipt> {
        self.publish_compacting(Extent::Tiers).await
    }

    /// Publishes without having been asked.
    pub(crate) async fn publish_automatically(self: &Arc<Self>) -> Result<PublishReceipt> {
        let (changes, bytes) = (self.status().pending, self.pending_bytes());
        tracing::info!(collection = self.name, changes, bytes, "publishing without being asked: much is unpublished");
        self.progress.set_automatic(true, None);
        let outcome = self.publish().await;
        self.progress.set_automatic(false, outcome.as_ref().err().cloned());
        let told = if outcome.is_ok() { "published" } else { "failed" };
        metrics::counter!("headwater_automatic_publishes_total", "collection" => self.name.clone(), "outcome" => told)
            .increment(1);
        outcome
    }

    /// The same, and says how much is written anew. Versions that need not be kept any more go afterwards.
    pub async fn publish_compacting(self: &Arc<Self>, extent: Extent) -> Result<PublishReceipt> {
        let receipt = {
            let turn = self.publishing.lock().await;
            let back = self.finish_going_back(&turn).await?;
            with_the_rest(back, self.publish_in_turn(&turn, extent).await?)
        };
        self.collect_after(&receipt).await;
        Ok(receipt)
    }

    /// The version stands. What cannot be removed is found again after the next one.
    pub(super) async fn collect_after(self: &Arc<Self>, receipt: &PublishReceipt) {
        if receipt.changed
            && let Err(error) = self.clean().await
        {
            tracing::warn!(collection = self.name, %error, "garbage was not collected");
        }
    }

    /// Publishes for whoever has the turn; all versions stay.
    pub(super) async fn publish_in_turn(
        self: &Arc<Self>,
        _turn: &MutexGuard<'_, ()>,
        extent: Extent,
    ) -> Result<PublishReceipt> {
        let started = Instant::now();
        let showing = self.progress.begin(&self.name, PublishPhase::Waiting);
        // Not after minutes of building, and also where there is nothing new.
        self.shared.store.prove_ownership().await?;
        let adopted = self.adopt(&showing).await?;
        let frozen = self.freeze().await?;
        let Some(draft) = Draft::plan_compacting(&frozen.snapshot, &frozen.memtable, extent)? else {
            self.renew().await?;
            return Ok(receipt(frozen.snapshot.manifest(), adopted, started));
        };
        let folded = self.folded(draft.wanted(), &frozen, &showing).await?;
        let publication = self.build(draft, frozen, folded).await?;
        showing.show(PublishPhase::Writing, 0, 0);
        versions::commit(&self.shared, &publication).await?;
        let Publication { manifest, manifest_ref, new_blobs, .. } = publication;
        let verified = |(blob, bytes): (BlobRef, Vec<u8>)| Ok((blob, blob.verify_copy(&bytes)?));
        let ready = blocking(move || new_blobs.into_iter().map(verified).collect::<Result<_>>()).await?;
        self.switch(Committed { manifest: manifest.clone(), reference: manifest_ref }, ready, &showing).await?;
        Ok(receipt(Some(&manifest), true, started))
    }

    /// Drops what need not be kept any more.
    async fn clean(self: &Arc<Self>) -> Result<()> {
        let _turn = self.publishing.lock().await;
        let _showing = self.progress.begin(&self.name, PublishPhase::Cleaning);
        self.collect_garbage_now().await.map(|_| ())
    }

    /// Signs the head anew where its end is near, or where keys have changed.
    pub async fn renew_head(&self) -> Result<()> {
        let _turn = self.publishing.lock().await;
        self.shared.store.prove_ownership().await?;
        self.renew().await
    }

    /// The same, by who has the turn.
    async fn renew(&self) -> Result<()> {
        let snapshot = self.snapshot();
        let Some(manifest) = snapshot.manifest() else { return Ok(()) };
        let committed = versions::committed(&self.shared, &self.name, manifest.version).await?;
        match committed {
            Some(committed) => versions::point_head(&self.shared, &committed).await,
            None => Err(Error::corrupt(format!("version {} of {:?} is missing", manifest.version, self.name))),
        }
    }

    /// Takes over a version that an interrupted publish has committed: the commit cannot be undone,
    /// only what follows it is repeated.
    async fn adopt(self: &Arc<Self>, showing: &Showing<'_>) -> Result<bool> {
        let snapshot = self.snapshot();
        let Some(committed) = versions::committed(&self.shared, &self.name, snapshot.version() + 1).await? else {
            return Ok(false);
        };
        if committed.manifest.parent != hash_of(snapshot.manifest())? {
            return Err(versions::overtaken(&self.name, committed.manifest.version));
        }
        self.switch(committed, HashMap::new(), showing).await?;
        Ok(true)
    }

    /// Head, snapshot, log: what follows a commit.
    async fn switch(
        self: &Arc<Self>,
        committed: Committed,
        ready: HashMap<BlobRef, VerifiedBlob>,
        showing: &Showing<'_>,
    ) -> Result<()> {
        showing.show(PublishPhase::Signing, 0, 0);
        versions::point_head(&self.shared, &committed).await?;
        showing.show(PublishPhase::Opening, 0, 0);
        let next = versions::open(&self.shared, Some(self.snapshot()), committed.manifest, ready).await?;
        let (this, next) = (Arc::clone(self), Arc::new(next));
        let opened = Arc::clone(&next);
        // To look up what has changed meanwhile takes long where that is much: writes and searches go on.
        blocking(move || {
            let changed = this.read().view.since(opened.lsn());
            let next = Next::new(opened, changed);
            this.write().switch(next);
            Ok(())
        })
        .await?;
        self.sealer.wake();
        tracing::info!(collection = self.name, version = next.version(), points = next.live_points(), "published");
        // The version stands. What is left of the log is ignored at a start and goes with the next trim.
        if let Err(error) = self.shared.store.trim(&self.name, next.lsn()).await {
            tracing::warn!(collection = self.name, %error, "the log was not trimmed");
        }
        Ok(())
    }

    async fn freeze(&self) -> Result<Frozen> {
        let closed = || Error::new(Code::Closed, "the collection was deleted, or the server is stopping");
        let (answer, frozen) = oneshot::channel();
        self.queue.send(Command::Freeze(answer)).await.map_err(|_| closed())?;
        frozen.await.map_err(|_| closed())?
    }

    /// Points of folded segments, from the point store: segments keep codes, not vectors.
    async fn folded(
        &self,
        wanted: &[String],
        frozen: &Frozen,
        showing: &Showing<'_>,
    ) -> Result<Vec<Arc<PreparedPoint>>> {
        let mut points = Vec::with_capacity(wanted.len());
        for ids in wanted.chunks(BATCH) {
            showing.show(PublishPhase::Reading, points.len() as u64, wanted.len() as u64);
            let found = frozen.points.get_many(&self.name, ids).await?;
            if let Some((id, _)) = ids.iter().zip(&found).find(|(_, point)| point.is_none()) {
                return Err(Error::corrupt(format!("point {id:?} is published but missing from the point store")));
            }
            let base = Arc::clone(&frozen.snapshot);
            let each = move |point| prepare(point, base.schema(), base.models()).map(Arc::new);
            points.extend(blocking(move || found.into_iter().flatten().map(each).collect::<Result<Vec<_>>>()).await?);
        }
        Ok(points)
    }

    async fn build(
        self: &Arc<Self>,
        draft: Draft,
        frozen: Frozen,
        folded: Vec<Arc<PreparedPoint>>,
    ) -> Result<Publication> {
        let this = Arc::clone(self);
        blocking(move || {
            let mut progress = |phase, done, total| this.progress.show(&this.name, phase, done, total);
            // Versions follow each other in time, even when the clock was put back.
            let created_ms = clock::now_ms().max(frozen.snapshot.manifest().map_or(0, |m| m.created_ms));
            draft.finish(&frozen.snapshot, &frozen.memtable, folded, created_ms, &mut progress)
        })
        .await
    }
}

fn hash_of(manifest: Option<&Manifest>) -> Result<Option<Hash>> {
    manifest.map(|m| Ok(BlobRef::of(&m.encode()?).hash)).transpose()
}

/// What a publish has done that may have done the rest of a rollback first.
pub(super) fn with_the_rest(rest: Option<PublishReceipt>, receipt: PublishReceipt) -> PublishReceipt {
    match rest {
        Some(rest) if receipt.changed => PublishReceipt { finished_rollback: rest.finished_rollback, ..receipt },
        Some(rest) => rest,
        None => receipt,
    }
}

fn receipt(manifest: Option<&Manifest>, changed: bool, started: Instant) -> PublishReceipt {
    PublishReceipt {
        version: manifest.map_or(0, |m| m.version),
        lsn: manifest.map_or(0, |m| m.lsn),
        points: manifest.map_or(0, Manifest::live_points),
        segments: manifest.map_or(0, |m| u32::try_from(m.segments.len()).unwrap_or(u32::MAX)),
        bytes: manifest.map_or(0, Manifest::total_bytes),
        changed,
        finished_rollback: None,
        took_ms: clock::ms(started.elapsed()),
    }
}
