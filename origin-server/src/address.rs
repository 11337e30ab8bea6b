//! URLs that a person types: what is wrong with one is said at once, and what is secret in one is not repeated.

use std::fmt;

use headwater_core::error::{Code, Error, Result};
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::shell::quoted;

/// The variable that names the origin, and what counts without it.
pub(crate) const URL_VARIABLE: &str = "HEADWATER_URL";
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:7700";

/// The URL of a server, or of a collection at one.
#[derive(Clone)]
pub(crate) struct Address(Url);

impl Address {
    /// Whether a place is meant as a URL of a server, and not as a folder or bucket.
    pub(crate) fn is_meant(place: &str) -> bool {
        place.split_once("://").is_some_and(|(scheme, _)| {
            let of_stores = ["s3", "file"].iter().any(|store| scheme.eq_ignore_ascii_case(store));
            !of_stores
        })
    }

    /// Of a server, below which `/v1/…` is; a path is what a gateway has it under.
    pub(crate) fn server(text: &str) -> Result<Self> {
        Self::server_of(text).map_err(|error| match std::env::var(URL_VARIABLE) {
            Ok(held) if held == text => {
                let message = format!("{} (that is what {URL_VARIABLE} holds in the environment)", error.message());
                Error::new(error.code(), message)
            }
            _ => error,
        })
    }

    fn server_of(text: &str) -> Result<Self> {
        let address = Self::source(text)?;
        if address.0.query().is_some() {
            return Err(refused(&address, "has a query, which a server's URL has not", &address.root()));
        }
        // Someone took it from a page or another command.
        let mut segments = address.0.path_segments().into_iter().flatten();
        if segments.any(|segment| ["v1", "docs", "openapi.json", "healthz", "readyz", "metrics"].contains(&segment)) {
            return Err(refused(&address, "is something at a server; name the server alone", &address.root()));
        }
        Ok(address)
    }

    /// Of something to read: all of it is kept, a query (as of signed URLs) as well.
    pub(crate) fn source(text: &str) -> Result<Self> {
        let text = text.trim();
        let invalid = |why: &str| {
            // Before it is parsed nobody knows which part of it is a password.
            let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest).split('?').next().unwrap_or_default();
            Error::new(Code::InvalidOptions, format!("the URL {shown:?} {why}, as http://127.0.0.1:7700 has"))
        };
        if !text.contains("://") {
            return Err(invalid("has no scheme: begin it with http:// or https://"));
        }
        let url =
            Url::parse(text).map_err(|e| invalid(&format!("cannot be read ({e}): it wants a scheme and a host")))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(invalid("is neither http nor https: begin it with one of them"));
        }
        if url.fragment().is_some() {
            return Err(invalid(
                "has a fragment, which is never sent: leave out # and what follows; a URL needs no more",
            ));
        }
        Ok(Self(url))
    }

    /// What is at a path below it. The path may have a query of its own.
    pub(crate) fn at(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        let queries: Vec<&str> = self.0.query().into_iter().chain(query).collect();
        url.set_query((!queries.is_empty()).then(|| queries.join("&")).as_deref());
        url
    }

    /// Whether both are at the same scheme, host and port: what a token was given for.
    pub(crate) fn is_same_server(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Whether it names whoever is to be let in.
    pub(crate) fn has_user(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// Whether it is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
            Some(Host::Ipv6(address)) => {
                let mapped = address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback());
                address.is_loopback() || address.is_unspecified() || mapped
            }
            None => false,
        }
    }

    /// The proxy that requests to it go through, by the variables that the HTTP client reads, without name and
    /// password.
    pub(crate) fn proxy(&self) -> Option<String> {
        if self.is_loopback() {
            return None;
        }
        let uri = self.root().parse().ok()?;
        let proxy = Matcher::from_env().intercept(&uri)?.uri().clone();
        let authority = proxy.authority()?;
        let (scheme, host) = (proxy.scheme_str().unwrap_or("http"), authority.host());
        Some(authority.port().map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}")))
    }

    /// What a command needs behind it to ask this server: nothing where it does so anyway. Of something at a server it
    /// is the server.
    pub(crate) fn flag(&self) -> String {
        let (mut server, path) = (self.0.clone(), self.0.path());
        server.set_query(None);
        server.set_path(path.split_once("/v1/").map_or(path, |(before, _)| before));
        let server = shown(&server);
        let variable = std::env::var(URL_VARIABLE);
        let is_usual = variable.as_deref().unwrap_or(DEFAULT_URL).trim_end_matches('/') == DEFAULT_URL;
        if is_usual && server == DEFAULT_URL { String::new() } else { format!(" --url {}", quoted(&server)) }
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Scheme, host and port, as a person reads them.
    pub(crate) fn root(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// Without name, password and the values of a query.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.root(), self.0.path().trim_end_matches('/'))?;
        if self.0.query().is_some() { f.write_str("?…") } else { Ok(()) }
    }
}

fn refused(address: &Address, why: &str, instead: &str) -> Error {
    Error::new(Code::InvalidOptions, format!("{address} {why}: {instead}"))
}

/// The URL that a redirect leads to, without what may be secret in it.
pub(crate) fn shown(url: &Url) -> String {
    Address(url.clone()).to_string()
}

/// What a command needs behind it to ask the server that was named so.
pub(crate) fn flag_of(server: &str) -> String {
    Address::server(server).map(|address| address.flag()).unwrap_or_default()
}

/// A place as somebody typed it (a URL, a folder, a bucket), without what may be secret in it.
pub(crate) fn shown_place(text: &str) -> String {
    match Address::source(text) {
        Ok(address) if Address::is_meant(text) => address.to_string(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(address: Result<Address>) -> String {
        address.map(|a| a.to_string()).unwrap_err().message().to_owned()
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_with_what_to_do() {
        for (text, says) in [
            ("127.0.0.1:7701", "no scheme"),
            ("localhost:7701", "no scheme"),
            ("htp://127.0.0.1/x", "neither http nor https"),
            ("http://", "wants a scheme and a host"),
            ("http://h/#x", "fragment"),
            ("http://h?x=1", "query"),
            ("http://127.0.0.1:7700/v1/collections/words", "name the server alone: http://127.0.0.1:7700"),
            ("http://127.0.0.1:7700/docs", "name the server alone"),
        ] {
            assert!(error(Address::server(text)).contains(says), "{text}: {}", error(Address::server(text)));
        }
    }

    #[test]
    fn what_is_secret_in_a_url_is_not_repeated() {
        let address = Address::source("https://me:pass@h/words/?sig=abc").unwrap();
        assert_eq!(address.to_string(), "https://h/words?…");
        for bad in ["ftp://me:pass@h/?sig=abc", "me:pass@h?sig=abc", "http://me:pass@?sig=abc"] {
            let said = error(Address::source(bad));
            assert!(!said.contains("pass") && !said.contains("abc"), "{said}");
        }
    }

    #[test]
    fn paths_and_queries_are_kept() {
        let at = |base: &str, path: &str| Address::source(base).unwrap().at(path).to_string();
        assert_eq!(at("http://h", "/v1/x"), "http://h/v1/x");
        assert_eq!(at("http://h/below/", "/v1/x%2Fy?a=b"), "http://h/below/v1/x%2Fy?a=b");
        assert_eq!(at("http://h/words?sig=1", "/head"), "http://h/words/head?sig=1");
        assert_eq!(at("http://h/words?sig=1", "/x?a=b"), "http://h/words/x?sig=1&a=b");
    }

    #[test]
    fn a_server_is_scheme_host_and_port() {
        let same = |a: &str, b: &str| Address::source(a).unwrap().is_same_server(&Address::source(b).unwrap());
        assert!(same("https://h/v1/collections/c", "https://H:443"));
        for other in ["http://h", "https://h:8443", "https://h.example", "https://h.evil.example"] {
            assert!(!same("https://h", other), "{other}");
        }
    }

    #[test]
    fn a_command_names_the_server_unless_it_is_the_usual_one() {
        let flag = |url: &str| Address::source(url).unwrap().flag();
        assert_eq!(flag("http://127.0.0.1:7700"), "");
        assert_eq!(flag("http://127.0.0.1:7700/v1/collections/words"), "");
        assert_eq!(flag("http://127.0.0.1:7790/"), " --url http://127.0.0.1:7790");
        assert_eq!(flag("https://me:secret@h/below/v1/collections/c?sig=1"), " --url https://h/below");
    }

    #[test]
    fn this_machine_has_many_names() {
        let loopback = |host: &str| Address::source(&format!("http://{host}/x")).unwrap().is_loopback();
        for host in
            ["localhost", "a.localhost:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"]
        {
            assert!(loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "[::2]", "128.0.0.1"] {
            assert!(!loopback(host), "{host}");
        }
    }
}
