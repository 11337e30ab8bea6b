//! The signing key: made at the first start, kept in a file that only its owner can read, or given
//! in an environment variable. It never goes to the object store.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::SigningKey;

/// Reads the key, or makes one.
pub(crate) fn load_or_create(path: &Path) -> Result<SigningKey> {
    if !path.exists() {
        let mut seed = [0u8; 32];
        getrandom::fill(&mut seed).map_err(|e| Error::new(Code::Internal, format!("no random numbers: {e}")))?;
        write_whole(path, &SigningKey::from_seed(seed).to_secret_text())
            .map_err(|e| Error::new(Code::StorageFailed, format!("signing key {}: {e}", path.display())))?;
    }
    load(path)
}

/// The file appears under its name only when it is whole and durable; whoever comes first wins.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    });
    fs::remove_file(&draft)?;
    linked
}

/// Reads the key.
fn load(path: &Path) -> Result<SigningKey> {
    let text = fs::read_to_string(path);
    let text = text.map_err(|e| Error::new(Code::StorageFailed, format!("signing key {}: {e}", path.display())))?;
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
    fn a_damaged_key_is_named_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        fs::write(&path, "ed25519:zz").unwrap();
        assert!(load_or_create(&path).unwrap_err().message().contains("signing.key"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "ed25519:zz");
    }
}
