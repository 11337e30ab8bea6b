//! What apt knows of Debian's packages: read with lists of our own, so that the machine's stay as they are and no
//! rights are needed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::places::made;
use crate::progress::{say, silent_step};
use crate::shell::{command, read, version_of};

/// Reads a list in whatever form apt keeps it.
const HELPER: &str = "/usr/lib/apt/apt-helper";
/// Long descriptions in English, whatever the machine's language.
const LANGUAGE: &str = "Acquire::Languages=en";

pub(super) struct Lists {
    /// Packages, as `apt-cache dumpavail` prints them.
    pub(super) available: PathBuf,
    /// Their long descriptions.
    pub(super) descriptions: PathBuf,
}

/// Fetches the lists once; none where this is no Debian.
pub(super) fn lists() -> Result<Option<Lists>> {
    let folder = made("bench/apt");
    let lists = Lists { available: folder.join("available"), descriptions: folder.join("descriptions") };
    if lists.available.is_file() && lists.descriptions.is_file() {
        return Ok(Some(lists));
    }
    if version_of(Path::new("apt-cache")).is_none() || !Path::new(HELPER).is_file() {
        say(
            "  Debian's packages are left out: there is no apt here. Run this on Debian, or in a container of it, to have them.",
        );
        return Ok(None);
    }
    silent_step("lists of Debian's packages (apt-get update)", || fetch(&folder, &lists))?;
    Ok(Some(lists))
}

fn fetch(folder: &Path, lists: &Lists) -> Result<()> {
    let state = folder.join("lists");
    fs::create_dir_all(state.join("partial"))?;
    let option = format!("Dir::State::Lists={}", state.display());
    let cache = format!("Dir::Cache={}", folder.display());
    read(&mut command("apt-get", &["-q", "update", "-o", &option, "-o", &cache, "-o", LANGUAGE]))?;
    let mut translations = Vec::new();
    for entry in fs::read_dir(&state)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().contains("_i18n_Translation-en")) {
            translations.push(path.to_string_lossy().into_owned());
        }
    }
    translations.sort();
    let files: Vec<&str> = translations.iter().map(String::as_str).collect();
    let mut descriptions = String::new();
    for file in files {
        descriptions += &read(&mut command(HELPER, &["cat-file", file]))?;
        descriptions += "\n\n";
    }
    fs::write(&lists.descriptions, descriptions)?;
    let available = read(&mut command("apt-cache", &["dumpavail", "-o", &option, "-o", &cache]))?;
    fs::write(&lists.available, available + "\n").context("packages")
}
