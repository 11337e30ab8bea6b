//! Sorting by whole numbers.
//!
//! One sort does for all types: each type that is sorted by itself brings a sort of its own into the WebAssembly
//! module, of up to 8 KB.

use alloc::vec::Vec;

/// What is sorted: a rank, and which item has it.
pub type Key = (u64, u32);

/// Sorts keys, lowest rank first, then lowest item.
#[inline(never)]
pub fn sort_keys(keys: &mut [Key]) {
    keys.sort_unstable();
}

/// Sorts numbers. Those that are in order already cost a look.
#[inline(never)]
pub fn sort_numbers(numbers: &mut [u64]) {
    if numbers.is_sorted() {
        return;
    }
    let mut keys: Vec<Key> = numbers.iter().map(|&number| (number, 0)).collect();
    sort_keys(&mut keys);
    numbers.iter_mut().zip(keys).for_each(|(number, key)| *number = key.0);
}

/// Sorts items by rank, lowest first; those of equal rank keep their order.
pub fn sort_by_rank<T>(items: &mut Vec<T>, rank: impl Fn(&T) -> u64) {
    let mut keys: Vec<Key> = (0..).zip(items.iter()).map(|(index, item)| (rank(item), index)).collect();
    sort_keys(&mut keys);
    let mut unsorted: Vec<Option<T>> = items.drain(..).map(Some).collect();
    items.extend(keys.iter().filter_map(|&(_, index)| unsorted.get_mut(index as usize)?.take()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_sorted(mut numbers in prop::collection::vec(any::<u64>(), 0..60)) {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            sort_numbers(&mut numbers);
            prop_assert_eq!(numbers, sorted);
        }

        #[test]
        fn equals_a_stable_sort(items in prop::collection::vec((0u64..6, any::<u8>()), 0..60)) {
            let (mut sorted, mut ours) = (items.clone(), items);
            sorted.sort_by_key(|item| item.0);
            sort_by_rank(&mut ours, |item| item.0);
            prop_assert_eq!(ours, sorted);
        }
    }
}
