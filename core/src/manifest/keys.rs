//! ed25519 keys (RFC 8032) in text: `ed25519:` and 64 hex digits; of a private key `ed25519-secret:` and as many.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use ed25519_dalek::Signer as _;

use crate::error::{Code, Error, Result};
use crate::ids::{decode_hex, encode_hex};
use crate::limits::MAX_TRUSTED_KEYS;

const PREFIX: &str = "ed25519:";
const SECRET_PREFIX: &str = "ed25519-secret:";

/// The key by which an origin signs heads. Its text form is a secret; it is never printed by `Debug`.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A key from 32 secret bytes of the host's random source.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Parses the secret's text form; also the form of the first keys, which looked like that of public ones.
    pub fn from_secret_text(text: &str) -> Result<Self> {
        let text = text.trim();
        let digits = text.strip_prefix(SECRET_PREFIX).or_else(|| text.strip_prefix(PREFIX));
        digits.and_then(decode_hex::<32>).map(Self::from_seed).ok_or_else(|| {
            Error::new(Code::InvalidOptions, "a private key is \"ed25519-secret:\" and 64 lower-case hex digits")
        })
    }

    /// Whether this text has the form of the first keys, in which nobody can tell whether it is a private one or a
    /// public one.
    #[must_use]
    pub fn is_ambiguous(text: &str) -> bool {
        text.trim().starts_with(PREFIX)
    }

    /// The secret's text form, for a file that only its owner can read.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        format!("{SECRET_PREFIX}{}", encode_hex(self.0.as_bytes()))
    }

    /// The key that replicas trust.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public())
    }
}

/// A key that a replica trusts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Strict verification: rejects malleable signatures and small-order keys.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // Never repeated: it may be a private one.
        let refused = |message| Error::new(Code::KeyUntrusted, message);
        let bytes = text.trim().strip_prefix(PREFIX).and_then(decode_hex::<32>).ok_or_else(|| {
            refused(
                "a public key is \"ed25519:\" and 64 lower-case hex digits; \"ed25519-secret:\" begins a private one",
            )
        })?;
        ed25519_dalek::VerifyingKey::from_bytes(&bytes).map(Self).map_err(|_| {
            refused(
                "the 64 digits behind \"ed25519:\" are no public key (no point of the curve has them): one of them is wrong, or they are \
                 those of a private key; copy the public one again",
            )
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", encode_hex(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The keys that a replica trusts: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust(Vec<PublicKey>);

impl Trust {
    /// Trust in these keys, given as text.
    pub fn parse<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let keys: Vec<PublicKey> = keys.into_iter().map(str::parse).collect::<Result<_>>()?;
        if keys.is_empty() || keys.len() > MAX_TRUSTED_KEYS {
            return Err(Error::new(
                Code::KeyUntrusted,
                format!(
                    "name 1 to {MAX_TRUSTED_KEYS} public keys to trust; the origin's stands in its logs and its status"
                ),
            ));
        }
        Ok(Self(keys))
    }

    /// Whether this key is among them.
    #[must_use]
    pub fn contains(&self, key: &PublicKey) -> bool {
        self.0.contains(key)
    }
}
