//! What a process leaves that is killed in the middle of a put into a local folder.
//!
//! The local file system writes an object as `{name}#{number}` first and gives it its name when it is whole. No list
//! has such files, because no object can have such a name: without this they would stay for ever.

use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

use crate::clock;

/// A part of an object that nobody goes on writing.
#[derive(Debug, Clone)]
pub struct Unfinished {
    path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// All below a folder that were last written to before `before_ms`. The folder need not be there.
pub(super) async fn find(folder: PathBuf, before_ms: u64) -> Result<Vec<Unfinished>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        let Some(mut entries) = there(tokio::fs::read_dir(folder).await)? else { continue };
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            // Whole objects come and go while this looks around.
            let Some(about) = there(entry.metadata().await)? else { continue };
            if about.is_dir() {
                folders.push(path);
            } else if is_unfinished(&path) && clock::ms_of(about.modified()?) <= before_ms {
                found.push(Unfinished { path, bytes: about.len() });
            }
        }
    }
    Ok(found)
}

/// Removes it; it need not be there.
pub(super) async fn remove(unfinished: &Unfinished) -> Result<()> {
    there(tokio::fs::remove_file(&unfinished.path).await).map(|_| ())
}

fn there<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let number = name.and_then(|name| name.split_once('#')).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()))
}
