//! Lloyd's k-means over u8 codes.

use alloc::vec::Vec;

use super::GROUPS_PER_POINT;
use crate::ids::Ordinal;
use crate::kernel::dot_f32;
use crate::parallel::map_ranges;
use crate::promised::Promised as _;
use crate::quant::{CodeQuery, Codes, Scores};

/// Rounds; later ones move few points.
pub(super) const ROUNDS: usize = 8;
/// Points a cluster that training looks at: more change the centroids little.
const SAMPLE_PER_CLUSTER: usize = 64;
/// Points compared with all centroids at a time: their codes stay in the first caches.
const POINTS_AT_ONCE: usize = 256;

/// Points divided among centroids. `reassign` may leave a cluster empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Partition {
    pub(super) members: Vec<Vec<Ordinal>>,
    pub(super) centroids: Vec<f32>,
}

impl Partition {
    fn of(codes: &Codes<'_>, points: &[Ordinal], nearest: &[(f32, u32)], count: usize) -> Self {
        let mut members: Vec<Vec<Ordinal>> = alloc::vec![Vec::new(); count];
        for (&point, &(_, cluster)) in points.iter().zip(nearest) {
            if let Some(members) = members.get_mut(cluster as usize) {
                members.push(point);
            }
        }
        members.retain(|m| !m.is_empty());
        let mut centroids = Vec::with_capacity(members.len() * codes.dim());
        members.iter().for_each(|m| append_mean(codes, m, &mut centroids));
        Self { members, centroids }
    }

    /// The same in another order.
    pub(super) fn reordered(&self, order: &[usize]) -> Self {
        let dim = self.centroids.len() / self.members.len().max(1);
        let centroid = |i: &usize| self.centroids.get(i * dim..(i + 1) * dim).promised();
        Self {
            members: order.iter().filter_map(|&i| self.members.get(i).cloned()).collect(),
            centroids: order.iter().flat_map(centroid).copied().collect(),
        }
    }
}

/// Divides `points` among at most `count` clusters, starting from evenly spaced points.
pub(super) fn run(codes: &Codes<'_>, points: &[Ordinal], count: usize) -> Partition {
    let count = count.clamp(1, points.len().max(1));
    let step = (points.len() / (count * SAMPLE_PER_CLUSTER)).max(1);
    let sample: Vec<Ordinal> = points.iter().copied().step_by(step).collect();
    let mut centroids = Vec::with_capacity(count * codes.dim());
    for i in 0..count {
        let start = sample.get(i * sample.len() / count);
        start.into_iter().for_each(|&point| append_mean(codes, &[point], &mut centroids));
    }
    for _ in 0..ROUNDS {
        let nearest = Centroids::new(codes, &centroids).nearest(codes, &sample);
        centroids = Partition::of(codes, &sample, &nearest, count).centroids;
    }
    let nearest = Centroids::new(codes, &centroids).nearest(codes, points);
    Partition::of(codes, points, &nearest, count)
}

/// Centroids as queries of the codes.
struct Centroids(Vec<(CodeQuery, f32)>);

impl Centroids {
    fn new(codes: &Codes<'_>, centroids: &[f32]) -> Self {
        Self(centroids.chunks(codes.dim()).map(|c| (codes.query(c), dot_f32(c, c) / 2.0)).collect())
    }

    /// Calls `compare` with each row's position, each centroid's, and how near they are: what |x - c|² leaves when
    /// the part is taken out that is the same for all centroids, negated.
    fn compare(&self, codes: &Codes<'_>, rows: &[Ordinal], mut compare: impl FnMut(usize, u32, f32)) {
        let mut scores = Scores::default();
        for (centroid, (query, half_squared)) in (0..).zip(&self.0) {
            let dots = codes.dot_rows(query, rows, &mut scores);
            dots.iter().enumerate().for_each(|(row, dot)| compare(row, centroid, dot - half_squared));
        }
    }

    /// The nearest centroid of each point and how near it is; of equally near ones the first.
    fn nearest(&self, codes: &Codes<'_>, points: &[Ordinal]) -> Vec<(f32, u32)> {
        let parts = map_ranges(points.len(), POINTS_AT_ONCE, |range| {
            let rows = points.get(range).promised();
            let mut best = alloc::vec![(f32::NEG_INFINITY, 0u32); rows.len()];
            self.compare(codes, rows, |row, centroid, score| {
                if let Some(best) = best.get_mut(row).filter(|b| score > b.0) {
                    *best = (score, centroid);
                }
            });
            best
        });
        parts.concat()
    }

    /// The `count` nearest centroids of each point, as pairs of centroid and point.
    fn several(&self, codes: &Codes<'_>, points: &[Ordinal], count: usize) -> Vec<(u32, Ordinal)> {
        let parts = map_ranges(points.len(), POINTS_AT_ONCE, |range| {
            let rows = points.get(range).promised();
            let mut near: Vec<Vec<(f32, u32)>> = alloc::vec![Vec::with_capacity(count + 1); rows.len()];
            self.compare(codes, rows, |row, centroid, score| {
                let Some(near) = near.get_mut(row) else { return };
                let place = near.partition_point(|other| other.0 >= score);
                if place < count {
                    near.insert(place, (score, centroid));
                    near.truncate(count);
                }
            });
            let pairs = near.iter().zip(rows).flat_map(|(near, &point)| near.iter().map(move |n| (n.1, point)));
            pairs.collect::<Vec<(u32, Ordinal)>>()
        });
        parts.concat()
    }
}

/// Gives each point to the nearest cluster of the [`GROUPS_PER_POINT`] groups that are nearest to it: a
/// point near the border of its group may have its cluster in the next one. Centroids stay as they were.
///
/// `compared` counts points that were compared with the centroids of one group.
pub(super) fn reassign(
    codes: &Codes<'_>,
    points: &[Ordinal],
    groups: &Partition,
    leaves: &mut [Partition],
    compared: &mut dyn FnMut(usize),
) {
    let pairs = Centroids::new(codes, &groups.centroids).several(codes, points, GROUPS_PER_POINT);
    compared(points.len());
    let mut candidates: Vec<Vec<Ordinal>> = alloc::vec![Vec::new(); leaves.len()];
    for (group, point) in pairs {
        if let Some(points) = candidates.get_mut(group as usize) {
            points.push(point);
        }
    }
    let mut best = alloc::vec![(f32::NEG_INFINITY, 0usize, 0u32); codes.len()];
    for (group, (leaf, candidates)) in leaves.iter().zip(&candidates).enumerate() {
        let nearest = Centroids::new(codes, &leaf.centroids).nearest(codes, candidates);
        compared(candidates.len());
        for (&point, (score, cluster)) in candidates.iter().zip(nearest) {
            if let Some(best) = best.get_mut(point as usize).filter(|b| score > b.0) {
                *best = (score, group, cluster);
            }
        }
    }
    leaves.iter_mut().flat_map(|l| &mut l.members).for_each(Vec::clear);
    for &point in points {
        let Some(&(_, group, cluster)) = best.get(point as usize) else { continue };
        if let Some(members) = leaves.get_mut(group).and_then(|l| l.members.get_mut(cluster as usize)) {
            members.push(point);
        }
    }
    for leaf in leaves {
        leaf.members.retain(|m| !m.is_empty());
        leaf.centroids.clear();
        leaf.members.iter().for_each(|m| append_mean(codes, m, &mut leaf.centroids));
    }
}

/// Appends the mean of the decoded points, added in the order in which they stand.
pub(super) fn append_mean(codes: &Codes<'_>, points: &[Ordinal], means: &mut Vec<f32>) {
    let mut sums = alloc::vec![0f32; codes.dim()];
    for &point in points {
        sums.iter_mut().zip(codes.decode(point)).for_each(|(sum, x)| *sum += x);
    }
    let count = points.len().max(1) as f32;
    means.extend(sums.iter().map(|sum| sum / count));
}
