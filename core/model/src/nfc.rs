//! Keywords in Unicode's composed form (NFC, UAX #15): `Zürich` is one value, however a keyboard or a file system
//! writes it.
//!
//! The tables are the JavaScript host's where there is one: they would be a fifth of the engine that browsers download.
//! What is composed never changes for characters that Unicode has assigned, so all hosts agree.

use alloc::borrow::Cow;

/// The text in composed form. Complexity: linear; a look at ASCII.
#[must_use]
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { composed(text) }
}

#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
fn composed(text: &str) -> Cow<'_, str> {
    Cow::Owned(js_sys::JsString::from(text).normalize("NFC").into())
}

#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
fn composed(text: &str) -> Cow<'_, str> {
    use unicode_normalization::{UnicodeNormalization as _, is_nfc};

    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_one_text() {
        assert_eq!(nfc("Zu\u{308}rich"), "Z\u{fc}rich");
        assert_eq!(nfc("Z\u{fc}rich"), "Z\u{fc}rich");
        assert_eq!(nfc("\u{212b}"), "\u{c5}", "the angstrom sign");
        assert_eq!(nfc("\u{1112}\u{1161}\u{11ab}"), "\u{d55c}", "Hangul");
        assert_eq!(nfc("\u{fb01}"), "\u{fb01}", "compatibility characters stay");
        assert!(matches!(nfc("plain"), Cow::Borrowed("plain")));
    }
}
