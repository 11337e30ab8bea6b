//! Columns: the declared fields of a segment's points, and filters over them.
//!
//! ```text
//! payload ── FieldValue::extract (checks the type) ──┬─> ColumnBuilder ── sections ──> Column
//!                                                    └─> matches (memtable, one point at a time)
//! Filter ── check (against the schema) ── Bound (to the columns of a segment) ──> Bitmap of matching ordinals
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `value` | what a field of one payload says |
//! | `column` | one column, whatever its kind |
//! | `keyword` | texts and booleans: a dictionary, positions by point, points by value |
//! | `number` | integers, floats, datetimes: values by point, points by value |
//! | `place` | points on the globe |
//! | `bound` | a filter on one segment: estimate and bitmap |
//! | `evaluate` | checks a filter, and asks it of one payload: the naive twin |

mod bound;
mod column;
mod evaluate;
mod keyword;
mod number;
mod place;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use bound::Bound;
pub(crate) use column::{Column, ColumnBuilder, ColumnParts, Storage, covers};
pub use evaluate::{check, matches};
pub use headwater_index::bitmap::Bitmap;
pub(crate) use headwater_index::narrow::{Narrow, NarrowParts};
pub(crate) use headwater_index::sets::Sets;
pub(crate) use keyword::KeywordColumn;
pub(crate) use number::{NumberColumn, ordered};
pub(crate) use place::PlaceColumn;
pub use value::FieldValue;
