//! Stored data: ids and payloads, in ordinal order.
//!
//! ```text
//! id offsets      n + 1 u32   into the id bytes
//! id bytes        UTF-8
//! id order        n u32       ordinals by id
//! payload ends    n u32       where each payload ends inside its block, decompressed
//! payload blocks  b x 16      first ordinal u32, decompressed bytes u32, offset u64
//! payload bytes               LZ4 blocks of JSON, about 4 KiB each decompressed
//! ```
//!
//! **Invariant**: ids ascend along the id order, in which an id is found by binary search.
//!
//! Blocks are small because a hit needs one payload: decompressing 4 KiB takes a few microseconds.

mod ids;
mod payloads;
#[cfg(test)]
mod tests;

pub(crate) use ids::{IdBuilder, Ids};
pub(crate) use payloads::{BlockEntry, PayloadBuilder, Payloads};
