//! A private key in a file that only its owner can read, made when it is first wanted.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::SigningKey;

use crate::objects::of_file;

/// Reads the key, or makes one.
pub(crate) fn load_or_create(path: &Path) -> Result<SigningKey> {
    if !path.exists() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
        }
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
    // A folder that was misspelt is not made: a root key would lie where nobody looks for it.
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        let message = format!("{} would be in a folder that is not there; make it first", path.display());
        return Err(Error::new(Code::NotFound, message));
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

/// Writes a key beside the place where it shall be. A file appears under its own name only when it is whole and
/// durable.
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
    Error::new(Code::StorageFailed, format!("signing key: {}", of_file(path, error)))
}

/// Reads the key.
pub(crate) fn load(path: &Path) -> Result<SigningKey> {
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(Code::NotFound, format!("there is no private key in {}: no such file", path.display()))
        }
        _ => failed(path, &error),
    })?;
    parse(&text, path.display())
}

/// Reads a key from the text that `place` holds.
pub(crate) fn parse(text: &str, place: impl Display) -> Result<SigningKey> {
    if SigningKey::is_ambiguous(text) {
        tracing::warn!(
            "the private key in {place} is in the form of the first versions, which looks like a public key: \
             write \"ed25519-secret:\" in place of \"ed25519:\""
        );
    }
    SigningKey::from_secret_text(text).map_err(|e| e.context(place))
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
        let error = load_or_create(&path).unwrap_err();
        assert!(error.message().contains("signing.key") && !error.message().contains("zz"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "ed25519:zz");
    }

    #[test]
    fn a_key_says_that_it_is_private_and_keys_of_the_first_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let made = load_or_create(&path).unwrap().public();
        let text = fs::read_to_string(&path).unwrap();
        let digits = text.strip_prefix("ed25519-secret:").unwrap();
        fs::write(&path, format!("ed25519:{digits}")).unwrap();
        assert_eq!(load(&path).unwrap().public(), made);
    }

    #[test]
    fn reading_makes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&folder.path().join("signing.key")).unwrap_err().code(), Code::NotFound);
        assert_eq!(create(&folder.path().join("nowhere/root.key")).unwrap_err().code(), Code::NotFound);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
