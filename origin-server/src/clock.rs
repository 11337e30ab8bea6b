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

/// Whole milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
