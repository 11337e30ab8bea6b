//! Where a published collection is written for replicas to read.

use headwater_core::error::Result;
use reqwest::Method;

use crate::address::Address;
use crate::client::Client;
use crate::objects::Objects;
use crate::token::Token;

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
    pub(crate) fn of_many(to: &str, token: Option<Token>, collection: &str) -> Result<Self> {
        if Address::is_meant(to) {
            return Ok(Self::Edge { client: Client::new(to, token)?, base: format!("/v1/collections/{collection}") });
        }
        Ok(Self::Objects { objects: Objects::open(to)?, prefix: format!("{collection}/") })
    }

    /// A bucket or folder for this collection alone.
    pub(crate) fn of_one(to: &str) -> Result<Self> {
        Ok(Self::Objects { objects: Objects::open(to)?, prefix: String::new() })
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
