//! Builds a segment.
//!
//! Owns: the points until they are encoded.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::kinds::Kind;
use super::progress::{BuildProgress, FieldProgress, REPORT_EVERY};
use super::proofs;
use super::table::TableWriter;
use super::vectors::{self, SCAN_MIN_POINTS, VectorInput};
use crate::bm25::TextBuilder;
use crate::cluster::Clusters;
use crate::columns::{ColumnBuilder, ColumnParts, FieldValue, NarrowParts};
use crate::error::{Code, Error, Result};
use crate::ids::Ordinal;
use crate::ingest::PreparedPoint;
use crate::limits::MAX_SEGMENT_POINTS;
use crate::model::{FilterField, Precision, PublishPhase, Schema};
use crate::quant::{CodeParts, FullBuilder, Rotated, rotate, rotated_dim};
use crate::stored::{IdBuilder, PayloadBuilder, RecordBuilder, ranks_of};
use crate::text::Words;

/// What a segment says of its own fields, so that a reader with another schema notices:
/// `{"vectors": [[name, dim, metric]], "text": [[name, language, stop words]], "fields": [[name, type, ignore case]]}`.
pub(super) fn fields_of(schema: &Schema) -> Value {
    let vectors: Vec<Value> = schema
        .vectors
        .iter()
        .map(|(name, v)| Value::Array(alloc::vec![name.as_str().into(), v.dim.into(), v.metric.as_str().into()]))
        .collect();
    let fields: Vec<Value> = schema
        .fields
        .iter()
        .map(|(name, f)| Value::Array(alloc::vec![name.as_str().into(), f.kind.as_str().into(), f.ignore_case.into()]))
        .collect();
    let text: Vec<Value> = schema
        .text
        .iter()
        .map(|(name, t)| {
            Value::Array(alloc::vec![name.as_str().into(), t.language.as_str().into(), t.stop_words.into()])
        })
        .collect();
    let mut all = Map::new();
    all.insert("vectors".into(), vectors.into());
    all.insert("text".into(), text.into());
    all.insert("fields".into(), fields.into());
    Value::Object(all)
}

/// A vector field of some points.
struct FieldVectors<'a> {
    points: &'a [Arc<PreparedPoint>],
    position: usize,
    dim: usize,
}

impl FieldVectors<'_> {
    /// The points that have no such vector.
    fn absent(&self) -> Result<Vec<Ordinal>> {
        let mut absent = Vec::new();
        for (row, point) in (0..).zip(self.points) {
            match point.vectors.get(self.position) {
                Some(vector) if vector.len() == self.dim => {}
                Some(vector) if vector.is_empty() => absent.push(row),
                _ => {
                    let message = format!("point {:?} was prepared for another schema", point.id);
                    return Err(Error::new(Code::Internal, message));
                }
            }
        }
        Ok(absent)
    }
}

impl Rotated for FieldVectors<'_> {
    fn get(&self, ordinal: Ordinal, rotated: &mut Vec<f32>) {
        rotated.clear();
        let point = self.points.get(ordinal as usize);
        if let Some(vector) = point.and_then(|point| point.vectors.get(self.position)) {
            rotate(vector, rotated);
        }
        rotated.resize(rotated_dim(self.dim), 0.0);
    }
}

/// Collects points and writes them as a segment.
pub struct SegmentBuilder<'a> {
    schema: &'a Schema,
    points: Vec<Arc<PreparedPoint>>,
}

impl<'a> SegmentBuilder<'a> {
    /// An empty one.
    #[must_use]
    pub const fn new(schema: &'a Schema) -> Self {
        Self { schema, points: Vec::new() }
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
    /// Of several points with one id the last pushed counts. Complexity: O(n √n) comparisons for the clusters, O(n log
    /// n) for the graphs.
    pub fn finish(mut self, progress: &mut BuildProgress<'_>) -> Result<Vec<u8>> {
        self.points.reverse();
        self.points.sort_by(|a, b| a.id.cmp(&b.id));
        self.points.dedup_by(|a, b| a.id == b.id);
        let clusters = self.order_by_cluster(progress)?;
        let mut out = TableWriter::default();
        let fields = serde_json::to_vec(&fields_of(self.schema))
            .map_err(|e| Error::new(Code::Internal, format!("fields: {e}")))?;
        out.add(Kind::Fields, 0, &fields);
        let mut codes = None;
        for (position, field) in self.schema.vectors.values().enumerate() {
            let mut progress = FieldProgress::new(progress, position, self.schema.vectors.len(), self.points.len());
            progress.tell(PublishPhase::Codes, 0);
            let vectors = &FieldVectors { points: &self.points, position, dim: field.dim as usize };
            let absent = &vectors.absent()?;
            let clusters = clusters.as_ref().filter(|_| position == 0);
            let input = VectorInput { position, field, vectors, points: self.points.len(), absent, clusters };
            codes = codes.or(input.write(&mut out, &mut progress));
            if let Some(precision) = field.keep {
                self.keep(position, precision, field.dim as usize, &mut out);
            }
        }
        for (position, (name, &field)) in self.schema.fields.iter().enumerate() {
            progress(PublishPhase::Fields, position as u64, self.schema.fields.len() as u64);
            self.column(position, name, field, &mut out)?;
        }
        for position in 0..self.schema.text.len() {
            let mut progress = FieldProgress::new(progress, position, self.schema.text.len(), self.points.len());
            self.text(position, &mut out, &mut progress);
        }
        self.stored(codes, &mut out, progress);
        out.finish(self.points.len())
    }

    /// Puts points in the cluster order of the first vector: what a search wants then lies together, and so do the
    /// payloads of similar points, which compress better.
    fn order_by_cluster(&mut self, progress: &mut BuildProgress<'_>) -> Result<Option<Clusters>> {
        let Some(field) = self.schema.vectors.values().next().filter(|_| self.points.len() >= SCAN_MIN_POINTS) else {
            return Ok(None);
        };
        let mut progress = FieldProgress::new(progress, 0, self.schema.vectors.len(), self.points.len());
        progress.tell(PublishPhase::Clusters, 0);
        let vectors = FieldVectors { points: &self.points, position: 0, dim: field.dim as usize };
        let absent = vectors.absent()?;
        let mut clusters = vectors::clusters(&vectors, (self.points.len(), &absent), field, &mut progress);
        self.points = clusters.order.iter().filter_map(|&o| self.points.get(o as usize).map(Arc::clone)).collect();
        clusters.order = (0..self.points.len() as u32).collect();
        Ok(Some(clusters))
    }

    fn keep(&self, position: usize, precision: Precision, dim: usize, out: &mut TableWriter) {
        let (mut full, zeros) = (FullBuilder::new(precision), alloc::vec![0.0; dim]);
        for point in &self.points {
            full.push(point.vectors.get(position).filter(|v| !v.is_empty()).unwrap_or(&zeros));
        }
        match full {
            FullBuilder::F32(components) => out.add(Kind::FullF32, position, &components),
            FullBuilder::F16(components) => out.add(Kind::FullF16, position, &components),
        }
    }

    fn column(&self, position: usize, name: &str, field: FilterField, out: &mut TableWriter) -> Result<()> {
        let mut builder = ColumnBuilder::new(field);
        for point in &self.points {
            builder.push(&FieldValue::extract(&point.payload, name, field)?);
        }
        match builder.finish() {
            ColumnParts::Numbers(parts) => {
                if let Some(offsets) = parts.offsets {
                    out.add(Kind::RowOffsets, position, &offsets);
                }
                out.add(Kind::Numbers, position, &parts.values);
                out.add(Kind::NumberOrder, position, &parts.order);
            }
            ColumnParts::Places(parts) => {
                if let Some(offsets) = parts.offsets {
                    out.add(Kind::RowOffsets, position, &offsets);
                }
                out.add(Kind::Places, position, &parts.places);
            }
            ColumnParts::Keywords(parts) => {
                out.add(Kind::DictionaryOffsets, position, &parts.dictionary_offsets);
                out.add(Kind::Dictionary, position, &parts.dictionary);
                if let Some(offsets) = parts.row_offsets {
                    out.add(Kind::RowOffsets, position, &offsets);
                }
                match parts.row_values {
                    NarrowParts::U8(values) => out.add(Kind::RowValues, position, &values),
                    NarrowParts::U16(values) => out.add(Kind::RowValues, position, &values),
                    NarrowParts::U32(values) => out.add(Kind::RowValues, position, &values),
                }
                out.add(Kind::SetEntries, position, &parts.set_entries);
                out.add(Kind::Sets, position, &parts.sets);
            }
        }
        Ok(())
    }

    fn text(&self, position: usize, out: &mut TableWriter, progress: &mut FieldProgress<'_, '_>) {
        let mut builder = TextBuilder::default();
        let none = Words::default();
        for (done, points) in (0..).zip(self.points.chunks(REPORT_EVERY)) {
            progress.tell(PublishPhase::Words, done * REPORT_EVERY as u64);
            points.iter().for_each(|point| builder.push(point.texts.get(position).unwrap_or(&none)));
        }
        let parts = builder.finish();
        out.add(Kind::TextHeader, position, &[parts.header]);
        out.add(Kind::TermBlocks, position, &parts.terms.blocks);
        out.add(Kind::TermBytes, position, &parts.terms.bytes);
        out.add(Kind::TermSamples, position, &parts.term_samples);
        out.add(Kind::FormBlocks, position, &parts.forms.blocks);
        out.add(Kind::FormBytes, position, &parts.forms.bytes);
        out.add(Kind::FormSamples, position, &parts.form_samples);
        out.add(Kind::FormLists, position, &parts.form_lists);
        out.add(Kind::TermLists, position, &parts.postings.lists);
        out.add(Kind::ListBlocks, position, &parts.postings.blocks);
        out.add_bytes(Kind::Postings, position, parts.postings.postings);
        out.add_bytes(Kind::Positions, position, parts.postings.positions);
        out.add(Kind::TextLengths, position, &parts.lengths);
    }

    /// Ids and payloads, and records where the first vector's codes are to stand in such.
    fn stored(&self, codes: Option<CodeParts>, out: &mut TableWriter, progress: &mut BuildProgress<'_>) {
        let mut ids = IdBuilder::default();
        self.points.iter().for_each(|point| ids.push(&point.id));
        let parts = ids.finish();
        out.add(Kind::IdOffsets, 0, &parts.offsets);
        out.add(Kind::IdBytes, 0, &parts.bytes);
        out.add(Kind::IdOrder, 0, &parts.by_id);
        let ranks = ranks_of(&parts.by_id);
        if !ranks.is_empty() {
            out.add_bytes(Kind::IdRanks, 0, ranks);
        }
        let (mut records, mut payloads) = (RecordBuilder::default(), PayloadBuilder::default());
        for (done, points) in (0..).zip(self.points.chunks(REPORT_EVERY)) {
            progress(PublishPhase::Payloads, done * REPORT_EVERY as u64, self.points.len() as u64);
            for point in points {
                match codes {
                    Some(_) => records.push(&point.id, &point.payload_text),
                    None => payloads.push(&point.payload_text),
                }
            }
        }
        if let Some(codes) = codes {
            if self.records(records, &codes, out) {
                return;
            }
            // They turned out to be long.
            self.points.iter().for_each(|point| payloads.push(&point.payload_text));
        }
        let parts = payloads.finish();
        out.add(Kind::PayloadBlocks, 0, &parts.blocks);
        out.add_bytes(Kind::PayloadBytes, 0, parts.bytes);
    }

    /// Writes records; whether payloads stand in them.
    fn records(
        &self,
        records: RecordBuilder,
        CodeParts { codes, factors, .. }: &CodeParts,
        out: &mut TableWriter,
    ) -> bool {
        let code_bytes = codes.len() / self.points.len().max(1);
        let (mut parts, with_payloads) = records.finish((codes, code_bytes), factors, proofs::PROOF_BYTES);
        let ends: Vec<usize> = parts.starts.iter().skip(1).map(|&end| end as usize * code_bytes).collect();
        out.add(Kind::RecordRoots, 0, &proofs::prove(&mut parts.bytes, &ends));
        out.add(Kind::RecordStarts, 0, &parts.starts);
        out.add_bytes(Kind::Codes, 0, parts.bytes);
        with_payloads
    }
}
