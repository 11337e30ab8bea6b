//! Headwater at the edge: a Cloudflare Worker that answers searches from a verified replica in R2.
//!
//! ```text
//! request ── route ──┬── answer ── loader ── cache       search, points, status: from memory
//!                    │               └────── store       head, manifest, blobs: R2, Cache API
//!                    ├── replica ──────────── store      head, manifests, blobs for other replicas
//!                    └── sink ─────────────── store      `headwater publish --to`
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `route`, `config` | read what came from outside; no IO |
//! | `cache/` | which snapshot an isolate holds, within a budget; who loads; no IO |
//! | `memory` | keeps room for large blobs free of small things |
//! | `store`, `pieces` | the bucket and the data centre's cache; bodies into aligned memory |
//! | `loader` | head → manifest → blobs → snapshot, verified |
//! | `answer`, `replica`, `sink` | the routes |
//! | `reply` | answers on their way to the runtime |
//!
//! What is said over HTTP as any server says it stands in crate `headwater-http`, which the origin uses as well.
//!
//! Owns: the snapshots of one isolate. Does not own: the truth, which is the origin's; the clock.

mod answer;
mod cache;
mod config;
mod loader;
mod memory;
mod pieces;
mod replica;
mod reply;
mod route;
mod sink;
mod store;

use headwater_core::error::{Code, Error, Result};
use headwater_http::Refusal;
use headwater_http::coding::expect_identity;
use headwater_http::cors::is_preflight;
use headwater_http::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use wasm_bindgen::prelude::wasm_bindgen;
use worker::{Context, Env, Request, Response, event};

use crate::config::{BUCKET, Config};
use crate::loader::Deployment;
use crate::pieces::Pieces;
use crate::replica::Wish;
use crate::reply::{Reply, headers_of};
use crate::route::{Route, route};
use crate::store::Store;

/// The Worker's entry.
#[event(fetch)]
async fn fetch(mut request: Request, env: Env, context: Context) -> worker::Result<Response> {
    memory::keep_small_things_in_front();
    let asked = headers_of(request.headers());
    // Every method is a token, which is checked before a request gets here.
    let method = Method::from_bytes(request.inner().method().as_bytes()).unwrap_or_default();
    let reply = answer(&mut request, &method, &asked, &env, &context).await;
    let reply = reply.unwrap_or_else(Reply::refusal);
    hear_out(&request).await;
    reply.into_response(&asked, method == Method::HEAD)
}

async fn answer(
    request: &mut Request,
    method: &Method,
    asked: &HeaderMap,
    env: &Env,
    context: &Context,
) -> Result<Reply, Refusal> {
    if is_preflight(method, asked) {
        return Ok(Reply::preflight(asked, &READS));
    }
    let place = route(method.as_str(), &request.path())?;
    if *method == Method::OPTIONS {
        return Ok(Reply::empty(StatusCode::NO_CONTENT).header(header::ALLOW, place.allow()));
    }
    serve(request, (method, asked), place, env, context).await
}

/// What pages may ask for. Publishing is no page's work.
const READS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// Has the next request start in a fresh instance. The module's entry calls it after a trap (a
/// panic, memory exhausted), which leaves this one in a state that nobody can vouch for.
#[wasm_bindgen(js_name = renew)]
pub fn renew() {
    wasm_bindgen::handler::schedule_reinit();
}

/// Reads what a request still has to say when its answer, a refusal, is known already.
async fn hear_out(request: &Request) {
    if let Some(body) = request.inner().body().filter(|_| !request.inner().body_used())
        && let Ok(mut pieces) = Pieces::of(body)
    {
        // The answer is the same if this fails.
        let _ = pieces.discard().await;
    }
}

async fn serve(
    request: &mut Request,
    (method, asked): (&Method, &HeaderMap),
    place: Route,
    env: &Env,
    context: &Context,
) -> Result<Reply, Refusal> {
    let config = Config::read(|name| env.var(name).ok().map(|v| v.to_string()))?;
    let bucket = env.bucket(BUCKET).map_err(|e| {
        Error::new(Code::UnsupportedRuntime, format!("bind an R2 bucket as {BUCKET} in wrangler.toml: {e}"))
    })?;
    let store = Store::new(bucket, base(&request.inner().url()));
    let deployment = Deployment { store: &store, config: &config, context };
    let publishes = *method == Method::PUT;
    if publishes {
        sink::authorize(&config, request.headers())?;
        expect_identity(asked)?;
    }
    Ok(match &place {
        Route::About => {
            Reply::json(&serde_json::json!({ "name": "headwater-edge", "version": env!("CARGO_PKG_VERSION") }))?
        }
        Route::Health => Reply::json(&serde_json::json!({ "status": "ok" }))?,
        Route::Collection { collection } => answer::status(&deployment.collection(collection)).await?,
        Route::Point { collection, id } => answer::point(&deployment.collection(collection), id).await?,
        Route::Search { collection } => {
            answer::search(&deployment.collection(collection), &answer::query_body(request, asked).await?).await?
        }
        Route::SearchBatch { collection } => {
            answer::batch(&deployment.collection(collection), &answer::query_body(request, asked).await?).await?
        }
        Route::Across => answer::across(deployment, &answer::query_body(request, asked).await?).await?,
        Route::Suggest { collection } => {
            answer::suggest(&deployment.collection(collection), &answer::query_body(request, asked).await?).await?
        }
        Route::HeadCheck { collection } => {
            sink::authorize(&config, request.headers())?;
            expect_identity(asked)?;
            let checked = sink::check_head(&store, &config, collection, request).await;
            checked.map_err(|error| Refusal::from(error).of_what_was_sent())?
        }
        Route::Head { collection } if publishes => {
            let put = sink::put_head(&store, &config, collection, request).await;
            put.map_err(|error| Refusal::from(error).of_what_was_sent())?
        }
        Route::Head { collection } => replica::head(&store, collection, method, asked).await?,
        Route::Boot { collection } if publishes => {
            let put = sink::put_boot(&store, collection, request).await;
            put.map_err(|error| Refusal::from(error).of_what_was_sent())?
        }
        Route::Boot { collection } => replica::boot(&store, collection, method, asked).await?,
        Route::Object { collection, kind, hash } => {
            let wish = Wish { collection, kind: *kind, hash: *hash };
            match publishes {
                true => {
                    let put = sink::put_object(&store, wish, request).await;
                    put.map_err(|error| Refusal::from(error).of_what_was_sent())?
                }
                false => replica::object(&store, context, wish, method, asked).await?,
            }
        }
    })
}

/// Scheme and host of a URL: what stands before its path.
fn base(url: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(host..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| host + at);
    url.get(..path).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_base_of_a_url_ends_before_its_path() {
        for (url, expected) in [
            ("https://edge.example/v1/collections/c?x#y", "https://edge.example"),
            ("http://127.0.0.1:8787/", "http://127.0.0.1:8787"),
            ("http://h", "http://h"),
            ("", ""),
        ] {
            assert_eq!(super::base(url), expected);
        }
    }
}
