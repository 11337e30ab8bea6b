//! Writes that the store does not take are answered all the same.
//!
//! They are not given up for that: SlateDB goes on trying, and what it may make durable later must not be taken for
//! refused. So whoever has asked is told that the outcome is not known, and those who ask from then on are refused
//! before anything is begun.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use headwater_core::error::{Code, Error};
use headwater_http::Refusal;

use super::AppState;
use super::problem::Failure;
use crate::store::Stall;

/// What a client that tries again had better wait, in seconds.
const AGAIN: HeaderValue = HeaderValue::from_static("10");

/// What becomes of a write, or that the store takes none. Work that is dropped must go on by itself where it has begun.
pub(super) async fn in_time<T>(
    stall: &Stall,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<Result<T, Error>, Failure> {
    check(stall)?;
    tokio::select! {
        biased;
        outcome = work => Ok(outcome),
        () = stall.begins() => Err(unknown(stall)),
    }
}

/// The same for whole requests whose work goes on by itself.
pub(super) async fn answer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let stall = state.origin.stall();
    let answered = in_time(stall, async { Ok(next.run(request).await) }).await;
    answered.and_then(|answer| answer.map_err(Failure::from)).unwrap_or_else(|failure| failure.into_response())
}

/// Refuses what is asked for while the store takes no writes.
fn check(stall: &Stall) -> Result<(), Failure> {
    match stall.reason() {
        None => Ok(()),
        Some(reason) => {
            let message = format!("{reason}. This request was not taken: send it again when GET /readyz answers 200");
            Err(told(Code::NotReady, message))
        }
    }
}

fn unknown(stall: &Stall) -> Failure {
    // It may have ended just now.
    let reason = stall.reason().unwrap_or_else(|| "the store has taken no write for long".to_owned());
    let message = format!(
        "{reason}. Whether this request was taken is not known: it may be, or be carried out once the store takes writes again. \
         Send it again when GET /readyz answers 200; a write that comes twice does no harm"
    );
    told(Code::StorageFailed, message)
}

/// The log has heard of it once, when it began.
fn told(code: Code, message: String) -> Failure {
    Failure::told(Refusal::from(Error::new(code, message)).header(header::RETRY_AFTER, AGAIN))
}
