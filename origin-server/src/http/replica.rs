//! The replica half: the head, what readers in parts fetch with it, and immutable objects by hash.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use headwater_core::error::{Code, Error};
use headwater_core::ids::Hash;
use headwater_core::manifest::SignedHead;
use headwater_core::model::Problem;
use headwater_http::media::JSON;
use headwater_http::object::{ASK_AGAIN, Content, IMMUTABLE, Object, Selection};
use object_store::{GetOptions, GetRange};

use super::AppState;
use super::problem::Failure;
use crate::collection::object_path;
use crate::replica::{self, Source};

/// Bytes that mean something to the engine only.
const BYTES: &str = "application/octet-stream";

/// The signed head: the one thing that changes.
#[utoipa::path(get, path = "/v1/collections/{collection}/head", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, description = "The signed head, as PROTOCOL.md has it", content_type = "application/json", body = Object), (status = 304, description = "It is the one that If-None-Match names"),
        (status = 404, body = Problem)))]
pub(super) async fn head(
    State(state): State<AppState>,
    Path(name): Path<String>,
    method: Method,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    let bytes = signed_head(&state, &name).await?;
    let (etag, length) = (format!("\"{}\"", Hash::of(&bytes)), Some(bytes.len() as u64));
    let object = Object { etag: &etag, media_type: JSON, cache_control: ASK_AGAIN, bytes: length, in_ranges: false };
    let Selection { status, headers, body } = object.select(&method, &asked);
    Ok(match body {
        Content::Whole => (status, headers, bytes).into_response(),
        Content::Nothing | Content::Part(_) => (status, headers).into_response(),
    })
}

/// What a reader in parts fetches at first, as one object: head, manifest and the ranges without which the version
/// cannot be opened.
#[utoipa::path(get, path = "/v1/collections/{collection}/boot", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, description = "The bytes, as PROTOCOL.md has them", content_type = "application/octet-stream", body = Vec<u8>), (status = 304, description = "It is the one that If-None-Match names"),
        (status = 404, body = Problem)))]
pub(super) async fn boot(
    State(state): State<AppState>,
    Path(name): Path<String>,
    method: Method,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    let signed = signed_head(&state, &name).await?;
    // It follows from the head, so the head's hash names it as well.
    let etag = format!("\"boot-{}\"", Hash::of(&signed));
    let object = Object { etag: &etag, media_type: BYTES, cache_control: ASK_AGAIN, bytes: None, in_ranges: false };
    let Selection { status, headers, body } = object.select(&method, &asked);
    Ok(match body {
        Content::Whole => {
            let head = SignedHead::from_json(&signed)?.head;
            let source = Source::Objects { objects: state.origin.objects().clone(), prefix: object_path(&name, "") };
            (status, headers, replica::boot(&source, &signed, &head, None).await?).into_response()
        }
        Content::Nothing | Content::Part(_) => (status, headers).into_response(),
    })
}

/// A manifest by its hash.
#[utoipa::path(get, path = "/v1/collections/{collection}/manifests/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3, 64 hex digits")),
    responses((status = 200, description = "The manifest, as PROTOCOL.md has it", content_type = "application/json", body = Object), (status = 404, body = Problem)))]
pub(super) async fn manifest(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    method: Method,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "manifests", &hash, JSON, (method, asked)).await
}

/// A blob by its hash: a segment, tombstones or a model. Takes a single range.
#[utoipa::path(get, path = "/v1/collections/{collection}/blobs/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3, 64 hex digits")),
    responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = Vec<u8>), (status = 206, description = "The range asked for"),
        (status = 304, description = "If-None-Match names it"), (status = 416, description = "The blob has no such range"), (status = 404, body = Problem)))]
pub(super) async fn blob(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    method: Method,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "blobs", &hash, BYTES, (method, asked)).await
}

/// The pages of a blob, by which any part of it can be checked. Of blobs with one page there is none.
#[utoipa::path(get, path = "/v1/collections/{collection}/pages/{hash}", tag = "replica",
    params(("collection" = String, Path, description = "Name of the collection"), ("hash" = String, Path, description = "BLAKE3 of the blob, 64 hex digits")),
    responses((status = 200, description = "32 bytes for each page of 64 KiB", content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
pub(super) async fn pages(
    State(state): State<AppState>,
    Path((name, hash)): Path<(String, String)>,
    method: Method,
    asked: HeaderMap,
) -> Result<Response, Failure> {
    object(&state, &name, "pages", &hash, BYTES, (method, asked)).await
}

/// The head as it is served.
async fn signed_head(state: &AppState, name: &str) -> Result<Bytes, Failure> {
    state.origin.collection(name).await?;
    let bytes = state.origin.objects().read(&object_path(name, "head")).await?;
    let unpublished = || format!("nothing of {name:?} has been published yet; POST /v1/collections/{name}/publish");
    Ok(bytes.ok_or_else(|| Error::new(Code::NotPublished, unpublished()))?)
}

async fn object(
    state: &AppState,
    name: &str,
    folder: &str,
    hash: &str,
    media_type: &'static str,
    (method, asked): (Method, HeaderMap),
) -> Result<Response, Failure> {
    state.origin.collection(name).await?;
    let missing = || Error::new(Code::NotFound, format!("{name:?} has no {folder}/{hash}"));
    let hash: Hash = hash.parse().map_err(|_| missing())?;
    let path = object_path(name, &format!("{folder}/{hash}"));
    let bytes = state.origin.objects().length(&path).await?.ok_or_else(missing)?;
    let etag = format!("\"{hash}\"");
    let object = Object { etag: &etag, media_type, cache_control: IMMUTABLE, bytes: Some(bytes), in_ranges: true };
    let Selection { status, headers, body } = object.select(&method, &asked);
    let range = match body {
        Content::Nothing => return Ok((status, headers).into_response()),
        Content::Whole => None,
        Content::Part(range) => Some(GetRange::Bounded(range)),
    };
    let found =
        state.origin.objects().get(&path, GetOptions { range, ..GetOptions::default() }).await?.ok_or_else(missing)?;
    let body = Body::from_stream(found.into_stream().map_err(std::io::Error::other));
    Ok((status, headers, body).into_response())
}
