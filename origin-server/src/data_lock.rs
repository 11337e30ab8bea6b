//! A local data folder has one server at a time.
//!
//! `server.lock` in the folder is locked for as long as its server lives, and says which one that is. The lock goes
//! with the process, however it ends. `--take-over` puts a file of its own there; from then on that is the one whose
//! lock counts, and the log's fencing stops the server before. Buckets have fencing alone.
//!
//! Owns: the lock of a folder. Does not own: who may write, which the log decides (`store`): a lock that a file
//! system does not keep loses nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::objects::{FileLock, Tried, of_file};

const NAME: &str = "server.lock";
/// What a server says of itself is shorter.
const MAX_HOLDER_BYTES: u64 = 4096;

/// The lock of a folder, which goes when this is dropped.
#[derive(Debug)]
pub(crate) struct DataLock(#[expect(dead_code, reason = "held, not read")] FileLock);

/// The server that has a folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holder {
    pid: u32,
    address: String,
    since_ms: u64,
}

impl DataLock {
    /// Takes the lock for a server at an address, unless another server has it and is not to be taken over.
    pub(crate) fn take(folder: &Path, address: &str, take_over: bool) -> Result<Self> {
        let path = folder.join(NAME);
        let holder = Holder { pid: std::process::id(), address: address.to_owned(), since_ms: clock::now_ms() };
        let taken = if take_over { put(&path, &holder).map(Ok) } else { lock(&path, &holder) };
        match taken.map_err(|e| Error::new(Code::StorageFailed, of_file(&path, &e)))? {
            Ok(lock) => Ok(Self(lock)),
            Err(other) => Err(Error::new(Code::Conflict, refusal(folder, other.as_ref()))),
        }
    }
}

fn refusal(folder: &Path, other: Option<&Holder>) -> String {
    let who = other.map_or_else(
        || "another server".to_owned(),
        |Holder { pid, address, since_ms }| {
            let at = if address.is_empty() { String::new() } else { format!(" at {address}") };
            format!("another server{at} (process {pid}, since {})", clock::utc(*since_ms))
        },
    );
    format!(
        "{} is served by {who}. Stop that one, or start this one with --take-over: the other one then writes no more",
        folder.display()
    )
}

/// Locks the file, made where there is none; or who has it.
fn lock(path: &Path, holder: &Holder) -> io::Result<std::result::Result<FileLock, Option<Holder>>> {
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match FileLock::attempt(file, path)? {
            Tried::Locked(lock) => {
                lock.file().set_len(0)?;
                write(lock.file(), holder)?;
                return Ok(Ok(lock));
            }
            // It may not have said yet who it is.
            Tried::Taken(file) => return Ok(Err(read(file))),
            Tried::Replaced => {}
        }
    }
}

/// Puts a locked file in the place of whichever is there.
fn put(path: &Path, holder: &Holder) -> io::Result<FileLock> {
    let draft: PathBuf = path.with_extension(format!("lock-{}", holder.pid));
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&draft)?;
    let Tried::Locked(lock) = FileLock::attempt(file, &draft)? else {
        return Err(io::Error::other("another server of this process takes over at the same time"));
    };
    write(lock.file(), holder)?;
    std::fs::rename(&draft, path)?;
    Ok(lock)
}

fn write(mut file: &File, holder: &Holder) -> io::Result<()> {
    file.write_all(serde_json::to_string(holder).unwrap_or_default().as_bytes())
}

fn read(file: File) -> Option<Holder> {
    let mut text = String::new();
    file.take(MAX_HOLDER_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_server_until_it_is_gone_or_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let take = |address: &str, take_over| DataLock::take(folder.path(), address, take_over);
        let first = take("http://one", false).unwrap();
        let refused = take("http://two", false).unwrap_err();
        assert_eq!(refused.code(), Code::Conflict);
        for told in ["http://one", &format!("process {}", std::process::id()), "since 20", "--take-over"] {
            assert!(refused.message().contains(told), "{refused}");
        }
        let third = take("http://three", true).unwrap();
        drop(first);
        let refused = take("http://four", false).unwrap_err();
        assert!(refused.message().contains("http://three"), "the first one's end changes nothing: {refused}");
        drop(third);
        let fifth = take("http://five", false).unwrap();
        assert!(take("http://six", false).unwrap_err().message().contains("http://five"));
        drop(fifth);
        std::fs::write(folder.path().join(NAME), "{\"pid\": 1, \"address\": \"long gone").unwrap();
        let seventh = take("http://seven", false).unwrap();
        assert!(take("http://eight", false).unwrap_err().message().contains("http://seven"));
        drop(seventh);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }
}
