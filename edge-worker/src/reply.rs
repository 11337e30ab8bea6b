//! Answers on their way to the runtime: status, headers, a body of bytes or a stream.

use headwater_core::error::{Code, Error, Result};
use headwater_http::Refusal;
use headwater_http::cors::Readers;
use headwater_http::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use headwater_http::media::JSON;
use serde::Serialize;
use web_sys::ReadableStream;
use worker::{Headers, Response, ResponseBuilder};

/// What is published is for everyone: the edge holds nothing else, and knows no cookies.
const READERS: Readers = Readers::Anyone;

#[derive(Debug)]
enum Body {
    Empty,
    Bytes(Vec<u8>),
    Stream(ReadableStream),
}

/// An answer that has not met the runtime yet.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::with(status, HeaderMap::new())
    }

    /// An answer with these headers.
    pub(crate) const fn with(status: StatusCode, headers: HeaderMap) -> Self {
        Self { status, headers, body: Body::Empty }
    }

    /// A JSON document, of this moment.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|e| Error::new(Code::Internal, format!("the answer: {e}")))?;
        let reply = Self::empty(StatusCode::OK).header(header::CONTENT_TYPE, JSON);
        Ok(reply.header(header::CACHE_CONTROL, "no-store").bytes(bytes))
    }

    /// An error as a problem document.
    pub(crate) fn refusal(refusal: Refusal) -> Self {
        let (status, headers, body) = refusal.into_parts();
        Self::with(status, headers).bytes(body)
    }

    /// What a browser asks before it sends something from another origin.
    pub(crate) fn preflight(asked: &HeaderMap, allow: &HeaderValue) -> Self {
        Self::with(StatusCode::NO_CONTENT, READERS.preflight(asked, allow))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn bytes(self, bytes: Vec<u8>) -> Self {
        Self { body: Body::Bytes(bytes), ..self }
    }

    /// A stream that the runtime pumps without this Worker's help.
    pub(crate) fn stream(self, stream: ReadableStream) -> Self {
        Self { body: Body::Stream(stream), ..self }
    }

    /// The runtime's response to a request with these headers; `head_only` leaves out the body, but not its length.
    pub(crate) fn into_response(mut self, asked: &HeaderMap, head_only: bool) -> worker::Result<Response> {
        self.headers.extend(READERS.headers(asked));
        self.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let (Body::Bytes(bytes), true) = (&self.body, head_only) {
            self.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        }
        let headers = Headers::new();
        for (name, value) in &self.headers {
            if let Ok(value) = value.to_str() {
                headers.append(name.as_str(), value)?;
            }
        }
        let builder = ResponseBuilder::new().with_status(self.status.as_u16()).with_headers(headers);
        Ok(match self.body {
            Body::Bytes(bytes) if !head_only => builder.fixed(bytes),
            Body::Stream(stream) if !head_only => builder.stream(stream),
            _ => builder.empty(),
        })
    }
}

/// The headers of a request. What is no header is left out: a runtime's strings may be anything.
pub(crate) fn headers_of(headers: &Headers) -> HeaderMap {
    let pairs = headers.entries();
    pairs
        .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?)))
        .collect()
}
