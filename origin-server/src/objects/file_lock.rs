//! Advisory locks on files whose place is taken by others.
//!
//! The operating system lets a lock go with the process that holds it, however that ends: nothing stale is left. A
//! lock is on a file, not on a name, so whoever has one looks whether the name still leads to that file.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::path::Path;
use std::time::{Duration, Instant};

/// Nobody holds the lock of an object for longer than a write takes.
const PATIENCE: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_millis(2);

/// The lock of a file, which goes when this is dropped.
#[derive(Debug)]
pub(crate) struct FileLock(File);

/// What became of a try.
#[derive(Debug)]
pub(crate) enum Tried {
    Locked(FileLock),
    /// Somebody else has it; the file as that one has left it.
    Taken(File),
    /// Another file has its name by now.
    Replaced,
}

impl FileLock {
    /// Tries to lock an open file that should be the one at a path. Where file systems have no locks, nobody else has
    /// one either.
    pub(crate) fn attempt(file: File, path: &Path) -> Result<Tried> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(Tried::Taken(file)),
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => return Err(error),
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        Ok(if is_at(&file, path)? { Tried::Locked(Self(file)) } else { Tried::Replaced })
    }

    /// Locks the file at a path, waiting a while for those who have it; none where no file is.
    pub(super) fn wait(path: &Path) -> Result<Option<Self>> {
        let until = Instant::now() + PATIENCE;
        loop {
            let file = match File::options().read(true).write(true).open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            match Self::attempt(file, path)? {
                Tried::Locked(lock) => return Ok(Some(lock)),
                Tried::Replaced => {}
                Tried::Taken(_) if Instant::now() < until => std::thread::sleep(ASK_EVERY),
                Tried::Taken(_) => {
                    let message = format!("{} is locked by another process that does not go on", path.display());
                    return Err(Error::new(ErrorKind::TimedOut, message));
                }
            }
        }
    }

    /// The file.
    pub(crate) const fn file(&self) -> &File {
        &self.0
    }
}

fn is_at(file: &File, path: &Path) -> Result<bool> {
    let ours = same_file::Handle::from_file(file.try_clone()?)?;
    match same_file::Handle::from_path(path) {
        Ok(there) => Ok(there == ours),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
