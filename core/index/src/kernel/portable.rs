//! The kernels through `wide`: the reference on every target.

use alloc::vec::Vec;
use core::hint::black_box;

use bytemuck::cast;
use wide::{f32x8, f32x16, i16x8, i32x4, i32x8, u8x16, u16x8};

use super::{BLOCK, LANES, PLANES, Planes, SplitQuery, in_sequence, row, scalar};
use crate::bytes::ALIGNMENT;
use crate::ids::Ordinal;

#[inline(always)]
pub(super) fn dot_rows(codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
    sums.clear();
    if !in_sequence(rows) {
        touch(codes, stride, rows);
    }
    sums.extend(rows.iter().map(|&r| dot(row(codes, stride, r), query)));
}

/// Unpacks rows of nibbles to a byte each: the low ones of a row, then the high ones. A row that does not exist is
/// zeros.
pub fn unpack_rows(codes: &[u8], stride: usize, rows: &[Ordinal], unpacked: &mut Vec<u8>) {
    unpacked.clear();
    unpacked.resize(rows.len() * 2 * stride, 0);
    for (&r, target) in rows.iter().zip(unpacked.chunks_exact_mut((2 * stride).max(1))) {
        let (low, high) = target.split_at_mut(stride);
        for ((low, high), byte) in low.iter_mut().zip(high).zip(row(codes, stride, r)) {
            *low = byte & 15;
            *high = byte >> 4;
        }
    }
}

/// Unpacks a code of four planes of bits, the highest first, to a byte a component: bit 0 of all bytes of a plane, then
/// bit 1, and so on: each by loops over whole planes, which become vector instructions.
#[inline(never)]
pub fn unpack_planes(planes: &[u8], unpacked: &mut [u8]) {
    let width = (planes.len() / 4).max(1);
    let mut each = planes.chunks_exact(width);
    let [a, b, c, d] = core::array::from_fn(|_| each.next().unwrap_or_default());
    for (bit, target) in unpacked.chunks_exact_mut(width).enumerate().take(8) {
        for ((((a, b), c), d), to) in a.iter().zip(b).zip(c).zip(d).zip(target) {
            *to = (a >> bit & 1) << 3 | (b >> bit & 1) << 2 | (c >> bit & 1) << 1 | d >> bit & 1;
        }
    }
}

/// Reads one byte of every cache line of the rows.
#[inline(always)]
fn touch(codes: &[u8], stride: usize, rows: &[Ordinal]) {
    let touched = rows.iter().map(|&r| row(codes, stride, r).iter().step_by(ALIGNMENT).fold(0, |sum, byte| sum ^ byte));
    black_box(touched.fold(0, |sum: u8, byte| sum ^ byte));
}

#[inline(always)]
fn dot(codes: &[u8], query: &SplitQuery) -> i32 {
    let low_byte = u16x8::splat(0xff);
    let (mut even, mut odd) = (i32x4::ZERO, i32x4::ZERO);
    let chunks = codes.as_chunks::<LANES>().0.iter();
    for ((chunk, query_even), query_odd) in chunks.zip(&query.even).zip(&query.odd) {
        let lanes: u16x8 = cast(*chunk);
        let low: i16x8 = cast(lanes & low_byte);
        let high: i16x8 = cast(lanes >> 8u32);
        even += low.dot(i16x8::new(*query_even));
        odd += high.dot(i16x8::new(*query_odd));
    }
    let [a, b, c, d] = (even + odd).to_array();
    a.wrapping_add(b).wrapping_add(c).wrapping_add(d)
}

#[inline(always)]
pub(super) fn count_rows(codes: &[u8], stride: usize, rows: &[Ordinal], query: &Planes, sums: &mut Vec<i32>) {
    sums.clear();
    if !in_sequence(rows) {
        touch(codes, stride, rows);
    }
    sums.extend(rows.iter().map(|&r| count(row(codes, stride, r), &query.words)));
}

/// The sum of the values whose bits are set.
#[inline(always)]
pub(super) fn count(code: &[u8], words: &[[u64; PLANES]]) -> i32 {
    let mut counts = [0u32; PLANES];
    for (eight, planes) in code.as_chunks::<8>().0.iter().zip(words) {
        let bits = u64::from_le_bytes(*eight);
        for (count, plane) in counts.iter_mut().zip(planes) {
            *count += (bits & plane).count_ones();
        }
    }
    weighed(counts.map(u64::from))
}

/// Adds the counts of planes as two's complement weighs them.
#[inline(always)]
pub(super) fn weighed(counts: [u64; PLANES]) -> i32 {
    let [ones, twos, fours, eights] = counts.map(|count| count as i32);
    ones + 2 * twos + 4 * fours - 8 * eights
}

/// Adds the columns' entries to `sums`. At most [`super::Tables::COLUMNS_PER_SUM`] columns.
///
/// Entries of 127 at most add up inside a byte. Bytes are summed as u16 lanes: one running sum takes
/// even bytes plus 256 times odd ones, the other odd ones alone; their difference is the even part.
#[inline(always)]
pub(super) fn sum_columns(codes: &[[u8; BLOCK]], low: &[[u8; 16]], high: &[[u8; 16]], sums: &mut [u32; BLOCK]) {
    // Named one by one: small arrays of them would live in memory and not in registers.
    let (mut both_a, mut odd_a, mut both_b, mut odd_b) = (u16x8::ZERO, u16x8::ZERO, u16x8::ZERO, u16x8::ZERO);
    for ((column, low), high) in codes.iter().zip(low).zip(high) {
        let (low, high) = (u8x16::new(*low), u8x16::new(*high));
        let [a, b]: [u16x8; 2] = cast(*column);
        let (a, b) = (entries(a, low, high), entries(b, low, high));
        both_a += a;
        odd_a += a >> 8u32;
        both_b += b;
        odd_b += b >> 8u32;
    }
    let (a, b) = sums.split_at_mut(BLOCK / 2);
    spread(both_a, odd_a, a);
    spread(both_b, odd_b, b);
}

#[inline(always)]
fn entries(codes: u16x8, low: u8x16, high: u8x16) -> u16x8 {
    let nibble = u16x8::splat(0x0f0f);
    let (below, above): (u8x16, u8x16) = (cast(codes & nibble), cast((codes >> 4u32) & nibble));
    cast(low.shuffle(below) + high.shuffle(above))
}

#[inline(always)]
fn spread(both: u16x8, odd: u16x8, sums: &mut [u32]) {
    let even = (both - (odd << 8u32)).to_array();
    for ((pair, even), odd) in sums.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd.to_array()) {
        *pair = [pair[0] + u32::from(even), pair[1] + u32::from(odd)];
    }
}

#[inline(always)]
pub(super) fn score_block(
    sums: &[u32; BLOCK],
    adds: &[f32; BLOCK],
    scales: &[f32; BLOCK],
    [base, slope, offset, least]: [f32; 4],
    scores: &mut [f32; BLOCK],
) -> u32 {
    let (sums, adds, scales) = (sums.as_chunks::<8>().0, adds.as_chunks::<8>().0, scales.as_chunks::<8>().0);
    let [base, slope, offset, least] = [base, slope, offset, least].map(f32x8::splat);
    let mut mask = 0;
    let parts = sums.iter().zip(adds).zip(scales).zip(scores.as_chunks_mut::<8>().0);
    for (part, (((sums, add), scale), scores)) in parts.enumerate() {
        let sums: i32x8 = cast(*sums);
        let score = (base + f32x8::new(*add)) + f32x8::new(*scale) * (slope * f32x8::from_i32x8(sums) + offset);
        mask |= score.simd_ge(least).to_bitmask() << (8 * part);
        *scores = score.to_array();
    }
    mask
}

/// The inner product of two vectors of one length: sixteen running sums, added pairwise at the end.
#[must_use]
#[inline(always)]
pub fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_tail) = a.as_chunks::<16>();
    let (b_chunks, b_tail) = b.as_chunks::<16>();
    let mut sums = f32x16::ZERO;
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        sums += f32x16::new(*x) * f32x16::new(*y);
    }
    let mut sums = sums.to_array();
    for ((sum, x), y) in sums.iter_mut().zip(a_tail).zip(b_tail) {
        *sum += x * y;
    }
    scalar::add_pairwise(sums)
}

/// The nearest whole number, of two the even one, for |x| up to 2^22. Beside 1.5 x 2^23 a float has no room for
/// fractions: two additions instead of a call, the same on every target.
#[must_use]
#[inline(always)]
pub fn round(x: f32) -> f32 {
    const NO_FRACTIONS: f32 = 12_582_912.0;
    (x + NO_FRACTIONS) - NO_FRACTIONS
}

/// The largest absolute value; 0 of none. Not `f32::max`, which is a call where not a number is not the rule.
#[must_use]
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    let mut largest = [0f32; 8];
    let (chunks, tail) = values.as_chunks::<8>();
    for chunk in chunks {
        largest.iter_mut().zip(chunk).for_each(|(most, x)| *most = if x.abs() > *most { x.abs() } else { *most });
    }
    largest.iter().chain(tail).fold(0.0, |most, x| if x.abs() > most { x.abs() } else { most })
}
