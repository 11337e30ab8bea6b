//! Numbers of equal width, one behind the other: `count` numbers of `bits` bits, lowest bit first.

use alloc::vec::Vec;

/// The bits that the largest of these needs.
pub fn width(numbers: impl Iterator<Item = u32>) -> u8 {
    (u32::BITS - numbers.fold(0, |all, n| all | n).leading_zeros()) as u8
}

/// Bytes of `count` numbers.
pub const fn bytes_of(count: usize, bits: u8) -> usize {
    (count * bits as usize).div_ceil(8)
}

/// Appends numbers that fit `bits`.
pub fn pack(numbers: impl Iterator<Item = u32>, bits: u8, bytes: &mut Vec<u8>) {
    let (mut held, mut count) = (0u64, 0u32);
    for number in numbers {
        held |= u64::from(number) << count;
        count += u32::from(bits);
        while count >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        bytes.push(held as u8);
    }
}

/// The number at a place. What `bytes` lacks reads as zeros; a width past 32 as 32.
#[inline]
pub fn number_at(bytes: &[u8], bits: u8, place: usize) -> u32 {
    let bits = bits.min(32);
    if bits == 0 {
        return 0;
    }
    // Eight bytes from the one that a number begins in have all of it.
    let at = place * usize::from(bits);
    (eight_from(bytes, at / 8) >> (at % 8)) as u32 & (u32::MAX >> (32 - bits))
}

/// Reads numbers into `target`, which says how many, as [`number_at`] does one.
#[inline(never)]
pub fn unpack(bytes: &[u8], bits: u8, target: &mut [u32]) {
    if (1..=8).contains(&bits) {
        // Eight bytes have all of eight numbers.
        let mask = u32::MAX >> (32 - bits);
        for (index, numbers) in target.chunks_mut(8).enumerate() {
            let mut held = eight_from(bytes, index * usize::from(bits));
            for number in numbers {
                *number = held as u32 & mask;
                held >>= bits;
            }
        }
        return;
    }
    for (place, number) in target.iter_mut().enumerate() {
        *number = number_at(bytes, bits, place);
    }
}

#[inline]
fn eight_from(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.first_chunk().map_or_else(|| last_of(rest), |eight| u64::from_le_bytes(*eight))
}

#[cold]
#[inline(never)]
fn last_of(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |held, &byte| held << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in (0u32..33).prop_flat_map(|bits| prop::collection::vec(0..=(u64::MAX >> (64 - bits).min(63)) as u32 & if bits == 0 { 0 } else { u32::MAX }, 0..200))) {
            let bits = width(numbers.iter().copied());
            let mut bytes = Vec::new();
            pack(numbers.iter().copied(), bits, &mut bytes);
            prop_assert_eq!(bytes.len(), bytes_of(numbers.len(), bits));
            let mut back = alloc::vec![7; numbers.len()];
            unpack(&bytes, bits, &mut back);
            prop_assert_eq!(&back, &numbers);
            let one_by_one: Vec<u32> = (0..numbers.len()).map(|place| number_at(&bytes, bits, place)).collect();
            prop_assert_eq!(one_by_one, numbers);
        }

        #[test]
        fn hostile_bytes_give_some_numbers(bytes in prop::collection::vec(any::<u8>(), 0..40), bits: u8, count in 0usize..200) {
            let mut numbers = alloc::vec![0; count];
            unpack(&bytes, bits, &mut numbers);
            prop_assert!(numbers.iter().enumerate().all(|(place, &number)| number == number_at(&bytes, bits, place)));
        }
    }
}
