//! Errors as problem documents, whoever found them, and bodies as typed values.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headwater_core::error::{Code, Error};
use headwater_core::json::{from_slice, message_of};
use headwater_core::model::Problem;
use serde::de::DeserializeOwned;

/// An error on its way to the client, with extension members of its problem document.
pub(super) struct Failure {
    error: Error,
    facts: Vec<(&'static str, u64)>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, facts: Vec::new() }
    }
}

impl Failure {
    /// Adds an extension member.
    pub(super) fn with(mut self, name: &'static str, value: u64) -> Self {
        self.facts.push((name, value));
        self
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = Problem::from(&self.error);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::error!(code = self.error.code().as_str(), "{}", self.error.message());
        }
        let mut document = serde_json::json!(problem);
        if let Some(members) = document.as_object_mut() {
            members.extend(self.facts.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
        }
        let mut response = (status, document.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        if self.error.code() == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Parses a JSON body.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let invalid = |e| Failure::from(Error::new(Code::InvalidJson, format!("body: {}", message_of(&e))));
    from_slice(body).map_err(invalid)
}

/// Fails unless the body has this media type, or names none.
pub(super) fn expect_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Failure> {
    let sent = media_type(headers);
    if sent.as_deref().is_none_or(|sent| sent == wanted) {
        return Ok(());
    }
    let sent = sent.unwrap_or_default();
    Err(Failure::from(Error::new(
        Code::UnsupportedMediaType,
        format!("the body is {sent:?}, this route reads {wanted:?}"),
    )))
}

/// The body's media type without parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
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
    let error = match status {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(
            Code::LimitExceeded,
            "the body is larger than this route takes; send smaller batches, or stream NDJSON",
        ),
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::NOT_MODIFIED => {
            return Response::from_parts(parts, Body::empty());
        }
        _ => Error::new(Code::InvalidJson, format!("the request was refused: {text}")),
    };
    Failure::from(error).into_response()
}

/// A panic is a defect: it is logged, and the client is told so.
pub(super) fn from_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!("panic in a request: {}", text.unwrap_or("unknown"));
    Failure::from(Error::new(Code::Internal, "a defect was hit; the server's log has the details")).into_response()
}
