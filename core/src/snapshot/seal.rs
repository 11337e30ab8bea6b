//! Unpublished points become a segment in memory.
//!
//! ```text
//! View::plan_seal ── Seal ── build (long, needs nothing of the view) ──> Sealed ── View::take ──> searched as a segment
//! ```
//!
//! A sealed segment holds what was put between two operations, in the state that it has at the second one. It is made
//! by the builder that makes published ones. Segments are merged as a binary counter adds: one that is not larger than
//! what comes behind it becomes part of that. So of n points there are about log₂ n segments, and each point is written
//! as often at most.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{OpenSegment, Snapshot};
use crate::bytes::AlignedBytes;
use crate::error::Result;
use crate::ids::Lsn;
use crate::ingest::PreparedPoint;
use crate::manifest::{BlobRef, SegmentRef, Tombstones};
use crate::segment::{Segment, SegmentBuilder};

/// Points of a segment that sealed ones are merged into, at most: to build more takes many seconds.
pub(super) const MOST_MERGED: usize = 65_536;
/// The same while changes come faster than they are sealed: nothing is sealed until it is built, and searches look at
/// each of them.
pub(super) const MOST_MERGED_BUSY: usize = 8_192;

/// Operations from one, which is not among them, to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) after: Lsn,
    pub(super) through: Lsn,
}

/// What is to be sealed.
#[derive(Debug)]
pub struct Seal {
    pub(super) published: Arc<Snapshot>,
    pub(super) points: Vec<Arc<PreparedPoint>>,
    pub(super) span: Span,
    /// What of it is in no segment yet.
    pub(super) since: Lsn,
}

/// Points as a segment that a view can take.
#[derive(Debug)]
pub struct Sealed {
    /// None: everything was deleted.
    pub(super) open: Option<OpenSegment>,
    pub(super) span: Span,
    pub(super) since: Lsn,
}

impl Seal {
    /// Points that will be written.
    #[must_use]
    pub const fn points(&self) -> usize {
        self.points.len()
    }

    /// Builds the segment. It takes long, and one core.
    pub fn build(self) -> Result<Sealed> {
        let Self { published, points, span, since } = self;
        let open = match points.is_empty() {
            true => None,
            false => Some(headwater_index::parallel::on_one_core(|| build(&published, points))?),
        };
        Ok(Sealed { open, span, since })
    }
}

fn build(published: &Snapshot, points: Vec<Arc<PreparedPoint>>) -> Result<OpenSegment> {
    let mut builder = SegmentBuilder::new(published.schema());
    points.into_iter().try_for_each(|point| builder.push(point))?;
    let bytes = builder.finish(&mut |_, _, _| ())?;
    let blob = BlobRef::of(&bytes);
    let segment = Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), published.schema())?;
    let reference = SegmentRef { blob, points: segment.points(), tombstones: None, deleted: 0 };
    Ok(OpenSegment { reference, segment: Arc::new(segment), tombstones: Tombstones::default(), live: None })
}

/// How many of the last segments, of which these are the live points, become part of one that is built behind them and
/// has so many at most.
pub(super) fn merged(live: &[usize], new: usize, most: usize) -> usize {
    let (mut points, mut merged) = (new, 0);
    for &live in live.iter().rev() {
        if live > points || points + live > most {
            break;
        }
        points += live;
        merged += 1;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_stay_few_and_points_are_seldom_written_again() {
        let (mut segments, mut written): (Vec<usize>, usize) = (Vec::new(), 0);
        for _ in 0..4_000 {
            let merged = merged(&segments, 128, MOST_MERGED);
            let points = segments.split_off(segments.len() - merged).iter().sum::<usize>() + 128;
            written += points;
            segments.push(points);
            assert!(segments.iter().all(|&points| points <= MOST_MERGED));
            assert!(segments.len() <= 9 + segments.iter().filter(|&&points| points == MOST_MERGED).count());
        }
        assert!(written <= 4_000 * 128 * 10, "{written}");
    }

    #[test]
    fn what_is_larger_or_would_become_too_large_is_left() {
        assert_eq!(merged(&[], 5, 100), 0);
        assert_eq!(merged(&[8, 4], 3, 100), 0);
        assert_eq!(merged(&[8, 4], 4, 100), 2);
        assert_eq!(merged(&[60, 40], 40, 70), 0);
    }
}
