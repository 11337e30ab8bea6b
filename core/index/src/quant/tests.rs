use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::error::Code;
use crate::kernel::dot_f32;
use crate::model::{Metric, Tier};

fn unit(mut v: Vec<f32>) -> Vec<f32> {
    let length = libm::sqrtf(dot_f32(&v, &v));
    if length > 0.0 {
        v.iter_mut().for_each(|x| *x /= length);
    }
    v
}

fn exact(metric: Metric, a: &[f32], b: &[f32]) -> f32 {
    match metric {
        Metric::Cosine | Metric::Dot => dot_f32(a, b),
        Metric::L2 => -a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f32>(),
    }
}

/// How far a score may be from the exact one when each component is off by at most `half` a step.
/// (So few components clip nothing: the quantile takes in all of them.)
fn rounding_bound(metric: Metric, half: f32, query: &[f32], v: &[f32]) -> f32 {
    let bound: f32 = match metric {
        Metric::Dot => query.iter().map(|q| q.abs() * half).sum(),
        Metric::L2 => query.iter().zip(v).map(|(q, x)| (2.0 * (q - x).abs() + half) * half).sum(),
        // Moving a unit vector by d and scaling it back to length one moves it by at most 2 d.
        Metric::Cosine => 2.0 * half * libm::sqrtf(v.len() as f32),
    };
    // The query's own 15 bits, the rotation's floats, and f32 sums.
    bound * 1.001 + 2e-4 * v.len() as f32
}

fn rotated(v: &[f32]) -> Vec<f32> {
    let mut rotated = Vec::new();
    rotate(v, &mut rotated);
    rotated
}

/// The codes of vectors, and the vectors rotated.
fn encode(all: &[Vec<f32>], metric: Metric) -> (ScalarBuilder, Vec<Vec<f32>>) {
    let all: Vec<Vec<f32>> = all.iter().map(|v| rotated(v)).collect();
    let mut codes = ScalarBuilder::new(all[0].len(), metric, Tier::U8);
    all.iter().for_each(|v| codes.push(v));
    (codes, all)
}

fn vectors(dim: usize) -> impl Strategy<Value = Vec<Vec<f32>>> {
    prop::collection::vec(prop::collection::vec(-1f32..1.0, dim), 1..20)
}

proptest! {
    #[test]
    fn scores_are_near_the_exact_ones(
        (all, query) in (1usize..70).prop_flat_map(|dim| (vectors(dim), prop::collection::vec(-1f32..1.0, dim))),
        which in 0usize..3,
    ) {
        let metric = [Metric::Cosine, Metric::Dot, Metric::L2][which];
        let prepare = |v: Vec<f32>| if metric == Metric::Cosine { unit(v) } else { v };
        let all: Vec<Vec<f32>> = all.into_iter().map(prepare).collect();
        let query = prepare(query);
        let dim = query.len();
        let (codes, all) = encode(&all, metric);
        let view = Codes::new(codes.sections(), all.len(), dim).unwrap();
        let query = rotated(&query);
        let prepared = view.query(&query);
        for (i, v) in all.iter().enumerate() {
            let (found, wanted) = (view.score(&prepared, i as u32), exact(metric, &query, v));
            let largest = v.iter().fold(0f32, |max, x| max.max(x.abs()));
            let most = rounding_bound(metric, largest / 254.0, &query, v);
            prop_assert!((found - wanted).abs() <= most, "{metric:?} dim {dim}: {found} for {wanted} ± {most}");
        }
    }

    #[test]
    fn four_bits_are_near_as_far_as_rounding_and_clipping_allow(
        (all, query) in (1usize..150).prop_flat_map(|dim| (vectors(dim), prop::collection::vec(-1f32..1.0, dim))),
        which in 0usize..3,
    ) {
        let metric = [Metric::Cosine, Metric::Dot, Metric::L2][which];
        let prepare = |v: Vec<f32>| if metric == Metric::Cosine { unit(v) } else { v };
        let (query, all) = (rotated(&prepare(query)), all.into_iter().map(|v| rotated(&prepare(v))).collect::<Vec<_>>());
        let mut codes = ScalarBuilder::new(query.len(), metric, Tier::U4);
        all.iter().for_each(|v| codes.push(v));
        prop_assert_eq!(codes.sections().codes.len(), all.len() * query.len() / 2);
        let view = Codes::new(codes.sections(), all.len(), query.len()).unwrap();
        let prepared = view.query(&query);
        let length = |v: &[f32]| libm::sqrtf(dot_f32(v, v));
        for (i, v) in all.iter().enumerate() {
            let deviation = length(v) / libm::sqrtf(v.len() as f32);
            let largest = v.iter().fold(0f32, |max, x| max.max(x.abs()));
            // No component is further from its code than half a step or what clipping cut off, whichever is more.
            let reach = largest.min(2.5 * deviation);
            let error = libm::sqrtf(v.len() as f32) * (reach / 14.0).max(largest - reach);
            let difference: Vec<f32> = query.iter().zip(v).map(|(q, x)| q - x).collect();
            let most = match metric {
                Metric::Cosine => 2.0 * error,
                Metric::Dot => length(&query) * error,
                Metric::L2 => (2.0 * length(&difference) + error) * error,
            } * 1.001 + 2e-4 * v.len() as f32;
            let (found, wanted) = (view.score(&prepared, i as u32), exact(metric, &query, v));
            prop_assert!((found - wanted).abs() <= most, "{metric:?}: {found} for {wanted} ± {most}");
            // What is stored is what is compared.
            let decoded: Vec<f32> = view.decode(i as u32).collect();
            if metric == Metric::Dot {
                prop_assert!((dot_f32(&decoded, &query) - found).abs() <= 1e-3 * (1.0 + length(&query) * length(v)));
            }
        }
    }

    #[test]
    fn rotation_keeps_inner_products(
        (a, b) in (1usize..300).prop_flat_map(|dim| (prop::collection::vec(-1f32..1.0, dim), prop::collection::vec(-1f32..1.0, dim))),
    ) {
        let (x, y) = (rotated(&a), rotated(&b));
        prop_assert_eq!(x.len(), rotated_dim(a.len()));
        let back = unrotate(&x, a.len());
        prop_assert_eq!(back.len(), a.len());
        let largest = a.iter().fold(1f32, |most, v| most.max(v.abs()));
        prop_assert!(back.iter().zip(&a).all(|(b, a)| (b - a).abs() <= largest * 1e-5), "{back:?} of {a:?}");
        prop_assert!((dot_f32(&x, &y) - dot_f32(&a, &b)).abs() < 1e-4 * (1.0 + a.len() as f32).sqrt());
    }
}

#[test]
fn rotation_spreads_one_component_over_all() {
    for dim in [1, 16, 17, 33, 64, 100, 256, 384, 1000] {
        for at in [0, dim / 2, dim - 1] {
            let mut axis = alloc::vec![0f32; dim];
            axis[at] = 1.0;
            let spread = rotated(&axis);
            let largest = spread.iter().fold(0f32, |max, x| max.max(x.abs()));
            assert!(largest <= 6.0 / libm::sqrtf(spread.len() as f32), "dim {dim}, axis {at}: {largest}");
        }
    }
}

#[test]
fn codes_of_another_width_than_the_schemas_are_refused() {
    let mut codes = ScalarBuilder::new(64, Metric::Dot, Tier::U4);
    codes.push(&[0.5; 64]);
    let sections = codes.sections();
    assert!(Codes::new(sections, 1, 64).is_ok());
    let (missing, other) = (&sections.codes[1..], CodeSections { tier: Tier::U8, ..sections });
    for wrong in [other, CodeSections { codes: missing, ..sections }] {
        assert_eq!(Codes::new(wrong, 1, 64).unwrap_err().code(), Code::Corrupt);
    }
}

#[test]
fn zero_vectors_score_zero_under_cosine() {
    let (codes, _) = encode(&[alloc::vec![0f32; 4], alloc::vec![0f32; 4]], Metric::Cosine);
    let view = Codes::new(codes.sections(), 2, 4).unwrap();
    assert_eq!(view.score(&view.query(&rotated(&[1.0, 0.0, 0.0, 0.0])), 0), 0.0);
    assert_eq!(view.score(&view.query(&rotated(&[0.0; 4])), 1), 0.0);
}

#[test]
fn a_vector_finds_itself_with_score_one() {
    let all: Vec<Vec<f32>> =
        (0..50).map(|i| unit((0..33).map(|j| libm::sinf((i * 37 + j * 11) as f32)).collect())).collect();
    let (codes, all) = encode(&all, Metric::Cosine);
    let view = Codes::new(codes.sections(), 50, 33).unwrap();
    for (i, v) in all.iter().enumerate() {
        let score = view.score(&view.query(v), i as u32);
        assert!((score - 1.0).abs() < 1e-4, "{score}");
    }
}

#[test]
fn the_largest_dimension_and_values_stay_inside_the_integers() {
    let mut codes = ScalarBuilder::new(4096, Metric::Dot, Tier::U8);
    let v = alloc::vec![1.0f32; 4096];
    codes.push(&v);
    let view = Codes::new(codes.sections(), 1, 4096).unwrap();
    let score = view.score(&view.query(&v), 0);
    assert!((score - 4096.0).abs() < 40.0, "{score}");
}
