//! BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) in fixed-point numbers.
//!
//! ```text
//! score = Σ idf × (k1 + 1) × count / (count + k1 × (1 - b + b × length / average length))
//! idf   = ln(1 + (points - with + 0.5) / (with + 0.5))
//! ```
//!
//! Each summand is cut to a multiple of 1/65,536. Sums of integers do not depend on their order, so a search that takes words
//! in whatever order is quickest gives the same score, to the bit, as any other.

use alloc::vec::Vec;

/// How soon further occurrences stop counting.
const K1: f32 = 1.2;
/// How much the length of a text counts.
const B: f32 = 0.75;
/// Steps of a fixed-point score.
const SCALE: f32 = 65_536.0;

/// Lengths below this have codes of their own.
const EXACT: u32 = 64;
/// Codes of each doubling above it, as a power of two.
const FRACTION_BITS: u32 = 4;

/// The code of a length in words: exact below 64, then sixteen steps to each doubling.
pub const fn length_code(words: u32) -> u8 {
    if words < EXACT {
        return words as u8;
    }
    let octave = u32::BITS - 1 - words.leading_zeros();
    let code = EXACT + ((octave - 6) << FRACTION_BITS) + ((words >> (octave - FRACTION_BITS)) & 15);
    if code > 255 { 255 } else { code as u8 }
}

/// The length that a code stands for.
const fn length_of(code: u8) -> u32 {
    let code = code as u32;
    if code < EXACT {
        return code;
    }
    let (octave, fraction) = (((code - EXACT) >> FRACTION_BITS) + 6, code & 15);
    (1 << octave) + (fraction << (octave - FRACTION_BITS))
}

/// What is known of a text field over all segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldStatistics {
    /// Points, deleted ones included: which are deleted changes from version to version, and scores should not.
    pub points: u64,
    /// Words in all of them.
    pub words: u64,
}

impl FieldStatistics {
    /// The weight of a word that `with` of the points have.
    pub fn idf(&self, with: u64) -> f32 {
        let (points, with) = (self.points as f32, with.min(self.points) as f32);
        libm::logf(1.0 + (points - with + 0.5) / (with + 0.5))
    }

    /// For each code of a length, what occurrences are divided by in addition to themselves.
    pub fn lengths(&self) -> Vec<f32> {
        let average = if self.words == 0 { 1.0 } else { self.words as f32 / self.points.max(1) as f32 };
        (0..=255).map(|code| K1 * (1.0 - B + B * length_of(code) as f32 / average)).collect()
    }
}

/// What one word of one field adds to scores.
#[derive(Debug, Clone, Copy)]
pub struct Weight(f32);

impl Weight {
    /// Of a word with this idf, taken so many times.
    pub fn new(idf: f32, factor: f32) -> Self {
        Self(idf * factor * (K1 + 1.0) * SCALE)
    }

    /// What so many occurrences add in a text whose length gives `lengths[code]`. It grows with occurrences and falls with
    /// length, rounding included.
    #[inline]
    pub fn adds(self, count: u32, length: f32) -> u32 {
        let count = count as f32;
        let adds = (self.0 * (count / (count + length))) as u32;
        // A word that every point has is still found.
        if adds == 0 { 1 } else { adds }
    }
}

/// The least sum whose score is not below this one. Above 2^24 a score stands for several sums.
pub fn least_sum_of(score: f32) -> u32 {
    let sum = (score * SCALE) as u32;
    sum - (sum >> 24)
}

/// A sum as a score.
pub fn score_of(sum: u32) -> f32 {
    sum as f32 / SCALE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_of_lengths_are_ascending_and_near() {
        for words in 0..70_000u32 {
            let code = length_code(words);
            let stands_for = length_of(code);
            assert!(stands_for <= words && words - stands_for <= words / 16, "{words}: {stands_for}");
            assert!(length_code(words + 1) >= code);
        }
    }

    proptest! {
        #[test]
        fn bounds_hold(
            idf in 0f32..18.0, factor in 0.01f32..1.0, counts in any::<[u8; 2]>(), lengths in prop::array::uniform2(0f32..50.0),
        ) {
            let [count, most] = [counts[0].min(counts[1]), counts[0].max(counts[1])].map(|n| u32::from(n) + 1);
            let [shorter, length] = [lengths[0].min(lengths[1]), lengths[0].max(lengths[1])];
            let weight = Weight::new(idf, factor);
            prop_assert!(weight.adds(count, length) <= weight.adds(most, shorter));
        }
    }
}
