//! Headwater's core: everything that decides what a search answers, and nothing that does IO.
//!
//! The same code runs at the origin, at the edge and in the browser, and gives the same hits to
//! the bit. Imports run downward only:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 4 collection | [`ingest`] [`memtable`] [`manifest`] [`sync`] [`snapshot`] |
//! | 3 segment | [`segment`] |
//! | 2 structures | `probe` `cluster` `scan` `bm25` [`hnsw`] [`columns`] `stored` |
//! | 1 model, kernels | [`model`] [`meter`] [`kernel`] [`quant`] [`embed`] [`text`] |
//! | 0 ground | [`error`] [`limits`] [`ids`] [`bytes`] [`json`] `top_k` `leb128` `pack` `order` `mix` `parallel` |
//!
//! There is no clock, no random source, no file and no async in here: hosts hand in bytes and times. Threads there
//! are only with feature `std`, where builds use all cores and give the same bytes.

// The description features serve build tools and the native host; their derives expect std.
#![cfg_attr(not(any(feature = "typescript", feature = "openapi")), no_std)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bytes;
pub mod error;
pub mod ids;
pub mod json;
mod leb128;
pub mod limits;
pub mod meter;
mod mix;
mod order;
mod pack;
mod parallel;
mod probe;
mod top_k;

#[cfg(feature = "embed")]
pub mod embed;
pub mod kernel;
pub mod model;
pub mod quant;
pub use headwater_text as text;

mod bm25;
mod cluster;
pub mod columns;
pub mod hnsw;
mod scan;
mod stored;

pub mod segment;

pub mod ingest;
pub mod manifest;
pub mod memtable;
pub mod publish;
pub mod snapshot;
pub mod sync;

#[cfg(feature = "typescript")]
pub mod typescript;
