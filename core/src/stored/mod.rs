//! Stored data: ids and payloads, in ordinal order.
//!
//! ```text
//! id offsets      n + 1 u32   into the id bytes
//! id bytes        UTF-8
//! id order        n u32       ordinals by id
//! id ranks        packed      by ordinal, where ordinals are not in the order of ids
//! payload blocks  b x 16      first ordinal u32, decompressed bytes u32, offset u64
//! payload bytes               LZ4 blocks: where each payload ends, then about 4 KiB of JSON
//! records                     for readers that fetch ranges: codes, factors, ids and payloads of 16 points each
//! ```
//!
//! **Invariant**: ids ascend along the id order, in which an id is found by binary search.
//!
//! Blocks are small because a hit needs one payload: decompressing 4 KiB takes a few microseconds. Payloads that stand
//! in records have no sections of their own.

mod ids;
mod payloads;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use ids::{IdBuilder, Ids, InParts, are_ranks_of, ranks_of};
pub(crate) use payloads::{BlockEntry, PayloadBuilder, Payloads, damaged};
pub(crate) use records::{RecordBuilder, payload_in_record};
