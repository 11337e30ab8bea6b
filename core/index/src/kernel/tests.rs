use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn integer_kernels_equal_their_twin(
        values in prop::collection::vec(any::<i16>(), 0..300),
        seed in any::<u64>(),
        rows in prop::collection::vec(0u32..9, 0..12),
    ) {
        let stride = values.len().next_multiple_of(LANES);
        let codes: Vec<u8> = (0..8 * stride).map(|i| (crate::mix::splitmix64(seed ^ i as u64) >> 56) as u8).collect();
        // Padding codes are arbitrary: the padded query is zero there. Row 8 does not exist.
        let wanted: Vec<i32> = rows.iter().map(|&r| {
            scalar::dot_u8_i16(codes.get(r as usize * stride..(r as usize + 1) * stride).unwrap_or_default(), &values)
        }).collect();
        for kernels in Kernels::all() {
            let mut sums = Vec::new();
            kernels.dot_rows(&codes, stride, &rows, &SplitQuery::new(&values), &mut sums);
            prop_assert_eq!(&sums, &wanted, "{:?}", kernels);
        }
    }

    #[test]
    fn row_kernels_for_bits_equal_their_twin(
        values in prop::collection::vec(Planes::RANGE, 0..600),
        seed in any::<u64>(),
        tail in 0usize..20,
        rows in prop::collection::vec(0u32..9, 0..12),
    ) {
        // What follows the dimensions is arbitrary, as factors are. Row 8 does not exist.
        let stride = values.len().div_ceil(64) * 8 + tail;
        let codes: Vec<u8> = (0..8 * stride).map(|i| (crate::mix::splitmix64(seed ^ i as u64) >> 56) as u8).collect();
        let wanted: Vec<i32> = rows.iter().map(|&r| {
            scalar::sum_bits(codes.get(r as usize * stride..(r as usize + 1) * stride).unwrap_or_default(), &values)
        }).collect();
        let mut query = Planes::default();
        query.replace(&values);
        for kernels in Kernels::all() {
            let mut sums = Vec::new();
            kernels.count_rows(&codes, stride, &rows, &query, &mut sums);
            prop_assert_eq!(&sums, &wanted, "{:?}", kernels);
        }
    }

    #[test]
    fn nibbles_unpack_in_halves(codes in prop::collection::vec(any::<u8>(), 0..400), stride in 1usize..50, rows in prop::collection::vec(0u32..9, 0..12)) {
        let mut unpacked = Vec::new();
        unpack_rows(&codes, stride, &rows, &mut unpacked);
        let wanted: Vec<u8> = rows.iter().flat_map(|&r| {
            let zeros = alloc::vec![0; stride];
            let row = codes.get(r as usize * stride..(r as usize + 1) * stride).unwrap_or(&zeros);
            row.iter().map(|c| c & 15).chain(row.iter().map(|c| c >> 4)).collect::<Vec<u8>>()
        }).collect();
        prop_assert_eq!(unpacked, wanted);
    }

    #[test]
    fn planes_unpack_bit_by_bit(seed in any::<u64>(), width in (0usize..9).prop_map(|words| 8 * words)) {
        let planes: Vec<u8> = (0..4 * width).map(|i| (crate::mix::splitmix64(seed ^ i as u64) >> 56) as u8).collect();
        let mut unpacked = alloc::vec![0xff; 8 * width];
        unpack_planes(&planes, &mut unpacked);
        for (bit, byte) in (0..8).flat_map(|bit| (0..width).map(move |byte| (bit, byte))) {
            let bits = (0..4).map(|plane| planes[plane * width + byte] >> bit & 1);
            prop_assert_eq!(unpacked[bit * width + byte], bits.fold(0, |level, bit| level << 1 | bit));
        }
    }

    #[test]
    fn block_kernels_equal_their_twin(seed in any::<u64>(), columns in 0usize..600, full in any::<bool>()) {
        let byte = |i: usize| (crate::mix::splitmix64(seed ^ i as u64) >> 56) as u8;
        let codes: Vec<u8> = (0..columns * BLOCK).map(byte).collect();
        let table = |c: usize| core::array::from_fn(|i| if full { Tables::MAX_ENTRY } else { byte(c * 16 + i) >> 1 });
        let low: Vec<[u8; 16]> = (0..columns).map(table).collect();
        let high: Vec<[u8; 16]> = (columns..2 * columns).map(table).collect();
        let mut tables = Tables::default();
        low.iter().zip(&high).for_each(|(l, h)| tables.push(*l, *h));
        for kernels in Kernels::all() {
            let mut sums = [9; BLOCK];
            kernels.sum_block(&codes, &tables, &mut sums);
            prop_assert_eq!(sums, scalar::sum_block(&codes, &low, &high), "{:?}", kernels);
        }
    }

    #[test]
    fn float_kernel_equals_its_twin_to_the_bit(pairs in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 0..300)) {
        let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        prop_assert_eq!(dot_f32(&a, &b).to_bits(), scalar::dot_f32(&a, &b).to_bits());
    }

    #[test]
    fn scores_of_a_block_equal_one_by_one(
        sums in prop::array::uniform32(0u32..60_000), adds in prop::array::uniform32(-1f32..1.0),
        scales in prop::array::uniform32(-1f32..1.0), terms in prop::array::uniform4(-1f32..1.0),
    ) {
        let [base, slope, offset, least] = terms;
        for kernels in Kernels::all() {
            let mut scores = [0f32; BLOCK];
            let mask = kernels.score_block(&sums, &adds, &scales, terms, &mut scores);
            for (v, score) in scores.iter().enumerate() {
                let wanted = (base + adds[v]) + scales[v] * (slope * sums[v] as f32 + offset);
                prop_assert_eq!(score.to_bits(), wanted.to_bits(), "{:?}", kernels);
                prop_assert_eq!(mask >> v & 1 == 1, wanted >= least, "{:?}", kernels);
            }
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_even(x in -40_000f32..40_000.0) {
        prop_assert_eq!(round(x), libm::rintf(x));
        prop_assert_eq!(round(x.trunc() + 0.5), libm::rintf(x.trunc() + 0.5));
    }
}

#[test]
fn the_largest_codes_and_values_do_not_overflow_a_pair() {
    let codes = [255u8; 64];
    let values = [i16::MIN; 64];
    for kernels in Kernels::all() {
        let mut sums = Vec::new();
        kernels.dot_rows(&codes, 64, &[0], &SplitQuery::new(&values), &mut sums);
        assert_eq!(sums, [64 * 255 * i32::from(i16::MIN)]);
    }
}

#[test]
fn not_a_number_reaches_no_threshold() {
    for kernels in Kernels::all() {
        let (mut scores, terms) = ([0f32; BLOCK], [0.0, 0.0, 0.0, f32::NEG_INFINITY]);
        assert_eq!(kernels.score_block(&[0; BLOCK], &[f32::NAN; BLOCK], &[0.0; BLOCK], terms, &mut scores), 0);
    }
}
