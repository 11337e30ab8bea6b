//! An error as an answer: a problem document (RFC 9457) with the headers that belong to it.

use headwater_model::error::{Code, Error};
use headwater_model::model::Problem;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// An error on its way to the client.
#[derive(Debug, Clone)]
pub struct Refusal {
    error: Error,
    status: u16,
    members: Vec<(&'static str, u64)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { status: error.code().http_status(), error, members: Vec::new(), headers: Vec::new() }
    }
}

impl Refusal {
    /// The same error when it is about what the caller has sent: bytes that are not what they are named, a head that
    /// nobody trusts. Where a server finds these in its own store they are its own failures.
    #[must_use]
    pub const fn of_what_was_sent(mut self) -> Self {
        if self.status == 500 && !matches!(self.error.code(), Code::Internal | Code::UnsupportedRuntime) {
            self.status = 422;
        }
        self
    }

    /// Says before the message where it happened, as [`Error::context`] does.
    #[must_use]
    pub fn context(mut self, place: impl std::fmt::Display) -> Self {
        self.error = self.error.context(place);
        self
    }

    /// Adds a member beside those of every problem document.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: u64) -> Self {
        self.members.push((name, value));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The error.
    #[must_use]
    pub const fn error(&self) -> &Error {
        &self.error
    }

    /// Whether the server is at fault, so that its operator should look. An operation that has not arrived yet is not:
    /// the caller named one that may never have been.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        self.status >= 500 && !matches!(self.error.code(), Code::Behind)
    }

    /// Status, headers and body.
    #[must_use]
    pub fn into_parts(self) -> (StatusCode, HeaderMap, Vec<u8>) {
        let problem = Problem { status: self.status, ..Problem::from(&self.error) };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut document = serde_json::json!(problem);
        if let Some(members) = document.as_object_mut() {
            members.extend(self.members.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
        }
        let mut headers: HeaderMap = self.headers.into_iter().collect();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if problem.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if problem.code == Code::PendingFull {
            // A publish takes a while, and room is there only at its end.
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        (status, headers, document.to_string().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_document_with_its_headers() {
        let refusal = Refusal::from(Error::new(Code::Unauthorized, "no token")).member("line", 3);
        let (status, headers, body) = refusal.header(header::ALLOW, HeaderValue::from_static("GET")).into_parts();
        assert_eq!(status, 401);
        for (name, value) in [
            ("www-authenticate", "Bearer"),
            ("allow", "GET"),
            ("content-type", "application/problem+json"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&document["code"], &document["line"]), (&"unauthorized".into(), &3.into()));
    }

    #[test]
    fn only_the_servers_own_failures_are_faults() {
        for (code, is_fault) in [
            (Code::InvalidJson, false),
            (Code::RequestIncomplete, false),
            (Code::Unauthorized, false),
            (Code::Behind, false),
            (Code::StorageFailed, true),
            (Code::Corrupt, true),
            (Code::Internal, true),
        ] {
            assert_eq!(Refusal::from(Error::new(code, "x")).is_fault(), is_fault, "{code}");
        }
        for (code, status) in [
            (Code::HashMismatch, 422),
            (Code::KeyUntrusted, 422),
            (Code::HeadRolledBack, 422),
            (Code::Conflict, 409),
            (Code::Internal, 500),
            (Code::StorageFailed, 503),
        ] {
            let (found, _, body) = Refusal::from(Error::new(code, "x")).of_what_was_sent().into_parts();
            let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((found.as_u16(), &document["status"]), (status, &status.into()), "{code}");
        }
    }
}
