//! From one version to the next: what a replica has to fetch and what it may drop.

use alloc::vec::Vec;

use hashbrown::HashSet;

use crate::ids::Hash;
use crate::manifest::{BlobRef, Manifest};

/// The difference between what a replica holds and what a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncPlan {
    /// Blobs to fetch, in the order in which they are wanted.
    pub fetch: Vec<BlobRef>,
    /// Blobs of the manifest that are here already.
    pub reuse: Vec<BlobRef>,
    /// Held blobs that the manifest does not name. They may be dropped only after the whole new
    /// snapshot has been stored and opened, and only if no other collection uses them.
    pub drop: Vec<Hash>,
}

impl SyncPlan {
    /// Compares `manifest` with the hashes that are held.
    #[must_use]
    pub fn new(manifest: &Manifest, held: &HashSet<Hash>) -> Self {
        let (reuse, fetch): (Vec<BlobRef>, Vec<BlobRef>) =
            manifest.blobs().into_iter().partition(|b| held.contains(&b.hash));
        let named: HashSet<Hash> = fetch.iter().chain(&reuse).map(|b| b.hash).collect();
        let mut drop: Vec<Hash> = held.difference(&named).copied().collect();
        drop.sort_unstable();
        Self { fetch, reuse, drop }
    }

    /// Bytes to fetch.
    #[must_use]
    pub fn fetch_bytes(&self) -> u64 {
        self.fetch.iter().map(|b| b.bytes).sum()
    }
}
