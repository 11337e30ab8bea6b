//! Create, describe, delete, publish.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query as AxumQuery, State};
use axum::http::{HeaderMap, StatusCode};
use headwater_core::compaction::Extent;
use headwater_core::error::{Code, Error};
use headwater_core::limits::MAX_SCHEMA_BYTES;
use headwater_core::model::{CollectionStatus, Problem, PublishProgress, PublishReceipt, Schema};

use serde::Deserialize;

use super::AppState;
use super::body::{receive, receive_nothing};
use super::problem::{Failure, expect_json};

/// Creates a collection; with the same schema again it answers 200, and so it does with other synonyms, which are
/// changed.
#[utoipa::path(put, path = "/v1/collections/{collection}", tag = "collections",
    request_body(content = Schema, example = json!({ "text": { "title": { "language": "en" } }, "fields": { "kind": "keyword" } })),
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 201, body = CollectionStatus), (status = 200, body = CollectionStatus), (status = "4XX", body = Problem)))]
pub(super) async fn create(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<CollectionStatus>), Failure> {
    expect_json(&headers)?;
    let body = receive(&state.small, body, "a schema", MAX_SCHEMA_BYTES).await?;
    let (collection, new) = state.origin.create(&name, Schema::from_json(&body.bytes)?).await?;
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(collection.status())))
}

/// Describes a collection.
#[utoipa::path(get, path = "/v1/collections/{collection}", tag = "collections",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = CollectionStatus), (status = 404, body = Problem)))]
pub(super) async fn describe(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<CollectionStatus>, Failure> {
    Ok(Json(state.origin.collection(&name).await?.status()))
}

/// Lists the collections.
#[utoipa::path(get, path = "/v1/collections", tag = "collections", responses((status = 200, body = Vec<CollectionStatus>)))]
pub(super) async fn list(State(state): State<AppState>) -> Json<Vec<CollectionStatus>> {
    Json(state.origin.statuses().await)
}

/// Deletes a collection with everything in it.
#[utoipa::path(delete, path = "/v1/collections/{collection}", tag = "collections",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(name): Path<String>,
    body: Body,
) -> Result<StatusCode, Failure> {
    receive_nothing(&state.small, body).await?;
    state.origin.delete(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How to publish.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    #[serde(default)]
    compact: bool,
}

/// Publishes what has changed as a new version that replicas can fetch.
#[utoipa::path(post, path = "/v1/collections/{collection}/publish", tag = "collections",
    params(("collection" = String, Path, description = "Name of the collection"),
        ("compact" = Option<bool>, Query, description = "Writes all points into one segment")),
    responses((status = 200, body = PublishReceipt), (status = "4XX", body = Problem)))]
pub(super) async fn publish(
    State(state): State<AppState>,
    Path(name): Path<String>,
    asked: Result<AxumQuery<Publish>, QueryRejection>,
    body: Body,
) -> Result<Json<PublishReceipt>, Failure> {
    let AxumQuery(Publish { compact }) = asked.map_err(|_| {
        Error::new(Code::InvalidQuery, "behind the ? of this URL may stand compact=true or compact=false")
    })?;
    receive_nothing(&state.small, body).await?;
    let collection = state.origin.collection(&name).await?;
    let extent = if compact { Extent::Everything } else { Extent::Tiers };
    let receipt = collection.publish_compacting(extent).await?;
    metrics::histogram!("headwater_publish_seconds").record(receipt.took_ms as f64 / 1e3);
    Ok(Json(receipt))
}

/// Says how far a publish is.
#[utoipa::path(get, path = "/v1/collections/{collection}/publish", tag = "collections",
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = PublishProgress), (status = 404, body = Problem)))]
pub(super) async fn publish_progress(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Json<PublishProgress>, Failure> {
    Ok(Json(state.origin.collection(&name).await?.publish_progress()))
}
