//! The replica half: head, manifests and blobs as they lie in the bucket. Replicas verify them.

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use worker::{Context, Headers};

use crate::loader::not_published;
use crate::range::{self, Wanted};
use crate::reply::Reply;
use crate::route::Kind;
use crate::store::{IMMUTABLE, Store};

/// `GET /v1/collections/{c}/head`: the only name whose content changes.
pub(crate) async fn head(store: &Store, collection: &str, headers: &Headers) -> Result<Reply> {
    let stored = store.head(collection).await?.ok_or_else(|| not_published(collection))?;
    let reply = if names(header(headers, "if-none-match").as_deref(), &stored.http_etag) {
        Reply::empty(304)
    } else {
        Reply::bytes("application/json", stored.bytes)
    };
    Ok(reply.header("etag", stored.http_etag).header("cache-control", "no-cache"))
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
    headers: &Headers,
    head_only: bool,
) -> Result<Reply> {
    let Wish { collection, kind, hash } = wish;
    let etag = format!("\"{hash}\"");
    let immutable = |reply: Reply| {
        reply.header("etag", etag.clone()).header("cache-control", IMMUTABLE).header("accept-ranges", "bytes")
    };
    if names(header(headers, "if-none-match").as_deref(), &etag) {
        return Ok(immutable(Reply::empty(304)));
    }
    let range = header(headers, "range").filter(|_| header(headers, "if-range").is_none_or(|held| held == etag));
    if range.is_none() && !head_only {
        let (stream, from_r2) = store.stream(collection, kind, &hash).await?;
        if from_r2 {
            let (store, collection) = (store.clone(), collection.to_owned());
            context.wait_until(async move { store.remember(collection, kind, hash).await });
        }
        return Ok(immutable(Reply::stream(200, kind.media_type(), stream)));
    }
    let size = store.size(collection, kind, &hash).await?.ok_or_else(|| {
        Error::new(Code::NotFound, format!("{} {hash} was not published here", kind.folder().trim_end_matches('s')))
    })?;
    Ok(match range::parse(range.as_deref().filter(|_| !head_only), size) {
        Wanted::Part { offset, length } => {
            let stream = store.part(collection, kind, &hash, (offset, length)).await?;
            let last = offset + length - 1;
            immutable(Reply::stream(206, kind.media_type(), stream))
                .header("content-range", format!("bytes {offset}-{last}/{size}"))
        }
        Wanted::Unsatisfiable => Reply::empty(416).header("content-range", format!("bytes */{size}")),
        Wanted::Whole if head_only => immutable(Reply::empty(200))
            .header("content-type", kind.media_type())
            .header("content-length", size.to_string()),
        Wanted::Whole => {
            immutable(Reply::stream(200, kind.media_type(), store.stream(collection, kind, &hash).await?.0))
        }
    })
}

/// A header that may be absent.
pub(crate) fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.get(name).ok().flatten()
}

/// Whether an `If-None-Match` header names this entity tag; weak comparison (RFC 9110, section 13.1.2).
fn names(header: Option<&str>, etag: &str) -> bool {
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.is_some_and(|h| h.trim() == "*" || h.split(',').any(|tag| strong(tag) == strong(etag)))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn entity_tags_compare_weakly() {
        for header in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", " \"a\" "] {
            assert!(names(Some(header), "\"a\""), "{header}");
        }
        for header in ["\"b\"", "a", "", "\"a"] {
            assert!(!names(Some(header), "\"a\""), "{header}");
        }
        assert!(!names(None, "\"a\""));
    }
}
