//! Unicode's normalization forms (UAX #15): NFC, NFD, NFKC, NFKD, of Unicode 9.0, as the reference has them
//! (`unicode-normalization-alignments`).
//!
//! | file | whose tables |
//! | --- | --- |
//! | `tables.rs` | our own, everywhere else |
//! | `host.rs` | the JavaScript host's, where there is one: ours would be 9 KB of the engine that browsers download |

#[cfg(any(test, all(feature = "js", target_family = "wasm", target_os = "unknown")))]
mod host;
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
mod tables;

#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
pub(super) use self::host::Forms;
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
pub(super) use self::tables::Forms;

/// Which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    /// Also replaces compatibility characters (the K forms).
    pub(super) compatible: bool,
    /// Composes at the end (the C forms).
    pub(super) composed: bool,
}

impl Form {
    /// Decomposed, without what is only compatible.
    pub(super) const NFD: Self = Self { compatible: false, composed: false };
}
