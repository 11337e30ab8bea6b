//! Full-text search: which points have the words of a query, best first by BM25.
//!
//! ```text
//! Words of each point ── TextBuilder ── finish ──> TextParts (bytes by section)
//! sections ── TextIndex::new (checked) ──> TextIndex
//! query words ── Expansion (exact, prefix, misspelt) ── weights over all segments ──> clauses ── search
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `dictionary` | sorted words, written by what differs |
//! | `postings` | which points have a word, how often, where |
//! | `builder` | makes the sections of a field |
//! | `view` | the sections as they are read, and their check |
//! | `fuzzy` | words that are a misspelling away |
//! | `expand` | the words of an index that a word of a query stands for |
//! | `score` | BM25 in fixed-point numbers |
//! | `cursor` | one list gone through |
//! | `search` | the best points of a segment |
//!
//! Lists stand by **terms** (stems). Where words have stems, **forms** (words as they are written) are kept beside them, each
//! with its term: prefixes and misspellings are looked for among forms.
//!
//! What is not copied into callers (`inline(never)`, here and where words are searched) runs once a block or less often; together
//! that keeps 6 KB out of the WebAssembly module.
//!
//! **Invariant**: statistics are those of all published segments, so that every runtime that holds a version gives the same
//! scores, to the bit.

mod builder;
mod cursor;
mod dictionary;
mod expand;
mod fuzzy;
mod postings;
mod score;
mod search;
#[cfg(test)]
mod tests;
mod view;

pub use builder::TextBuilder;
#[cfg(test)]
pub use builder::TextParts;
pub use cursor::Clause;
pub use expand::{Expansion, Variant, Variants};
pub use postings::counted;
pub use score::{FieldStatistics, Weight, least_sum_of, length_code, score_of};
pub use search::{Demand, Scan, scratch_bytes, search, sums_of};
pub use view::{TextHeader, TextIndex, TextSections};
