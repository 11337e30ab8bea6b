//! Errors over HTTP: RFC 9457 problem documents, with the stable code as an extension member.

use alloc::borrow::ToOwned;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error};
use crate::json::Document;
use crate::limits::MAX_QUERY_BYTES;

/// An error as it travels over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:headwater:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What was wrong with this request and what to do.
    pub detail: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl Problem {
    /// The media type of a problem document.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// The explanation in what should be a problem document, if it is one.
    #[must_use]
    pub fn detail_in(body: &[u8]) -> Option<String> {
        let document = Document::new("problem", Code::BadResponse);
        let tree = document.parse(body, MAX_QUERY_BYTES).ok()?;
        document.object(&tree).ok()?.text("detail").ok()?.map(ToOwned::to_owned)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let code = error.code();
        Self {
            kind: alloc::format!("urn:headwater:problem:{code}"),
            title: code.as_str().replace('_', " "),
            status: code.http_status(),
            code,
            detail: error.message().to_owned(),
            retryable: code.retryable(),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::new(problem.code, problem.detail)
    }
}
