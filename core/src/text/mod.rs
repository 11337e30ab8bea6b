//! Text analysis: what full-text search calls a word, and when two words are the same.
//!
//! | file | job |
//! | --- | --- |
//! | `distance` | is one word a misspelling of another? |

mod distance;

pub use self::distance::{Fuzzy, edits_allowed};
