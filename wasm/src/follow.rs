//! How a replica comes to its snapshot. The package brings bytes, from its cache or from the source; here they are
//! checked.
//!
//! ```text
//! accept   signed head ── trust, version, end ──> what manifest it names
//! plan     manifest ── hash, budget ──> its blobs, and which of them opening asks for
//! take     a blob ── hash ──> copied into the engine's memory
//! open     all that was taken ──> snapshot, not served yet: the package writes down first that it has it
//! serve    swaps it in
//! ```
//!
//! A stop after any step leaves the last good version in service; `drop_next` gives the memory back.

use headwater_core::bytes::AlignedBytes;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::limits::{MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::{Acceptance, Accepted, BlobRef, Head, Manifest, Seen, SignedHead, VerifiedBlob};
use headwater_core::snapshot::{Arriving, Snapshot};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::border::{convert, to_js};
use crate::replica::{Replica, Served, now_ms};

/// A version on its way into service.
pub(crate) struct Next {
    pub(crate) head: Head,
    manifest: Option<Manifest>,
    blobs: Vec<BlobRef>,
    /// Blobs that were checked. There are few, and each is looked up once.
    taken: Vec<VerifiedBlob>,
    snapshot: Option<Snapshot>,
    /// The same of a version whose parts come when they are wanted.
    pub(crate) arriving: Option<Arriving>,
}

impl Next {
    pub(crate) fn of(head: Head) -> Self {
        let (blobs, taken) = Default::default();
        Self { head, manifest: None, blobs, taken, snapshot: None, arriving: None }
    }
}

/// What a head that was accepted says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Offer {
    /// The manifest it names.
    manifest: BlobRef,
    /// Bytes that the manifest has at most, whatever the head says.
    manifest_limit: u64,
    version: u64,
    /// The highest version of a key list that counts now.
    key_list: u64,
    /// Whether the manifest is the one that is served.
    served: bool,
    /// Whether the head is, to the letter.
    same: bool,
}

/// A blob of the manifest.
#[derive(Serialize)]
struct Planned {
    hash: Hash,
    bytes: u64,
    /// Whether opening asks for it; what is served holds the others already.
    wanted: bool,
}

#[wasm_bindgen]
impl Replica {
    /// What another replica of the same cache has accepted counts here too.
    pub fn remember(&mut self, version: f64, #[wasm_bindgen(js_name = keyList)] key_list: f64) {
        self.seen = self.seen.and(Seen { version: version as u64, key_list: key_list as u64 });
    }

    /// Accepts a signed head, or fails. One that was `kept` is accepted past its end: whether what has expired
    /// is searched is for the program to say.
    pub fn accept(&mut self, head: &str, kept: bool) -> std::result::Result<JsValue, JsValue> {
        convert(&self.accept_head(head, kept).map_err(|e| to_js(&e))?)
    }

    /// Reads the manifest of the head that was accepted: its blobs.
    pub fn plan(&mut self, manifest: &str) -> std::result::Result<JsValue, JsValue> {
        convert(&self.plan_blobs(manifest).map_err(|e| to_js(&e))?)
    }

    /// Copies a blob of the plan and checks the copy.
    pub fn take(&mut self, hash: &str, bytes: &Uint8Array) -> std::result::Result<(), JsValue> {
        self.take_blob(hash, bytes).map_err(|e| to_js(&e))
    }

    /// Opens what was taken, without serving it.
    pub fn open(&mut self) -> std::result::Result<(), JsValue> {
        self.open_next().map_err(|e| to_js(&e))
    }

    /// Serves what was opened.
    pub fn serve(&mut self) {
        let Some(Next { head, snapshot, arriving, .. }) = self.next.take() else { return };
        let arriving =
            arriving.filter(|arriving| arriving.opened().is_some()).map(|arriving| Served::Parts(Box::new(arriving)));
        let Some(served) = snapshot.map(|snapshot| Served::Whole(Box::new(snapshot))).or(arriving) else { return };
        self.seen.version = self.seen.version.max(head.version);
        self.served = Some(served);
        self.head = Some(head);
    }

    /// Gives up a version that was on its way.
    #[wasm_bindgen(js_name = dropNext)]
    pub fn drop_next(&mut self) {
        self.next = None;
    }

    /// The hashes of all blobs that a manifest names; none when it cannot be read.
    pub fn needs(manifest: &str) -> Vec<String> {
        let manifest = Manifest::decode_unlinked(manifest.as_bytes());
        manifest.map(|m| m.blobs().iter().map(|b| b.hash.to_string()).collect()).unwrap_or_default()
    }

    /// Whether bytes are the blob of this name. For those that are kept before their version is on its way.
    #[wasm_bindgen(js_name = isBlob)]
    pub fn is_blob(hash: &str, bytes: &Uint8Array) -> bool {
        Hash::of(&bytes.to_vec()).to_string() == hash
    }

    /// The hash of a text, in hex.
    pub fn hash(text: &str) -> String {
        Hash::of(text.as_bytes()).to_string()
    }

    /// Bytes that a head has at most.
    #[wasm_bindgen(js_name = headLimit)]
    pub fn head_limit() -> u32 {
        MAX_HEAD_BYTES as u32
    }
}

impl Replica {
    fn accept_head(&mut self, head: &str, kept: bool) -> Result<Offer> {
        let signed = SignedHead::from_json(head.as_bytes());
        // A web page in place of a head is what networks with a sign-in page answer.
        let signed = if kept { signed } else { signed.map_err(|e| Error::new(Code::BadResponse, e.message())) }?;
        let Accepted { head, key_list } = signed.accept(&Acceptance {
            trust: &self.trust,
            collection: self.collection.as_deref(),
            seen: self.seen,
            now_ms: if kept { 0 } else { now_ms() },
        })?;
        self.collection = Some(head.collection.clone());
        // At once, whether the version can be fetched or not: what the list revokes is revoked.
        self.seen.key_list = self.seen.key_list.max(key_list);
        let served = self.head.as_ref();
        let offer = Offer {
            manifest: head.manifest,
            manifest_limit: head.manifest.bytes.min(MAX_MANIFEST_BYTES as u64),
            version: head.version,
            key_list: self.seen.key_list,
            served: served.is_some_and(|s| s.manifest == head.manifest),
            same: served == Some(&head),
        };
        if offer.served {
            // Signed anew for the version that is served already, for the sake of its end.
            self.head = Some(head);
        } else {
            self.next = Some(Next::of(head));
        }
        Ok(offer)
    }

    fn plan_blobs(&mut self, manifest: &str) -> Result<Vec<Planned>> {
        let next = self.next.as_mut().ok_or_else(out_of_order)?;
        let manifest = Manifest::decode(manifest.as_bytes(), &next.head)?;
        manifest.check_budget(self.budget_bytes)?;
        let wanted = Snapshot::wanted_blobs(self.served.as_ref().and_then(Served::whole), &manifest);
        next.blobs = manifest.blobs();
        next.manifest = Some(manifest);
        let planned = |b: &BlobRef| Planned { hash: b.hash, bytes: b.bytes, wanted: wanted.contains(b) };
        Ok(next.blobs.iter().map(planned).collect())
    }

    fn take_blob(&mut self, hash: &str, bytes: &Uint8Array) -> Result<()> {
        let next = self.next.as_mut().ok_or_else(out_of_order)?;
        let hash: Hash = hash.parse()?;
        let blob = next.blobs.iter().find(|b| b.hash == hash).ok_or_else(out_of_order)?;
        next.taken.push(verified(blob, bytes)?);
        Ok(())
    }

    fn open_next(&mut self) -> Result<()> {
        let next = self.next.as_mut().ok_or_else(out_of_order)?;
        let manifest = next.manifest.take().ok_or_else(out_of_order)?;
        let taken = std::mem::take(&mut next.taken);
        let mut source =
            |blob: &BlobRef| taken.iter().find(|taken| taken.blob() == blob).cloned().ok_or_else(out_of_order);
        next.snapshot = Some(match self.served.as_ref().and_then(Served::whole) {
            Some(previous) => Snapshot::open_after(previous, manifest, &mut source)?,
            None => Snapshot::open(manifest, &mut source)?,
        });
        Ok(())
    }
}

/// Copies bytes into the engine's memory and verifies them there: what was verified is what is read.
fn verified(blob: &BlobRef, bytes: &Uint8Array) -> Result<VerifiedBlob> {
    let length = bytes.length() as usize;
    // Memory that cannot be had would end the engine; asking first ends only this sync.
    let mut room = Vec::<u8>::new();
    room.try_reserve_exact(length.saturating_add(1 << 20)).map_err(|_| {
        Error::new(Code::OverBudget, format!("blob {}: there is no memory for its {} bytes", blob.hash, blob.bytes))
    })?;
    drop(std::hint::black_box(room));
    blob.verify(AlignedBytes::fill_with(length, |target| bytes.copy_to(target)))
}

/// The package calls step by step; something else is a defect of it.
pub(crate) fn out_of_order() -> Error {
    Error::new(Code::Internal, "a step of the sync was left out")
}
