//! Columns: the declared fields of a segment's points, and filters over them.
//!
//! ```text
//! payload ── FieldValue::extract (checks the type) ──┬─> ColumnBuilder ── sections ──> Column
//!                                                    └─> matches (memtable, one point at a time)
//! Filter ── check (against the schema) ── evaluate(columns) ──> Bitmap of matching ordinals
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `value` | what a field of one payload says |
//! | `bitmap` | a set of ordinals, one bit each |
//! | `column` | builder, sections and view of a keyword or number column |
//! | `evaluate` | filter to bitmap, and its naive twin over payloads |

mod bitmap;
mod column;
mod evaluate;
#[cfg(test)]
mod tests;
mod value;

pub use bitmap::Bitmap;
pub(crate) use column::{Column, ColumnBuilder, ColumnParts, KeywordSections, covers};
pub(crate) use evaluate::evaluate;
pub use evaluate::{check, matches};
pub use value::FieldValue;
