//! The bucket, and the data centre's cache in front of it.
//!
//! ```text
//! {collection}/head               the signed head
//! {collection}/manifests/{hash}
//! {collection}/blobs/{hash}
//! {collection}/pages/{hash}
//! ```
//!
//! Manifests and blobs never change, so the Cache API keeps them under the URL by which they are
//! asked for. It is filled by a second read of R2 instead of a fork of the first: a fork keeps in
//! this isolate's memory what a slow client has not taken yet.

use std::collections::BTreeMap;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::limits::{MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::{BlobRef, VerifiedBlob};
use headwater_http::object::IMMUTABLE;
use web_sys::ReadableStream;
use worker::{Bucket, Conditional, Data, FixedLengthStream, Object, Range, ResponseBody, ResponseBuilder};

use crate::pieces::Pieces;
use crate::route::Kind;

/// The head as it is stored.
#[derive(Debug)]
pub(crate) struct StoredHead {
    pub(crate) bytes: Vec<u8>,
    /// Changes with the content; quoted as HTTP wants it.
    pub(crate) http_etag: String,
    pub(crate) etag: String,
}

/// Objects of all collections.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    bucket: Bucket,
    /// Scheme and host of this Worker, before the path of a cached URL.
    base: String,
}

impl Store {
    pub(crate) const fn new(bucket: Bucket, base: String) -> Self {
        Self { bucket, base }
    }

    /// The collection's head; none: nothing was published here.
    pub(crate) async fn head(&self, collection: &str) -> Result<Option<StoredHead>> {
        let object = self.bucket.get(head_key(collection)).execute().await.map_err(failed)?;
        let Some(object) = object else { return Ok(None) };
        let bytes = Pieces::of(body(&object)?)?.all("a head", MAX_HEAD_BYTES).await?;
        Ok(Some(StoredHead { bytes, http_etag: object.http_etag(), etag: object.etag() }))
    }

    /// Writes the head unless somebody else has written since `known` was read; false: somebody has.
    pub(crate) async fn put_head(&self, collection: &str, bytes: Vec<u8>, known: Option<&StoredHead>) -> Result<bool> {
        let condition = match known {
            Some(stored) => Conditional { etag_matches: Some(stored.etag.clone()), ..Conditional::default() },
            None => Conditional { etag_does_not_match: Some("*".into()), ..Conditional::default() },
        };
        let put = self.bucket.put(head_key(collection), Data::Bytes(bytes)).only_if(condition);
        Ok(put.execute().await.map_err(failed)?.is_some())
    }

    /// What readers in parts fetch at first, and its entity tag; none: it was not published here.
    pub(crate) async fn boot(&self, collection: &str) -> Result<Option<(ReadableStream, String)>> {
        let object = self.bucket.get(boot_key(collection)).execute().await.map_err(failed)?;
        object.map(|object| Ok((body(&object)?, object.http_etag()))).transpose()
    }

    /// Writes it.
    pub(crate) async fn put_boot(&self, collection: &str, stream: FixedLengthStream) -> Result<()> {
        self.bucket.put(boot_key(collection), stream).execute().await.map(drop).map_err(failed)
    }

    /// A manifest's bytes, as long as they should be; they are not checked further here.
    pub(crate) async fn manifest(&self, collection: &str, wanted: &BlobRef) -> Result<Vec<u8>> {
        let object = self.wanted(collection, Kind::Manifest, wanted).await?;
        Pieces::of(body(&object)?)?.all("a manifest", MAX_MANIFEST_BYTES).await
    }

    /// A blob's bytes, checked; `beat` is called for each piece. The flag says that R2 had to be asked.
    pub(crate) async fn blob(
        &self,
        collection: &str,
        wanted: &BlobRef,
        mut beat: impl FnMut() -> Result<()>,
    ) -> Result<(VerifiedBlob, bool)> {
        if let Some(stream) = self.cached(collection, Kind::Blob, &wanted.hash).await {
            let cached = Pieces::of(stream)?.aligned(wanted.bytes, &mut beat).await;
            if let Ok(blob) = cached.and_then(|bytes| wanted.verify(bytes)) {
                return Ok((blob, false));
            }
            beat()?;
            self.forget(collection, Kind::Blob, &wanted.hash).await;
        }
        let object = self.wanted(collection, Kind::Blob, wanted).await?;
        let bytes = Pieces::of(body(&object)?)?.aligned(wanted.bytes, &mut beat).await?;
        Ok((wanted.verify(bytes)?, true))
    }

    async fn wanted(&self, collection: &str, kind: Kind, wanted: &BlobRef) -> Result<Object> {
        let key = object_key(collection, kind, &wanted.hash);
        let object = self.bucket.get(&key).execute().await.map_err(failed)?.ok_or_else(|| absent(&key))?;
        if object.size() != wanted.bytes {
            return Err(Error::new(
                Code::HashMismatch,
                format!(
                    "{key} has {} bytes in the bucket, {} are named; publish it again",
                    object.size(),
                    wanted.bytes
                ),
            ));
        }
        Ok(object)
    }

    /// The length of an object; none: it is not there.
    pub(crate) async fn size(&self, collection: &str, kind: Kind, hash: &Hash) -> Result<Option<u64>> {
        let object = self.bucket.head(object_key(collection, kind, hash)).await.map_err(failed)?;
        Ok(object.map(|o| o.size()))
    }

    /// The lengths of all blobs of a collection: one call for a thousand of them.
    pub(crate) async fn blob_sizes(&self, collection: &str) -> Result<BTreeMap<Hash, u64>> {
        let prefix = format!("{collection}/{}/", Kind::Blob.folder());
        let mut sizes = BTreeMap::new();
        let mut cursor = None;
        loop {
            let list = self.bucket.list().prefix(&prefix);
            let list = if let Some(cursor) = cursor.take() { list.cursor(cursor) } else { list };
            let page = list.execute().await.map_err(failed)?;
            for object in page.objects() {
                if let Some(hash) = object.key().strip_prefix(&prefix).and_then(|h| h.parse().ok()) {
                    sizes.insert(hash, object.size());
                }
            }
            cursor = page.cursor().filter(|_| page.truncated());
            if cursor.is_none() {
                return Ok(sizes);
            }
        }
    }

    /// A stream of a whole object from the cache or from R2, and whether R2 had to be asked.
    pub(crate) async fn stream(&self, collection: &str, kind: Kind, hash: &Hash) -> Result<(ReadableStream, bool)> {
        if let Some(stream) = self.cached(collection, kind, hash).await {
            return Ok((stream, false));
        }
        let key = object_key(collection, kind, hash);
        let object = self.bucket.get(&key).execute().await.map_err(failed)?.ok_or_else(|| absent(&key))?;
        Ok((body(&object)?, true))
    }

    /// A stream of a part of an object.
    pub(crate) async fn part(
        &self,
        collection: &str,
        kind: Kind,
        hash: &Hash,
        (offset, length): (u64, u64),
    ) -> Result<ReadableStream> {
        let key = object_key(collection, kind, hash);
        let get = self.bucket.get(&key).range(Range::OffsetWithLength { offset, length });
        body(&get.execute().await.map_err(failed)?.ok_or_else(|| absent(&key))?)
    }

    /// Writes an object from a stream of known length. When the stream ends with an error, nothing is written.
    pub(crate) async fn put(&self, collection: &str, kind: Kind, hash: &Hash, stream: FixedLengthStream) -> Result<()> {
        let put = self.bucket.put(object_key(collection, kind, hash), stream);
        put.execute().await.map(|_| ()).map_err(failed)
    }

    /// Writes a small object.
    pub(crate) async fn put_bytes(&self, collection: &str, kind: Kind, hash: &Hash, bytes: Vec<u8>) -> Result<()> {
        let put = self.bucket.put(object_key(collection, kind, hash), Data::Bytes(bytes));
        put.execute().await.map(|_| ()).map_err(failed)
    }

    /// Puts an object into the cache. Failing costs nothing but the next read of R2.
    pub(crate) async fn remember(&self, collection: String, kind: Kind, hash: Hash) {
        let Ok(Some(object)) = self.bucket.get(object_key(&collection, kind, &hash)).execute().await else { return };
        let Ok(stream) = body(&object) else { return };
        let headers = worker::Headers::new();
        let set = headers.set("cache-control", IMMUTABLE).and_then(|()| headers.set("content-type", kind.media_type()));
        if set.is_ok() {
            let response = ResponseBuilder::new().with_headers(headers).stream(stream);
            let _ = worker::Cache::default().put(self.url(&collection, kind, &hash), response).await;
        }
    }

    async fn cached(&self, collection: &str, kind: Kind, hash: &Hash) -> Option<ReadableStream> {
        let found = worker::Cache::default().get(self.url(collection, kind, hash), false).await.ok()??;
        match found.body() {
            ResponseBody::Stream(stream) if found.status_code() == 200 => Some(stream.clone()),
            _ => None,
        }
    }

    async fn forget(&self, collection: &str, kind: Kind, hash: &Hash) {
        let _ = worker::Cache::default().delete(self.url(collection, kind, hash), false).await;
    }

    fn url(&self, collection: &str, kind: Kind, hash: &Hash) -> String {
        format!("{}/v1/collections/{collection}/{}/{hash}", self.base, kind.folder())
    }
}

fn head_key(collection: &str) -> String {
    format!("{collection}/head")
}

fn boot_key(collection: &str) -> String {
    format!("{collection}/boot")
}

fn object_key(collection: &str, kind: Kind, hash: &Hash) -> String {
    format!("{collection}/{}/{hash}", kind.folder())
}

fn body(object: &Object) -> Result<ReadableStream> {
    match object.body().map(worker::ObjectBody::response_body) {
        Some(Ok(ResponseBody::Stream(stream))) => Ok(stream),
        _ => Err(Error::new(Code::StorageFailed, format!("R2 sent {} without its content; try again", object.key()))),
    }
}

fn absent(key: &str) -> Error {
    Error::new(Code::NotFound, format!("{key} is not in the bucket; publish it again"))
}

fn failed(error: worker::Error) -> Error {
    Error::new(Code::StorageFailed, format!("R2: {error}"))
}
