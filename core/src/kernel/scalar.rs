//! The naive twin of each kernel: what it computes, with no regard to speed.

/// The sum of code times value, wrapping.
#[must_use]
pub fn dot_u8_i16(codes: &[u8], values: &[i16]) -> i32 {
    codes.iter().zip(values).fold(0i32, |sum, (&c, &v)| sum.wrapping_add(i32::from(c).wrapping_mul(i32::from(v))))
}

/// The inner product with the kernel's order of additions: position `i` goes to running sum `i % 8`.
#[must_use]
pub fn dot_f32(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; 8];
    for (i, (x, y)) in a.iter().zip(b).enumerate() {
        if let Some(sum) = sums.get_mut(i % 8) {
            *sum += x * y;
        }
    }
    add_pairwise(sums)
}

/// Adds eight running sums in one fixed order.
#[must_use]
pub(super) fn add_pairwise([a, b, c, d, e, f, g, h]: [f32; 8]) -> f32 {
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
