//! The `Range` header (RFC 9110, 14.1.2 and 14.2): one range of bytes. Several ranges at once are answered with the
//! whole object, which the RFC allows.

use core::ops::Range;

use http::{HeaderMap, header};

/// What a `Range` header asks of an object of known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything: no range, several ranges, or a unit that is not bytes.
    Whole,
    /// These bytes; never empty, never past the end.
    Part(Range<u64>),
    /// The object has none of these bytes.
    Unsatisfiable,
}

/// Reads the `Range` header for an object of so many bytes.
pub(crate) fn wanted(asked: &HeaderMap, bytes: u64) -> Wanted {
    let mut lines = asked.get_all(header::RANGE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return Wanted::Whole };
    line.to_str().map_or(Wanted::Whole, |line| parse(line, bytes))
}

fn parse(line: &str, bytes: u64) -> Wanted {
    let Some((unit, set)) = line.split_once('=') else { return Wanted::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::Whole;
    }
    // Lists may have empty elements (5.6.1.2).
    let mut specs = set.split(',').map(str::trim).filter(|spec| !spec.is_empty());
    let (Some(spec), None) = (specs.next(), specs.next()) else { return Wanted::Whole };
    let Some((first, last)) = spec.split_once('-') else { return Wanted::Whole };
    let range = match (first, last) {
        ("", suffix) => digits(suffix).map(|length| bytes.saturating_sub(length)..bytes),
        (first, "") => digits(first).map(|first| first..bytes),
        (first, last) => match (digits(first), digits(last)) {
            (Some(first), Some(last)) if first <= last => Some(first..last.saturating_add(1).min(bytes)),
            _ => None,
        },
    };
    match range {
        None => Wanted::Whole,
        Some(range) if range.is_empty() => Wanted::Unsatisfiable,
        Some(range) => Wanted::Part(range),
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
    use proptest::prelude::*;

    #[test]
    fn one_range_is_cut_to_the_object() {
        for (line, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=10-", 10..100),
            ("bytes=-1", 99..100),
            ("bytes=-500", 0..100),
            ("bytes=90-1000", 90..100),
            ("bytes=90-99999999999999999999999", 90..100),
            ("Bytes=0-9", 0..10),
            ("bytes=0-9,", 0..10),
            ("bytes= , 0-9 ", 0..10),
        ] {
            assert_eq!(parse(line, 100), Wanted::Part(range), "{line}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_the_whole() {
        for line in [
            "bytes=0-1,5-6",
            "lines=0-1",
            "bytes=a-b",
            "bytes=5-3",
            "bytes=--1",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=+1-2",
            "bytes=0 - 1",
            "bytes 0-1",
            "bytes",
            "",
        ] {
            assert_eq!(parse(line, 100), Wanted::Whole, "{line}");
        }
        let twice: HeaderMap = (0..2).map(|_| (header::RANGE, "bytes=0-1".parse().unwrap())).collect();
        assert_eq!(wanted(&twice, 100), Wanted::Whole);
    }

    #[test]
    fn past_the_end_is_unsatisfiable() {
        for (line, bytes) in [
            ("bytes=100-", 100),
            ("bytes=100-200", 100),
            ("bytes=99999999999999999999999-", 100),
            ("bytes=-0", 100),
            ("bytes=0-", 0),
            ("bytes=-5", 0),
        ] {
            assert_eq!(parse(line, bytes), Wanted::Unsatisfiable, "{line} of {bytes}");
        }
    }

    proptest! {
        /// 14.1.2, position by position: those between first and last, of those that there are.
        #[test]
        fn a_range_is_the_positions_that_it_names(first in 0u64..40, last in 0u64..40, bytes in 0u64..30) {
            let named = |within: &dyn Fn(u64) -> bool| (0..bytes).filter(|&at| within(at)).collect::<Vec<_>>();
            let found = |line: String| match parse(&line, bytes) {
                Wanted::Part(range) => range.collect(),
                Wanted::Unsatisfiable => Vec::new(),
                Wanted::Whole => (0..bytes).collect(),
            };
            let all = |_| true;
            prop_assert_eq!(found(format!("bytes={first}-")), named(&|at| at >= first));
            prop_assert_eq!(found(format!("bytes=-{last}")), named(&|at| at + last >= bytes));
            let both: &dyn Fn(u64) -> bool = if first <= last { &|at| (first..=last).contains(&at) } else { &all };
            prop_assert_eq!(found(format!("bytes={first}-{last}")), named(both));
        }

        #[test]
        fn nothing_leads_past_the_end(line in "(bytes=)?[0-9,\\- =a]{0,40}", bytes in any::<u64>()) {
            if let Wanted::Part(range) = parse(&line, bytes) {
                prop_assert!(range.start < range.end && range.end <= bytes);
            }
        }
    }
}
