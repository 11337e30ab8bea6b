//! Opens a segment and hands out views of its sections.
//!
//! Owns: the bytes. Views are slices of them, made anew by each call; nothing is kept a point.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::builder::fields_of;
use super::kinds::Kind;
use super::table::Table;
use crate::bm25::{TextHeader, TextIndex, TextSections};
use crate::bytes::AlignedBytes;
use crate::columns::{
    Bitmap, Column, Indexed, KeywordColumn, Lists, Narrow, NumberColumn, PlaceColumn, Rows, Sets, Storage, Word,
};
use crate::error::{Code, Error, Result};
use crate::hnsw::{Graph, GraphHeader, GraphSections};
use crate::ids::Ordinal;
use crate::json::Document;
use crate::limits::MAX_SEGMENT_FIELDS_BYTES;
use crate::model::{FilterField, Metric, PayloadText, Precision, Schema, Tier};
use crate::quant::{CodeSections, Codes, Components, Full, RECORD_POINTS, RecordStarts, ScalarParameters};
use crate::scan::{Scan, ScanHeader, ScanSections};
use crate::stored::{BlockEntry, Ids, Payloads, damaged, payloads_behind};

const FIELDS: Document = Document::new("segment fields", Code::Corrupt);

/// What the schema says of a vector field.
#[derive(Debug, Clone, Copy)]
pub(super) struct VectorKind {
    pub(super) dim: u32,
    metric: Metric,
    tier: Tier,
    keep: Option<Precision>,
    /// Points that have no such vector.
    absent: u32,
}

/// An opened segment.
#[derive(Debug)]
pub struct Segment {
    pub(super) table: Table,
    pub(super) vectors: Vec<VectorKind>,
    fields: Vec<FilterField>,
    text_fields: usize,
}

impl Segment {
    /// Opens and validates a segment written for `schema`.
    ///
    /// Complexity: one pass over offsets, links, ids and dictionaries; codes and payloads are not read.
    pub fn open(bytes: Arc<AlignedBytes>, schema: &Schema) -> Result<Self> {
        let table = Table::open(bytes)?;
        let fields: &[u8] = table.section(Kind::Fields, 0)?;
        if FIELDS.parse(fields, MAX_SEGMENT_FIELDS_BYTES)? != fields_of(schema) {
            return Err(Error::corrupt("segment: it was written for another schema than the manifest's"));
        }
        let vectors = schema
            .vectors
            .values()
            .map(|v| VectorKind { dim: v.dim, metric: v.metric, tier: v.codes, keep: v.keep, absent: 0 })
            .collect();
        let mut segment =
            Self { table, vectors, fields: schema.fields.values().copied().collect(), text_fields: schema.text.len() };
        segment.check()?;
        for position in (0..segment.vectors.len()).filter(|_| cfg!(feature = "vectors")) {
            let codes = segment.codes(position)?;
            let absent = (0..segment.points()).filter(|&row| codes.is_absent(row)).count() as u32;
            segment.vectors.get_mut(position).into_iter().for_each(|kind| kind.absent = absent);
        }
        Ok(segment)
    }

    /// Takes out of a set the points that have no such vector.
    pub(crate) fn drop_absent(&self, position: usize, set: &mut Bitmap) -> Result<()> {
        let codes = self.codes(position)?;
        set.retain(|row| !codes.is_absent(row));
        Ok(())
    }

    /// How many points have no such vector.
    pub(crate) fn absent(&self, position: usize) -> u32 {
        self.vectors.get(position).map_or(0, |kind| kind.absent)
    }

    fn check(&self) -> Result<()> {
        let points = self.points() as usize;
        for (position, kind) in self.vectors.iter().enumerate().filter(|_| cfg!(feature = "vectors")) {
            self.check_codes(position)?;
            self.full(position)?;
            if let Some(sections) = self.scan_sections(position)? {
                Scan::new(sections, points, kind.dim as usize)?;
            }
            if let Some(sections) = self.graph_sections(position)? {
                Graph::new(sections, points)?;
            }
        }
        for position in (0..self.text_fields).filter(|_| cfg!(feature = "words")) {
            TextIndex::new(self.text_sections(position)?, points)?;
        }
        self.columns()?.iter().try_for_each(|column| column.check(points))?;
        Ids::new(
            self.table.section(Kind::IdOffsets, 0)?,
            self.table.section(Kind::IdBytes, 0)?,
            self.table.section(Kind::IdOrder, 0)?,
            points,
        )?;
        match self.payload_sections()? {
            Some((blocks, bytes)) => Payloads::new(blocks, bytes, points).map(drop),
            // They stand in records, if anywhere, which the first vector's codes are then.
            None => self.check_codes(0),
        }
    }

    #[inline(never)]
    fn check_codes(&self, position: usize) -> Result<()> {
        let dim = self.vectors.get(position).map_or(0, |kind| kind.dim as usize);
        Codes::new(self.code_sections(position)?, self.points() as usize, dim).map(drop)
    }

    /// Points, deleted ones included.
    #[must_use]
    pub const fn points(&self) -> u32 {
        self.table.points()
    }

    /// Bytes of the segment.
    #[must_use]
    pub fn file_bytes(&self) -> usize {
        self.table.file_bytes()
    }

    /// Whether a vector field has a scan.
    pub fn has_scan(&self, position: usize) -> Result<bool> {
        Ok(self.table.find::<ScanHeader>(Kind::ScanHeader, position)?.is_some())
    }

    /// Whether a vector field has a graph.
    pub fn has_graph(&self, position: usize) -> Result<bool> {
        Ok(self.table.find::<GraphHeader>(Kind::GraphHeader, position)?.is_some())
    }

    /// The codes of a vector field.
    pub(crate) fn codes(&self, position: usize) -> Result<Codes<'_>> {
        self.code_sections(position).map(Codes::unchecked)
    }

    #[inline(never)]
    fn code_sections(&self, position: usize) -> Result<CodeSections<'_>> {
        let unknown = || Error::corrupt(format!("segment: vector {position} is missing"));
        let &VectorKind { metric, tier, .. } = self.vectors.get(position).ok_or_else(unknown)?;
        let &[params] = self.table.section::<ScalarParameters>(Kind::CodeParameters, position)? else {
            return Err(unknown());
        };
        Ok(CodeSections {
            params,
            codes: self.table.section(Kind::Codes, position)?,
            records: self.table.find(Kind::RecordStarts, position)?.map(RecordStarts),
            factors: self.table.section(Kind::CodeFactors, position)?,
            metric,
            tier,
        })
    }

    /// The whole vectors of a field, where the schema keeps them.
    pub(crate) fn full(&self, position: usize) -> Result<Option<Full<'_>>> {
        let Some(&VectorKind { dim, metric, keep: Some(precision), .. }) = self.vectors.get(position) else {
            return Ok(None);
        };
        let components = match precision {
            Precision::F32 => Components::F32(self.table.section(Kind::FullF32, position)?),
            Precision::F16 => Components::F16(self.table.section(Kind::FullF16, position)?),
        };
        Full::new(components, self.points() as usize, dim as usize, metric).map(Some)
    }

    /// The scan of a vector field, when it has one.
    pub(crate) fn scan(&self, position: usize) -> Result<Option<Scan<'_>>> {
        Ok(self.scan_sections(position)?.map(Scan::unchecked))
    }

    #[inline(never)]
    fn scan_sections(&self, position: usize) -> Result<Option<ScanSections<'_>>> {
        let Some(header) = self.table.find::<ScanHeader>(Kind::ScanHeader, position)? else { return Ok(None) };
        let parameters: &[ScalarParameters] = self.table.section(Kind::CentroidParameters, position)?;
        let (&[header], &[params]) = (header, parameters) else {
            return Err(Error::corrupt("scan: more than one header"));
        };
        Ok(Some(ScanSections {
            header,
            cluster_ends: self.table.section(Kind::ClusterEnds, position)?,
            centroids: CodeSections {
                params,
                codes: self.table.section(Kind::CentroidCodes, position)?,
                records: None,
                factors: self.table.section(Kind::CentroidFactors, position)?,
                metric: Metric::L2,
                tier: params.tier(),
            },
            centroid_blocks: self.table.section(Kind::CentroidBlocks, position)?,
            pieces: self.table.section(Kind::Pieces, position)?,
            order: self.table.find(Kind::ScanOrder, position)?,
            metric: self.vectors.get(position).map_or(Metric::Dot, |kind| kind.metric),
        }))
    }

    /// The graph of a vector field, when it has one.
    pub(crate) fn graph(&self, position: usize) -> Result<Option<Graph<'_>>> {
        Ok(self.graph_sections(position)?.map(Graph::unchecked))
    }

    #[inline(never)]
    fn graph_sections(&self, position: usize) -> Result<Option<GraphSections<'_>>> {
        let Some(header) = self.table.find::<GraphHeader>(Kind::GraphHeader, position)? else { return Ok(None) };
        let &[header] = header else { return Err(Error::corrupt("graph: more than one header")) };
        Ok(Some(GraphSections {
            header,
            ground_offsets: self.table.section(Kind::GroundOffsets, position)?,
            ground_links: self.table.section(Kind::GroundLinks, position)?,
            levels: self.table.section(Kind::Levels, position)?,
            upper_nodes: self.table.section(Kind::UpperNodes, position)?,
            upper_offsets: self.table.section(Kind::UpperOffsets, position)?,
            upper_links: self.table.section(Kind::UpperLinks, position)?,
        }))
    }

    /// The index of a text field.
    pub(crate) fn text(&self, position: usize) -> Result<TextIndex<'_>> {
        self.text_sections(position).map(TextIndex::unchecked)
    }

    #[inline(never)]
    fn text_sections(&self, position: usize) -> Result<TextSections<'_>> {
        let &[header] = self.table.section::<TextHeader>(Kind::TextHeader, position)? else {
            return Err(Error::corrupt("text: more than one header"));
        };
        Ok(TextSections {
            header,
            term_blocks: self.table.section(Kind::TermBlocks, position)?,
            term_bytes: self.table.section(Kind::TermBytes, position)?,
            term_samples: self.table.section(Kind::TermSamples, position)?,
            form_blocks: self.table.section(Kind::FormBlocks, position)?,
            form_bytes: self.table.section(Kind::FormBytes, position)?,
            form_samples: self.table.section(Kind::FormSamples, position)?,
            form_lists: self.table.section(Kind::FormLists, position)?,
            lists: self.table.section(Kind::TermLists, position)?,
            blocks: self.table.section(Kind::ListBlocks, position)?,
            postings: self.table.section(Kind::Postings, position)?,
            positions: self.table.section(Kind::Positions, position)?,
            lengths: self.table.section(Kind::TextLengths, position)?,
        })
    }

    /// The columns, in schema order.
    #[inline(never)]
    pub(crate) fn columns(&self) -> Result<Vec<Column<'_>>> {
        (0..self.fields.len()).map(|position| self.column(position)).collect()
    }

    /// The column of a field.
    #[inline(never)]
    pub(crate) fn column(&self, position: usize) -> Result<Column<'_>> {
        let unknown = || Error::corrupt(format!("segment: column {position} is missing"));
        let field = self.fields.get(position).ok_or_else(unknown)?;
        let rows = Rows(self.table.find(Kind::RowOffsets, position)?);
        Ok(match Storage::of(field.kind) {
            Storage::Keywords => Column::Keywords(self.keywords(position, rows, field.ignore_case)?),
            Storage::Places => {
                Column::Places(PlaceColumn { rows, places: self.table.section(Kind::Places, position)? })
            }
            Storage::Numbers => Column::Numbers(NumberColumn {
                rows,
                values: self.table.section(Kind::Numbers, position)?,
                order: self.table.section(Kind::NumberOrder, position)?,
            }),
        })
    }

    fn keywords<'a>(&'a self, position: usize, rows: Rows<'a>, ignore_case: bool) -> Result<KeywordColumn<'a>> {
        let dictionary_offsets: &[u32] = self.table.section(Kind::DictionaryOffsets, position)?;
        let row_values = match dictionary_offsets.len().saturating_sub(1) {
            0..=0xff => Narrow::U8(self.table.section(Kind::RowValues, position)?),
            0x100..=0xffff => Narrow::U16(self.table.section(Kind::RowValues, position)?),
            _ => Narrow::U32(self.table.section(Kind::RowValues, position)?),
        };
        Ok(KeywordColumn {
            dictionary_offsets,
            dictionary: self.table.section(Kind::Dictionary, position)?,
            rows,
            row_values,
            ignore_case,
            sets: Sets {
                entries: self.table.section(Kind::SetEntries, position)?,
                bytes: self.table.section(Kind::Sets, position)?,
            },
        })
    }

    /// What filters see of it.
    pub(crate) fn indexed<'s>(&'s self, columns: &'s [Column<'s>]) -> Indexed<'s, 's> {
        Indexed { columns, lists: self, points: self.points() }
    }

    #[inline(never)]
    pub(crate) fn ids(&self) -> Result<Ids<'_>> {
        Ok(Ids::unchecked(
            self.table.section(Kind::IdOffsets, 0)?,
            self.table.section(Kind::IdBytes, 0)?,
            self.table.section(Kind::IdOrder, 0)?,
        ))
    }

    /// The id of a point.
    pub fn id(&self, ordinal: Ordinal) -> Result<&str> {
        self.ids()?.get(ordinal).ok_or_else(|| Error::corrupt(format!("segment: ordinal {ordinal} has no id")))
    }

    /// The ordinal of an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Ordinal> {
        self.ids().ok()?.find(id)
    }

    /// Payloads, where they stand in sections of their own and not in records.
    fn payload_sections(&self) -> Result<Option<(&[BlockEntry], &[u8])>> {
        let blocks = self.table.find(Kind::PayloadBlocks, 0)?;
        blocks.map(|blocks| Ok((blocks, self.table.section(Kind::PayloadBytes, 0)?))).transpose()
    }

    /// The payload of a point.
    pub fn payload(&self, ordinal: Ordinal) -> Result<PayloadText> {
        let points = self.points() as usize;
        if let Some((blocks, bytes)) = self.payload_sections()? {
            return Payloads::unchecked(blocks, bytes, points).get(ordinal);
        }
        let record = ordinal as usize / RECORD_POINTS;
        let first = record * RECORD_POINTS;
        let count = points.saturating_sub(first).min(RECORD_POINTS);
        let block = payloads_behind(self.codes(0)?.behind(record), first as Ordinal, count);
        block.ok_or_else(|| damaged(ordinal))?.get(ordinal)
    }

    /// The names of ids in ordinal order, for folding a segment into the next one.
    pub fn all_ids(&self) -> Result<impl Iterator<Item = (Ordinal, String)> + '_> {
        let ids = self.ids()?;
        Ok((0..self.points()).filter_map(move |o| ids.get(o).map(|id| (o, id.into()))))
    }
}

impl Lists for Segment {
    fn ordinal_of(&self, id: &str) -> Option<Ordinal> {
        self.find(id)
    }

    fn ordinals_with_prefix(&self, prefix: &str) -> Result<&[Ordinal]> {
        Ok(self.ids()?.with_prefix(prefix))
    }

    fn add_points_with(&self, field: usize, word: &Word, into: &mut Bitmap) -> Result<()> {
        let index = self.text(field)?;
        match word {
            Word::Term(term) => index.add_points_with(term, into),
            Word::Beginning(form) => index.add_points_beginning(form, into),
        }
        Ok(())
    }
}
