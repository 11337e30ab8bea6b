//! The search half: what is answered from a snapshot in memory.

use headwater_core::across::merge;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_QUERY_BYTES;
use headwater_core::model::{Across, Answer, AnsweredBy, BatchAnswer, CollectionStatus, Query, SearchBatch, Suggest};
use headwater_core::snapshot::{Host, Snapshot};
use headwater_http::Refusal;
use headwater_http::coding::{Coding, coding, gunzip};
use headwater_http::http::{HeaderMap, HeaderName};
use headwater_http::media::{self, Kind};

use crate::cache::Served;
use crate::loader::{Deployment, Source, current, newest, now_ms};
use crate::pieces::Pieces;
use crate::reply::Reply;

/// `POST /v1/collections/{c}/search`.
pub(crate) async fn search(source: &Source<'_>, body: &[u8]) -> Result<Reply> {
    let query = Query::from_json(body)?;
    let served = serving(source, &query).await?;
    let answer = answer(&served, &query)?;
    Ok(described(Reply::json(&answer)?, &served))
}

/// `POST /v1/collections/{c}/search/batch`.
pub(crate) async fn batch(source: &Source<'_>, body: &[u8]) -> Result<Reply> {
    let batch = SearchBatch::from_json(body)?;
    let mut answers = Vec::with_capacity(batch.queries.len());
    for (index, query) in batch.queries.iter().enumerate() {
        let answered = async { answer(&serving(source, query).await?, query) };
        answers.push(answered.await.map_err(|error| SearchBatch::about(index, &error))?);
    }
    Reply::json(&BatchAnswer { answers })
}

/// `POST /v1/search`. One collection after the other: an isolate may have no room for two at once.
pub(crate) async fn across(deployment: Deployment<'_>, body: &[u8]) -> Result<Reply> {
    let across = Across::from_json(body)?;
    let mut answers = Vec::with_capacity(across.searches.len());
    for (index, search) in across.searches.iter().enumerate() {
        let source = deployment.collection(&search.collection);
        let answered = async { answer(&serving(&source, &search.query).await?, &search.query) };
        answers.push(answered.await.map_err(|error| Across::about(index, &error))?);
    }
    Reply::json(&merge(&across, answers))
}

/// The snapshot that a query is answered from.
async fn serving(source: &Source<'_>, query: &Query) -> Result<Served<Snapshot>> {
    let mut served = current(source).await?;
    // What is asked for may have been published since the head was looked at.
    if query.min_lsn.is_some_and(|lsn| lsn > served.snapshot.lsn()) {
        // Its successor may need the room.
        drop(served);
        served = newest(source).await?;
    }
    Ok(served)
}

fn answer(served: &Served<Snapshot>, query: &Query) -> Result<Answer> {
    let started_ms = now_ms();
    let clock = || now_ms().saturating_mul(1000);
    let host = Host { answered_by: AnsweredBy::Edge, clock: Some(&clock), newest_until_ms: Some(served.issued_ms) };
    let mut answer = served.snapshot.search(query, None, host)?;
    // At Cloudflare the clock stands still while code runs, as a defence against timing attacks, and
    // this is 0; a workerd of one's own lets it go on, in whole milliseconds.
    answer.took_us = now_ms().saturating_sub(started_ms).saturating_mul(1000);
    Ok(answer)
}

/// `POST /v1/collections/{c}/suggest`.
pub(crate) async fn suggest(source: &Source<'_>, body: &[u8]) -> Result<Reply> {
    let request = Suggest::from_json(body)?;
    let served = current(source).await?;
    let started_ms = now_ms();
    let mut found = served.snapshot.suggest(&request, None, AnsweredBy::Edge)?;
    found.took_us = now_ms().saturating_sub(started_ms).saturating_mul(1000);
    Ok(described(Reply::json(&found)?, &served))
}

/// The body of a search, read no further than a query may reach.
pub(crate) async fn query_body(request: &worker::Request, asked: &HeaderMap) -> Result<Vec<u8>, Refusal> {
    media::kind(asked, &[Kind::Json])?;
    let coding = coding(asked)?;
    let Some(stream) = request.inner().body() else {
        let message = "a search has a JSON body such as {\"text\": \"small wild cat\"}";
        return Err(Error::new(Code::InvalidQuery, message).into());
    };
    let bytes = Pieces::of(stream)?.all("a query", MAX_QUERY_BYTES).await?;
    Ok(match coding {
        Coding::Identity => bytes,
        Coding::Gzip => gunzip(&bytes, "a query", MAX_QUERY_BYTES)?,
    })
}

/// `GET /v1/collections/{c}/points/{id}`.
pub(crate) async fn point(source: &Source<'_>, id: &str) -> Result<Reply> {
    let served = current(source).await?;
    let found = served.snapshot.get(id)?;
    let point =
        found.ok_or_else(|| Error::new(Code::PointNotFound, format!("no point {id:?} in the published version")))?;
    Ok(described(Reply::json(&point)?, &served))
}

/// `GET /v1/collections/{c}`.
pub(crate) async fn status(source: &Source<'_>) -> Result<Reply> {
    let served = current(source).await?;
    let snapshot = &served.snapshot;
    let manifest = snapshot.manifest();
    let status = CollectionStatus {
        collection: snapshot.collection().to_owned(),
        schema: snapshot.schema().clone(),
        version: snapshot.version(),
        lsn: snapshot.lsn(),
        points: snapshot.live_points(),
        pending: 0,
        pending_bytes: 0,
        unfinished_rollback: None,
        segments: manifest.map_or(0, |m| u32::try_from(m.segments.len()).unwrap_or(u32::MAX)),
        bytes: manifest.map_or(0, headwater_core::manifest::Manifest::total_bytes),
        trust: vec![served.key.clone()],
    };
    Ok(described(Reply::json(&status)?, &served))
}

/// Which version answered, and how sure it is that there is no newer one.
fn described(reply: Reply, served: &Served<Snapshot>) -> Reply {
    let named = |reply: Reply, name, value: &str| reply.header(HeaderName::from_static(name), value);
    let reply = named(reply, "x-headwater-version", &served.snapshot.version().to_string());
    let reply = named(reply, "x-headwater-lsn", &served.snapshot.lsn().to_string());
    let reply = named(reply, "x-headwater-answered-by", AnsweredBy::Edge.as_str());
    let reply = named(reply, "x-headwater-head-age-ms", &served.head_age_ms.to_string());
    match served.stale {
        Some(code) => named(reply, "x-headwater-stale", code.as_str()),
        None => reply,
    }
}
