//! Codes of four bits in planes: the signs of all components, then the next bit of each, and so on, as blocks have them
//! (see `quant::rabitq`). Bit k of byte j of a plane is that of component 8j + k.
//!
//! Unpacked to a byte a component they come in another order, in which unpacking is shifts of whole words. The query is
//! put in that order, once, instead of each code in the other.

use super::Width;
use super::view::{CodeQuery, Codes, Scores};
use crate::ids::Ordinal;
use crate::kernel::{Kernels, unpack_planes};

/// A query prepared for codes in planes.
#[derive(Debug, Clone, Default)]
pub struct PlaneQuery(CodeQuery);

impl PlaneQuery {
    /// Prepares a rotated query of as many components as `codes` have.
    #[inline(never)]
    #[must_use]
    pub fn new(rotated: &[f32], codes: &Codes<'_>) -> Self {
        let mut ordered = alloc::vec![0.0; rotated.len()];
        for (component, &value) in rotated.iter().enumerate() {
            let place = place_of(component, rotated.len() / 8);
            ordered.get_mut(place).into_iter().for_each(|to| *to = value);
        }
        Self(codes.query(&ordered))
    }

    /// The inner products with the codes of `dim` components that were [added](Scores::add_planes).
    #[inline(never)]
    pub fn dots<'s>(&self, dim: usize, scores: &'s mut Scores) -> &'s mut [f32] {
        let Scores { sums, scores, places, unpacked, .. } = scores;
        places.clear();
        places.extend(0..(unpacked.len() / dim.max(1)) as Ordinal);
        Kernels::best().dot_rows(unpacked, dim, places, &self.0.split, sums);
        let (each, off) = Width::Four.steps();
        let off = self.0.total.wrapping_mul(off.into());
        scores.clear();
        scores.extend(sums.iter().map(|sum| sum.wrapping_mul(each.into()).wrapping_sub(off) as f32 * self.0.scale));
        scores
    }
}

impl Scores {
    /// Forgets the codes that were added.
    pub fn clear(&mut self) {
        self.unpacked.clear();
    }

    /// Adds the planes of a code.
    #[inline(never)]
    pub fn add_planes(&mut self, planes: &[u8]) {
        let start = self.unpacked.len();
        self.unpacked.resize(start + 2 * planes.len(), 0);
        unpack_planes(planes, self.unpacked.get_mut(start..).unwrap_or_default());
    }
}

/// Where a component stands among unpacked ones, of planes of so many bytes.
const fn place_of(component: usize, width: usize) -> usize {
    component % 8 * width + component / 8
}

/// The numbers of a code, component by component.
pub fn numbers_in_planes(planes: &[u8]) -> impl Iterator<Item = f32> {
    let (width, mut unpacked) = (planes.len() / 4, alloc::vec![0; 2 * planes.len()]);
    unpack_planes(planes, &mut unpacked);
    let (each, off) = Width::Four.steps();
    (0..8 * width).map(move |component| {
        let level = unpacked.get(place_of(component, width)).copied().unwrap_or_default();
        f32::from(i16::from(level) * each - off)
    })
}
