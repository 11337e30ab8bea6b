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
//! | `calibrate` | measures on a sample how much a search must look at, and whether 1-bit codes suit the data |
//! | `view` | the sections as they are read in place, and their validator |
//! | `search` | ranks clusters, scans blocks, keeps the best candidates |
//!
//! Sections of a vector field with n points:
//!
//! ```text
//! scan header     dimensions, counts, spread of the error bound, what calibration found
//! cluster ends    u32 a cluster     points before its end, and blocks before its end
//! centroid codes  parameters, u8 codes and factors of the centroid of all points and of the clusters' centroids
//! centroid blocks the clusters' centroids as blocks
//! blocks          32 points each: a column of 32 bytes for every 8 dimensions, 32 f32 terms, 32 f32 factors
//! scan order      u32 a point       only where points do not stand in this field's cluster order
//! ```
//!
//! A cluster starts a new block, so one's last block may be partly empty.
//!
//! This is an inverted file over RaBitQ codes with rescoring; what it does not have is a residual query for each
//! cluster (see `quant::one_bit`). At the sizes measured it beats a walk of a graph (BENCHMARKS.md), is built in a
//! fraction of the time, and a search touches few, long runs of bytes.
//!
//! **Invariant**: a [`Scan`] has ascending ends that cover points and blocks, and an order within the points.

mod builder;
mod calibrate;
mod search;
#[cfg(test)]
mod tests;
mod view;

pub use builder::{ScanBuilder, ScanParts};
pub use search::{Estimate, ScanQuery, WIDER, nth_best};
pub use view::{Scan, ScanHeader, ScanSections, centroid_metric};
