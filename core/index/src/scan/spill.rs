//! Which points stand in further clusters as well: SOAR (Sun, Simcha, Dopson, Guo and Kumar, arXiv 2404.00774).
//!
//! A search that goes through the nearest clusters misses a neighbour whose centroid is far from the query though the
//! neighbour is near: its residual points towards the query. A second cluster is worth most where the residual there is
//! at right angles to the first one, for then a query that misses the one seldom misses the other. Of a point x with
//! the residual r in its own cluster, the second is that of the nearest clusters whose centroid c has the least
//!
//! ```text
//! |x - c|² + λ <r / |r|, x - c>²
//! ```
//!
//! For a third one the second term is summed over the residuals in both. In memory half of the points have a second
//! cluster and none a third: those for which this loss is smallest beside |r|². More of them made searches no faster
//! (BENCHMARKS.md). For readers of ranges, to whom a cluster is a request, all have both. The clusters' last blocks, a
//! quarter of which would be empty, are filled besides.

use alloc::vec::Vec;

use super::centroids::Centroids;
use super::kept::row_of;
use super::shape::ScanShape;
use crate::cluster::Clusters;
use crate::ids::Ordinal;
use crate::kernel::{BLOCK, dot_f32};
use crate::parallel::map_ranges;
use crate::promised::Promised as _;
use crate::quant::{RabitqQuery, Rotated};

/// λ: any from 1 to 4 finds as much.
const ORTHOGONALITY: f32 = 1.5;
/// Clusters that further ones are chosen from. All of them would do no better.
const CHOICE: usize = 16;

/// A point and a further cluster that it would have.
#[derive(Debug, Clone, Copy)]
struct Offer {
    point: Ordinal,
    cluster: u32,
    /// What it would gain.
    gain: f32,
}

/// For each cluster the points of others that stand in it as well, ascending. Complexity: each point is compared with
/// the 1-bit codes of all centroids, and with `CHOICE` centroids.
pub(super) fn choose(
    clusters: &Clusters,
    vectors: &dyn Rotated,
    centroids: &Centroids<'_>,
    shape: &ScanShape,
) -> Vec<Vec<Ordinal>> {
    let further = shape.further as usize;
    let offers =
        map_ranges(clusters.ends.len(), 1, |range| offers_of(clusters, range.start, vectors, centroids, further));
    let mut offers: Vec<Offer> = offers.into_iter().flatten().collect();
    offers.sort_unstable_by(|a, b| b.gain.total_cmp(&a.gain).then((a.point, a.cluster).cmp(&(b.point, b.cluster))));
    let mut spilled: Vec<Vec<Ordinal>> = alloc::vec![Vec::new(); clusters.ends.len()];
    let sure = offers.len() / shape.one_of.max(1);
    for (place, offer) in offers.iter().enumerate() {
        let own = clusters.members(offer.cluster as usize).len();
        let Some(others) = spilled.get_mut(offer.cluster as usize) else { continue };
        if place < sure || !(own + others.len()).is_multiple_of(BLOCK) {
            others.push(offer.point);
        }
    }
    spilled.iter_mut().for_each(|others| others.sort_unstable());
    spilled
}

/// What the points of a cluster offer: those that lie at its centroid have nothing to gain.
fn offers_of(
    clusters: &Clusters,
    cluster: usize,
    vectors: &dyn Rotated,
    centroids: &Centroids<'_>,
    further: usize,
) -> Vec<Offer> {
    let dim = centroids.codes.dim();
    let centroid_of = |cluster: usize| clusters.centroids.get(cluster * dim..(cluster + 1) * dim).promised();
    let (mut vector, mut offers) = (Vec::with_capacity(dim), Vec::new());
    for &point in clusters.members(cluster) {
        vectors.get(point, &mut vector);
        let whole = dot_f32(&vector, &vector);
        let near = centroids.ranked(&centroids.codes.query(&vector), &RabitqQuery::new(&vector), CHOICE as u64);
        let mut near = near.unwrap_or_default();
        let nearest = core::iter::from_fn(|| near.pop()).map(|key| row_of(key) - 1).filter(|&c| c as usize != cluster);
        let mut choice: Vec<(u32, f32)> = nearest.take(CHOICE).map(|cluster| (cluster, 0.0)).collect();
        // With each cluster stands the second term of its loss, summed over the residuals so far.
        let (mut last, mut own) = (cluster, None);
        for _ in 0..further {
            let residual: Vec<f32> = vector.iter().zip(centroid_of(last)).map(|(x, c)| x - c).collect();
            let (squared, along) = (dot_f32(&residual, &residual), dot_f32(&residual, &vector));
            if squared <= 0.0 {
                break;
            }
            let own = *own.get_or_insert(squared);
            let losses = choice.iter_mut().enumerate().map(|(place, (second, along_residuals))| {
                let centroid = centroid_of(*second as usize);
                let aside = along - dot_f32(&residual, centroid);
                *along_residuals += ORTHOGONALITY * aside * aside / squared;
                let distance = whole - 2.0 * dot_f32(&vector, centroid) + dot_f32(centroid, centroid);
                (distance + *along_residuals, *second, place)
            });
            let Some((loss, second, place)) = losses.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))) else {
                break;
            };
            offers.push(Offer { point, cluster: second, gain: own / loss });
            choice.swap_remove(place);
            last = second as usize;
        }
    }
    offers
}
