//! Of which version hits are.

use super::datetime;
use crate::error::Result;
use crate::ids::Version;
use crate::json::Fields;

/// Which version of a collection is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AsOf {
    /// The one with this number.
    Version(Version),
    /// The last one that was published by then, in milliseconds since 1970.
    Time(f64),
}

impl AsOf {
    pub(super) fn read(fields: Fields<'_>, name: &str) -> Result<Option<Self>> {
        let Some(value) = fields.value(name) else { return Ok(None) };
        let version = value.as_u64().map(Self::Version);
        let time = || value.as_str().and_then(datetime::parse).map(Self::Time);
        version.or_else(time).map(Some).ok_or_else(|| {
            fields
                .document()
                .error(format_args!("{name:?} is the number of a version, or a time such as \"2026-05-01T12:00:00Z\""))
        })
    }
}
