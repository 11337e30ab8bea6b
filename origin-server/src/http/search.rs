//! Search, and completions of what is being typed.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use headwater_core::ids::{Lsn, Version};
use headwater_core::limits::MAX_QUERY_BYTES;
use headwater_core::model::{Answer, AnsweredBy, Problem, Query, Suggest, Suggestions};

use super::AppState;
use super::body::receive;
use super::problem::{Failure, expect_json};

/// Searches a collection, points that are not published yet included. Earlier versions (`asOf`) need the token for writes: they hold what was
/// deleted since.
#[utoipa::path(post, path = "/v1/collections/{collection}/search", tag = "search", request_body = Query,
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = Answer), (status = "4XX", body = Problem)))]
pub(super) async fn search(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<Answer>), Failure> {
    expect_json(&headers)?;
    let collection = state.origin.collection(&name).await?;
    let query = Query::from_json(&receive(&state.small, body, "a query", MAX_QUERY_BYTES).await?.bytes)?;
    if query.as_of.is_some() {
        state.rules.check_past(&headers)?;
    }
    let answer = collection.search(query).await?;
    metrics::histogram!("headwater_search_seconds").record(answer.took_us as f64 / 1e6);
    Ok((facts(answer.version, answer.lsn, answer.answered_by), Json(answer)))
}

/// Completes the last word of a text by what a collection has, and says what a misspelt text may mean. Points that are
/// not published yet count.
#[utoipa::path(post, path = "/v1/collections/{collection}/suggest", tag = "search", request_body = Suggest,
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = Suggestions), (status = "4XX", body = Problem)))]
pub(super) async fn suggest(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<(HeaderMap, Json<Suggestions>), Failure> {
    expect_json(&headers)?;
    let collection = state.origin.collection(&name).await?;
    let body = receive(&state.small, body, "a request for suggestions", MAX_QUERY_BYTES).await?;
    let found = collection.suggest(Suggest::from_json(&body.bytes)?).await?;
    Ok((facts(found.version, found.lsn, found.answered_by), Json(found)))
}

/// What an answer says of itself in headers.
fn facts(version: Version, lsn: Lsn, answered_by: AnsweredBy) -> HeaderMap {
    let rows = [
        ("x-headwater-version", version.to_string()),
        ("x-headwater-lsn", lsn.to_string()),
        ("x-headwater-answered-by", answered_by.as_str().to_owned()),
    ];
    let header = |(name, value): (&'static str, String)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    };
    rows.into_iter().filter_map(header).collect()
}
