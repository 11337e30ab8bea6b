//! The receiving end of `headwater publish --to`: the question whether a head would be taken, blobs, manifest, then the
//! head.
//!
//! A head becomes visible only when a trusted key signed it, its version is not below the one that is stored, an
//! isolate can hold what it names, and all of that lies in the bucket with the right length. Content is hashed on its
//! way to R2, and R2 writes whole objects or none, so a name never has wrong bytes under it.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::{Stream, StreamExt as _, stream};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::limits::{MAX_BLOB_BYTES, MAX_BOOT_BYTES, MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::{Acceptance, Accepted, BlobRef, Head, Manifest, PageList, Seen, SignedHead};
use headwater_http::http::StatusCode;
use worker::{ByteStream, FixedLengthStream, Headers, Request};

use crate::cache::check_budget;
use crate::config::Config;
use crate::loader::now_ms;
use crate::pieces::Pieces;
use crate::replica::{Wish, header};
use crate::reply::Reply;
use crate::route::Kind;
use crate::store::{Store, StoredHead};

/// Up to so many blobs are looked up one by one; a listing would show all that was ever published.
const MAX_LOOKUPS: usize = 24;

/// Fails unless the request carries the token.
pub(crate) fn authorize(config: &Config, headers: &Headers) -> Result<()> {
    let Some(token) = config.token else {
        return Err(Error::new(
            Code::Unauthorized,
            "publishing is off here: set the Worker's secret HEADWATER_TOKEN and send it as a Bearer token",
        ));
    };
    let given = header(headers, "authorization").unwrap_or_default();
    let given = given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if given.is_none_or(|(_, secret)| Hash::of(secret.trim().as_bytes()) != token) {
        return Err(Error::new(
            Code::Unauthorized,
            "the Bearer token is missing or is not this Worker's HEADWATER_TOKEN",
        ));
    }
    Ok(())
}

/// `PUT /v1/collections/{c}/blobs/{hash}` and `…/manifests/{hash}`: streamed, never whole in memory.
pub(crate) async fn put_object(store: &Store, wish: Wish<'_>, request: &mut Request) -> Result<Reply> {
    let max_bytes = match wish.kind {
        Kind::Manifest => MAX_MANIFEST_BYTES as u64,
        Kind::Blob => MAX_BLOB_BYTES,
        Kind::Pages => return put_pages(store, wish, request).await,
    };
    let length = declared_length(request.headers(), max_bytes)?;
    let body = request.stream().map_err(|e| Error::new(Code::BadResponse, format!("the body cannot be read: {e}")))?;
    let verdict = Verdict::default();
    let checked = checked(body, BlobRef { hash: wish.hash, bytes: length }, verdict.clone());
    let put = store.put(wish.collection, wish.kind, &wish.hash, FixedLengthStream::wrap(checked, length)).await;
    if let Some(error) = verdict.take() {
        return Err(error);
    }
    put?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT /v1/collections/{c}/boot`, after the head: kept as it comes, because readers believe nothing of it.
pub(crate) async fn put_boot(store: &Store, collection: &str, request: &mut Request) -> Result<Reply> {
    let length = declared_length(request.headers(), MAX_BOOT_BYTES)?;
    let body = request.stream().map_err(|e| Error::new(Code::BadResponse, format!("the body cannot be read: {e}")))?;
    store.put_boot(collection, FixedLengthStream::wrap(body, length)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT /v1/collections/{c}/pages/{hash}`, after the blob: the list proves itself by leading to the blob's hash.
async fn put_pages(store: &Store, wish: Wish<'_>, request: &Request) -> Result<Reply> {
    let absent =
        || Error::new(Code::NotFound, format!("blob {} is not in the bucket; send it before its pages", wish.hash));
    let bytes = store.size(wish.collection, Kind::Blob, &wish.hash).await?.ok_or_else(absent)?;
    let blob = BlobRef { hash: wish.hash, bytes };
    let length = declared_length(request.headers(), PageList::encoded_bytes(&blob).max(1))?;
    let missing = || Error::new(Code::InvalidJson, "send the list as the body");
    let list = Pieces::of(request.inner().body().ok_or_else(missing)?)?.all("a page list", length as usize).await?;
    PageList::decode(&list, &blob)?;
    store.put_bytes(wish.collection, Kind::Pages, &wish.hash, list).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn declared_length(headers: &Headers, max_bytes: u64) -> Result<u64> {
    let declared = header(headers, "content-length").and_then(|text| text.parse::<u64>().ok());
    declared.filter(|length| (1..=max_bytes).contains(length)).ok_or_else(|| {
        Error::new(Code::LimitExceeded, format!("declare the body's length in content-length: 1 to {max_bytes} bytes"))
    })
}

/// Why a stream was broken off; the runtime reports only that it was.
#[derive(Debug, Clone, Default)]
struct Verdict(Rc<RefCell<Option<Error>>>);

impl Verdict {
    fn set(&self, error: Error) -> worker::Error {
        let message = error.to_string();
        *self.0.borrow_mut() = Some(error);
        worker::Error::RustError(message)
    }

    fn take(&self) -> Option<Error> {
        self.0.borrow_mut().take()
    }
}

/// Passes the body on and hashes it. The last piece is held back until the hash is known to be
/// right; when it is not, the stream ends with an error and R2 writes nothing.
fn checked(
    body: ByteStream,
    named: BlobRef,
    verdict: Verdict,
) -> impl Stream<Item = worker::Result<Vec<u8>>> + 'static {
    struct State {
        body: ByteStream,
        hasher: blake3::Hasher,
        held_back: Option<Vec<u8>>,
        over: bool,
    }
    let start = State { body, hasher: blake3::Hasher::new(), held_back: None, over: false };
    stream::unfold(start, move |mut state| {
        let verdict = verdict.clone();
        async move {
            while !state.over {
                match state.body.next().await {
                    Some(Ok(piece)) => {
                        state.hasher.update(&piece);
                        if let Some(earlier) = state.held_back.replace(piece) {
                            return Some((Ok(earlier), state));
                        }
                    }
                    Some(Err(error)) => {
                        state.over = true;
                        let error = Error::new(Code::BadResponse, format!("the body broke off: {error}"));
                        return Some((Err(verdict.set(error)), state));
                    }
                    None => {
                        state.over = true;
                        let found = Hash::from_bytes(*state.hasher.finalize().as_bytes());
                        let right = found == named.hash && state.hasher.count() == named.bytes;
                        if !right {
                            let message = format!(
                                "{} bytes with hash {found} arrived as {}, {} bytes; nothing was stored",
                                state.hasher.count(),
                                named.hash,
                                named.bytes
                            );
                            return Some((Err(verdict.set(Error::new(Code::HashMismatch, message))), state));
                        }
                    }
                }
            }
            state.held_back.take().map(|last| (Ok(last), state))
        }
    })
}

/// `POST /v1/collections/{c}/head/check?bytes={n}`: whether this head would be taken, once what it names is there.
/// Asked before blobs are sent, which may take an hour; `bytes` is what they come to.
pub(crate) async fn check_head(store: &Store, config: &Config, collection: &str, request: &Request) -> Result<Reply> {
    let bytes = declared_bytes(&request.inner().url())?;
    let offered = Offered::read(store, config, collection, request).await?;
    offered.fits(config, bytes)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `PUT /v1/collections/{c}/head`: the version becomes visible.
pub(crate) async fn put_head(store: &Store, config: &Config, collection: &str, request: &Request) -> Result<Reply> {
    let offered = Offered::read(store, config, collection, request).await?;
    let manifest = store.manifest(collection, &offered.head.manifest).await?;
    let manifest = Manifest::decode(&manifest, &offered.head)?;
    offered.fits(config, manifest.total_bytes())?;
    complete(store, collection, &manifest.blobs()).await?;
    if !store.put_head(collection, offered.bytes, offered.stored.as_ref()).await? {
        return Err(Error::new(Code::Conflict, "another publisher wrote the head at the same time; publish again"));
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// A head that may take the place of the one that is stored.
struct Offered {
    bytes: Vec<u8>,
    head: Head,
    stored: Option<StoredHead>,
}

impl Offered {
    /// The head in a request's body; fails unless it is one to follow.
    async fn read(store: &Store, config: &Config, collection: &str, request: &Request) -> Result<Self> {
        declared_length(request.headers(), MAX_HEAD_BYTES as u64)?;
        let missing = || Error::new(Code::InvalidJson, "send the signed head as JSON");
        let bytes = Pieces::of(request.inner().body().ok_or_else(missing)?)?.all("a head", MAX_HEAD_BYTES).await?;
        let stored = store.head(collection).await?;
        // What cannot be parsed was not written through here and has no say.
        let known = stored.as_ref().and_then(|s| SignedHead::from_json(&s.bytes).ok());
        let seen = known.as_ref().map_or(Seen::default(), |known| known.claims(&config.trust));
        let known = known.map(|known| known.head);
        let Accepted { head, .. } = SignedHead::from_json(&bytes)?.accept(&Acceptance {
            trust: &config.trust,
            collection: Some(collection),
            seen,
            now_ms: now_ms(),
        })?;
        if known.is_some_and(|k| k.version == head.version && k.manifest != head.manifest) {
            let message =
                format!("version {} is here already with another manifest; publish a higher version", head.version);
            return Err(Error::new(Code::Conflict, message));
        }
        Ok(Self { bytes, head, stored })
    }

    /// Fails when no isolate could answer from a version of so many bytes.
    fn fits(&self, config: &Config, total_bytes: u64) -> Result<()> {
        let collection = &self.head.collection;
        check_budget(collection, total_bytes, config.budget_bytes)
    }
}

fn declared_bytes(url: &str) -> Result<u64> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let bytes = query.split('&').find_map(|pair| pair.strip_prefix("bytes=")).and_then(|bytes| bytes.parse().ok());
    let missing = "say how many bytes the blobs of the version have: head/check?bytes=123456";
    bytes.ok_or_else(|| Error::new(Code::InvalidQuery, missing))
}

/// Fails unless all blobs are in the bucket.
async fn complete(store: &Store, collection: &str, blobs: &[BlobRef]) -> Result<()> {
    if blobs.len() > MAX_LOOKUPS {
        let sizes = store.blob_sizes(collection).await?;
        return blobs.iter().try_for_each(|blob| present(blob, sizes.get(&blob.hash).copied()));
    }
    for blob in blobs {
        present(blob, store.size(collection, Kind::Blob, &blob.hash).await?)?;
    }
    Ok(())
}

fn present(blob: &BlobRef, size: Option<u64>) -> Result<()> {
    match size {
        Some(size) if size == blob.bytes => Ok(()),
        Some(size) => Err(Error::new(
            Code::HashMismatch,
            format!(
                "blob {} has {size} bytes in the bucket, the manifest says {}; send it again",
                blob.hash, blob.bytes
            ),
        )),
        None => {
            Err(Error::new(Code::NotFound, format!("blob {} is not in the bucket; send it before the head", blob.hash)))
        }
    }
}
