//! Numbers and datetimes counted by equal steps, or by days, months and years.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Code, Error, Result};
use crate::json::{Document, Fields};

use super::datetime::MOST_MS;

/// From here on two whole numbers are one 64-bit float.
const EXACT: f64 = 9_007_199_254_740_992.0;
const DAY_MS: f64 = 86_400_000.0;

/// Which numbers are counted together.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "camelCase"))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(rename_all = "camelCase"))]
pub struct Histogram {
    /// How wide a bucket is: a number above 0; of datetimes milliseconds, or "day", "month" or "year" in UTC.
    #[cfg_attr(feature = "typescript", ts(type = "number | \"day\" | \"month\" | \"year\""))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub interval: Interval,
    /// Where one of the buckets begins; of days, months and years how many milliseconds after midnight. 0 when absent.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    #[cfg_attr(feature = "openapi", schema(default, required = false))]
    pub offset: f64,
}

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Interval {
    /// So much.
    Steps(f64),
    /// From midnight to midnight, UTC.
    Day,
    /// From the first to the last day of a month.
    Month,
    /// From the first to the last day of a year.
    Year,
}

/// Numbers that were counted together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bucket {
    /// The least number that counts here, whether or not there is it; of datetimes, milliseconds since 1970.
    pub from: f64,
    /// Points that have such a number.
    pub count: u32,
}

impl Histogram {
    pub(super) fn read(fields: Fields<'_>) -> Result<Self> {
        let fields = fields.only(&["interval", "offset"])?;
        let interval = match fields.value("interval").and_then(Value::as_str) {
            Some("day") => Interval::Day,
            Some("month") => Interval::Month,
            Some("year") => Interval::Year,
            Some(_) => return Err(wrong(fields.document())),
            None => Interval::Steps(fields.required("interval", |f, n| f.number(n))?),
        };
        Ok(Self { interval, offset: fields.number("offset")?.unwrap_or_default() })
    }

    pub(super) fn check(&self) -> Result<()> {
        let is_sound = match self.interval {
            Interval::Steps(width) => width > 0.0 && width.is_finite() && self.offset.is_finite(),
            Interval::Day | Interval::Month | Interval::Year => libm::fabs(self.offset) <= MOST_MS,
        };
        if is_sound { Ok(()) } else { Err(wrong(Document::new("query", Code::InvalidQuery))) }
    }

    /// Whether it counts by the calendar, so only datetimes.
    #[must_use]
    pub const fn is_of_time(&self) -> bool {
        !matches!(self.interval, Interval::Steps(_))
    }

    /// The bucket of a number, as the number at which it begins: the last of `offset` + i × `interval` that is not
    /// above it, in 64-bit floats. Where steps are finer than these, every number is a bucket of its own. Greater
    /// numbers are in no earlier bucket.
    #[must_use]
    pub fn bucket_of(&self, number: f64) -> f64 {
        let from = number - self.offset;
        match self.interval {
            Interval::Steps(width) => {
                // A tenth is no float, so 7 × 0.1 is above 0.7; 7 / 10 is what is meant.
                let parts = 1.0 / width;
                let is_part = parts < EXACT && libm::floor(parts) == parts;
                let start = |step: f64| self.offset + if is_part { step / parts } else { step * width } + 0.0;
                let step = libm::floor(if is_part { from * parts } else { from / width });
                if step.is_nan() || libm::fabs(step) >= EXACT {
                    number
                } else if start(step + 1.0) <= number {
                    start(step + 1.0)
                } else if start(step) > number {
                    start(step - 1.0)
                } else {
                    start(step)
                }
            }
            Interval::Day => libm::floor(from / DAY_MS) * DAY_MS + self.offset + 0.0,
            Interval::Month => first_day(from, |date| date.days - date.day_of_month) + self.offset + 0.0,
            Interval::Year => first_day(from, |date| date.days - date.day_of_year) + self.offset + 0.0,
        }
    }
}

fn wrong(document: Document) -> Error {
    document.error(
        "\"interval\" of a histogram is a number above 0 or, of datetimes, \"day\", \"month\" or \"year\"; \"offset\" is a number",
    )
}

/// A day in the calendar. The first days of months and years are 0.
struct Date {
    /// Since 1970.
    days: i64,
    day_of_month: i64,
    day_of_year: i64,
}

fn first_day(ms: f64, first: impl Fn(Date) -> i64) -> f64 {
    first(Date::of(libm::floor(ms / DAY_MS) as i64)) as f64 * DAY_MS
}

impl Date {
    /// The date of a day (Hinnant, "chrono-compatible low-level date algorithms"): in eras of 400 years that begin in
    /// March, so that a leap day is the last of its year.
    const fn of(days: i64) -> Self {
        let in_era = (days + 719_468).rem_euclid(146_097);
        let year = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
        let since_march = in_era - (365 * year + year / 4 - year / 100);
        let month = (5 * since_march + 2) / 153;
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year == 0);
        // January and February are the last months of the year before.
        let day_of_year = if month < 10 { since_march + 59 + is_leap as i64 } else { since_march - 306 };
        Self { days, day_of_month: since_march - (153 * month + 2) / 5, day_of_year }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::{Date as Calendar, OffsetDateTime};

    use super::*;

    fn steps(width: f64, offset: f64) -> Histogram {
        Histogram { interval: Interval::Steps(width), offset }
    }

    fn by(interval: Interval) -> Histogram {
        Histogram { interval, offset: 0.0 }
    }

    #[test]
    fn numbers_are_in_the_bucket_that_begins_at_or_before_them() {
        for (width, offset, number, from) in [
            (10.0, 0.0, 0.0, 0.0),
            (10.0, 0.0, 9.99, 0.0),
            (10.0, 0.0, 10.0, 10.0),
            (10.0, 0.0, -0.5, -10.0),
            (10.0, 3.0, 2.0, -7.0),
            (10.0, 3.0, 13.0, 13.0),
            (0.1, 0.0, 0.7, 0.7),
            (0.1, 0.0, 0.3, 0.3),
            (0.1, 0.0, 0.29, 0.2),
            (0.05, 0.0, -0.33, -0.35),
            (0.25, 0.1, 0.7, 0.6),
            (2.5, 0.0, 7.4, 5.0),
            (1e-300, 0.0, 5.0, 5.0),
            (1e308, -1e308, 1e308, 1e308),
            (1.0, 0.0, 1e300, 1e300),
        ] {
            assert_eq!(steps(width, offset).bucket_of(number), from, "{width} {offset} {number}");
        }
        assert!(steps(10.0, 0.0).bucket_of(-0.0).is_sign_positive());
    }

    proptest! {
        #[test]
        fn buckets_hold_their_numbers_in_order(width in 1e-3..1e6f64, offset in -1e6..1e6f64, a in -1e9..1e9f64, more in 0.0..1e7f64) {
            let histogram = steps(width, offset);
            let (low, high) = (histogram.bucket_of(a), histogram.bucket_of(a + more));
            prop_assert!(low <= a && a - low <= width * 1.000_001 + 1e-6, "{} {}", low, a);
            prop_assert!(low <= high);
            prop_assert_eq!(histogram.bucket_of(low), low);
        }

        #[test]
        fn days_months_and_years_are_the_calendar_s(seconds in -377_705_116_800i64..253_402_300_799, ms in 0i64..1000) {
            let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap().date();
            let ms_of = |date: Calendar| (date.midnight().assume_utc().unix_timestamp() * 1000) as f64;
            let number = (seconds * 1000 + ms) as f64;
            prop_assert_eq!(by(Interval::Day).bucket_of(number), ms_of(date));
            prop_assert_eq!(by(Interval::Month).bucket_of(number), ms_of(date.replace_day(1).unwrap()));
            prop_assert_eq!(by(Interval::Year).bucket_of(number), ms_of(date.replace_ordinal(1).unwrap()));
            // Days of a place two hours east of Greenwich begin two hours earlier.
            let east = Histogram { interval: Interval::Day, offset: -7_200_000.0 };
            prop_assert_eq!(east.bucket_of(number), by(Interval::Day).bucket_of(number + 7_200_000.0) - 7_200_000.0);
        }

        #[test]
        fn any_time_that_a_field_has_is_in_a_bucket(ms in -MOST_MS..MOST_MS, offset in -MOST_MS..MOST_MS) {
            for interval in [Interval::Day, Interval::Month, Interval::Year] {
                let from = Histogram { interval, offset }.bucket_of(libm::trunc(ms));
                prop_assert!(from <= ms + 1.0 && ms - from <= 366.0 * DAY_MS, "{} {}", from, ms);
            }
        }
    }
}
