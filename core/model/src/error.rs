//! The one error type of the project: a stable code for programs, a sentence for people.
//!
//! A [`Code`] never changes its meaning once released: programs match on it, in Rust, over HTTP
//! (`code` of a problem document) and in TypeScript (generated from this enum). The message says
//! what was wrong with *this* input and what to do about it; it may change at any time.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// Result with the project's error.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// What went wrong, for programs. Grouped by what the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Code {
    /// The body or document is not JSON, or not of the expected shape.
    InvalidJson,
    /// An option is missing, misspelt, or of another type than it has.
    InvalidOptions,
    /// A schema contradicts itself or a limit.
    InvalidSchema,
    /// A point cannot be stored as it is.
    InvalidPoint,
    /// A query cannot be run as it is.
    InvalidQuery,
    /// A filter is malformed.
    InvalidFilter,
    /// A name that the schema does not declare.
    UnknownField,
    /// A value of another type than the schema declares.
    TypeMismatch,
    /// A vector of another length than the schema declares.
    DimensionMismatch,
    /// NaN or infinity where a finite number belongs.
    NonFinite,
    /// A maximum of `limits` was passed.
    LimitExceeded,
    /// No such collection.
    CollectionNotFound,
    /// The collection exists with another schema.
    CollectionExists,
    /// No such point.
    PointNotFound,
    /// No such model.
    ModelNotFound,
    /// A model file is damaged or contradicts itself.
    ModelInvalid,
    /// A model needs something this build does not have.
    ModelUnsupported,
    /// No such manifest, blob or route.
    NotFound,
    /// The route exists, the method does not.
    MethodNotAllowed,
    /// The body has a media type that this route does not read.
    UnsupportedMediaType,
    /// A request broke off, or came too slowly.
    RequestIncomplete,
    /// Writes are not taken here.
    ReadOnly,
    /// The token is missing or wrong.
    Unauthorized,
    /// Somebody else wrote first.
    Conflict,
    /// Bytes of a segment, tombstones or manifest are damaged or hostile.
    Corrupt,
    /// Written by a newer version, or with a required section this build does not know.
    FormatUnsupported,
    /// Bytes do not have the hash by which they were asked for.
    HashMismatch,
    /// The head's signature does not verify.
    SignatureInvalid,
    /// The head is signed by a key this replica does not trust.
    KeyUntrusted,
    /// The key that signed the head was revoked.
    KeyRevoked,
    /// The version of the head, or of its key list, is below one already seen.
    HeadRolledBack,
    /// The head, or its key list, has expired.
    HeadExpired,
    /// The manifest belongs to another collection or version than the head says.
    ManifestMismatch,
    /// The snapshot does not fit the memory budget.
    OverBudget,
    /// Nothing has been published yet.
    NotPublished,
    /// The version that was asked for is not held here.
    VersionNotHeld,
    /// An operation that was asked for has not arrived here yet.
    Behind,
    /// Parts of the collection that this needs are not here.
    PartsMissing,
    /// The network or the other side cannot be reached.
    Unreachable,
    /// The other side answered, but not as the protocol says.
    BadResponse,
    /// As many changes are unpublished as there may be: publish, then the same write is taken.
    PendingFull,
    /// The local or remote store failed.
    StorageFailed,
    /// The local store is full.
    StorageFull,
    /// The runtime lacks something that is needed (IndexedDB, WebAssembly SIMD, Web Workers).
    UnsupportedRuntime,
    /// The collection was closed.
    Closed,
    /// The server takes no such request now, and has begun nothing of it: it is starting or stopping, it holds as
    /// much as it can, or its store takes no writes.
    NotReady,
    /// A defect of Headwater itself.
    Internal,
}

// By its name, which stands here once: a derived one would carry all names again.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Code {
    /// The stable name, as it stands in JSON: `dimension_mismatch`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::InvalidOptions => "invalid_options",
            Self::InvalidSchema => "invalid_schema",
            Self::InvalidPoint => "invalid_point",
            Self::InvalidQuery => "invalid_query",
            Self::InvalidFilter => "invalid_filter",
            Self::UnknownField => "unknown_field",
            Self::TypeMismatch => "type_mismatch",
            Self::DimensionMismatch => "dimension_mismatch",
            Self::NonFinite => "non_finite",
            Self::LimitExceeded => "limit_exceeded",
            Self::CollectionNotFound => "collection_not_found",
            Self::CollectionExists => "collection_exists",
            Self::PointNotFound => "point_not_found",
            Self::ModelNotFound => "model_not_found",
            Self::ModelInvalid => "model_invalid",
            Self::ModelUnsupported => "model_unsupported",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RequestIncomplete => "request_incomplete",
            Self::ReadOnly => "read_only",
            Self::Unauthorized => "unauthorized",
            Self::Conflict => "conflict",
            Self::Corrupt => "corrupt",
            Self::FormatUnsupported => "format_unsupported",
            Self::HashMismatch => "hash_mismatch",
            Self::SignatureInvalid => "signature_invalid",
            Self::KeyUntrusted => "key_untrusted",
            Self::KeyRevoked => "key_revoked",
            Self::HeadRolledBack => "head_rolled_back",
            Self::HeadExpired => "head_expired",
            Self::ManifestMismatch => "manifest_mismatch",
            Self::OverBudget => "over_budget",
            Self::NotPublished => "not_published",
            Self::VersionNotHeld => "version_not_held",
            Self::Behind => "behind",
            Self::PartsMissing => "parts_missing",
            Self::Unreachable => "unreachable",
            Self::BadResponse => "bad_response",
            Self::PendingFull => "pending_full",
            Self::StorageFailed => "storage_failed",
            Self::StorageFull => "storage_full",
            Self::UnsupportedRuntime => "unsupported_runtime",
            Self::Closed => "closed",
            Self::NotReady => "not_ready",
            Self::Internal => "internal",
        }
    }

    /// Whether the same call may succeed later with nothing changed by the caller.
    #[must_use]
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Self::RequestIncomplete
                | Self::Unreachable
                | Self::PendingFull
                | Self::StorageFailed
                | Self::NotReady
                | Self::Conflict
                | Self::Behind
                | Self::PartsMissing
        )
    }

    /// The HTTP status under which this code travels (RFC 9110). It stands here because the
    /// origin and the edge must answer alike and neither may import the other.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::CollectionNotFound
            | Self::PointNotFound
            | Self::ModelNotFound
            | Self::NotFound
            | Self::NotPublished
            | Self::VersionNotHeld => 404,
            Self::MethodNotAllowed | Self::ReadOnly => 405,
            Self::RequestIncomplete => 408,
            Self::UnsupportedMediaType => 415,
            Self::Unauthorized => 401,
            Self::Conflict | Self::CollectionExists => 409,
            Self::LimitExceeded => 413,
            Self::PendingFull => 429,
            Self::InvalidJson
            | Self::InvalidOptions
            | Self::InvalidSchema
            | Self::InvalidPoint
            | Self::InvalidQuery
            | Self::InvalidFilter
            | Self::UnknownField
            | Self::TypeMismatch
            | Self::DimensionMismatch
            | Self::NonFinite
            | Self::ModelInvalid
            | Self::ModelUnsupported => 400,
            Self::BadResponse => 502,
            Self::Unreachable
            | Self::NotReady
            | Self::StorageFailed
            | Self::Closed
            | Self::Behind
            | Self::PartsMissing => 503,
            Self::StorageFull | Self::OverBudget => 507,
            Self::Corrupt
            | Self::FormatUnsupported
            | Self::HashMismatch
            | Self::SignatureInvalid
            | Self::KeyUntrusted
            | Self::KeyRevoked
            | Self::HeadRolledBack
            | Self::HeadExpired
            | Self::ManifestMismatch
            | Self::UnsupportedRuntime
            | Self::Internal => 500,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    message: String,
}

impl Error {
    /// An error with this code; the message names the culprit and says what to do.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Shorthand for damaged or hostile stored bytes.
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Code::Corrupt, message)
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The same error with its message behind `context: `, so that a batch can say which point.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = alloc::format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn a_code_is_read_by_the_name_by_which_it_is_written() {
        // The derived reader names all that it knows, in backquotes.
        let all = serde_json::from_str::<Code>("\"nonsense\"").unwrap_err().to_string();
        let names: alloc::vec::Vec<&str> = all.split('`').skip(3).step_by(2).collect();
        assert!(names.len() > 40, "{all}");
        for name in names {
            let code: Code = serde_json::from_value(name.into()).unwrap();
            assert_eq!((code.as_str(), serde_json::to_value(code).unwrap()), (name, name.into()));
        }
    }
}
