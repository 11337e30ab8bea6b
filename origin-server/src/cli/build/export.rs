//! A version into the output, as `headwater export` writes it, and out of it what nobody reads any more.

use std::collections::HashSet;
use std::path::Path;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{Manifest, SignedHead, Trust};

use super::places::{Places, failed};
use crate::cli::meter::Meter;
use crate::collection::{Collection, object_path};
use crate::replica::{PATIENCE, Source, Target, copy};

/// Copies the published version of a collection into its folder of the output; says whether anything was written.
pub(super) async fn export(collection: &Collection, places: &Places) -> Result<bool> {
    let name = collection.name();
    let folder = places.output.join(name);
    let before = head_of(&folder);
    let source = places.data().join(object_path(name, ""));
    let source = Source::open(&source.to_string_lossy(), None, PATIENCE)?;
    let target = Target::of_one(&folder.to_string_lossy())?;
    let trust = Trust::parse(collection.status().trust.iter().map(String::as_str))?;
    let mut meter = Meter::new("bytes copied", 0);
    let copied = copy(&source, &trust, name, &target, &mut |done, total| meter.set(done, total)).await;
    meter.finish();
    let copied = copied?;
    let after = head_of(&folder);
    if after == before {
        return Ok(copied.sent > 0);
    }
    // Visitors under way read the version before; nobody reads those before that.
    let kept: Vec<&SignedHead> = after.iter().chain(&before).collect();
    prune(&folder, &kept)?;
    Ok(true)
}

fn head_of(folder: &Path) -> Option<SignedHead> {
    SignedHead::from_json(&std::fs::read(folder.join("head")).ok()?).ok()
}

/// Removes what the manifests of these heads do not name.
fn prune(folder: &Path, heads: &[&SignedHead]) -> Result<()> {
    let (mut blobs, mut manifests) = (HashSet::new(), HashSet::new());
    for SignedHead { head, .. } in heads {
        let hash = head.manifest.hash.to_string();
        let read = std::fs::read(folder.join("manifests").join(&hash)).ok();
        // One that was damaged or taken away names nothing that is of use.
        let Some(manifest) = read.and_then(|bytes| Manifest::decode(&bytes, head).ok()) else { continue };
        manifests.insert(hash);
        blobs.extend(manifest.blobs().iter().map(|blob| blob.hash.to_string()));
    }
    if manifests.is_empty() {
        return Err(Error::new(Code::Internal, "the version that was written cannot be read"));
    }
    for (part, kept) in [("blobs", &blobs), ("pages", &blobs), ("manifests", &manifests)] {
        remove_others(&folder.join(part), kept)?;
    }
    Ok(())
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
