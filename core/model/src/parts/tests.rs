use alloc::vec;

use proptest::prelude::*;

use super::*;

proptest! {
    /// The twin keeps a flag for each byte, and whether some one part had all of a range.
    #[test]
    fn what_has_arrived_is_read_and_nothing_else(
        adds in prop::collection::vec((0usize..300, 0usize..90), 0..12), asked in prop::collection::vec((0usize..310, 0usize..60), 1..30),
    ) {
        let blob: Vec<u8> = (0..300u32).map(|i| (i * 7 % 251) as u8).collect();
        let mut parts = Parts::new(blob.len());
        for &(start, len) in &adds {
            parts.add(start, blob.get(start..(start + len).min(300)).unwrap_or_default());
        }
        let stretch = Stretch::Parts(&parts, 0, 300);
        let mut missing = Vec::new();
        for &(start, len) in &asked {
            let range = start..start + len;
            let is_held = adds.iter().any(|&(s, l)| s <= start && range.end <= (s + l).min(300));
            let found = stretch.get(range.clone());
            if range.end > 300 {
                prop_assert_eq!(found, None);
            } else if len == 0 || is_held {
                prop_assert_eq!(found, Some(&blob[range]));
                prop_assert!(len == 0 || found.unwrap().as_ptr() as usize % ALIGNMENT == start % ALIGNMENT);
            } else {
                prop_assert_eq!(found, None);
                missing.push(range);
            }
        }
        missing.sort_unstable_by_key(|range| (range.start, range.end));
        missing.dedup();
        prop_assert_eq!(parts.all_here().is_ok(), missing.is_empty());
        prop_assert_eq!(parts.held_bytes(), parts.held.iter().map(|part| part.bytes.len()).sum::<usize>());
        prop_assert_eq!(parts.clone().take_missing(), vec![], "a clone notes for itself");
        prop_assert_eq!(parts.take_missing(), missing);
        prop_assert!(parts.all_here().is_ok());
    }
}

#[test]
fn a_run_of_a_run_lies_where_it_does() {
    let mut parts = Parts::new(100);
    parts.add(40, &[1, 2, 3, 4]);
    let run = Stretch::Parts(&parts, 0, 100).narrow(30..60).unwrap();
    assert_eq!(run.get(11..13), Some(&[2, 3][..]));
    assert!(run.narrow(20..31).is_none() && run.get(0..31).is_none());
    assert!(parts.all_here().is_ok());
    assert_eq!(run.whole(), None);
    assert!(parts.take_missing().iter().eq(core::iter::once(&(30..60))));
}

#[test]
fn a_part_past_the_end_is_cut() {
    let mut parts = Parts::new(10);
    parts.add(8, &[1, 2, 3]);
    parts.add(11, &[1]);
    parts.add(usize::MAX, &[1]);
    assert_eq!(parts.find(&(8..10)), Some(&[1, 2][..]));
    assert_eq!(parts.held_bytes(), 8 + 2);
}
