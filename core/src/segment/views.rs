//! The views of a segment's sections: slices of its bytes, made anew by each call, whole or as far as they are here.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::kinds::Kind;
use super::point_codes::PointCodes;
use super::reader::Segment;
use crate::bm25::{TextHeader, TextIndex, TextSections};
use crate::columns::{
    Bitmap, CheckedFilter, Column, Indexed, KeywordColumn, Lists, Narrow, NumberColumn, PlaceColumn, Rows, Sets,
    Storage, Word,
};
use crate::error::{Error, Result};
use crate::hnsw::{Graph, GraphHeader, GraphSections};
use crate::ids::Ordinal;
use crate::model::{Metric, PayloadText, Precision};
use crate::parts::{Gaps, Stretch};
use crate::quant::{CodeSections, Codes, Components, Full, RecordStarts, ScalarParameters};
use crate::scan::{
    ClusterEnd, GroupHeader, GroupSections, ResidualSections, Residuals, Scan, ScanHeader, ScanSections,
};
use crate::segment::reader::VectorKind;
use crate::stored::{BlockEntry, Ids, InParts, Payloads, damaged, payload_in_record};

/// All that a walk of a graph reads: the codes of points that it meets are all over.
const GRAPH: [Kind; 9] = [
    Kind::Codes,
    Kind::CodeFactors,
    Kind::GraphHeader,
    Kind::GroundOffsets,
    Kind::GroundLinks,
    Kind::Levels,
    Kind::UpperNodes,
    Kind::UpperOffsets,
    Kind::UpperLinks,
];
/// All that a column may have.
const COLUMN: [Kind; 9] = [
    Kind::DictionaryOffsets,
    Kind::Dictionary,
    Kind::SetEntries,
    Kind::RowOffsets,
    Kind::RowValues,
    Kind::Sets,
    Kind::Numbers,
    Kind::NumberOrder,
    Kind::Places,
];

impl Segment {
    /// The codes that rank the points of a vector field.
    pub(crate) fn point_codes(&self, position: usize) -> Result<PointCodes<'_>> {
        match self.residual_sections(position)? {
            Some(sections) => Ok(PointCodes::Residual(Residuals::unchecked(sections))),
            None => self.codes(position).map(PointCodes::Rows),
        }
    }

    /// The residual codes of a vector field, where it has such instead of others.
    #[inline(never)]
    pub(super) fn residual_sections(&self, position: usize) -> Result<Option<ResidualSections<'_>>> {
        let Some(codes) = self.table.find_stretch(Kind::ResidualCodes, position) else { return Ok(None) };
        // Clusters have the signs, in the order of points; what else reads codes reads rows of them.
        let stands = |kind| self.table.place(kind, position).is_some();
        let scan = self
            .scan_sections(position)?
            .filter(|_| ![Kind::ScanOrder, Kind::GraphHeader, Kind::RecordStarts].into_iter().any(stands));
        let scan =
            scan.ok_or_else(|| Error::corrupt("residual codes: without clusters, or beside what takes others"))?;
        Ok(Some(ResidualSections {
            params: self.parameters(position)?,
            scan: Scan::unchecked(scan, self.points() as usize),
            codes,
            factors: if self.is_whole() { self.table.section(Kind::ResidualFactors, position)? } else { &[] },
            factors_apart: self.table.stretch(Kind::ResidualFactors, position)?,
        }))
    }

    /// The codes of the vectors of a field themselves.
    pub(crate) fn codes(&self, position: usize) -> Result<Codes<'_>> {
        self.code_sections(position).map(Codes::unchecked)
    }

    pub(super) fn parameters(&self, position: usize) -> Result<ScalarParameters> {
        match self.table.section(Kind::CodeParameters, position)? {
            &[parameters] => Ok(parameters),
            _ => Err(Error::corrupt("codes: more than one set of parameters")),
        }
    }

    #[inline(never)]
    pub(super) fn code_sections(&self, position: usize) -> Result<CodeSections<'_>> {
        let unknown = || Error::corrupt(format!("segment: vector {position} is missing"));
        let &VectorKind { metric, tier, .. } = self.vectors.get(position).ok_or_else(unknown)?;
        let records = self.table.find(Kind::RecordStarts, position)?.map(RecordStarts);
        Ok(CodeSections {
            params: self.parameters(position)?,
            points: self.points() as usize,
            codes: self.table.stretch(Kind::Codes, position)?,
            records,
            factors: if self.is_whole() { self.table.section(Kind::CodeFactors, position)? } else { &[] },
            factors_apart: self.table.stretch(Kind::CodeFactors, position)?,
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
            Precision::F32 => Components::F32(self.table.stretch(Kind::FullF32, position)?),
            Precision::F16 => Components::F16(self.table.stretch(Kind::FullF16, position)?),
        };
        Full::new(components, self.points() as usize, dim as usize, metric).map(Some)
    }

    /// The scan of a vector field, when it has one. An order that came after the segment was opened is checked.
    pub(crate) fn scan(&self, position: usize) -> Result<Option<Scan<'_>>> {
        let Some(mut sections) = self.scan_sections(position)? else { return Ok(None) };
        sections.order = self.table.find(Kind::ScanOrder, position)?;
        if sections.order.is_some() && !self.is_whole() {
            let dim = self.vectors.get(position).map_or(0, |kind| kind.dim as usize);
            return Scan::new(sections, self.points() as usize, dim).map(Some);
        }
        Ok(Some(Scan::unchecked(sections, self.points() as usize)))
    }

    /// The sections of the scan of a vector field, when it has one, but for the order.
    #[inline(never)]
    pub(super) fn scan_sections(&self, position: usize) -> Result<Option<ScanSections<'_>>> {
        let Some(header) = self.table.find::<ScanHeader>(Kind::ScanHeader, position)? else { return Ok(None) };
        let parameters: &[ScalarParameters] = self.table.section(Kind::CentroidParameters, position)?;
        let (&[header], &[params]) = (header, parameters) else {
            return Err(Error::corrupt("scan: more than one header"));
        };
        let groups = match self.table.find::<u32>(Kind::GroupEnds, position)? {
            Some([read, others, ends @ ..]) => Some(GroupSections {
                header: GroupHeader { read: *read, others: *others },
                ends: bytemuck::try_cast_slice(ends).map_err(|_| Error::corrupt("scan: half of a group's end"))?,
                pieces: self.table.stretch(Kind::GroupPieces, position)?,
            }),
            Some(_) => return Err(Error::corrupt("scan: groups without a header")),
            None => None,
        };
        let cluster_ends: &[ClusterEnd] =
            if groups.is_some() { &[] } else { self.table.section(Kind::ClusterEnds, position)? };
        let rows = groups.map_or(cluster_ends.len(), |groups| groups.ends.len());
        Ok(Some(ScanSections {
            header,
            cluster_ends,
            groups,
            centroids: CodeSections {
                params,
                points: 1 + rows,
                codes: self.table.stretch(Kind::CentroidCodes, position)?,
                records: None,
                factors: self.table.section(Kind::CentroidFactors, position)?,
                factors_apart: Stretch::default(),
                metric: Metric::L2,
                tier: params.tier(),
            },
            centroid_blocks: self.table.find(Kind::CentroidBlocks, position)?.unwrap_or_default(),
            pieces: self.table.stretch(Kind::Pieces, position)?,
            order: None,
            metric: self.vectors.get(position).map_or(Metric::Dot, |kind| kind.metric),
        }))
    }

    /// The graph of a vector field, when it has one; checked if it came after the segment was opened.
    pub(crate) fn graph(&self, position: usize) -> Result<Option<Graph<'_>>> {
        let Some(sections) = self.graph_sections(position)? else { return Ok(None) };
        if self.is_whole() {
            return Ok(Some(Graph::unchecked(sections)));
        }
        Graph::new(sections, self.points() as usize).map(Some)
    }

    #[inline(never)]
    pub(super) fn graph_sections(&self, position: usize) -> Result<Option<GraphSections<'_>>> {
        self.table.want(&GRAPH, position);
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
    pub(super) fn text_sections(&self, position: usize) -> Result<TextSections<'_>> {
        let &[header] = self.table.section::<TextHeader>(Kind::TextHeader, position)? else {
            return Err(Error::corrupt("text: more than one header"));
        };
        Ok(TextSections {
            header,
            term_blocks: self.table.section(Kind::TermBlocks, position)?,
            term_bytes: self.table.stretch(Kind::TermBytes, position)?,
            term_samples: self.table.section(Kind::TermSamples, position)?,
            form_blocks: self.table.section(Kind::FormBlocks, position)?,
            form_bytes: self.table.stretch(Kind::FormBytes, position)?,
            form_samples: self.table.section(Kind::FormSamples, position)?,
            form_lists: self.table.stretch(Kind::FormLists, position)?.into(),
            lists: self.table.stretch(Kind::TermLists, position)?.into(),
            blocks: self.table.stretch(Kind::ListBlocks, position)?.into(),
            postings: self.table.stretch(Kind::Postings, position)?,
            positions: self.table.stretch(Kind::Positions, position)?,
            lengths: self.table.stretch(Kind::TextLengths, position)?,
        })
    }

    /// The columns that a filter asks, in schema order.
    #[inline(never)]
    pub(crate) fn columns_for(&self, filter: &CheckedFilter) -> Result<Vec<Option<Column<'_>>>> {
        let (mut columns, mut gaps) = (Vec::with_capacity(self.fields.len()), Gaps::default());
        for position in 0..self.fields.len() {
            columns.push(if filter.asks(position) { gaps.pass(self.column(position))? } else { None });
        }
        gaps.close()?;
        Ok(columns)
    }

    /// The column of a field; checked if it came after the segment was opened.
    pub(crate) fn column(&self, position: usize) -> Result<Column<'_>> {
        let column = self.unchecked_column(position)?;
        if !self.is_whole() {
            column.check(self.points() as usize)?;
        }
        Ok(column)
    }

    #[inline(never)]
    fn unchecked_column(&self, position: usize) -> Result<Column<'_>> {
        let unknown = || Error::corrupt(format!("segment: column {position} is missing"));
        let field = self.fields.get(position).ok_or_else(unknown)?;
        self.table.want(&COLUMN, position);
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
    pub(crate) fn indexed<'s>(&'s self, columns: &'s [Option<Column<'s>>]) -> Indexed<'s, 's> {
        Indexed { columns, lists: self, points: self.points() }
    }

    /// Ids. Of a segment of which not all is here they are read from records, where it has such.
    #[inline(never)]
    pub(crate) fn ids(&self) -> Result<Ids<'_>> {
        let in_parts = !self.is_whole();
        let in_records = in_parts && self.table.place(Kind::RecordStarts, 0).is_some();
        let ids = Ids::unchecked(
            self.table.stretch(Kind::IdOffsets, 0)?,
            self.table.stretch(Kind::IdBytes, 0)?,
            self.table.stretch(Kind::IdOrder, 0)?,
        );
        Ok(match in_parts {
            false => ids,
            true => ids.in_parts(InParts {
                records: if in_records { Some(self.codes(0)?) } else { None },
                ranks: self.table.find_stretch(Kind::IdRanks, 0),
                points: self.points(),
            }),
        })
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
    pub(super) fn payload_sections(&self) -> Result<Option<(&[BlockEntry], Stretch<'_>)>> {
        let blocks = self.table.find(Kind::PayloadBlocks, 0)?;
        blocks.map(|blocks| Ok((blocks, self.table.stretch(Kind::PayloadBytes, 0)?))).transpose()
    }

    /// Notes what of a point's payload is not here.
    pub(crate) fn want_payload(&self, ordinal: Ordinal) {
        if !self.is_whole() {
            let _ = self.payload(ordinal);
        }
    }

    /// The payload of a point.
    pub fn payload(&self, ordinal: Ordinal) -> Result<PayloadText> {
        let points = self.points() as usize;
        if let Some((blocks, bytes)) = self.payload_sections()? {
            return Payloads::unchecked(blocks, bytes, points).get(ordinal);
        }
        payload_in_record(&self.codes(0)?, ordinal).ok_or_else(|| damaged(ordinal))?.get(ordinal)
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
