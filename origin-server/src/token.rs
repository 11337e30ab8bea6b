//! Bearer tokens, kept out of logs and messages.

use std::fmt;

use axum::http::HeaderValue;
use headwater_core::error::{Code, Error, Result};

/// A token as it was given, without white space around it. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

// Infallible, so that whoever parses options has no reason to repeat one.
impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Whether there is nothing in it: a variable that was not set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is compared.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The header that sends it.
    pub(crate) fn header(&self) -> Result<HeaderValue> {
        let can_be_sent = !self.is_empty() && self.0.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let header = can_be_sent.then(|| HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()).flatten();
        let mut header = header.ok_or_else(|| {
            let message =
                "a token has letters, digits and signs of ASCII on one line; the one given has others, or none";
            Error::new(Code::Unauthorized, message)
        })?;
        header.set_sensitive(true);
        Ok(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_header_takes_is_refused_and_not_repeated() {
        assert_eq!(Token::from("secret\n").header().unwrap(), "Bearer secret");
        for bad in ["", "gehei→m", "a\nb", "\u{1b}[2J"] {
            let error = Token::from(bad).header().unwrap_err();
            assert!(error.code() == Code::Unauthorized && !error.message().contains("gehei"), "{error}");
        }
    }

    #[test]
    fn nothing_that_is_printed_for_developers_has_it() {
        let access = crate::Access { token: Some("secret".into()), ..crate::Access::default() };
        assert!(!format!("{access:?}").contains("secret"));
        assert!(!format!("{:?}", Token::from("secret").header().unwrap()).contains("secret"));
    }
}
