//! Versions: list, pin, go back, collect garbage.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use headwater_core::error::{Code, Error};
use headwater_core::ids::Version;
use headwater_core::limits::MAX_SCHEMA_BYTES;
use headwater_core::model::{Problem, PublishReceipt};
use serde::{Deserialize, Serialize};

use super::AppState;
use super::body::{receive, receive_nothing};
use super::problem::{Failure, expect_json, json};
use crate::collection::{Garbage, VersionInfo};

/// Which version to go back to.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[serde(remote = "Self")]
pub(super) struct RollBack {
    /// Its number.
    version: Version,
}

headwater_core::objects_only!(RollBack);

/// The versions that are kept, newest first.
#[utoipa::path(get, path = "/v1/collections/{collection}/versions", tag = "versions",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = Vec<VersionInfo>), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionInfo>>, Failure> {
    Ok(Json(state.origin.collection(&name).await?.versions().await?))
}

/// Publishes what an earlier version held as a new version.
#[utoipa::path(post, path = "/v1/collections/{collection}/rollback", tag = "versions",
    request_body(content = RollBack, example = json!({ "version": 12 })),
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = PublishReceipt), (status = "4XX", body = Problem)))]
pub(super) async fn roll_back(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PublishReceipt>, Failure> {
    expect_json(&headers)?;
    let RollBack { version } = json(&receive(&state.small, body, "a rollback", MAX_SCHEMA_BYTES).await?.bytes)?;
    let collection = state.origin.collection(&name).await?;
    Ok(Json(collection.roll_back(version).await?))
}

/// Keeps a version whatever its age.
#[utoipa::path(put, path = "/v1/collections/{collection}/versions/{version}/pin", tag = "versions",
    params(("collection" = String, Path, description = "Name of the collection"), ("version" = u64, Path, description = "Its number")),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn pin(
    State(state): State<AppState>,
    Path((name, version)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Failure> {
    receive_nothing(&state.small, body).await?;
    state.origin.collection(&name).await?.pin(number(&version)?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keeps a version no longer than others.
#[utoipa::path(delete, path = "/v1/collections/{collection}/versions/{version}/pin", tag = "versions",
    params(("collection" = String, Path, description = "Name of the collection"), ("version" = u64, Path, description = "Its number")),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn unpin(
    State(state): State<AppState>,
    Path((name, version)): Path<(String, String)>,
    body: Body,
) -> Result<StatusCode, Failure> {
    receive_nothing(&state.small, body).await?;
    state.origin.collection(&name).await?.pin(number(&version)?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Drops versions that need not be kept, and all that only they needed. Publishing does so as well.
#[utoipa::path(post, path = "/v1/collections/{collection}/gc", tag = "versions",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = Garbage), (status = 404, body = Problem)))]
pub(super) async fn collect_garbage(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<Json<Garbage>, Failure> {
    receive_nothing(&state.small, body).await?;
    let collection = state.origin.collection(&name).await?;
    Ok(Json(collection.collect_garbage().await?))
}

fn number(text: &str) -> Result<Version, Error> {
    text.parse().map_err(|_| Error::new(Code::NotFound, format!("{text:?} is not the number of a version")))
}
