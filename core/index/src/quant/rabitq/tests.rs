use alloc::vec::Vec;

use super::code::CodeFinder;
use super::*;
use crate::bytes::AlignedBytes;
use crate::kernel::dot_f32;
use crate::mix::splitmix64;
use crate::model::Metric;

/// About normal numbers, from a hash.
fn noise(seed: usize, dim: usize) -> Vec<f32> {
    let unit = |i: usize| (splitmix64(i as u64) >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
    (0..dim).map(|d| (0..4).map(|part| unit((seed * dim + d) * 4 + part)).sum()).collect()
}

/// The block of some vectors around a centroid, and the spread.
fn block(metric: Metric, bits: u32, centroid: &[f32], vectors: &[Vec<f32>]) -> (AlignedBytes, f32) {
    let (mut builder, mut bytes) = (RabitqBuilder::new(bits), Vec::new());
    builder.push(metric, centroid, vectors.iter().map(Vec::as_slice), &mut bytes);
    assert_eq!(bytes.len(), block_bytes(centroid.len(), bits) * vectors.len().div_ceil(BLOCK));
    (AlignedBytes::copy_from(&bytes), builder.finish())
}

/// The code of a lane, as the planes spell it.
fn decoded(bytes: &[u8], dim: usize, bits: u32, lane: usize) -> Vec<f32> {
    let sign = |plane: u32, d: usize| bytes[plane as usize * dim / 8 * BLOCK + d / 8 * BLOCK + lane] >> (d % 8) & 1;
    let worth = |plane: u32| (1 << (bits - 1 - plane)) as f32;
    (0..dim).map(|d| (0..bits).map(|plane| worth(plane) * (2.0 * f32::from(sign(plane, d)) - 1.0)).sum()).collect()
}

#[test]
fn no_code_points_more_nearly_where_the_residual_does() {
    for bits in BITS {
        for seed in 0..40 {
            let residual = noise(seed, if bits < 3 { 6 } else { 4 });
            let cosine = |numbers: &[u8]| {
                let dot: f32 = residual.iter().zip(numbers).map(|(r, &n)| r.abs() * f32::from(n)).sum();
                dot / numbers.iter().map(|&n| f32::from(n) * f32::from(n)).sum::<f32>().sqrt()
            };
            let choices = 1usize << (bits - 1);
            let best = (0..choices.pow(residual.len() as u32)).map(|mut at| {
                let mut next = || {
                    let number = 1 + 2 * (at % choices) as u8;
                    at /= choices;
                    number
                };
                cosine(&residual.iter().map(|_| next()).collect::<Vec<u8>>())
            });
            let best = best.fold(0.0, f32::max);
            let mut finder = CodeFinder::default();
            finder.find(&residual, bits);
            let found = cosine(&finder.numbers);
            assert!(found >= best * (1.0 - 1e-6), "{bits} bits, {residual:?}: {found}, not {best}");
        }
    }
}

#[test]
fn scores_are_what_code_and_factors_say() {
    let dim = 96;
    let (centroid, query) = (noise(1_000, dim), noise(2_000, dim));
    let vectors: Vec<Vec<f32>> = (0..32).map(|seed| noise(seed, dim)).collect();
    // The query keeps six bits.
    let step = query.iter().fold(0f32, |most, x| most.max(x.abs())) / 31.0;
    let kept: Vec<f32> = query.iter().map(|x| (x / step).round() * step).collect();
    for metric in [Metric::Cosine, Metric::Dot, Metric::L2] {
        for bits in BITS {
            let (bytes, _) = block(metric, bits, &centroid, &vectors);
            let block = Block::new(&bytes).unwrap();
            let (mut scores, prepared) = ([0f32; BLOCK], RabitqQuery::new(&query));
            assert_eq!(prepared.score(&block, 0.25, f32::NEG_INFINITY, &mut scores), u32::MAX);
            for (lane, score) in scores.into_iter().enumerate() {
                let [add, scale] = block.factors(lane);
                let wanted = 0.25 + add + scale * dot_f32(&kept, &decoded(&bytes, dim, bits, lane));
                assert!((score - wanted).abs() < 1e-3, "{metric:?}, {bits} bits, lane {lane}: {score}, not {wanted}");
            }
        }
    }
}

#[test]
fn every_bit_leaves_about_half_of_the_error() {
    let dim = 256;
    let centroid: Vec<f32> = noise(1_000, dim).iter().map(|x| x * 0.5).collect();
    let vectors: Vec<Vec<f32>> = (0..320).map(|seed| noise(seed, dim)).collect();
    for metric in [Metric::Dot, Metric::L2] {
        let mut before = f32::MAX;
        for bits in BITS {
            let (bytes, spread) = block(metric, bits, &centroid, &vectors);
            let (mut off, mut beyond) = (0.0, 0);
            for seed in 0..20 {
                let query = noise(5_000 + seed, dim);
                let prepared = RabitqQuery::new(&query);
                let base = match metric {
                    Metric::L2 => 2.0 * dot_f32(&query, &centroid) - dot_f32(&query, &query),
                    _ => dot_f32(&query, &centroid),
                };
                for (block, vectors) in
                    bytes.chunks(block_bytes(dim, bits)).filter_map(Block::new).zip(vectors.chunks(32))
                {
                    let mut scores = [0f32; BLOCK];
                    prepared.score(&block, base, f32::NEG_INFINITY, &mut scores);
                    for ((score, scale), vector) in scores.iter().zip(block.scales).zip(vectors) {
                        let wanted = match metric {
                            Metric::L2 => -query.iter().zip(vector).map(|(q, x)| (q - x) * (q - x)).sum::<f32>(),
                            _ => dot_f32(&query, vector),
                        };
                        off += (score - wanted).abs();
                        beyond += u32::from((score - wanted).abs() > scale * prepared.error(spread));
                    }
                }
            }
            // Three deviations on both sides leave 0.3 % out; the query's own bits count from four bits on.
            assert!(beyond <= 6_400 * 4 / 1_000, "{metric:?}, {bits} bits: {beyond} beyond the bound");
            assert!(off < 0.62 * before, "{metric:?}, {bits} bits: off by {off}, by {before} with one less");
            before = off;
        }
    }
}

#[test]
fn a_point_at_its_centroid_scores_what_the_centroid_does() {
    let centroid = noise(3, 64);
    for bits in BITS {
        let (bytes, spread) = block(Metric::Dot, bits, &centroid, core::slice::from_ref(&centroid));
        let mut scores = [0f32; BLOCK];
        RabitqQuery::new(&noise(4, 64)).score(&Block::new(&bytes).unwrap(), 0.5, f32::NEG_INFINITY, &mut scores);
        assert_eq!((scores[0], spread), (0.5, 0.0), "{bits} bits");
    }
}
