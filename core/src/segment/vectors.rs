//! The sections of a vector field: codes, clusters, scan, graph.

use alloc::vec::Vec;

use super::decisions::Decisions;
use super::kinds::Kind;
use super::progress::{FieldProgress, REPORT_EVERY};
use super::proofs;
use super::table::TableWriter;
use crate::cluster::Clusters;
use crate::hnsw::{GraphBuilder, GraphParts};
use crate::ids::Ordinal;
use crate::model::{Coarse, Layout, PublishPhase, Tier, VectorField};
use crate::probe::{self, Probe};
use crate::quant::{CodeParts, Codes, Rotated, ScalarBuilder};
use crate::scan::{Measured, ScanBuilder, ScanParts, ScanShape};

/// Below this many points comparing all u8 codes is as fast as preparing a scan.
pub(super) const SCAN_MIN_POINTS: usize = 2_000;
/// Where codes of a few bits do not suit the data: below this many points comparing everything is faster than a walk.
/// Where they do, a scan of clusters takes about half the time of a walk, at 20,000 points and at 117,791 alike
/// (BENCHMARKS.md), so there is a graph only when the schema asks for one.
const GRAPH_MIN_POINTS: usize = 10_000;
/// What a walk at the default settings must find of a sample's neighbours. Where it does not, vectors have no structure
/// that a graph could follow, and comparing all is what keeps recall.
const GRAPH_MIN_RECALL: f64 = 0.9;
/// Rotated components from which on a graph is built steering by 1-bit codes. At 768 that takes 27 % less in
/// WebAssembly and as long natively among 20,000 points, at equal recall, and 10 % less among 117,791, at .003 less
/// (AVX-512). At 256, where a code is four cache lines, it takes as long or a tenth longer.
const STEERING_MIN_DIM: usize = 512;
/// Mixed into the hash that gives nodes their levels; any constant does.
const LEVEL_SEED: u64 = 0x6865_6164_7761_7465;

/// A vector field of the points of a segment.
pub(super) struct VectorInput<'a> {
    pub(super) position: usize,
    pub(super) field: &'a VectorField,
    /// The rotated vectors; zeros where a point has none.
    pub(super) vectors: &'a dyn Rotated,
    pub(super) points: usize,
    /// The points that have none.
    pub(super) absent: &'a [Ordinal],
    /// The field's clusters, when the points stand in their order.
    pub(super) clusters: Option<&'a Clusters>,
}

/// The codes of so many vectors. `progress` counts them.
fn encode(
    vectors: &dyn Rotated,
    points: usize,
    (field, tier): (&VectorField, Tier),
    progress: &mut dyn FnMut(u64),
) -> ScalarBuilder {
    let mut codes = ScalarBuilder::new(field.dim as usize, field.metric, tier);
    for start in (0..points).step_by(REPORT_EVERY) {
        progress(start as u64);
        codes.extend(vectors, start as Ordinal..(start + REPORT_EVERY).min(points) as Ordinal);
    }
    codes
}

#[cfg(test)]
std::thread_local! {
    /// Clusters from which on centroids stand in two levels, where a test wants them to with few points.
    pub(crate) static GROUPED_FROM: core::cell::Cell<Option<usize>> = const { core::cell::Cell::new(None) };
}

fn shape(field: &VectorField) -> ScanShape {
    match field.layout {
        Layout::Whole => ScanShape::WHOLE,
        #[cfg(test)]
        Layout::Ranges => {
            ScanShape { grouped_from: GROUPED_FROM.get().or(ScanShape::RANGES.grouped_from), ..ScanShape::RANGES }
        }
        #[cfg(not(test))]
        Layout::Ranges => ScanShape::RANGES,
    }
}

/// The clusters of a field's points, of which some have no vector. Eight bits find better ones, whatever will be
/// stored.
pub(super) fn clusters(
    vectors: &dyn Rotated,
    (points, absent): (usize, &[Ordinal]),
    field: &VectorField,
    progress: &mut FieldProgress<'_, '_>,
) -> Clusters {
    let mut encoded = encode(vectors, points, (field, Tier::U8), &mut |_| ());
    absent.iter().for_each(|&row| encoded.set_absent(row));
    Clusters::find(&encoded.view(), shape(field).points_per_cluster, &mut |done| {
        progress.tell(PublishPhase::Clusters, done)
    })
}

impl VectorInput<'_> {
    /// Writes all sections of the field; but codes that are to stand in records are returned, with their factors, for
    /// whoever has the rest of these.
    pub(super) fn write(&self, out: &mut TableWriter, progress: &mut FieldProgress<'_, '_>) -> Option<CodeParts> {
        if self.write_residuals(out, progress) {
            return None;
        }
        let count = &mut |done| progress.tell(PublishPhase::Codes, done);
        let mut encoded = encode(self.vectors, self.points, (self.field, self.field.codes), count);
        self.absent.iter().for_each(|&row| encoded.set_absent(row));
        let is_fetched = self.write_indexes(encoded.view(), out, progress);
        let parts = encoded.into_parts();
        out.add(Kind::CodeParameters, self.position, &[parts.params]);
        out.add(Kind::CodeFactors, self.position, &parts.factors);
        // Records are for candidates that lie together, so for points in the order of this field's clusters.
        if is_fetched && self.clusters.is_some() {
            return Some(parts);
        }
        out.add_bytes(Kind::Codes, self.position, parts.codes);
        None
    }

    /// Writes clusters and residual codes, where the field takes these: whether it does. All that is measured is
    /// measured with u8 codes then, which the clusters were found with as well.
    fn write_residuals(&self, out: &mut TableWriter, progress: &mut FieldProgress<'_, '_>) -> bool {
        let VectorField { codes: tier, graph, layout, .. } = self.field;
        let has_graph = graph.min_points.is_some_and(|points| self.points >= points.max(1) as usize);
        if *tier != Tier::U4 || *layout != Layout::Whole || has_graph || self.clusters.is_none() {
            return false;
        }
        let mut fine = encode(self.vectors, self.points, (self.field, Tier::U8), &mut |_| ());
        self.absent.iter().for_each(|&row| fine.set_absent(row));
        let codes = fine.view();
        let probes = probe::sample(&codes, self.vectors);
        let (Some(scan), measured) = self.scan(codes, &probes, ScanShape::SMALL, progress) else { return false };
        if !scan.takes_residuals(&codes) {
            return false;
        }
        let mut residuals = scan.residuals(self.vectors);
        self.absent.iter().for_each(|&row| residuals.set_absent(row));
        out.add(Kind::CodeParameters, self.position, &[residuals.params(fine.sections().params)]);
        out.add_bytes(Kind::ResidualCodes, self.position, residuals.codes);
        out.add(Kind::ResidualFactors, self.position, &residuals.factors);
        self.write_scan(scan, out);
        out.add(Kind::Decisions, self.position, &[Decisions::of(&probes, measured)]);
        true
    }

    /// Writes scan and graph, as far as they pay. Whether there is a scan for readers that fetch ranges.
    fn write_indexes(&self, codes: Codes<'_>, out: &mut TableWriter, progress: &mut FieldProgress<'_, '_>) -> bool {
        let asked = self.field.graph.min_points.map(|points| codes.len() >= points.max(1) as usize);
        let wanted = asked == Some(true);
        if codes.len() < SCAN_MIN_POINTS && !wanted {
            return false;
        }
        progress.tell(PublishPhase::Scan, 0);
        let probes = probe::sample(&codes, self.vectors);
        let (scan, measured) = self.scan(codes, &probes, shape(self.field), progress);
        let mut decisions = Decisions::of(&probes, measured);
        let pays = scan.is_none() && codes.len() >= GRAPH_MIN_POINTS;
        let is_fetched = scan.as_ref().is_some_and(|scan| scan.header.proof_bytes > 0);
        let told = &mut |done| progress.tell(PublishPhase::Graph, done);
        let graph = if asked.unwrap_or(pays) { self.graph(codes, scan.as_ref(), told) } else { None };
        if let Some(graph) = graph {
            let recall = graph.view().recall(&codes, &probes);
            decisions.graph_recall = recall as f32;
            if wanted || recall >= GRAPH_MIN_RECALL {
                self.write_graph(graph, out);
            }
        }
        if let Some(scan) = scan {
            self.write_scan(scan, out);
        }
        out.add(Kind::Decisions, self.position, &[decisions]);
        is_fetched
    }

    fn scan(
        &self,
        codes: Codes<'_>,
        probes: &[Probe],
        shape: ScanShape,
        progress: &mut FieldProgress<'_, '_>,
    ) -> (Option<ScanParts>, Measured) {
        if codes.len() < SCAN_MIN_POINTS || self.field.coarse == Coarse::None {
            return (None, Measured::default());
        }
        let found;
        let clusters = match self.clusters {
            Some(clusters) => clusters,
            None => {
                found = clusters(self.vectors, (self.points, self.absent), self.field, progress);
                &found
            }
        };
        // Sample, codes and measuring take about as long.
        progress.tell(PublishPhase::Scan, codes.len() as u64 / 3);
        ScanBuilder { vectors: self.vectors, codes, metric: self.field.metric, shape, clusters, probes }.finish()
    }

    fn write_scan(&self, mut scan: ScanParts, out: &mut TableWriter) {
        if scan.header.proof_bytes > 0 {
            let ends: Vec<usize> = scan.cluster_ends.iter().map(|end| end.bytes as usize).collect();
            out.add(Kind::PieceRoots, self.position, &proofs::prove(&mut scan.pieces, &ends));
        }
        out.add(Kind::ScanHeader, self.position, &[scan.header]);
        let mut centroids = scan.centroids;
        match scan.groups {
            Some(mut groups) => {
                let ends: Vec<usize> = groups.ends.iter().map(|end| end.bytes as usize).collect();
                out.add(Kind::GroupRoots, self.position, &proofs::prove(&mut groups.pieces, &ends));
                let header = [groups.header.read, groups.header.others];
                let ends: Vec<u32> =
                    header.into_iter().chain(groups.ends.iter().flat_map(|e| [e.members, e.bytes])).collect();
                out.add(Kind::GroupEnds, self.position, &ends);
                out.add_bytes(Kind::GroupPieces, self.position, groups.pieces);
                centroids = groups.centroids;
            }
            None => out.add(Kind::ClusterEnds, self.position, &scan.cluster_ends),
        }
        let centroids = centroids.into_parts();
        out.add(Kind::CentroidParameters, self.position, &[centroids.params]);
        out.add(Kind::CentroidCodes, self.position, &centroids.codes);
        out.add(Kind::CentroidFactors, self.position, &centroids.factors);
        if !scan.centroid_blocks.is_empty() {
            out.add(Kind::CentroidBlocks, self.position, &scan.centroid_blocks);
        }
        out.add_bytes(Kind::Pieces, self.position, scan.pieces);
        if let Some(order) = scan.order {
            out.add(Kind::ScanOrder, self.position, &order);
        }
    }

    fn graph(&self, codes: Codes<'_>, scan: Option<&ScanParts>, progress: &mut dyn FnMut(u64)) -> Option<GraphParts> {
        let builder = GraphBuilder::new(codes, self.field.graph, LEVEL_SEED)?;
        let Some(scan) = scan.filter(|scan| codes.dim() >= STEERING_MIN_DIM && scan.header.bits == 1) else {
            return Some(builder.finish(progress));
        };
        let aligned = scan.aligned();
        let rows = scan.view(&aligned).rows();
        Some(builder.steered_by(&rows).finish(progress))
    }

    fn write_graph(&self, parts: GraphParts, out: &mut TableWriter) {
        out.add(Kind::GraphHeader, self.position, &[parts.header]);
        out.add(Kind::GroundOffsets, self.position, &parts.ground_offsets);
        out.add(Kind::GroundLinks, self.position, &parts.ground_links);
        out.add(Kind::Levels, self.position, &parts.levels);
        out.add(Kind::UpperNodes, self.position, &parts.upper_nodes);
        out.add(Kind::UpperOffsets, self.position, &parts.upper_offsets);
        out.add(Kind::UpperLinks, self.position, &parts.upper_links);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hnsw::Graph;
    use crate::mix::splitmix64;
    use crate::model::Metric;

    /// Vectors of so many components, one behind the other, taken as rotated.
    struct Rows(Vec<f32>, usize);

    impl Rotated for Rows {
        fn get(&self, ordinal: Ordinal, rotated: &mut Vec<f32>) {
            rotated.clear();
            rotated.extend_from_slice(&self.0[ordinal as usize * self.1..][..self.1]);
        }
    }

    /// Whether a graph beside a scan of points around 40 centres is another than one without.
    fn steered(dim: usize) -> bool {
        let noise =
            |i: usize| (0..4).map(|part| splitmix64((i * 4 + part) as u64) as f32 / u64::MAX as f32 - 0.5).sum();
        let component = |i: usize, d: usize| -> f32 {
            let (centre, own): (f32, f32) = (noise(9_000_000 + i % 40 * dim + d), noise(i * dim + d));
            centre + own
        };
        let vectors: Vec<f32> = (0..2000 * dim).map(|at| component(at / dim, at % dim)).collect();
        let field = VectorField { dim: dim as u32, metric: Metric::Dot, ..VectorField::default() };
        let vectors = &Rows(vectors, dim);
        let input = VectorInput { position: 0, field: &field, vectors, points: 2000, absent: &[], clusters: None };
        let encoded = encode(vectors, 2000, (&field, field.codes), &mut |_| ());
        let codes = encoded.view();
        let mut nobody = |_, _, _| ();
        let told = &mut FieldProgress::new(&mut nobody, 0, 1, 2000);
        let scan = input.scan(codes, &probe::sample(&codes, vectors), ScanShape::WHOLE, told).0.unwrap();
        let graphs = [None, Some(&scan)].map(|scan| input.graph(codes, scan, &mut |_| ()).unwrap());
        for graph in &graphs {
            assert!(Graph::new(graph.sections(), 2000).is_ok());
        }
        graphs[0] != graphs[1]
    }

    #[test]
    fn graphs_of_long_vectors_are_built_steering_by_one_bit() {
        assert!(steered(STEERING_MIN_DIM));
        assert!(!steered(STEERING_MIN_DIM / 2));
    }
}
