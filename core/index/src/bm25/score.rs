//! The score of a point, in whole numbers: what docs/ranking.md defines, written once for segments and for unpublished
//! points.
//!
//! ```text
//! adds  = weight × tf / (tf + k1 × (1 - b + b × length / average length))       a variant of a typed word in a field
//! word  = best field + (other fields) / 4                                        a typed word
//! total = Σ words + Σ neighbours / 2 + (Σ words) / 2 if a whole text             a point
//! ```
//!
//! BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009), each summand cut to a multiple of
//! 1/65,536. Sums of integers do not depend on their order, so a search that takes words in whatever order is quickest
//! gives the same score, to the bit, as any other.

use alloc::vec::Vec;

use crate::text::start_after;

/// How soon further occurrences stop counting.
const K1: f32 = 1.2;
/// How much the length of a text counts.
const B: f32 = 0.75;
/// Steps of a fixed-point score.
const SCALE: f32 = 65_536.0;
/// How much of a misspelt form's factor depends on how frequent it is.
const FREQUENCY: f32 = 0.5;
/// What the same word in other fields counts: this part of them.
const OTHER_FIELDS: u32 = 4;
/// What two words that stand together add: this part of the lesser one.
const NEIGHBOURS: u32 = 2;
/// What a whole text adds: this part of all words.
const WHOLE_TEXT: u32 = 2;

/// Lengths below this have codes of their own.
const EXACT: u32 = 64;
/// Codes of each doubling above it, as a power of two.
const FRACTION_BITS: u32 = 4;

/// The code of a length in words: exact below 64, then sixteen steps to each doubling.
pub(super) const fn length_code(words: u32) -> u8 {
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

/// Of a point's texts that have a variant the best one: the shortest (by code, in which long ones are equal), of those
/// the one that has it most often. How often that is, and the code. `positions` ascend, `ends` are those of all texts.
pub fn best_text(positions: impl Iterator<Item = u32>, ends: &[u32]) -> (u32, u8) {
    let (mut best, mut count, mut code) = ((0, u8::MAX), 0, 0);
    let (mut ends, mut end) = (ends.iter(), 0);
    for position in positions {
        while position >= end {
            let start = start_after((end > 0).then_some(end));
            let Some(&next) = ends.next() else { return best };
            end = next;
            (count, code) = (0, length_code(end.saturating_sub(start)));
        }
        count += 1;
        if code < best.1 || (code == best.1 && count > best.0) {
            best = (count, code);
        }
    }
    best
}

/// What is known of a text field over all segments, deleted points included: which are deleted changes from version to
/// version, and scores should not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldStatistics {
    /// Texts that have words, of all points.
    pub texts: u64,
    /// Words in all of them.
    pub words: u64,
}

impl FieldStatistics {
    /// For each code of a length, what occurrences are divided by in addition to themselves.
    pub fn lengths(&self) -> Vec<f32> {
        let average = if self.words == 0 { 1.0 } else { self.words as f32 / self.texts.max(1) as f32 };
        (0..=255).map(|code| K1 * (1.0 - B + B * length_of(code) as f32 / average)).collect()
    }
}

/// The weight of a word that `with` of `points` have.
pub fn idf(points: u64, with: u64) -> f32 {
    let (points, with) = (points as f32, with.min(points) as f32);
    libm::logf(1.0 + (points - with + 0.5) / (with + 0.5))
}

/// The share of its factor that a misspelt form keeps. `points` have it, `most` have the most frequent one of the typed
/// word: a misspelling is more often one of a frequent word.
pub fn by_frequency(points: u64, most: u64) -> f32 {
    let log = |n: u64| libm::logf(1.0 + n as f32);
    1.0 - FREQUENCY + FREQUENCY * log(points) / log(most.max(1))
}

/// What a variant of a typed word adds in one field.
#[derive(Debug, Clone, Copy)]
pub struct Weight {
    most: f32,
    /// A text of this length (as a code) is the variant alone, and the query is nothing else; 0: never.
    whole: u8,
}

impl Weight {
    /// Of a word with this idf, taken so many times.
    pub fn new(idf: f32, factor: f32) -> Self {
        Self { most: idf * factor * (K1 + 1.0) * SCALE, whole: 0 }
    }

    /// The same where the query is this word alone, so that a text of one word is a whole text.
    pub const fn of_single_word(self) -> Self {
        Self { whole: 1, ..self }
    }

    /// The same of a word that counts only this share.
    #[must_use]
    pub fn times(self, share: f32) -> Self {
        Self { most: self.most * share, ..self }
    }

    /// The one that adds more.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if other.most > self.most { other } else { self }
    }

    /// What so many occurrences add where the shortest text with one has a length of this code, for which `lengths` is
    /// given. It grows with occurrences and falls with length, rounding included.
    #[inline]
    pub fn adds(self, count: u32, code: u8, lengths: &[f32]) -> u32 {
        let count = count as f32;
        let length = lengths.get(usize::from(code)).copied().unwrap_or(f32::INFINITY);
        let adds = (self.most * (count / (count + length))) as u32;
        // A word that every point has is still found.
        let adds = if adds == 0 { 1 } else { adds };
        if code == self.whole { with_whole_text(adds, adds) } else { adds }
    }
}

/// A typed word of which the fields say this: once, whatever the number of fields.
#[inline]
pub(super) const fn over_fields(best: u32, sum: u32) -> u32 {
    best.saturating_add(sum.saturating_sub(best) / OTHER_FIELDS)
}

/// What two words that stand together add.
#[inline]
pub(super) const fn together(one: u32, other: u32) -> u32 {
    (if one < other { one } else { other }) / NEIGHBOURS
}

/// What a point has whose words alone give `words`, if they are a whole text.
#[inline]
pub(super) const fn with_whole_text(sum: u32, words: u32) -> u32 {
    sum.saturating_add(words / WHOLE_TEXT)
}

/// The most that a point can have whose words alone give at most `words`, and neighbours at most `neighbours`.
#[inline]
pub(super) const fn most_of(words: u64, neighbours: u64, can_be_whole: bool) -> u64 {
    let half = words / NEIGHBOURS as u64;
    let neighbours = if neighbours < half { neighbours } else { half };
    words + neighbours + if can_be_whole { words / WHOLE_TEXT as u64 } else { 0 }
}

/// The least sum of words of a point that can have so much, if neighbours add at most `neighbours`; or one less.
#[inline]
pub(super) const fn least_of(most: u64, neighbours: u64, can_be_whole: bool) -> u64 {
    // Words count once, half of them where neighbours add all that they can, and half of them in a whole text.
    let (with_half, with_all) = if can_be_whole {
        (most / 2, most.saturating_sub(neighbours) * 2 / 3)
    } else {
        (most * 2 / 3, most.saturating_sub(neighbours))
    };
    if with_all > with_half { with_all } else { with_half }
}

/// The least that a word must add in a field to add so much in all, if it adds at most so much in each other one.
#[inline]
pub(super) fn least_in_field(least: u32, others: impl Iterator<Item = u32>) -> u32 {
    let (best, sum) = others.fold((0u32, 0u32), |(best, sum), of| (best.max(of), sum.saturating_add(of)));
    if over_fields(best, sum.saturating_add(best)) >= least {
        let lacks = least.saturating_sub(best).saturating_mul(OTHER_FIELDS);
        return lacks.saturating_sub(sum.saturating_sub(best));
    }
    least.saturating_sub(sum / OTHER_FIELDS)
}

/// The least sum whose score is not below this one. Above 2^24 a score stands for several sums.
pub fn least_sum_of(score: f32) -> u32 {
    let sum = (score * SCALE) as u32;
    let mut sum = sum - (sum >> 24);
    while score_of(sum) < score && sum < u32::MAX {
        sum += 1;
    }
    sum
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

    #[test]
    fn the_least_sum_is_the_first_that_reaches_a_score() {
        for score in [0.0, 1e-6, 0.5 / SCALE, 1.0 / SCALE, 8.25 / SCALE, 0.3, 1.0, 255.99, 256.01, 300.7, 40_000.3] {
            let least = least_sum_of(score);
            assert!(score_of(least) >= score, "{score}");
            assert!(least == 0 || score_of(least - 1) < score, "{score}");
        }
        assert_eq!((least_sum_of(-1.0), least_sum_of(1e30)), (0, u32::MAX));
    }

    proptest! {
        #[test]
        fn the_least_sum_is_the_first_that_can_have_as_much(most in 0u64..1_000, neighbours in 0u64..1_000, whole: bool) {
            let first = (0..=most).find(|&words| most_of(words, neighbours, whole) >= most).unwrap();
            prop_assert!((first.saturating_sub(1)..=first).contains(&least_of(most, neighbours, whole)));
        }

        #[test]
        fn the_least_of_a_field_is_the_first_that_gives_as_much(
            least in 0u32..300, others in prop::collection::vec(0u32..200, 0..4),
        ) {
            let (best, sum) = (others.iter().max().map_or(0, |most| *most), others.iter().sum::<u32>());
            let first = (0..).find(|&adds| over_fields(best.max(adds), sum + adds) >= least);
            prop_assert_eq!(Some(least_in_field(least, others.iter().copied())), first);
        }

        #[test]
        fn bounds_hold(
            idf in 0f32..18.0, factor in 0.01f32..1.0, counts in any::<[u8; 2]>(), codes in any::<[u8; 2]>(), alone: bool,
        ) {
            let [count, most] = [counts[0].min(counts[1]), counts[0].max(counts[1])].map(|n| u32::from(n) + 1);
            let [shorter, length] = [codes[0].min(codes[1]).max(1), codes[0].max(codes[1]).max(1)];
            let lengths = FieldStatistics { texts: 10, words: 60 }.lengths();
            let weight = Weight::new(idf, factor);
            let weight = if alone { weight.of_single_word() } else { weight };
            prop_assert!(weight.adds(count, length, &lengths) <= weight.adds(most, shorter, &lengths));
        }
    }
}
