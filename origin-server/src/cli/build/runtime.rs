//! The scripts and the engine beside an index: files of the npm package, from the binary or from a folder.
//!
//! `build.rs` packs them into the binary where `HEADWATER_PACKAGE_DIR` names their folder; `cargo xtask build origin`
//! does. Other builds, such as those of tests, are told by `--package`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use headwater_core::error::{Code, Error, Result};

use super::export::{remove_others, write_changed};
use super::places::failed;

/// The folder's name in the output.
pub(super) const FOLDER: &str = "runtime";
/// What a page cannot do without.
const NEEDED: [&str; 3] = ["browser.js", "worker.js", "headwater_bg.wasm"];
/// The search box, and what is in it.
const BOX: &str = "search-box.js";
/// What only other runtimes read.
const ELSEWHERE: [&str; 3] = ["node.js", "edge.js", "index.js"];

include!(concat!(env!("OUT_DIR"), "/packed.rs"));

/// Files by name.
pub(super) struct Runtime(BTreeMap<String, Cow<'static, [u8]>>);

impl Runtime {
    /// The files of a folder, the package's or its `dist`; without one those that are built in.
    pub(super) fn find(package: Option<&Path>) -> Result<Self> {
        let files = match package {
            Some(folder) => of_folder(folder)?,
            None => PACKED.iter().map(|(name, bytes)| ((*name).to_owned(), Cow::Borrowed(*bytes))).collect(),
        };
        if let Some(missing) = NEEDED.into_iter().find(|name| !files.contains_key(*name)) {
            let message = match package {
                Some(folder) => format!(
                    "there is no {missing} in {}: name the dist folder of the npm package headwater, such as \
                     node_modules/headwater/dist",
                    folder.display()
                ),
                None => "this headwater was built without the scripts that pages load: name the dist folder of the npm \
                         package with --package, such as --package node_modules/headwater/dist; in a clone of Headwater's \
                         repository `cargo xtask build origin` builds one with them"
                    .to_owned(),
            };
            return Err(Error::new(Code::NotFound, message));
        }
        Ok(Self(files))
    }

    /// Whether the search box is among them.
    pub(super) fn has_box(&self) -> bool {
        self.0.contains_key(BOX)
    }

    /// Writes what is not there as it shall be; says whether it has written anything.
    pub(super) fn write(&self, output: &Path) -> Result<bool> {
        let folder = output.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        let mut wrote = false;
        for (name, bytes) in &self.0 {
            wrote |= write_changed(&folder.join(name), bytes)?;
        }
        let names: HashSet<String> = self.0.keys().cloned().collect();
        remove_others(&folder, &names)?;
        Ok(wrote)
    }

    /// Bytes that a visitor fetches of them before a first answer, each compressed by gzip: what the box loads, the
    /// worker and the engine.
    pub(super) fn first_bytes(&self) -> u64 {
        let entry = if self.has_box() { BOX } else { "browser.js" };
        let mut wanted: HashSet<&str> = HashSet::new();
        let mut next = VecDeque::from([entry, "worker.js", "headwater_bg.wasm"]);
        while let Some(name) = next.pop_front() {
            if let Some((name, bytes)) = self.0.get_key_value(name)
                && wanted.insert(name)
            {
                next.extend(self.0.keys().map(String::as_str).filter(|other| imports(bytes, other)));
            }
        }
        let sizes = wanted.iter().filter_map(|name| self.0.get(*name)).map(|bytes| compressed(bytes));
        sizes.sum()
    }
}

/// Whether a script imports another one when it is loaded, and not when that is needed.
fn imports(script: &[u8], other: &str) -> bool {
    let text = String::from_utf8_lossy(script);
    ['"', '\''].iter().any(|quote| {
        let named = format!("{quote}./{other}{quote}");
        let mut before = text.match_indices(&named).filter_map(|(at, _)| text.get(..at)).map(str::trim_end);
        before.any(|before| before.ends_with("from") || before.ends_with("import"))
    })
}

/// The length by gzip.
pub(super) fn compressed(bytes: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Into memory, which takes all of it.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(bytes.len(), |packed| packed.len()) as u64
}

fn of_folder(folder: &Path) -> Result<BTreeMap<String, Cow<'static, [u8]>>> {
    let dist = folder.join("dist");
    let folder = if dist.is_dir() { &dist } else { folder };
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if is_of_pages(name) && path.is_file() {
            let bytes = std::fs::read(&path).map_err(|error| failed(&path, &error))?;
            files.insert(name.to_owned(), Cow::Owned(bytes));
        }
    }
    Ok(files)
}

/// As `build.rs` chooses them.
fn is_of_pages(name: &str) -> bool {
    let is_kind = [".js", ".wasm", ".css"].iter().any(|end| name.ends_with(end));
    is_kind && !ELSEWHERE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_imported_at_once_counts_and_what_is_imported_when_needed_does_not() {
        let file = |text: &'static str| Cow::Borrowed(text.as_bytes());
        let runtime = Runtime(BTreeMap::from([
            (BOX.to_owned(), file("import{a}from\"./chunk.js\";import(\"./inline.js\")")),
            ("chunk.js".to_owned(), file("export const a = 1")),
            ("inline.js".to_owned(), file("a long text that nobody needs")),
            ("worker.js".to_owned(), file("w")),
        ]));
        let size = |name: &str| compressed(&runtime.0[name]);
        assert_eq!(runtime.first_bytes(), size(BOX) + size("chunk.js") + size("worker.js"));
    }

    #[test]
    fn files_of_other_runtimes_are_left_out() {
        let kept = ["browser.js", "search-box.js", "headwater_bg.wasm", "node.js", "browser.js.map", "index.d.ts"];
        assert_eq!(kept.into_iter().filter(|name| is_of_pages(name)).count(), 3);
    }
}
