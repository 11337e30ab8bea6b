//! Health, readiness, metrics, OpenAPI, docs.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use headwater_core::error::{Code, Error};
use headwater_core::model::Problem;
use headwater_http::Refusal;
use utoipa::OpenApi;

use super::problem::Failure;
use super::{AppState, collections, models, points, replica, search, versions};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Headwater origin",
        description = "Collections of points, searched by meaning; published as signed snapshots that replicas verify. Bodies may be \
                       gzipped (content-encoding). What is refused is a problem document (RFC 9457) with a stable code."
    ),
    paths(
        collections::list,
        collections::create,
        collections::describe,
        collections::delete,
        collections::publish,
        collections::publish_progress,
        points::upsert,
        points::get,
        points::delete,
        search::search,
        search::batch,
        search::across,
        search::suggest,
        replica::head,
        replica::boot,
        replica::manifest,
        replica::blob,
        replica::pages,
        versions::list,
        versions::roll_back,
        versions::pin,
        versions::unpin,
        versions::collect_garbage,
        models::put,
        models::list,
        models::remove,
        health,
        ready,
        metrics,
        openapi,
        docs
    )
)]
struct Api;

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "Alive")))]
pub(super) async fn health() -> StatusCode {
    StatusCode::OK
}

/// Answers 200 when collections are open and can be written, 503 when another server has taken over or the store
/// takes no writes. Before that the port does not answer.
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, description = "Ready"), (status = "4XX", body = Problem), (status = "5XX", body = Problem)))]
pub(super) async fn ready(State(state): State<AppState>) -> Result<StatusCode, Failure> {
    match state.origin.check_writable() {
        Ok(()) => Ok(StatusCode::OK),
        // Asked every few seconds; the log has heard of it when it began.
        Err(error) => Err(Failure::told(Refusal::from(Error::new(Code::NotReady, error.message())))),
    }
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, description = "Prometheus text")))]
pub(super) async fn metrics(State(state): State<AppState>) -> impl IntoResponse {
    for status in state.origin.statuses().await {
        let gauge = |name: &'static str, value: u64| {
            metrics::gauge!(name, "collection" => status.collection.clone()).set(value as f64);
        };
        gauge("headwater_points", status.points);
        gauge("headwater_pending", status.pending);
        gauge("headwater_pending_bytes", status.pending_bytes);
        gauge("headwater_lsn", status.lsn);
        gauge("headwater_version", status.version);
        gauge("headwater_segments", u64::from(status.segments));
        gauge("headwater_bytes", status.bytes);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "service", responses((status = 200, description = "OpenAPI 3.1")))]
pub(super) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}

/// The OpenAPI document as a page that needs nothing but this server.
#[utoipa::path(get, path = "/docs", tag = "service", responses((status = 200, description = "HTML")))]
pub(super) async fn docs() -> Html<&'static str> {
    Html(include_str!("docs.html"))
}
