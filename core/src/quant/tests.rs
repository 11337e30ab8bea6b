use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::kernel::dot_f32;
use crate::model::Metric;

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
    // The query's own 15 bits, and f32 sums.
    bound * 1.001 + 2e-4 * v.len() as f32
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
        let params = ScalarU8::fit(&all.concat(), dim, metric);
        let (mut codes, mut factors) = (Vec::new(), Vec::new());
        all.iter().for_each(|v| params.encode(v, &mut codes, &mut factors));
        let view = Codes::new(CodeSections { params, codes: &codes, factors: &factors, metric }, all.len(), dim).unwrap();
        let prepared = view.query(&query);
        for (i, v) in all.iter().enumerate() {
            let (found, wanted) = (view.score(&prepared, i as u32), exact(metric, &query, v));
            let most = rounding_bound(metric, params.step / 2.0, &query, v);
            prop_assert!((found - wanted).abs() <= most, "{metric:?} dim {dim}: {found} for {wanted} ± {most}");
        }
    }
}

#[test]
fn zero_vectors_score_zero_under_cosine() {
    let all = [0f32; 8];
    let params = ScalarU8::fit(&all, 4, Metric::Cosine);
    let (mut codes, mut factors) = (Vec::new(), Vec::new());
    all.chunks(4).for_each(|v| params.encode(v, &mut codes, &mut factors));
    let view =
        Codes::new(CodeSections { params, codes: &codes, factors: &factors, metric: Metric::Cosine }, 2, 4).unwrap();
    assert_eq!(view.score(&view.query(&[1.0, 0.0, 0.0, 0.0]), 0), 0.0);
    assert_eq!(view.score(&view.query(&[0.0; 4]), 1), 0.0);
}

#[test]
fn a_vector_finds_itself_with_score_one() {
    let all: Vec<Vec<f32>> =
        (0..50).map(|i| unit((0..33).map(|j| libm::sinf((i * 37 + j * 11) as f32)).collect())).collect();
    let params = ScalarU8::fit(&all.concat(), 33, Metric::Cosine);
    let (mut codes, mut factors) = (Vec::new(), Vec::new());
    all.iter().for_each(|v| params.encode(v, &mut codes, &mut factors));
    let view =
        Codes::new(CodeSections { params, codes: &codes, factors: &factors, metric: Metric::Cosine }, 50, 33).unwrap();
    for (i, v) in all.iter().enumerate() {
        let score = view.score(&view.query(v), i as u32);
        assert!((score - 1.0).abs() < 1e-4, "{score}");
    }
}

#[test]
fn the_largest_dimension_and_values_stay_inside_the_integers() {
    let v = alloc::vec![1.0f32; 4096];
    let params = ScalarU8::fit(&v, 4096, Metric::Dot);
    let (mut codes, mut factors) = (Vec::new(), Vec::new());
    params.encode(&v, &mut codes, &mut factors);
    let view =
        Codes::new(CodeSections { params, codes: &codes, factors: &factors, metric: Metric::Dot }, 1, 4096).unwrap();
    let score = view.score(&view.query(&v), 0);
    assert!((score - 4096.0).abs() < 40.0, "{score}");
}
