//! A snapshot with what is not published yet: what a search sees at a host that takes writes.
//!
//! ```text
//! published segments │ sealed segments │ recent changes
//!                    └── after each other in the log ──┘
//! ```
//!
//! Whatever has changed since it was written into a segment is not live there from that moment on. So a search meets
//! each point once, wherever it is, and looks at recent changes one by one.
//!
//! Owns: all unpublished changes, and which points of segments they have replaced. Does not own: when to seal.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::scope::{Host, Unpublished};
use super::seal::{MOST_MERGED, MOST_MERGED_BUSY, Seal, Sealed, Span, merged};
use super::{OpenSegment, Snapshot};
use crate::columns::Bitmap;
use crate::error::Result;
use crate::ids::Lsn;
use crate::ingest::PreparedPoint;
use crate::memtable::Memtable;
use crate::model::{Answer, AnsweredBy, Query, Schema, Suggest, Suggestions};

/// Changes that are sealed together at most: more would be looked at one by one until all of them are built.
const MOST_AT_ONCE: usize = 8_192;
/// More unsealed changes than this have come while others were sealed.
const BUSY: usize = 1_024;

/// See the module.
#[derive(Debug)]
pub struct View {
    published: Arc<Snapshot>,
    /// The same with sealed segments behind.
    base: Snapshot,
    /// For each sealed segment, whose changes it has.
    spans: Vec<Span>,
    all: Memtable,
    /// Those of the changes that come after the last span.
    recent: Memtable,
    through: Lsn,
    /// A version that is being made ends with it.
    pub(super) frozen: Lsn,
}

/// A version that a view is to go on from.
#[derive(Debug)]
pub struct Next {
    published: Arc<Snapshot>,
    base: Snapshot,
    /// The last operation that it knows of.
    lsn: Lsn,
}

impl Next {
    /// What is not part of this version, as [`View::since`] has said, is not live in it. Complexity: looks up each of
    /// the ids.
    #[must_use]
    pub fn new(published: Arc<Snapshot>, (lsn, changed): (Lsn, Vec<String>)) -> Self {
        let mut base = published.same();
        base.replace_all(changed.iter().map(String::as_str));
        Self { published, base, lsn }
    }
}

impl View {
    /// What is published, and nothing else.
    #[must_use]
    pub fn new(published: Arc<Snapshot>) -> Self {
        let (base, through) = (published.same(), published.lsn());
        let (all, recent) = (Memtable::new(), Memtable::new());
        Self { published, base, spans: Vec::new(), all, recent, through, frozen: 0 }
    }

    /// What is published.
    #[must_use]
    pub const fn published(&self) -> &Arc<Snapshot> {
        &self.published
    }

    /// All that is not published, sealed or not.
    #[must_use]
    pub const fn memtable(&self) -> &Memtable {
        &self.all
    }

    /// The last operation it holds.
    #[must_use]
    pub fn lsn(&self) -> Lsn {
        self.all.lsn().max(self.published.lsn())
    }

    /// Changes that are in no segment.
    #[must_use]
    pub fn unsealed(&self) -> usize {
        self.recent.len()
    }

    /// Sealed segments.
    #[must_use]
    pub const fn sealed(&self) -> usize {
        self.spans.len()
    }

    /// Bytes that unpublished changes keep in memory, those of sealed segments included.
    #[must_use]
    pub fn pending_bytes(&self) -> u64 {
        let sealed = self.base.by_origin().1.iter();
        let sealed: u64 = sealed.map(|open| open.segment.file_bytes() as u64).sum();
        self.all.bytes() + self.recent.own_bytes() + sealed
    }

    /// Puts a point, or deletes it when none is given; says whether there was one of this id. A change older than the
    /// one that is held for the id is ignored.
    pub fn apply(&mut self, lsn: Lsn, id: &str, point: Option<Arc<PreparedPoint>>) -> bool {
        if self.all.lsn_of(id).is_some_and(|held| held > lsn) {
            return self.all.get(id).flatten().is_some();
        }
        let lived = match self.recent.get(id) {
            Some(change) => change.is_some(),
            None => self.base.replace(id),
        };
        for changes in [&mut self.all, &mut self.recent] {
            match &point {
                Some(point) => changes.upsert(lsn, Arc::clone(point)),
                None => changes.delete(lsn, id),
            }
        }
        lived
    }

    /// Searches: see [`Snapshot::search`].
    pub fn search<'a>(&self, query: &Query, host: impl Into<Host<'a>>) -> Result<Answer> {
        // A version, and pages of one, are what was published.
        if query.as_of.is_some() || query.after.is_some() {
            return self.published.answer(query, None, host.into());
        }
        self.base.answer(query, Some(self.unpublished()), host.into())
    }

    /// Completes a text: see [`Snapshot::suggest`].
    pub fn suggest(&self, request: &Suggest, answered_by: AnsweredBy) -> Result<Suggestions> {
        self.base.suggestions(request, Some(self.unpublished()), answered_by)
    }

    const fn unpublished(&self) -> Unpublished<'_> {
        Unpublished { all: &self.all, recent: &self.recent }
    }

    /// Searches by other synonyms from now on.
    pub fn change_synonyms(&mut self, schema: &Schema) {
        self.published = Arc::new(self.published.with_synonyms(schema));
        self.base.take_synonyms_of(&self.published);
    }

    /// Says that a version is being made of all changes until now. Later ones are sealed apart from these, which go
    /// when it is published.
    pub fn freeze(&mut self) {
        self.frozen = self.all.lsn();
    }

    /// What is to be sealed now, together with segments that are merged with it; none when every change is sealed.
    /// Complexity: a look at each change, where segments are merged.
    #[must_use]
    pub fn plan_seal(&self) -> Option<Seal> {
        if self.recent.is_empty() {
            return None;
        }
        let through = self.sealed_next();
        let put = |changes: &Memtable, after: Lsn| -> Vec<Arc<PreparedPoint>> {
            let changes = changes.since(after).filter(|(_, lsn, _)| *lsn <= through);
            changes.filter_map(|(_, _, point)| point.map(Arc::clone)).collect()
        };
        let points = put(&self.recent, self.through);
        let first = if through <= self.frozen { 0 } else { self.spans.partition_point(|s| s.after < self.frozen) };
        let live: Vec<usize> = self.base.by_origin().1.iter().skip(first).map(OpenSegment::live_points).collect();
        let most = if self.recent.len() > BUSY { MOST_MERGED_BUSY } else { MOST_MERGED };
        let merged = merged(&live, points.len(), most);
        let after = self.spans.get(self.spans.len() - merged).map_or(self.through, |span| span.after);
        let points = if merged == 0 { points } else { put(&self.all, after) };
        let (published, span) = (Arc::clone(&self.published), Span { after, through });
        Some(Seal { published, points, span, since: self.through })
    }

    /// The operation that the next sealed segment ends with.
    fn sealed_next(&self) -> Lsn {
        // What goes with the version that is being made is sealed by itself.
        let is_apart = self.frozen <= self.through || self.recent.lsn() <= self.frozen;
        let end = if is_apart { self.recent.lsn() } else { self.frozen };
        let mut lsns: Vec<Lsn> = self.recent.since(self.through).map(|(_, lsn, _)| lsn).collect();
        if lsns.len() <= MOST_AT_ONCE {
            return end;
        }
        let (_, &mut last, _) = lsns.select_nth_unstable(MOST_AT_ONCE - 1);
        last.min(end)
    }

    /// Has searches see what was sealed as a segment, in the place of the segments that were merged with it; says
    /// whether that could be: what was planned before another version was published may be of no use any more.
    pub fn take(&mut self, sealed: Sealed) -> bool {
        let Sealed { open, span, since } = sealed;
        let first = self.spans.partition_point(|held| held.after < span.after);
        let begins = self.spans.get(first).map_or(self.through, |held| held.after);
        if since != self.through || begins != span.after {
            return false;
        }
        let merged = self.spans.len() - first;
        self.spans.truncate(first);
        self.base.segments.truncate(self.base.segments.len() - merged);
        self.recent.clear_through(span.through);
        self.through = span.through;
        if let Some(mut open) = open {
            for id in self.recent.ids() {
                open.segment.find(id).map(|ordinal| open.drop_live(ordinal));
            }
            self.base.segments.push(open);
            self.spans.push(span);
        }
        self.base.sealed = self.spans.len();
        true
    }

    /// The last operation, and what has changed after one that a version ends with: for [`Next::new`]. Complexity: a
    /// look at each change.
    #[must_use]
    pub fn since(&self, lsn: Lsn) -> (Lsn, Vec<String>) {
        (self.all.lsn(), self.all.since(lsn).map(|(id, ..)| id.into()).collect())
    }

    /// Goes on from a newer version, and forgets changes that it holds. Synonyms stay: they may have been changed while
    /// it was made.
    pub fn switch(&mut self, next: Next) {
        let Next { mut published, mut base, lsn } = next;
        if published.schema().synonyms != self.published.schema().synonyms {
            published = Arc::new(published.with_synonyms(self.published.schema()));
            base.take_synonyms_of(&published);
        }
        base.replace_all(self.all.since(lsn).map(|(id, ..)| id));
        let version = published.lsn();
        self.all.clear_through(version);
        // What was sealed after the version stays as it is; what was sealed of changes before and after it is in both.
        let first = self.spans.partition_point(|span| span.after < version);
        let is_apart = first.checked_sub(1).and_then(|last| self.spans.get(last)).is_none_or(|s| s.through <= version);
        if is_apart {
            let kept = self.spans.split_off(first);
            let from = self.base.segments.len() - kept.len();
            base.segments.extend(self.base.segments.drain(from..));
            self.spans = kept;
            self.recent.clear_through(version);
            self.through = self.through.max(version);
        } else {
            self.spans.clear();
            self.recent = self.all.clone();
            self.through = version;
        }
        base.sealed = self.spans.len();
        (self.published, self.base) = (published, base);
    }
}

impl Snapshot {
    /// Itself once more: segments are shared.
    fn same(&self) -> Self {
        Self {
            collection: self.collection.clone(),
            schema: self.schema.clone(),
            models: self.models.clone(),
            manifest: self.manifest.clone(),
            segments: self.segments.clone(),
            sealed: self.sealed,
            synonyms: Arc::clone(&self.synonyms),
        }
    }

    /// Itself without what has changed since.
    pub(super) fn without(&self, memtable: &Memtable) -> Self {
        let mut without = self.same();
        without.replace_all(memtable.ids());
        without
    }

    /// Says that a point is not live here any more; says whether it was.
    fn replace(&mut self, id: &str) -> bool {
        let Some((index, ordinal)) = self.locate(id) else { return false };
        self.segments.get_mut(index).is_some_and(|open| open.drop_live(ordinal))
    }

    fn replace_all<'i>(&mut self, ids: impl Iterator<Item = &'i str>) {
        for id in ids {
            self.replace(id);
        }
    }

    fn take_synonyms_of(&mut self, other: &Self) {
        self.schema.synonyms.clone_from(&other.schema.synonyms);
        self.synonyms = Arc::clone(&other.synonyms);
    }
}

impl OpenSegment {
    fn drop_live(&mut self, ordinal: u32) -> bool {
        let lived = self.is_live(ordinal);
        self.live.get_or_insert_with(|| Bitmap::all(self.segment.points())).remove(ordinal);
        lived
    }

    fn live_points(&self) -> usize {
        self.live.as_ref().map_or(self.segment.points(), Bitmap::count) as usize
    }
}
