//! Whole numbers of seven bits a byte, lowest first; the eighth says that more follow (LEB128).

use alloc::vec::Vec;

/// Bits of the longest number: all that is kept needs 33.
const MOST_BITS: u32 = 35;

/// Appends a number.
pub fn push(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes the next number; none when the bytes end before it does. Of hostile bytes some number or other.
#[inline]
pub fn next(bytes: &mut core::slice::Iter<'_, u8>) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = *bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift >= MOST_BITS {
            return Some(number);
        }
    }
}

/// Passes so many numbers, eight bytes at a time.
#[inline]
pub fn skip(bytes: &mut core::slice::Iter<'_, u8>, mut count: usize) {
    const LAST_OF_NUMBER: u64 = 0x8080_8080_8080_8080;
    while count >= size_of::<u64>() {
        let Some((eight, rest)) = bytes.as_slice().split_first_chunk() else { break };
        count -= (!u64::from_le_bytes(*eight) & LAST_OF_NUMBER).count_ones() as usize;
        *bytes = rest.iter();
    }
    for _ in 0..count {
        bytes.by_ref().find(|&&byte| byte < 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec(0u64..1 << 33, 0..40)) {
            let mut bytes = Vec::new();
            numbers.iter().for_each(|&number| push(number, &mut bytes));
            let mut left = bytes.iter();
            let back: Vec<u64> = core::iter::from_fn(|| next(&mut left)).collect();
            prop_assert_eq!(&back, &numbers);
            for passed in 0..=numbers.len() {
                let mut left = bytes.iter();
                skip(&mut left, passed);
                prop_assert_eq!(next(&mut left), numbers.get(passed).copied());
            }
        }
    }
}
