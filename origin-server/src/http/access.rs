//! Who may write.
//!
//! With a token: who sends it. Without one: who reaches the server, which then listens on this machine
//! only, except for pages of foreign sites, which reach it too, through a browser that runs here.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;

use super::problem::Failure;
use super::{Access, AppState};

/// The rule, with what it compares.
pub(super) enum Writers {
    /// Hashes are compared, so that the time taken tells nothing of the token.
    Token(Hash),
    ThisMachine,
    Anyone,
}

impl Writers {
    pub(super) fn new(access: &Access) -> Self {
        match &access.token {
            Some(token) => Self::Token(Hash::of(token.as_bytes())),
            None if access.insecure => Self::Anyone,
            None => Self::ThisMachine,
        }
    }

    /// Fails unless who asks may write, which is who may read what was published earlier.
    pub(super) fn check_past(&self, headers: &HeaderMap) -> Result<()> {
        self.check(headers).map_err(|error| {
            error.context("\"asOf\" may find what was deleted since, so it is for those who may write")
        })
    }

    fn check(&self, headers: &HeaderMap) -> Result<()> {
        match self {
            Self::Token(token) if bearer(headers).is_none_or(|sent| Hash::of(sent.as_bytes()) != *token) => {
                Err(Error::new(
                    Code::Unauthorized,
                    "writes need the header \"authorization: Bearer <token>\" with this server's token",
                ))
            }
            Self::ThisMachine if !of_this_machine(headers) => Err(Error::new(
                Code::Unauthorized,
                "pages of other sites may not write here; start the server with --token and send it",
            )),
            _ => Ok(()),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Browsers name a page's origin with every write. Programs name none.
fn of_this_machine(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let url = origin.to_str().ok().and_then(|text| url::Url::parse(text).ok());
    match url.as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Lets a write through when its sender may write.
pub(super) async fn authorize(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match state.writers.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure::from(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(access: &Access, headers: &[(header::HeaderName, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        Writers::new(access).check(&headers).is_ok()
    }

    #[test]
    fn a_token_is_what_counts_when_there_is_one() {
        let access = Access { token: Some("secret".into()), insecure: true, web: None };
        assert!(allowed(
            &access,
            &[(header::AUTHORIZATION, "Bearer secret"), (header::ORIGIN, "https://site.example")]
        ));
        assert!(allowed(&access, &[(header::AUTHORIZATION, "bearer secret")]));
        for wrong in ["Bearer secre", "Bearer", "Basic secret", "secret", "Bearer secret2"] {
            assert!(!allowed(&access, &[(header::AUTHORIZATION, wrong)]), "{wrong}");
        }
        assert!(!allowed(&access, &[]));
    }

    #[test]
    fn without_a_token_pages_of_this_machine_and_programs_may_write() {
        let access = Access::default();
        assert!(allowed(&access, &[]));
        for own in ["http://localhost:5173", "http://127.0.0.1:7700", "http://[::1]:80", "https://app.localhost"] {
            assert!(allowed(&access, &[(header::ORIGIN, own)]), "{own}");
        }
        for foreign in ["https://site.example", "null", "http://localhost.site.example", "http://10.0.0.1", ""] {
            assert!(!allowed(&access, &[(header::ORIGIN, foreign)]), "{foreign}");
            assert!(allowed(&Access { insecure: true, ..Access::default() }, &[(header::ORIGIN, foreign)]));
        }
    }
}
