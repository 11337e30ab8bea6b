//! Upsert, get, delete.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use headwater_core::error::{Code, Error};
use headwater_core::limits::MAX_BATCH_BYTES;
use headwater_core::model::{DeleteBatch, Point, PointBatch, Problem, WriteReceipt};
use headwater_http::media::{self, Kind};
use serde::de::DeserializeOwned;

use super::body::receive;
use super::in_time::in_time;
use super::problem::{Failure, expect_json, json};
use super::{AppState, stream};

/// Puts points: a JSON batch (all or none), or an NDJSON stream of any length (a point a line,
/// committed in batches as it arrives).
#[utoipa::path(put, path = "/v1/collections/{collection}/points", tag = "points",
    request_body(content(
        (PointBatch = "application/json", example = json!({ "points": [{ "id": "cat", "payload": { "title": "a small wild cat" } }] })),
        (String = "application/x-ndjson", example = "{\"id\": \"cat\", \"payload\": {\"title\": \"a small wild cat\"}}\n{\"id\": \"dog\"}\n"))),
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
    if media::kind(&parts.headers, &[Kind::Json, Kind::Ndjson])? == Kind::Ndjson {
        return Ok(Json(stream::take(&collection, state.origin.stall(), body, state.batches.enter()).await?));
    }
    let batch: PointBatch = whole(&state, body).await?;
    Ok(Json(in_time(state.origin.stall(), collection.upsert(batch.points)).await??))
}

/// Reads and parses a batch.
async fn whole<T: DeserializeOwned + Send + 'static>(state: &AppState, body: Body) -> Result<T, Failure> {
    let received =
        receive(&state.batches, body, "a batch", MAX_BATCH_BYTES).await.map_err(|error| match error.code() {
            Code::LimitExceeded => {
                Error::new(error.code(), format!("{}; send several, or stream NDJSON", error.message()))
            }
            _ => error,
        })?;
    let parsed = tokio::task::spawn_blocking(move || json(&received.bytes)).await;
    parsed.unwrap_or_else(|_| Err(Failure::from(Error::new(Code::Internal, "parsing ended unexpectedly"))))
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

/// A point may be called "delete", as the route beside this one is.
pub(super) async fn get_delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Point>, Failure> {
    Ok(Json(state.origin.collection(&name).await?.get("delete").await?))
}

/// Deletes points by id. The receipt's `count` says how many there were: an id that no point has is no error.
#[utoipa::path(post, path = "/v1/collections/{collection}/points/delete", tag = "points",
    request_body(content = DeleteBatch, example = json!({ "ids": ["cat", "dog"] })),
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = WriteReceipt), (status = "4XX", body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<WriteReceipt>, Failure> {
    let collection = state.origin.collection(&name).await?;
    let (parts, body) = request.into_parts();
    expect_json(&parts.headers)?;
    let batch: DeleteBatch = whole(&state, body).await?;
    Ok(Json(in_time(state.origin.stall(), collection.delete(batch.ids)).await??))
}
