//! Models: put, list, remove.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use headwater_core::model::Problem;

use super::AppState;
use super::body::{receive, receive_nothing};
use super::problem::Failure;

/// Bytes of a packed model: the largest public static models have about 500 MB.
pub(super) const MAX_MODEL_BYTES: usize = 512 * 1024 * 1024;

/// Keeps a packed model (as `headwater model add` makes it) under a name.
#[utoipa::path(put, path = "/v1/models/{name}", tag = "models", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("name" = String, Path, description = "Name of the model")),
    responses((status = 200, description = "Name, hash and length", body = Object,
        example = json!({ "name": "small", "blob": { "hash": "64 hex digits", "bytes": 8912345 } })), (status = "4XX", body = Problem)))]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<serde_json::Value>, Failure> {
    let mut received = receive(&state.models, body, "a model", MAX_MODEL_BYTES).await?;
    let kept = state.origin.put_model(&name, std::mem::take(&mut received.bytes)).await?;
    Ok(Json(serde_json::json!(kept)))
}

/// Removes a model that no collection's schema names.
#[utoipa::path(delete, path = "/v1/models/{name}", tag = "models",
    params(("name" = String, Path, description = "Name of the model")),
    responses((status = 204, description = "Removed"), (status = 404, body = Problem, description = "There is no such model"),
        (status = 409, body = Problem, description = "A collection's schema names it")))]
pub(super) async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<StatusCode, Failure> {
    receive_nothing(&state.small, body).await?;
    state.origin.remove_model(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the kept models.
#[utoipa::path(get, path = "/v1/models", tag = "models", responses((status = 200, description = "Names, hashes and lengths",
    body = Vec<Object>, example = json!([{ "name": "small", "blob": { "hash": "64 hex digits", "bytes": 8912345 } }]))))]
pub(super) async fn list(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(serde_json::json!(state.origin.models().await))
}
