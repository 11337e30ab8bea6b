//! How an object is answered: by status, headers, and which of its bytes (RFC 9110, 13.2.2, 14.2, 15.3.7, 15.4.5,
//! 15.5.17).

use core::ops::Range;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::etag;
use crate::range::{self, Wanted};

/// What is named by its hash never changes; a year is the longest that caches keep anything.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What may be kept, but not used without asking whether it still holds.
pub const ASK_AGAIN: &str = "no-cache";

/// What is asked for, and is there.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    /// Its strong entity tag, in quotes.
    pub etag: &'a str,
    /// Its media type.
    pub media_type: &'static str,
    /// How long it may be kept.
    pub cache_control: &'static str,
    /// Its length, where that is known.
    pub bytes: Option<u64>,
    /// Whether parts of it can be had.
    pub in_ranges: bool,
}

/// What goes out.
#[derive(Debug)]
pub struct Selection {
    /// The status.
    pub status: StatusCode,
    /// All headers but those of CORS.
    pub headers: HeaderMap,
    /// The bytes of the body.
    pub body: Content,
}

/// Which bytes of the object go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// None.
    Nothing,
    /// All of them.
    Whole,
    /// These.
    Part(Range<u64>),
}

/// Whether the answer is the whole object, once that is known to be there: no condition, no range, and a body is
/// wanted. Who must not ask for the length in vain asks here first.
#[must_use]
pub fn is_plain(method: &Method, asked: &HeaderMap) -> bool {
    let names = [header::IF_NONE_MATCH, header::IF_MATCH, header::RANGE];
    *method != Method::HEAD && !names.iter().any(|name| asked.contains_key(name))
}

impl Object<'_> {
    /// The answer to `GET` and `HEAD`, in the order of 13.2.2: `If-Match`, `If-None-Match`, `Range` with `If-Range`.
    #[must_use]
    pub fn select(&self, method: &Method, asked: &HeaderMap) -> Selection {
        if etag::is_other(asked, self.etag) {
            return self.answer(StatusCode::PRECONDITION_FAILED, Content::Nothing);
        }
        if etag::is_held(asked, self.etag) {
            return self.answer(StatusCode::NOT_MODIFIED, Content::Nothing);
        }
        // A range has a meaning for GET only (14.2).
        let bytes = self.bytes.filter(|_| self.in_ranges && *method == Method::GET);
        let wanted =
            bytes.filter(|_| etag::lets_range_count(asked, self.etag)).map(|bytes| range::wanted(asked, bytes));
        match wanted {
            Some(Wanted::Part(range)) => self.answer(StatusCode::PARTIAL_CONTENT, Content::Part(range)),
            Some(Wanted::Unsatisfiable) => self.answer(StatusCode::RANGE_NOT_SATISFIABLE, Content::Nothing),
            None | Some(Wanted::Whole) => {
                let body = if *method == Method::HEAD { Content::Nothing } else { Content::Whole };
                self.answer(StatusCode::OK, body)
            }
        }
    }

    fn answer(&self, status: StatusCode, body: Content) -> Selection {
        let mut headers = HeaderMap::new();
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        let total = self.bytes.map_or_else(|| "*".to_owned(), |bytes| bytes.to_string());
        let length = match (&body, status) {
            (Content::Part(range), _) => {
                set(header::CONTENT_RANGE, &format!("bytes {}-{}/{total}", range.start, range.end - 1));
                Some(range.end - range.start)
            }
            (_, StatusCode::RANGE_NOT_SATISFIABLE) => {
                set(header::CONTENT_RANGE, &format!("bytes */{total}"));
                Some(0)
            }
            (_, StatusCode::OK) => self.bytes,
            _ => None,
        };
        if let Some(length) = length {
            set(header::CONTENT_LENGTH, &length.to_string());
        }
        // A refusal says nothing that may be kept.
        if status.is_client_error() {
            set(header::CACHE_CONTROL, "no-store");
        } else {
            set(header::ETAG, self.etag);
            set(header::CACHE_CONTROL, self.cache_control);
        }
        if status.is_success() {
            set(header::CONTENT_TYPE, self.media_type);
        }
        if self.in_ranges && status != StatusCode::NOT_MODIFIED {
            set(header::ACCEPT_RANGES, "bytes");
        }
        Selection { status, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: Object<'static> = Object {
        etag: "\"e\"",
        media_type: "application/octet-stream",
        cache_control: IMMUTABLE,
        bytes: Some(100),
        in_ranges: true,
    };

    fn asked(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn select(method: Method, lines: &[(&'static str, &str)]) -> Selection {
        OBJECT.select(&method, &asked(lines))
    }

    #[test]
    fn conditions_come_before_ranges_in_the_order_of_the_rfc() {
        let (matching, range) = (("if-none-match", "W/\"e\""), ("range", "bytes=0-9"));
        for (method, lines, status, body) in [
            (Method::GET, &[][..], 200, Content::Whole),
            (Method::HEAD, &[], 200, Content::Nothing),
            (Method::GET, &[matching], 304, Content::Nothing),
            (Method::HEAD, &[matching], 304, Content::Nothing),
            (Method::GET, &[matching, range], 304, Content::Nothing),
            (Method::GET, &[("if-none-match", "*")], 304, Content::Nothing),
            (Method::GET, &[("if-match", "\"other\"")], 412, Content::Nothing),
            (Method::GET, &[("if-match", "W/\"e\"")], 412, Content::Nothing),
            (Method::GET, &[("if-match", "\"other\""), matching], 412, Content::Nothing),
            (Method::GET, &[("if-match", "\"e\""), range], 206, Content::Part(0..10)),
            (Method::GET, &[("if-match", "*")], 200, Content::Whole),
            (Method::GET, &[range], 206, Content::Part(0..10)),
            (Method::HEAD, &[range], 200, Content::Nothing),
            (Method::HEAD, &[("range", "bytes=100-")], 200, Content::Nothing),
            (Method::GET, &[range, ("if-range", "\"e\"")], 206, Content::Part(0..10)),
            (Method::GET, &[range, ("if-range", "\"other\"")], 200, Content::Whole),
            (Method::GET, &[range, ("if-range", "W/\"e\"")], 200, Content::Whole),
            (Method::GET, &[("range", "bytes=100-"), ("if-range", "\"other\"")], 200, Content::Whole),
            (Method::GET, &[("range", "bytes=100-")], 416, Content::Nothing),
        ] {
            let found = select(method.clone(), lines);
            assert_eq!((found.status.as_u16(), found.body), (status, body), "{method} {lines:?}");
        }
    }

    #[test]
    fn each_status_has_the_headers_that_the_rfc_asks_for() {
        let all = ["etag", "cache-control", "content-type", "content-length", "content-range", "accept-ranges"];
        let has = |selection: &Selection| -> Vec<String> {
            let value = |name: &&str| Some(format!("{name}: {}", selection.headers.get(*name)?.to_str().unwrap()));
            all.iter().filter_map(value).collect()
        };
        let kept = ["etag: \"e\"", "cache-control: public, max-age=31536000, immutable"];
        let typed = [&kept[..], &["content-type: application/octet-stream"]].concat();
        let whole = [&typed[..], &["content-length: 100", "accept-ranges: bytes"]].concat();
        assert_eq!(has(&select(Method::GET, &[])), whole);
        // What GET would say (9.3.2).
        assert_eq!(has(&select(Method::HEAD, &[])), whole);
        let part =
            [&typed[..], &["content-length: 10", "content-range: bytes 90-99/100", "accept-ranges: bytes"]].concat();
        assert_eq!(has(&select(Method::GET, &[("range", "bytes=90-")])), part);
        assert_eq!(has(&select(Method::GET, &[("if-none-match", "\"e\"")])), kept, "15.4.5");
        let beyond =
            ["cache-control: no-store", "content-length: 0", "content-range: bytes */100", "accept-ranges: bytes"];
        assert_eq!(has(&select(Method::GET, &[("range", "bytes=100-")])), beyond, "15.5.17");
    }

    #[test]
    fn what_has_no_ranges_or_no_length_comes_whole() {
        let range = asked(&[("range", "bytes=0-9")]);
        for object in [Object { in_ranges: false, ..OBJECT }, Object { bytes: None, ..OBJECT }] {
            let found = object.select(&Method::GET, &range);
            assert_eq!((found.status, found.body), (StatusCode::OK, Content::Whole));
        }
        assert!(is_plain(&Method::GET, &asked(&[("if-range", "\"e\"")])));
        assert!(!is_plain(&Method::HEAD, &HeaderMap::new()));
        for name in ["range", "if-none-match", "if-match"] {
            assert!(!is_plain(&Method::GET, &asked(&[(name, "x")])), "{name}");
        }
    }
}
