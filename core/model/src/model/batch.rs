//! Several queries at once.

use alloc::format;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Answer, Query};
use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};
use crate::limits::{MAX_BATCH_QUERIES, MAX_QUERY_BYTES};

const DOCUMENT: Document = Document::new("batch of queries", Code::InvalidQuery);

/// Queries that are answered one after the other; each answer says which version and which operation it has seen.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchBatch {
    /// The queries: 1 to 100.
    pub queries: Vec<Query>,
}

/// The answers to a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchAnswer {
    /// One for each query, in the same order.
    pub answers: Vec<Answer>,
}

impl SearchBatch {
    /// Parses and checks all queries; an error says which one it is about.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let tree = DOCUMENT.parse(bytes, MAX_QUERY_BYTES)?;
        let fields = DOCUMENT.object(&tree)?.only(&["queries"])?;
        let list = fields.required("queries", Fields::list)?;
        if list.is_empty() || list.len() > MAX_BATCH_QUERIES {
            let message = format!("\"queries\" has 1 to {MAX_BATCH_QUERIES} of them, not {}", list.len());
            return Err(Error::new(Code::LimitExceeded, message));
        }
        let read = |(index, value)| Query::from_value(value).map_err(|e| Self::about(index, &e));
        Ok(Self { queries: list.iter().enumerate().map(read).collect::<Result<_>>()? })
    }

    /// An error of one of the queries.
    #[must_use]
    pub fn about(index: usize, error: &Error) -> Error {
        error.clone().context(format_args!("queries[{index}]"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn an_error_says_which_query_it_is_about() {
        for (text, code, said) in [
            (r#"{"queries": [{"match": "a"}, {"topK": 3}]}"#, Code::InvalidQuery, "queries[1]: "),
            (r#"{"queries": [{"match": "a", "topk": 3}]}"#, Code::InvalidQuery, "did you mean \"topK\""),
            (r#"{"queries": [{"match": "a"}, 7]}"#, Code::InvalidQuery, "queries[1]: query: expected an object"),
            (r#"{"queries": []}"#, Code::LimitExceeded, "1 to 100"),
            (r#"{"queries": {"match": "a"}}"#, Code::InvalidQuery, "\"queries\" is not a list"),
            (r#"{"searches": []}"#, Code::InvalidQuery, "unknown field \"searches\""),
            (r#"[{"match": "a"}]"#, Code::InvalidQuery, "expected an object, found a list"),
        ] {
            let error = SearchBatch::from_json(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert!(error.message().contains(said), "{text}: {}", error.message());
        }
        let many = serde_json::json!({ "queries": alloc::vec![serde_json::json!({ "match": "a" }); 101] }).to_string();
        assert_eq!(SearchBatch::from_json(many.as_bytes()).unwrap_err().code(), Code::LimitExceeded);
        let read = SearchBatch::from_json(br#"{"queries": [{"match": "a"}, {"sort": "n", "topK": 1}]}"#).unwrap();
        assert_eq!(read.queries.iter().map(Query::top_k).collect::<Vec<_>>(), [10, 1]);
    }
}
