//! The `Range` header (RFC 9110, section 14): one range of bytes. Several ranges at once are
//! answered with the whole object, which the RFC allows.

/// What a `Range` header asks of an object of known length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything: no range, several ranges, or a unit that is not bytes.
    Whole,
    /// From `offset` on, `length` bytes; never empty, never past the end.
    Part { offset: u64, length: u64 },
    /// The object has none of these bytes.
    Unsatisfiable,
}

/// Reads a `Range` header for an object of `size` bytes.
pub(crate) fn parse(header: Option<&str>, size: u64) -> Wanted {
    let Some(spec) = header.map(str::trim).and_then(|h| h.strip_prefix("bytes=")) else { return Wanted::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Wanted::Whole };
    let (offset, end) = match (first.trim(), last.trim()) {
        ("", suffix) => match digits(suffix) {
            Some(length) => (size.saturating_sub(length), size),
            None => return Wanted::Whole,
        },
        (first, "") => match digits(first) {
            Some(offset) => (offset, size),
            None => return Wanted::Whole,
        },
        (first, last) => match (digits(first), digits(last)) {
            (Some(offset), Some(last)) if offset <= last => (offset, last.saturating_add(1).min(size)),
            _ => return Wanted::Whole,
        },
    };
    match end.checked_sub(offset) {
        Some(length) if length > 0 => Wanted::Part { offset, length },
        _ => Wanted::Unsatisfiable,
    }
}

/// A number of digits only (`+5` is none), saturating: an end past 2^64 is past the end.
fn digits(text: &str) -> Option<u64> {
    let only_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    only_digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_the_object() {
        for (header, offset, length) in [
            ("bytes=0-0", 0, 1),
            ("bytes=0-99", 0, 100),
            ("bytes=10-", 10, 90),
            ("bytes=-1", 99, 1),
            ("bytes=-500", 0, 100),
            ("bytes=90-1000", 90, 10),
            ("bytes=90-99999999999999999999999", 90, 10),
        ] {
            assert_eq!(parse(Some(header), 100), Wanted::Part { offset, length }, "{header}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_the_whole() {
        for header in ["bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes=5-3", "bytes=--1", "bytes=", "bytes=+1-2", ""]
        {
            assert_eq!(parse(Some(header), 100), Wanted::Whole, "{header}");
        }
        assert_eq!(parse(None, 100), Wanted::Whole);
    }

    #[test]
    fn past_the_end_is_unsatisfiable() {
        for (header, size) in
            [("bytes=100-", 100), ("bytes=100-200", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)]
        {
            assert_eq!(parse(Some(header), size), Wanted::Unsatisfiable, "{header} of {size}");
        }
    }
}
