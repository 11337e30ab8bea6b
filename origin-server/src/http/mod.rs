//! The HTTP API.
//!
//! | file | routes |
//! | --- | --- |
//! | `collections` | create, describe, delete, publish |
//! | `points` | upsert, get, delete |
//! | `stream` | the NDJSON form of upsert |
//! | `search` | search |
//! | `versions` | list, pin, go back, collect garbage |
//! | `replica` | head, manifests, blobs, their pages |
//! | `models` | put, list |
//! | `service` | health, readiness, metrics, OpenAPI, docs |
//! | `access` | who may write |
//! | `problem` | errors as problem documents, bodies as typed values |
//!
//! [`app`] is the whole router, so tests need no port.

mod access;
mod collections;
mod models;
mod points;
mod problem;
mod replica;
mod search;
mod service;
mod stream;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};
use headwater_core::limits::{MAX_BATCH_BYTES, MAX_QUERY_BYTES, MAX_SCHEMA_BYTES};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::server::Origin;
use crate::token::Token;

/// Bytes of a packed model: the largest public static models have about 500 MB.
const MAX_MODEL_BYTES: usize = 512 * 1024 * 1024;
/// JSON batches that are held in memory at once.
const BATCHES_AT_ONCE: usize = 16;
/// Headers that scripts of other origins may read.
const EXPOSED: [HeaderName; 4] = [
    HeaderName::from_static("x-headwater-version"),
    HeaderName::from_static("x-headwater-lsn"),
    HeaderName::from_static("x-headwater-answered-by"),
    header::ETAG,
];

/// Who may do what, and what is served beside the API.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Writes need this bearer token when it is set.
    pub token: Option<Token>,
    /// Without a token, pages of any origin may write, not only those of this machine.
    pub insecure: bool,
    /// A folder of static files served at `/`.
    pub web: Option<PathBuf>,
}

#[derive(Clone)]
struct AppState {
    origin: Arc<Origin>,
    writers: Arc<access::Writers>,
    metrics: PrometheusHandle,
    batches: Arc<Semaphore>,
}

/// The API over an origin.
pub fn app(origin: Arc<Origin>, access: &Access, metrics: PrometheusHandle) -> Router {
    let state = AppState {
        origin,
        writers: Arc::new(access::Writers::new(access)),
        metrics,
        batches: Arc::new(Semaphore::new(BATCHES_AT_ONCE)),
    };
    let writes = Router::new()
        .route(
            "/v1/collections/{collection}",
            put(collections::create).delete(collections::delete).layer(DefaultBodyLimit::max(MAX_SCHEMA_BYTES)),
        )
        .route("/v1/collections/{collection}/publish", post(collections::publish))
        .route(
            "/v1/collections/{collection}/rollback",
            post(versions::roll_back).layer(DefaultBodyLimit::max(MAX_SCHEMA_BYTES)),
        )
        .route("/v1/collections/{collection}/versions/{version}/pin", put(versions::pin).delete(versions::unpin))
        .route("/v1/collections/{collection}/gc", post(versions::collect_garbage))
        .route("/v1/collections/{collection}/points", put(points::upsert).layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)))
        .route(
            "/v1/collections/{collection}/points/delete",
            post(points::delete).layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)),
        )
        .route("/v1/models/{name}", put(models::put).layer(DefaultBodyLimit::max(MAX_MODEL_BYTES)))
        .route_layer(middleware::from_fn_with_state(state.clone(), access::authorize));
    let reads = Router::new()
        .route("/v1/collections", get(collections::list))
        .route("/v1/collections/{collection}", get(collections::describe))
        .route("/v1/collections/{collection}/publish", get(collections::publish_progress))
        .route("/v1/collections/{collection}/points/{id}", get(points::get))
        .route(
            "/v1/collections/{collection}/search",
            post(search::search).layer(DefaultBodyLimit::max(MAX_QUERY_BYTES)),
        )
        .route("/v1/collections/{collection}/versions", get(versions::list))
        .route("/v1/collections/{collection}/head", get(replica::head))
        .route("/v1/collections/{collection}/manifests/{hash}", get(replica::manifest))
        .route("/v1/collections/{collection}/blobs/{hash}", get(replica::blob))
        .route("/v1/collections/{collection}/pages/{hash}", get(replica::pages))
        .route("/v1/models", get(models::list))
        .route("/healthz", get(service::health))
        .route("/readyz", get(service::ready))
        .route("/metrics", get(service::metrics))
        .route("/openapi.json", get(service::openapi))
        .route("/docs", get(service::docs));
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, header::RANGE, header::IF_NONE_MATCH])
        .expose_headers(EXPOSED);
    let api = reads.merge(writes).method_not_allowed_fallback(problem::method_not_allowed).with_state(state);
    let routed = match &access.web {
        None => api.fallback(problem::no_route),
        Some(folder) => api.fallback_service(web(folder)),
    };
    routed
        .layer(middleware::from_fn(measure))
        .layer(middleware::from_fn(problem::rejections_as_problems))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(cors)
}

/// Static files. They are asked for again each time: a page and its scripts must not disagree. A
/// service worker of any folder may serve the whole page.
fn web(folder: &std::path::Path) -> Router {
    let files = ServeDir::new(folder).fallback(get(problem::no_route).fallback(problem::no_route));
    let set = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .fallback_service(files)
        .layer(set(header::CACHE_CONTROL, "no-cache"))
        .layer(set(HeaderName::from_static("service-worker-allowed"), "/"))
}

async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let started = std::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("headwater_requests_total", "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("headwater_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    response
}
