//! The naive twin of each kernel: what it computes, with no regard to speed.

use super::BLOCK;

/// The sum of code times value, wrapping.
#[must_use]
pub fn dot_u8_i16(codes: &[u8], values: &[i16]) -> i32 {
    codes.iter().zip(values).fold(0i32, |sum, (&c, &v)| sum.wrapping_add(i32::from(c).wrapping_mul(i32::from(v))))
}

/// The sum of the values whose bits are set, the first in the lowest bit of the first byte.
#[must_use]
pub fn sum_bits(code: &[u8], values: &[i8]) -> i32 {
    let bits = code.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
    bits.zip(values).filter(|(set, _)| *set).map(|(_, &value)| i32::from(value)).sum()
}

/// What the nibbles of each vector of a block look up, added.
#[must_use]
pub fn sum_block(codes: &[u8], low: &[[u8; 16]], high: &[[u8; 16]]) -> [u32; BLOCK] {
    let mut sums = [0u32; BLOCK];
    for ((column, low), high) in codes.as_chunks::<BLOCK>().0.iter().zip(low).zip(high) {
        for (sum, code) in sums.iter_mut().zip(column) {
            let entry = |table: &[u8; 16], nibble: u8| table.get(usize::from(nibble)).copied().map_or(0, u32::from);
            *sum += entry(low, code & 15) + entry(high, code >> 4);
        }
    }
    sums
}

/// The inner product with the kernel's order of additions: position `i` goes to running sum `i % 16`.
#[must_use]
pub fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 16];
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        if let Some(sum) = sums.get_mut(i % 16) {
            *sum += x * y;
        }
    }
    add_pairwise(sums)
}

/// Adds sixteen running sums in one fixed order.
#[must_use]
pub(super) fn add_pairwise(sums: [f32; 16]) -> f32 {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sums;
    (((a + b) + (c + d)) + ((e + f) + (g + h))) + (((i + j) + (k + l)) + ((m + n) + (o + p)))
}
