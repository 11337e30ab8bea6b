use alloc::vec::Vec;

use proptest::prelude::*;

use super::*;

fn padded(codes: &[u8]) -> Vec<u8> {
    let mut padded = codes.to_vec();
    padded.resize(codes.len().next_multiple_of(LANES), 200);
    padded
}

proptest! {
    #[test]
    fn integer_kernel_equals_its_twin(pairs in prop::collection::vec((any::<u8>(), any::<i16>()), 0..300)) {
        let (codes, values): (Vec<u8>, Vec<i16>) = pairs.into_iter().unzip();
        // Padding codes are arbitrary: the padded query is zero there.
        prop_assert_eq!(dot_u8_i16(&padded(&codes), &SplitQuery::new(&values)), scalar::dot_u8_i16(&codes, &values));
    }

    #[test]
    fn float_kernel_equals_its_twin_to_the_bit(pairs in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 0..300)) {
        let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
        prop_assert_eq!(dot_f32(&a, &b).to_bits(), scalar::dot_f32(&a, &b).to_bits());
    }
}

#[test]
fn the_largest_codes_and_values_do_not_overflow_a_pair() {
    let codes = [255u8; 16];
    let values = [i16::MIN; 16];
    assert_eq!(dot_u8_i16(&codes, &SplitQuery::new(&values)), 16 * 255 * i32::from(i16::MIN));
}
