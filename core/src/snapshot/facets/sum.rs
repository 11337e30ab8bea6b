//! A sum that is rounded once, at the end: whatever the order of the points, in segments or not, it is the same number.
//!
//! All floats are multiples of 2^-1074, so their sum is a whole number of these, here of some 2,100 bits (Neal, "Fast
//! exact summation using small and large superaccumulators", 2015). Adding is three additions of integers. A sum of
//! rounded floats would show where a publish has put the points.

/// Bits of a limb that its place stands for; the rest is room for carries.
const LIMB_BITS: u32 = 32;
/// The largest float begins at bit 2,045 and has 53 bits; more of them need up to 32 more.
const LIMBS: usize = 67;
/// The exponent of the unit.
const UNIT: i32 = -1074;
/// Each addition adds less than 2^32 to a limb.
const CARRY_AFTER: u32 = 1 << 30;

/// See the module.
pub(super) struct ExactSum {
    /// Lowest first, each of either sign.
    limbs: [i64; LIMBS],
    /// Since carries were taken on.
    added: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { limbs: [0; LIMBS], added: 0 }
    }
}

impl ExactSum {
    /// Adds a finite number.
    pub(super) fn add(&mut self, number: f64) {
        let bits = number.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as u32, bits & ((1 << 52) - 1));
        // The least exponent has no leading bit, and stands for the same as the next.
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        let start = exponent.saturating_sub(1);
        let mut rest = u128::from(mantissa) << (start % LIMB_BITS);
        for limb in self.limbs.iter_mut().skip((start / LIMB_BITS) as usize).take(3) {
            let part = i64::from(rest as u32);
            *limb += if number < 0.0 { -part } else { part };
            rest >>= LIMB_BITS;
        }
        self.added += 1;
        if self.added >= CARRY_AFTER {
            self.carry();
        }
    }

    /// Leaves in every limb but the last what its place stands for, and takes on the rest.
    fn carry(&mut self) {
        self.added = 0;
        let mut carry = 0;
        let (lower, last) = self.limbs.split_at_mut(LIMBS - 1);
        for limb in lower {
            let sum = *limb + carry;
            carry = sum >> LIMB_BITS;
            *limb = sum & ((1 << LIMB_BITS) - 1);
        }
        last.iter_mut().for_each(|limb| *limb += carry);
    }

    /// The nearest float, of two the even one; infinite where none reaches it.
    pub(super) fn rounded(mut self) -> f64 {
        self.carry();
        let is_negative = self.limbs.last().is_some_and(|&limb| limb < 0);
        if is_negative {
            self.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            self.carry();
        }
        let top = self.limbs.iter().rposition(|&limb| limb != 0).unwrap_or_default();
        let low = top.saturating_sub(2);
        let (below, window) = self.limbs.split_at(low);
        let window = window.iter().take(3).rev().fold(0u128, |all, &limb| all << LIMB_BITS | limb as u128);
        // What lies below only decides which way half of the last bit goes.
        let sticky = u128::from(below.iter().any(|&limb| limb != 0));
        let size = libm::scalbn((window | sticky) as f64, (low as u32 * LIMB_BITS) as i32 + UNIT);
        if is_negative { -size } else { size }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn sum(numbers: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        numbers.iter().for_each(|&number| sum.add(number));
        sum.rounded()
    }

    #[test]
    fn sums_are_rounded_once() {
        assert_eq!(sum(&[]), 0.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e16, 1.0, 1e-16]), 10_000_000_000_000_002.0);
        assert_eq!(sum(&[1e16, 1.0, -1e-16]), 1e16);
        assert_eq!(sum(&[1e100, 1.0, -1e100]), 1.0);
        assert_eq!(sum(&[-1e16, -1.0, -1e-300]), -10_000_000_000_000_002.0);
        assert_eq!(sum(&[1e16, 1.0, 5e-324]), 10_000_000_000_000_002.0);
        assert_eq!(sum(&[f64::MAX, 1e300, -f64::MAX]), 1e300);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[-f64::MAX, -f64::MAX]), -f64::INFINITY);
        assert_eq!(sum(&[5e-324, 5e-324, -1e-323]), 0.0);
        assert_eq!(sum(&[f64::MIN_POSITIVE, -5e-324]), f64::from_bits(f64::MIN_POSITIVE.to_bits() - 1));
        assert_eq!(sum(&[-3.0, 1.0]), -2.0);
        assert!(sum(&[-0.0, 0.0]).is_sign_positive());
    }

    proptest! {
        #[test]
        fn one_number_is_its_sum(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                prop_assert_eq!(sum(&[number]), number);
                prop_assert_eq!(sum(&[number, 1.5, -number]), 1.5);
            }
        }

        /// Of whole numbers times a power of two, which 128 bits add exactly.
        #[test]
        fn sums_are_those_of_exact_arithmetic(numbers in prop::collection::vec((any::<i32>(), 0u32..60), 0..40), turn in 0usize..40) {
            let exact: i128 = numbers.iter().map(|(n, shift)| i128::from(*n) << shift).sum();
            let mut floats: Vec<f64> = numbers.iter().map(|(n, shift)| f64::from(*n) * (1u64 << shift) as f64).collect();
            prop_assert_eq!(sum(&floats), exact as f64);
            // Far from there it is the same.
            let far: Vec<f64> = floats.iter().map(|&n| libm::scalbn(n, -300)).collect();
            prop_assert_eq!(sum(&far), libm::scalbn(exact as f64, -300));
            let turn = turn.min(floats.len());
            floats.rotate_left(turn);
            prop_assert_eq!(sum(&floats), exact as f64);
        }
    }
}
