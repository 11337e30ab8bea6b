//! From changes to the next version: which segments to write, which tombstones, which manifest.
//!
//! ```text
//! Draft::plan(snapshot, memtable) ── host loads the wanted points ── finish ──> Publication
//! ```
//!
//! The host then stores, in this order: new blobs, manifest, head. Only after that may it trim its log.
//!
//! Which segments are folded into the new one decides [`crate::compaction`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::columns::Bitmap;
use crate::compaction::{Extent, Sizes, folds};
use crate::error::Result;
use crate::ingest::PreparedPoint;
use crate::manifest::{BlobRef, MANIFEST_FORMAT_VERSION, Manifest, SegmentRef, Tombstones};
use crate::memtable::Memtable;
use crate::segment::{BuildProgress, SegmentBuilder};
use crate::snapshot::{OpenSegment, Snapshot};

/// What the next version will consist of.
#[derive(Debug)]
pub struct Draft {
    kept: Vec<Kept>,
    wanted: Vec<String>,
    new_points: usize,
}

/// A segment that stays, with all its deletes.
#[derive(Debug)]
struct Kept {
    reference: SegmentRef,
    /// None: unchanged.
    deletes: Option<Tombstones>,
}

/// A version that is ready to be stored.
#[derive(Debug)]
pub struct Publication {
    /// The manifest.
    pub manifest: Manifest,
    /// Its name and length.
    pub manifest_ref: BlobRef,
    /// Its bytes.
    pub manifest_bytes: Vec<u8>,
    /// Blobs that the previous version did not name.
    pub new_blobs: Vec<(BlobRef, Vec<u8>)>,
}

impl Draft {
    /// Decides what to write; none when nothing has changed since the published version, synonyms included.
    pub fn plan(snapshot: &Snapshot, memtable: &Memtable) -> Result<Option<Self>> {
        Self::plan_compacting(snapshot, memtable, Extent::Tiers)
    }

    /// The same, and says how much is written anew.
    pub fn plan_compacting(snapshot: &Snapshot, memtable: &Memtable, extent: Extent) -> Result<Option<Self>> {
        let is_published = snapshot.manifest().is_some_and(|manifest| manifest.schema == *snapshot.schema());
        let is_unchanged = memtable.is_empty() && is_published;
        if is_unchanged && extent != Extent::Everything {
            return Ok(None);
        }
        let mut deletes: Vec<Vec<u32>> = snapshot.segments().iter().map(|s| s.tombstones.ordinals().to_vec()).collect();
        for id in memtable.ids() {
            if let Some((index, ordinal)) = snapshot.locate(id)
                && let Some(ordinals) = deletes.get_mut(index)
            {
                ordinals.push(ordinal);
            }
        }
        let new_points = memtable.points().count();
        let dead: Vec<Tombstones> = deletes.into_iter().map(Tombstones::new).collect();
        let tier = |(open, dead): (&OpenSegment, &Tombstones)| {
            let points = open.segment.points() as usize;
            Sizes { points, live: points.saturating_sub(dead.ordinals().len()), bytes: open.reference.blob.bytes }
        };
        let tiers: Vec<Sizes> = snapshot.segments().iter().zip(&dead).map(tier).collect();
        let folds = folds(&tiers, new_points, extent);
        if is_unchanged && !folds.contains(&true) {
            return Ok(None);
        }
        let (mut kept, mut wanted) = (Vec::new(), Vec::new());
        for ((open, tombstones), fold) in snapshot.segments().iter().zip(dead).zip(folds) {
            if fold {
                let mut alive = Bitmap::all(open.segment.points());
                tombstones.ordinals().iter().for_each(|&o| alive.remove(o));
                wanted.extend(open.segment.all_ids()?.filter(|(o, _)| alive.contains(*o)).map(|(_, id)| id));
            } else {
                let changed = tombstones != open.tombstones;
                kept.push(Kept { reference: open.reference, deletes: changed.then_some(tombstones) });
            }
        }
        Ok(Some(Self { kept, wanted, new_points }))
    }

    /// Ids in folded segments: the host loads these points from its point store and prepares them.
    #[must_use]
    pub fn wanted(&self) -> &[String] {
        &self.wanted
    }

    /// Points that the new segment will hold.
    #[must_use]
    pub const fn points_to_write(&self) -> usize {
        self.new_points + self.wanted.len()
    }

    /// Writes the new segment, tombstones and manifest. It takes long: clusters and graphs are built here.
    ///
    /// `folded` are the wanted points, without those that were deleted since the plan was made.
    pub fn finish(
        self,
        snapshot: &Snapshot,
        memtable: &Memtable,
        folded: Vec<Arc<PreparedPoint>>,
        created_ms: u64,
        progress: &mut BuildProgress<'_>,
    ) -> Result<Publication> {
        let mut new_blobs = Vec::new();
        let mut segments = Vec::with_capacity(self.kept.len() + 1);
        for Kept { mut reference, deletes } in self.kept {
            if let Some(tombstones) = deletes {
                let bytes = tombstones.encode();
                let blob = BlobRef::of(&bytes);
                reference.tombstones = Some(blob);
                reference.deleted = tombstones.ordinals().len() as u32;
                new_blobs.push((blob, bytes));
            }
            segments.push(reference);
        }
        let mut builder = SegmentBuilder::new(snapshot.schema());
        folded.into_iter().chain(memtable.points().map(Arc::clone)).try_for_each(|p| builder.push(p))?;
        if !builder.is_empty() {
            let points = builder.len() as u32;
            let bytes = builder.finish(progress)?;
            let blob = BlobRef::of(&bytes);
            segments.push(SegmentRef { blob, points, tombstones: None, deleted: 0 });
            new_blobs.push((blob, bytes));
        }
        let manifest = Manifest {
            format_version: MANIFEST_FORMAT_VERSION,
            collection: snapshot.collection().into(),
            version: snapshot.version() + 1,
            parent: snapshot.manifest().map(|m| m.encode().map(|bytes| BlobRef::of(&bytes).hash)).transpose()?,
            lsn: snapshot.lsn().max(memtable.lsn()),
            created_ms,
            schema: snapshot.schema().clone(),
            segments,
            models: snapshot.models().refs(),
        };
        let manifest_bytes = manifest.encode()?;
        Ok(Publication { manifest_ref: BlobRef::of(&manifest_bytes), manifest, manifest_bytes, new_blobs })
    }
}
