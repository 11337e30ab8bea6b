//! How a replica comes to its snapshot.
//!
//! ```text
//! restore   cache: record ── head, manifest, blobs, each checked again ──> snapshot, no network
//! sync      source: head ── manifest ── missing blobs, each checked ── cache ── snapshot ── record ── swap
//! ```
//!
//! A stop at any step leaves the last good version, on disk and in memory.

use std::sync::Arc;

use headwater_core::bytes::AlignedBytes;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::manifest::{Acceptance, Accepted, BlobRef, Head, Manifest, SignedHead};
use headwater_core::model::{Phase, SyncReport};
use headwater_core::snapshot::Snapshot;
use headwater_core::sync::SyncPlan;
use js_sys::Uint8Array;

use crate::cache::{Cache, Record};
use crate::replica::{Inner, now_ms};

/// How often a sync starts over when another tab or process got in its way.
const MAX_CONFLICTS: u32 = 3;

/// Blobs that were read and checked. There are few, and each is looked up once.
type Opened = Vec<(Hash, Arc<AlignedBytes>)>;

impl Inner {
    /// Opens what the cache holds.
    pub(crate) async fn restore(&self) -> Result<bool> {
        let cache = self.cache().await?;
        let mut found = cache.record(self.source.url()).await?;
        while let Some(record) = found {
            self.has_seen(&record);
            match self.reopen(&cache, &record).await {
                Ok(()) => return Ok(true),
                // Damaged, or signed by a key that is no longer trusted: a sync puts it right or says why not.
                Err(error) => self.state.borrow_mut().last_error = Some(error),
            }
            // Or another tab has gone on to a newer version meanwhile, and dropped what only this one needs.
            let newer = cache.record(self.source.url()).await?;
            found = newer.filter(|n| n.seen() != record.seen());
        }
        Ok(false)
    }

    async fn reopen(&self, cache: &Cache, record: &Record) -> Result<()> {
        // An expired head does not make what it names wrong. Whether it is searched is for the program to say.
        let head = self.accept(SignedHead::from_json(record.head.as_bytes())?, 0)?;
        let manifest = Manifest::decode(record.manifest.as_bytes(), &head)?;
        manifest.check_budget(self.budget_bytes)?;
        let total = manifest.total_bytes();
        let mut opened = Opened::new();
        let mut done = 0;
        for blob in manifest.blobs() {
            self.progress(Phase::Verify, done, total);
            let missing = || Error::corrupt(format!("blob {} is missing from the cache", blob.hash));
            let bytes = cache.blob(&blob.hash).await?.ok_or_else(missing)?;
            opened.push((blob.hash, checked(&blob, &bytes)?));
            done += blob.bytes;
        }
        self.progress(Phase::Open, done, total);
        let snapshot = Snapshot::open(manifest, &mut |blob| find(&opened, blob))?;
        self.serve(snapshot, head);
        self.progress(Phase::Ready, done, total);
        Ok(())
    }

    /// Follows the source to its newest version.
    pub(crate) async fn sync(&self) -> Result<SyncReport> {
        let mut conflicts = 0;
        loop {
            match self.sync_once().await {
                Err(error) if error.code() == Code::Conflict && conflicts < MAX_CONFLICTS => conflicts += 1,
                outcome => return outcome,
            }
        }
    }

    async fn sync_once(&self) -> Result<SyncReport> {
        let cache = self.cache().await?;
        let kept = cache.record(self.source.url()).await?;
        if let Some(record) = &kept {
            self.has_seen(record);
        }
        self.progress(Phase::Head, 0, 0);
        let head_bytes = self.source.head().await?;
        // A web page in place of a head is what networks with a sign-in page answer.
        let not_a_head = |e: Error| Error::new(Code::BadResponse, format!("{}: {}", self.source.url(), e.message()));
        let head = self.accept(SignedHead::from_json(&head_bytes).map_err(not_a_head)?, now_ms())?;
        let served = self.state.borrow().head.clone();
        if let Some(same) = served.filter(|s| s.manifest == head.manifest) {
            if same != head {
                self.renew(&cache, kept, head_bytes, head).await?;
            }
            return Ok(SyncReport { version: same.version, ..SyncReport::default() });
        }
        self.progress(Phase::Manifest, 0, head.manifest.bytes);
        let manifest_bytes = self.source.manifest(&head.manifest).await?;
        let manifest = Manifest::decode(&manifest_bytes, &head)?;
        manifest.check_budget(self.budget_bytes)?;
        let previous = self.state.borrow().snapshot.clone();
        let (opened, report) = self.gather(&cache, &manifest, previous.as_deref()).await?;
        let total = report.fetched_bytes;
        self.progress(Phase::Open, total, total);
        let mut source = |blob: &BlobRef| find(&opened, blob);
        let next = match &previous {
            Some(previous) => Snapshot::open_after(previous, manifest, &mut source)?,
            None => Snapshot::open(manifest, &mut source)?,
        };
        let record = Record {
            head: text(head_bytes)?,
            manifest: text(manifest_bytes)?,
            highest_version: head.version,
            key_list: self.state.borrow().seen.key_list,
        };
        cache.swap(self.source.url(), &record).await?;
        self.serve(next, head);
        self.progress(Phase::Ready, total, total);
        Ok(report)
    }

    /// Brings together the bytes that opening the manifest after `previous` asks for. What the cache has is
    /// checked again; what it has not, or not whole, is fetched and kept.
    async fn gather(
        &self,
        cache: &Cache,
        manifest: &Manifest,
        previous: Option<&Snapshot>,
    ) -> Result<(Opened, SyncReport)> {
        let plan = SyncPlan::new(manifest, &cache.hashes().await?);
        let wanted = Snapshot::wanted_blobs(previous, manifest);
        let mut opened = Opened::new();
        let mut missing = plan.fetch;
        let known = plan.reuse.len() + missing.len();
        for blob in plan.reuse.iter().filter(|b| wanted.contains(b)) {
            match cache.blob(&blob.hash).await?.map(|bytes| checked(blob, &bytes)) {
                Some(Ok(bytes)) => opened.push((blob.hash, bytes)),
                _ => missing.push(*blob),
            }
        }
        let mut report = SyncReport {
            changed: true,
            version: manifest.version,
            reused_blobs: (known - missing.len()) as u32,
            ..SyncReport::default()
        };
        let total = missing.iter().map(|b| b.bytes).sum();
        for blob in missing {
            let before = report.fetched_bytes;
            let heard = |loaded| self.progress(Phase::Blobs, before + loaded, total);
            let bytes = self.source.blob(&blob, &heard).await?;
            opened.push((blob.hash, checked(&blob, &bytes)?));
            cache.put_blob(&blob.hash, &bytes).await?;
            report.fetched_blobs += 1;
            report.fetched_bytes += blob.bytes;
        }
        Ok((opened, report))
    }

    /// Keeps a head that was signed anew for the version that is served already, for the sake of its end.
    async fn renew(&self, cache: &Cache, kept: Option<Record>, head_bytes: Vec<u8>, head: Head) -> Result<()> {
        if let Some(record) = kept.filter(|k| head.manifest.check(k.manifest.as_bytes()).is_ok()) {
            let key_list = self.state.borrow().seen.key_list;
            cache.swap(self.source.url(), &Record { head: text(head_bytes)?, key_list, ..record }).await?;
        }
        self.state.borrow_mut().head = Some(head);
        Ok(())
    }

    /// A head that this replica may follow at this time.
    fn accept(&self, signed: SignedHead, now_ms: u64) -> Result<Head> {
        let mut state = self.state.borrow_mut();
        let Accepted { head, key_list } = signed.accept(&Acceptance {
            trust: &self.trust,
            collection: state.collection.as_deref().or(self.source.collection()),
            seen: state.seen,
            now_ms,
        })?;
        state.collection = Some(head.collection.clone());
        // At once, whether the version can be fetched or not: what the list revokes is revoked.
        state.seen.key_list = state.seen.key_list.max(key_list);
        Ok(head)
    }

    /// Another tab or process may be ahead: what it has seen counts here too.
    fn has_seen(&self, record: &Record) {
        let mut state = self.state.borrow_mut();
        state.seen = state.seen.and(record.seen());
    }

    fn serve(&self, snapshot: Snapshot, head: Head) {
        let mut state = self.state.borrow_mut();
        state.seen.version = state.seen.version.max(head.version);
        state.snapshot = Some(Arc::new(snapshot));
        state.head = Some(head);
        state.last_error = None;
    }
}

/// Copies bytes into the engine's memory and checks them there: what was checked is what is read.
fn checked(blob: &BlobRef, bytes: &Uint8Array) -> Result<Arc<AlignedBytes>> {
    let length = bytes.length() as usize;
    // Memory that cannot be had would end the engine; asking first ends only this sync.
    let mut room = Vec::<u8>::new();
    room.try_reserve_exact(length.saturating_add(1 << 20)).map_err(|_| {
        Error::new(Code::OverBudget, format!("blob {}: there is no memory for its {} bytes", blob.hash, blob.bytes))
    })?;
    drop(std::hint::black_box(room));
    let copied = AlignedBytes::fill_with(length, |target| bytes.copy_to(target));
    blob.check(&copied)?;
    Ok(Arc::new(copied))
}

fn find(opened: &Opened, blob: &BlobRef) -> Result<Arc<AlignedBytes>> {
    let found = opened.iter().find(|(hash, _)| *hash == blob.hash).map(|(_, bytes)| Arc::clone(bytes));
    found.ok_or_else(|| Error::new(Code::Internal, format!("blob {} was not read", blob.hash)))
}

fn text(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| Error::corrupt("the head or manifest is not UTF-8"))
}
