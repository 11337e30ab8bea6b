//! What a version of a collection consists of, and the small signed pointer to it.
//!
//! ```text
//! head (signed, the only name whose content changes)
//!   └─ manifest (named by hash)
//!        ├─ segments   (hash) each with its tombstones (hash)
//!        └─ models     (hash)
//! ```
//!
//! | file | holds |
//! | --- | --- |
//! | `groups` | proof of less than a page: groups of 4 KiB |
//! | `head` | [`Head`], its signature, what a replica accepts |
//! | `keys` | [`SigningKey`], [`PublicKey`], [`Trust`] |
//! | `key_list` | [`KeyList`]: which keys may sign heads, signed by a root key |
//! | `pages` | [`PageList`]: proof of a part of a blob |
//! | `tombstones` | the ordinals that were deleted from one segment |
//! | `verified` | [`VerifiedBlob`]: bytes that are what their name says |
//!
//! A manifest is JSON; its name is the hash of its bytes as stored. We write one canonical form; readers need none.
//!
//! **Invariant**: a [`Manifest`] in memory has been checked: its limits hold, its schema is valid,
//! and no blob is named twice as a segment.

mod groups;
mod head;
mod key_list;
mod keys;
mod pages;

#[cfg(test)]
mod tests;
mod tombstones;
mod verified;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use groups::{proving_groups, whole_groups};
pub use head::{Acceptance, Accepted, Head, Seen, SignedHead};
pub use key_list::{KeyList, SignedKeyList};
pub use keys::{PublicKey, SigningKey, Trust};
pub use pages::{GROUP_BYTES, PAGE_BYTES, PageList};
pub use tombstones::Tombstones;
pub use verified::VerifiedBlob;

use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Lsn, Version, check_path_name};
use crate::json::{Document, Fields};
use crate::limits::{MAX_BLOB_BYTES, MAX_MANIFEST_BYTES, MAX_MODELS, MAX_SEGMENT_POINTS, MAX_SEGMENTS};
use crate::model::Schema;
use crate::order::{Key, sort_keys};
use crate::promised::Promised as _;

/// The manifest layout this build writes and reads.
pub const MANIFEST_FORMAT_VERSION: u32 = 1;
const DOCUMENT: Document = Document::new("manifest", Code::Corrupt);

/// The name and length of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobRef {
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// Its length.
    pub bytes: u64,
}

impl BlobRef {
    pub(crate) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["hash", "bytes"])?;
        Ok(Self { hash: fields.required("hash", Fields::parsed)?, bytes: fields.required("bytes", Fields::whole)? })
    }

    /// The reference to these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { hash: Hash::of(bytes), bytes: bytes.len() as u64 }
    }

    /// Fails unless `bytes` are what this names.
    pub fn check(&self, bytes: &[u8]) -> Result<()> {
        if bytes.len() as u64 != self.bytes {
            return Err(Error::new(
                Code::HashMismatch,
                format!(
                    "blob {}: {} bytes arrived, {} expected; it was cut or replaced on the way",
                    self.hash,
                    bytes.len(),
                    self.bytes
                ),
            ));
        }
        self.hash.check(bytes, "blob")
    }
}

/// One segment of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SegmentRef {
    /// The segment's blob.
    pub blob: BlobRef,
    /// Points in it, deleted ones included.
    pub points: u32,
    /// Deleted ordinals, when there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tombstones: Option<BlobRef>,
    /// How many are deleted.
    pub deleted: u32,
}

impl SegmentRef {
    fn read(tree: &Value) -> Result<Self> {
        let fields = DOCUMENT.object(tree)?.only(&["blob", "points", "tombstones", "deleted"])?;
        Ok(Self {
            blob: BlobRef::read(fields.required("blob", Fields::object)?)?,
            points: fields.required("points", Fields::count)?,
            tombstones: fields.object("tombstones")?.map(BlobRef::read).transpose()?,
            deleted: fields.count("deleted")?.unwrap_or_default(),
        })
    }
}

/// A model that the schema names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRef {
    /// Its name in the schema.
    pub name: String,
    /// The packed model.
    pub blob: BlobRef,
}

impl ModelRef {
    fn read(tree: &Value) -> Result<Self> {
        let fields = DOCUMENT.object(tree)?.only(&["name", "blob"])?;
        Ok(Self {
            name: fields.required("name", Fields::text)?.into(),
            blob: BlobRef::read(fields.required("blob", Fields::object)?)?,
        })
    }
}

/// One published version of a collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The layout of this document.
    pub format_version: u32,
    /// The collection it belongs to.
    pub collection: String,
    /// Its number, from 1.
    pub version: Version,
    /// The manifest it was made from; none for version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Hash>,
    /// The last operation it holds.
    pub lsn: Lsn,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
    /// The schema.
    pub schema: Schema,
    /// The segments, oldest first. A point lives in exactly one of them.
    pub segments: Vec<SegmentRef>,
    /// The models.
    pub models: Vec<ModelRef>,
}

impl Manifest {
    /// Checks and encodes it.
    pub fn encode(&self) -> Result<Vec<u8>> {
        self.check()?;
        serde_json::to_vec(self).map_err(|e| Error::new(Code::Internal, format!("manifest: {e}")))
    }

    /// Decodes and checks the manifest that `head` names.
    pub fn decode(bytes: &[u8], head: &Head) -> Result<Self> {
        head.manifest.check(bytes)?;
        let manifest = Self::decode_unlinked(bytes)?;
        if manifest.collection != head.collection || manifest.version != head.version || manifest.lsn != head.lsn {
            return Err(Error::new(
                Code::ManifestMismatch,
                format!(
                    "the head names {} version {}, its manifest is of {} version {}",
                    head.collection, head.version, manifest.collection, manifest.version
                ),
            ));
        }
        Ok(manifest)
    }

    /// Decodes and checks a manifest whose bytes are already trusted by other means (the origin's own store).
    pub fn decode_unlinked(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_MANIFEST_BYTES)?;
        let fields = DOCUMENT.object(&tree)?;
        let format_version = fields.required("formatVersion", Fields::count)?;
        if format_version != MANIFEST_FORMAT_VERSION {
            return Err(Error::new(
                Code::FormatUnsupported,
                format!(
                    "manifest format {format_version} is not known here ({MANIFEST_FORMAT_VERSION} is); update Headwater"
                ),
            ));
        }
        let manifest = Self::read(fields)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Reads a document whose format is known to be ours.
    fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&[
            "formatVersion",
            "collection",
            "version",
            "parent",
            "lsn",
            "createdMs",
            "schema",
            "segments",
            "models",
        ])?;
        let each = |name| fields.required(name, Fields::list);
        Ok(Self {
            format_version: MANIFEST_FORMAT_VERSION,
            collection: fields.required("collection", Fields::text)?.into(),
            version: fields.required("version", Fields::whole)?,
            parent: fields.parsed("parent")?,
            lsn: fields.required("lsn", Fields::whole)?,
            created_ms: fields.required("createdMs", Fields::whole)?,
            schema: Schema::read(fields.required("schema", Fields::object)?)?,
            segments: each("segments")?.iter().map(SegmentRef::read).collect::<Result<_>>()?,
            models: each("models")?.iter().map(ModelRef::read).collect::<Result<_>>()?,
        })
    }

    /// All blobs it names: models first, because they are needed to ask anything, then segments
    /// with their tombstones. A blob named twice appears once.
    #[must_use]
    pub fn blobs(&self) -> Vec<BlobRef> {
        let mut all: Vec<BlobRef> = self.models.iter().map(|m| m.blob).collect();
        all.extend(self.segments.iter().flat_map(|s| core::iter::once(s.blob).chain(s.tombstones)));
        let again = repeated(&all);
        let mut index = 0;
        all.retain(|_| {
            index += 1;
            again.binary_search(&(index - 1)).is_err()
        });
        all
    }

    /// Bytes of all its blobs.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.blobs().iter().map(|b| b.bytes).sum()
    }

    /// Fails when opening it would keep more than `budget_bytes` in memory. Asked before anything is fetched.
    pub fn check_budget(&self, budget_bytes: u64) -> Result<()> {
        let total = self.total_bytes();
        if total <= budget_bytes {
            return Ok(());
        }
        Err(Error::new(
            Code::OverBudget,
            format!(
                "collection {:?} has {total} bytes in version {}, the budget is {budget_bytes}; raise it, or query a server",
                self.collection, self.version
            ),
        ))
    }

    /// Live points.
    #[must_use]
    pub fn live_points(&self) -> u64 {
        self.segments.iter().map(|s| u64::from(s.points.saturating_sub(s.deleted))).sum()
    }

    fn check(&self) -> Result<()> {
        let bad = |message: String| Err(Error::corrupt(format!("manifest: {message}")));
        check_path_name(&self.collection, "collection")?;
        self.schema.check()?;
        if self.version == 0 {
            return bad("version 0 is before the first".into());
        }
        if self.segments.len() > MAX_SEGMENTS || self.models.len() > MAX_MODELS {
            return bad(format!("at most {MAX_SEGMENTS} segments and {MAX_MODELS} models"));
        }
        if let Some(blob) = self.blobs().iter().find(|b| b.bytes > MAX_BLOB_BYTES) {
            return bad(format!("blob {} has {} bytes, the limit is {MAX_BLOB_BYTES}", blob.hash, blob.bytes));
        }
        let segments: Vec<BlobRef> = self.segments.iter().map(|s| s.blob).collect();
        if !repeated(&segments).is_empty() {
            return bad("a segment is named twice".into());
        }
        for segment in &self.segments {
            if segment.points as usize > MAX_SEGMENT_POINTS || segment.deleted > segment.points {
                return bad(format!(
                    "segment {}: {} points, {} deleted",
                    segment.blob.hash, segment.points, segment.deleted
                ));
            }
            if segment.tombstones.is_some() != (segment.deleted > 0) {
                return bad(format!("segment {}: tombstones and their count disagree", segment.blob.hash));
            }
        }
        let wanted = self
            .schema
            .vectors
            .values()
            .filter_map(|v| v.embed.as_ref())
            .find(|e| !self.models.iter().any(|m| m.name == e.model));
        match wanted {
            Some(embed) => bad(format!("model {:?} of the schema is missing", embed.model)),
            None => Ok(()),
        }
    }
}

/// Which of these, by number and ascending, have the name of one before them. Names are compared by their first bytes
/// first, which the one sort that there is takes.
fn repeated(blobs: &[BlobRef]) -> Vec<u32> {
    let rank = |blob: &BlobRef| blob.hash.as_bytes().iter().take(8).fold(0, |rank, &byte| rank << 8 | u64::from(byte));
    let mut keys: Vec<Key> = (0..).zip(blobs).map(|(index, blob)| (rank(blob), index)).collect();
    sort_keys(&mut keys);
    let hash_of = |key: &Key| blobs.get(key.1 as usize).map(|blob| blob.hash);
    let mut again: Vec<Key> = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let before = keys.get(..at).promised().iter().rev().take_while(|other| other.0 == key.0);
        if before.into_iter().any(|other| hash_of(other) == hash_of(key)) {
            again.push((u64::from(key.1), key.1));
        }
    }
    sort_keys(&mut again);
    again.into_iter().map(|key| key.1).collect()
}
