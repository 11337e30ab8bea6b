//! Codes: vectors made small enough that memory is not the limit.
//!
//! ```text
//! f32 vectors ── ScalarU8::fit ──> parameters ── encode ──> u8 codes + one factor a vector   (build)
//! codes in a segment ── Codes::new ──> view ── score(query, ordinal)                         (search)
//! f32 query ── Codes::query ──> i16 values, compared with u8 codes: the query keeps 15 bits
//! ```
//!
//! Scalar quantization: one step for the whole segment, chosen so that 99.95% of all components
//! are inside ±127 steps, the rest clipped (the quantile keeps rare large components from
//! coarsening all others). Code = round(x / step) + 128, padded with 128 to 16 bytes a chunk.
//!
//! | metric | factor of a vector | score |
//! | --- | --- | --- |
//! | cosine | 1 / length of the decoded vector, 0 for a zero vector | dot x factor |
//! | dot | unused | dot |
//! | l2 | squared length of the decoded vector | 2 dot - factor - squared length of the query |
//!
//! Dividing by the decoded length undoes what rounding did to the length of a unit vector.

#[cfg(test)]
mod tests;
mod u8_scalar;

pub use u8_scalar::{CodeQuery, CodeSections, Codes, ScalarU8};
