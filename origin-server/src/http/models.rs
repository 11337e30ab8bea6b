//! Models: put, list.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use headwater_core::model::Problem;

use super::AppState;
use super::body::receive;
use super::problem::Failure;

/// Bytes of a packed model: the largest public static models have about 500 MB.
pub(super) const MAX_MODEL_BYTES: usize = 512 * 1024 * 1024;

/// Keeps a packed model (as `headwater model add` makes it) under a name.
#[utoipa::path(put, path = "/v1/models/{name}", tag = "models", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("name" = String, Path, description = "Name of the model")),
    responses((status = 200, description = "Name, hash and length"), (status = "4XX", body = Problem)))]
pub(super) async fn put(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<serde_json::Value>, Failure> {
    let mut received = receive(&state.models, body, "a model", MAX_MODEL_BYTES).await?;
    let kept = state.origin.put_model(&name, std::mem::take(&mut received.bytes)).await?;
    Ok(Json(serde_json::json!(kept)))
}

/// Lists the kept models.
#[utoipa::path(get, path = "/v1/models", tag = "models", responses((status = 200, description = "Names, hashes and lengths")))]
pub(super) async fn list(State(state): State<AppState>) -> Json<serde_json::Value> {
    Json(serde_json::json!(state.origin.models().await))
}
