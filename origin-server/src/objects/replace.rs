//! Objects whose content changes: a head, the key list. Each write says what it replaces, so of two writers one
//! learns that the other was first.
//!
//! ```text
//! bucket         a put on the condition of the entity tag that was read
//! local folder   compared and renamed while the object's file is locked
//! ```
//!
//! What a bucket answers can be lost, and a request may be sent twice: then what is there afterwards says whether it
//! was written.

use std::path::Path as FilePath;

use axum::body::Bytes;
use headwater_core::error::{Code, Error, Result};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStoreExt as _, PutMode, PutPayload, UpdateVersion};

use super::file_lock::FileLock;
use super::{Objects, failed, failed_file};

/// What stood at a path when it was read.
#[derive(Debug, Clone)]
pub struct Held {
    bytes: Bytes,
    version: UpdateVersion,
}

impl Held {
    /// The object.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Objects {
    /// The whole object, or none, as [`Self::replace`] wants it.
    pub async fn held(&self, path: &str) -> Result<Option<Held>> {
        let Some(found) = self.get(path, GetOptions::default()).await? else { return Ok(None) };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        Ok(Some(Held { bytes: found.bytes().await.map_err(failed)?, version }))
    }

    /// Writes an object in the place of what was read there, or where nothing was. False: something else is there by
    /// now, and stays.
    pub async fn replace(&self, path: &str, held: Option<&Held>, bytes: Vec<u8>) -> Result<bool> {
        if self.single_writer {
            return self.overwrite(path, bytes).await.map(|()| true);
        }
        let bytes = Bytes::from(bytes);
        let written = match (held, &self.folder) {
            (None, _) => self.put_where(path, &bytes, PutMode::Create).await,
            (Some(held), None) => self.put_where(path, &bytes, PutMode::Update(held.version.clone())).await,
            (Some(held), Some(folder)) => {
                // In a task of its own: whoever waits for it may go away, and the lock must not go before the object
                // is written.
                let (this, place, held, bytes) = (self.clone(), folder.join(path), held.clone(), bytes.clone());
                let path = path.to_owned();
                let task = tokio::spawn(async move { this.replace_file(&place, &path, &held, bytes).await });
                task.await.unwrap_or_else(|_| Err(Error::new(Code::Internal, "a task ended unexpectedly; see the log")))
            }
        };
        match written {
            Ok(true) => Ok(true),
            // A request whose answer was lost may have been carried out.
            Ok(false) => Ok(self.read(path).await?.as_ref() == Some(&bytes)),
            Err(error) => match self.read(path).await {
                Ok(found) if found.as_ref() == Some(&bytes) => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// Writes an object on a condition; false when it does not hold.
    async fn put_where(&self, path: &str, bytes: &Bytes, mode: PutMode) -> Result<bool> {
        let payload = PutPayload::from(bytes.clone());
        match self.store.put_opts(&Path::from(path), payload, mode.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(unconditional(self.unwritten(error))),
        }
    }

    async fn replace_file(&self, place: &FilePath, path: &str, held: &Held, bytes: Bytes) -> Result<bool> {
        let locked = place.to_owned();
        let lock = tokio::task::spawn_blocking(move || FileLock::wait(&locked)).await;
        let lock = lock.unwrap_or_else(|e| Err(std::io::Error::other(e))).map_err(failed_file)?;
        let Some(_lock) = lock else { return Ok(false) };
        if self.read(path).await?.as_ref() != Some(&held.bytes) {
            return Ok(false);
        }
        self.store.put(&Path::from(path), PutPayload::from(bytes)).await.map(|_| true).map_err(|e| self.unwritten(e))
    }
}

/// Says what to do about a store that has no conditional writes.
fn unconditional(error: Error) -> Error {
    if !error.message().contains("501") {
        return error;
    }
    error.context(
        "this store has no writes on a condition (--single-writer does without, where nobody else writes there)",
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    const WRITERS: usize = 6;
    const TURNS: usize = 20;

    #[tokio::test(flavor = "multi_thread")]
    async fn of_writers_at_the_same_time_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_string_lossy().into_owned();
        let memory = Arc::new(InMemory::new());
        let open: [&dyn Fn() -> Objects; 2] = [&|| Objects::over(memory.clone()), &|| Objects::open(&path).unwrap()];
        for open in open {
            let (objects, mut wins) = (open(), Vec::new());
            for round in 0..TURNS {
                let held = objects.held("head").await.unwrap();
                let writers = (0..WRITERS).map(|writer| {
                    let (objects, held) = (open(), held.clone());
                    let bytes = format!("{round} by {writer}").into_bytes();
                    tokio::spawn(async move { objects.replace("head", held.as_ref(), bytes).await.unwrap() })
                });
                let mut won = Vec::new();
                for (writer, task) in writers.collect::<Vec<_>>().into_iter().enumerate() {
                    if task.await.unwrap() {
                        won.push(writer);
                    }
                }
                assert_eq!(won.len(), 1, "round {round}: {won:?}");
                let now = objects.read("head").await.unwrap().unwrap();
                assert_eq!(now, format!("{round} by {}", won[0]).as_bytes());
                wins.extend(won);
            }
            assert_eq!(wins.len(), TURNS);
        }
    }

    #[tokio::test]
    async fn what_was_removed_or_changed_meanwhile_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for objects in
            [Objects::over(Arc::new(InMemory::new())), Objects::open(&folder.path().to_string_lossy()).unwrap()]
        {
            assert!(objects.replace("a", None, b"1".to_vec()).await.unwrap());
            assert!(!objects.replace("a", None, b"2".to_vec()).await.unwrap(), "there is one already");
            let first = objects.held("a").await.unwrap().unwrap();
            assert!(objects.replace("a", Some(&first), b"3".to_vec()).await.unwrap());
            assert!(objects.replace("a", Some(&first), b"3".to_vec()).await.unwrap(), "as after a lost answer");
            assert!(!objects.replace("a", Some(&first), b"4".to_vec()).await.unwrap());
            assert_eq!(objects.read("a").await.unwrap().unwrap(), &b"3"[..]);
            objects.remove("a").await.unwrap();
            assert!(!objects.replace("a", Some(&first), b"5".to_vec()).await.unwrap(), "it is gone");
            assert_eq!(objects.read("a").await.unwrap(), None);
        }
    }
}
