//! A server's API as the command line and replicas use it: HTTP with tokens, and problem documents as errors.

use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::model::Problem;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::tls;

/// A connection stands within this time, or the server cannot be reached.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);

/// A server that answers with problem documents: an origin or an edge.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// An answer that is no success.
pub(crate) struct Refusal {
    pub(crate) error: Error,
    /// Of an NDJSON stream: the line that was refused.
    pub(crate) line: Option<u64>,
    /// Of an NDJSON stream: points before that line, which are durable.
    pub(crate) committed: u64,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, line: None, committed: 0 }
    }
}

/// Members beside those of every problem document.
#[derive(Deserialize)]
struct Extension {
    #[serde(flatten)]
    problem: Problem,
    line: Option<u64>,
    #[serde(default)]
    committed: u64,
}

impl Client {
    /// A client of the server at `url`.
    pub(crate) fn new(url: &str, token: Option<String>) -> Result<Self> {
        Self::built(reqwest::Client::builder(), url, token)
    }

    /// A client that waits so long at most for the next bytes. Not for servers that work before they answer.
    pub(crate) fn impatient(url: &str, token: Option<String>, patience: Duration) -> Result<Self> {
        Self::built(reqwest::Client::builder().read_timeout(patience), url, token)
    }

    fn built(builder: reqwest::ClientBuilder, url: &str, token: Option<String>) -> Result<Self> {
        tls::provide();
        let http = builder.connect_timeout(CONNECT_WITHIN).build();
        let http = http.map_err(|e| Error::new(Code::Internal, e.to_string()))?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), token })
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends it; an answer that is no success becomes its problem.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        self.attempt(request).await.map_err(|refusal| refusal.error)
    }

    /// The same, with what else the problem says.
    pub(crate) async fn attempt(&self, request: RequestBuilder) -> Result<Response, Refusal> {
        let response = request.send().await.map_err(|e| self.unreachable(&e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        Err(match serde_json::from_slice::<Extension>(&body) {
            Ok(Extension { problem, line, committed }) => Refusal { error: problem.into(), line, committed },
            Err(_) => {
                let message = format!("{} answered {status} without a problem document", self.url);
                let code = match status.as_u16() {
                    // As servers of plain files do.
                    404 => Code::NotFound,
                    // Of a gateway, whose server may be back soon.
                    408 | 429 | 500.. => Code::Unreachable,
                    _ => Code::BadResponse,
                };
                Error::new(code, message).into()
            }
        })
    }

    /// Sends it and reads JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        self.read(self.send(request).await?).await
    }

    /// Reads an answer's JSON.
    pub(crate) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T> {
        let bytes = response.bytes().await.map_err(|e| self.unreachable(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| Error::new(Code::BadResponse, format!("{}: {e}", self.url)))
    }

    /// Sends it and reads the body up to one byte after `limit`, which says that there is more.
    pub(crate) async fn bytes(&self, request: RequestBuilder, limit: u64) -> Result<Vec<u8>> {
        let response = self.send(request).await?;
        self.body(response, limit).await
    }

    /// Reads the body up to one byte after `limit`.
    pub(crate) async fn body(&self, mut response: Response, limit: u64) -> Result<Vec<u8>> {
        let limit = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        while bytes.len() < limit
            && let Some(chunk) = response.chunk().await.map_err(|e| self.unreachable(&e))?
        {
            bytes.extend_from_slice(&chunk);
        }
        bytes.truncate(limit);
        Ok(bytes)
    }

    /// Whether something is there.
    pub(crate) async fn exists(&self, path: &str) -> Result<bool> {
        let response = self.request(Method::HEAD, path).send().await.map_err(|e| self.unreachable(&e))?;
        match response.status() {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            status => Err(Error::new(Code::BadResponse, format!("{}{path} answered {status}", self.url))),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        Error::new(Code::Unreachable, format!("{} cannot be reached: {cause}", self.url))
    }
}
