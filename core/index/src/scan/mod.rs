//! Scan: candidates from 1-bit codes, cluster by cluster, nearest clusters first.
//!
//! ```text
//! build   u8 codes + clusters + vectors ── ScanBuilder ──> ScanParts ── calibrate ──> header
//! search  query ── clusters ── blocks of 32 under a mask ──> candidates, for `segment` to rescore
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `builder` | encodes clusters, writes the sections |
//! | `spill` | which points stand in a second cluster as well |
//! | `calibrate` | measures on a sample how much a search must look at, whether second clusters pay, and whether 1-bit codes suit the data |
//! | `view` | the sections as they are read in place, and their validator |
//! | `centroids` | ranks clusters |
//! | `search` | scans blocks |
//! | `kept` | the best candidates so far |
//!
//! Sections of a vector field with n points:
//!
//! ```text
//! scan header     dimensions, counts, spread of the error bound, what calibration found
//! cluster ends    3 u32 a cluster   points before its end, points of other clusters, and blocks before its end
//! centroid codes  parameters, u8 codes and factors of the centroid of all points and of the clusters' centroids
//! centroid blocks the clusters' centroids as blocks
//! blocks          32 codes each: a column of 32 bytes for every 8 dimensions, 32 f32 terms, 32 f32 factors
//! second clusters u32 a code        points that a cluster has besides its own
//! scan order      u32 a point       only where points do not stand in this field's cluster order
//! ```
//!
//! A cluster starts a new block: its own points first, then those of other clusters, which fill its last block.
//!
//! This is an inverted file over RaBitQ codes with rescoring; what it does not have is a residual query for each
//! cluster (see `quant::one_bit`). At the sizes measured it beats a walk of a graph (BENCHMARKS.md), is built in a
//! fraction of the time, and a search touches few, long runs of bytes.
//!
//! **Invariant**: a [`Scan`] has ascending ends that cover points and blocks, an order within the points, and second
//! clusters of points that exist. A search gives each point once.

mod builder;
mod calibrate;
mod centroids;
mod kept;
mod search;
mod spill;
#[cfg(test)]
mod tests;
mod view;

pub use builder::{ScanBuilder, ScanParts};
pub use kept::{Estimate, nth_best};
pub use search::{ScanQuery, WIDER};
pub use view::{Scan, ScanHeader, ScanSections};
