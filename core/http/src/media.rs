//! What a body is: JSON or NDJSON, by the names that clients send.

use headwater_model::error::{Code, Error};
use http::{HeaderMap, HeaderValue, header};

use crate::Refusal;

/// The name of JSON.
pub const JSON: &str = "application/json";
/// The name of NDJSON that the documents use; none is registered.
pub const NDJSON: &str = "application/x-ndjson";

/// Names of JSON.
const JSONS: [&str; 2] = [JSON, "text/json"];
/// Names of JSON documents that stand a line each.
const NDJSONS: [&str; 9] = [
    NDJSON,
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    "application/json-lines",
    "application/x-json-lines",
    "text/x-ndjson",
];

/// What a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One JSON document; also a body that does not say what it is.
    Json,
    /// A JSON document a line.
    Ndjson,
}

/// What the body is, when it is one of those that the route reads.
pub fn kind(headers: &HeaderMap, read: &[Kind]) -> Result<Kind, Refusal> {
    let sent = headers.get(header::CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(sent) = sent.as_deref().map(str::trim).filter(|sent| !sent.is_empty()) else { return Ok(Kind::Json) };
    let mut parts = sent.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let kind = match name.as_str() {
        name if JSONS.contains(&name) => Some(Kind::Json),
        name if NDJSONS.contains(&name) => Some(Kind::Ndjson),
        _ => None,
    };
    let Some(kind) = kind.filter(|kind| read.contains(kind)) else {
        return Err(refused(format!("the body is {name:?}; send {}", names(read)), read));
    };
    let charset = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    });
    match charset.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii" | "ascii" | "") => Ok(kind),
        Some(charset) => Err(refused(format!("the body's charset is {charset:?}; send UTF-8"), read)),
    }
}

fn refused(message: String, read: &[Kind]) -> Refusal {
    let accept = read.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    let refusal = Refusal::from(Error::new(Code::UnsupportedMediaType, message));
    // Content-Type is a matter of the request's body, and so is Accept in an answer to it (RFC 9110, 12.5.1).
    match HeaderValue::from_str(&accept) {
        Ok(accept) => refusal.header(header::ACCEPT, accept),
        Err(_) => refusal,
    }
}

fn names(read: &[Kind]) -> String {
    let named = |kind: &Kind| match kind {
        Kind::Json => format!("\"content-type: {JSON}\""),
        Kind::Ndjson => format!("\"content-type: {NDJSON}\" with a JSON object a line"),
    };
    read.iter().map(named).collect::<Vec<_>>().join(", or ")
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Ndjson => NDJSON,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(sent: Option<&str>, read: &[Kind]) -> Result<Kind, String> {
        let headers = sent.into_iter().map(|value| (header::CONTENT_TYPE, value.parse().unwrap())).collect();
        kind(&headers, read).map_err(|refusal| {
            assert_eq!(refusal.error().code(), Code::UnsupportedMediaType);
            refusal.error().message().to_owned()
        })
    }

    const BOTH: [Kind; 2] = [Kind::Json, Kind::Ndjson];

    #[test]
    fn clients_name_json_and_ndjson_in_many_ways() {
        for sent in [
            None,
            Some(""),
            Some("application/json"),
            Some("Application/JSON"),
            Some("application/json; charset=utf-8"),
            Some("application/json;charset=\"UTF-8\";"),
            Some(" text/json ; odata=verbose"),
        ] {
            assert_eq!(found(sent, &BOTH), Ok(Kind::Json), "{sent:?}");
        }
        for sent in [
            "application/x-ndjson",
            "application/ndjson",
            "APPLICATION/JSONL; charset=utf8",
            "application/jsonlines",
            "application/x-jsonlines",
            "application/json-lines",
        ] {
            assert_eq!(found(Some(sent), &BOTH), Ok(Kind::Ndjson), "{sent}");
            assert!(found(Some(sent), &[Kind::Json]).is_err(), "{sent}");
        }
    }

    #[test]
    fn what_is_not_read_is_refused_with_what_would_be() {
        for sent in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json-seq",
            "application/jsonp",
            "application/json, text/plain",
            "json",
            "application/json charset=utf-8",
            "é",
        ] {
            let message = found(Some(sent), &BOTH).unwrap_err();
            assert!(message.contains(JSON) && message.contains(NDJSON), "{sent}: {message}");
            assert!(!found(Some(sent), &[Kind::Json]).unwrap_err().contains(NDJSON));
        }
        for sent in ["application/json; charset=utf-16", "application/x-ndjson; CHARSET=\"latin1\""] {
            assert!(found(Some(sent), &BOTH).unwrap_err().contains("send UTF-8"), "{sent}");
        }
    }
}
