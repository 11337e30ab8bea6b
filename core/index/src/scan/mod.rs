//! Scan: candidates from codes of a few bits, cluster by cluster, nearest clusters first.
//!
//! ```text
//! build   u8 codes + clusters + vectors ── ScanBuilder ──> ScanParts ── calibrate ──> header
//! search  query ── clusters ── blocks of 32 under a mask ──> candidates, for `segment` to rescore
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `shape` | how large clusters are, in how many of them a point stands, how many bits a code has |
//! | `builder` | encodes clusters, writes the sections |
//! | `spill` | which points stand in further clusters as well |
//! | `calibrate` | measures on a sample how much a search must look at, whether further clusters pay, and whether the codes suit the data |
//! | `view` | the sections as they are read in place, and their validator |
//! | `centroids` | ranks clusters |
//! | `groups`, `group_builder` | centroids in two levels, where there are very many |
//! | `nearest_first` | clusters one after the other |
//! | `search` | scans blocks |
//! | `hits_left` | when a scan under a mask may end |
//! | `kept` | the best candidates so far |
//! | `residual` | codes of four bits that have their signs in the pieces: they rank candidates |
//!
//! Sections of a vector field with n points:
//!
//! ```text
//! scan header     dimensions, bits, spread of the error bound, bytes of a proof, what calibration found
//! cluster ends    3 u32 a cluster   points before its end, codes of points of other clusters, and bytes of pieces
//! centroid codes  parameters, codes of eight or four bits and factors of the centroid of all points and of the
//!                 clusters' centroids, or of those of groups of clusters
//! group ends      2 u32 a group     members and bytes before its end; then there are no cluster ends
//! group pieces    a piece for each group: the codes and factors of its clusters' centroids, and where these are
//! centroid blocks the clusters' centroids as blocks
//! pieces          a piece for each cluster: blocks, then a u32 for each code of a point of another cluster, zeros, and
//!                 a proof where it may be fetched alone
//! scan order      u32 a point       only where points do not stand in this field's cluster order
//! ```
//!
//! A block has 32 codes: of each bit a column of 32 bytes for every 8 dimensions, then 32 f32 terms and 32 f32 factors.
//! A cluster starts a new one: its own points first, then those of other clusters, which fill its last block. All that
//! a search wants of a cluster is its piece, so a reader that fetches ranges asks for one of each.
//!
//! This is an inverted file over RaBitQ codes with rescoring; what it does not have is a residual query for each
//! cluster (see `quant::rabitq`). At the sizes measured it beats a walk of a graph (BENCHMARKS.md), is built in a
//! fraction of the time, and a search touches few, long runs of bytes.
//!
//! **Invariant**: a [`Scan`] has ascending ends that cover points and pieces, an order within the points, and in its
//! clusters only points that exist. A search gives each point once.

mod builder;
mod calibrate;
mod centroids;
mod group_builder;
mod groups;
mod hits_left;
mod kept;
mod nearest_first;
mod residual;
mod search;
mod shape;
mod spill;
#[cfg(test)]
mod tests;
mod view;

pub use builder::{ScanBuilder, ScanParts};
pub use calibrate::Measured;
pub use group_builder::GroupParts;
pub use groups::{GroupEnd, GroupHeader, GroupSections};
pub use kept::{Estimate, nth_best};
pub use residual::{ResidualParts, ResidualSections, Residuals};
pub use search::{ScanQuery, Scanned};
pub use shape::ScanShape;
pub use view::{ClusterEnd, PROOF_BYTES, Scan, ScanHeader, ScanSections};
