//! What time it is, and how long, in the milliseconds of heads and manifests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, by this machine's clock.
pub(crate) fn now_ms() -> u64 {
    ms_of(SystemTime::now())
}

/// Milliseconds since 1970; 0 before that.
pub(crate) fn ms_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, ms)
}

/// A time in UTC, to the second, as people read it.
pub(crate) fn utc(ms: u64) -> String {
    let time =
        i64::try_from(ms / 1000).ok().and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok());
    time.map_or_else(
        || format!("{ms} ms"),
        |t| {
            let (hour, minute, second) = t.to_hms();
            format!("{}-{:02}-{:02} {hour:02}:{minute:02}:{second:02}Z", t.year(), u8::from(t.month()), t.day())
        },
    )
}

/// Whole milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_told_in_utc() {
        assert_eq!(super::utc(1_795_000_000_000), "2026-11-18 11:06:40Z");
        assert_eq!(super::utc(u64::MAX), "18446744073709551615 ms");
    }
}
