//! Where a page ends and the next one begins.

use alloc::string::String;
use core::fmt;

use serde_json::Value;

use crate::error::Result;
use crate::ids::Version;
use crate::json::Document;

/// From which hit on a query is answered, of one published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// From the first one of whatever version answers.
    Start,
    /// From the one behind a page.
    Page(Cursor),
}

/// The last hit of a page, and the version that it is of. As text, the `next` of an answer: `version.created.hits.id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The version's number.
    pub version: Version,
    /// When it was published, in milliseconds since 1970: a collection that was deleted and made anew has the same
    /// numbers.
    pub created_ms: u64,
    /// Hits until there, that one included.
    pub hits: u64,
    /// Its id.
    pub id: String,
}

impl After {
    /// What says that there is no page before.
    const START: &str = "start";

    pub(super) fn read(value: &Value, document: Document) -> Result<Self> {
        let read =
            |text: &str| if text == Self::START { Some(Self::Start) } else { Cursor::parse(text).map(Self::Page) };
        value.as_str().and_then(read).ok_or_else(|| {
            document.error("\"after\" is \"start\", or the \"next\" of the answer that had the page before")
        })
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let mut number = || parts.next()?.parse().ok();
        let (version, created_ms, hits) = (number()?, number()?, number()?);
        let id = parts.next()?.into();
        Some(Self { version, created_ms, hits, id })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, created_ms, hits, id } = self;
        write!(f, "{version}.{created_ms}.{hits}.{id}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use serde_json::json;

    use super::*;
    use crate::error::Code;

    const DOCUMENT: Document = Document::new("query", Code::InvalidQuery);

    #[test]
    fn what_an_answer_says_is_read_again() {
        for id in ["a", "n00001740", "a.b..c", "1.2.3.4", "é \u{1f980}", "start"] {
            let cursor = Cursor { version: 7, created_ms: u64::MAX, hits: 20_000, id: id.into() };
            assert_eq!(After::read(&json!(cursor.to_string()), DOCUMENT).unwrap(), After::Page(cursor));
        }
        assert_eq!(After::read(&json!("start"), DOCUMENT).unwrap(), After::Start);
    }

    #[test]
    fn other_things_are_refused_with_what_to_give() {
        for other in
            [json!(""), json!("begin"), json!("7.1.2"), json!("-7.1.2.a"), json!("7.1.x.a"), json!(7), json!([])]
        {
            let error = After::read(&other, DOCUMENT).unwrap_err();
            assert_eq!(error.code(), Code::InvalidQuery, "{other}");
            assert!(error.message().contains("\"start\", or the \"next\""), "{}", error.message());
        }
    }
}
