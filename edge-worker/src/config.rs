//! What the operator has set: variables and the secret of the deployed Worker.

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::manifest::Trust;

/// An isolate has 128 MB for everything; 32 remain for code, JavaScript objects and bodies under way.
const DEFAULT_BUDGET_BYTES: u64 = 96 * 1024 * 1024;
const DEFAULT_HEAD_TTL_MS: u64 = 1000;

/// The name of the R2 binding.
pub(crate) const BUCKET: &str = "BLOBS";

/// The Worker's settings, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Keys whose heads are followed.
    pub(crate) trust: Trust,
    /// Bytes of all snapshots that one isolate may hold.
    pub(crate) budget_bytes: u64,
    /// How long an answer may come from a snapshot without asking R2 for the head again.
    pub(crate) head_ttl_ms: u64,
    /// Whether what has expired is searched all the same.
    pub(crate) serve_expired: bool,
    /// The hash of the token that lets publish; none: publishing is off. Tokens are compared by
    /// hash, so that the time it takes says nothing about the token.
    pub(crate) token: Option<Hash>,
}

impl Config {
    /// Reads the settings; `setting` returns a variable or secret by name.
    pub(crate) fn read(setting: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let trust = setting("HEADWATER_TRUST").unwrap_or_default();
        let keys = trust.split(',').map(str::trim).filter(|k| !k.is_empty());
        Ok(Self {
            trust: Trust::parse(keys).map_err(|e| e.context("HEADWATER_TRUST"))?,
            budget_bytes: number("HEADWATER_BUDGET_BYTES", &setting)?.unwrap_or(DEFAULT_BUDGET_BYTES),
            head_ttl_ms: number("HEADWATER_HEAD_TTL_MS", &setting)?.unwrap_or(DEFAULT_HEAD_TTL_MS),
            serve_expired: serve_expired(setting("HEADWATER_WHEN_EXPIRED").as_deref())?,
            token: setting("HEADWATER_TOKEN").filter(|t| !t.is_empty()).map(|t| Hash::of(t.as_bytes())),
        })
    }
}

fn serve_expired(policy: Option<&str>) -> Result<bool> {
    match policy.map_or("serve", str::trim) {
        "serve" | "" => Ok(true),
        "refuse" => Ok(false),
        other => {
            let message = format!("HEADWATER_WHEN_EXPIRED is {other:?}; set it to \"serve\" or \"refuse\"");
            Err(Error::new(Code::UnsupportedRuntime, message))
        }
    }
}

fn number(name: &str, setting: impl Fn(&str) -> Option<String>) -> Result<Option<u64>> {
    let Some(text) = setting(name).filter(|t| !t.is_empty()) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| {
        Error::new(Code::UnsupportedRuntime, format!("{name} is {text:?}; set it to a whole number or remove it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use headwater_core::manifest::SigningKey;

    fn read(settings: &[(&str, &str)]) -> Result<Config> {
        Config::read(|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn only_trust_is_needed() {
        let (a, b) = (SigningKey::from_seed([1; 32]).public(), SigningKey::from_seed([2; 32]).public());
        let config = read(&[("HEADWATER_TRUST", &format!(" {a}, {b},"))]).unwrap();
        assert!(config.trust.contains(&a) && config.trust.contains(&b));
        assert_eq!((config.budget_bytes, config.head_ttl_ms), (DEFAULT_BUDGET_BYTES, DEFAULT_HEAD_TTL_MS));
        assert!(config.token.is_none() && config.serve_expired);
        assert!(
            !read(&[("HEADWATER_TRUST", &a.to_string()), ("HEADWATER_WHEN_EXPIRED", "refuse")]).unwrap().serve_expired
        );
    }

    #[test]
    fn settings_that_cannot_be_meant_are_named() {
        let key = SigningKey::from_seed([1; 32]).public().to_string();
        assert_eq!(read(&[]).unwrap_err().code(), Code::KeyUntrusted);
        assert_eq!(read(&[("HEADWATER_TRUST", "ed25519:zz")]).unwrap_err().code(), Code::KeyUntrusted);
        let error = read(&[("HEADWATER_TRUST", &key), ("HEADWATER_BUDGET_BYTES", "64 MB")]).unwrap_err();
        assert_eq!(error.code(), Code::UnsupportedRuntime);
        assert!(error.message().contains("HEADWATER_BUDGET_BYTES"), "{error}");
        let error = read(&[("HEADWATER_TRUST", &key), ("HEADWATER_WHEN_EXPIRED", "perhaps")]).unwrap_err();
        assert!(error.message().contains("HEADWATER_WHEN_EXPIRED"), "{error}");
    }

    #[test]
    fn an_empty_token_does_not_open_publishing() {
        let key = SigningKey::from_seed([1; 32]).public().to_string();
        let config = |token| read(&[("HEADWATER_TRUST", &key), ("HEADWATER_TOKEN", token)]).unwrap();
        assert!(config("").token.is_none());
        assert_eq!(config("secret").token, Some(Hash::of(b"secret")));
    }
}
