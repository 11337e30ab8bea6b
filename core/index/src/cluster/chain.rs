//! Orders centroids so that neighbours in the order are near: nearest-neighbour chain.

use alloc::vec::Vec;

use crate::kernel::dot_f32;

/// The positions of `centroids`, from the first on each followed by the nearest one that is left. Complexity: O(k²)
/// distances.
pub(super) fn order(centroids: &[f32], dim: usize) -> Vec<usize> {
    let rows: Vec<&[f32]> = centroids.chunks(dim.max(1)).collect();
    let mut left: Vec<(usize, f32)> = rows.iter().map(|c| dot_f32(c, c)).enumerate().collect();
    let mut order = Vec::with_capacity(rows.len());
    let mut last: Option<&[f32]> = None;
    while !left.is_empty() {
        let distance = |&(index, squared): &(usize, f32)| {
            let along = last.zip(rows.get(index)).map_or(0.0, |(last, row)| dot_f32(last, row));
            if last.is_some() { squared - 2.0 * along } else { 0.0 }
        };
        let nearest =
            left.iter().map(distance).enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(place, _)| place);
        let (index, _) = left.swap_remove(nearest);
        order.push(index);
        last = rows.get(index).copied();
    }
    order
}
