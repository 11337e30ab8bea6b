//! Residual codes: of four bits a component, of which the pieces of the clusters have the first.
//!
//! ```text
//! piece of the point's cluster    signs │ A, F      finds candidates                 (see `scan`)
//! by ordinal                      three planes      with these signs: ranks them
//!                                 F, A
//! ```
//!
//! A code of several bits of RaBitQ has the signs of the residual as its highest bits, and these are all that a code of
//! one bit has. So a vector whose clusters have such keeps three bits a component besides, where codes of the vector
//! itself take four; and because a residual is shorter than the vector, what these codes leave open is less: among the
//! 20,000 points that BENCHMARKS.md has they find .955 of the neighbours instead of .945.
//!
//! | file | job |
//! | --- | --- |
//! | `builder` | encodes the points of clusters |
//! | `view` | compares a query with codes |
//!
//! The score of a point is that of `quant::rabitq`, of four bits and with the whole query: B + A + F <q, v>.
//!
//! Only of points in the order of their clusters, whose ordinals say where their signs stand; and only beside codes of
//! one bit of which no point is fetched alone. There is no graph beside them: a walk would read a block of signs for
//! each point that it meets.

mod builder;
#[cfg(test)]
mod tests;
mod view;

pub use builder::ResidualParts;
pub use view::{ResidualSections, Residuals};

/// Planes of a code by ordinal.
const PLANES: u32 = 3;
/// Factors of a point, whatever the metric: F, then A.
const FACTORS: usize = 2;
/// The fewest rotated components of which codes are shorter so than codes of the vector itself: the second factor has
/// the bytes of 32 signs.
const LEAST_DIM: usize = 64;
