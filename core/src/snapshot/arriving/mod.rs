//! A version of which parts arrive as searches want them.
//!
//! ```text
//! Arriving::new(manifest) ── search ──> an answer
//!                 ^              └────> parts_missing: wants() ── host ── fetches ──┐
//!                 └────────────────────────────── take(want, bytes, groups) <───────┘
//! ```
//!
//! The segments are those of a whole version, and so is the search; only their bytes come later. Each go through a
//! search says all that can be known to be wanted then, so rounds are as few as what decides what: where pieces are,
//! what is in them, what is in the records of the candidates. Hits, score bits, totals and facets are those of the
//! whole version, or there is no answer.
//!
//! Small segments and tombstones are fetched as a whole. Of a model come configuration and tokenizer first, and the
//! rows of tokens as texts need them.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `room` | what goes where memory is short |
//!
//! Owns: what has arrived. Does not own: where it comes from.

mod room;

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use super::{Host, Snapshot};
#[cfg(feature = "embed")]
use crate::embed::StaticModel;
use crate::error::{Code, Error, Result};
#[cfg(feature = "embed")]
use crate::ingest::Models;
use crate::manifest::{BlobRef, Manifest, ModelRef, PAGE_BYTES, PageList, VerifiedBlob, proving_groups, whole_groups};
use crate::model::{Answer, Query};
use crate::parts::{Blob, Gaps, Parts, missing};
use crate::segment::Segment;

/// Bytes that a search wants, and how they are proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The blob.
    pub blob: BlobRef,
    /// What is to be fetched, all as one: of the blob, or of its page list.
    pub range: Range<u64>,
    /// What proves it.
    pub proof: Proof,
}

/// What proves bytes that are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// They are the pages of the blob's page list, and lead to its name. Taken before what they prove.
    Pages,
    /// They are all of the blob, whose name they have.
    Name,
    /// They are a piece or a record, and prove themselves.
    Itself,
    /// They are groups of the blob; this range of its page list leads from them to its pages, and is fetched as well.
    /// None where the blob has one page.
    Groups(Range<u64>),
}

/// See the module.
#[derive(Debug)]
pub struct Arriving {
    manifest: Manifest,
    /// What is wanted whole: tombstones, small segments and models.
    whole: Vec<VerifiedBlob>,
    /// Of segments.
    lists: Vec<PageList>,
    /// The segments of the manifest, until all can be opened.
    fronts: Vec<Front>,
    /// Models on their way, until they can be opened.
    models: Vec<(String, BlobRef, Blob)>,
    /// What the version before had, and the models that were opened since.
    previous: Option<Snapshot>,
    snapshot: Option<Snapshot>,
    /// How often it was idle.
    now: u32,
}

/// Segments of no more bytes are fetched as a whole: where everything is in them takes as many bytes, and more rounds.
const SMALL_BYTES: u64 = 256 * 1024;

/// A segment before all others are open as well.
#[derive(Debug)]
enum Front {
    Arriving(Blob),
    Open(Arc<Segment>),
    /// It is small: see [`SMALL_BYTES`].
    Whole,
}

impl Front {
    /// What is to be fetched of it next; none where it is all here.
    fn wanted(&self) -> Option<Range<usize>> {
        match self {
            Self::Arriving(blob) => Segment::front_wanted(blob),
            Self::Open(_) | Self::Whole => None,
        }
    }

    fn held_bytes(&self) -> usize {
        match self {
            Self::Arriving(blob) => blob.held_bytes(),
            Self::Open(segment) => segment.blob().held_bytes(),
            Self::Whole => 0,
        }
    }
}

impl Arriving {
    /// A version of which nothing is here but its manifest.
    pub fn new(manifest: Manifest) -> Result<Self> {
        Self::behind(None, manifest, SMALL_BYTES)
    }

    /// The same, taking over what has arrived of segments and models that the version before has as well.
    pub fn after(previous: &Snapshot, manifest: Manifest) -> Result<Self> {
        Self::behind(Some(previous.shared_with(&manifest)), manifest, SMALL_BYTES)
    }

    /// The same, of a version of which perhaps not all was here.
    pub fn next(&self, manifest: Manifest) -> Result<Self> {
        let mut next = match &self.snapshot {
            Some(snapshot) => Self::after(snapshot, manifest)?,
            None => Self::new(manifest)?,
        };
        let named = next.manifest.blobs();
        next.now = self.now;
        next.lists = self.lists.iter().filter(|list| named.contains(list.blob())).cloned().collect();
        Ok(next)
    }

    /// Segments of so many bytes or less are fetched as a whole.
    pub(super) fn behind(previous: Option<Snapshot>, manifest: Manifest, small_bytes: u64) -> Result<Self> {
        let mut fronts = Vec::with_capacity(manifest.segments.len());
        for reference in &manifest.segments {
            let held = previous.iter().flat_map(Snapshot::segments).find(|open| open.reference.blob == reference.blob);
            if let Some(open) = held {
                fronts.push(Front::Open(Arc::clone(&open.segment)));
                continue;
            }
            if reference.blob.bytes <= small_bytes {
                fronts.push(Front::Whole);
                continue;
            }
            fronts.push(Front::Arriving(arriving(&reference.blob)?));
        }
        let lacks = |model: &&ModelRef| !previous.as_ref().is_some_and(|previous| previous.models.holds(&model.blob));
        let is_large = |model: &&ModelRef| model.blob.bytes > small_bytes && cfg!(feature = "embed");
        let mut models = Vec::new();
        for ModelRef { name, blob } in manifest.models.iter().filter(lacks).filter(is_large) {
            models.push((name.clone(), *blob, arriving(blob)?));
        }
        Ok(Self { manifest, whole: Vec::new(), lists: Vec::new(), fronts, models, previous, snapshot: None, now: 0 })
    }

    /// The version, where enough of it is here to open its segments; else fails with `parts_missing`.
    pub fn snapshot(&mut self) -> Result<&Snapshot> {
        if self.snapshot.is_none() {
            self.open()?;
        }
        self.snapshot.as_ref().ok_or_else(missing)
    }

    /// The same, where it was opened already.
    #[must_use]
    pub const fn opened(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// Searches. Fails with `parts_missing` where more must arrive first; [`Self::wants`] then says what.
    pub fn search<'a>(&mut self, query: &Query, host: impl Into<Host<'a>>) -> Result<Answer> {
        let host: Host<'_> = host.into();
        self.snapshot()?.search(query, None, host)
    }

    /// Bytes that are here.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        let models = || self.models.iter().map(|(_, _, blob)| blob.held_bytes()).sum::<usize>();
        let fronts = || (self.fronts.iter().map(Front::held_bytes).sum::<usize>() + models()) as u64;
        let whole: u64 = self.whole.iter().map(|blob| blob.blob().bytes).sum();
        whole + self.snapshot.as_ref().map_or_else(fronts, Snapshot::held_bytes)
    }

    /// What was wanted since the last call and is not here, by blob and place; what proves other things first.
    pub fn wants(&mut self) -> Result<Vec<Want>> {
        let wants = self.wanted_parts()?;
        let mut lists: Vec<Want> = Vec::new();
        for Want { blob, proof, .. } in &wants {
            let is_known =
                self.lists.iter().any(|list| list.blob() == blob) || lists.iter().any(|want| want.blob == *blob);
            if let (Proof::Groups(groups), false) = (proof, is_known || blob.bytes <= PAGE_BYTES as u64) {
                debug_assert!(!groups.is_empty(), "a blob of several pages has groups");
                lists.push(Want { blob: *blob, range: 0..PageList::pages_bytes(blob), proof: Proof::Pages });
            }
        }
        lists.extend(wants);
        Ok(lists)
    }

    fn wanted_parts(&self) -> Result<Vec<Want>> {
        let mut wants = Vec::new();
        let Some(snapshot) = &self.snapshot else {
            for (reference, front) in self.manifest.segments.iter().zip(&self.fronts) {
                wants.extend(front.wanted().map(|range| want_groups(reference.blob, &range)));
            }
            let lacks = |blob: &BlobRef| !self.whole.iter().any(|held| held.blob() == blob);
            let of_segments = self.manifest.segments.iter().zip(&self.fronts);
            let in_parts = of_segments.filter(|(_, front)| !matches!(front, Front::Whole));
            let of_models = self.models.iter().map(|(_, blob, _)| *blob);
            let in_parts: Vec<BlobRef> = in_parts.map(|(reference, _)| reference.blob).chain(of_models).collect();
            for (_, blob, here) in &self.models {
                wants.extend(here.take_missing().iter().map(|range| want_groups(*blob, range)));
            }
            let blobs = Snapshot::wanted_blobs(self.previous.as_ref(), &self.manifest).into_iter();
            let blobs = blobs.filter(|blob| lacks(blob) && !in_parts.contains(blob));
            wants.extend(blobs.map(|blob| Want { blob, range: 0..blob.bytes, proof: Proof::Name }));
            return Ok(wants);
        };
        for open in snapshot.segments() {
            let Blob::Parts(parts) = open.segment.blob() else { continue };
            let blob = open.reference.blob;
            for range in parts.take_missing() {
                wants.push(match open.segment.unit(&range)? {
                    Some(_) => Want { blob, range: range.start as u64..range.end as u64, proof: Proof::Itself },
                    None => want_groups(blob, &range),
                });
            }
        }
        for (blob, here) in snapshot.models.blobs() {
            wants.extend(here.take_missing().iter().map(|range| want_groups(*blob, range)));
        }
        wants.dedup();
        Ok(wants)
    }

    /// Takes the bytes of something wanted, with the groups that lead from them to their pages, where such are wanted.
    /// Fails with `hash_mismatch` unless they are proved; nothing is kept of them then.
    pub fn take(&mut self, want: &Want, bytes: &[u8], groups: &[u8]) -> Result<()> {
        let other = || {
            let Range { start, end } = want.range;
            let message = format!("bytes {start} to {end} of blob {}: other bytes arrived", want.blob.hash);
            Error::new(Code::HashMismatch, message)
        };
        if bytes.len() as u64 != want.range.end - want.range.start {
            return Err(other());
        }
        let Self { manifest, whole, lists, fronts, models, snapshot, .. } = self;
        if !manifest.blobs().contains(&want.blob) {
            // Of a version that was followed by another one meanwhile: nobody wants it any more.
            return Ok(());
        }
        let index = manifest.segments.iter().position(|reference| reference.blob == want.blob);
        match &want.proof {
            Proof::Pages => {
                lists.push(PageList::decode_pages(bytes, &want.blob)?);
                return Ok(());
            }
            Proof::Name => {
                whole.push(want.blob.verify_copy(bytes)?);
                return Ok(());
            }
            Proof::Groups(_) if want.blob.bytes <= PAGE_BYTES as u64 => want.blob.check(bytes)?,
            Proof::Groups(_) => {
                let Some(list) = lists.iter().find(|list| list.blob() == &want.blob) else {
                    // What brings the list is under way for another search: it is wanted again.
                    return Ok(());
                };
                list.check_groups(want.range.start, bytes, groups)?;
            }
            Proof::Itself => {
                let open = snapshot.as_ref().zip(index).and_then(|(snapshot, index)| snapshot.segments().get(index));
                let range = want.range.start as usize..want.range.end as usize;
                let unit = open.ok_or_else(other)?.segment.unit(&range)?;
                unit.filter(|unit| unit.proves(bytes)).ok_or_else(other)?;
            }
        }
        let start = want.range.start as usize;
        match (index, snapshot) {
            (Some(index), Some(snapshot)) => {
                snapshot.segment_mut(index).into_iter().for_each(|segment| segment.blob_mut().add(start, bytes));
            }
            (Some(index), None) => {
                if let Some(Front::Arriving(blob)) = fronts.get_mut(index) {
                    blob.add(start, bytes);
                }
            }
            (None, Some(snapshot)) => snapshot.models.add_part(&want.blob, start, bytes),
            (None, None) => {
                let model = models.iter_mut().find(|(_, blob, _)| *blob == want.blob);
                model.into_iter().for_each(|(_, _, blob)| blob.add(start, bytes));
            }
        }
        Ok(())
    }

    /// Opens models and segments, once what says where all else is is here, and all that is wanted whole.
    fn open(&mut self) -> Result<()> {
        let mut gaps = Gaps::default();
        gaps.pass(self.open_models())?;
        let mut segments = Vec::with_capacity(self.fronts.len());
        for (reference, front) in self.manifest.segments.iter().zip(&self.fronts) {
            if front.wanted().is_some() {
                return Err(missing());
            }
            segments.push(match front {
                Front::Whole => None,
                Front::Open(segment) => Some(Arc::clone(segment)),
                Front::Arriving(blob) => {
                    let mut blob = blob.clone();
                    blob.keep();
                    let segment = Segment::open_blob(blob, &self.manifest.schema)
                        .map_err(|error| error.context(format_args!("segment {}", reference.blob.hash)))?;
                    Some(Arc::new(segment))
                }
            });
        }
        gaps.close()?;
        let whole = &self.whole;
        let mut source =
            |wanted: &BlobRef| whole.iter().find(|held| held.blob() == wanted).cloned().ok_or_else(missing);
        let opened = Snapshot::open_with(self.previous.as_ref(), self.manifest.clone(), &mut source, &segments)?;
        self.snapshot = Some(opened);
        self.tell_time();
        (self.fronts, self.models, self.whole, self.previous) = Default::default();
        Ok(())
    }

    /// Opens the models of which enough is here; the others note what they lack.
    #[cfg(feature = "embed")]
    fn open_models(&mut self) -> Result<()> {
        let mut gaps = Gaps::default();
        let mut waiting = Vec::new();
        for (name, reference, blob) in core::mem::take(&mut self.models) {
            let model =
                gaps.pass(StaticModel::open_blob(&blob)).map_err(|e| e.context(format_args!("model {name:?}")))?;
            match model {
                None => waiting.push((name, reference, blob)),
                Some(model) => {
                    let Manifest { collection, schema, .. } = &self.manifest;
                    let none = || Snapshot::empty(collection.clone(), schema.clone(), Models::default());
                    let previous = self.previous.get_or_insert_with(none);
                    previous.models.insert(name, reference, Arc::new(model));
                }
            }
        }
        self.models = waiting;
        gaps.close()
    }

    #[cfg(not(feature = "embed"))]
    fn open_models(&mut self) -> Result<()> {
        Ok(())
    }
}

/// A blob of which nothing is here.
fn arriving(blob: &BlobRef) -> Result<Blob> {
    let bytes = usize::try_from(blob.bytes);
    let bytes = bytes.map_err(|_| Error::corrupt("manifest: a blob is larger than memory can be"))?;
    Ok(Blob::Parts(Parts::new(bytes)))
}

fn want_groups(blob: BlobRef, range: &Range<usize>) -> Want {
    let range = whole_groups(&blob, &(range.start as u64..range.end as u64));
    let proof = Proof::Groups(proving_groups(&blob, &range));
    Want { blob, range, proof }
}
