//! Who may write, and which pages may read.
//!
//! A browser lends its machine's reach to every page that it shows. So pages of other origins get nothing unless
//! `--cors` names them: no header that lets them read, and no answer either, since some requests are sent, and have
//! effects, before a browser asks who may read. Pages of this machine's loopback are let in: whatever serves them runs
//! here and could ask without a browser.
//!
//! Writes belong to whom the token is known. Without a token they belong to who reaches the server, which then listens
//! on this machine only; there a name that leads to loopback but is no name of it (DNS rebinding) is refused, because
//! its pages would be of the same origin.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_http::cors::{Readers, is_loopback, is_preflight};

use super::problem::Failure;
use super::{Access, AppState};

/// What any path may take; a preflight asks before it is known what is there.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE, OPTIONS");

/// The rules, with what they compare.
pub(super) struct Rules {
    readers: Readers,
    writers: Writers,
}

enum Writers {
    /// Hashes are compared, so that the time taken tells nothing of the token.
    Token(Hash),
    ThisMachine,
    Anyone,
}

impl Rules {
    pub(super) fn new(access: &Access) -> Self {
        let writers = match &access.token {
            Some(token) => Writers::Token(Hash::of(token.as_bytes())),
            None if access.insecure => Writers::Anyone,
            None => Writers::ThisMachine,
        };
        Self { readers: access.readers.clone(), writers }
    }

    fn check_write(&self, headers: &HeaderMap) -> Result<()> {
        if matches!(self.writers, Writers::Token(_)) && !self.has_token(headers) {
            let message = "writes need the header \"authorization: Bearer <token>\" with this server's token";
            return Err(Error::new(Code::Unauthorized, message));
        }
        Ok(())
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        match &self.writers {
            Writers::Token(token) => bearer(headers).is_some_and(|sent| Hash::of(sent.as_bytes()) == *token),
            Writers::ThisMachine | Writers::Anyone => false,
        }
    }

    /// Fails unless who asks may write, which is who may read what was published earlier. Pages that may not write do
    /// not come this far.
    pub(super) fn check_past(&self, headers: &HeaderMap) -> Result<()> {
        self.check_write(headers).map_err(|error| {
            error.context("\"asOf\" may find what was deleted since, so it is for those who may write")
        })
    }

    /// Fails when a page asks that may not read here. Who has the token may, from wherever.
    fn check_page(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        if matches!(self.writers, Writers::ThisMachine) {
            self.check_host(uri, headers)?;
        }
        if self.has_token(headers) {
            return Ok(());
        }
        let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let (site, mode) = (text("sec-fetch-site"), text("sec-fetch-mode"));
        let refused = match headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or("null")) {
            // Browsers set this one themselves; it knows what a proxy in between has made of the host.
            _ if site.as_deref() == Some("same-origin") => None,
            Some(origin) if self.readers.admit(origin) || is_same_host(origin, uri, headers) => None,
            Some(origin) => Some(format!("of {origin}")),
            // Without an origin: an image, a script, a frame. Following a link is fine: the page that has it sees
            // nothing.
            None if site.as_deref() != Some("cross-site") || self.readers == Readers::Anyone => None,
            None if is_link(method, mode.as_deref(), text("sec-fetch-dest").as_deref()) => None,
            None => Some("of another site".to_owned()),
        };
        let Some(page) = refused else { return Ok(()) };
        let message =
            format!("pages {page} may not read here; start the server with --cors and the page's origin to let them");
        Err(Error::new(Code::Unauthorized, message))
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        let Some(host) = host(uri, headers) else { return Ok(()) };
        let name = host.parse::<Authority>().map(|authority| authority.host().to_owned()).unwrap_or_default();
        if is_loopback(&name) || self.readers.have_host(&host) {
            return Ok(());
        }
        let message = format!(
            "{host:?} is no name of this machine's loopback, where this server listens without a token; ask 127.0.0.1, or start the \
             server with --token, or with --cors and the origin that has this host"
        );
        Err(Error::new(Code::Unauthorized, message))
    }
}

fn is_link(method: &Method, mode: Option<&str>, destination: Option<&str>) -> bool {
    *method == Method::GET && mode == Some("navigate") && destination == Some("document")
}

/// The host that a request is for, with its port.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = uri.authority().map(|authority| authority.as_str().to_owned());
    named.or_else(|| headers.get(header::HOST).map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned()))
}

/// Whether the page came from the host that it asks. What stands before the server may speak TLS, so the scheme does
/// not count.
fn is_same_host(origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
    let page = origin.split_once("://").map(|(_, host)| host);
    page.zip(host(uri, headers)).is_some_and(|(page, host)| page.eq_ignore_ascii_case(&host))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets a write through when its sender may write.
pub(super) async fn authorize(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match state.rules.check_write(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Answers preflights, lets a request through when it comes from no page or from one that may read, and says so in the
/// answer.
pub(super) async fn admit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (rules, asked) = (&state.rules, request.headers().clone());
    if is_preflight(request.method(), &asked) {
        return (StatusCode::NO_CONTENT, rules.readers.preflight(&asked, &METHODS)).into_response();
    }
    let mut response = match rules.check_page(request.method(), request.uri(), &asked) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure::from(error).into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in &rules.readers.headers(&asked) {
        headers.append(name, value.clone());
    }
    // JSON is no script, whatever page names it as one.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://site.example";

    struct Asked(Vec<(&'static str, &'static str)>);

    fn allowed(access: &Access, method: &Method, Asked(lines): Asked) -> bool {
        let headers: HeaderMap =
            lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let rules = Rules::new(access);
        rules.check_page(method, &"/v1/collections".parse().unwrap(), &headers).is_ok()
            && rules.check_write(&headers).is_ok()
    }

    fn with_token() -> Access {
        Access { token: Some("secret".into()), ..Access::default() }
    }

    #[test]
    fn a_token_is_what_counts_when_there_is_one() {
        let get = |value| allowed(&with_token(), &Method::PUT, Asked(vec![("authorization", value), ("origin", SITE)]));
        assert!(get("Bearer secret") && get("bearer secret"));
        for wrong in ["Bearer secre", "Bearer", "Basic secret", "secret", "Bearer secret2"] {
            assert!(!get(wrong), "{wrong}");
        }
        assert!(!allowed(&with_token(), &Method::PUT, Asked(Vec::new())));
    }

    #[test]
    fn pages_of_this_machine_and_programs_are_let_in_others_when_named() {
        let here = |access: &Access, origin| allowed(access, &Method::POST, Asked(vec![("origin", origin)]));
        let open = Access { readers: Readers::parse([SITE]).unwrap(), ..Access::default() };
        assert!(allowed(&Access::default(), &Method::POST, Asked(Vec::new())));
        for own in ["http://localhost:5173", "http://127.0.0.1:7700", "http://[::1]:80", "https://app.localhost"] {
            assert!(here(&Access::default(), own), "{own}");
        }
        for foreign in [SITE, "null", "http://localhost.site.example", "http://10.0.0.1", ""] {
            assert!(!here(&Access::default(), foreign), "{foreign}");
            assert!(!here(&Access { insecure: true, ..Access::default() }, foreign), "{foreign}");
            assert_eq!(here(&open, foreign), foreign == SITE, "{foreign}");
            assert!(here(&Access { readers: Readers::Anyone, ..Access::default() }, foreign), "{foreign}");
        }
    }

    #[test]
    fn a_page_may_ask_where_it_came_from() {
        for (host, origin) in
            [("127.0.0.1:7700", "http://127.0.0.1:7700"), ("search.example", "https://search.example")]
        {
            let access = Access { insecure: true, ..Access::default() };
            assert!(allowed(&access, &Method::POST, Asked(vec![("host", host), ("origin", origin)])), "{host}");
        }
        // Behind a proxy that asks by another name.
        let behind = vec![("host", "127.0.0.1:7700"), ("origin", SITE), ("sec-fetch-site", "same-origin")];
        assert!(allowed(&Access::default(), &Method::POST, Asked(behind)));
    }

    #[test]
    fn what_a_browser_asks_without_naming_a_page_is_known_by_its_site() {
        let fetched = |method: Method, site, mode, destination| {
            let lines = vec![("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", destination)];
            allowed(&Access::default(), &method, Asked(lines))
        };
        for destination in ["image", "script", "empty", "iframe"] {
            assert!(!fetched(Method::GET, "cross-site", "no-cors", destination), "{destination}");
        }
        assert!(!fetched(Method::GET, "cross-site", "navigate", "iframe"));
        assert!(!fetched(Method::POST, "cross-site", "navigate", "document"));
        assert!(fetched(Method::GET, "cross-site", "navigate", "document"), "a link to /docs");
        for site in ["same-origin", "same-site", "none"] {
            assert!(fetched(Method::GET, site, "no-cors", "script"), "{site}");
        }
    }

    #[test]
    fn on_loopback_without_a_token_only_names_of_loopback_are_answered() {
        let host = |access: &Access, host| {
            allowed(access, &Method::GET, Asked(vec![("host", host), ("sec-fetch-site", "same-origin")]))
        };
        for name in ["127.0.0.1:7700", "localhost", "[::1]:7700", "demo.localhost:7700", "LOCALHOST:1"] {
            assert!(host(&Access::default(), name), "{name}");
        }
        for name in
            ["evil.example:7700", "evil.example", "127.0.0.1.evil.example", "10.0.0.1:7700", "localhost:x:y", ""]
        {
            assert!(!host(&Access::default(), name), "{name}");
            assert!(host(&Access { insecure: true, ..Access::default() }, name), "{name}");
        }
        let named = Access { readers: Readers::parse(["https://search.example"]).unwrap(), ..Access::default() };
        assert!(host(&named, "search.example") && !host(&named, "other.example"));
    }
}
