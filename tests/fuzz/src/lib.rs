//! Bytes from strangers, made up by the million: everything that reads them must end with an error or a harmless
//! answer.
//!
//! ```text
//! fuzz_targets/*.rs ─┐                         ┌─ queries ── what is asked of a segment
//!                    ├─> targets::*::run(data) ┼─ collection ─> layout ─ edits ── a sound segment, and how it is spoilt
//! tests/replay.rs ───┘                         └─ memory ── a limit on what one call may take
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `targets/` | the body of each target, one file each: what reads the bytes, and what must hold |
//! | `collection` | a fixed collection with every kind of section, built once, small and large |
//! | `layout` | a segment taken apart into its sections, and put together again |
//! | `edits` | fuzz input as a list of edits of a sound segment |
//! | `json` | fuzz input that is JSON, changed as JSON |
//! | `queries` | queries of every kind over that collection |
//! | `memory` | the allocator that refuses what no input of some 100 KiB may ask for |
//! | `fuzz_targets/` | a line for each target, for libFuzzer |
//! | `corpus/`, `regressions/` | inputs that reach far, and inputs that once did harm; `tests/replay.rs` runs both |
//!
//! A further target is a file in `targets/`, a line in [`targets::ALL`], a file in `fuzz_targets/` and its `[[bin]]`.
//!
//! Random bytes would end at the first check, so a target whose bytes have a shape reads its input as edits of
//! something sound: they go past magic and table to the validators of sections, and past these to searches. Segments'
//! hashes stand in manifests, so no checksum is in the way.
//!
//! **Invariants** of every target: no panic, with overflow checks on; at most [`memory::MOST_BYTES`] for one call; an
//! end, which libFuzzer's `-timeout` sees to.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a fuzz target fails by panicking, and builds what it damages from fixed points"
)]

pub mod collection;
pub mod edits;
pub mod json;
pub mod layout;
pub mod memory;
pub mod queries;
pub mod targets;
