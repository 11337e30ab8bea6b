//! From the snapshot that is held to the next one, with or without room for both.
//!
//! ```text
//! prepare ── room for both ──────> the held one stays and answers ──┐
//!         └─ none ──> its shared parts stay as a base, it goes ─────┴─> land … ──> open
//! ```

use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{BlobRef, Manifest};
use headwater_core::snapshot::Snapshot;

use super::{Base, Cache, Ticket};

impl Cache<Snapshot> {
    /// Makes room for a version and says which blobs have to land for it.
    pub(crate) fn prepare(
        &mut self,
        collection: &str,
        ticket: Ticket,
        manifest: &Manifest,
        now_ms: u64,
    ) -> Result<Vec<BlobRef>> {
        let wanted = Snapshot::wanted_blobs(self.base(collection, ticket)?.map(AsRef::as_ref), manifest);
        if let Some(load) = self.load_mut(collection, ticket) {
            // Of another version, which a request before this one wanted, or which failed.
            load.landed.retain(|hash, _| wanted.iter().any(|blob| blob.hash == *hash));
        }
        let fetch_bytes = wanted.iter().map(|blob| blob.bytes).sum();
        let shared = |snapshot: &Snapshot| {
            let shared = snapshot.shared_with(manifest);
            Base { bytes: shared.resident_bytes(), snapshot: Arc::new(shared) }
        };
        self.reserve(collection, ticket, (fetch_bytes, manifest.total_bytes()), now_ms, shared)?;
        Ok(wanted)
    }

    /// Opens a version whose blobs have landed.
    pub(crate) fn open(&self, collection: &str, ticket: Ticket, manifest: Manifest) -> Result<Snapshot> {
        let load = self.entry(collection, ticket).and_then(|e| e.load.as_ref());
        let mut landed = |blob: &BlobRef| {
            load.and_then(|load| load.landed.get(&blob.hash)).cloned().ok_or_else(|| {
                Error::new(Code::Internal, format!("blob {} was not fetched though it is needed", blob.hash))
            })
        };
        match self.base(collection, ticket)? {
            Some(base) => Snapshot::open_after(base, manifest, &mut landed),
            None => Snapshot::open(manifest, &mut landed),
        }
    }

    /// What the next version can take parts over from.
    fn base(&self, collection: &str, ticket: Ticket) -> Result<Option<&Arc<Snapshot>>> {
        let entry = self.entry(collection, ticket).ok_or_else(|| lost(collection))?;
        let base = || entry.load.as_ref().and_then(|load| load.base.as_ref()).map(|base| &base.snapshot);
        Ok(entry.held.as_ref().map(|held| &held.snapshot).or_else(base))
    }
}

/// What a request hears that has lost its ticket.
pub(crate) fn lost(collection: &str) -> Error {
    Error::new(Code::NotReady, format!("another request has taken over loading {collection:?}; try again"))
}
