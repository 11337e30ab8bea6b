//! The inner loops of Headwater's core, and the structures that they go through.
//!
//! | floor | rooms |
//! | --- | --- |
//! | 2 structures | [`copies`] which points are equal · `probe` a sample and its true neighbours · [`cluster`] order of points · [`scan`] codes of a few bits by cluster · [`hnsw`] graph · [`bm25`] words |
//! | 1 loops | [`kernel`] · [`quant`] codes · [`meter`] how much a search may still do |
//! | 0 ground | [`bitmap`] · [`top_k`] · [`order`] one sort for all · [`pack`] · [`items`] of a section that arrives in parts · [`narrow`] one number a point · [`sets`] points by value · [`mix`] · [`parallel`] |
//!
//! `headwater-core` has these modules under the same names. They are a crate of their own because cargo decides crate
//! by crate whether code is made fast or small; what takes a closure takes it as `dyn`, or its loop would be made where
//! the closure is.

#![no_std]
#![allow(
    missing_docs,
    reason = "rooms of the core behind a wall that only the compiler sees; what the core shows is documented"
)]

extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

use headwater_model::{bytes, edits, error, ids, leb128, limits, model, parts, promised};
use headwater_text as text;

pub mod bitmap;
pub mod copies;
pub mod items;
pub mod meter;
pub mod mix;
pub mod narrow;
pub mod order;
pub mod pack;
pub mod parallel;
pub mod probe;
pub mod sets;
pub mod top_k;

pub mod bm25;
pub mod cluster;
pub mod hnsw;
pub mod kernel;
pub mod quant;
pub mod scan;
