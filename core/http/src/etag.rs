//! Entity tags and the conditions that name them (RFC 9110, 8.8.3 and 13.1).
//!
//! Own code instead of the crate `headers`, whose `If-Range` never finds an entity tag unchanged in the versions that
//! were read.

use http::{HeaderMap, HeaderName, header};

/// One tag of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tag<'a> {
    is_weak: bool,
    opaque: &'a [u8],
}

/// What `If-Match` and `If-None-Match` list.
#[derive(Debug, PartialEq, Eq)]
enum Tags<'a> {
    Any,
    These(Vec<Tag<'a>>),
}

/// Whether `If-None-Match` names what is there, so that it need not be sent: weak comparison (13.1.2).
pub(crate) fn is_held(asked: &HeaderMap, etag: &str) -> bool {
    tags(asked, header::IF_NONE_MATCH).is_some_and(|tags| tags.name(etag, false))
}

/// Whether `If-Match` names something else than what is there: strong comparison (13.1.1).
pub(crate) fn is_other(asked: &HeaderMap, etag: &str) -> bool {
    tags(asked, header::IF_MATCH).is_some_and(|tags| !tags.name(etag, true))
}

/// Whether a `Range` counts: without `If-Range`, or when that names what is there by a strong comparison (13.1.5). A
/// date never does: nothing here has one.
pub(crate) fn lets_range_count(asked: &HeaderMap, etag: &str) -> bool {
    let mut conditions = asked.get_all(header::IF_RANGE).iter();
    let Some(condition) = conditions.next() else { return true };
    let named = Tag::first(condition.as_bytes().trim_ascii()).filter(|(_, rest)| rest.is_empty()).map(|(tag, _)| tag);
    conditions.next().is_none() && named.is_some_and(|tag| tag.is(etag, true))
}

/// The tags of a header, which may stand on several lines. What follows a malformed one is not read.
fn tags(asked: &HeaderMap, name: HeaderName) -> Option<Tags<'_>> {
    let mut found = None;
    for line in asked.get_all(name) {
        let mut rest = line.as_bytes().trim_ascii();
        if rest == b"*" {
            return Some(Tags::Any);
        }
        let list = found.get_or_insert_with(Vec::new);
        while let Some((tag, after)) = Tag::first(rest) {
            list.push(tag);
            rest = after;
        }
    }
    found.map(Tags::These)
}

impl Tags<'_> {
    fn name(&self, etag: &str, strong: bool) -> bool {
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|tag| tag.is(etag, strong)),
        }
    }
}

impl<'a> Tag<'a> {
    /// The tag at the start of `text`, behind the separators of lists, which may have empty elements (5.6.1.2), and
    /// what follows it.
    fn first(text: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let skipped = text.iter().take_while(|&&b| matches!(b, b',' | b' ' | b'\t')).count();
        let text = text.get(skipped..)?;
        let (is_weak, text) = text.strip_prefix(b"W/").map_or((false, text), |text| (true, text));
        let text = text.strip_prefix(b"\"")?;
        let end = text.iter().position(|&b| b == b'"')?;
        let (opaque, rest) = (text.get(..end)?, text.get(end + 1..)?);
        let is_legal = opaque.iter().all(|&b| b == 0x21 || (0x23..=0x7e).contains(&b) || b >= 0x80);
        is_legal.then_some((Self { is_weak, opaque }, rest))
    }

    fn is(&self, etag: &str, strong: bool) -> bool {
        Tag::first(etag.as_bytes())
            .is_some_and(|(held, _)| held.opaque == self.opaque && !(strong && (held.is_weak || self.is_weak)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect()
    }

    /// The table of RFC 9110, 8.8.3.2.
    #[test]
    fn tags_compare_as_the_table_of_the_rfc_says() {
        for (one, other, strong, weak) in [
            ("W/\"1\"", "W/\"1\"", false, true),
            ("W/\"1\"", "W/\"2\"", false, false),
            ("W/\"1\"", "\"1\"", false, true),
            ("\"1\"", "\"1\"", true, true),
        ] {
            assert_eq!(is_held(&with(header::IF_NONE_MATCH, &[one]), other), weak, "{one} {other}");
            assert_eq!(!is_other(&with(header::IF_MATCH, &[one]), other), strong, "{one} {other}");
            assert_eq!(lets_range_count(&with(header::IF_RANGE, &[one]), other), strong, "{one} {other}");
        }
    }

    #[test]
    fn lists_name_each_of_their_tags() {
        for lines in [
            &["\"a\""][..],
            &["*"],
            &[" * "],
            &["\"b\", \"a\""],
            &["\"b\",\"a\""],
            &["W/\"b\" ,\t\"a\""],
            &["\"b,\", \"a\""],
            &[", ,\"a\",,"],
            &["\"b\"", "\"a\""],
            &["\"\", \"a\""],
        ] {
            assert!(is_held(&with(header::IF_NONE_MATCH, lines), "\"a\""), "{lines:?}");
            assert!(!is_other(&with(header::IF_MATCH, lines), "\"a\""), "{lines:?}");
        }
        for lines in [
            &["\"b\""][..],
            &["a"],
            &[""],
            &["\"a"],
            &["w/\"a\""],
            &["\"b, a\""],
            &["\"b\", a, \"a"],
            &["\"A\""],
            &["'a'"],
        ] {
            assert!(!is_held(&with(header::IF_NONE_MATCH, lines), "\"a\""), "{lines:?}");
            assert!(is_other(&with(header::IF_MATCH, lines), "\"a\""), "{lines:?}");
        }
        assert!(!is_held(&HeaderMap::new(), "\"a\"") && !is_other(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn if_range_takes_one_strong_tag() {
        assert!(lets_range_count(&HeaderMap::new(), "\"a\""));
        assert!(lets_range_count(&with(header::IF_RANGE, &["\"a\""]), "\"a\""));
        for lines in [
            &["\"b\""][..],
            &["W/\"a\""],
            &["*"],
            &["\"b\", \"a\""],
            &["\"a\", \"b\""],
            &["Sat, 29 Oct 1994 19:43:31 GMT"],
            &["a"],
            &[""],
            &["\"a\"", "\"a\""],
        ] {
            assert!(!lets_range_count(&with(header::IF_RANGE, lines), "\"a\""), "{lines:?}");
        }
    }
}
