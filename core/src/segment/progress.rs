//! How far a build is, told in phases and their steps.

use crate::model::PublishPhase;

/// Hears what a build does: the phase, steps that are done, and steps of the phase, 0 where unknown. It is called some
/// hundred times a phase.
pub type BuildProgress<'a> = dyn FnMut(PublishPhase, u64, u64) + 'a;

/// Points, vectors or texts between two reports.
pub(super) const REPORT_EVERY: usize = 4096;

/// Work on one of several fields of the same points, told as part of the work on all of them.
pub(super) struct FieldProgress<'a, 'b> {
    told: &'a mut BuildProgress<'b>,
    before: u64,
    total: u64,
}

impl<'a, 'b> FieldProgress<'a, 'b> {
    /// Of the field at `position` among `fields`.
    pub(super) fn new(told: &'a mut BuildProgress<'b>, position: usize, fields: usize, points: usize) -> Self {
        Self { told, before: (position * points) as u64, total: (fields * points) as u64 }
    }

    /// So many of the field's points are done.
    pub(super) fn tell(&mut self, phase: PublishPhase, done: u64) {
        (self.told)(phase, self.before + done, self.total);
    }
}
