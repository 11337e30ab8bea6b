//! Which points are copies: no score tells them apart.
//!
//! Whatever is built from distances takes copies for one point. To a neighbour list, a sample or a first centroid, the
//! thousandth copy says nothing that the first one did not, and takes the place of a point that does.
//!
//! Copies have equal codes, and scales that differ by less than what rounding to codes makes of a vector anyway
//! ([`NEAR`]): a text embedded twice seldom gives the same bits.

use alloc::vec::Vec;

use crate::ids::Ordinal;
use crate::mix::splitmix64;
use crate::parallel::map_ranges;
use crate::quant::Codes;
use crate::top_k::{ordered, unordered};

/// Scales that differ by no more than this share make the largest component differ by half a step of a u8 code.
const NEAR: f32 = 1.0 / 254.0;
/// Codes that one thread hashes at a time.
const AT_ONCE: usize = 1024;

/// Points by what they are copies of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    /// One point of each kind, ascending; where there are no copies, all points.
    pub distinct: Vec<Ordinal>,
    /// The kinds that have several points: all of them, by scale, then by ordinal. The first is the one that is
    /// distinct.
    pub groups: Vec<Vec<Ordinal>>,
}

/// A point on the way to its kind, in the order in which copies stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u64,
    /// As ordered bits.
    scale: u32,
    ordinal: Ordinal,
}

impl Copies {
    /// Finds them. Complexity: one pass over the codes, and a sort of their hashes.
    #[must_use]
    pub fn find(codes: &Codes<'_>) -> Self {
        let entry = |row| {
            let ordinal = row as Ordinal;
            Entry { hash: hash(codes.code(ordinal)), scale: ordered(codes.factors_of(ordinal).0), ordinal }
        };
        let parts = map_ranges(codes.len(), AT_ONCE, |range| range.map(entry).collect::<Vec<Entry>>());
        let mut entries = parts.concat();
        entries.sort_unstable();
        let mut found = Self::default();
        for run in entries.chunk_by(|a, b| a.hash == b.hash) {
            let Some(first) = run.first() else { continue };
            let (same, others): (Vec<Entry>, Vec<Entry>) =
                run.iter().partition(|e| codes.code(e.ordinal) == codes.code(first.ordinal));
            found.add(&same);
            // Equal hashes are equal codes, or somebody made them up: that must cost no more than the use of this.
            found.distinct.extend(others.iter().map(|e| e.ordinal));
        }
        found.distinct.sort_unstable();
        found.groups.sort_unstable();
        found
    }

    /// Adds points of the same code, by scale.
    fn add(&mut self, mut same: &[Entry]) {
        while let Some(first) = same.first() {
            let most = ordered(unordered(first.scale) * (1.0 + NEAR));
            let (copies, others) = same.split_at(same.partition_point(|e| e.scale <= most).max(1));
            self.distinct.push(first.ordinal);
            if copies.len() > 1 {
                self.groups.push(copies.iter().map(|e| e.ordinal).collect());
            }
            same = others;
        }
    }
}

fn hash(code: &[u8]) -> u64 {
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte));
    code.chunks(8).map(word).fold(0, |hash, word| splitmix64(hash ^ word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Metric, Tier};
    use crate::quant::ScalarBuilder;

    #[test]
    fn points_are_copies_when_no_score_tells_them_apart() {
        for (metric, groups) in [
            (Metric::Cosine, alloc::vec![alloc::vec![0, 2, 4, 5, 9, 10], alloc::vec![1, 6], alloc::vec![3, 7]]),
            // Where length counts, a vector twice as long is another, and one longer by a hundredth.
            (Metric::Dot, alloc::vec![alloc::vec![0, 2, 5, 9], alloc::vec![1, 6], alloc::vec![3, 7]]),
            (Metric::L2, alloc::vec![alloc::vec![0, 2, 5, 9], alloc::vec![1, 6], alloc::vec![3, 7]]),
        ] {
            for tier in [Tier::U8, Tier::U4] {
                let mut codes = ScalarBuilder::new(3, metric, tier);
                for vector in [
                    [1.0, 0.3, -1.0],
                    [0.0, 1.0, 0.0],
                    [1.0, 0.3, -1.0],
                    [0.0; 3],
                    [2.0, 0.6, -2.0],
                    [1.0, 0.3, -1.0],
                    [0.0, 1.0, 0.0],
                    [0.0; 3],
                    [1.0, 0.3, 1.0],
                    [1.0001, 0.30003, -1.0001],
                    [1.01, 0.303, -1.01],
                ] {
                    let mut rotated = vector.to_vec();
                    rotated.resize(16, 0.0);
                    codes.push(&rotated);
                }
                let found = Copies::find(&codes.view());
                assert_eq!(found.groups, groups, "{metric:?} {tier:?}");
                let in_groups: usize = groups.iter().map(Vec::len).sum();
                assert_eq!(found.distinct.len(), groups.len() + 11 - in_groups);
                assert!(found.distinct.is_sorted_by(|a, b| a < b));
                assert!(groups.iter().all(|group| found.distinct.contains(&group[0])));
            }
        }
    }

    #[test]
    fn no_points_have_no_copies() {
        assert_eq!(Copies::find(&ScalarBuilder::new(3, Metric::L2, Tier::U8).view()), Copies::default());
    }
}
