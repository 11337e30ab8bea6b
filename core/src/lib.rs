//! Headwater's core: everything that decides what a search answers, and nothing that does IO.
//!
//! The same code runs at the origin, at the edge and in the browser, and gives the same hits to
//! the bit. Imports run downward only:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 4 collection | [`ingest`] [`memtable`] [`manifest`] [`sync`] [`snapshot`] [`across`] |
//! | 3 segment | [`segment`] |
//! | 2 structures | `probe` `cluster` `scan` `bm25` [`hnsw`] [`columns`] `stored` |
//! | 1 model, kernels | [`model`] [`meter`] [`kernel`] [`quant`] [`embed`] [`text`] |
//! | 0 ground | [`error`] [`limits`] [`ids`] [`bytes`] [`json`] `capabilities` `top_k` `leb128` `pack` `order` `mix` `parallel` |
//!
//! [`model`], `error`, `limits`, `ids`, `bytes`, `json` and `leb128` are the crate `headwater-model`, [`embed`] and [`text`]
//! are crates too: what is not felt is made small where browsers download it. What is felt is the crate `headwater-index`: floor 1 but
//! for these, and of floor 2 the structures that loops go through.
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
use headwater_model::{casefold, nfc};

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
