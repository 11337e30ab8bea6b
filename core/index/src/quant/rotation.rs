//! A fixed random-looking rotation: it spreads what a few components hold over all of them.

use alloc::vec::Vec;

use wide::f32x8;

use crate::ids::Ordinal;
use crate::mix::splitmix64;
use crate::promised::Promised as _;

/// Rounds of signs, Hadamard transform and transposition; after two every component has met every other.
const ROUNDS: u64 = 3;
/// Longer vectors are padded to a multiple of this: eight rows of eight lanes.
const UNIT: usize = 64;
/// The shortest code: one chunk of the integer kernel.
const SHORTEST: usize = 16;

/// Components of a rotated vector of `dim` components: a multiple of 64, below that a power of two from 16 on.
#[must_use]
pub const fn rotated_dim(dim: usize) -> usize {
    if dim > UNIT / 2 {
        dim.next_multiple_of(UNIT)
    } else if dim > SHORTEST {
        UNIT / 2
    } else {
        SHORTEST
    }
}

/// The rotated vectors of points, each made when it is asked for: to keep them all would take as much memory again as
/// the vectors themselves, for a tenth of the time that building takes.
pub trait Rotated: Sync {
    /// Replaces what is in `rotated` by the vector of a point: zeros where it has none.
    fn get(&self, ordinal: Ordinal, rotated: &mut Vec<f32>);
}

/// Vectors of so many components that are rotated already, one behind the other.
impl Rotated for (&[f32], usize) {
    fn get(&self, ordinal: Ordinal, rotated: &mut Vec<f32>) {
        let (all, dim) = *self;
        rotated.clear();
        rotated.extend_from_slice(all.get(ordinal as usize * dim..(ordinal as usize + 1) * dim).promised());
    }
}

/// Appends `vector`, rotated, to `rotated`: [`rotated_dim`] components. Lengths and inner products stay.
///
/// Signs from a hash, then a Hadamard transform of rows of eight lanes, then blocks of 8 x 8 transposed, so
/// that the next transform mixes lanes too: the fast rotation of RaBitQ (arXiv 2405.12497, section 3.1) laid
/// out for vector registers. Where the number of rows is no power of two, the first and the last rows are
/// transformed one after the other, overlapping. Complexity: O(d log d).
pub fn rotate(vector: &[f32], rotated: &mut Vec<f32>) {
    let mut rows = rows_of(vector);
    rows.resize(rotated_dim(vector.len()) / 8, f32x8::ZERO);
    for round in 0..ROUNDS {
        if round > 0 {
            mix_lanes(&mut rows, false);
        }
        turn_signs(&mut rows, round);
        let power = 1 << rows.len().ilog2();
        if let Some(front) = rows.get_mut(..power) {
            hadamard(front);
        }
        if power < rows.len() {
            let start = rows.len() - power;
            hadamard(rows.get_mut(start..).promised());
        }
    }
    rotated.extend(rows.iter().flat_map(|row| row.to_array()));
}

/// The vector of `dim` components that [`rotate`] makes this of, but for rounding: every step backwards.
#[must_use]
pub fn unrotate(rotated: &[f32], dim: usize) -> Vec<f32> {
    let mut rows = rows_of(rotated);
    if rows.is_empty() {
        return Vec::new();
    }
    let power = 1 << rows.len().ilog2();
    for round in (0..ROUNDS).rev() {
        if power < rows.len() {
            let start = rows.len() - power;
            hadamard(rows.get_mut(start..).promised());
        }
        if let Some(front) = rows.get_mut(..power) {
            hadamard(front);
        }
        turn_signs(&mut rows, round);
        if round > 0 {
            mix_lanes(&mut rows, true);
        }
    }
    rows.iter().flat_map(|row| row.to_array()).take(dim).collect()
}

fn rows_of(vector: &[f32]) -> Vec<f32x8> {
    vector.chunks(8).map(|c| f32x8::new(core::array::from_fn(|i| c.get(i).copied().unwrap_or(0.0)))).collect()
}

// Not copied into `rotate` and `unrotate`, which call it a few times a vector: the engine would be larger.
#[inline(never)]
fn turn_signs(rows: &mut [f32x8], round: u64) {
    for (index, row) in rows.iter_mut().enumerate() {
        let bits = splitmix64(round << 32 | index as u64);
        *row *= f32x8::new(core::array::from_fn(|lane| if bits >> lane & 1 == 0 { 1.0 } else { -1.0 }));
    }
}

/// Makes lanes rows: blocks of eight rows by transposing them, which undoes itself. Fewer rows by dealing their
/// components out to as many, or `back` from there.
// Not copied, as above.
#[inline(never)]
fn mix_lanes(rows: &mut [f32x8], back: bool) {
    let count = rows.len();
    if count >= 8 {
        return rows.as_chunks_mut::<8>().0.iter_mut().for_each(|block| *block = f32x8::transpose(*block));
    }
    let all: Vec<f32> = rows.iter().flat_map(|row| row.to_array()).collect();
    let [every, apart] = if back { [count, 8] } else { [8, count] };
    let from = |place: usize| place % every * apart + place / every;
    for (index, row) in rows.iter_mut().enumerate() {
        *row = f32x8::new(core::array::from_fn(|lane| all.get(from(index * 8 + lane)).copied().unwrap_or(0.0)));
    }
}

// Not copied either, as above.
#[inline(never)]
fn hadamard(rows: &mut [f32x8]) {
    let mut half = 1;
    while half < rows.len() {
        for pair in rows.chunks_exact_mut(2 * half) {
            let (a, b) = pair.split_at_mut(half);
            for (x, y) in a.iter_mut().zip(b) {
                (*x, *y) = (*x + *y, *x - *y);
            }
        }
        half *= 2;
    }
    let scale = f32x8::splat(1.0 / libm::sqrtf(rows.len() as f32));
    rows.iter_mut().for_each(|row| *row *= scale);
}
