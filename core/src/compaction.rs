//! Which segments a publish folds into the one that it writes.
//!
//! Segments are tiers: after each publish that writes points, a segment has more live points than all newer ones
//! together. So there are at most ⌊log₂ points⌋ + 1 of them, and whenever a point is written again, what it stands in
//! has at least doubled or has lost half of its points. The size-tiered rule of O'Neil et al., "The log-structured
//! merge-tree" (1996), with ratio 2.
//!
//! | rule | why |
//! | --- | --- |
//! | a segment without live points goes | nothing needs it |
//! | one of which half is deleted is written anew | a replica holds at most twice what lives; each point written again is paid for by a delete |
//! | where one has no more live points than all newer ones with what is new, all from there on become one | few segments to visit |
//! | deletes alone fold nothing but what the second rule says | a replica then fetches tombstones only |
//! | nothing is folded beyond the largest segment that is wanted | a build holds all vectors, a replica all bytes |
//!
//! **Invariant**: folding changes where points live, never which.

use alloc::vec::Vec;

use crate::limits::{MAX_BLOB_BYTES, MAX_SEGMENT_POINTS};

/// How much of what there is a publish writes anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// What the tiers ask for.
    #[default]
    Tiers,
    /// The same, but no segment of more than so many bytes, by estimate, is made of others: to make one all its points
    /// are held in memory.
    TiersWithin(u64),
    /// All of it: one segment, and no tombstones.
    Everything,
}

/// A segment as the policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Points, deleted ones included.
    pub(crate) points: usize,
    /// Points that will live in the next version.
    pub(crate) live: usize,
    /// Bytes of the segment.
    pub(crate) bytes: u64,
}

/// Bytes that a folded segment should not pass, by estimate: half of what may be, for estimates err.
const WANTED_BYTES: u64 = MAX_BLOB_BYTES / 2;

/// For each segment, oldest first, whether it is folded.
pub(crate) fn folds(tiers: &[Sizes], new_points: usize, extent: Extent) -> Vec<bool> {
    let mut folds: Vec<bool> = tiers.iter().map(|t| t.live == 0 || t.live * 2 <= t.points).collect();
    match extent {
        Extent::Everything => {
            let one = matches!(tiers, [tier] if tier.live == tier.points) && new_points == 0;
            folds.fill(!one);
        }
        Extent::Tiers | Extent::TiersWithin(_) if new_points > 0 => {
            let mut newer = new_points + live(tiers, &folds);
            let mut from = tiers.len();
            for (index, tier) in tiers.iter().enumerate().rev() {
                if folds.get(index) == Some(&false) {
                    if tier.live <= newer {
                        from = index;
                    }
                    newer += tier.live;
                }
            }
            folds.iter_mut().skip(from).for_each(|fold| *fold = true);
        }
        Extent::Tiers | Extent::TiersWithin(_) => {}
    }
    let wanted = if let Extent::TiersWithin(bytes) = extent { bytes.min(WANTED_BYTES) } else { WANTED_BYTES };
    spare(tiers, new_points, wanted, &mut folds);
    folds
}

fn live(tiers: &[Sizes], folds: &[bool]) -> usize {
    tiers.iter().zip(folds).filter(|(_, fold)| **fold).map(|(tier, _)| tier.live).sum()
}

/// Leaves the oldest segments alone while the new one would become too large.
fn spare(tiers: &[Sizes], new_points: usize, wanted: u64, folds: &mut [bool]) {
    let (points, bytes) = tiers.iter().fold((0, 0), |(p, b), t| (p + t.points as u64, b + t.bytes));
    let each = bytes / points.max(1) + 1;
    for (index, tier) in tiers.iter().enumerate() {
        let writing = new_points + live(tiers, folds);
        if writing <= MAX_SEGMENT_POINTS && writing as u64 * each <= wanted {
            return;
        }
        if let Some(fold) = folds.get_mut(index)
            && tier.live > 0
        {
            *fold = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn tier(points: usize, live: usize) -> Sizes {
        Sizes { points, live, bytes: points as u64 * 500 }
    }

    #[test]
    fn each_rule_folds_what_it_says() {
        let plan = |tiers: &[(usize, usize)], new| {
            let tiers: Vec<Sizes> = tiers.iter().map(|&(points, live)| tier(points, live)).collect();
            folds(&tiers, new, Extent::Tiers)
        };
        assert_eq!(plan(&[(100, 100), (40, 40)], 30), [false, false]);
        assert_eq!(plan(&[(100, 100), (40, 40)], 40), [false, true]);
        assert_eq!(plan(&[(100, 100), (40, 40)], 60), [true, true]);
        assert_eq!(plan(&[(100, 51), (40, 40)], 0), [false, false], "deletes alone");
        assert_eq!(plan(&[(100, 50), (40, 40)], 0), [true, false], "half is deleted");
        assert_eq!(plan(&[(100, 100), (40, 0)], 0), [false, true], "nothing lives");
        assert_eq!(plan(&[(100, 100), (70, 36), (40, 40)], 1), [false, true, true], "deletes have upset the order");
        let all = |tiers: &[Sizes], new| folds(tiers, new, Extent::Everything);
        assert_eq!(all(&[tier(100, 100), tier(9, 9)], 0), [true, true]);
        assert_eq!(all(&[tier(100, 99)], 0), [true]);
        assert_eq!(all(&[tier(100, 100)], 0), [false], "there is nothing to do");
    }

    #[test]
    fn no_segment_becomes_larger_than_wanted() {
        let large = Sizes { points: 2_000_000, live: 1_900_000, bytes: 1_200_000_000 };
        let plan = folds(&[large, tier(10, 10)], 20, Extent::Everything);
        assert_eq!(plan, [false, true]);
        let half = Sizes { points: 12_000_000, live: 6_000_000, bytes: 12_000_000 };
        assert_eq!(folds(&[half, half, half], 0, Extent::Tiers), [false, true, true]);
        // 500 bytes a point.
        let within = |points: u64| Extent::TiersWithin(501 * points);
        assert_eq!(folds(&[tier(100, 100), tier(40, 40)], 60, within(200)), [true, true]);
        assert_eq!(folds(&[tier(100, 100), tier(40, 40)], 60, within(199)), [false, true]);
        assert_eq!(folds(&[tier(100, 100), tier(40, 40)], 60, within(99)), [false, false]);
        assert_eq!(folds(&[tier(100, 100), tier(40, 0)], 0, within(1)), [false, true], "nothing lives");
    }

    /// Point by point: which segment it lives in.
    #[derive(Default)]
    struct Simulated {
        home: BTreeMap<u32, usize>,
        /// Points at writing, by the number of the publish; only of segments that stand.
        segments: BTreeMap<usize, usize>,
        written: usize,
        put: usize,
        deleted: usize,
    }

    impl Simulated {
        fn publish(&mut self, number: usize, puts: &[u32], deletes: &[u32]) {
            for id in deletes {
                self.deleted += usize::from(self.home.remove(id).is_some());
            }
            self.deleted += puts.iter().filter(|id| self.home.contains_key(id)).count();
            let new: std::collections::BTreeSet<u32> = puts.iter().copied().collect();
            self.home.retain(|id, _| !new.contains(id));
            let live = |segment: usize| self.home.values().filter(|&&home| home == segment).count();
            let tiers: Vec<Sizes> = self.segments.iter().map(|(&s, &points)| tier(points, live(s))).collect();
            let folds = folds(&tiers, new.len(), Extent::Tiers);
            let gone: Vec<usize> = self.segments.keys().zip(&folds).filter(|(_, f)| **f).map(|(s, _)| *s).collect();
            self.segments.retain(|s, _| !gone.contains(s));
            self.home.values_mut().filter(|home| gone.contains(home)).for_each(|home| *home = number);
            self.home.extend(new.iter().map(|&id| (id, number)));
            let here = self.home.values().filter(|&&home| home == number).count();
            if here > 0 {
                self.segments.insert(number, here);
            }
            self.written += here;
            self.put += new.len();
        }

        fn check(&self, wrote: bool) {
            let lives: Vec<usize> =
                self.segments.keys().map(|s| self.home.values().filter(|&home| home == s).count()).collect();
            for (place, (&live, &points)) in lives.iter().zip(self.segments.values()).enumerate() {
                assert!(live * 2 > points || live == points, "{live} of {points} live");
                let newer: usize = lives.iter().skip(place + 1).sum();
                assert!(!wrote || live > newer, "{lives:?}");
            }
            if wrote {
                assert!(lives.len() <= self.home.len().max(1).ilog2() as usize + 1, "{lives:?}");
            }
            // Each point is written once when it is put, then whenever its segment doubles, or at a delete's expense.
            let bound = self.put * (2 + self.put.max(1).ilog2() as usize) + 2 * self.deleted;
            assert!(self.written <= bound, "{} points written for {} put", self.written, self.put);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Uniform and skewed updates, growth and shrinking, batches of all sizes.
        #[test]
        fn tiers_stay_few_and_points_are_seldom_written_again(
            rounds in prop::collection::vec((0usize..3, 1usize..300, 0usize..120, 1u32..2000, any::<u32>()), 1..60),
        ) {
            let mut simulated = Simulated::default();
            for (number, (kind, puts, deletes, range, seed)) in rounds.into_iter().enumerate() {
                let ids = |count: usize, salt: u32| -> Vec<u32> {
                    (0..count as u32).map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed ^ salt) >> 7) % range).collect()
                };
                let puts = if kind == 2 { Vec::new() } else { ids(puts, 0) };
                let deletes = if kind == 1 { Vec::new() } else { ids(deletes, 77) };
                let deletes: Vec<u32> = deletes.into_iter().filter(|id| !puts.contains(id)).collect();
                simulated.publish(number, &puts, &deletes);
                simulated.check(!puts.is_empty());
            }
        }
    }

    #[test]
    fn a_hundred_thousand_points_in_small_batches_are_written_a_few_times_each() {
        let mut tiers: Vec<Sizes> = Vec::new();
        let (mut written, batch, batches) = (0, 1_000, 100);
        for _ in 0..batches {
            let folds = folds(&tiers, batch, Extent::Tiers);
            let folded = live(&tiers, &folds);
            let mut kept = folds.iter().map(|fold| !fold);
            tiers.retain(|_| kept.next().unwrap_or_default());
            tiers.push(tier(batch + folded, batch + folded));
            written += batch + folded;
        }
        // ⌈log₂ 100⌉ = 7 times at most; a counter in base two writes half of that in the mean.
        assert!(written <= 100_000 * 9 / 2, "{written}");
        assert!(tiers.len() <= 7, "{tiers:?}");
    }
}
