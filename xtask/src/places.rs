//! Where things are.
//!
//! What cargo makes goes to cargo's target folder, wherever that is. What is made here goes to
//! `target/` of the repository always, because `wrangler.toml` and `tsconfig.json` name it; only the npm
//! package's `dist` lies beside its sources.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// A path in the repository.
pub(crate) fn in_root(path: &str) -> PathBuf {
    root().join(path)
}

/// A path among what is made here.
pub(crate) fn made(path: &str) -> PathBuf {
    in_root("target").join(path)
}

/// A path in cargo's target folder.
pub(crate) fn in_cargo_target(path: &str) -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").and_then(|named| std::path::absolute(named).ok());
    named.unwrap_or_else(|| in_root("target")).join(path)
}

/// The `headwater` command that tests and demo run: of cargo's dev profile, like the tests themselves.
pub(crate) fn headwater() -> PathBuf {
    executable("debug/headwater")
}

/// The `headwater` command that is measured and shipped, as `build origin` leaves it.
pub(crate) fn headwater_released() -> PathBuf {
    executable("release/headwater")
}

/// A program in cargo's target folder.
pub(crate) fn executable(path: &str) -> PathBuf {
    in_cargo_target(path).with_extension(std::env::consts::EXE_EXTENSION)
}

/// An executable that npm installed.
pub(crate) fn npm_bin(name: &str) -> PathBuf {
    in_root("node_modules/.bin").join(if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() })
}
