//! Columns: the declared fields of a segment's points, and filters over them.
//!
//! ```text
//! payload ── FieldValue::extract (checks the type) ──┬─> ColumnBuilder ── sections ──> Column
//!                                                    └─> CheckedFilter::passes (memtable, one point at a time)
//! Filter ── CheckedFilter::new (against the schema) ── Bound (to a segment's columns and lists) ──> Bitmap
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `value` | what a field of one payload says |
//! | `column` | one column, whatever its kind |
//! | `rows` | where the values of each point stand, of one or of several |
//! | `keyword` | texts and booleans: a dictionary, positions by point, points by value |
//! | `number` | integers, floats, datetimes: values by point, points by value |
//! | `place` | points on the globe |
//! | `words` | what a filter asks of a text field |
//! | `checked` | a checked filter, and how it is asked of one payload: the naive twin |
//! | `bound` | the same on one segment: estimate and bitmap |

mod bound;
mod checked;
mod column;
mod keyword;
mod number;
mod place;
mod rows;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod twin_tests;
mod value;
mod words;

pub(crate) use bound::{Bound, Indexed, Lists};
pub(crate) use checked::{CheckedFilter, Unpublished};
pub(crate) use column::{Column, ColumnBuilder, ColumnParts, Storage};
pub use headwater_index::bitmap::Bitmap;
pub(crate) use headwater_index::narrow::{Narrow, NarrowParts};
pub(crate) use headwater_index::sets::Sets;
pub(crate) use keyword::KeywordColumn;
pub(crate) use number::{NumberColumn, ordered, unordered};
pub(crate) use place::{PlaceColumn, StoredPlace, meters_to_nearest, stored};
pub(crate) use rows::{Rows, covers};
pub use value::{FieldValue, Keyword};
pub(crate) use words::Word;
