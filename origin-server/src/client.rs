//! A server's API as the command line and replicas use it: HTTP with tokens, and problem documents as errors.

use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::model::Problem;
use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::address::{Address, shown};
use crate::remedy::{self, Asked};
use crate::tls;
use crate::token::Token;

/// A connection stands within this time, or the server cannot be reached.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// Redirects that the way to something public may have.
const MAX_REDIRECTS: usize = 10;
/// Bytes of an error's body that are read: a sentence.
const MAX_PROBLEM_BYTES: u64 = 64 * 1024;
/// What a list of collections may have and take before nobody is told of it.
const MAX_LIST_BYTES: u64 = 4 * 1024 * 1024;
const LIST_WITHIN: Duration = Duration::from_secs(5);
/// Characters of a sentence that are shown.
const MAX_DETAIL_CHARS: usize = 2000;

/// A server that answers with problem documents: an origin or an edge.
///
/// Its token goes to the server it was given for and nowhere else: where there is one, and for all that is not only
/// read, no redirect is followed.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    address: Address,
    token: Option<HeaderValue>,
    side: Side,
    /// Whether whoever names a collection that is not there may have wanted to make it first.
    offers_to_create: bool,
}

/// What a server is to the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// What is written to, or read from.
    Origin,
    /// What is published to; it has a token of its own.
    Edge,
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
    pub(crate) fn new(url: &str, token: Option<Token>) -> Result<Self> {
        Self::built(reqwest::Client::builder().redirect(Policy::none()), Address::server(url)?, token)
    }

    /// A client of an edge that is published to.
    pub(crate) fn edge(url: &str, token: Option<Token>) -> Result<Self> {
        Ok(Self { side: Side::Edge, ..Self::new(url, token)? })
    }

    /// The same, of a command for which a collection that is not there may be created.
    pub(crate) fn offering_to_create(self) -> Self {
        Self { offers_to_create: true, ..self }
    }

    /// A client of something that is read, which waits so long at most for the next bytes.
    pub(crate) fn reader(address: Address, token: Option<Token>, patience: Duration) -> Result<Self> {
        let has_secret = token.is_some() || address.has_user();
        let policy = if has_secret { Policy::none() } else { Policy::limited(MAX_REDIRECTS) };
        Self::built(reqwest::Client::builder().redirect(policy).read_timeout(patience), address, token)
    }

    fn built(builder: ClientBuilder, address: Address, token: Option<Token>) -> Result<Self> {
        tls::provide();
        let token = token.filter(|token| !token.is_empty()).map(|token| token.header()).transpose()?;
        if token.is_some() && address.has_user() {
            let message = format!("{address} comes with a name in its URL and with a token; give one of them");
            return Err(Error::new(Code::Unauthorized, message));
        }
        // A URL that is followed would tell the next server the query of the one before.
        let builder = builder.connect_timeout(CONNECT_WITHIN).referer(false);
        let builder = if address.is_loopback() { builder.no_proxy() } else { builder };
        let http = builder.build().map_err(|e| Error::new(Code::Internal, e.to_string()))?;
        Ok(Self { http, address, token, side: Side::Origin, offers_to_create: false })
    }

    /// Scheme, host and port, as a person reads them.
    pub(crate) fn shown(&self) -> String {
        self.address.root()
    }

    /// What a command needs behind it to ask this server: the origin's, which an edge is not.
    pub(crate) fn flag(&self) -> String {
        if self.side == Side::Origin { self.address.flag() } else { String::new() }
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.address.at(path));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token),
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
        if status.is_redirection() {
            return Err(self.redirected(&response).into());
        }
        let response_url = &response.url().clone();
        let body = self.body(response, MAX_PROBLEM_BYTES).await.unwrap_or_default();
        Err(match serde_json::from_slice::<Extension>(&body) {
            Ok(Extension { mut problem, line, committed }) => {
                if let Some((end, _)) = problem.detail.char_indices().nth(MAX_DETAIL_CHARS) {
                    problem.detail.truncate(end);
                    problem.detail.push('…');
                }
                let is_absent = problem.code == Code::CollectionNotFound && self.side == Side::Origin;
                let asked = Asked {
                    server: &self.shown(),
                    side: self.side,
                    url: response_url,
                    flag: self.flag(),
                    with_token: self.token.is_some(),
                    collections: if is_absent { self.collections_beside(response_url).await } else { None },
                    offers_to_create: self.offers_to_create,
                };
                let error = remedy::in_commands(problem.into(), &asked);
                Refusal { error, line, committed }
            }
            Err(_) => {
                let code = match status.as_u16() {
                    // As servers of plain files do.
                    404 => Code::NotFound,
                    // Of a gateway, whose server may be back soon.
                    408 | 429 | 500.. => Code::Unreachable,
                    _ => Code::BadResponse,
                };
                Error::new(code, self.unexplained(status)).into()
            }
        })
    }

    /// The collections of a server, by the URL of one that it does not have; none when it does not say so soon and in
    /// short.
    async fn collections_beside(&self, url: &Url) -> Option<Vec<String>> {
        #[derive(Deserialize)]
        struct Named {
            collection: String,
        }
        let (before, _) = url.path().split_once("/collections/")?;
        let mut list = url.clone();
        list.set_path(&format!("{before}/collections"));
        list.set_query(None);
        let request = self.http.get(list).timeout(LIST_WITHIN);
        let request = match &self.token {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        };
        let response = request.send().await.ok().filter(|response| response.status().is_success())?;
        let all: Vec<Named> = serde_json::from_slice(&self.body(response, MAX_LIST_BYTES).await.ok()?).ok()?;
        Some(all.into_iter().map(|named| named.collection).collect())
    }

    /// An answer that is of no Headwater server.
    fn unexplained(&self, status: StatusCode) -> String {
        let way = self.way();
        format!(
            "{}{way} answered {status}, not with a problem document as Headwater does; is the URL right?",
            self.address
        )
    }

    fn redirected(&self, response: &Response) -> Error {
        let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
        let to = to.and_then(|to| response.url().join(to).ok()).map_or_else(|| "nowhere".to_owned(), |to| shown(&to));
        let message = format!(
            "{} answered {} and leads to {to}; nothing was sent there. If that is the right server, name it instead",
            self.address,
            response.status()
        );
        Error::new(Code::BadResponse, message)
    }

    /// How requests get there, where that is not straight.
    fn way(&self) -> String {
        self.address.proxy().map_or_else(String::new, |proxy| {
            format!(
                " by way of the proxy {proxy}, which the environment names (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY; NO_PROXY says \
                 which hosts need none),"
            )
        })
    }

    /// Sends it and reads JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        self.read(self.send(request).await?).await
    }

    /// Reads an answer's JSON.
    pub(crate) async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T> {
        let bytes = response.bytes().await.map_err(|e| self.unreachable(&e))?;
        serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(Code::BadResponse, format!("{}: the answer cannot be read: {e}", self.address)))
    }

    /// Reads an answer's text.
    pub(crate) async fn text(&self, response: Response) -> Result<String> {
        response.text().await.map_err(|e| self.unreachable(&e))
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
            status if status.is_redirection() => Err(self.redirected(&response)),
            status => Err(Error::new(Code::BadResponse, format!("{}{path} answered {status}", self.address))),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let cause = cause.to_string();
        let hint = if self.address.is_https() && cause.contains("InvalidContentType") {
            "; what is there does not speak https: does the URL begin with http://?"
        } else if error.is_connect() && self.address.is_loopback() {
            match self.side {
                Side::Origin => "; is `headwater serve` running there?",
                Side::Edge => {
                    "; --to names an edge: is one running there? `npx wrangler dev`, in edge-worker, runs one on port 8787"
                }
            }
        } else {
            ""
        };
        let way = self.way();
        Error::new(Code::Unreachable, format!("{}{way} cannot be reached: {cause}{hint}", self.address))
    }
}
