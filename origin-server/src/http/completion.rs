//! Requests that change something run to their end, also when the client hangs up: what they do has several steps,
//! and a handler that is dropped stops between two of them.

use std::panic::resume_unwind;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use headwater_core::error::{Code, Error};

use super::problem::Failure;

/// The rest of the request in a task of its own. A body that breaks off ends it early, as its handler sees fit.
pub(super) async fn run_to_the_end(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Failure::from(Error::new(Code::Closed, "the server is stopping")).into_response(),
    }
}
