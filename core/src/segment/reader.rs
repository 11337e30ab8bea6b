//! Opens a segment.
//!
//! Owns: the bytes. Views are slices of them; nothing is kept a point.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::builder::fields_of;
use super::kinds::Kind;
use super::table::Table;
use crate::bm25::TextIndex;
use crate::bytes::AlignedBytes;
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::hnsw::Graph;
use crate::json::Document;
use crate::limits::MAX_SEGMENT_FIELDS_BYTES;
use crate::model::{FilterField, Metric, Precision, Schema, Tier};
use crate::parts::{Blob, missing};
use crate::quant::Codes;
use crate::scan::{Residuals, Scan};
use crate::stored::{Ids, Payloads, are_ranks_of};

const FIELDS: Document = Document::new("segment fields", Code::Corrupt);

/// What the schema says of a vector field.
#[derive(Debug, Clone, Copy)]
pub(super) struct VectorKind {
    pub(super) dim: u32,
    pub(super) metric: Metric,
    pub(super) tier: Tier,
    pub(super) keep: Option<Precision>,
}

/// An opened segment.
#[derive(Debug, Clone)]
pub struct Segment {
    pub(super) table: Table,
    pub(super) vectors: Vec<VectorKind>,
    pub(super) fields: Vec<FilterField>,
    text_fields: usize,
}

impl Segment {
    /// Opens and validates a segment written for `schema`.
    ///
    /// Complexity: one pass over offsets, links, ids and dictionaries; codes and payloads are not read.
    pub fn open(bytes: Arc<AlignedBytes>, schema: &Schema) -> Result<Self> {
        Self::open_blob(Blob::Whole(bytes), schema)
    }

    /// The same of a segment of which parts are here, as [`Self::blob`] says which are wanted.
    ///
    /// The front must be here and is validated. All else is when a search wants it, where it is read as a whole; what
    /// is read in smaller parts is taken as it comes: it is proved, and no content can make reading fail but with an
    /// error.
    pub fn open_blob(blob: Blob, schema: &Schema) -> Result<Self> {
        let table = Table::open(blob)?;
        let fields: &[u8] = table.section(Kind::Fields, 0)?;
        if FIELDS.parse(fields, MAX_SEGMENT_FIELDS_BYTES)? != fields_of(schema) {
            return Err(Error::corrupt("segment: it was written for another schema than the manifest's"));
        }
        let vectors = schema
            .vectors
            .values()
            .map(|v| VectorKind { dim: v.dim, metric: v.metric, tier: v.codes, keep: v.keep })
            .collect();
        let segment =
            Self { table, vectors, fields: schema.fields.values().copied().collect(), text_fields: schema.text.len() };
        segment.check_vectors()?;
        if segment.is_whole() {
            segment.check()?;
        }
        Ok(segment)
    }

    /// What is to be fetched next before a segment can be opened of which this is here; none where it can.
    #[must_use]
    pub fn front_wanted(blob: &Blob) -> Option<Range<usize>> {
        Table::front_wanted(blob)
    }

    /// Its bytes, or the parts of it that are here.
    #[must_use]
    pub const fn blob(&self) -> &Blob {
        self.table.blob()
    }

    /// The same, to be given further parts. They must have been proved.
    pub const fn blob_mut(&mut self) -> &mut Blob {
        self.table.blob_mut()
    }

    /// Whether all of it is here.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.blob(), Blob::Whole(_))
    }

    /// Fails with `parts_missing` if something was wanted that is not here.
    pub(crate) fn all_here(&self) -> Result<()> {
        self.blob().all().all_here()
    }

    /// How often something was wanted that is not here.
    pub(crate) fn misses(&self) -> u32 {
        self.blob().all().misses()
    }

    /// Fails with `parts_missing` if something was wanted since then that is not here: whatever would come next rests
    /// on it. What other parts of a query miss does not matter: so each goes as far as it can.
    pub(crate) fn none_missing_since(&self, misses: u32) -> Result<()> {
        if self.misses() == misses { Ok(()) } else { Err(missing()) }
    }

    /// Takes out of a set the points that have no such vector.
    pub(crate) fn drop_absent(&self, position: usize, set: &mut Bitmap) -> Result<()> {
        if self.absent(position) > 0 {
            let codes = self.point_codes(position)?.with_factors().ok_or_else(missing)?;
            set.retain(|row| !codes.is_absent(row));
        }
        Ok(())
    }

    /// How many points have no such vector.
    pub(crate) fn absent(&self, position: usize) -> u32 {
        self.parameters(position).map_or(0, |parameters| parameters.absent)
    }

    /// What the front says of vectors; of a whole segment also what their codes, scans and graphs rest on.
    fn check_vectors(&self) -> Result<()> {
        let points = self.points() as usize;
        for (position, kind) in self.vectors.iter().enumerate().filter(|_| cfg!(feature = "vectors")) {
            self.check_codes(position)?;
            self.full(position)?;
            // An order of its own is a list of all points, which stands outside the front.
            let is_here = self.is_whole() || self.table.place(Kind::ScanOrder, position).is_none();
            if let Some(mut sections) = if is_here { self.scan_sections(position)? } else { None } {
                sections.order = self.table.find(Kind::ScanOrder, position)?;
                Scan::new(sections, points, kind.dim as usize)?;
            }
            if !self.is_whole() {
                continue;
            }
            let codes = self.point_codes(position)?;
            if (0..self.points()).filter(|&row| codes.is_absent(row)).count() as u32 != self.absent(position) {
                return Err(Error::corrupt(format!(
                    "segment: vector {position} is absent from other points than it says"
                )));
            }
            if let Some(sections) = self.graph_sections(position)? {
                Graph::new(sections, points)?;
            }
        }
        match self.payload_sections()? {
            Some((blocks, bytes)) => Payloads::new(blocks, bytes, points).map(drop),
            // They stand in records, if anywhere, which the first vector's codes are then.
            None => self.check_rows(0),
        }
    }

    /// What all else rests on, of a whole segment.
    fn check(&self) -> Result<()> {
        let points = self.points() as usize;
        for position in (0..self.text_fields).filter(|_| cfg!(feature = "words")) {
            TextIndex::new(self.text_sections(position)?, points)?;
        }
        (0..self.fields.len()).try_for_each(|position| self.column(position)?.check(points))?;
        Ids::new(
            self.table.section(Kind::IdOffsets, 0)?,
            self.table.section(Kind::IdBytes, 0)?,
            self.table.section(Kind::IdOrder, 0)?,
            points,
        )?;
        let ranks = self.table.find(Kind::IdRanks, 0)?.unwrap_or_default();
        if !are_ranks_of(ranks, self.table.section(Kind::IdOrder, 0)?) {
            return Err(Error::corrupt("ids: ranks are not those of the order"));
        }
        Ok(())
    }

    fn check_codes(&self, position: usize) -> Result<()> {
        match (self.residual_sections(position)?, self.vectors.get(position)) {
            (Some(sections), Some(kind)) => Residuals::new(sections, kind.dim as usize, kind.tier).map(drop),
            _ => self.check_rows(position),
        }
    }

    #[inline(never)]
    fn check_rows(&self, position: usize) -> Result<()> {
        let dim = self.vectors.get(position).map_or(0, |kind| kind.dim as usize);
        Codes::new(self.code_sections(position)?, dim).map(drop)
    }

    /// Points, deleted ones included.
    #[must_use]
    pub const fn points(&self) -> u32 {
        self.table.points()
    }

    /// Bytes of the segment.
    #[must_use]
    pub fn file_bytes(&self) -> usize {
        self.table.blob().len()
    }

    /// Whether a vector field has a scan.
    pub fn has_scan(&self, position: usize) -> Result<bool> {
        Ok(self.table.place(Kind::ScanHeader, position).is_some())
    }

    /// Whether a vector field has a graph.
    pub fn has_graph(&self, position: usize) -> Result<bool> {
        Ok(self.table.place(Kind::GraphHeader, position).is_some())
    }
}
