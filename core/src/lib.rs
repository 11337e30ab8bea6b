//! Headwater's core: everything that decides what a search answers, and nothing that does IO.
//!
//! The same code runs at the origin, at the edge and in the browser, and gives the same hits to
//! the bit.
//!
//! # From a schema to a search
//!
//! ```
//! use std::sync::Arc;
//!
//! use headwater_core::ingest::{Models, prepare};
//! use headwater_core::memtable::Memtable;
//! use headwater_core::model::{AnsweredBy, Filter, Query, Schema};
//! use headwater_core::publish::Draft;
//! use headwater_core::snapshot::Snapshot;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = Schema::from_json(br#"{
//!     "vectors": { "look": { "dim": 2 } },
//!     "text": { "name": {} },
//!     "fields": { "legs": "integer" }
//! }"#)?;
//! let points = [
//!     r#"{ "id": "cat", "vectors": { "look": [1, 0] }, "payload": { "name": "small wild cat", "legs": 4 } }"#,
//!     r#"{ "id": "owl", "vectors": { "look": [0, 1] }, "payload": { "name": "owl of the wild", "legs": 2 } }"#,
//! ];
//!
//! // What was written is found at once: a memtable over a snapshot, empty at first.
//! let empty = Snapshot::empty("animals".into(), schema, Models::default());
//! let mut memtable = Memtable::new();
//! for (lsn, point) in (1..).zip(points) {
//!     let point = prepare(serde_json::from_str(point)?, empty.schema(), empty.models())?;
//!     memtable.upsert(lsn, Arc::new(point));
//! }
//! let wild = Query::default().with_match("wild").with_filter(Filter::at_least("legs", 3.0));
//! assert_eq!(empty.search(&wild, Some(&memtable), AnsweredBy::Origin)?.hits[0].id, "cat");
//!
//! // Published, it is a manifest and blobs, which anybody may keep, send, and open again.
//! let draft = Draft::plan(&empty, &memtable)?.ok_or("nothing has changed")?;
//! let publication = draft.finish(&empty, &memtable, Vec::new(), 1_700_000_000_000, &mut |_, _, _| ())?;
//! let blobs = publication.new_blobs;
//! let version = Snapshot::open(publication.manifest, &mut |wanted| {
//!     let (_, bytes) = blobs.iter().find(|(blob, _)| blob == wanted).expect("it was published");
//!     wanted.verify_copy(bytes)
//! })?;
//! let like_an_owl = Query::default().with_vector([0.1, 0.9]).with_top_k(1);
//! assert_eq!(version.search(&like_an_owl, None, AnsweredBy::Node)?.hits[0].id, "owl");
//! # Ok(())
//! # }
//! ```
//!
//! # Rooms
//!
//! Imports run downward only:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 4 collection | [`ingest`] [`memtable`] [`manifest`] [`sync`] [`snapshot`] [`across`] |
//! | 3 segment | [`segment`] |
//! | 2 structures | `probe` `cluster` `scan` `bm25` [`hnsw`] [`columns`] `stored` |
//! | 1 model, kernels | [`model`] [`meter`] [`kernel`] [`quant`] [`embed`] [`text`] |
//! | 0 ground | [`error`] [`limits`] [`ids`] [`bytes`] `parts` [`json`] `capabilities` `top_k` `leb128` `pack` `order` `mix` `parallel` |
//!
//! [`model`], `error`, `limits`, `ids`, `bytes`, `json` and `leb128` are the crate `headwater-model`, [`embed`] and
//! [`text`] are crates too: what is not felt is made small where browsers download it. What is felt is the crate
//! `headwater-index`: floor 1 but for these, and of floor 2 the structures that loops go through.
//!
//! There is no clock, no random source, no file and no async in here: hosts hand in bytes and times. Threads there
//! are only with feature `std`, where builds use all cores and give the same bytes.

#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

#[cfg(test)]
use headwater_index::mix;
use headwater_index::{order, probe, top_k};
pub use headwater_model::{bytes, error, ids, json, limits, objects_only};
use headwater_model::{casefold, edits, nfc, parts, promised};

#[cfg(feature = "embed")]
pub use headwater_embed as embed;
pub use headwater_model::model;
pub use headwater_text as text;

use headwater_index::{bm25, cluster, scan};
pub use headwater_index::{hnsw, kernel, meter, quant};

mod capabilities;
pub mod columns;
mod stored;

pub mod segment;

pub mod across;
pub mod compaction;
pub mod ingest;
pub mod manifest;
pub mod memtable;
pub mod publish;
pub mod snapshot;
pub mod sync;
