//! Text to vector with no network and no neural network: a static embedding model in model2vec's
//! file format.
//!
//! ```text
//! config.json ──────┐                      ┌─ config ──── normalize, max_length
//! tokenizer.json ───┤ pack ─▶ one blob ─▶ open ─ tokenizer ─ rules and vocabulary, built once
//! model.safetensors ┘        (container)   └─ table ───── rows, read in place
//!
//! text ─▶ cut ─▶ normalize ─▶ split into words ─▶ token ids ─▶ without unknown ─▶ mean of rows ─▶ length 1
//!         └────────────── tokenizer/ ───────────────────┘     └──────────── pooling ────────────┘
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `model.rs` | [`StaticModel`]: opening, embedding |
//! | `container.rs` | the three files as one content-addressed blob, and its byte layout |
//! | `config.rs` | what counts in `config.json` |
//! | `tensors.rs` | the header of a safetensors file, read as hostile |
//! | `table.rs` | the embedding table: rows of int8, float16, bfloat16, float32 or float64; mapping and weights |
//! | `pooling.rs` | sums rows and scales to length 1, with the same bits on every target |
//! | `tokenizer/` | `tokenizer.json` of Hugging Face `tokenizers`: text to token ids |
//!
//! The reference is the Python package model2vec (0.6 to 0.10): token ids are equal to its ids,
//! vectors equal to about 1e-6. Departures, each on purpose:
//! - sums are exact (int8) or float64, where numpy sums in float32 or, for float16 models, rounds
//!   to float16: ours is the value that numpy approximates;
//! - a word that has no token and no unknown token is left out, where the reference raises;
//! - a text is read up to `MAX_TEXT_BYTES`, also when the model has no `max_length`;
//! - Metaspace with the scheme "first" takes the start of the normalized text for the start of the
//!   text, which differs only if another rule has cut off white space before it;
//! - regular expressions are not interpreted: the few that published tokenizers use are built in
//!   (`tokenizer/pattern.rs`), another one is refused when the model is opened.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

// As floor 0 is called everywhere in the core.
use headwater_model::{bytes, error, json, leb128, limits, parts, promised};

mod config;
mod container;
mod model;
mod pooling;
mod table;
mod tensors;
mod tokenizer;

pub use container::pack;
pub use model::StaticModel;
