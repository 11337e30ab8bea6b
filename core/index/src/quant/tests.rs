use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::error::Code;
use crate::kernel::dot_f32;
use crate::model::{Metric, Tier};
use crate::parts::{Parts, Stretch};

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
        let view = Codes::new(codes.sections(), dim).unwrap();
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
    fn four_bits_point_where_the_vector_does_and_are_as_long_along_it(
        (all, query) in (1usize..150).prop_flat_map(|dim| (vectors(dim), prop::collection::vec(-1f32..1.0, dim))),
        which in 0usize..3,
    ) {
        let metric = [Metric::Cosine, Metric::Dot, Metric::L2][which];
        let prepare = |v: Vec<f32>| if metric == Metric::Cosine { unit(v) } else { v };
        let (query, all) = (rotated(&prepare(query)), all.into_iter().map(|v| rotated(&prepare(v))).collect::<Vec<_>>());
        let mut codes = ScalarBuilder::new(query.len(), metric, Tier::U4);
        all.iter().for_each(|v| codes.push(v));
        prop_assert_eq!(codes.sections().codes.len(), all.len() * query.len() / 2);
        let view = Codes::new(codes.sections(), query.len()).unwrap();
        let prepared = view.query(&query);
        let length = |v: &[f32]| libm::sqrtf(dot_f32(v, v));
        for (i, v) in all.iter().enumerate() {
            let decoded: Vec<f32> = view.decode(i as u32).collect();
            let scale = length(&query) * length(v);
            // What is stored is what is compared.
            let dot = dot_f32(&decoded, &query);
            let wanted = if metric == Metric::L2 { 2.0 * dot - dot_f32(v, v) - dot_f32(&query, &query) } else { dot };
            let found = view.score(&prepared, i as u32);
            prop_assert!((found - wanted).abs() <= 1e-3 * (1.0 + scale), "{metric:?}: {found} for {wanted}");
            // So that a vector finds itself with its own score, whatever its code leaves out.
            prop_assert!((dot_f32(&decoded, v) - dot_f32(v, v)).abs() <= 1e-4 * (1.0 + dot_f32(v, v)));
            if length(v) > 0.0 {
                let cosine = dot_f32(&decoded, v) / (length(&decoded) * length(v));
                prop_assert!(cosine > 0.98, "{cosine}");
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
    assert!(Codes::new(sections, 64).is_ok());
    let missing = sections.codes.narrow(1..sections.codes.len()).unwrap();
    let other = CodeSections { tier: Tier::U8, ..sections };
    for wrong in [other, CodeSections { codes: missing, ..sections }, CodeSections { points: 2, ..sections }] {
        assert_eq!(Codes::new(wrong, 64).unwrap_err().code(), Code::Corrupt);
    }
}

/// The codes as records, with so many bytes of its number behind codes and factors of each, and where these begin.
fn records_of(sections: &CodeSections<'_>) -> (Vec<u8>, Vec<u32>) {
    let code_bytes = sections.codes.len() / sections.points;
    let (mut records, mut starts) = (Vec::new(), alloc::vec![0u32]);
    let codes = sections.codes.whole().unwrap().chunks(RECORD_POINTS * code_bytes);
    let factors = sections.factors.chunks(RECORD_POINTS * sections.factors.len() / sections.points);
    for ((number, codes), factors) in codes.enumerate().zip(factors) {
        records.extend_from_slice(codes);
        records.extend(factors.iter().flat_map(|factor| factor.to_le_bytes()));
        records.resize((records.len() + 100 * number).next_multiple_of(code_bytes), number as u8);
        starts.push((records.len() / code_bytes) as u32);
    }
    (records, starts)
}

#[test]
fn codes_in_records_are_the_same_codes() {
    for (tier, dim, metric) in [
        (Tier::U8, 100, Metric::L2),
        (Tier::U4, 64, Metric::Dot),
        (Tier::U8, 9, Metric::Cosine),
        (Tier::U4, 65, Metric::L2),
    ] {
        let mut builder = ScalarBuilder::new(dim, metric, tier);
        let all: Vec<Vec<f32>> =
            (0..75).map(|i| unit((0..dim).map(|j| libm::sinf((i * 37 + j * 11) as f32)).collect())).collect();
        all.iter().for_each(|vector| builder.push(&rotated(vector)));
        let sections = builder.sections();
        let (records, starts) = records_of(&sections);
        let in_records = CodeSections { codes: (&*records).into(), records: Some(RecordStarts(&starts)), ..sections };
        let [view, packed] = [in_records, sections].map(|sections| Codes::new(sections, dim).unwrap());
        let query = packed.query(&rotated(&all[7]));
        let rows: Vec<u32> = (0..80).rev().chain([31, 32, 64]).collect();
        let (mut a, mut b) = (Scores::default(), Scores::default());
        assert_eq!(view.score_rows(&query, &rows[5..], &mut a), packed.score_rows(&query, &rows[5..], &mut b));
        assert!((0..75).all(|row| view.code(row) == packed.code(row)));
        for record in 0..5 {
            let behind = view.behind(record);
            assert!(behind.len() >= 100 * record && behind.iter().all(|&byte| byte == record as u8), "{record}");
        }
        assert_eq!((view.behind(5), packed.behind(0)), (&[][..], &[][..]));
        // They do not begin at 0, overlap, are too few or too many, end elsewhere.
        let [_, second, third, fourth, fifth, end] = starts[..] else { panic!("{starts:?}") };
        for wrong in [
            &[1, second, third, fourth, fifth, end][..],
            &[0, 15, third, fourth, fifth, end],
            &[0, second, third, fourth, fifth],
            &[0, second, third, fourth, fifth, end, end],
            &[0, second, third, fourth, fifth, end + 1],
            &[],
        ] {
            let wrong = CodeSections { records: Some(RecordStarts(wrong)), ..in_records };
            assert!(Codes::new(wrong, dim).is_err());
        }
    }
}

/// Records that arrive one by one give the scores, and the rest, that the whole gives: factors come with them.
#[test]
fn a_record_is_all_that_its_codes_want() {
    for (tier, metric) in [(Tier::U8, Metric::Cosine), (Tier::U4, Metric::Dot), (Tier::U8, Metric::L2)] {
        let mut builder = ScalarBuilder::new(48, metric, tier);
        (0..75)
            .for_each(|i| builder.push(&rotated(&unit((0..48).map(|j| libm::sinf((i * 5 + j * 3) as f32)).collect()))));
        builder.set_absent(40);
        let sections = builder.sections();
        let packed = Codes::new(sections, 48).unwrap();
        let (records, starts) = records_of(&sections);
        let code_bytes = sections.codes.len() / 75;
        let place = |record: usize| starts[record] as usize * code_bytes..starts[record + 1] as usize * code_bytes;
        let mut parts = Parts::new(records.len());
        for round in 0..2 {
            let codes = Stretch::Parts(&parts, 0, records.len());
            let sections = CodeSections { codes, records: Some(RecordStarts(&starts)), factors: &[], ..sections };
            let view = Codes::new(sections, 48).unwrap();
            let (query, rows) = (packed.query(&rotated(&[0.1; 48])), [70, 33, 40, 64]);
            let (mut a, mut b) = (Scores::default(), Scores::default());
            let are_same = view.score_rows(&query, &rows, &mut a) == packed.score_rows(&query, &rows, &mut b);
            let missing = parts.take_missing();
            if round == 0 {
                assert!(!are_same);
                assert_eq!(missing, [place(2), place(4)]);
                missing.into_iter().for_each(|range| parts.add(range.start, &records[range]));
                continue;
            }
            assert!(are_same && missing.is_empty());
            assert!(view.is_absent(40) && !view.is_absent(41));
            assert!(view.decode(64).eq(packed.decode(64)));
            assert!(view.behind(2).len() >= 200 && view.behind(2).iter().all(|&byte| byte == 2));
            assert_eq!((view.behind(0), parts.take_missing()), (&[][..], alloc::vec![place(0)]));
        }
    }
}

#[test]
fn zero_vectors_score_zero_under_cosine() {
    let (codes, _) = encode(&[alloc::vec![0f32; 4], alloc::vec![0f32; 4]], Metric::Cosine);
    let view = Codes::new(codes.sections(), 4).unwrap();
    assert_eq!(view.score(&view.query(&rotated(&[1.0, 0.0, 0.0, 0.0])), 0), 0.0);
    assert_eq!(view.score(&view.query(&rotated(&[0.0; 4])), 1), 0.0);
}

#[test]
fn a_vector_finds_itself_with_score_one() {
    let all: Vec<Vec<f32>> =
        (0..50).map(|i| unit((0..33).map(|j| libm::sinf((i * 37 + j * 11) as f32)).collect())).collect();
    let (codes, all) = encode(&all, Metric::Cosine);
    let view = Codes::new(codes.sections(), 33).unwrap();
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
    let view = Codes::new(codes.sections(), 4096).unwrap();
    let score = view.score(&view.query(&v), 0);
    assert!((score - 4096.0).abs() < 40.0, "{score}");
}
