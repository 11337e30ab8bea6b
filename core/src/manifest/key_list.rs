//! Which keys may sign heads: a list that a root key signs, so that the key of a server can be replaced, and revoked
//! when it is lost.
//!
//! The roles are those of The Update Framework (<https://theupdateframework.github.io/specification/latest/>, section
//! 2.1) in a small form: the *root* key signs this list, seldom and away from the server; an *online* key signs heads,
//! and lies on the server. The list travels with the head, so that both are of one moment and a source needs no further
//! file.
//!
//! The signature covers lines, as that of a head does; `PROTOCOL.md` says what the two defend.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Not as _;

use serde::Serialize;
use serde_json::Value;

use super::{PublicKey, SigningKey, Trust};
use crate::error::{Code, Error, Result};
use crate::ids::{decode_hex, encode_hex};
use crate::json::{Document, Fields};
use crate::limits::{MAX_HEAD_BYTES, MAX_LISTED_KEYS};

const DOCUMENT: Document = Document::new("key list", Code::Corrupt);

/// The keys that may sign heads, and those that may not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyList {
    /// Its number, from 1: a replica takes no list below one that it has seen.
    pub version: u64,
    /// Keys that may sign heads.
    pub online: Vec<String>,
    /// Keys that may not, whoever trusts them.
    pub revoked: Vec<String>,
    /// When it was signed, in milliseconds since 1970.
    pub issued_ms: u64,
    /// When it ends, in milliseconds since 1970; none: it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<u64>,
}

/// A key list with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedKeyList {
    /// The list.
    pub list: KeyList,
    /// The root key that verifies it.
    pub root: String,
    /// The signature in hex.
    pub signature: String,
}

impl KeyList {
    /// Checks and signs it by the root key.
    pub fn sign(self, root: &SigningKey) -> Result<SignedKeyList> {
        self.check()?;
        let signature = encode_hex(&root.sign(&self.message()));
        Ok(SignedKeyList { root: root.public().to_string(), signature, list: self })
    }

    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["version", "online", "revoked", "issuedMs", "expiresMs"])?;
        let keys = |name| -> Result<Vec<String>> {
            let text = |value: &Value| value.as_str().map(String::from);
            let all: Option<_> = fields.required(name, Fields::list)?.iter().map(text).collect();
            all.ok_or_else(|| Error::corrupt(format!("key list: {name:?} has something that is no text")))
        };
        let list = Self {
            version: fields.required("version", Fields::whole)?,
            online: keys("online")?,
            revoked: keys("revoked")?,
            issued_ms: fields.required("issuedMs", Fields::whole)?,
            expires_ms: fields.whole("expiresMs")?,
        };
        list.check()?;
        Ok(list)
    }

    fn check(&self) -> Result<()> {
        let all = || self.online.iter().chain(&self.revoked);
        if self.version == 0 || self.online.is_empty() || all().count() > MAX_LISTED_KEYS {
            let message = format!("key list: numbered from 1, at least one online key, at most {MAX_LISTED_KEYS} keys");
            return Err(Error::corrupt(message));
        }
        // Keys are compared as text, so there must be one text for each.
        if all().any(|key| key.parse::<PublicKey>().is_ok_and(|k| k.to_string() == **key).not()) {
            // Not repeated: it may be a private one.
            return Err(Error::corrupt("key list: something in it is not a public key"));
        }
        match self.online.iter().find(|key| self.revoked.contains(key)) {
            Some(key) => Err(Error::corrupt(format!("key list: {key} is online and revoked; it can be one only"))),
            None => Ok(()),
        }
    }

    fn message(&self) -> Vec<u8> {
        let expires = self.expires_ms.map_or_else(|| "never".to_string(), |ms| ms.to_string());
        let mut text = format!("headwater keys 1\n{}\n{}\n{expires}\n", self.version, self.issued_ms);
        for (role, keys) in [("online", &self.online), ("revoked", &self.revoked)] {
            keys.iter().for_each(|key| text.extend([role, " ", key, "\n"]));
        }
        text.into_bytes()
    }
}

impl SignedKeyList {
    /// Parses it; nothing is trusted yet.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Self::read(DOCUMENT.object(&DOCUMENT.parse(bytes, MAX_HEAD_BYTES)?)?)
    }

    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["list", "root", "signature"])?;
        Ok(Self {
            list: KeyList::read(fields.required("list", Fields::object)?)?,
            root: fields.required("root", Fields::text)?.into(),
            signature: fields.required("signature", Fields::text)?.into(),
        })
    }

    /// Encodes it.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::new(Code::Internal, format!("key list: {e}")))
    }

    /// The list, when one of the trusted keys has signed it. None when a key has that this replica knows nothing of:
    /// then the list has no say here.
    pub fn vouched(&self, trust: &Trust) -> Result<Option<&KeyList>> {
        let root: PublicKey = self.root.parse()?;
        if !trust.contains(&root) {
            return Ok(None);
        }
        let signature = decode_hex::<64>(&self.signature);
        if signature.is_some_and(|signature| root.verifies(&self.list.message(), &signature)) {
            return Ok(Some(&self.list));
        }
        let message = format!("the key list's signature by {root} does not verify; it was changed on the way");
        Err(Error::new(Code::SignatureInvalid, message))
    }
}
