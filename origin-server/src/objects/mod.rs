//! The object store: a local folder (with fsync) or an S3 bucket, by URL.
//!
//! ```text
//! collections/{c}/blobs/{hash}         segments, tombstones, models    immutable
//! collections/{c}/pages/{hash}         lists of a blob's pages         immutable
//! collections/{c}/manifests/{hash}     manifests                       immutable
//! collections/{c}/versions/{20 digits} the manifest's hash             create-only: the commit
//! collections/{c}/head                 the signed head                 replaced: on condition of what was there
//! models/{hash}                        packed models                   immutable
//! keys                                 the signed key list, if any     replaced, as the head
//! probe/{number}                       what a start tries the store by, removed at once
//! db/                                  SlateDB
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `replace` | writes of objects whose content changes |
//! | `file_lock` | locks of files, for folders that several processes write to |
//! | `full` | disks that are full, in words |
//! | `unfinished` | parts of objects that a killed process has left in a local folder |

mod file_lock;
mod full;
mod replace;
mod unfinished;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use headwater_core::error::{Code, Error, Result};
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload};

use crate::{clock, tls};
pub(crate) use file_lock::{FileLock, Tried};
pub(crate) use full::of_file;
pub use replace::Held;
pub use unfinished::Unfinished;

/// An object in a folder.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The last part of its path.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: u64,
}

/// Where objects live.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    local: bool,
    /// Where they are, when that is a local folder.
    folder: Option<PathBuf>,
    /// Nobody else writes: objects are replaced without a condition, for stores that have none.
    single_writer: bool,
}

impl Objects {
    /// Opens a folder, or `s3://bucket/prefix` with credentials and endpoint from the usual `AWS_…` variables.
    pub fn open(location: &str) -> Result<Self> {
        let Some(rest) = location.strip_prefix("s3://") else {
            // Else it would be a folder of that name.
            let scheme = location.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
            let is_meant = ["s3", "file", "http", "https"].contains(&scheme.as_str());
            if is_meant && !location.contains("://") {
                let rest = location.split_once(':').map_or("", |(_, rest)| rest).trim_start_matches('/');
                let message = format!(
                    "{location:?} has no :// behind {scheme}: for that place write {scheme}://{rest}, for a folder of this name ./{location}"
                );
                return Err(Error::new(Code::InvalidOptions, message));
            }
            if location.contains("://") && !location.starts_with("file://") {
                let message = format!("{location:?} is no store: name a folder, or s3://bucket/prefix");
                return Err(Error::new(Code::StorageFailed, message));
            }
            let folder = PathBuf::from(location.strip_prefix("file://").unwrap_or(location));
            let opened = std::fs::create_dir_all(&folder).map_err(|e| of_file(&folder, &e)).and_then(|()| {
                LocalFileSystem::new_with_prefix(&folder).map_err(|e| format!("{}: {e}", folder.display()))
            });
            let store = opened.map_err(|message| Error::new(Code::StorageFailed, message))?;
            return Ok(Self::in_folder(Arc::new(store.with_fsync(true)), folder));
        };
        tls::provide();
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let builder =
            AmazonS3Builder::from_env().with_bucket_name(bucket).with_conditional_put(S3ConditionalPut::ETagMatch);
        let plain = std::env::var("AWS_ENDPOINT_URL").is_ok_and(|url| url.starts_with("http://"));
        let store = builder.with_allow_http(plain).build().map_err(failed)?;
        let store: Arc<dyn ObjectStore> = match prefix.trim_matches('/') {
            "" => Arc::new(store),
            prefix => Arc::new(PrefixStore::new(store, prefix)),
        };
        Ok(Self { store, local: false, folder: None, single_writer: false })
    }

    /// Objects in any store that writes on conditions.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, local: true, folder: None, single_writer: false }
    }

    /// Objects in a store that keeps them as files of a folder.
    #[must_use]
    pub fn in_folder(store: Arc<dyn ObjectStore>, folder: PathBuf) -> Self {
        Self { store, local: true, folder: Some(folder), single_writer: false }
    }

    /// The same; with `true` nothing is written on a condition, because nobody else writes.
    #[must_use]
    pub fn single_writer(self, single_writer: bool) -> Self {
        Self { single_writer, ..self }
    }

    /// The store itself, for SlateDB.
    #[must_use]
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store)
    }

    /// The folder, when it is one of this machine.
    #[must_use]
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Whether writes are cheap enough to flush often.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.local
    }

    /// Writes an object that may exist already with the same content: its name is its hash.
    pub async fn put_immutable(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.create(path, bytes).await.map(|_| ())
    }

    /// Creates an object; false when one of that name exists.
    pub async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<bool> {
        let written = self.store.put_opts(&Path::from(path), PutPayload::from(bytes), PutMode::Create.into()).await;
        match written {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(self.unwritten(error)),
        }
    }

    /// Why an object could not be written.
    fn unwritten(&self, error: object_store::Error) -> Error {
        match &self.folder {
            Some(folder) if full::is_full(&error) => Error::new(Code::StorageFailed, full::no_room(folder)),
            _ => failed(error),
        }
    }

    /// Writes an object over whatever is there: only for what has one content for ever, or where nobody else writes.
    pub(crate) async fn overwrite(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        self.store.put(&Path::from(path), PutPayload::from(bytes)).await.map(|_| ()).map_err(|e| self.unwritten(e))
    }

    /// The whole object, or none.
    pub async fn read(&self, path: &str) -> Result<Option<Bytes>> {
        match self.get(path, GetOptions::default()).await? {
            Some(found) => Ok(Some(found.bytes().await.map_err(failed)?)),
            None => Ok(None),
        }
    }

    /// An object as the options ask, or none.
    pub async fn get(&self, path: &str, options: GetOptions) -> Result<Option<GetResult>> {
        match self.store.get_opts(&Path::from(path), options).await {
            Ok(found) => Ok(Some(found)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The length of an object, or none.
    pub async fn length(&self, path: &str) -> Result<Option<u64>> {
        match self.store.head(&Path::from(path)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Last parts of the names in a folder that come after `after`, ascending.
    pub async fn list_after(&self, folder: &str, after: &str) -> Result<Vec<String>> {
        let offset = Path::from(format!("{folder}/{after}"));
        let found = self.store.list_with_offset(Some(&Path::from(folder)), &offset);
        let found: Vec<_> = found.try_collect().await.map_err(failed)?;
        let mut names: Vec<String> = found.iter().filter_map(|o| o.location.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// Whether a folder has any object.
    pub(crate) async fn has_any(&self, folder: &str) -> Result<bool> {
        let first = self.store.list(Some(&Path::from(folder))).try_next().await.map_err(failed)?;
        Ok(first.is_some())
    }

    /// All objects right in a folder.
    pub async fn list(&self, folder: &str) -> Result<Vec<Listed>> {
        let found: Vec<_> = self.store.list(Some(&Path::from(folder))).try_collect().await.map_err(failed)?;
        let listed = |object: &ObjectMeta| {
            let modified_ms = u64::try_from(object.last_modified.timestamp_millis()).unwrap_or_default();
            Some(Listed { name: object.location.filename()?.to_owned(), bytes: object.size, modified_ms })
        };
        Ok(found.iter().filter_map(listed).collect())
    }

    /// Removes an object; it need not be there.
    pub async fn remove(&self, path: &str) -> Result<()> {
        match self.store.delete(&Path::from(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// What puts below a path have left that were not ended, and were not gone on with since `before_ms`.
    pub async fn unfinished(&self, path: &str, before_ms: u64) -> Result<Vec<Unfinished>> {
        match &self.folder {
            Some(folder) => unfinished::find(folder.join(path), before_ms).await.map_err(failed_file),
            None => Ok(Vec::new()),
        }
    }

    /// Removes it; it need not be there any more.
    pub async fn remove_unfinished(&self, unfinished: &Unfinished) -> Result<()> {
        unfinished::remove(unfinished).await.map_err(failed_file)
    }

    /// Removes all parts that were not gone on with for so long, the log's too: what starts here finds them nowhere
    /// else.
    pub async fn sweep(&self, age: Duration) -> Result<()> {
        let before_ms = clock::now_ms().saturating_sub(clock::ms(age));
        for part in self.unfinished("", before_ms).await? {
            self.remove_unfinished(&part).await?;
        }
        Ok(())
    }

    /// Fails unless the store writes on conditions: versions and the log's fencing rest on creating an object only
    /// where there is none, heads on replacing nothing but what was read.
    pub async fn prove_conditions(&self) -> Result<()> {
        let number = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let path = format!("probe/{number}-{}", std::process::id());
        let outcome = self.keeps_conditions(&path).await;
        self.remove(&path).await?;
        if outcome? {
            return Ok(());
        }
        let message = "this store writes over objects that it was told to create only where there are none, or to \
            replace only as they were read: two servers would destroy each other's work. Take another store, or \
            --single-writer if no second server can ever start";
        Err(Error::new(Code::StorageFailed, message))
    }

    async fn keeps_conditions(&self, path: &str) -> Result<bool> {
        let first = self.create(path, b"first".to_vec()).await?;
        let second = self.create(path, b"second".to_vec()).await?;
        let Some(held) = self.held(path).await? else { return Ok(false) };
        if !first || second || held.bytes() != b"first" {
            return Ok(false);
        }
        let third = self.replace(path, Some(&held), b"third".to_vec()).await?;
        let fourth = self.replace(path, Some(&held), b"fourth".to_vec()).await?;
        Ok(third && !fourth && self.read(path).await?.as_deref() == Some(b"third"))
    }

    /// Removes everything below a path.
    pub async fn remove_all(&self, path: &str) -> Result<()> {
        let locations = self.store.list(Some(&Path::from(path))).map_ok(|o| o.location).boxed();
        self.store.delete_stream(locations).try_for_each(|_| async { Ok(()) }).await.map_err(failed)
    }
}

fn failed_file(error: std::io::Error) -> Error {
    Error::new(Code::StorageFailed, format!("object store: {error}"))
}

fn failed(error: object_store::Error) -> Error {
    Error::new(Code::StorageFailed, format!("object store: {error}"))
}
