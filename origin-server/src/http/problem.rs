//! Errors as problem documents, whoever found them, and bodies as typed values.

use std::any::Any;
use std::panic::PanicHookInfo;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headwater_core::error::{Code, Error};
use headwater_core::json::{from_slice, message_of};
use headwater_http::Refusal;
use headwater_http::media::{self, Kind};
use serde::de::DeserializeOwned;

/// An error on its way to the client, with extension members of its problem document.
pub(super) struct Failure {
    refusal: Refusal,
    /// Whether the log has heard of it already.
    is_told: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(Refusal::from(error))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, is_told: false }
    }
}

impl Failure {
    /// One of many by a cause that the log has heard of once.
    pub(super) const fn told(refusal: Refusal) -> Self {
        Self { refusal, is_told: true }
    }

    /// The same, and says where it happened.
    pub(super) fn context(self, place: impl std::fmt::Display) -> Self {
        Self { refusal: self.refusal.context(place), ..self }
    }

    /// What it is, for programs.
    pub(super) const fn code(&self) -> Code {
        self.refusal.error().code()
    }

    /// Adds an extension member.
    pub(super) fn with(self, name: &'static str, value: u64) -> Self {
        Self { refusal: self.refusal.member(name, value), ..self }
    }
}

/// What the server is at fault for is logged as an error, where its operator looks; what a caller got wrong is the
/// caller's to read.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (error, is_fault) = (self.refusal.error(), self.refusal.is_fault());
        if is_fault && !self.is_told {
            tracing::error!(code = error.code().as_str(), "{}", error.message());
        } else {
            tracing::debug!(code = error.code().as_str(), "{}", error.message());
        }
        self.refusal.into_parts().into_response()
    }
}

/// Parses a JSON body.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let invalid = |e| Failure::from(Error::new(Code::InvalidJson, format!("body: {}", message_of(&e))));
    from_slice(body).map_err(invalid)
}

/// Fails unless the body is JSON, or does not say what it is.
pub(super) fn expect_json(headers: &HeaderMap) -> Result<(), Failure> {
    media::kind(headers, &[Kind::Json])?;
    Ok(())
}

pub(super) async fn no_route(request: Request) -> Failure {
    let path = request.uri().path().to_owned();
    Failure::from(Error::new(Code::NotFound, format!("nothing is at {path:?}; see /docs")))
}

pub(super) async fn method_not_allowed(request: Request) -> Failure {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    Failure::from(Error::new(Code::MethodNotAllowed, format!("{path:?} does not take {method}; see /docs")))
}

/// What axum itself refuses (a body that is too long, a path that is not UTF-8) comes as plain text;
/// clients get a problem document all the same.
pub(super) async fn rejections_as_problems(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let plain = response.headers().get(header::CONTENT_TYPE).is_none_or(|t| t.as_bytes().starts_with(b"text/plain"));
    if !(status.is_client_error() && plain) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, 4096).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    if matches!(status, StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PRECONDITION_FAILED) {
        return Response::from_parts(parts, Body::empty());
    }
    let reason = if text.is_empty() { status.canonical_reason().unwrap_or_default() } else { &text };
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        _ => Code::InvalidJson,
    };
    Failure::from(Error::new(code, format!("the request was refused: {reason}"))).into_response()
}

/// A panic is a defect: the client is told so. The hook has logged it, with its place, whoever caught it.
pub(super) fn from_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    let error = Error::new(Code::Internal, "a defect was hit; the server's log has the details");
    Refusal::from(error).into_parts().into_response()
}

/// Has panics logged as everything else is, once each.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(log_panic));
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic: {}", panic.payload_as_str().unwrap_or("without a message"));
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The lines that are logged meanwhile, by the level that a server has.
    fn logged(work: impl FnOnce()) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn what_callers_get_wrong_is_not_in_the_log() {
        for code in [Code::InvalidJson, Code::Unauthorized, Code::RequestIncomplete, Code::LimitExceeded, Code::Behind]
        {
            let lines = logged(|| drop(Failure::from(Error::new(code, "x")).into_response()));
            assert!(lines.is_empty(), "{lines:?}");
        }
        let lines = logged(|| drop(Failure::from(Error::new(Code::StorageFailed, "the disk is gone")).into_response()));
        assert_eq!((lines.len(), lines[0].contains("ERROR"), lines[0].contains("the disk is gone")), (1, true, true));
    }

    #[test]
    fn a_panic_is_logged_once_with_its_place() {
        let before = std::panic::take_hook();
        let lines = logged(|| {
            log_panics();
            let panic = std::panic::catch_unwind(|| panic!("a defect")).unwrap_err();
            assert_eq!(from_panic(panic).status(), StatusCode::INTERNAL_SERVER_ERROR);
        });
        std::panic::set_hook(before);
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in ["ERROR", "a defect", "problem.rs"] {
            assert!(lines[0].contains(part), "{lines:?}");
        }
    }
}
