//! Points in time: milliseconds since 1970 in UTC, written as RFC 3339 says or as that number.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// The first and last millisecond that JavaScript's `Date` knows.
pub(super) const MOST_MS: f64 = 8_640_000_000_000_000.0;

/// What a datetime looks like.
pub const ADVICE: &str =
    "a datetime is a text such as \"2026-05-01\" or \"2026-05-01T12:00:00Z\", or milliseconds since 1970";

/// The milliseconds of an RFC 3339 text, or of a date alone, which begins at midnight UTC.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let time = match date(text) {
        Some(date) => date.midnight().assume_utc(),
        None => OffsetDateTime::parse(text, &Rfc3339).ok()?,
    };
    Some((time.unix_timestamp() * 1000 + i64::from(time.millisecond())) as f64)
}

/// The milliseconds that a value says.
#[must_use]
pub fn of(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => parse(text),
        other => other.as_f64().filter(|ms| libm::trunc(*ms) == *ms && libm::fabs(*ms) <= MOST_MS),
    }
}

/// `2026-05-01`.
fn date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let number = |range: core::ops::Range<usize>| -> Option<u16> {
        let digits = text.get(range)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let (year, month, day) = (number(0..4)?, number(5..7)? as u8, number(8..10)? as u8);
    Date::from_calendar_date(i32::from(year), Month::try_from(month).ok()?, day).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_and_numbers_are_points_in_time() {
        for (text, ms) in [
            ("1970-01-01", 0.0),
            ("1970-01-01T00:00:00Z", 0.0),
            ("1970-01-01T01:00:00+01:00", 0.0),
            ("2026-05-01T12:34:56.789Z", 1_777_638_896_789.0),
            ("1969-12-31T23:59:59.5Z", -500.0),
            ("2024-02-29", 1_709_164_800_000.0),
        ] {
            assert_eq!(of(&json!(text)), Some(ms), "{text}");
        }
        assert_eq!(of(&json!(12)), Some(12.0));
        let bad = [
            json!("2026-02-30"),
            json!("2026-5-1"),
            json!("yesterday"),
            json!("2026-05-01T12:00:00"),
            json!("+026-05-01"),
        ];
        for value in bad.into_iter().chain([json!(1.5), json!(1e300), json!(true), json!("")]) {
            assert_eq!(of(&value), None, "{value}");
        }
    }
}
