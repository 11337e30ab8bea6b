//! The head: the only name whose content changes, and therefore the only thing that is signed.
//!
//! The signature covers a line per member behind a line that names the layout, so neither JSON
//! white space nor the order of members matters, and a signature can serve no other purpose. The key list beside it has
//! a signature of its own.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::{BlobRef, KeyList, PublicKey, SignedKeyList, SigningKey, Trust};
use crate::error::{Code, Error, Result};
use crate::ids::{Lsn, Version, decode_hex, encode_hex};
use crate::json::{Document, Fields};
use crate::limits::MAX_HEAD_BYTES;

const DOCUMENT: Document = Document::new("head", Code::Corrupt);

/// Points to the manifest of the current version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The collection.
    pub collection: String,
    /// The version it names.
    pub version: Version,
    /// The last operation in that version.
    pub lsn: Lsn,
    /// The manifest.
    pub manifest: BlobRef,
    /// When it was signed, in milliseconds since 1970.
    pub issued_ms: u64,
    /// When it ends, in milliseconds since 1970; none: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
}

/// A head with its signature, as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// The public key that verifies it.
    pub key: String,
    /// The signature in hex.
    pub signature: String,
    /// Which keys may sign, by the root key; none where replicas trust the server's key itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<SignedKeyList>,
}

/// What a replica has accepted before: it does not go back behind that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The highest version of a head.
    pub version: Version,
    /// The highest version of a key list; 0: none.
    pub key_list: u64,
}

impl Seen {
    /// The higher of each.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { version: self.version.max(other.version), key_list: self.key_list.max(other.key_list) }
    }
}

/// A head that a replica may follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The head.
    pub head: Head,
    /// The version of the key list that vouched for its key; 0: the key is trusted itself.
    pub key_list: u64,
}

impl Accepted {
    /// What to remember of it.
    #[must_use]
    pub const fn seen(&self) -> Seen {
        Seen { version: self.head.version, key_list: self.key_list }
    }
}

/// What a replica accepts as a head.
#[derive(Debug, Clone)]
pub struct Acceptance<'a> {
    /// Keys that may sign heads, or the list of those that may.
    pub trust: &'a Trust,
    /// The collection that is followed, where it is known beforehand.
    pub collection: Option<&'a str>,
    /// What was accepted before: to go back is an attack or a broken source.
    pub seen: Seen,
    /// The host's clock, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Head {
    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedHead {
        let signature = encode_hex(&key.sign(&self.message()));
        SignedHead { key: key.public().to_string(), signature, keys: None, head: self }
    }

    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["collection", "version", "lsn", "manifest", "issuedMs", "expiresMs"])?;
        Ok(Self {
            collection: fields.required("collection", Fields::text)?.into(),
            version: fields.required("version", Fields::whole)?,
            lsn: fields.required("lsn", Fields::whole)?,
            manifest: BlobRef::read(fields.required("manifest", Fields::object)?)?,
            issued_ms: fields.required("issuedMs", Fields::whole)?,
            expires_ms: fields.whole("expiresMs")?,
        })
    }

    fn message(&self) -> Vec<u8> {
        let expires = self.expires_ms.map_or_else(|| "never".to_string(), |ms| ms.to_string());
        format!(
            "headwater head 1\n{}\n{}\n{}\n{}\n{}\n{}\n{expires}\n",
            self.collection, self.version, self.lsn, self.manifest.hash, self.manifest.bytes, self.issued_ms
        )
        .into_bytes()
    }
}

impl SignedHead {
    /// Parses it; nothing is trusted yet.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_HEAD_BYTES)?;
        let fields = DOCUMENT.object(&tree)?.only(&["head", "key", "signature", "keys"])?;
        Ok(Self {
            head: Head::read(fields.required("head", Fields::object)?)?,
            key: fields.required("key", Fields::text)?.into(),
            signature: fields.required("signature", Fields::text)?.into(),
            keys: fields.object("keys")?.map(SignedKeyList::read).transpose()?,
        })
    }

    /// The same with a key list, which the head's signature does not cover.
    #[must_use]
    pub fn with_keys(self, keys: Option<SignedKeyList>) -> Self {
        Self { keys, ..self }
    }

    /// Encodes it.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::new(Code::Internal, format!("head: {e}")))
    }

    /// What somebody who accepted it before has seen. Of a key list that the trusted keys do not vouch for nothing.
    #[must_use]
    pub fn claims(&self, trust: &Trust) -> Seen {
        let list = self.keys.as_ref().and_then(|keys| keys.vouched(trust).ok().flatten());
        Seen { version: self.head.version, key_list: list.map_or(0, |list| list.version) }
    }

    /// The head, when this replica may follow it.
    pub fn accept(self, acceptance: &Acceptance<'_>) -> Result<Accepted> {
        let key: PublicKey = self.key.parse()?;
        let list = self.keys.as_ref().map(|keys| keys.vouched(acceptance.trust)).transpose()?.flatten();
        check_key(&key, list, acceptance)?;
        let signature = decode_hex::<64>(&self.signature)
            .ok_or_else(|| Error::new(Code::SignatureInvalid, "the head's signature is not 128 hex digits"))?;
        let key_list = list.map_or(0, |list| list.version);
        let head = self.head;
        if !key.verifies(&head.message(), &signature) {
            return Err(Error::new(
                Code::SignatureInvalid,
                format!("the head's signature by {key} does not verify; it was changed on the way"),
            ));
        }
        if let Some(expected) = acceptance.collection
            && expected != head.collection
        {
            return Err(Error::new(
                Code::ManifestMismatch,
                format!("the head is of collection {:?}, {expected:?} is followed here", head.collection),
            ));
        }
        if head.version < acceptance.seen.version {
            return Err(Error::new(
                Code::HeadRolledBack,
                format!(
                    "the source offers version {}, but version {} was seen before",
                    head.version, acceptance.seen.version
                ),
            ));
        }
        if head.expires_ms.is_some_and(|end| end <= acceptance.now_ms) {
            return Err(Error::new(
                Code::HeadExpired,
                format!("the head of version {} has expired; the origin must sign anew", head.version),
            ));
        }
        Ok(Accepted { head, key_list })
    }
}

/// Whether a key may sign heads for this replica.
fn check_key(key: &PublicKey, list: Option<&KeyList>, acceptance: &Acceptance<'_>) -> Result<()> {
    let name = key.to_string();
    let (version, seen) = (list.map_or(0, |list| list.version), acceptance.seen.key_list);
    // Also where the key is trusted itself: who leaves the list out could bring back a key that it revokes.
    if version < seen {
        let message = format!("key list {seen} was seen before, {version} came with this head (0: none)");
        return Err(Error::new(Code::HeadRolledBack, message));
    }
    if list.is_some_and(|list| list.revoked.contains(&name)) {
        return Err(Error::new(Code::KeyRevoked, "the key list revokes the key that signed the head"));
    }
    if list.is_some_and(|list| list.expires_ms.is_some_and(|end| end <= acceptance.now_ms)) {
        let message = "the key list has expired; whoever has the root key must sign a new one";
        return Err(Error::new(Code::HeadExpired, message));
    }
    if acceptance.trust.contains(key) || list.is_some_and(|list| list.online.contains(&name)) {
        return Ok(());
    }
    let message =
        format!("the head is signed by {name}, which is not among the trusted keys nor in a list by one of them");
    Err(Error::new(Code::KeyUntrusted, message))
}
