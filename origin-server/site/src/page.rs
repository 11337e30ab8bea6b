//! What comes of a file.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::encoding::decode;
use crate::html::{self, Roots};
use crate::markdown;
use crate::walk::{Found, Kind};
use crate::warnings::{LeftOut, Warning};

/// How pages are read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Options {
    /// What counts as the main content, instead of what pages say themselves.
    pub roots: Option<Roots>,
    /// Bytes of a page at most; a larger one is left out. A tree of nodes takes some ten times the bytes of its page.
    pub max_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { roots: None, max_bytes: 16 * 1024 * 1024 }
    }
}

/// A page that can be searched.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Page {
    /// Its URL, relative to the site.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its language as it declares it: the first subtag, in lower case.
    pub lang: Option<String>,
    /// Whether it names its content by a mark. Where some pages of a site do, those that do not are not meant.
    pub is_marked: bool,
    /// Its sections, in order: the first one is what stands before the first heading.
    pub sections: Vec<Section>,
    /// Values to filter by.
    pub filters: BTreeMap<String, Vec<String>>,
    /// Values to sort by.
    pub sorts: BTreeMap<String, String>,
    /// What else hits show.
    pub meta: BTreeMap<String, String>,
    /// Words of its text.
    pub words: u64,
    /// What is worth a look.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// A part of a page: what one hit leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Section {
    /// Unique within the site, and the same as long as the section has its place.
    pub id: String,
    /// Its URL, relative to the site.
    pub url: String,
    /// Its heading; none before the first one.
    pub heading: Option<String>,
    /// The page's title, and the headings above it down to its own.
    pub trail: Vec<String>,
    /// What it explains is called, where a generator says it: `push` and `Vec::push`.
    pub names: Vec<String>,
    /// Its text, a paragraph a line.
    pub text: String,
    /// What of the text is marked as more important.
    pub weighted: String,
}

/// What comes of a file.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "nearly all are pages, and one is held at a time")]
pub enum Outcome {
    /// A page.
    Page(Page),
    /// Nothing, and why.
    LeftOut(LeftOut),
}

/// Reads a file.
#[must_use]
pub fn read_file(folder: &Path, found: &Found, options: &Options) -> Outcome {
    let path = folder.join(&found.path);
    let unreadable = |error: std::io::Error| Outcome::LeftOut(LeftOut::Unreadable(error.to_string()));
    let file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) => return unreadable(error),
    };
    let mut bytes = Vec::new();
    // A file may grow while it is read: the limit holds for what is read, not for what its length was.
    match file.take(options.max_bytes.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(read) if read as u64 > options.max_bytes => {
            let bytes = std::fs::metadata(&path).map_or(read as u64, |about| about.len());
            Outcome::LeftOut(LeftOut::TooLarge { bytes })
        }
        Ok(_) => read(folder, found, &bytes, options),
        Err(error) => unreadable(error),
    }
}

/// Reads the bytes of a file. `folder` is asked only whether another page that this one names is there.
///
/// ```
/// use headwater_site::{Found, Kind, Options, Outcome, read};
///
/// let html = b"<html lang=en><title>Cats</title><main><h1>Cats</h1><p>Small ones.<h2 id=food>Food</h2><p>Mice.";
/// let found = Found { path: "cats.html".to_owned(), kind: Kind::Html };
/// let Outcome::Page(page) = read("site".as_ref(), &found, html, &Options::default()) else { panic!() };
/// assert_eq!(page.sections[1].url, "cats.html#food");
/// assert_eq!(page.sections[1].text, "Mice.");
/// ```
#[must_use]
pub fn read(folder: &Path, found: &Found, bytes: &[u8], options: &Options) -> Outcome {
    let decoded = decode(bytes, found.kind);
    let mut outcome = match found.kind {
        Kind::Html => html::read(folder, &found.path, &decoded.text, options),
        Kind::Markdown => markdown::read(folder, &found.path, &decoded.text, options),
    };
    if let (Outcome::Page(page), Some(warning)) = (&mut outcome, decoded.warning) {
        page.warnings.insert(0, warning);
    }
    outcome
}
