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

/// Reads numbers into `target`, which says how many. What `bytes` lacks reads as zeros; a width past 32 as 32.
#[inline(never)]
pub fn unpack(bytes: &[u8], bits: u8, target: &mut [u32]) {
    let bits = u32::from(bits.min(32));
    let mask = ((1u64 << bits) - 1) as u32;
    let (mut held, mut count) = (0u64, 0u32);
    let (words, rest) = bytes.as_chunks::<4>();
    let mut last = [0u8; 4];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mut words = words.iter().chain(core::iter::once(&last)).map(|word| u32::from_le_bytes(*word));
    for number in target {
        if count < bits {
            held |= u64::from(words.next().unwrap_or(0)) << count;
            count += 32;
        }
        *number = held as u32 & mask;
        held >>= bits;
        count -= bits;
    }
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
            prop_assert_eq!(back, numbers);
        }

        #[test]
        fn hostile_bytes_give_some_numbers(bytes in prop::collection::vec(any::<u8>(), 0..40), bits: u8, count in 0usize..200) {
            unpack(&bytes, bits, &mut alloc::vec![0; count]);
        }
    }
}
