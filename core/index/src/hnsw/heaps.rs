//! How copies hang on the one of them that is in the graph.
//!
//! ```text
//! graph ── first ── second copy ── others, branching off in the order of their ordinals
//!                        └── middle of a line: copies of nearly the same scale, each with its own equals as branches
//! ```
//!
//! Equal copies are a tree that goes by ordinals: a copy is met after all that have lower ones, so where only some of
//! them are kept, these are the ones. On a line, a query's scores rise to one place and fall from there: links to both
//! sides, near and ever further, lead to it from anywhere. No link leads back into the graph: whoever is at a copy came
//! from the first, which has seen all its neighbours.

use alloc::vec::Vec;

use super::edges::Chooser;
use super::level::Level;
use crate::ids::Ordinal;
use crate::quant::Codes;

/// How much further each link along a line leads than the one before, at least, as a power of two.
const STRIDE_POWER: u32 = 2;

/// Links the copies of each group, which stand by scale, to its first point.
pub(super) fn link(codes: &Codes<'_>, groups: &[Vec<Ordinal>], ground: &mut Level) {
    let mut chooser = Chooser::default();
    for group in groups {
        let scale = |o: &Ordinal| codes.factors_of(*o).0;
        let kinds: Vec<&[Ordinal]> = group.chunk_by(|a, b| scale(a) == scale(b)).collect();
        let Some((equal, line)) = kinds.split_first() else { continue };
        let Some((&first, copies)) = equal.split_first() else { continue };
        let middle = line.get(line.len() / 2).and_then(|kind| kind.first()).copied();
        let Some(next) = copies.first().copied().or(middle) else { continue };
        let mut neighbours = ground.neighbours(first).to_vec();
        if neighbours.len() == ground.most() {
            neighbours = chooser.prune(codes, first, &neighbours, ground.most() - 1);
        }
        neighbours.push(next);
        ground.set(first, &neighbours);
        branch(ground, copies, middle);
        link_line(ground, line);
    }
}

/// Lets equal copies branch off from the first of them, which leads `beside` as well.
fn branch(ground: &mut Level, copies: &[Ordinal], beside: Option<Ordinal>) {
    let Some((_, mut others)) = copies.split_first() else { return };
    let mut links: Vec<Ordinal> = beside.into_iter().collect();
    for &parent in copies {
        let (branches, left) = others.split_at(others.len().min(ground.most() - links.len()));
        links.extend_from_slice(branches);
        ground.set(parent, &links);
        links.clear();
        others = left;
        if others.is_empty() {
            return;
        }
    }
}

/// Links each place of a line to others on both sides, and to its own copies.
fn link_line(ground: &mut Level, line: &[&[Ordinal]]) {
    // A link to a copy, and as many to one side as to the other.
    let strides = ground.most().saturating_sub(1) / 2;
    let reach = |stride: usize| (0..strides).fold(1usize, |reach, _| reach.saturating_mul(stride));
    let stride = (STRIDE_POWER..usize::BITS).map(|power| 1 << power).find(|&stride| reach(stride) >= line.len());
    let stride = stride.unwrap_or(usize::MAX);
    let at = |place: Option<usize>| line.get(place?).and_then(|kind| kind.first()).copied();
    for (place, kind) in line.iter().enumerate() {
        let Some((&first, copies)) = kind.split_first() else { continue };
        let mut links: Vec<Ordinal> = copies.first().copied().into_iter().collect();
        let mut distance = 1;
        for _ in 0..strides {
            links.extend(at(place.checked_sub(distance)));
            links.extend(at(place.checked_add(distance)));
            distance = distance.saturating_mul(stride);
        }
        ground.set(first, &links);
        branch(ground, copies, None);
    }
}
