//! The replica half: head, manifests and blobs as they lie in the bucket. Replicas verify them.

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_http::http::{HeaderMap, Method};
use headwater_http::media::JSON;
use headwater_http::object::{ASK_AGAIN, Content, IMMUTABLE, Object, Selection, is_plain};
use worker::{Context, Headers};

use crate::loader::not_published;
use crate::reply::Reply;
use crate::route::Kind;
use crate::store::Store;

/// `GET` and `HEAD` of `/v1/collections/{c}/head`: the only name whose content changes.
pub(crate) async fn head(store: &Store, collection: &str, method: &Method, asked: &HeaderMap) -> Result<Reply> {
    let stored = store.head(collection).await?.ok_or_else(|| not_published(collection))?;
    let bytes = Some(stored.bytes.len() as u64);
    let object =
        Object { etag: &stored.http_etag, media_type: JSON, cache_control: ASK_AGAIN, bytes, in_ranges: false };
    let Selection { status, headers, body } = object.select(method, asked);
    Ok(match body {
        Content::Whole => Reply::with(status, headers).bytes(stored.bytes),
        Content::Nothing | Content::Part(_) => Reply::with(status, headers),
    })
}

/// `GET` and `HEAD` of `/v1/collections/{c}/boot`: what readers in parts fetch at first, where it was published.
pub(crate) async fn boot(store: &Store, collection: &str, method: &Method, asked: &HeaderMap) -> Result<Reply> {
    let none = || Error::new(Code::NotFound, format!("no boot object of {collection:?} was published here"));
    let (stream, etag) = store.boot(collection).await?.ok_or_else(none)?;
    let media_type = Kind::Blob.media_type();
    let object = Object { etag: &etag, media_type, cache_control: ASK_AGAIN, bytes: None, in_ranges: false };
    let Selection { status, headers, body } = object.select(method, asked);
    let reply = Reply::with(status, headers);
    Ok(if body == Content::Whole { reply.stream(stream) } else { reply })
}

/// An object named by its hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) collection: &'a str,
    pub(crate) kind: Kind,
    pub(crate) hash: Hash,
}

/// `GET` and `HEAD` of a manifest or blob, whole or one range of it.
pub(crate) async fn object(
    store: &Store,
    context: &Context,
    wish: Wish<'_>,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Reply> {
    let Wish { collection, kind, hash } = wish;
    let etag = format!("\"{hash}\"");
    let object =
        Object { etag: &etag, media_type: kind.media_type(), cache_control: IMMUTABLE, bytes: None, in_ranges: true };
    if is_plain(method, asked) {
        let (stream, from_r2) = store.stream(collection, kind, &hash).await?;
        if from_r2 {
            let (store, collection) = (store.clone(), collection.to_owned());
            context.wait_until(async move { store.remember(collection, kind, hash).await });
        }
        let Selection { status, headers, .. } = object.select(method, asked);
        return Ok(Reply::with(status, headers).stream(stream));
    }
    // Conditions and ranges are of what is there, so that is asked first.
    let bytes = store.size(collection, kind, &hash).await?.ok_or_else(|| {
        Error::new(Code::NotFound, format!("{} {hash} was not published here", kind.folder().trim_end_matches('s')))
    })?;
    let Selection { status, headers, body } = Object { bytes: Some(bytes), ..object }.select(method, asked);
    let reply = Reply::with(status, headers);
    Ok(match body {
        Content::Nothing => reply,
        Content::Whole => reply.stream(store.stream(collection, kind, &hash).await?.0),
        Content::Part(range) => {
            let part = (range.start, range.end - range.start);
            reply.stream(store.part(collection, kind, &hash, part).await?)
        }
    })
}

/// A header that may be absent.
pub(crate) fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).ok().flatten()
}
