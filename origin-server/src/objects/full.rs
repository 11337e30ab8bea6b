//! Disks that are full, in words that say which one and what to do.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Whether an error comes from a disk that has no room, or of which this user has used up a share.
pub(crate) fn is_full(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(current) = cause {
        let of_disk = current.downcast_ref::<io::Error>();
        if of_disk.is_some_and(|e| matches!(e.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
            return true;
        }
        cause = current.source();
    }
    false
}

/// What is said of a place whose disk is full.
pub(crate) fn no_room(place: &Path) -> String {
    format!(
        "the disk of {} is full, so nothing more can be written there; make room, then do the same again: what is there stays",
        place.display()
    )
}

/// What is said of a file that cannot be read or written.
pub(crate) fn of_file(path: &Path, error: &io::Error) -> String {
    let place = path.display();
    match error.kind() {
        _ if is_full(error) => no_room(path),
        ErrorKind::NotFound => format!("there is no file or folder {place}"),
        ErrorKind::PermissionDenied => format!("{place} cannot be opened or written: this user has no permission"),
        ErrorKind::IsADirectory => format!("{place} is a folder; a file was expected"),
        ErrorKind::NotADirectory => format!("{place} is no folder, or something on the way to it is none"),
        ErrorKind::ReadOnlyFilesystem => format!("{place} is on a disk that cannot be written"),
        _ => format!("{place}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_known_at_any_depth() {
        let full = || io::Error::from_raw_os_error(28);
        let deep = object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(full()) };
        let deeper =
            io::Error::other(object_store::Error::Generic { store: "LocalFileSystem", source: Box::new(deep) });
        assert!(is_full(&full()) && is_full(&deeper) && is_full(&io::Error::from(ErrorKind::QuotaExceeded)));
        assert!(!is_full(&io::Error::from(ErrorKind::PermissionDenied)));
        let said = of_file(Path::new("/data/server.lock"), &full());
        assert!(said.starts_with("the disk of /data/server.lock is full") && said.contains("make room"), "{said}");
        let other = of_file(Path::new("/data"), &io::Error::from(ErrorKind::PermissionDenied));
        assert_eq!(other, "/data cannot be opened or written: this user has no permission");
        let missing = of_file(Path::new("/nowhere"), &io::Error::from_raw_os_error(2));
        assert_eq!(missing, "there is no file or folder /nowhere");
    }
}
