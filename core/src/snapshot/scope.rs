//! What all parts of a query share: which points count, how much may be done, who asks.

use alloc::borrow::Cow;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;

use super::Snapshot;
use super::ranked::Place;
use crate::capabilities::HasChanges;
use crate::columns::{Bitmap, CheckedFilter};
use crate::error::{Code, Error, Result};
use crate::ids::{Lsn, Ordinal};
use crate::ingest::PreparedPoint;
use crate::memtable::Memtable;
use crate::meter::{Clock, Meter};
use crate::model::{AnsweredBy, AsOf, Filter, Query, SegmentPlan, Stages, Strategy};
use crate::parts::Gaps;

/// Who computes an answer.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    /// What the answer says of it.
    pub answered_by: AnsweredBy,
    /// Microseconds, for deadlines and times of stages; without one there are none.
    pub clock: Option<Clock<'a>>,
    /// Until when, in milliseconds since 1970, it knows that no later version was published: when the head that it
    /// follows was signed. None: it is where versions are made.
    pub newest_until_ms: Option<u64>,
}

impl From<AnsweredBy> for Host<'_> {
    fn from(answered_by: AnsweredBy) -> Self {
        Self { answered_by, clock: None, newest_until_ms: None }
    }
}

/// What is not published, of a snapshot in which what has changed since is not live any more.
#[derive(Clone, Copy)]
pub(super) struct Unpublished<'a> {
    /// All changes.
    pub(super) all: &'a Memtable,
    /// Those that are in no sealed segment.
    pub(super) recent: &'a Memtable,
}

/// See the module.
pub(super) struct Scope<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) query: &'a Query,
    unpublished: Option<Unpublished<'a>>,
    /// The last operation that is seen.
    pub(super) lsn: Lsn,
    /// Unpublished points that pass the filter.
    passing: Vec<&'a Arc<PreparedPoint>>,
    /// For each segment the live points that pass the filter; none: all.
    masks: Vec<Option<Cow<'a, Bitmap>>>,
    /// For each segment, how many were expected to.
    expected: Vec<u32>,
    /// Points that are no hits, because the query asks for others like them.
    hidden: Vec<Place>,
    pub(super) meter: Meter<'a>,
    stages: Cell<Stages>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        snapshot: &'a Snapshot,
        query: &'a Query,
        unpublished: Option<Unpublished<'a>>,
        host: Host<'a>,
    ) -> Result<Self> {
        let meter = Meter::new(host.clock, query.timeout_ms, query.budget);
        check_version(snapshot, query, host.newest_until_ms)?;
        let lsn = snapshot.lsn().max(unpublished.map_or(0, |unpublished| unpublished.all.lsn()));
        if let Some(wanted) = query.min_lsn.filter(|&wanted| wanted > lsn) {
            let message =
                format!("operation {lsn} is the last one here, \"minLsn\" asks for {wanted}; try again later");
            return Err(Error::new(Code::Behind, message));
        }
        let mut scope = Self {
            snapshot,
            query,
            unpublished,
            lsn,
            passing: Vec::new(),
            masks: Vec::new(),
            expected: Vec::new(),
            hidden: Vec::new(),
            meter,
            stages: Cell::new(Stages::default()),
        };
        let start = scope.meter.now();
        scope.filter(query.filter.as_ref())?;
        scope.took(start, |stages| &mut stages.filter);
        Ok(scope)
    }

    /// All that is not published. Where a build has no such thing this says so, and all that asks is left out of it.
    #[inline(always)]
    pub(super) fn unpublished(&self) -> Option<&'a Memtable> {
        self.unpublished.filter(|_| cfg!(feature = "changes")).map(|unpublished| unpublished.all)
    }

    /// What of it is in no segment; none when there is nothing.
    #[inline(always)]
    pub(super) fn memtable(&self) -> Option<&'a Memtable> {
        let recent = self.unpublished.filter(|_| cfg!(feature = "changes")).map(|unpublished| unpublished.recent);
        recent.filter(|recent| !recent.is_empty())
    }

    /// Whether a segment is one of points that are not published.
    #[inline(always)]
    fn is_sealed(&self, segment: usize) -> bool {
        cfg!(feature = "changes") && segment >= self.snapshot.by_origin().0.len()
    }

    /// Points in no segment that pass the filter.
    #[inline(always)]
    pub(super) fn fresh(&self) -> &[&'a Arc<PreparedPoint>] {
        if cfg!(feature = "changes") { &self.passing } else { &[] }
    }

    /// Adds to the time of a stage.
    pub(super) fn took(&self, start: u64, of: impl Fn(&mut Stages) -> &mut u64) {
        let mut stages = self.stages.get();
        *of(&mut stages) += self.meter.now().saturating_sub(start);
        self.stages.set(stages);
    }

    /// How long the stages took, where there is a clock and the query asks.
    pub(super) fn stages(&self) -> Option<Stages> {
        (self.query.explain && self.meter.has_clock()).then(|| self.stages.get())
    }

    /// Finds what passes a filter, instead of what passed another one.
    pub(super) fn filter(&mut self, filter: Option<&Filter>) -> Result<()> {
        let snapshot = self.snapshot;
        let filter = filter.map(|filter| CheckedFilter::new(filter, &snapshot.schema)).transpose()?;
        self.masks.clear();
        self.expected.clear();
        self.passing.clear();
        let mut gaps = Gaps::default();
        for open in &snapshot.segments {
            let Some(filter) = &filter else {
                self.masks.push(open.live.as_ref().map(Cow::Borrowed));
                self.expected.push(open.live.as_ref().map_or(open.segment.points(), Bitmap::count));
                continue;
            };
            let (expected, passing) = gaps.pass(open.passing(filter))?.unwrap_or_default();
            self.expected.push(expected);
            self.masks.push(Some(Cow::Owned(passing)));
        }
        gaps.close()?;
        for point in self.memtable().into_iter().flat_map(|m| m.points()) {
            let is_hidden =
                || self.hidden.iter().any(|place| matches!(place, Place::Memtable(p, _) if Arc::ptr_eq(p, point)));
            if filter.as_ref().map_or(Ok(true), |filter| filter.passes(point.unpublished()))? && !is_hidden() {
                self.passing.push(point);
            }
        }
        Ok(())
    }

    /// Live points of a segment that pass the filter; none: all.
    pub(super) fn mask(&self, segment: usize) -> Option<&Bitmap> {
        self.masks.get(segment)?.as_deref()
    }

    /// Where a point stands, in its newest state.
    pub(super) fn find(&self, id: &str) -> Option<Place> {
        match self.memtable().and_then(|memtable| memtable.get(id)) {
            Some(change) => Some(Place::Memtable(Arc::clone(change?), HasChanges::check().ok()?)),
            None => self.snapshot.locate(id).map(|(segment, ordinal)| Place::Segment(segment, ordinal)),
        }
    }

    /// Says that a point is no hit.
    pub(super) fn hide(&mut self, place: Place) {
        match &place {
            Place::Memtable(hidden, _) => self.passing.retain(|point| !Arc::ptr_eq(point, hidden)),
            // One that was named before: what is hidden is counted.
            Place::Segment(segment, ordinal) if !self.is_current(*segment, *ordinal) => return,
            Place::Segment(..) => {}
        }
        self.hidden.push(place);
    }

    /// Whether a live point of a segment is not hidden.
    pub(super) fn is_current(&self, segment: usize, ordinal: Ordinal) -> bool {
        let is_it = |place: &Place| matches!(place, Place::Segment(s, o) if (*s, *o) == (segment, ordinal));
        !self.hidden.iter().any(is_it)
    }

    /// How many points of a segment pass the filter. Complexity: a look at the mask.
    pub(super) fn count_in(&self, segment: usize) -> u32 {
        let Some(open) = self.snapshot.segments.get(segment) else { return 0 };
        let mask = self.mask(segment);
        let passes = |ordinal: &Ordinal| mask.is_none_or(|mask| mask.contains(*ordinal));
        let hidden =
            self.hidden.iter().filter(|place| matches!(place, Place::Segment(s, o) if *s == segment && passes(o)));
        let gone = hidden.count() as u32;
        mask.map_or(open.segment.points(), Bitmap::count).saturating_sub(gone)
    }

    /// All points of a segment that pass the filter.
    pub(super) fn all_in(&self, segment: usize) -> Bitmap {
        let Some(open) = self.snapshot.segments.get(segment) else { return Bitmap::none(0) };
        let mut all = self.mask(segment).cloned().unwrap_or_else(|| Bitmap::all(open.segment.points()));
        self.drop_hidden(segment, &mut all);
        all
    }

    /// Takes hidden points out of a set of a segment's points.
    pub(super) fn drop_hidden(&self, segment: usize, set: &mut Bitmap) {
        for place in &self.hidden {
            if let Place::Segment(hidden, ordinal) = place
                && *hidden == segment
            {
                set.remove(*ordinal);
            }
        }
    }

    /// A segment's plan with everything at nothing.
    pub(super) fn plan(&self, segment: usize, strategy: Strategy) -> SegmentPlan {
        let points = self.snapshot.segments.get(segment).map_or(0, |open| open.segment.points());
        let matches = self.mask(segment).map_or(points, Bitmap::count);
        let strategy = if matches == 0 { Strategy::Empty } else { strategy };
        self.told_of(segment, plan_of(strategy, points, matches))
    }

    /// A segment's plan with what only this knows.
    pub(super) fn told_of(&self, segment: usize, plan: SegmentPlan) -> SegmentPlan {
        SegmentPlan { expected: self.expected_in(segment), unpublished: self.is_sealed(segment), ..plan }
    }

    /// How many points of a segment were expected to pass the filter.
    fn expected_in(&self, segment: usize) -> u32 {
        self.expected.get(segment).copied().unwrap_or_default()
    }

    /// The plan of what is in no segment: every point that passes is looked at.
    pub(super) fn fresh_plan(&self) -> Option<SegmentPlan> {
        let points = self.memtable()?.point_count() as u32;
        let matches = self.fresh().len() as u32;
        let strategy = if matches == 0 { Strategy::Empty } else { Strategy::Exact };
        let plan = plan_of(strategy, points, matches);
        Some(SegmentPlan { compared: matches, expected: matches, unpublished: true, ..plan })
    }
}

/// A plan with everything at nothing.
const fn plan_of(strategy: Strategy, points: u32, matches: u32) -> SegmentPlan {
    SegmentPlan {
        strategy,
        points,
        matches,
        expected: 0,
        scanned: 0,
        compared: 0,
        blocks: 0,
        blocks_read: 0,
        scratch_bytes: 0,
        unpublished: false,
        built: None,
    }
}

/// Fails unless this is the version that the query means.
fn check_version(snapshot: &Snapshot, query: &Query, newest_until_ms: Option<u64>) -> Result<()> {
    let (version, created) = (snapshot.version(), snapshot.manifest.as_ref().map_or(0, |m| m.created_ms));
    if let Some(cursor) = query.page_before()
        && (cursor.version, cursor.created_ms) != (version, created)
    {
        let message = if cursor.version == version {
            "\"after\" is of another collection, or of one that was made anew since; begin again with \"start\"".into()
        } else {
            format!(
                "\"after\" goes on in version {}, and version {version} is the only one here; begin again with \"start\"",
                cursor.version
            )
        };
        return Err(Error::new(Code::VersionNotHeld, message));
    }
    let is_it = match query.as_of {
        None => true,
        Some(AsOf::Version(wanted)) => wanted == version,
        Some(AsOf::Time(ms)) => {
            version > 0 && ms >= created as f64 && newest_until_ms.is_none_or(|until| ms <= until as f64)
        }
    };
    if is_it {
        return Ok(());
    }
    let message = if query.page_before().is_some() {
        format!("\"after\" goes on in version {version}, and \"asOf\" asks for another; leave \"asOf\" out")
    } else {
        format!(
            "version {version} is the only one here, and \"asOf\" asks for another, or for a time about which only the origin knows; ask there"
        )
    };
    Err(Error::new(Code::VersionNotHeld, message))
}
