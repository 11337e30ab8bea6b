//! The integer kernels for AVX2 and AVX-512.
//!
//! The only unsafe code of the core: calls of functions that need instructions which not every
//! processor has, and prefetching. Each caller has asked the processor first. Loads go through arrays
//! of the exact length, so none of them can read outside.

#![allow(unsafe_code, reason = "functions with target features can only be called so; see each SAFETY")]

use alloc::vec::Vec;
use core::arch::x86_64::{
    __m128i, __m256i, __m512i, _CMP_GE_OQ, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi8, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_add_epi64, _mm256_add_ps, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmp_ps,
    _mm256_cvtepi32_ps, _mm256_madd_epi16, _mm256_movemask_ps, _mm256_mul_ps, _mm256_sad_epu8, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_set1_epi64x, _mm256_set1_ps, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_slli_epi16, _mm256_srli_epi16, _mm256_sub_epi16, _mm512_add_epi8, _mm512_add_epi16, _mm512_add_epi64,
    _mm512_add_ps, _mm512_and_si512, _mm512_castsi128_si512, _mm512_castsi256_si512, _mm512_castsi512_si256,
    _mm512_cmp_ps_mask, _mm512_cvtepi32_ps, _mm512_dpwssd_epi32, _mm512_extracti64x4_epi64, _mm512_mul_epi32,
    _mm512_mul_ps, _mm512_permutexvar_epi64, _mm512_popcnt_epi64, _mm512_reduce_add_epi32, _mm512_reduce_add_epi64,
    _mm512_set_epi64, _mm512_set1_epi16, _mm512_set1_ps, _mm512_setzero_si512, _mm512_shuffle_epi8,
    _mm512_shuffle_i64x2, _mm512_srli_epi16,
};

use bytemuck::cast;

use super::{BLOCK, PLANES, Planes, SplitQuery, in_sequence, portable, row};
use crate::bytes::ALIGNMENT;
use crate::ids::Ordinal;

pub(super) fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

pub(super) fn has_avx512() -> bool {
    // Benchmarks compare with a machine that has no more than AVX2: RUSTFLAGS="--cfg headwater_avx2_at_most".
    !cfg!(headwater_avx2_at_most)
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vnni")
        && std::arch::is_x86_feature_detected!("avx2")
}

fn prefetch(codes: &[u8], stride: usize, rows: &[Ordinal]) {
    if in_sequence(rows) {
        return;
    }
    rows.iter().for_each(|&r| prefetch_bytes(row(codes, stride, r)));
}

#[inline(always)]
pub(super) fn prefetch_bytes(bytes: &[u8]) {
    for byte in bytes.iter().step_by(ALIGNMENT) {
        // SAFETY: a hint without effect on memory, at an address that a reference vouches for;
        // SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(byte).cast()) };
    }
}

pub(super) fn dot_rows_avx2(codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
    prefetch(codes, stride, rows);
    // SAFETY: `Kernels::Avx2` is only made after `has_avx2`.
    unsafe { dots_avx2(codes, stride, rows, query, sums) }
}

pub(super) fn dot_rows_avx512(codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
    prefetch(codes, stride, rows);
    // SAFETY: `Kernels::Avx512` is only made after `has_avx512`.
    unsafe { dots_avx512(codes, stride, rows, query, sums) }
}

pub(super) fn count_rows_avx2(codes: &[u8], stride: usize, rows: &[Ordinal], query: &Planes, sums: &mut Vec<i32>) {
    prefetch(codes, stride, rows);
    // SAFETY: `Kernels::Avx2` and `Kernels::Avx512` are only made after `has_avx2`.
    unsafe { counts_avx2(codes, stride, rows, &query.words, sums) }
}

pub(super) fn count_rows_avx512(codes: &[u8], stride: usize, rows: &[Ordinal], query: &Planes, sums: &mut Vec<i32>) {
    // The first processors with the rest of what `Kernels::Avx512` needs lack this one.
    if !std::arch::is_x86_feature_detected!("avx512vpopcntdq") {
        return count_rows_avx2(codes, stride, rows, query, sums);
    }
    prefetch(codes, stride, rows);
    // SAFETY: asked for above.
    unsafe { counts_avx512(codes, stride, rows, &query.words, sums) }
}

pub(super) fn sum_columns_avx2(codes: &[[u8; BLOCK]], low: &[[u8; 16]], high: &[[u8; 16]], sums: &mut [u32; BLOCK]) {
    // SAFETY: `Kernels::Avx2` is only made after `has_avx2`.
    unsafe { columns_avx2(codes, low, high, sums) }
}

pub(super) fn sum_columns_avx512(codes: &[[u8; BLOCK]], low: &[[u8; 16]], high: &[[u8; 16]], sums: &mut [u32; BLOCK]) {
    // SAFETY: `Kernels::Avx512` is only made after `has_avx512`.
    unsafe { columns_avx512(codes, low, high, sums) }
}

pub(super) fn score_block_avx2(
    sums: &[u32; BLOCK],
    adds: &[f32; BLOCK],
    scales: &[f32; BLOCK],
    terms: [f32; 4],
    scores: &mut [f32; BLOCK],
) -> u32 {
    // SAFETY: `Kernels::Avx2` is only made after `has_avx2`.
    unsafe { scores_avx2(sums, adds, scales, terms, scores) }
}

pub(super) fn score_block_avx512(
    sums: &[u32; BLOCK],
    adds: &[f32; BLOCK],
    scales: &[f32; BLOCK],
    terms: [f32; 4],
    scores: &mut [f32; BLOCK],
) -> u32 {
    // SAFETY: `Kernels::Avx512` is only made after `has_avx512`.
    unsafe { scores_avx512(sums, adds, scales, terms, scores) }
}

#[target_feature(enable = "avx2")]
fn dots_avx2(codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
    sums.clear();
    sums.extend(rows.iter().map(|&r| dot_avx2(row(codes, stride, r), &query.even, &query.odd)));
}

#[target_feature(enable = "avx2")]
#[inline]
fn dot_avx2(codes: &[u8], even: &[[i16; 8]], odd: &[[i16; 8]]) -> i32 {
    let low_byte = _mm256_set1_epi16(0xff);
    let (mut evens, mut odds) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    let (chunks, rest) = codes.as_chunks::<32>();
    let ((even, even_rest), (odd, odd_rest)) = (even.as_chunks::<2>(), odd.as_chunks::<2>());
    for ((chunk, even), odd) in chunks.iter().zip(even).zip(odd) {
        let lanes: __m256i = cast(*chunk);
        evens = _mm256_add_epi32(evens, _mm256_madd_epi16(_mm256_and_si256(lanes, low_byte), cast(*even)));
        odds = _mm256_add_epi32(odds, _mm256_madd_epi16(_mm256_srli_epi16::<8>(lanes), cast(*odd)));
    }
    let sums: [i32; 8] = cast(_mm256_add_epi32(evens, odds));
    sums.iter().fold(dot_rest(rest, even_rest, odd_rest), |sum, s| sum.wrapping_add(*s))
}

#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
fn dots_avx512(codes: &[u8], stride: usize, rows: &[Ordinal], query: &SplitQuery, sums: &mut Vec<i32>) {
    sums.clear();
    sums.extend(rows.iter().map(|&r| dot_avx512(row(codes, stride, r), &query.even, &query.odd)));
}

#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
#[inline]
fn dot_avx512(codes: &[u8], even: &[[i16; 8]], odd: &[[i16; 8]]) -> i32 {
    let low_byte = _mm512_set1_epi16(0xff);
    let (mut evens, mut odds) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    let (chunks, rest) = codes.as_chunks::<64>();
    let ((even, even_rest), (odd, odd_rest)) = (even.as_chunks::<4>(), odd.as_chunks::<4>());
    for ((chunk, even), odd) in chunks.iter().zip(even).zip(odd) {
        let lanes: __m512i = cast(*chunk);
        evens = _mm512_dpwssd_epi32(evens, _mm512_and_si512(lanes, low_byte), cast(*even));
        odds = _mm512_dpwssd_epi32(odds, _mm512_srli_epi16::<8>(lanes), cast(*odd));
    }
    let sum = _mm512_reduce_add_epi32(evens).wrapping_add(_mm512_reduce_add_epi32(odds));
    sum.wrapping_add(dot_avx2(rest, even_rest, odd_rest))
}

/// What is left when the code is not a whole number of registers: at most one chunk of 16.
#[inline(always)]
fn dot_rest(codes: &[u8], even: &[[i16; 8]], odd: &[[i16; 8]]) -> i32 {
    let pairs = codes.as_chunks::<2>().0.iter().zip(even.as_flattened().iter().zip(odd.as_flattened()));
    pairs.fold(0i32, |sum, (&[low, high], (&e, &o))| {
        let pair = (i32::from(low) * i32::from(e)).wrapping_add(i32::from(high) * i32::from(o));
        sum.wrapping_add(pair)
    })
}

#[target_feature(enable = "avx2")]
fn counts_avx2(codes: &[u8], stride: usize, rows: &[Ordinal], words: &[[u64; PLANES]], sums: &mut Vec<i32>) {
    sums.clear();
    sums.extend(rows.iter().map(|&r| count_avx2(row(codes, stride, r), words)));
}

/// A lane a plane; the bits of nibbles are looked up.
#[target_feature(enable = "avx2")]
#[inline]
fn count_avx2(code: &[u8], words: &[[u64; PLANES]]) -> i32 {
    const BITS: [u8; 32] = {
        const HALF: [u8; 16] = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4];
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = HALF;
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    };
    let (bits, nibble): (__m256i, __m256i) = (cast(BITS), _mm256_set1_epi8(0x0f));
    let mut counts = _mm256_setzero_si256();
    for (eight, planes) in code.as_chunks::<8>().0.iter().zip(words) {
        let shared = _mm256_and_si256(_mm256_set1_epi64x(i64::from_le_bytes(*eight)), cast(*planes));
        let below = _mm256_shuffle_epi8(bits, _mm256_and_si256(shared, nibble));
        let above = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16::<4>(shared), nibble));
        let bytes = _mm256_sad_epu8(_mm256_add_epi8(below, above), _mm256_setzero_si256());
        counts = _mm256_add_epi64(counts, bytes);
    }
    portable::weighed(cast(counts))
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn counts_avx512(codes: &[u8], stride: usize, rows: &[Ordinal], words: &[[u64; PLANES]], sums: &mut Vec<i32>) {
    sums.clear();
    sums.extend(rows.iter().map(|&r| count_avx512(row(codes, stride, r), words)));
}

/// Two words at a time, each in four lanes: one a plane.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
#[inline]
fn count_avx512(code: &[u8], words: &[[u64; PLANES]]) -> i32 {
    let ((pairs, rest), (planes, last)) = (code.as_chunks::<16>(), words.as_chunks::<2>());
    let twice = _mm512_set_epi64(1, 1, 1, 1, 0, 0, 0, 0);
    let mut counts = _mm512_setzero_si512();
    for (pair, planes) in pairs.iter().zip(planes) {
        let word = _mm512_permutexvar_epi64(twice, _mm512_castsi128_si512(cast(*pair)));
        counts = _mm512_add_epi64(counts, _mm512_popcnt_epi64(_mm512_and_si512(word, cast(*planes))));
    }
    let weights = _mm512_set_epi64(-8, 4, 2, 1, -8, 4, 2, 1);
    let sum = _mm512_reduce_add_epi64(_mm512_mul_epi32(counts, weights)) as i32;
    // An odd word behind the pairs.
    let rest = pairs.get(planes.len()).map_or(rest, |pair| pair.as_slice());
    sum + portable::count(rest, last)
}

#[target_feature(enable = "avx2")]
fn columns_avx2(codes: &[[u8; BLOCK]], low: &[[u8; 16]], high: &[[u8; 16]], sums: &mut [u32; BLOCK]) {
    let nibble = _mm256_set1_epi16(0x0f0f);
    let (mut both, mut odd) = (_mm256_setzero_si256(), _mm256_setzero_si256());
    for ((column, low), high) in codes.iter().zip(low).zip(high) {
        let entries = entries_avx2(cast(*column), cast(*low), cast(*high), nibble);
        both = _mm256_add_epi16(both, entries);
        odd = _mm256_add_epi16(odd, _mm256_srli_epi16::<8>(entries));
    }
    spread(both, odd, sums);
}

#[target_feature(enable = "avx2")]
#[inline]
fn entries_avx2(column: __m256i, low: __m128i, high: __m128i, nibble: __m256i) -> __m256i {
    let below = _mm256_and_si256(column, nibble);
    let above = _mm256_and_si256(_mm256_srli_epi16::<4>(column), nibble);
    _mm256_add_epi8(
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(low), below),
        _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(high), above),
    )
}

/// Adds u16 lanes that hold even bytes plus 256 times odd ones, and odd ones alone, to 32 sums.
#[target_feature(enable = "avx2")]
#[inline]
fn spread(both: __m256i, odd: __m256i, sums: &mut [u32; BLOCK]) {
    let even: [u16; 16] = cast(_mm256_sub_epi16(both, _mm256_slli_epi16::<8>(odd)));
    let odd: [u16; 16] = cast(odd);
    for ((pair, even), odd) in sums.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd) {
        *pair = [pair[0] + u32::from(even), pair[1] + u32::from(odd)];
    }
}

/// Two columns at a time: the first in the lower half of each register, the second in the upper.
#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
fn columns_avx512(codes: &[[u8; BLOCK]], low: &[[u8; 16]], high: &[[u8; 16]], sums: &mut [u32; BLOCK]) {
    let nibble = _mm512_set1_epi16(0x0f0f);
    let (mut both, mut odd) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    let (pairs, rest) = codes.as_chunks::<2>();
    let ((lows, low_rest), (highs, high_rest)) = (low.as_chunks::<2>(), high.as_chunks::<2>());
    for ((columns, low), high) in pairs.iter().zip(lows).zip(highs) {
        let columns: __m512i = cast(*columns);
        let below = _mm512_and_si512(columns, nibble);
        let above = _mm512_and_si512(_mm512_srli_epi16::<4>(columns), nibble);
        let (low, high) = (twice_avx512(cast(*low)), twice_avx512(cast(*high)));
        let entries = _mm512_add_epi8(_mm512_shuffle_epi8(low, below), _mm512_shuffle_epi8(high, above));
        both = _mm512_add_epi16(both, entries);
        odd = _mm512_add_epi16(odd, _mm512_srli_epi16::<8>(entries));
    }
    let (mut both, mut odd) = (fold_avx512(both), fold_avx512(odd));
    if let ([column], [low], [high]) = (rest, low_rest, high_rest) {
        let entries = entries_avx2(cast(*column), cast(*low), cast(*high), _mm256_set1_epi16(0x0f0f));
        both = _mm256_add_epi16(both, entries);
        odd = _mm256_add_epi16(odd, _mm256_srli_epi16::<8>(entries));
    }
    spread(both, odd, sums);
}

/// Two tables, each twice: for 16 vectors in each quarter of the register.
#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
#[inline]
fn twice_avx512(tables: __m256i) -> __m512i {
    let tables = _mm512_castsi256_si512(tables);
    _mm512_shuffle_i64x2::<0b01_01_00_00>(tables, tables)
}

#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
#[inline]
fn fold_avx512(lanes: __m512i) -> __m256i {
    _mm256_add_epi16(_mm512_castsi512_si256(lanes), _mm512_extracti64x4_epi64::<1>(lanes))
}

#[target_feature(enable = "avx2")]
fn scores_avx2(
    sums: &[u32; BLOCK],
    adds: &[f32; BLOCK],
    scales: &[f32; BLOCK],
    terms: [f32; 4],
    scores: &mut [f32; BLOCK],
) -> u32 {
    let [base, slope, offset, least] = terms.map(|term| _mm256_set1_ps(term));
    let (sums, adds, scales) = (sums.as_chunks::<8>().0, adds.as_chunks::<8>().0, scales.as_chunks::<8>().0);
    let mut mask = 0;
    for (part, (((sums, add), scale), scores)) in
        sums.iter().zip(adds).zip(scales).zip(scores.as_chunks_mut::<8>().0).enumerate()
    {
        let along = _mm256_add_ps(_mm256_mul_ps(slope, _mm256_cvtepi32_ps(cast(*sums))), offset);
        let score = _mm256_add_ps(_mm256_add_ps(base, cast(*add)), _mm256_mul_ps(cast(*scale), along));
        mask |= (_mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GE_OQ>(score, least)) as u32) << (8 * part);
        *scores = cast(score);
    }
    mask
}

#[target_feature(enable = "avx512bw,avx512vnni,avx2")]
fn scores_avx512(
    sums: &[u32; BLOCK],
    adds: &[f32; BLOCK],
    scales: &[f32; BLOCK],
    terms: [f32; 4],
    scores: &mut [f32; BLOCK],
) -> u32 {
    let [base, slope, offset, least] = terms.map(|term| _mm512_set1_ps(term));
    let (sums, adds, scales) = (sums.as_chunks::<16>().0, adds.as_chunks::<16>().0, scales.as_chunks::<16>().0);
    let mut mask = 0;
    for (part, (((sums, add), scale), scores)) in
        sums.iter().zip(adds).zip(scales).zip(scores.as_chunks_mut::<16>().0).enumerate()
    {
        let along = _mm512_add_ps(_mm512_mul_ps(slope, _mm512_cvtepi32_ps(cast(*sums))), offset);
        let score = _mm512_add_ps(_mm512_add_ps(base, cast(*add)), _mm512_mul_ps(cast(*scale), along));
        mask |= u32::from(_mm512_cmp_ps_mask::<_CMP_GE_OQ>(score, least)) << (16 * part);
        *scores = cast(score);
    }
    mask
}
