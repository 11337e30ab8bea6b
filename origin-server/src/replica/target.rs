//! Where a published collection is written for replicas to read.

use headwater_core::error::{Code, Result};
use reqwest::Method;

use crate::client::Client;
use crate::objects::Objects;

/// A target for one collection.
pub(crate) enum Target {
    /// An edge worker, by its replica sink.
    Edge {
        /// Its HTTP API.
        client: Client,
        /// The collection's path there.
        base: String,
    },
    /// A bucket or folder.
    Objects {
        /// The bucket or folder.
        objects: Objects,
        /// What stands before each name: empty, or ends with a slash.
        prefix: String,
    },
}

impl Target {
    /// An edge by URL; or a bucket or folder, where the collection gets a folder of its own, as the edge worker reads its bucket.
    pub(crate) fn of_many(to: &str, token: Option<String>, collection: &str) -> Result<Self> {
        if to.starts_with("http://") || to.starts_with("https://") {
            return Ok(Self::Edge { client: Client::new(to, token)?, base: format!("/v1/collections/{collection}") });
        }
        Ok(Self::Objects { objects: Objects::open(to)?, prefix: format!("{collection}/") })
    }

    /// A bucket or folder for this collection alone.
    pub(crate) fn of_one(to: &str) -> Result<Self> {
        Ok(Self::Objects { objects: Objects::open(to)?, prefix: String::new() })
    }

    /// Fails when an edge would not take this head, once all that it names, of so many bytes, is there.
    pub(crate) async fn ask(&self, signed: &[u8], total_bytes: u64) -> Result<()> {
        match self {
            Self::Edge { client, base } => {
                let path = format!("{base}/head/check?bytes={total_bytes}");
                let asked = client.send(client.request(Method::POST, &path).body(signed.to_vec())).await;
                match asked.map_err(|e| (e.code(), e)) {
                    Ok(_) => Ok(()),
                    // An edge of before this question was there. It says so when the head comes.
                    Err((Code::ReadOnly | Code::MethodNotAllowed | Code::NotFound, _)) => Ok(()),
                    Err((_, error)) => Err(error),
                }
            }
            Self::Objects { .. } => Ok(()),
        }
    }

    /// Whether an object is there.
    pub(crate) async fn has(&self, path: &str) -> Result<bool> {
        match self {
            Self::Edge { client, base } => client.exists(&format!("{base}/{path}")).await,
            Self::Objects { objects, prefix } => Ok(objects.length(&format!("{prefix}{path}")).await?.is_some()),
        }
    }

    /// Writes an object.
    pub(crate) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        match self {
            Self::Edge { client, base } => {
                client.send(client.request(Method::PUT, &format!("{base}/{path}")).body(bytes)).await.map(|_| ())
            }
            Self::Objects { objects, prefix } => objects.overwrite(&format!("{prefix}{path}"), bytes).await,
        }
    }
}
