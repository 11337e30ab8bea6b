//! Full-text search: which points have the words of a query, best first, as docs/ranking.md defines it.
//!
//! ```text
//! Words of each point ── TextBuilder ── finish ──> TextParts (bytes by section)
//! sections ── TextIndex::new (checked) ──> TextIndex
//! TypedWord ── Variants over all segments ── weights ──> Lists of a segment ── search ──> sums of points
//!                                                   └──> an unpublished point ── Evidence ──> its sum
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `dictionary` | sorted words, written by what differs |
//! | `postings` | which points have a word, how often, where |
//! | `gathered` | lists while texts are collected |
//! | `vocabulary` | the words of all texts so far |
//! | `builder` | makes the sections of a field |
//! | `view` | the sections as they are read, and their check |
//! | `matcher` | compares forms of a dictionary with a typed word |
//! | `variants` | the forms that a typed word stands for |
//! | `score` | BM25 and what is added to it, in fixed-point numbers |
//! | `evidence` | what one point has of a query's words, and its score |
//! | `bounds` | the most that a point can have |
//! | `cursor` | one list gone through |
//! | `points` | which points have a word at all |
//! | `word` | all lists of a typed word gone through |
//! | `window` | sums of the points of a window |
//! | `search` | the best points of a segment |
//!
//! Where words have stems, there are lists by **term** (stem) and by **form** (the word as it is written). A term that
//! is written in one way only shares its list with that form.
//!
//! What is not copied into callers (`inline(never)`, here and where words are searched) runs once a block or less
//! often; together that keeps 6 KB out of the WebAssembly module.
//!
//! **Invariant**: statistics are those of all published segments, so that every runtime that holds a version gives the
//! same scores, to the bit.

mod bounds;
mod builder;
mod cursor;
mod dictionary;
mod evidence;
mod gathered;
mod matcher;
mod points;
mod postings;
mod score;
mod search;
#[cfg(test)]
mod tests;
mod variants;
mod view;
mod vocabulary;
mod window;
mod word;

pub use builder::TextBuilder;
#[cfg(test)]
pub use builder::TextParts;
pub use cursor::WeightedList;
pub use evidence::{Asked, AskedField, AskedWord, Demand, Evidence};
pub use matcher::{Class, Matcher, TypedWord};
pub use postings::{List, MAX_OCCURRENCES};
pub use score::{FieldStatistics, Weight, best_text, by_frequency, idf, least_sum_of, score_of};
pub use search::{Lists, Pass, scratch_bytes, search, sums_of};
pub use variants::{Among, STEM, Variant, Variants};
pub use view::{TextHeader, TextIndex, TextSections};
