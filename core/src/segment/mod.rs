//! A segment: an immutable, searchable piece of a collection, read in place from its bytes.
//!
//! ```text
//! PreparedPoints ── SegmentBuilder::push … finish ──> bytes ── Segment::open (validated) ──> candidates, payloads
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `kinds` | what sections hold, and in which order they stand |
//! | `table` | header, section table, writer and reader of both |
//! | `progress` | how far a build is |
//! | `builder` | orders points by cluster, builds columns, writes the sections |
//! | `reader` | validates all sections once, or the front of what comes in parts |
//! | `views` | sections as they are read |
//! | `point_codes` | the codes that rank points, of whichever form |
//! | `proofs` | what proves a piece or a record that was fetched alone |
//! | `decisions` | what the builder measured and decided, which `explain` tells |
//! | `vectors` | the sections of a vector field: codes, clusters, scan, graph |
//! | `plan` | picks exact comparison, scan or graph walk by cost |
//! | `search` | does it, and ranks what is found |
//!
//! FORMAT.md says what every byte means.
//!
//! **Invariant**: opening validates everything that reading relies on; afterwards no content can
//! cause a panic or an endless loop, only an error.

mod builder;
mod decisions;
mod kinds;
mod plan;
mod point_codes;
mod progress;
mod proofs;
mod reader;
mod search;
mod table;
#[cfg(test)]
mod tests;
mod vectors;
mod views;

pub use builder::SegmentBuilder;
pub use progress::BuildProgress;
pub use reader::Segment;
pub(crate) use search::{FoundPoint, SearchInput};
pub use table::SEGMENT_FORMAT_VERSION;
#[cfg(test)]
pub(crate) use vectors::GROUPED_FROM;
