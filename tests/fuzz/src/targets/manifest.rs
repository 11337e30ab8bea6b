//! Manifests: what is accepted is written and read again as the same.

use headwater_core::manifest::Manifest;

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(manifest) = memory::limited(|| Manifest::decode_unlinked(data)) else { return };
    let bytes = manifest.encode().expect("what was accepted can be written");
    let again = Manifest::decode_unlinked(&bytes).expect("what was written is accepted");
    assert_eq!(manifest, again, "a manifest changes when it is written");
    assert!(manifest.blobs().len() <= manifest.models.len() + 2 * manifest.segments.len(), "blobs out of nowhere");
    let _ = manifest.check_budget(manifest.live_points());
}
