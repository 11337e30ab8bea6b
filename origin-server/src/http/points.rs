//! Upsert, get, delete.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use headwater_core::error::{Code, Error};
use headwater_core::limits::MAX_BATCH_BYTES;
use headwater_core::model::{DeleteBatch, Point, PointBatch, Problem, WriteReceipt};
use serde::de::DeserializeOwned;

use super::problem::{Failure, expect_media_type, json, media_type};
use super::{AppState, stream};

/// A whole batch arrives within this time; what takes longer is streamed.
const BATCH_ARRIVES_WITHIN: Duration = Duration::from_secs(120);

/// Puts points: a JSON batch (all or none), or an NDJSON stream of any length (a point a line,
/// committed in batches as it arrives).
#[utoipa::path(put, path = "/v1/collections/{collection}/points", tag = "points",
    request_body(content((PointBatch = "application/json"), (String = "application/x-ndjson"))),
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = WriteReceipt), (status = "4XX", body = Problem,
        description = "Of an NDJSON stream also `line`, the refused line, and `committed`, the points before it")))]
pub(super) async fn upsert(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<WriteReceipt>, Failure> {
    let collection = state.origin.collection(&name).await?;
    let (parts, body) = request.into_parts();
    if media_type(&parts.headers).as_deref() == Some(stream::NDJSON) {
        return Ok(Json(stream::take(&collection, body).await?));
    }
    let batch: PointBatch = whole(&state, parts.headers, body).await?;
    Ok(Json(collection.upsert(batch.points).await?))
}

/// Reads and parses a batch. Only so many are held in memory at once; others wait unread.
async fn whole<T: DeserializeOwned + Send + 'static>(
    state: &AppState,
    headers: HeaderMap,
    body: Body,
) -> Result<T, Failure> {
    expect_media_type(&headers, "application/json")?;
    let place = Arc::clone(&state.batches).acquire_owned().await;
    let _place = place.map_err(|_| Error::new(Code::Closed, "the server is stopping"))?;
    let read = tokio::time::timeout(BATCH_ARRIVES_WITHIN, axum::body::to_bytes(body, MAX_BATCH_BYTES)).await;
    let bytes: Bytes = match read {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(Failure::from(refused(&error))),
        Err(_) => {
            let message = format!("the batch did not arrive within {} s", BATCH_ARRIVES_WITHIN.as_secs());
            return Err(Failure::from(Error::new(Code::Unreachable, message)));
        }
    };
    let parsed = tokio::task::spawn_blocking(move || json(&bytes)).await;
    parsed.unwrap_or_else(|_| Err(Failure::from(Error::new(Code::Internal, "parsing ended unexpectedly"))))
}

fn refused(error: &axum::Error) -> Error {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(current) = cause {
        if current.is::<http_body_util::LengthLimitError>() {
            let message = format!("a batch has at most {MAX_BATCH_BYTES} bytes; send several, or stream NDJSON");
            return Error::new(Code::LimitExceeded, message);
        }
        cause = current.source();
    }
    Error::new(Code::Unreachable, format!("the body broke off: {error}"))
}

/// A point as it was given.
#[utoipa::path(get, path = "/v1/collections/{collection}/points/{id}", tag = "points",
    params(("collection" = String, Path, description = "Name of the collection"), ("id" = String, Path, description = "Id of the point")),
    responses((status = 200, body = Point), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(state): State<AppState>,
    Path((name, id)): Path<(String, String)>,
) -> Result<Json<Point>, Failure> {
    Ok(Json(state.origin.collection(&name).await?.get(&id).await?))
}

/// Deletes points by id.
#[utoipa::path(post, path = "/v1/collections/{collection}/points/delete", tag = "points", request_body = DeleteBatch,
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = WriteReceipt), (status = "4XX", body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<WriteReceipt>, Failure> {
    let collection = state.origin.collection(&name).await?;
    let (parts, body) = request.into_parts();
    let batch: DeleteBatch = whole(&state, parts.headers, body).await?;
    Ok(Json(collection.delete(batch.ids).await?))
}
