//! The names of things: points, rows, operations, versions, blobs.

use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Code, Error, Result};
use crate::limits::{MAX_ID_BYTES, MAX_NAME_BYTES};

/// The dense row of a point inside one segment.
pub type Ordinal = u32;

/// The number of an operation in a collection's log. 0 is before the first.
pub type Lsn = u64;

/// The number of a published manifest. 0 means that nothing has been published.
pub type Version = u64;

/// Checks a point id: 1 to 512 bytes of UTF-8 without control characters. Whoever parses URLs takes `.` and `..` for
/// steps in the tree, also as `%2e`, so a point of that name could not be asked for.
pub fn check_point_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_ID_BYTES {
        return Err(Error::new(
            Code::InvalidPoint,
            alloc::format!("a point id has 1 to {MAX_ID_BYTES} bytes, this one has {}", id.len()),
        ));
    }
    if id.chars().any(char::is_control) || id == "." || id == ".." {
        return Err(Error::new(Code::InvalidPoint, "a point id has no control characters, and is not \".\" or \"..\""));
    }
    Ok(())
}

/// Checks the name of a collection or model, which stands in paths: 1 to 64 of `a-z 0-9 _ -`,
/// the first a letter or digit.
pub fn check_path_name(name: &str, what: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-' || b == b'.';
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !first || name.len() > MAX_NAME_BYTES || !name.bytes().all(allowed) {
        return Err(Error::new(
            Code::InvalidSchema,
            alloc::format!(
                "{what} name {name:?}: use 1 to {MAX_NAME_BYTES} of a-z, 0-9, '_', '-', '.', starting with a letter or digit"
            ),
        ));
    }
    Ok(())
}

/// A BLAKE3 hash: the name of a blob or manifest. In text: 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The hash with these bytes, as read from a table.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Fails with `hash_mismatch` unless `bytes` have this hash.
    pub fn check(&self, bytes: &[u8], what: &str) -> Result<()> {
        let found = Self::of(bytes);
        if found == *self {
            return Ok(());
        }
        Err(Error::new(
            Code::HashMismatch,
            alloc::format!(
                "{what}: {} bytes hash to {found}, expected {self}; they were damaged or replaced on the way",
                bytes.len()
            ),
        ))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        decode_hex::<32>(text).map(Self).ok_or_else(|| {
            Error::new(Code::InvalidJson, alloc::format!("{text:?} is not a hash: 64 lower-case hex digits"))
        })
    }
}

/// Decodes exactly `N` bytes of lower-case hex.
#[must_use]
pub fn decode_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if text.len() != N * 2 {
        return None;
    }
    let mut out = [0u8; N];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *slot = digit(high)? << 4 | digit(low)?;
    }
    Some(out)
}

/// Lower-case hex of any bytes.
#[must_use]
pub fn encode_hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{b:02x}");
    }
    text
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        let text = alloc::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
