//! Where a published collection is written for replicas to read.

use axum::body::Bytes;
use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{BlobRef, PageList};
use reqwest::Method;

use super::PieceSize;
use super::pieces::{self, Lengths};
use crate::address::Address;
use crate::client::Client;
use crate::collection::blocking;
use crate::objects::{Held, Objects};
use crate::token::Token;

const HEAD: &str = "head";
pub(super) const BOOT: &str = "boot";
/// What only a server's data folder has.
const OF_SERVERS: [&str; 2] = ["signing.key", "server.lock"];

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

/// What is where a blob belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Absent,
    Whole,
    /// Something else, or the blob with a list of other pages.
    Damaged,
}

/// A bucket or folder that everybody may read: not that of a server, whose private key lies in it.
fn published_to(to: &str) -> Result<Objects> {
    let folder = std::path::Path::new(to.strip_prefix("file://").unwrap_or(to));
    if OF_SERVERS.iter().any(|name| folder.join(name).exists()) {
        let message = format!(
            "{to} holds a server's data, with its private key: what is published there would be served together with them. Name another \
             folder, such as {}",
            folder.join("public").display()
        );
        return Err(Error::new(Code::Conflict, message));
    }
    Objects::open(to)
}

impl Target {
    /// An edge by URL; or a bucket or folder, where the collection gets a folder of its own, as the edge worker reads
    /// its bucket.
    pub(crate) fn of_many(to: &str, token: Option<Token>, collection: &str) -> Result<Self> {
        if Address::is_meant(to) {
            return Ok(Self::Edge { client: Client::edge(to, token)?, base: format!("/v1/collections/{collection}") });
        }
        Ok(Self::Objects { objects: published_to(to)?, prefix: format!("{collection}/") })
    }

    /// A bucket or folder for this collection alone.
    pub(crate) fn of_one(to: &str) -> Result<Self> {
        Ok(Self::Objects { objects: published_to(to)?, prefix: String::new() })
    }

    /// The same; with `true` nobody else writes to the bucket, which may then be one without writes on conditions.
    pub(crate) fn single_writer(self, single_writer: bool) -> Self {
        match self {
            Self::Objects { objects, prefix } => {
                Self::Objects { objects: objects.single_writer(single_writer), prefix }
            }
            edge @ Self::Edge { .. } => edge,
        }
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

    /// Whether an object with these bytes is there. Only a folder is read for that.
    pub(crate) async fn has(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        match self {
            Self::Edge { client, base } => client.exists(&format!("{base}/{path}")).await,
            Self::Objects { objects, prefix } => {
                let path = format!("{prefix}{path}");
                match objects.length(&path).await? {
                    Some(length) if length != bytes.len() as u64 => Ok(false),
                    Some(_) if objects.is_local() => {
                        Ok(objects.read(&path).await?.is_some_and(|held| held.as_ref() == bytes))
                    }
                    held => Ok(held.is_some()),
                }
            }
        }
    }

    /// Whether a blob is there with its pages. In a folder both are read; buckets check what they store, and an edge
    /// what it is sent.
    pub(crate) async fn state_of(&self, blob: &BlobRef) -> Result<State> {
        let (path, pages) = (format!("blobs/{}", blob.hash), format!("pages/{}", blob.hash));
        // The blob goes first, then its pages: where the pages are, or none are wanted, the blob is.
        let last = if PageList::encoded_bytes(blob) == 0 { &path } else { &pages };
        let Self::Objects { objects, prefix } = self else {
            return Ok(if self.has(last, &[]).await? { State::Whole } else { State::Absent });
        };
        let Some(length) = objects.length(&format!("{prefix}{path}")).await? else { return Ok(State::Absent) };
        if length != blob.bytes {
            return Ok(State::Damaged);
        }
        let is_complete = objects.length(&format!("{prefix}{last}")).await?.is_some();
        if !objects.is_local() {
            return Ok(if is_complete { State::Whole } else { State::Absent });
        }
        let Some(bytes) = objects.read(&format!("{prefix}{path}")).await? else { return Ok(State::Absent) };
        let of = *blob;
        let checked = blocking(move || of.check(&bytes).map(|()| PageList::encode_of(&bytes))).await;
        Ok(match checked {
            Err(_) => State::Damaged,
            Ok(list) if list.is_empty() || self.has(&pages, &list).await? => State::Whole,
            Ok(_) if is_complete => State::Damaged,
            Ok(_) => State::Absent,
        })
    }

    /// The head that is there, where this side sees to it that it never goes back. An edge does so itself.
    pub(crate) async fn head(&self) -> Result<Option<Held>> {
        match self {
            Self::Edge { .. } => Ok(None),
            Self::Objects { objects, prefix } => objects.held(&format!("{prefix}{HEAD}")).await,
        }
    }

    /// Writes the head in the place of the one that was read; false where another one is there by now.
    pub(crate) async fn put_head(&self, bytes: Vec<u8>, held: Option<&Held>) -> Result<bool> {
        match self {
            Self::Edge { .. } => self.put(HEAD, bytes).await.map(|()| true),
            Self::Objects { objects, prefix } => objects.replace(&format!("{prefix}{HEAD}"), held, bytes).await,
        }
    }

    /// Writes what readers in parts fetch at first, in whatever place there was. An edge of before there was such a
    /// thing goes without.
    pub(crate) async fn put_boot(&self, bytes: Vec<u8>) -> Result<()> {
        match (self, self.put(BOOT, bytes).await) {
            (Self::Edge { .. }, Err(error)) if error.code() == Code::NotFound || error.code() == Code::ReadOnly => {
                Ok(())
            }
            (_, put) => put,
        }
    }

    /// The lengths of the objects in a folder, where at least one is wanted.
    pub(super) async fn lengths(&self, folder: &str, wanted: usize) -> Result<Lengths> {
        match self {
            Self::Objects { objects, prefix } if wanted > 0 => {
                let listed = objects.list(&format!("{prefix}{folder}")).await?;
                Ok(listed.into_iter().map(|object| (object.name, object.bytes)).collect())
            }
            _ => Ok(Lengths::new()),
        }
    }

    /// An object that can be read without a request.
    pub(super) async fn local(&self, path: &str) -> Result<Option<Bytes>> {
        match self {
            Self::Objects { objects, prefix } if objects.is_local() => objects.read(&format!("{prefix}{path}")).await,
            _ => Ok(None),
        }
    }

    /// Says of which size the pieces here are: they are all there. Where there never were any, nothing is said of none.
    pub(super) async fn put_pieces(&self, size: Option<PieceSize>) -> Result<()> {
        let Self::Objects { objects, prefix } = self else { return Ok(()) };
        let path = format!("{prefix}{}", pieces::INDEX);
        let (index, held) = (pieces::index(size), objects.read(&path).await?);
        match held {
            None if size.is_none() => Ok(()),
            Some(held) if held.as_ref() == index => Ok(()),
            _ => objects.overwrite(&path, index).await,
        }
    }

    /// Writes an object that is named by its hash.
    pub(crate) async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        match self {
            Self::Edge { client, base } => {
                let sent = client.send(client.request(Method::PUT, &format!("{base}/{path}")).body(bytes)).await;
                sent.map(|_| ()).map_err(|error| match error.code() {
                    Code::MethodNotAllowed => Error::new(
                        Code::MethodNotAllowed,
                        format!("{} takes no publications: it is no edge, but an origin, as it seems", client.shown()),
                    ),
                    _ => error,
                })
            }
            Self::Objects { objects, prefix } => objects.overwrite(&format!("{prefix}{path}"), bytes).await,
        }
    }
}
