//! Opening a version.

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::words::Synonyms;
use super::{OpenSegment, Snapshot};
use crate::bytes::AlignedBytes;
use crate::columns::Bitmap;
use crate::error::{Code, Error, Result};
use crate::ingest::Models;
use crate::manifest::{BlobRef, Manifest, SegmentRef, Tombstones, VerifiedBlob};
use crate::segment::Segment;

/// Where a host hands over the bytes of a blob.
pub type BlobSource<'a> = dyn FnMut(&BlobRef) -> Result<VerifiedBlob> + 'a;

impl Snapshot {
    /// Opens all that the manifest names.
    pub fn open(manifest: Manifest, blob: &mut BlobSource<'_>) -> Result<Self> {
        Self::open_reusing(None, manifest, blob, &[])
    }

    /// The same with some segments opened already, in the order of the manifest, and models among those of `previous`.
    pub(super) fn open_with(
        previous: Option<&Self>,
        manifest: Manifest,
        blob: &mut BlobSource<'_>,
        segments: &[Option<Arc<Segment>>],
    ) -> Result<Self> {
        Self::open_reusing(previous, manifest, blob, segments)
    }

    /// The same, taking over segments and models that `previous` has opened already; `blob` is
    /// asked only for the others.
    pub fn open_after(previous: &Self, manifest: Manifest, blob: &mut BlobSource<'_>) -> Result<Self> {
        Self::open_reusing(Some(previous), manifest, blob, &[])
    }

    /// The blobs that [`Self::open_after`] will ask for, each once. It may ask twice for the same one:
    /// segments whose deletes are alike share their tombstones.
    #[must_use]
    pub fn wanted_blobs(previous: Option<&Self>, manifest: &Manifest) -> Vec<BlobRef> {
        let mut wanted: Vec<BlobRef> = Vec::new();
        let mut want = |blob: BlobRef| {
            if !wanted.contains(&blob) {
                wanted.push(blob);
            }
        };
        let loaded = |blob: &BlobRef| cfg!(not(feature = "embed")) || previous.is_some_and(|p| p.models.holds(blob));
        manifest.models.iter().filter(|m| !loaded(&m.blob)).for_each(|m| want(m.blob));
        for reference in &manifest.segments {
            match held(previous, manifest, reference) {
                Some(same) if same.reference.tombstones == reference.tombstones => {}
                Some(_) => reference.tombstones.into_iter().for_each(&mut want),
                None => core::iter::once(reference.blob).chain(reference.tombstones).for_each(&mut want),
            }
        }
        wanted
    }

    /// What [`Self::open_after`] takes over of this version, as a snapshot of its own that answers nothing: a host that
    /// has no room for two versions keeps it and lets this one go.
    #[must_use]
    pub fn shared_with(&self, manifest: &Manifest) -> Self {
        let shared = |s: &&OpenSegment| {
            self.schema.has_same_fields(&manifest.schema)
                && manifest.segments.iter().any(|r| r.blob == s.reference.blob)
        };
        Self {
            collection: self.collection.clone(),
            schema: self.schema.clone(),
            models: self.models.among(&manifest.models),
            manifest: None,
            segments: self.segments.iter().filter(shared).cloned().collect(),
            sealed: 0,
            synonyms: Arc::default(),
        }
    }

    fn open_reusing(
        previous: Option<&Self>,
        manifest: Manifest,
        blob: &mut BlobSource<'_>,
        opened: &[Option<Arc<Segment>>],
    ) -> Result<Self> {
        let models = open_models(previous, &manifest, blob)?;
        let mut segments = Vec::with_capacity(manifest.segments.len());
        for (index, reference) in manifest.segments.iter().enumerate() {
            segments.push(
                open_segment((previous, opened.get(index).and_then(Option::as_ref)), &manifest, reference, blob)
                    .map_err(|e| e.context(format_args!("segment {}", reference.blob.hash)))?,
            );
        }
        let (collection, schema) = (manifest.collection.clone(), manifest.schema.clone());
        let synonyms = Arc::new(Synonyms::new(&schema));
        Ok(Self { collection, schema, models, manifest: Some(manifest), segments, sealed: 0, synonyms })
    }
}

/// The bytes that a host hands over for a blob.
fn bytes_of(wanted: &BlobRef, source: &mut BlobSource<'_>) -> Result<Arc<AlignedBytes>> {
    let given = source(wanted)?;
    if given.blob() == wanted {
        return Ok(Arc::clone(given.bytes()));
    }
    Err(Error::new(Code::Internal, format!("blob {} was handed over for {}", given.blob().hash, wanted.hash)))
}

/// The same segment, opened before, perhaps with other tombstones.
fn held<'a>(previous: Option<&'a Snapshot>, manifest: &Manifest, reference: &SegmentRef) -> Option<&'a OpenSegment> {
    previous
        .filter(|p| p.schema.has_same_fields(&manifest.schema))
        .and_then(|p| p.segments.iter().find(|s| s.reference.blob == reference.blob))
}

fn open_segment(
    (previous, opened): (Option<&Snapshot>, Option<&Arc<Segment>>),
    manifest: &Manifest,
    reference: &SegmentRef,
    blob: &mut BlobSource<'_>,
) -> Result<OpenSegment> {
    let held = held(previous, manifest, reference);
    if let Some(same) = held.filter(|s| s.reference.tombstones == reference.tombstones) {
        return Ok(OpenSegment { reference: *reference, ..same.clone() });
    }
    let segment = match opened.or(held.map(|open| &open.segment)) {
        Some(segment) => Arc::clone(segment),
        None => Arc::new(Segment::open(bytes_of(&reference.blob, blob)?, &manifest.schema)?),
    };
    let points = segment.points();
    if points != reference.points {
        return Err(Error::corrupt(format!("{points} points found, the manifest says {}", reference.points)));
    }
    let Some(deleted) = &reference.tombstones else {
        return Ok(OpenSegment { reference: *reference, segment, tombstones: Tombstones::default(), live: None });
    };
    let tombstones = Tombstones::decode(&bytes_of(deleted, blob)?, points)?;
    if tombstones.ordinals().len() != reference.deleted as usize {
        return Err(Error::corrupt(format!(
            "{} tombstones found, the manifest says {}",
            tombstones.ordinals().len(),
            reference.deleted
        )));
    }
    let mut live = Bitmap::all(points);
    tombstones.ordinals().iter().for_each(|&o| live.remove(o));
    Ok(OpenSegment { reference: *reference, segment, tombstones, live: Some(live) })
}

#[cfg(feature = "embed")]
fn open_models(previous: Option<&Snapshot>, manifest: &Manifest, blob: &mut BlobSource<'_>) -> Result<Models> {
    let mut models = Models::default();
    for reference in &manifest.models {
        let held = previous.and_then(|p| p.models.by_blob(&reference.blob));
        let model: Arc<dyn crate::ingest::Embedder> = match held {
            Some(model) => Arc::clone(model),
            None => {
                let opened = crate::embed::StaticModel::open(bytes_of(&reference.blob, blob)?);
                Arc::new(opened.map_err(|e| e.context(format_args!("model {:?}", reference.name)))?)
            }
        };
        models.insert(reference.name.clone(), reference.blob, model);
    }
    models.check(&manifest.schema)?;
    Ok(models)
}

/// Without the embedder a snapshot still answers queries by vector.
#[cfg(not(feature = "embed"))]
fn open_models(_: Option<&Snapshot>, manifest: &Manifest, _: &mut BlobSource<'_>) -> Result<Models> {
    let mut models = Models::default();
    manifest.models.iter().for_each(|m| models.insert_absent(m.name.clone(), m.blob));
    Ok(models)
}
