//! A snapshot: a manifest and its opened segments at one version, searched as one.
//!
//! ```text
//! Manifest + blobs ── Snapshot::open ──> Snapshot ── search(query, memtable) ──> Answer
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `arriving` | a version of which parts arrive as searches want them |
//! | `open` | opens segments, tombstones and models, reusing those of the previous version |
//! | `search` | from a query to an answer |
//! | `scope` | what all parts of a query share: filter masks, deadline, times |
//! | `clauses` | the parts that rank |
//! | `nearest` | a part that is a vector |
//! | `words/` | a part that is words |
//! | `fusion` | several rankings become one |
//! | `field` | what a field says of a point, wherever it stands |
//! | `boosts`, `scored` | factors of scores, and orders in which the score of all that is found counts |
//! | `pins` | hits that the query puts at places |
//! | `sorting` | the order of fields instead of scores |
//! | `diversity` | first hits that differ |
//! | `collapse` | one hit for each value of a field, or a group |
//! | `total` | how many points are found |
//! | `facets` | counts of field values over all that a query finds |
//! | `rings` | hits in order, as deep as a page reaches |
//! | `pages` | which of them are given, and where the next page begins |
//! | `snippets` | fragments of a hit's texts |
//! | `suggest` | from what is being typed to completions |
//! | `spelt` | the words of a text as fields spell them, and which points have them |
//! | `view` | a snapshot with what is not published yet: sealed segments, and the changes since |
//! | `seal` | unpublished points become a segment in memory |
//! | `ranked` | a found point |
//!
//! Owns: opened segments and models, shared with later snapshots. Does not own: where bytes come
//! from. A snapshot never changes; readers swap a whole one for the next.

#[cfg(test)]
mod arrival_tests;
mod arriving;
#[cfg(test)]
mod arriving_tests;
mod boosts;
mod clauses;
mod collapse;
#[cfg(test)]
mod defined_answers;
mod diversity;
#[cfg(test)]
mod facet_tests;
mod facets;
mod field;
#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod filter_tests;
mod fusion;
mod nearest;
#[cfg(test)]
mod odd_vectors_tests;
mod open;
mod pages;
mod pins;
#[cfg(test)]
mod query_tests;
mod ranked;
mod rings;
mod scope;
mod scored;
#[cfg(feature = "changes")]
mod seal;
mod search;
#[cfg(test)]
mod snippet_tests;
mod snippets;
mod sorting;
mod spelt;
mod suggest;
#[cfg(test)]
mod suggest_tests;
#[cfg(test)]
mod synonym_tests;
#[cfg(test)]
mod test_host;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;
mod total;
#[cfg(test)]
mod total_tests;
#[cfg(test)]
mod vector_tests;
#[cfg(feature = "changes")]
mod view;
#[cfg(test)]
#[cfg(feature = "changes")]
mod view_tests;
mod words;

pub use arriving::{Arriving, Proof, Want};
pub use open::BlobSource;
pub use scope::Host;
#[cfg(feature = "changes")]
pub use seal::{Seal, Sealed};
#[cfg(feature = "changes")]
pub use view::{Next, View};

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::columns::{Bitmap, Bound, CheckedFilter};
use crate::error::Result;
use crate::ids::{Lsn, Ordinal, Version};
use crate::ingest::Models;
use crate::manifest::{Manifest, SegmentRef, Tombstones};
use crate::model::{Schema, StoredPoint};
use crate::parts::missing;
use crate::promised::Promised as _;
use crate::segment::Segment;
use words::Synonyms;

/// An opened version of a collection.
#[derive(Debug)]
pub struct Snapshot {
    collection: String,
    schema: Schema,
    models: Models,
    manifest: Option<Manifest>,
    /// Within a [`View`] sealed ones follow those of the manifest, and what has changed since is not live.
    segments: Vec<OpenSegment>,
    /// How many are sealed.
    sealed: usize,
    /// Of the schema, as queries look them up.
    synonyms: Arc<Synonyms>,
}

/// A segment with its deletes.
#[derive(Debug, Clone)]
pub(crate) struct OpenSegment {
    pub(crate) reference: SegmentRef,
    pub(crate) segment: Arc<Segment>,
    pub(crate) tombstones: Tombstones,
    /// Points that are not deleted; none: all are live.
    pub(crate) live: Option<Bitmap>,
}

impl OpenSegment {
    pub(crate) fn is_live(&self, ordinal: Ordinal) -> bool {
        self.live.as_ref().is_none_or(|live| live.contains(ordinal))
    }

    /// How many points are expected to pass a filter, and which live ones do.
    fn passing(&self, filter: &CheckedFilter) -> Result<(u32, Bitmap)> {
        let columns = self.segment.columns_for(filter)?;
        let bound = Bound::new(filter, self.segment.indexed(&columns))?;
        self.segment.all_here()?;
        let points = self.segment.points();
        let (expected, mut passing) = (bound.estimate(points), bound.bitmap(points));
        self.live.iter().for_each(|live| passing.intersect(live));
        Ok((expected, passing))
    }
}

impl Snapshot {
    /// A collection of which nothing has been published.
    #[must_use]
    pub fn empty(collection: String, schema: Schema, models: Models) -> Self {
        let synonyms = Arc::new(Synonyms::new(&schema));
        Self { collection, schema, models, manifest: None, segments: Vec::new(), sealed: 0, synonyms }
    }

    /// The same with the synonyms of another schema, which the next version will have.
    #[must_use]
    pub fn with_synonyms(&self, schema: &Schema) -> Self {
        let schema = Schema { synonyms: schema.synonyms.clone(), ..self.schema.clone() };
        Self {
            collection: self.collection.clone(),
            models: self.models.clone(),
            manifest: self.manifest.clone(),
            segments: self.segments.clone(),
            sealed: self.sealed,
            synonyms: Arc::new(Synonyms::new(&schema)),
            schema,
        }
    }

    /// The collection's name.
    #[must_use]
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// The schema. Its synonyms may be newer than those of the manifest.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The models.
    #[must_use]
    pub const fn models(&self) -> &Models {
        &self.models
    }

    /// The manifest; none before the first publish.
    #[must_use]
    pub const fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The version; 0 before the first publish.
    #[must_use]
    pub fn version(&self) -> Version {
        self.manifest.as_ref().map_or(0, |m| m.version)
    }

    /// The last operation it holds.
    #[must_use]
    pub fn lsn(&self) -> Lsn {
        self.manifest.as_ref().map_or(0, |m| m.lsn)
    }

    /// Points that are not deleted.
    #[must_use]
    pub fn live_points(&self) -> u64 {
        self.manifest.as_ref().map_or(0, Manifest::live_points)
    }

    /// Checks that each part of a segment that can be fetched alone proves itself as it must. Searches of whole
    /// segments need none of it. Complexity: one hash of these parts.
    pub fn check_proofs(&self) -> Result<()> {
        self.segments.iter().try_for_each(|open| open.segment.check_proofs())
    }

    /// Bytes it keeps in memory: segments and models, each once.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.segment.file_bytes() as u64).sum::<u64>() + self.models.resident_bytes()
    }

    /// The published state of a point, without its vectors.
    pub fn get(&self, id: &str) -> Result<Option<StoredPoint>> {
        let read = |(index, ordinal): (usize, Ordinal)| {
            let segment = self.segments.get(index).map(|open| &open.segment);
            segment.map(|segment| Ok(StoredPoint { id: id.into(), payload: segment.payload(ordinal)? })).transpose()
        };
        self.if_all_here(self.locate(id).map_or(Ok(None), read))
    }

    /// Whether the point is live in this version.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.locate(id).is_some()
    }

    /// The ids of all live points, in no order that means anything.
    pub fn live_ids(&self) -> Result<Vec<String>> {
        let mut ids = Vec::with_capacity(self.live_points() as usize);
        for open in &self.segments {
            ids.extend(open.segment.all_ids()?.filter(|(ordinal, _)| open.is_live(*ordinal)).map(|(_, id)| id));
        }
        Ok(ids)
    }

    /// The segment and ordinal in which a live point stands.
    pub(crate) fn locate(&self, id: &str) -> Option<(usize, Ordinal)> {
        // Newest first: a point that changed lately is asked for again sooner.
        self.segments.iter().enumerate().rev().find_map(|(index, open)| {
            let ordinal = open.segment.find(id).filter(|&o| open.is_live(o))?;
            Some((index, ordinal))
        })
    }

    pub(crate) fn segments(&self) -> &[OpenSegment] {
        &self.segments
    }

    /// A segment, to be given further parts.
    fn segment_mut(&mut self, index: usize) -> Option<&mut Segment> {
        self.segments.get_mut(index).map(|open| Arc::make_mut(&mut open.segment))
    }

    /// Bytes of it that are here: of a whole one those that it has.
    fn held_bytes(&self) -> u64 {
        self.segments.iter().map(|open| open.segment.blob().held_bytes() as u64).sum::<u64>()
            + self.models.resident_bytes()
    }

    /// How often something was wanted of it that is not here.
    fn misses(&self) -> u32 {
        let of_segments = self.segments.iter().map(|open| open.segment.misses());
        let of_models = self.models.blobs().map(|(_, blob)| blob.all().misses());
        of_segments.chain(of_models).fold(0, u32::wrapping_add)
    }

    /// Fails with `parts_missing` if something was wanted since then that is not here: whatever would come next rests
    /// on it.
    fn none_missing_since(&self, misses: u32) -> Result<()> {
        if self.misses() == misses { Ok(()) } else { Err(missing()) }
    }

    /// What came of reading; fails with `parts_missing` if something was wanted for it that is not here, for then it is
    /// worth nothing, an error included.
    fn if_all_here<T>(&self, result: Result<T>) -> Result<T> {
        let of_models = || self.models.blobs().try_for_each(|(_, blob)| blob.all().all_here());
        self.segments.iter().try_for_each(|open| open.segment.all_here()).and_then(|()| of_models()).and(result)
    }

    /// Segments of the manifest, then sealed ones. Where a build has none this says so.
    #[inline(always)]
    fn by_origin(&self) -> (&[OpenSegment], &[OpenSegment]) {
        if !cfg!(feature = "changes") {
            return (&self.segments, &[]);
        }
        self.segments.split_at_checked(self.segments.len().saturating_sub(self.sealed)).promised()
    }
}
