//! Signs heads.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{BlobRef, Head, Manifest, SignedHead, SignedKeyList, SigningKey};

use crate::clock;

/// The online key with all that goes into a head.
///
/// Owns: the key, and the key list as it was last read. Does not own: the object in which the list is kept.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    /// How long a head holds; none: for ever.
    lifetime: Option<Duration>,
    list: RwLock<Option<SignedKeyList>>,
}

impl Signer {
    /// Signs by this key. Heads end after `lifetime`, if one is given, and have to be signed anew before.
    #[must_use]
    pub const fn new(key: SigningKey, lifetime: Option<Duration>) -> Self {
        Self { key, lifetime, list: RwLock::new(None) }
    }

    /// How long a head holds.
    #[must_use]
    pub const fn lifetime(&self) -> Option<Duration> {
        self.lifetime
    }

    /// The key that replicas are to trust: the root key where there is a key list, else the server's.
    #[must_use]
    pub fn trusted(&self) -> String {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        list.as_ref().map_or_else(|| self.key.public().to_string(), |list| list.root.clone())
    }

    /// Takes up a key list; one that does not name this server's key would make replicas refuse all it signs.
    pub(crate) fn take_up(&self, list: Option<SignedKeyList>) -> Result<()> {
        let key = self.key.public().to_string();
        if let Some(signed) = list.as_ref().filter(|signed| !signed.list.online.contains(&key)) {
            let version = signed.list.version;
            let message = if signed.list.revoked.contains(&key) {
                format!(
                    "this server signs with {key}, which key list {version} revokes: start it again, so that it takes the key that is in its \
                     file now"
                )
            } else {
                format!(
                    "key list {version} does not name this server's key {key}; run `headwater keys sign`, or give the server the right key"
                )
            };
            return Err(Error::new(Code::KeyUntrusted, message));
        }
        *self.list.write().unwrap_or_else(PoisonError::into_inner) = list;
        Ok(())
    }

    /// Signs the head of a version.
    pub(crate) fn sign(&self, manifest: &Manifest, reference: BlobRef, now_ms: u64) -> SignedHead {
        let lifetime = self.lifetime.map(clock::ms);
        let head = Head {
            collection: manifest.collection.clone(),
            version: manifest.version,
            lsn: manifest.lsn,
            manifest: reference,
            issued_ms: now_ms,
            expires_ms: lifetime.map(|lifetime| now_ms.saturating_add(lifetime)),
        };
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner).clone();
        head.sign(&self.key).with_keys(list)
    }

    /// Whether a head of the right version would do as it stands: by this key and list, and with half of its life
    /// before it.
    pub(crate) fn would_sign(&self, signed: &SignedHead, now_ms: u64) -> bool {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let lasts = match (self.lifetime, signed.head.expires_ms) {
            (None, None) => true,
            (Some(lifetime), Some(end)) => end.saturating_sub(now_ms).saturating_mul(2) >= clock::ms(lifetime),
            _ => false,
        };
        lasts && signed.key == self.key.public().to_string() && signed.keys == *list
    }
}
