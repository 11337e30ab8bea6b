//! Search, and completions of what is being typed.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use headwater_core::across::merge;
use headwater_core::error::Result;
use headwater_core::ids::{Lsn, Version};
use headwater_core::limits::MAX_QUERY_BYTES;
use headwater_core::model::{
    Across, AcrossAnswer, Answer, AnsweredBy, BatchAnswer, Problem, Query, SearchBatch, Suggest, Suggestions,
};

use super::AppState;
use super::body::receive;
use super::problem::{Failure, expect_json};
use crate::collection::Collection;

/// Searches a collection, points that are not published yet included. Earlier versions (`asOf`) need the token for
/// writes: they hold what was deleted since.
#[utoipa::path(post, path = "/v1/collections/{collection}/search", tag = "search",
    request_body(content = Query, example = json!({ "match": "wild cat", "filter": { "kind": "noun" }, "topK": 5 })),
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
    let answer = answer(&state, &headers, &collection, query).await?;
    Ok((facts(answer.version, answer.lsn, answer.answered_by), Json(answer)))
}

/// Answers several queries, one after the other. When one of them is refused all are, and the problem says which one it
/// was.
#[utoipa::path(post, path = "/v1/collections/{collection}/search/batch", tag = "search",
    request_body(content = SearchBatch, example = json!({ "queries": [{ "match": "wild cat" }, { "vector": [0.1, 0.2] }] })),
    params(("collection" = String, Path, description = "Name of the collection")),
    responses((status = 200, body = BatchAnswer), (status = "4XX", body = Problem)))]
pub(super) async fn batch(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<BatchAnswer>, Failure> {
    expect_json(&headers)?;
    let collection = state.origin.collection(&name).await?;
    let batch =
        SearchBatch::from_json(&receive(&state.small, body, "a batch of queries", MAX_QUERY_BYTES).await?.bytes)?;
    let mut answers = Vec::with_capacity(batch.queries.len());
    for (index, query) in batch.queries.into_iter().enumerate() {
        let answered = answer(&state, &headers, &collection, query).await;
        answers.push(answered.map_err(|error| SearchBatch::about(index, &error))?);
    }
    Ok(Json(BatchAnswer { answers }))
}

/// Searches several collections, and gives one ranking of what they have.
#[utoipa::path(post, path = "/v1/search", tag = "search",
    request_body(content = Across,
        example = json!({ "searches": [{ "collection": "words", "query": { "match": "cat" } }], "topK": 5 })),
    responses((status = 200, body = AcrossAnswer), (status = "4XX", body = Problem)))]
pub(super) async fn across(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AcrossAnswer>, Failure> {
    expect_json(&headers)?;
    let across = Across::from_json(&receive(&state.small, body, "a search", MAX_QUERY_BYTES).await?.bytes)?;
    let mut answers = Vec::with_capacity(across.searches.len());
    for (index, search) in across.searches.iter().enumerate() {
        let answered = async {
            let collection = state.origin.collection(&search.collection).await?;
            answer(&state, &headers, &collection, search.query.clone()).await
        };
        answers.push(answered.await.map_err(|error| Across::about(index, &error))?);
    }
    Ok(Json(merge(&across, answers)))
}

/// Answers one query, if who asks may read the version that it is about.
async fn answer(state: &AppState, headers: &HeaderMap, collection: &Arc<Collection>, query: Query) -> Result<Answer> {
    if !collection.is_readable_by_all(&query).await {
        state.rules.check_past(headers)?;
    }
    let answer = collection.search(query).await?;
    metrics::histogram!("headwater_search_seconds").record(answer.took_us as f64 / 1e6);
    Ok(answer)
}

/// Completes the last word of a text by what a collection has, and says what a misspelt text may mean. Points that are
/// not published yet count.
#[utoipa::path(post, path = "/v1/collections/{collection}/suggest", tag = "search",
    request_body(content = Suggest, example = json!({ "query": "wild ca", "topK": 5 })),
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
