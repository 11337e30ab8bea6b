//! What pages of other origins may ask and read (the Fetch standard's CORS protocol).
//!
//! No answer here depends on cookies, so a page learns no more than its own machine could, and an allowed page may send
//! whatever headers it likes: tracing libraries add theirs to every request. A preflight's wishes are therefore
//! mirrored.

use std::net::{Ipv4Addr, Ipv6Addr};

use headwater_model::error::{Code, Error, Result};
use headwater_model::limits::MAX_ASKED_HEADERS_BYTES;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

/// Headers that scripts of other origins may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-headwater-version, x-headwater-lsn, x-headwater-answered-by, x-headwater-head-age-ms, x-headwater-stale, accept-ranges, \
     allow, content-length, content-range, etag, retry-after",
);
/// A day; browsers ask again sooner. Without it each search is two round trips.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Origins whose pages may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// All.
    Anyone,
    /// These, and pages that this machine serves itself: what serves them could ask without a browser.
    These(Vec<String>),
}

impl Default for Readers {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Readers {
    /// The readers of a list: `*`, or origins such as `https://site.example`.
    pub fn parse<'a>(list: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut origins = Vec::new();
        let mut anyone = false;
        for text in list {
            match text.trim() {
                "*" => anyone = true,
                text => origins.push(serialized(text).ok_or_else(|| {
                    let message =
                        format!("{text:?} is no origin: say https://site.example, with a port if it has one, or *");
                    Error::new(Code::InvalidQuery, message)
                })?),
            }
        }
        Ok(if anyone { Self::Anyone } else { Self::These(origins) })
    }

    /// Whether pages of this origin may read.
    #[must_use]
    pub fn admit(&self, origin: &str) -> bool {
        match self {
            Self::Anyone => true,
            Self::These(origins) => is_of_loopback(origin) || origins.iter().any(|o| o == origin),
        }
    }

    /// Whether one of the origins has this host, with its port if it has one.
    #[must_use]
    pub fn have_host(&self, host: &str) -> bool {
        let named =
            |origin: &String| origin.split_once("://").is_some_and(|(_, named)| named.eq_ignore_ascii_case(host));
        match self {
            Self::Anyone => true,
            Self::These(origins) => origins.iter().any(named),
        }
    }

    /// The headers of an answer to a request with these headers.
    #[must_use]
    pub fn headers(&self, asked: &HeaderMap) -> HeaderMap {
        let mut headers = self.allowed(asked);
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
        headers
    }

    /// The headers of the answer to a preflight, for a path that takes these methods.
    #[must_use]
    pub fn preflight(&self, asked: &HeaderMap, methods: &HeaderValue) -> HeaderMap {
        let mut headers = self.allowed(asked);
        headers.append(header::VARY, HeaderValue::from_static("access-control-request-headers"));
        if !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return headers;
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone());
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).filter(|names| are_names(names)) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        headers
    }

    fn allowed(&self, asked: &HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if *self == Self::Anyone {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            return headers;
        }
        // A cache must not hand the answer to one page to another.
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        let origin = asked.get(header::ORIGIN).filter(|origin| origin.to_str().is_ok_and(|origin| self.admit(origin)));
        if let Some(origin) = origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        headers
    }
}

/// Whether a browser asks what a page may send. Any other `OPTIONS` asks which methods there are.
#[must_use]
pub fn is_preflight(method: &Method, asked: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && asked.contains_key(header::ORIGIN)
        && asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn are_names(list: &HeaderValue) -> bool {
    let is_name = |name: &str| name.trim().is_empty() || HeaderName::from_bytes(name.trim().as_bytes()).is_ok();
    list.len() <= MAX_ASKED_HEADERS_BYTES && list.to_str().is_ok_and(|list| list.split(',').all(is_name))
}

/// An origin as browsers write it: in lower case, without the port that its scheme has anyway.
fn serialized(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let only_origin = uri.path_and_query().is_none_or(|rest| rest.as_str() == "/" || rest.as_str().is_empty());
    if !only_origin || authority.as_str().contains('@') || authority.host().is_empty() {
        return None;
    }
    let (scheme, host) = (scheme.to_ascii_lowercase(), authority.host().to_ascii_lowercase());
    let port = authority.port_u16().filter(|port| !matches!((scheme.as_str(), port), ("http", 80) | ("https", 443)));
    Some(port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")))
}

/// Whether a page of this origin came from this machine's loopback: `http://localhost:8000`, `http://127.0.0.1`.
#[must_use]
pub fn is_of_loopback(origin: &str) -> bool {
    let uri: Option<Uri> = origin.parse().ok();
    uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(is_loopback))
}

/// Whether a host, without its port, is this machine's loopback.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bracketed.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://site.example";

    fn asked(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        headers.get(name).map(|v| v.to_str().unwrap())
    }

    #[test]
    fn only_those_that_are_named_and_this_machine_may_read() {
        let readers = Readers::parse([SITE, "HTTP://Other.example:80/", "https://a.example:8443"]).unwrap();
        for origin in [
            SITE,
            "http://other.example",
            "https://a.example:8443",
            "http://localhost:5173",
            "http://127.0.0.1:8000",
            "https://app.localhost",
            "http://[::1]:80",
        ] {
            assert!(readers.admit(origin), "{origin}");
        }
        for origin in [
            "http://site.example",
            "https://site.example:8443",
            "https://www.site.example",
            "https://a.example",
            "https://site.example.evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "capacitor://localhost",
            "null",
            "",
        ] {
            assert!(!readers.admit(origin), "{origin}");
            assert!(Readers::Anyone.admit(origin));
        }
        assert_eq!(Readers::parse([SITE, "*"]).unwrap(), Readers::Anyone);
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["", "site.example", "https://", "https://site.example/path", "https://u@site.example", "https://a b", "**"]
        {
            assert!(Readers::parse([text]).unwrap_err().message().contains("https://site.example"), "{text}");
        }
    }

    #[test]
    fn an_answer_names_the_page_that_may_read_it() {
        let readers = Readers::parse([SITE]).unwrap();
        let allowed = readers.headers(&asked(&[("origin", SITE)]));
        assert_eq!(
            (value(&allowed, "access-control-allow-origin"), value(&allowed, "vary")),
            (Some(SITE), Some("origin"))
        );
        for name in ["content-range", "content-length", "etag", "x-headwater-version", "x-headwater-lsn"] {
            assert!(value(&allowed, "access-control-expose-headers").unwrap().contains(name), "{name}");
        }
        let refused = readers.headers(&asked(&[("origin", "https://evil.example")]));
        assert_eq!((value(&refused, "access-control-allow-origin"), value(&refused, "vary")), (None, Some("origin")));
        assert_eq!(value(&Readers::Anyone.headers(&HeaderMap::new()), "access-control-allow-origin"), Some("*"));
    }

    #[test]
    fn a_preflight_gets_what_it_asks_for() {
        let methods = HeaderValue::from_static("GET, HEAD");
        let tracing = "authorization,baggage,b3,content-type,range,if-range,sentry-trace,traceparent,tracestate,x-datadog-trace-id";
        let ask = |origin, names| asked(&[("origin", origin), ("access-control-request-headers", names)]);
        for readers in [Readers::Anyone, Readers::parse([SITE]).unwrap()] {
            let found = readers.preflight(&ask(SITE, tracing), &methods);
            assert_eq!(value(&found, "access-control-allow-headers"), Some(tracing));
            assert_eq!(value(&found, "access-control-allow-methods"), Some("GET, HEAD"));
            assert_eq!(value(&found, "access-control-max-age"), Some("86400"));
            for odd in ["a b", "a, b:c", "é", &"x,".repeat(2000)] {
                let odd = HeaderValue::from_bytes(odd.as_bytes()).unwrap();
                let mut asked = asked(&[("origin", SITE)]);
                asked.insert("access-control-request-headers", odd);
                assert!(!readers.preflight(&asked, &methods).contains_key("access-control-allow-headers"));
            }
        }
        let refused = Readers::parse([SITE]).unwrap().preflight(&ask("https://evil.example", tracing), &methods);
        assert!(refused.keys().all(|name| name == "vary"), "{refused:?}");
    }

    #[test]
    fn options_without_a_page_is_no_preflight() {
        let page = asked(&[("origin", SITE), ("access-control-request-method", "PUT")]);
        assert!(is_preflight(&Method::OPTIONS, &page) && !is_preflight(&Method::GET, &page));
        assert!(!is_preflight(&Method::OPTIONS, &asked(&[("origin", SITE)])));
        assert!(!is_preflight(&Method::OPTIONS, &HeaderMap::new()));
    }
}
