//! Answers over HTTP: JSON, problem documents, streams; the headers that all of them carry.

use headwater_core::error::{Code, Error, Result};
use headwater_core::model::Problem;
use serde::Serialize;
use web_sys::ReadableStream;
use worker::{Headers, Response, ResponseBuilder};

/// Headers that scripts of other origins may read.
const EXPOSED: &str = "x-headwater-version, x-headwater-lsn, x-headwater-answered-by, x-headwater-head-age-ms, \
                       x-headwater-stale, content-length, content-range, etag";

#[derive(Debug)]
enum Body {
    Empty,
    Bytes(Vec<u8>),
    Stream(ReadableStream),
}

/// An answer that has not met the runtime yet.
#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Reply {
    /// An answer without a body.
    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// A JSON document.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(value).map_err(|e| Error::new(Code::Internal, format!("the answer: {e}")))?;
        Ok(Self::bytes("application/json", bytes))
    }

    /// Bytes of a media type.
    pub(crate) fn bytes(media_type: &str, bytes: Vec<u8>) -> Self {
        Self { body: Body::Bytes(bytes), ..Self::empty(200) }.header("content-type", media_type)
    }

    /// A stream that the runtime pumps without this Worker's help.
    pub(crate) fn stream(status: u16, media_type: &str, stream: ReadableStream) -> Self {
        Self { body: Body::Stream(stream), ..Self::empty(status) }.header("content-type", media_type)
    }

    /// An error as an RFC 9457 problem document.
    pub(crate) fn problem(error: &Error) -> Self {
        let problem = Problem::from(error);
        let bytes = serde_json::to_vec(&problem).unwrap_or_default();
        let reply = Self { status: problem.status, ..Self::bytes(Problem::MEDIA_TYPE, bytes) };
        let reply = reply.header("cache-control", "no-store");
        if problem.code == Code::Unauthorized { reply.header("www-authenticate", "Bearer") } else { reply }
    }

    /// What a browser asks before it sends a search from another origin.
    pub(crate) fn preflight() -> Self {
        Self::empty(204)
            .header("access-control-allow-methods", "GET, HEAD, POST, OPTIONS")
            .header("access-control-allow-headers", "content-type, range, if-none-match, if-range")
            .header("access-control-max-age", "86400")
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The runtime's response; `head_only` leaves out the body, but not its length.
    pub(crate) fn into_response(self, head_only: bool) -> worker::Result<Response> {
        let headers = Headers::new();
        headers.set("access-control-allow-origin", "*")?;
        headers.set("access-control-expose-headers", EXPOSED)?;
        for (name, value) in &self.headers {
            headers.set(name, value)?;
        }
        if let (Body::Bytes(bytes), true) = (&self.body, head_only) {
            headers.set("content-length", &bytes.len().to_string())?;
        }
        let builder = ResponseBuilder::new().with_status(self.status).with_headers(headers);
        Ok(match self.body {
            Body::Bytes(bytes) if !head_only => builder.fixed(bytes),
            Body::Stream(stream) if !head_only => builder.stream(stream),
            _ => builder.empty(),
        })
    }
}
