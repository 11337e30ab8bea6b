//! Builds a segment.
//!
//! Owns: the points until they are encoded.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::table::{Kind, TableWriter};
use crate::columns::{ColumnBuilder, ColumnParts, FieldValue};
use crate::error::{Code, Error, Result};
use crate::hnsw::GraphBuilder;
use crate::ingest::PreparedPoint;
use crate::limits::MAX_SEGMENT_POINTS;
use crate::model::{FieldType, Schema, VectorField};
use crate::quant::{CodeSections, Codes, ScalarU8};
use crate::stored::{IdBuilder, PayloadBuilder};

/// Below this many points a scan is faster than a walk at the default `efSearch` (see
/// `search::WALK_COST_PER_CANDIDATE`), so a graph would only cost bytes.
const GRAPH_MIN_POINTS: usize = 10_000;
/// Mixed into the hash that gives nodes their levels; any constant does.
const LEVEL_SEED: u64 = 0x6865_6164_7761_7465;

/// What a segment says of its own fields, so that a reader with another schema notices:
/// `{"vectors": [[name, dim, metric]], "fields": [[name, type]]}`.
pub(super) fn fields_of(schema: &Schema) -> Value {
    let vectors: Vec<Value> = schema
        .vectors
        .iter()
        .map(|(name, v)| Value::Array(alloc::vec![name.as_str().into(), v.dim.into(), v.metric.as_str().into()]))
        .collect();
    let fields: Vec<Value> = schema
        .fields
        .iter()
        .map(|(name, kind)| Value::Array(alloc::vec![name.as_str().into(), kind.as_str().into()]))
        .collect();
    let mut all = Map::new();
    all.insert("vectors".into(), vectors.into());
    all.insert("fields".into(), fields.into());
    Value::Object(all)
}

/// Collects points and writes them as a segment.
pub struct SegmentBuilder<'a> {
    schema: &'a Schema,
    points: Vec<Arc<PreparedPoint>>,
    graph_min_points: usize,
}

impl<'a> SegmentBuilder<'a> {
    /// An empty one.
    #[must_use]
    pub const fn new(schema: &'a Schema) -> Self {
        Self { schema, points: Vec::new(), graph_min_points: GRAPH_MIN_POINTS }
    }

    /// Builds graphs from this many points on.
    #[must_use]
    pub const fn graph_min_points(mut self, points: usize) -> Self {
        self.graph_min_points = points;
        self
    }

    /// Adds a point that was prepared for the same schema.
    pub fn push(&mut self, point: Arc<PreparedPoint>) -> Result<()> {
        if self.points.len() >= MAX_SEGMENT_POINTS {
            return Err(Error::new(
                Code::LimitExceeded,
                format!("a segment holds at most {MAX_SEGMENT_POINTS} points; publish more often"),
            ));
        }
        self.points.push(point);
        Ok(())
    }

    /// Points so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Writes the segment. The same points give the same bytes, in whatever order they came.
    ///
    /// Of several points with one id the last pushed counts. `progress(done, total)` counts
    /// vectors linked into graphs. Complexity: O(n log n) comparisons for the graphs.
    pub fn finish(mut self, progress: &mut dyn FnMut(u64, u64)) -> Result<Vec<u8>> {
        self.points.reverse();
        self.points.sort_by(|a, b| a.id.cmp(&b.id));
        self.points.dedup_by(|a, b| a.id == b.id);
        let mut out = TableWriter::default();
        let fields = serde_json::to_vec(&fields_of(self.schema))
            .map_err(|e| Error::new(Code::Internal, format!("fields: {e}")))?;
        out.add(Kind::Fields, 0, &fields);
        let total = (self.points.len() * self.schema.vectors.len()) as u64;
        for (position, field) in self.schema.vectors.values().enumerate() {
            let base = (position * self.points.len()) as u64;
            self.vector(position, field, &mut out, &mut |done| progress(base + done, total))?;
        }
        for (position, (name, &kind)) in self.schema.fields.iter().enumerate() {
            self.column(position, name, kind, &mut out)?;
        }
        self.stored(&mut out)?;
        out.finish(self.points.len())
    }

    fn vector(
        &self,
        position: usize,
        field: &VectorField,
        out: &mut TableWriter,
        progress: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let dim = field.dim as usize;
        let mut all = Vec::with_capacity(self.points.len() * dim);
        for point in &self.points {
            let vector = point.vectors.get(position).filter(|v| v.len() == dim);
            all.extend_from_slice(vector.ok_or_else(|| {
                Error::new(Code::Internal, format!("point {:?} was prepared for another schema", point.id))
            })?);
        }
        let params = ScalarU8::fit(&all, dim, field.metric);
        let (mut codes, mut factors) =
            (Vec::with_capacity(self.points.len() * params.stride()), Vec::with_capacity(self.points.len()));
        all.chunks_exact(dim).for_each(|v| params.encode(v, &mut codes, &mut factors));
        drop(all);
        out.add(Kind::CodeParameters, position, &[params]);
        out.add(Kind::Codes, position, &codes);
        out.add(Kind::CodeFactors, position, &factors);
        if self.points.len() < self.graph_min_points.max(1) {
            return Ok(());
        }
        let sections = CodeSections { params, codes: &codes, factors: &factors, metric: field.metric };
        let view = Codes::new(sections, self.points.len(), dim)?;
        let mut graph = GraphBuilder::new(view, field.graph, LEVEL_SEED);
        let mut done = 0;
        while graph.insert_next() {
            done += 1;
            if done % 256 == 0 {
                progress(done);
            }
        }
        if let Some(parts) = graph.finish() {
            out.add(Kind::GraphHeader, position, &[parts.header]);
            out.add(Kind::GroundOffsets, position, &parts.ground_offsets);
            out.add(Kind::GroundLinks, position, &parts.ground_links);
            out.add(Kind::Levels, position, &parts.levels);
            out.add(Kind::UpperNodes, position, &parts.upper_nodes);
            out.add(Kind::UpperOffsets, position, &parts.upper_offsets);
            out.add(Kind::UpperLinks, position, &parts.upper_links);
        }
        Ok(())
    }

    fn column(&self, position: usize, name: &str, kind: FieldType, out: &mut TableWriter) -> Result<()> {
        let mut builder = ColumnBuilder::new(kind);
        for point in &self.points {
            builder.push(&FieldValue::extract(&point.payload, name, kind)?);
        }
        match builder.finish() {
            ColumnParts::Number(values) => out.add(Kind::Numbers, position, &values),
            ColumnParts::Keyword { dictionary_offsets, dictionary, row_offsets, row_values } => {
                out.add(Kind::DictionaryOffsets, position, &dictionary_offsets);
                out.add(Kind::Dictionary, position, &dictionary);
                out.add(Kind::RowOffsets, position, &row_offsets);
                out.add(Kind::RowValues, position, &row_values);
            }
        }
        Ok(())
    }

    fn stored(&self, out: &mut TableWriter) -> Result<()> {
        let (mut ids, mut payloads) = (IdBuilder::default(), PayloadBuilder::default());
        for point in &self.points {
            ids.push(&point.id);
            payloads.push(&point.payload_text);
        }
        let parts = payloads.finish();
        out.add(Kind::PayloadEnds, 0, &parts.ends);
        out.add(Kind::PayloadBlocks, 0, &parts.blocks);
        out.add(Kind::PayloadBytes, 0, &parts.bytes);
        let (offsets, bytes) = ids.finish();
        out.add(Kind::IdOffsets, 0, &offsets);
        out.add(Kind::IdBytes, 0, &bytes);
        Ok(())
    }
}
