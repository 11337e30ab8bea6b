//! The folders of a build, and that no key is published with the pages.

use std::path::{Component, Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use headwater_core::json::listed;
use headwater_core::manifest::PublicKey;
use serde::{Deserialize, Serialize};

use super::Options;
use super::loader::{LOADER, SIGN};
use crate::clock;
use crate::location::KEY_VARIABLE;
use crate::objects::of_file;
use crate::shell::quoted;

const MARKER: &str = "site.json";
const KEY: &str = "signing.key";
/// Data that is no site.
const DATA_ENDS: [&str; 4] = ["ndjson", "jsonl", "csv", "json"];

/// The folders of a build; all are absolute, and links in them are followed.
#[derive(Debug)]
pub(super) struct Places {
    /// The folder of pages, or the file of data.
    pub(super) source: PathBuf,
    pub(super) output: PathBuf,
    pub(super) state: PathBuf,
    /// Ends the names of collections once the key is known, see [`Places::names_by`].
    pub(super) suffix: String,
}

/// What a state folder says of itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    /// The output, from here: two sites over one state would take each other's pages for gone.
    output: String,
    /// Ends the names of collections. Empty where the key was made with this state; where the key was there before, it
    /// may have signed versions that this state does not know.
    stamp: String,
}

impl Places {
    /// Finds the folders, makes those that are missing, and refuses what would publish a key or write over what is not
    /// this command's.
    pub(super) fn find(options: &Options) -> Result<Self> {
        let source = &options.source;
        check_source(source, options)?;
        let source = real(source)?;
        let output = match (&options.output, source.is_dir()) {
            (Some(output), _) => real(output)?,
            (None, true) => source.join("headwater"),
            (None, false) => {
                return Err(invalid("data has no folder of its own: say with --output where to write its search"));
            }
        };
        let state = real(&options.state)?;
        check_state(&state, &source, &output)?;
        check_output(&output, &source)?;
        std::fs::create_dir_all(&state).map_err(|error| failed(&state, &error))?;
        // Whoever adds all files of a project to its history adds no key.
        let ignore = state.join(".gitignore");
        if !ignore.exists() {
            std::fs::write(&ignore, "*\n").map_err(|error| failed(&ignore, &error))?;
        }
        let suffix = marker(&state, &output)?.stamp;
        std::fs::create_dir_all(&output).map_err(|error| failed(&output, &error))?;
        Ok(Self { source, output, state, suffix })
    }

    /// Has collections be named by the key that signs them. Replicas remember by its URL which version of an index they
    /// have seen, and never go back: where a state was lost, its versions begin anew, and so must the names. A key that
    /// was there before its state needs a moment as well.
    pub(super) fn names_by(mut self, key: PublicKey) -> Self {
        let key = key.to_string();
        let hex = key.rsplit(':').next().unwrap_or_default();
        let short: String = hex.chars().take(8).collect();
        self.suffix = format!("-{short}{}", self.suffix);
        self
    }

    /// The origin's data.
    pub(super) fn data(&self) -> PathBuf {
        self.state.join("data")
    }

    /// The way from the output to the site's root, as a relative URL.
    pub(super) fn to_site(&self) -> String {
        match self.output.strip_prefix(&self.source) {
            Ok(below) => "../".repeat(below.components().count()),
            // It will be put below the root, by its name.
            Err(_) => "../".to_owned(),
        }
    }
}

fn check_source(source: &Path, options: &Options) -> Result<()> {
    if source.is_dir() {
        return match options.schema {
            Some(_) => Err(invalid("a folder of pages has a schema of its own: --schema is for a file of data")),
            None => Ok(()),
        };
    }
    if !source.exists() {
        let message = format!("there is no {}; name a folder of pages, or a file of data", source.display());
        return Err(Error::new(Code::NotFound, message));
    }
    let end = source.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    if !DATA_ENDS.contains(&end.as_str()) {
        let message = format!(
            "{} is neither a folder of pages nor a file of data, whose name ends with one of {}",
            source.display(),
            listed(&DATA_ENDS)
        );
        return Err(invalid(&message));
    }
    if options.schema.is_none() {
        return Err(invalid(
            "a file of data needs a schema: name its file with --schema; `headwater create --help` has some",
        ));
    }
    Ok(())
}

fn check_state(state: &Path, source: &Path, output: &Path) -> Result<()> {
    let refused = |of: &str| {
        let elsewhere = source.parent().unwrap_or(source).join(".headwater");
        let message = format!(
            "the state {} holds the private key, and would be published with {of}: keep it elsewhere, such as --state {}",
            state.display(),
            quoted(&elsewhere.to_string_lossy())
        );
        Err(Error::new(Code::Conflict, message))
    };
    if state.starts_with(output) || output.starts_with(state) {
        return refused("the output");
    }
    if source.is_dir() && (state.starts_with(source) || source.starts_with(state)) {
        return refused("the pages");
    }
    Ok(())
}

/// A folder that holds what this command has not written is not written to: files in it are replaced and removed.
fn check_output(output: &Path, source: &Path) -> Result<()> {
    if output == source || source.starts_with(output) {
        let message = format!("--output {} holds the source itself; name a folder in it", output.display());
        return Err(Error::new(Code::Conflict, message));
    }
    let held = match std::fs::read_dir(output) {
        Ok(mut held) => held.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(output, &error)),
    };
    let is_ours = || {
        std::fs::read_to_string(output.join(LOADER)).is_ok_and(|text| text.starts_with(SIGN))
        // Of a build that was stopped before its end.
        || output.join(super::runtime::FOLDER).is_dir()
    };
    if held && !is_ours() {
        let message = format!(
            "{} has files that this command has not written, and it would replace them: name another folder with --output",
            output.display()
        );
        return Err(Error::new(Code::Conflict, message));
    }
    Ok(())
}

/// Reads the marker of a state folder, or makes it.
fn marker(state: &Path, output: &Path) -> Result<Marker> {
    let (path, output) = (state.join(MARKER), between(state, output));
    if let Ok(text) = std::fs::read(&path) {
        let held: Marker = serde_json::from_slice(&text).map_err(|error| {
            Error::new(Code::Corrupt, format!("{}: {error}; remove it to begin anew", path.display()))
        })?;
        if held.output != output {
            let message = format!(
                "the state {0} is that of the search in {1}: for another one name another folder with --state. Where that \
                 has moved here, remove {2}",
                state.display(),
                state.join(&held.output).display(),
                path.display()
            );
            return Err(Error::new(Code::Conflict, message));
        }
        return Ok(held);
    }
    let had_key = std::env::var_os(KEY_VARIABLE).is_some() || state.join("data").join(KEY).exists();
    let stamp = if had_key { format!("-{:x}", clock::now_ms() / 1000) } else { String::new() };
    let made = Marker { output, stamp };
    let text = serde_json::to_vec_pretty(&made).map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    Ok(made)
}

/// The way from one folder to another, which stays the same when both move together.
fn between(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| "..".to_owned());
    let down = to.components().skip(common).map(|step| step.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// An absolute path whose existing part has no links in it.
fn real(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).map_err(|error| failed(path, &error))?;
    let (mut there, mut missing) = (absolute.as_path(), Vec::new());
    let found = loop {
        match (std::fs::canonicalize(there), there.components().next_back(), there.parent()) {
            (Ok(found), ..) => break found,
            (Err(_), Some(Component::Normal(name)), Some(above)) => {
                missing.push(name.to_owned());
                there = above;
            }
            (Err(error), ..) => return Err(failed(path, &error)),
        }
    };
    Ok(missing.into_iter().rev().fold(found, |path, name| path.join(name)))
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::StorageFailed, of_file(path, error))
}

pub(super) fn invalid(message: &str) -> Error {
    Error::new(Code::InvalidOptions, message)
}
