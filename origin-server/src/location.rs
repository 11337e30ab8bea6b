//! Where a server keeps its data and its key, and under which conditions.

use std::path::{Path, PathBuf};
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::SigningKey;

use crate::collection::Retention;
use crate::keys;
use crate::objects::Objects;
use crate::pending::Limits;

/// The variable that holds a signing key itself.
pub(crate) const KEY_VARIABLE: &str = "HEADWATER_SIGNING_KEY";

/// Where a server keeps its data and its key.
#[derive(Debug, Clone, Default)]
pub struct Location {
    /// A folder, or `s3://bucket/prefix`.
    pub data: String,
    /// The file of the signing key; in the data folder when absent.
    pub key: Option<PathBuf>,
    /// How long the log gathers writes before it makes them durable; by the kind of store when absent.
    pub flush_interval: Option<Duration>,
    /// How long a head holds; for ever when absent.
    pub head_lifetime: Option<Duration>,
    /// Which versions are kept.
    pub retention: Retention,
    /// Whether a store is taken that does not write on conditions.
    pub single_writer: bool,
    /// Whether a local folder is taken from another server that runs over it.
    pub take_over: bool,
    /// Where this server is reached: what others learn that find the folder taken.
    pub address: String,
    /// How much may be unpublished.
    pub pending: Limits,
    /// How much of what is stored is kept in memory; as the store comes when absent.
    pub cache_bytes: Option<u64>,
}

impl Location {
    /// The signing key: from the environment, the named file, or the data folder. Made there when there is none.
    pub fn signing_key(&self) -> Result<SigningKey> {
        self.key_of_environment().unwrap_or_else(|| keys::load_or_create(&self.key_file()?))
    }

    /// The same, but none is made where a log holds data: some key has signed them, and replicas would not trust
    /// another one.
    pub(crate) async fn key_over(&self, objects: &Objects, log: &str) -> Result<SigningKey> {
        let is_named = std::env::var_os(KEY_VARIABLE).is_some();
        if is_named || self.key_file()?.exists() || !objects.has_any(log).await? {
            return self.signing_key();
        }
        let message = format!(
            "there is no private key in {}, and {} has data that were signed by one: name its file with --key, or set {KEY_VARIABLE}; \
             replicas would not trust a new key. Where the old one is lost, `headwater keys create` makes another",
            self.key_file()?.display(),
            self.data
        );
        Err(Error::new(Code::NotFound, message))
    }

    /// The same of a server that has one: nothing is made.
    pub(crate) fn held_key(&self) -> Result<SigningKey> {
        self.key_of_environment().unwrap_or_else(|| keys::load(&self.key_file()?))
    }

    fn key_of_environment(&self) -> Option<Result<SigningKey>> {
        let text = std::env::var(KEY_VARIABLE).ok()?;
        Some(keys::parse(&text, KEY_VARIABLE))
    }

    /// The folder that holds the data, unless a bucket does.
    pub(crate) fn folder(&self) -> Option<&Path> {
        let folder = self.data.strip_prefix("file://").unwrap_or(&self.data);
        (!folder.contains("://")).then(|| Path::new(folder))
    }

    /// The file of the signing key: the named one, or one in the data folder.
    pub(crate) fn key_file(&self) -> Result<PathBuf> {
        match (&self.key, self.folder()) {
            (Some(path), _) => Ok(path.clone()),
            (None, Some(folder)) => Ok(folder.join("signing.key")),
            (None, None) => {
                let message = "name the file of the signing key with --key; it is never kept in a bucket";
                Err(Error::new(Code::InvalidOptions, message))
            }
        }
    }
}
