//! The replica half: the head, and immutable objects by hash.

use std::ops::Range;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use headwater_core::error::{Code, Error};
use headwater_core::ids::Hash;
use headwater_core::model::Problem;
use object_store::{GetOptions, GetRange};

use super::AppState;
use super::problem::Failure;
use crate::collection::object_path;

/// Named by its hash, an object never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The signed head: the one thing that changes.
#[utoipa::path(get, path = "/v1/collections/{collection}/head", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, description = "The signed head, JSON"), (status = 404, body = Problem)))]
pub(super) async fn head(State(state): State<AppState>, Path(name): Path<String>) -> Result<Response, Failure> {
    state.origin.collection(&name).await?;
    let bytes = state.origin.objects().read(&object_path(&name, "head")).await?;
    let bytes = bytes.ok_or_else(|| {
        Error::new(
            Code::NotPublished,
            format!("nothing of {name:?} has been published yet; POST /v1/collections/{name}/publish"),
        )
    })?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, bytes).into_response())
}

/// A manifest by its hash.
#[utoipa::path(get, path = "/v1/collections/{collection}/manifests/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3, 64 hex digits")),
    responses((status = 200, description = "The manifest, JSON"), (status = 404, body = Problem)))]
pub(super) async fn manifest(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "manifests", &hash, "application/json", &headers).await
}

/// A blob by its hash: a segment, tombstones or a model. Takes a single range.
#[utoipa::path(get, path = "/v1/collections/{collection}/blobs/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3, 64 hex digits")),
    responses((status = 200, description = "The bytes"), (status = 206, description = "The range asked for"), (status = 404, body = Problem)))]
pub(super) async fn blob(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "blobs", &hash, "application/octet-stream", &headers).await
}

/// The pages of a blob, by which any part of it can be checked. Of blobs with one page there is none.
#[utoipa::path(get, path = "/v1/collections/{collection}/pages/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3 of the blob, 64 hex digits")),
    responses((status = 200, description = "32 bytes for each page of 64 KiB"), (status = 404, body = Problem)))]
pub(super) async fn pages(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "pages", &hash, "application/octet-stream", &headers).await
}

async fn object(
    state: &AppState,
    name: &str,
    folder: &str,
    hash: &str,
    kind: &'static str,
    asked: &HeaderMap,
) -> Result<Response, Failure> {
    state.origin.collection(name).await?;
    let missing = || Error::new(Code::NotFound, format!("{name:?} has no {folder}/{hash}"));
    let hash: Hash = hash.parse().map_err(|_| missing())?;
    let path = object_path(name, &format!("{folder}/{hash}"));
    let etag = format!("\"{hash}\"");
    let length = state.origin.objects().length(&path).await?.ok_or_else(missing)?;
    let text = |name| asked.get(name).and_then(|v| v.to_str().ok());
    if text(header::IF_NONE_MATCH).is_some_and(|held| held.split(',').any(|e| e.trim() == etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let range = match text(header::RANGE).map(|wanted| parse_range(wanted, length)) {
        None | Some(Asked::Whole) => None,
        Some(Asked::Part(range)) => Some(range),
        Some(Asked::Outside) => {
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{length}"))])
                .into_response());
        }
    };
    let options = GetOptions { range: range.clone().map(GetRange::Bounded), ..GetOptions::default() };
    let found = state.origin.objects().get(&path, options).await?.ok_or_else(missing)?;
    let body = Body::from_stream(found.into_stream().map_err(std::io::Error::other));
    let sent = range.as_ref().map_or(length, |r| r.end - r.start);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_LENGTH, sent.to_string()),
        (header::CACHE_CONTROL, IMMUTABLE.to_owned()),
        (header::ETAG, etag),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    Ok(match range {
        None => (headers, body).into_response(),
        Some(r) => {
            let place = format!("bytes {}-{}/{length}", r.start, r.end - 1);
            (StatusCode::PARTIAL_CONTENT, headers, [(header::CONTENT_RANGE, place)], body).into_response()
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// No range, or one this server does not read, which RFC 9110 lets it ignore.
    Whole,
    Part(Range<u64>),
    Outside,
}

/// Reads a single range: `bytes=10-19`, `bytes=10-` or `bytes=-10`.
fn parse_range(text: &str, length: u64) -> Asked {
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|r| r.split_once('-')) else { return Asked::Whole };
    let range = match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(length),
        (Ok(from), Err(_)) if to.trim().is_empty() => from..length,
        (Err(_), Ok(last)) if from.trim().is_empty() => length.saturating_sub(last)..length,
        _ => return Asked::Whole,
    };
    if range.is_empty() { Asked::Outside } else { Asked::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_rfc_9110_reads_them() {
        assert_eq!(parse_range("bytes=0-9", 100), Asked::Part(0..10));
        assert_eq!(parse_range("bytes=90-200", 100), Asked::Part(90..100));
        assert_eq!(parse_range("bytes=90-", 100), Asked::Part(90..100));
        assert_eq!(parse_range("bytes=-10", 100), Asked::Part(90..100));
        assert_eq!(parse_range("bytes=-200", 100), Asked::Part(0..100));
        assert_eq!(parse_range("bytes=100-", 100), Asked::Outside);
        assert_eq!(parse_range("bytes=-0", 100), Asked::Outside);
        for ignored in ["bytes=9-0", "bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=a-b"] {
            assert_eq!(parse_range(ignored, 100), Asked::Whole, "{ignored}");
        }
    }
}
