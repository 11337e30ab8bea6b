//! The mean of rows, scaled to length 1.
//!
//! Every target gives the same bits: int8 rows are summed in `i32`, everything else in `f64`, rows
//! in the order of the tokens and squares in the order of the dimensions; products and sums are
//! rounded separately (Rust never fuses them by itself); the root is `libm`'s, and the last step
//! rounds to `f32` once.

use alloc::vec;
use alloc::vec::Vec;

use super::table::{self, Number, Table};
use crate::parts::Stretch;

/// The mean of the rows of `ids`; scaled to length 1 if `normalize`. Zeros if there are no ids, or
/// if the table holds NaN or infinity there, so that a vector is always finite.
pub(super) fn mean(table: &Table, file: Stretch<'_>, ids: &[u32], normalize: bool) -> Vec<f32> {
    let sums = if table.number() == Number::I8 && !table.has_weights() {
        sum_int8(table, file, ids)
    } else {
        sum_weighted(table, file, ids)
    };
    let squares = sums.iter().fold(0.0, |total: f64, x| total + x * x);
    let divisor = if normalize { libm::sqrt(squares) } else { ids.len() as f64 };
    if squares == 0.0 || !squares.is_finite() || divisor == 0.0 {
        return vec![0.0; table.dim()];
    }
    let vector: Vec<f32> = sums.iter().map(|x| (x / divisor) as f32).collect();
    if vector.iter().all(|x| x.is_finite()) { vector } else { vec![0.0; table.dim()] }
}

fn sum_int8(table: &Table, file: Stretch<'_>, ids: &[u32]) -> Vec<f64> {
    // A text has at most MAX_NORMALIZED_BYTES tokens: 2^18 times 128 is far below 2^31.
    let mut sums = vec![0i32; table.dim()];
    for id in ids {
        let row: &[i8] = bytemuck::cast_slice(table.row(file, *id));
        for (sum, x) in sums.iter_mut().zip(row) {
            *sum += i32::from(*x);
        }
    }
    sums.into_iter().map(f64::from).collect()
}

fn sum_weighted(table: &Table, file: Stretch<'_>, ids: &[u32]) -> Vec<f64> {
    let mut sums = vec![0f64; table.dim()];
    for id in ids {
        let row = table.row(file, *id);
        let weight = table.weight(*id);
        match table.number() {
            Number::I8 => add_row(&mut sums, row, weight, |[b]| f64::from(b as i8)),
            Number::F16 => add_row(&mut sums, row, weight, table::half),
            Number::Bf16 => add_row(&mut sums, row, weight, table::brain),
            Number::F32 => add_row(&mut sums, row, weight, table::single),
            Number::F64 => add_row(&mut sums, row, weight, f64::from_le_bytes),
            // `Table::parse` admits no other type.
            Number::I32 | Number::I64 => {}
        }
    }
    sums
}

fn add_row<const BYTES: usize>(sums: &mut [f64], row: &[u8], weight: f64, decode: impl Fn([u8; BYTES]) -> f64) {
    let (numbers, _) = row.as_chunks::<BYTES>();
    for (sum, bytes) in sums.iter_mut().zip(numbers) {
        *sum += weight * decode(*bytes);
    }
}
