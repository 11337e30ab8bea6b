//! Codes: vectors made small enough that memory is not the limit.
//!
//! ```text
//! f32 vector ── rotate ──> rotated vector: what all codes and all queries of a segment are made of
//! rotated vectors ── ScalarBuilder ──> u8 codes + factors ── Codes ── score_rows(query, rows)
//! rotated vectors ── RabitqBuilder ──> blocks of 32 codes ── RabitqQuery::score(block)
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `rotation` | the rotation, and the dimensions it pads to |
//! | `scalar` | codes of eight or four bits, a row each: what is ranked and returned |
//! | `records` | where codes stand that have the rest of their points beside them |
//! | `rabitq` | codes of one to four bits: what finds candidates |
//! | `one_bit_rows` | those of one bit, vector by vector: what steers a walk |
//! | `full` | whole vectors, where the schema keeps them: they rank instead of u8 codes |
//!
//! A rotation changes no length and no inner product, but makes components alike: a vector's largest one is then
//! about three standard deviations, so that the step of a u8 code is small; and signs say as much about one dimension
//! as about another. The demo's vectors keep recall@10 .993 instead of .986 so.
//!
//! Eight bits: each vector has its own step, its largest component over 127; code = round(x / step) + 128. The query
//! keeps 15 bits.
//!
//! | metric | factors of a vector | score |
//! | --- | --- | --- |
//! | cosine | 1 / length of the code in steps, 0 for a zero vector | dot |
//! | dot | step | dot |
//! | l2 | step, squared length of the decoded vector | 2 dot - squared length - squared length of the query |
//!
//! where dot = integer sum x scale of the query x first factor. For cosine this also undoes what rounding did to
//! the length of a unit vector.
//!
//! Four bits: a code v of odd numbers from -15 to 15 that points most nearly where the vector x does, as `rabitq` finds
//! it, here of x itself. The step is |x|² / <v, x>, for cosine |x| / <v, x>, so that inner products are right in the
//! mean; with l2 the second factor is |x|².

mod full;
mod one_bit_rows;
mod rabitq;
mod records;
mod rotation;
mod scalar;
#[cfg(test)]
mod tests;

pub use full::{Components, Full, FullBuilder};
pub use one_bit_rows::{OneBitRowQuery, OneBitRows};
pub use rabitq::{BITS, Block, RabitqBuilder, RabitqQuery, block_bytes};
pub use records::{RECORD_POINTS, RecordStarts};
pub use rotation::{Rotated, rotate, rotated_dim, unrotate};
pub(crate) use scalar::is_factor;
pub use scalar::{
    CodeParts, CodeQuery, CodeSections, Codes, LEAST_STEP, PlaneQuery, ScalarBuilder, ScalarParameters, Scores,
    numbers_in_planes,
};
