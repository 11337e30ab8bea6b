//! What a replica keeps between visits: blobs by hash, and for each source the last good version.
//!
//! | file | job |
//! | --- | --- |
//! | `idb` | IndexedDB, in browsers |
//! | `host` | an object that the package hands in, in Node: files |
//!
//! **Invariant**: a record is written only after all blobs it names, and blobs are dropped only when no
//! record names them. So a stop at any moment leaves the last good version.

mod host;
mod idb;

use std::collections::BTreeSet;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Hash, Version};
use headwater_core::json::Document;
use headwater_core::manifest::{Manifest, Seen};
use js_sys::{JSON, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::border::{convert, from_js};
use host::HostStore;
use idb::IdbStore;

/// The last good version of one source.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Record {
    /// The signed head, as it was received.
    pub(crate) head: String,
    /// The manifest, as it was received.
    pub(crate) manifest: String,
    /// The highest version ever accepted from this source.
    pub(crate) highest_version: Version,
    /// The highest version of a key list ever accepted from it.
    pub(crate) key_list: u64,
}

impl Record {
    /// What must not be gone behind.
    pub(crate) const fn seen(&self) -> Seen {
        Seen { version: self.highest_version, key_list: self.key_list }
    }

    /// Hashes that this record needs. A record that cannot be read needs none.
    fn needs(&self) -> Vec<Hash> {
        let manifest = Manifest::decode_unlinked(self.manifest.as_bytes());
        manifest.map(|m| m.blobs().iter().map(|b| b.hash).collect()).unwrap_or_default()
    }

    /// Whether it may take the place of the one that is kept. Not when another tab or process has gone further,
    /// or has dropped something it needs between the writing of a blob and the naming of it.
    fn check(&self, held: &BTreeSet<Hash>, kept: Option<&Self>) -> Result<()> {
        let is_ahead = kept.is_some_and(|k| k.seen().and(self.seen()) != self.seen());
        if !is_ahead && self.needs().iter().all(|hash| held.contains(hash)) {
            return Ok(());
        }
        Err(Error::new(Code::Conflict, "another tab or process changed the same cache; sync again"))
    }

    fn encode(&self) -> Result<String> {
        let text = convert(self).and_then(|record| JSON::stringify(&record));
        text.map(String::from).map_err(|e| from_js(Code::Internal, "record", &e))
    }

    /// A damaged record is as good as none: the replica is fetched anew.
    fn decode(text: &str) -> Option<Self> {
        const DOCUMENT: Document = Document::new("record", Code::Corrupt);
        let tree = DOCUMENT.parse(text.as_bytes()).ok()?;
        let fields = DOCUMENT.object(&tree).ok()?;
        Some(Self {
            head: fields.text("head").ok()??.to_owned(),
            manifest: fields.text("manifest").ok()??.to_owned(),
            highest_version: fields.whole("highestVersion").ok()??,
            key_list: fields.whole("keyList").ok()?.unwrap_or_default(),
        })
    }
}

/// Where a replica keeps its data.
pub(crate) enum Cache {
    Idb(IdbStore),
    Host(HostStore),
}

impl Cache {
    /// IndexedDB, or the object that was handed in.
    pub(crate) async fn open(host: Option<JsValue>) -> Result<Self> {
        match host {
            Some(object) => Ok(Self::Host(HostStore::new(object))),
            None => IdbStore::open().await.map(Self::Idb),
        }
    }

    /// The last good version of a source.
    pub(crate) async fn record(&self, source: &str) -> Result<Option<Record>> {
        match self {
            Self::Idb(store) => store.record(source).await,
            Self::Host(store) => store.record(source).await,
        }
    }

    /// Makes `record` the last good version of a source and drops blobs that no source needs.
    pub(crate) async fn swap(&self, source: &str, record: &Record) -> Result<()> {
        match self {
            Self::Idb(store) => store.swap(source, record).await,
            Self::Host(store) => store.swap(source, record).await,
        }
    }

    /// The bytes kept under a hash, unchecked.
    pub(crate) async fn blob(&self, hash: &Hash) -> Result<Option<Uint8Array>> {
        match self {
            Self::Idb(store) => store.blob(hash).await,
            Self::Host(store) => store.blob(hash).await,
        }
    }

    /// Keeps bytes under their hash.
    pub(crate) async fn put_blob(&self, hash: &Hash, bytes: &Uint8Array) -> Result<()> {
        match self {
            Self::Idb(store) => store.put_blob(hash, bytes).await,
            Self::Host(store) => store.put_blob(hash, bytes).await,
        }
    }

    /// All hashes under which something is kept.
    pub(crate) async fn hashes(&self) -> Result<BTreeSet<Hash>> {
        match self {
            Self::Idb(store) => store.hashes().await,
            Self::Host(store) => store.hashes().await,
        }
    }
}

/// Hashes among keys; whatever else is there is not ours.
fn hashes_of(keys: impl Iterator<Item = JsValue>) -> BTreeSet<Hash> {
    // Not `collect`: for a set it sorts first, with a sort that the engine needs nowhere else.
    let mut hashes = BTreeSet::new();
    hashes.extend(keys.filter_map(|key| key.as_string()?.parse::<Hash>().ok()));
    hashes
}

/// The kept hashes that no record needs.
fn unneeded<'a>(held: BTreeSet<Hash>, records: impl Iterator<Item = &'a Record>) -> Vec<Hash> {
    let mut needed = BTreeSet::new();
    needed.extend(records.flat_map(Record::needs));
    held.into_iter().filter(|hash| !needed.contains(hash)).collect()
}
