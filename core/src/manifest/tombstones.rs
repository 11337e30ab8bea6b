//! The ordinals that were deleted from one segment since it was written.
//!
//! ```text
//! 0   8  magic "HWTOMB\0\0"
//! 8   4  format version, 1
//! 12  4  count
//! 16  4 x count ordinals, ascending
//! ```

use alloc::format;
use alloc::vec::Vec;

use crate::bytes::cast;
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;

const MAGIC: &[u8; 8] = b"HWTOMB\0\0";
const FORMAT_VERSION: u32 = 1;

/// Deleted ordinals, ascending and unique.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tombstones(Vec<Ordinal>);

impl Tombstones {
    /// Takes ordinals in any order.
    #[must_use]
    pub fn new(mut ordinals: Vec<Ordinal>) -> Self {
        ordinals.sort_unstable();
        ordinals.dedup();
        Self(ordinals)
    }

    /// The ordinals, ascending.
    #[must_use]
    pub fn ordinals(&self) -> &[Ordinal] {
        &self.0
    }

    /// Encodes them.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(16 + self.0.len() * 4);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&(self.0.len() as u32).to_le_bytes());
        self.0.iter().for_each(|o| out.extend_from_slice(&o.to_le_bytes()));
        out
    }

    /// Decodes and checks them against the segment's number of points.
    pub fn decode(bytes: &[u8], points: u32) -> Result<Self> {
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| Error::corrupt("tombstones: wrong magic"))?;
        let (header, body) = rest.split_at_checked(8).ok_or_else(|| Error::corrupt("tombstones: cut off"))?;
        let &[version, count] = cast_unaligned(header)?.as_slice() else {
            return Err(Error::corrupt("tombstones: cut off"));
        };
        if version != FORMAT_VERSION {
            return Err(Error::new(
                Code::FormatUnsupported,
                format!("tombstones format {version} is not known here; update Headwater"),
            ));
        }
        if body.len() as u64 != u64::from(count) * 4 {
            return Err(Error::corrupt(format!("tombstones: {count} announced, {} bytes found", body.len())));
        }
        let ordinals = cast_unaligned(body)?;
        let ascending = ordinals.is_sorted_by(|a, b| a < b);
        if !ascending || ordinals.last().is_some_and(|&last| last >= points) {
            return Err(Error::corrupt(format!(
                "tombstones: ordinals are not ascending or pass the segment's {points} points"
            )));
        }
        Ok(Self(ordinals))
    }
}

fn cast_unaligned(bytes: &[u8]) -> Result<Vec<u32>> {
    let words: &[[u8; 4]] = cast(bytes, "tombstones")?;
    Ok(words.iter().map(|w| u32::from_le_bytes(*w)).collect())
}
