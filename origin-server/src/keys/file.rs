//! A private key in a file that only its owner can read, made when it is first wanted.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::SigningKey;

/// Reads the key, or makes one.
pub(crate) fn load_or_create(path: &Path) -> Result<SigningKey> {
    if !path.exists() {
        let draft = draft(path).map_err(|e| failed(path, &e))?;
        let linked = match fs::hard_link(&draft, path) {
            // Whoever comes first wins.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        };
        fs::remove_file(&draft).and(linked).map_err(|e| failed(path, &e))?;
    }
    load(path)
}

/// Makes a key where there is none.
pub(crate) fn create(path: &Path) -> Result<SigningKey> {
    if path.exists() {
        let message = format!("{} exists; a key is never written over, take another name", path.display());
        return Err(Error::new(Code::Conflict, message));
    }
    load_or_create(path)
}

/// Makes a key in the place of another, which is gone then.
pub(crate) fn replace(path: &Path, key: &SigningKey) -> Result<()> {
    write(path, key).and_then(|draft| fs::rename(draft, path)).map_err(|e| failed(path, &e))
}

/// A key from the system's random numbers.
pub(crate) fn random() -> io::Result<SigningKey> {
    let mut seed = [0u8; 32];
    getrandom::fill(&mut seed).map_err(|e| io::Error::other(format!("no random numbers: {e}")))?;
    Ok(SigningKey::from_seed(seed))
}

fn draft(path: &Path) -> io::Result<PathBuf> {
    write(path, &random()?)
}

/// Writes a key beside the place where it shall be. A file appears under its own name only when it is whole and durable.
fn write(path: &Path, key: &SigningKey) -> io::Result<PathBuf> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(key.to_secret_text().as_bytes())?;
    file.sync_all()?;
    Ok(draft)
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::new(Code::StorageFailed, format!("signing key {}: {error}", path.display()))
}

/// Reads the key.
pub(crate) fn load(path: &Path) -> Result<SigningKey> {
    let text = fs::read_to_string(path).map_err(|e| failed(path, &e))?;
    SigningKey::from_secret_text(&text).map_err(|e| e.context(path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let made = load_or_create(&path).unwrap().public();
        assert_eq!(load_or_create(&path).unwrap().public(), made);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_is_replaced_but_never_made_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let first = create(&path).unwrap().public();
        assert_eq!(create(&path).unwrap_err().code(), Code::Conflict);
        let next = random().unwrap();
        replace(&path, &next).unwrap();
        assert_eq!(load(&path).unwrap().public(), next.public());
        assert_ne!(next.public(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn a_damaged_key_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        fs::write(&path, "ed25519:zz").unwrap();
        assert!(load_or_create(&path).unwrap_err().message().contains("signing.key"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "ed25519:zz");
    }
}
