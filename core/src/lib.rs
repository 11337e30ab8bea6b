//! Headwater's core: everything that decides what a search answers, and nothing that does IO.
//!
//! The same code runs at the origin, at the edge and in the browser, and gives the same hits to
//! the bit. Imports run downward only:
//!
//! | floor | rooms |
//! | --- | --- |
//! | 4 collection | [`ingest`] [`memtable`] [`manifest`] [`sync`] [`snapshot`] |
//! | 3 segment | [`segment`] |
//! | 2 structures | [`hnsw`] [`columns`] [`stored`] |
//! | 1 model, kernels | [`model`] [`kernel`] [`quant`] [`embed`] |
//! | 0 ground | [`error`] [`limits`] [`ids`] [`bytes`] [`json`] `top_k` |
//!
//! There is no clock, no random source, no file, no thread and no async in here: hosts hand in
//! bytes and times.

// The description features serve build tools and the native host; their derives expect std.
#![cfg_attr(not(any(feature = "typescript", feature = "openapi")), no_std)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bytes;
pub mod error;
pub mod ids;
pub mod json;
pub mod limits;
mod top_k;

#[cfg(feature = "embed")]
pub mod embed;
pub mod kernel;
pub mod model;
pub mod quant;

pub mod columns;
pub mod hnsw;
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
