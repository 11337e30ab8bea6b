//! From one version to the next: what a replica has to fetch.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::ids::Hash;
use crate::manifest::{BlobRef, Manifest};

/// The difference between what a replica holds and what a manifest names.
///
/// What is held and no longer named may be dropped only after the new version has been stored and
/// opened, and only if no other collection uses it; that is for the cache to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncPlan {
    /// Blobs to fetch, in the order in which they are wanted.
    pub fetch: Vec<BlobRef>,
    /// Blobs of the manifest that are here already.
    pub reuse: Vec<BlobRef>,
}

impl SyncPlan {
    /// Compares `manifest` with the hashes that are held.
    #[must_use]
    pub fn new(manifest: &Manifest, held: &BTreeSet<Hash>) -> Self {
        let (reuse, fetch) = manifest.blobs().into_iter().partition(|b| held.contains(&b.hash));
        Self { fetch, reuse }
    }
}
