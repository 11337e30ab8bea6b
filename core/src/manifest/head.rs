//! The head: the only name whose content changes, and therefore the only thing that is signed.
//!
//! The signature covers a line per member behind a line that names the layout, so neither JSON
//! white space nor the order of members matters, and a signature can serve no other purpose.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::{BlobRef, PublicKey, SigningKey, Trust};
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
}

/// What a replica accepts as a head.
#[derive(Debug, Clone)]
pub struct Acceptance<'a> {
    /// Keys that may sign.
    pub trust: &'a Trust,
    /// The collection that is followed, where it is known beforehand.
    pub collection: Option<&'a str>,
    /// The highest version ever accepted: a lower one is an attack or a broken source.
    pub highest_version: Version,
    /// The host's clock, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Head {
    /// Signs it.
    #[must_use]
    pub fn sign(self, key: &SigningKey) -> SignedHead {
        let signature = encode_hex(&key.sign(&self.message()));
        SignedHead { key: key.public().to_string(), signature, head: self }
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
        if bytes.len() > MAX_HEAD_BYTES {
            return Err(Error::corrupt(format!("a head has at most {MAX_HEAD_BYTES} bytes, this one {}", bytes.len())));
        }
        let tree = DOCUMENT.parse(bytes)?;
        let fields = DOCUMENT.object(&tree)?.only(&["head", "key", "signature"])?;
        Ok(Self {
            head: Head::read(fields.required("head", Fields::object)?)?,
            key: fields.required("key", Fields::text)?.into(),
            signature: fields.required("signature", Fields::text)?.into(),
        })
    }

    /// Encodes it.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::new(Code::Internal, format!("head: {e}")))
    }

    /// The head, when this replica may follow it.
    pub fn accept(self, acceptance: &Acceptance<'_>) -> Result<Head> {
        let key: PublicKey = self.key.parse()?;
        if !acceptance.trust.contains(&key) {
            return Err(Error::new(
                Code::KeyUntrusted,
                format!("the head is signed by {key}, which is not among the trusted keys"),
            ));
        }
        let signature = decode_hex::<64>(&self.signature)
            .ok_or_else(|| Error::new(Code::SignatureInvalid, "the head's signature is not 128 hex digits"))?;
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
        if head.version < acceptance.highest_version {
            return Err(Error::new(
                Code::HeadRolledBack,
                format!(
                    "the source offers version {}, but version {} was seen before",
                    head.version, acceptance.highest_version
                ),
            ));
        }
        if head.expires_ms.is_some_and(|end| end <= acceptance.now_ms) {
            return Err(Error::new(
                Code::HeadExpired,
                format!("the head of version {} has expired; the origin must sign anew", head.version),
            ));
        }
        Ok(head)
    }
}
