//! Bytes that are what their name says.

use alloc::sync::Arc;

use super::BlobRef;
use crate::bytes::AlignedBytes;
use crate::error::Result;

/// The bytes of a blob, which [`BlobRef::verify`] has compared with its length and hash: nothing else makes one, so
/// whoever is given one need not ask where the bytes were. Cloning shares them.
#[derive(Debug, Clone)]
pub struct VerifiedBlob {
    blob: BlobRef,
    bytes: Arc<AlignedBytes>,
}

impl VerifiedBlob {
    /// The name that they have been compared with.
    #[must_use]
    pub const fn blob(&self) -> &BlobRef {
        &self.blob
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Arc<AlignedBytes> {
        &self.bytes
    }
}

impl BlobRef {
    /// The bytes as those of this blob. Fails with `hash_mismatch` unless they are. Complexity: one pass of BLAKE3.
    pub fn verify(&self, bytes: AlignedBytes) -> Result<VerifiedBlob> {
        self.check(&bytes)?;
        Ok(VerifiedBlob { blob: *self, bytes: Arc::new(bytes) })
    }

    /// The same with a copy of the bytes, made only if they are those of this blob.
    pub fn verify_copy(&self, bytes: &[u8]) -> Result<VerifiedBlob> {
        self.check(bytes)?;
        Ok(VerifiedBlob { blob: *self, bytes: Arc::new(AlignedBytes::copy_from(bytes)) })
    }
}
