//! The sections of a vector field: codes, clusters, scan, graph.

use super::table::{Kind, TableWriter};
use crate::cluster::Clusters;
use crate::hnsw::{GraphBuilder, GraphParts};
use crate::model::{Coarse, Tier, VectorField};
use crate::probe::{self, Probe};
use crate::quant::{Codes, ScalarBuilder, rotated_dim};
use crate::scan::{ScanBuilder, ScanParts};

/// Below this many points comparing all u8 codes is as fast as preparing a scan of 1-bit codes.
pub(super) const SCAN_MIN_POINTS: usize = 2_000;
/// Where 1-bit codes do not suit the data: below this many points comparing everything is faster than a walk. Where they
/// do, a scan of clusters takes about half the time of a walk, at 20,000 points and at 117,791 alike (BENCHMARKS.md), so
/// there is a graph only when the schema asks for one.
const GRAPH_MIN_POINTS: usize = 10_000;
/// What a walk at the default settings must find of a sample's neighbours. Where it does not, vectors have no structure that
/// a graph could follow, and comparing all is what keeps recall.
const GRAPH_MIN_RECALL: f64 = 0.9;
/// Mixed into the hash that gives nodes their levels; any constant does.
const LEVEL_SEED: u64 = 0x6865_6164_7761_7465;

/// A vector field of the points of a segment.
pub(super) struct VectorInput<'a> {
    pub(super) position: usize,
    pub(super) field: &'a VectorField,
    /// All rotated vectors, one behind the other, by ordinal.
    pub(super) vectors: &'a [f32],
    /// The field's clusters, when the points stand in their order.
    pub(super) clusters: Option<&'a Clusters>,
}

/// The codes of rotated vectors.
fn encode(vectors: &[f32], field: &VectorField, tier: Tier) -> ScalarBuilder {
    let dim = field.dim as usize;
    let mut codes = ScalarBuilder::new(dim, field.metric, tier);
    vectors.chunks_exact(rotated_dim(dim)).for_each(|v| codes.push(v));
    codes
}

/// The clusters of a field's points. Eight bits find better ones, whatever will be stored.
pub(super) fn clusters(vectors: &[f32], field: &VectorField) -> Clusters {
    Clusters::find(&encode(vectors, field, Tier::U8).view())
}

impl VectorInput<'_> {
    /// Writes all sections of the field. `progress` counts nodes linked into the graph.
    pub(super) fn write(&self, out: &mut TableWriter, progress: &mut dyn FnMut(u64)) {
        let encoded = encode(self.vectors, self.field, self.field.codes);
        out.add_codes([Kind::CodeParameters, Kind::Codes, Kind::CodeFactors], self.position, encoded.sections());
        let codes = encoded.view();
        let asked = self.field.graph.min_points.map(|points| codes.len() >= points.max(1) as usize);
        let wanted = asked == Some(true);
        if codes.len() < SCAN_MIN_POINTS && !wanted {
            return;
        }
        let probes = probe::sample(&codes, self.vectors);
        let scan = self.scan(codes, &probes);
        let pays = scan.is_none() && codes.len() >= GRAPH_MIN_POINTS;
        if let Some(scan) = scan {
            self.write_scan(&scan, out);
        }
        if !asked.unwrap_or(pays) {
            return;
        }
        let graph = self.graph(codes, progress);
        if let Some(graph) = graph.filter(|graph| wanted || graph.view().recall(&codes, &probes) >= GRAPH_MIN_RECALL) {
            self.write_graph(&graph, out);
        }
    }

    fn scan(&self, codes: Codes<'_>, probes: &[Probe<'_>]) -> Option<ScanParts> {
        if codes.len() < SCAN_MIN_POINTS || self.field.coarse == Coarse::None {
            return None;
        }
        let found;
        let clusters = match self.clusters {
            Some(clusters) => clusters,
            None => {
                found = clusters(self.vectors, self.field);
                &found
            }
        };
        ScanBuilder { vectors: self.vectors, codes, metric: self.field.metric, clusters, probes }.finish()
    }

    fn write_scan(&self, scan: &ScanParts, out: &mut TableWriter) {
        out.add(Kind::ScanHeader, self.position, &[scan.header]);
        out.add(Kind::ClusterEnds, self.position, &scan.cluster_ends);
        let kinds = [Kind::CentroidParameters, Kind::CentroidCodes, Kind::CentroidFactors];
        out.add_codes(kinds, self.position, scan.centroids.sections());
        out.add(Kind::CentroidBlocks, self.position, &scan.centroid_blocks);
        out.add(Kind::Blocks, self.position, &scan.blocks);
        if let Some(order) = &scan.order {
            out.add(Kind::ScanOrder, self.position, order);
        }
    }

    fn graph(&self, codes: Codes<'_>, progress: &mut dyn FnMut(u64)) -> Option<GraphParts> {
        GraphBuilder::new(codes, self.field.graph, LEVEL_SEED).map(|builder| builder.finish(progress))
    }

    fn write_graph(&self, parts: &GraphParts, out: &mut TableWriter) {
        out.add(Kind::GraphHeader, self.position, &[parts.header]);
        out.add(Kind::GroundOffsets, self.position, &parts.ground_offsets);
        out.add(Kind::GroundLinks, self.position, &parts.ground_links);
        out.add(Kind::Levels, self.position, &parts.levels);
        out.add(Kind::UpperNodes, self.position, &parts.upper_nodes);
        out.add(Kind::UpperOffsets, self.position, &parts.upper_offsets);
        out.add(Kind::UpperLinks, self.position, &parts.upper_links);
    }
}
