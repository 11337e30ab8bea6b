//! What the builder measured on a sample of a vector field's points, and so decided: kept in the segment, and told by
//! `explain`.

use bytemuck::{Pod, Zeroable};

use super::kinds::Kind;
use super::reader::Segment;
use crate::error::Result;
use crate::model::Built;
use crate::probe::Probe;
use crate::scan::Measured;

/// As they are stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Decisions {
    /// Points that stood in for queries.
    pub(super) sampled: u32,
    /// Codes that a search would scan with each point in its own cluster alone, and with points in further ones; 0
    /// where clusters were not asked for.
    pub(super) scanned_alone: u32,
    pub(super) scanned_with_further: u32,
    /// Shares of the true neighbours that are found: by codes of a few bits, and along the graph; 0 where there was
    /// none to try.
    pub(super) scan_recall: f32,
    pub(super) graph_recall: f32,
    pub(super) reserved: [u32; 3],
}

const _: () = assert!(size_of::<Decisions>() == 32);

impl Decisions {
    /// What was measured of clusters on a sample.
    pub(super) fn of(probes: &[Probe], measured: Measured) -> Self {
        Self {
            sampled: probes.len() as u32,
            scanned_alone: measured.alone as u32,
            scanned_with_further: measured.with_further as u32,
            scan_recall: measured.recall as f32,
            ..Self::default()
        }
    }
}

impl Segment {
    /// What was decided of a vector field; nothing where there were too few points to measure anything, or where it is
    /// damaged: no search needs it.
    pub(crate) fn built(&self, position: usize) -> Result<Option<Built>> {
        let bytes: Option<&[u8]> = self.table.find(Kind::Decisions, position)?;
        let decisions = bytes.and_then(|bytes| bytemuck::try_pod_read_unaligned::<Decisions>(bytes).ok());
        let Some(decisions) = decisions else { return Ok(None) };
        let scan = self.scan(position)?;
        // No JSON has what is no number.
        let share = |share: f32| if share.is_finite() { share } else { 0.0 };
        Ok(Some(Built {
            sampled: decisions.sampled,
            clusters: scan.map_or(0, |scan| scan.clusters()),
            codes: scan.map_or(0, |scan| scan.codes() as u32),
            bits: scan.map_or(0, |scan| scan.bits()),
            scanned_alone: decisions.scanned_alone,
            scanned_with_further: decisions.scanned_with_further,
            scan_recall: share(decisions.scan_recall),
            has_graph: self.has_graph(position)?,
            graph_recall: share(decisions.graph_recall),
        }))
    }
}
