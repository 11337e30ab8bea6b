//! The index of a corpus: built once, and kept until points or schema are newer. What builds it is not looked at, so
//! that a change of how hits are ranked is measured at once.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use headwater_core::manifest::Manifest;
use headwater_core::snapshot::Snapshot;

use crate::Outcome;
use crate::corpus::{Corpus, Files, Meaning, opened as open};

pub(super) const POINTS: &str = "points.ndjson";
pub(super) const SCHEMA: &str = "schema.json";

/// The files of a kept index.
const MANIFEST: &str = "manifest";
const SEGMENT: &str = "segment";
const MODEL: &str = "model";

/// Opens the kept index, or builds it where there is none that this engine reads.
pub(super) fn opened(corpus: &Path, model: &Path, rebuild: bool) -> Outcome<Snapshot> {
    let folder = corpus.join("index");
    if !rebuild && is_newer(&folder, corpus)? {
        match kept(&folder) {
            Ok(snapshot) => return Ok(snapshot),
            Err(error) => eprintln!("{}: {error}; building it anew", folder.display()),
        }
    }
    let files = Files { points: corpus.join(POINTS), queries: corpus.join(super::question::FILE) };
    let meaning = Meaning { model: model.to_owned(), schema: corpus.join(SCHEMA) };
    let read = Corpus::read(&files, &meaning)?;
    let (manifest, segment) = read.publication("relevance")?;
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(SEGMENT), &segment)?;
    fs::write(folder.join(MODEL), &read.packed)?;
    // Last: where it is, all is.
    fs::write(folder.join(MANIFEST), manifest.encode()?)?;
    eprintln!("{}: {} points indexed", corpus.display(), read.points.len());
    open(manifest, &read.packed, &segment)
}

fn kept(folder: &Path) -> Outcome<Snapshot> {
    let read = |name: &str| fs::read(folder.join(name));
    open(Manifest::decode_unlinked(&read(MANIFEST)?)?, &read(MODEL)?, &read(SEGMENT)?)
}

fn is_newer(index: &Path, corpus: &Path) -> Outcome<bool> {
    let changed = |path: &Path| -> std::io::Result<SystemTime> { fs::metadata(path)?.modified() };
    let Ok(built) = changed(&index.join(MANIFEST)) else { return Ok(false) };
    Ok(built >= changed(&corpus.join(POINTS))? && built >= changed(&corpus.join(SCHEMA))?)
}
