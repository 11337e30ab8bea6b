//! Encodes the points of clusters.

use alloc::vec::Vec;

use super::{FACTORS, LEAST_DIM, PLANES};
use crate::copies::Copies;
use crate::ids::Ordinal;
use crate::parallel::map_ranges;
use crate::quant::{Codes, LEAST_STEP, RabitqBuilder, Rotated, ScalarParameters};
use crate::scan::ScanParts;

/// Bits of a component, with its sign.
const BITS: u32 = PLANES + 1;

/// The sections of finished residual codes.
#[derive(Debug, Clone, Default)]
pub struct ResidualParts {
    /// Three planes a point, by ordinal.
    pub codes: Vec<u8>,
    /// F and A of each.
    pub factors: Vec<f32>,
}

impl ScanParts {
    /// Whether residual codes can stand beside these clusters. `codes` are of the same vectors.
    ///
    /// Points that are equal must have equal scores. They choose one cluster, but one of very many points is cut, and
    /// then their centroids differ in the last bits.
    #[must_use]
    pub fn takes_residuals(&self, codes: &Codes<'_>) -> bool {
        let is_plain = self.order.is_none() && self.groups.is_none() && self.header.bits == 1;
        let cluster = |point: Ordinal| self.cluster_ends.partition_point(|end| end.points <= point);
        let stand_together = |group: &Vec<Ordinal>| {
            let mut pairs = group.windows(2).filter_map(|pair| pair.first().zip(pair.last()));
            let may_differ = |a, b| codes.factors_of(a) != codes.factors_of(b) || codes.is_absent(a);
            pairs.all(|(&a, &b)| may_differ(a, b) || cluster(a) == cluster(b))
        };
        is_plain && codes.dim() >= LEAST_DIM && Copies::find(codes).groups.iter().all(stand_together)
    }

    /// The residual codes of all points.
    #[must_use]
    pub fn residuals(&self, vectors: &dyn Rotated) -> ResidualParts {
        let coded = self.centroids.view();
        let parts = map_ranges(self.cluster_ends.len(), 1, |range| {
            let end = |cluster: usize| self.cluster_ends.get(cluster).map_or(0, |end| end.points);
            let members = range.start.checked_sub(1).map_or(0, end)..end(range.start);
            // As a search reads it.
            let centroid: Vec<f32> = coded.decode(range.start as Ordinal + 1).collect();
            let (mut part, mut vector, mut bits) = (ResidualParts::default(), Vec::new(), RabitqBuilder::new(BITS));
            for ordinal in members {
                vectors.get(ordinal, &mut vector);
                let (levels, [add, scale]) = bits.code(self.metric, &centroid, &vector);
                for plane in (0..PLANES).rev() {
                    let byte =
                        |eight: &[u8]| (0..).zip(eight).fold(0, |byte, (place, l)| byte | (l >> plane & 1) << place);
                    part.codes.extend(levels.chunks(8).map(byte));
                }
                // 0 says that there is no vector.
                part.factors.extend([scale.max(LEAST_STEP), add]);
            }
            part
        });
        let mut all = ResidualParts::default();
        for part in parts {
            all.codes.extend(part.codes);
            all.factors.extend(part.factors);
        }
        all
    }
}

impl ResidualParts {
    /// What is said of them, from what is said of other codes of the same vectors.
    #[must_use]
    pub fn params(&self, of_others: ScalarParameters) -> ScalarParameters {
        of_others.with_bits(PLANES)
    }

    /// Says that a point has no vector.
    pub fn set_absent(&mut self, row: Ordinal) {
        let at = row as usize * FACTORS;
        self.factors.get_mut(at..at + FACTORS).into_iter().for_each(|factors| factors.fill(0.0));
    }
}
