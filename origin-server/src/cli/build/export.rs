//! A version into the output, as `headwater export` writes it, and out of it what nobody reads any more.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{Manifest, SignedHead, Trust};

use super::places::{Places, failed};
use crate::cli::meter::Meter;
use crate::collection::{Collection, object_path};
use crate::replica::{PATIENCE, PIECES, PIECES_INDEX, PieceSize, Source, Target, copy, in_index};

/// What readers of a folder begin with.
#[derive(PartialEq)]
struct Front {
    head: Option<SignedHead>,
    pieces: Option<PieceSize>,
}

/// Copies the published version of a collection into its folder of the output; says whether anything was written.
pub(super) async fn export(collection: &Collection, places: &Places, pieces: Option<PieceSize>) -> Result<bool> {
    let name = collection.name();
    let folder = places.output.join(name);
    let before = Front::of(&folder);
    let source = places.data().join(object_path(name, ""));
    let source = Source::open(&source.to_string_lossy(), None, PATIENCE)?;
    let target = Target::of_one(&folder.to_string_lossy())?;
    let trust = Trust::parse(collection.status().trust.iter().map(String::as_str))?;
    let mut meter = Meter::new("bytes copied", 0);
    let copied = copy(&source, &trust, name, &target, pieces, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    let copied = copied?;
    let after = Front::of(&folder);
    if after == before {
        return Ok(copied.sent > 0 || copied.pieces > 0);
    }
    // Visitors under way read the version before; nobody reads those before that.
    prune(&folder, &[after, before])?;
    Ok(true)
}

impl Front {
    fn of(folder: &Path) -> Self {
        let read = |name: &str| std::fs::read(folder.join(name)).ok();
        Self {
            head: read("head").and_then(|bytes| SignedHead::from_json(&bytes).ok()),
            pieces: read(PIECES_INDEX).and_then(|bytes| in_index(&bytes).ok().flatten()),
        }
    }
}

/// Removes what the manifests of these heads do not name, and pieces of other sizes than theirs.
fn prune(folder: &Path, fronts: &[Front]) -> Result<()> {
    let (mut blobs, mut manifests) = (HashSet::new(), HashSet::new());
    let mut pieces: HashMap<String, HashSet<String>> = HashMap::new();
    for Front { head, pieces: size } in fronts {
        let Some(SignedHead { head, .. }) = head else { continue };
        let hash = head.manifest.hash.to_string();
        let read = std::fs::read(folder.join("manifests").join(&hash)).ok();
        // One that was damaged or taken away names nothing that is of use.
        let Some(manifest) = read.and_then(|bytes| Manifest::decode(&bytes, head).ok()) else { continue };
        manifests.insert(hash);
        let named: Vec<String> = manifest.blobs().iter().map(|blob| blob.hash.to_string()).collect();
        if let Some(size) = size {
            pieces.entry(size.bytes().to_string()).or_default().extend(named.iter().cloned());
        }
        blobs.extend(named);
    }
    if manifests.is_empty() {
        return Err(Error::new(Code::Internal, "the version that was written cannot be read"));
    }
    for (part, kept) in [("blobs", &blobs), ("pages", &blobs), ("manifests", &manifests)] {
        remove_others(&folder.join(part), kept)?;
    }
    prune_pieces(&folder.join(PIECES), &pieces)
}

/// Removes pieces of other sizes and objects than these.
fn prune_pieces(folder: &Path, kept: &HashMap<String, HashSet<String>>) -> Result<()> {
    for size in folders_in(folder)? {
        let Some(hashes) = name_of(&size).and_then(|name| kept.get(&name)) else {
            remove_folder(&size)?;
            continue;
        };
        for kind in folders_in(&size)? {
            for object in folders_in(&kind)? {
                if name_of(&object).is_none_or(|name| !hashes.contains(&name)) {
                    remove_folder(&object)?;
                }
            }
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

fn remove_folder(folder: &Path) -> Result<()> {
    std::fs::remove_dir_all(folder).map_err(|error| failed(folder, &error))
}

/// Folders right in one; where that is not there, none.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, &error)),
    };
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    Ok(paths.map_err(|error| failed(folder, &error))?.into_iter().filter(|path| path.is_dir()).collect())
}

/// Removes files of a folder but these; where there is no such folder there is nothing to remove.
pub(super) fn remove_others(folder: &Path, kept: &HashSet<String>) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(folder, &error)),
    };
    for entry in entries {
        let path = entry.map_err(|error| failed(folder, &error))?.path();
        let is_kept = path.file_name().is_some_and(|name| kept.contains(&*name.to_string_lossy()));
        if !is_kept && path.is_file() {
            std::fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
        }
    }
    Ok(())
}

/// Removes folders of the output that hold collections which it does not name any more.
pub(super) fn remove_former(output: &Path, named: &HashSet<String>) -> Result<bool> {
    let mut removed = false;
    for entry in std::fs::read_dir(output).map_err(|error| failed(output, &error))? {
        let path = entry.map_err(|error| failed(output, &error))?.path();
        let is_named = path.file_name().is_some_and(|name| named.contains(&*name.to_string_lossy()));
        if !is_named && path.join("head").is_file() && path.join("manifests").is_dir() {
            std::fs::remove_dir_all(&path).map_err(|error| failed(&path, &error))?;
            removed = true;
        }
    }
    Ok(removed)
}

/// Writes a file unless it is there as it shall be; says whether it has. Readers see it whole.
pub(super) fn write_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if std::fs::read(path).is_ok_and(|held| held == bytes) {
        return Ok(false);
    }
    let draft = path.with_extension("new");
    let written = std::fs::write(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    written.map(|()| true).map_err(|error| failed(path, &error))
}
