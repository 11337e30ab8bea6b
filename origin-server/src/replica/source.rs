//! Where a published collection is read: over HTTP, from a folder, or from a bucket. All have the same objects under
//! the same names.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Hash, Version};
use headwater_core::limits::{MAX_BLOB_BYTES, MAX_BOOT_BYTES, MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::{BlobRef, Manifest, PAGE_BYTES, PageList, SignedHead, VerifiedBlob};
use headwater_core::snapshot::Snapshot;
use object_store::{GetOptions, GetRange};
use reqwest::{Method, StatusCode, header};

use super::{Progress, pieces};
use crate::address::Address;
use crate::client::Client;
use crate::collection::{VersionInfo, blocking};
use crate::objects::Objects;
use crate::token::Token;

/// How long a server may be silent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A source of one collection.
pub(crate) enum Source {
    /// Below a URL.
    Http(Client),
    /// In a folder or bucket.
    Objects {
        /// The folder or bucket.
        objects: Objects,
        /// What stands before each name: empty, or ends with a slash.
        prefix: String,
    },
}

impl Source {
    /// `https://…`, `s3://bucket/prefix`, or a folder: whatever has `head` right below it.
    ///
    /// A server that is silent for `patience` counts as unreachable.
    pub(crate) fn open(place: &str, token: Option<Token>, patience: Duration) -> Result<Self> {
        if Address::is_meant(place) {
            return Ok(Self::Http(Client::reader(Address::source(place)?, token, patience)?));
        }
        if !place.contains("://") && !std::path::Path::new(place).is_dir() {
            return Err(Error::new(
                Code::NotFound,
                format!("{place} is not a folder; name one that has \"head\" in it, or a URL"),
            ));
        }
        Ok(Self::Objects { objects: Objects::open(place)?, prefix: String::new() })
    }

    /// The head, as it is served; nothing of it is trusted yet.
    pub(crate) async fn head(&self) -> Result<(SignedHead, Vec<u8>)> {
        let bytes = self.read("head", MAX_HEAD_BYTES as u64).await?;
        let parsed = SignedHead::from_json(&bytes).map_err(|error| match self {
            // A web page in place of a head is what networks with a sign-in page answer.
            Self::Http(_) if !bytes.starts_with(b"{") => Error::new(Code::BadResponse, error.message()),
            _ => error,
        });
        Ok((parsed?, bytes))
    }

    /// The manifest that a head names, as it is served.
    pub(crate) async fn manifest(&self, reference: &BlobRef) -> Result<Vec<u8>> {
        self.read(&format!("manifests/{}", reference.hash), reference.bytes.min(MAX_MANIFEST_BYTES as u64)).await
    }

    /// What readers in parts fetch at first, not checked.
    pub(crate) async fn boot(&self) -> Result<Vec<u8>> {
        self.read("boot", MAX_BOOT_BYTES).await
    }

    /// What says of which size pieces are, not checked.
    pub(crate) async fn pieces(&self) -> Result<Vec<u8>> {
        self.read(pieces::INDEX, pieces::MAX_INDEX_BYTES).await
    }

    /// Any object of at most so many bytes, not checked.
    pub(crate) async fn object(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        self.read(path, limit).await
    }

    /// A blob, not checked.
    pub(crate) async fn blob(&self, blob: &BlobRef) -> Result<Vec<u8>> {
        self.read(&format!("blobs/{}", blob.hash), blob.bytes.min(MAX_BLOB_BYTES)).await
    }

    /// The list of a blob's pages, checked against its hash.
    pub(crate) async fn pages(&self, blob: &BlobRef) -> Result<PageList> {
        let bytes = match PageList::encoded_bytes(blob) {
            0 => Vec::new(),
            length => self.read(&format!("pages/{}", blob.hash), length).await?,
        };
        PageList::decode(&bytes, blob)
    }

    /// The last page of a blob, fetched alone and not checked.
    pub(crate) async fn last_page(&self, blob: &BlobRef) -> Result<(u64, Vec<u8>)> {
        let from = blob.bytes.saturating_sub(1) / PAGE_BYTES as u64 * PAGE_BYTES as u64;
        Ok((from, self.part(&format!("blobs/{}", blob.hash), from..blob.bytes).await?))
    }

    /// A range of an object, not checked.
    pub(crate) async fn part(&self, path: &str, range: Range<u64>) -> Result<Vec<u8>> {
        match self {
            Self::Http(client) => {
                let bytes = range.end - range.start;
                let range = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
                let request = client.request(Method::GET, &format!("/{path}")).header(header::RANGE, range);
                let response = client.send(request).await?;
                if response.status() != StatusCode::PARTIAL_CONTENT {
                    let message =
                        format!("a range was asked for, {} came; the server has no ranges", response.status());
                    return Err(Error::new(Code::BadResponse, message));
                }
                client.body(response, bytes).await
            }
            Self::Objects { objects, prefix } => {
                let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
                let found = objects.get(&format!("{prefix}{path}"), options).await?.ok_or_else(|| absent(path))?;
                Ok(found.bytes().await.map_err(|e| Error::new(Code::StorageFailed, e.to_string()))?.to_vec())
            }
        }
    }

    /// The manifest of a version, or of the head; nothing of it is trusted but that it is what it is named.
    pub(crate) async fn version(&self, version: Option<Version>) -> Result<Manifest> {
        let Some(version) = version else {
            let head = self.head().await?.0.head;
            return Manifest::decode(&self.manifest(&head.manifest).await?, &head);
        };
        let hash = self.hash_of(version).await?;
        let bytes = self.read(&format!("manifests/{hash}"), MAX_MANIFEST_BYTES as u64).await?;
        hash.check(&bytes, "manifest")?;
        Manifest::decode_unlinked(&bytes)
    }

    async fn hash_of(&self, version: Version) -> Result<Hash> {
        let unknown =
            |but: &str| Error::new(Code::VersionNotHeld, format!("there is no version {version} there; {but}"));
        match self {
            Self::Http(client) => {
                let all: Vec<VersionInfo> = client.json(client.request(Method::GET, "/versions")).await?;
                let held: Vec<String> = all.iter().map(|v| v.version.to_string()).collect();
                let found = all.iter().find(|v| v.version == version);
                found.ok_or_else(|| unknown(&format!("it has {}", held.join(", "))))?.manifest.parse()
            }
            Self::Objects { objects, prefix } => {
                let found = objects.read(&format!("{prefix}versions/{version:020}")).await?;
                let found = found.ok_or_else(|| {
                    unknown(&format!("a copy has only the version of its head, which is meant without @{version}: leave out @{version}"))
                })?;
                String::from_utf8_lossy(&found).trim().parse()
            }
        }
    }

    /// Fetches all blobs of a version, checks them and opens it.
    pub(crate) async fn snapshot(&self, manifest: Manifest, progress: &mut Progress<'_>) -> Result<Snapshot> {
        let (mut done, total, mut blobs) = (0, manifest.total_bytes(), HashMap::new());
        for blob in manifest.blobs() {
            let bytes = self.blob(&blob).await?;
            blobs.insert(blob.hash, blocking(move || blob.verify_copy(&bytes)).await?);
            done += blob.bytes;
            progress(done, total);
        }
        blocking(move || open(manifest, &blobs)).await
    }

    async fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        match self {
            Self::Http(client) => client.bytes(client.request(Method::GET, &format!("/{path}")), limit).await,
            Self::Objects { objects, prefix } => {
                let stored = format!("{prefix}{path}");
                let length = objects.length(&stored).await?.ok_or_else(|| absent(path))?;
                if length > limit {
                    let message = format!("{path} has {length} bytes, at most {limit} are expected");
                    return Err(Error::new(Code::HashMismatch, message));
                }
                Ok(objects.read(&stored).await?.ok_or_else(|| absent(path))?.to_vec())
            }
        }
    }
}

/// Opens a version from its blobs.
pub(super) fn open(manifest: Manifest, blobs: &HashMap<Hash, VerifiedBlob>) -> Result<Snapshot> {
    let missing = |blob: &BlobRef| Error::new(Code::NotFound, format!("blob {} is missing", blob.hash));
    Snapshot::open(manifest, &mut |blob| blobs.get(&blob.hash).cloned().ok_or_else(|| missing(blob)))
}

fn absent(path: &str) -> Error {
    Error::new(Code::NotFound, format!("{path} is not there"))
}
