//! The HTTP API.
//!
//! | file | routes |
//! | --- | --- |
//! | `collections` | create, describe, delete, publish |
//! | `points` | upsert, get, delete |
//! | `stream` | the NDJSON form of upsert |
//! | `search` | search, several at once, across collections, completions |
//! | `versions` | list, pin, go back, collect garbage |
//! | `replica` | head, manifests, blobs, their pages |
//! | `models` | put, list, remove |
//! | `service` | health, readiness, metrics, OpenAPI, docs |
//! | `access` | who may write, which pages may read |
//! | `body`, `room`, `limits` | bodies on their way in: in time, without their coding, within the memory there is |
//! | `connections`, `stage` | sockets: how many, how long, and which one is closed for others |
//! | `methods` | `OPTIONS`, and methods that a path does not take |
//! | `completion` | writes go on when their client hangs up |
//! | `in_time` | writes are answered when the store takes none |
//! | `problem` | errors as problem documents, bodies as typed values |
//!
//! What is said over HTTP as any server says it stands in crate `headwater-http`, which the edge uses as well.
//!
//! [`app`] is the whole router, so tests need no port.

mod access;
mod body;
mod collections;
mod completion;
mod connections;
mod in_time;
mod limits;
mod methods;
mod models;
mod points;
mod problem;
mod replica;
mod room;
mod search;
mod service;
mod stage;
mod stream;
mod versions;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};
use headwater_http::cors::Readers;
use metrics_exporter_prometheus::PrometheusHandle;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

pub use connections::serve;
pub use limits::Limits;
pub(crate) use problem::log_panics;
use room::Room;

use crate::server::Origin;
use crate::token::Token;

/// What is not named by its hash may be another thing the next moment.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Who may do what, and what is served beside the API.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Writes need this bearer token when it is set.
    pub token: Option<Token>,
    /// Without a token, anyone who reaches the server may write, by whatever name it is asked.
    pub insecure: bool,
    /// Origins whose pages may read, and write when the rest allows it.
    pub readers: Readers,
    /// How long clients are waited for, and how much is held for them.
    pub limits: Limits,
    /// A folder of static files served at `/`.
    pub web: Option<PathBuf>,
}

#[derive(Clone)]
struct AppState {
    origin: Arc<Origin>,
    rules: Arc<access::Rules>,
    metrics: PrometheusHandle,
    limits: Arc<Limits>,
    /// For batches and streams of points.
    batches: Room,
    /// For models, one at a time.
    models: Room,
    /// For queries, schemas and the like.
    small: Room,
}

/// The API over an origin.
pub fn app(origin: Arc<Origin>, access: &Access, metrics: PrometheusHandle) -> Router {
    let limits = &access.limits;
    let state = AppState {
        origin,
        rules: Arc::new(access::Rules::new(access)),
        metrics,
        batches: Room::new(limits.batch_bytes, limits.room),
        models: Room::new(models::MAX_MODEL_BYTES, limits.room),
        small: Room::new(limits.small_bytes, limits.room),
        limits: Arc::new(limits.clone()),
    };
    let api = reads().merge(writes(&state)).method_not_allowed_fallback(problem::method_not_allowed);
    let api =
        api.layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, NO_STORE)).with_state(state.clone());
    let routed = match &access.web {
        None => api.fallback(problem::no_route),
        Some(folder) => api.fallback_service(web(folder)),
    };
    // A router adds `Allow` to what its layers have answered, so what reads that header goes around the whole of it.
    Router::new()
        .fallback_service(routed.layer(middleware::from_fn(measure)))
        .layer(middleware::from_fn_with_state(state.clone(), body::arrive))
        .layer(middleware::from_fn(methods::answer))
        .layer(middleware::from_fn(problem::rejections_as_problems))
        .layer(CatchPanicLayer::custom(problem::from_panic))
        .layer(middleware::from_fn_with_state(state, access::admit))
}

fn writes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/v1/collections/{collection}", put(collections::create).delete(collections::delete))
        .route("/v1/collections/{collection}/publish", post(collections::publish))
        .route("/v1/collections/{collection}/rollback", post(versions::roll_back))
        .route("/v1/collections/{collection}/versions/{version}/pin", put(versions::pin).delete(versions::unpin))
        .route("/v1/collections/{collection}/gc", post(versions::collect_garbage))
        .route("/v1/models/{name}", put(models::put).delete(models::remove))
        .route_layer(middleware::from_fn(completion::run_to_the_end))
        .route_layer(middleware::from_fn_with_state(state.clone(), in_time::answer))
        .merge(writes_of_points())
        .route_layer(middleware::from_fn_with_state(state.clone(), access::authorize))
}

/// These say themselves how far they are when the store takes no writes.
fn writes_of_points() -> Router<AppState> {
    Router::new()
        .route("/v1/collections/{collection}/points", put(points::upsert))
        .route("/v1/collections/{collection}/points/delete", post(points::delete))
        .route_layer(middleware::from_fn(completion::run_to_the_end))
}

fn reads() -> Router<AppState> {
    Router::new()
        .route("/v1/collections", get(collections::list))
        .route("/v1/collections/{collection}", get(collections::describe))
        .route("/v1/collections/{collection}/publish", get(collections::publish_progress))
        .route("/v1/collections/{collection}/points/{id}", get(points::get))
        .route("/v1/collections/{collection}/points/delete", get(points::get_delete))
        .route("/v1/collections/{collection}/search", post(search::search))
        .route("/v1/collections/{collection}/search/batch", post(search::batch))
        .route("/v1/search", post(search::across))
        .route("/v1/collections/{collection}/suggest", post(search::suggest))
        .route("/v1/collections/{collection}/versions", get(versions::list))
        .route("/v1/collections/{collection}/head", get(replica::head))
        .route("/v1/collections/{collection}/boot", get(replica::boot))
        .route("/v1/collections/{collection}/manifests/{hash}", get(replica::manifest))
        .route("/v1/collections/{collection}/blobs/{hash}", get(replica::blob))
        .route("/v1/collections/{collection}/pages/{hash}", get(replica::pages))
        .route("/v1/models", get(models::list))
        .route("/healthz", get(service::health))
        .route("/readyz", get(service::ready))
        .route("/metrics", get(service::metrics))
        .route("/openapi.json", get(service::openapi))
        .route("/docs", get(service::docs))
}

/// Static files. They are asked for again each time: a page and its scripts must not disagree. A
/// service worker of any folder may serve the whole page.
fn web(folder: &std::path::Path) -> Router {
    // A POST to what is no route is told so, and not that a file takes none.
    let files = ServeDir::new(folder)
        .call_fallback_on_method_not_allowed(true)
        .fallback(get(problem::no_route).fallback(problem::no_route));
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
