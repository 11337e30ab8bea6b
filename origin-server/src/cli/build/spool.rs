//! Sections on their way: files by language, because which fields a schema has is known when the last page is read.
//!
//! Owns: a folder in the state, gone with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use headwater_core::error::{Code, Error, Result};
use headwater_site::Page;

use super::places::failed;

/// What is known of the pages of one language, in one file.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) pages: u64,
    pub(super) sections: u64,
    pub(super) words: u64,
    pub(super) filters: BTreeSet<String>,
    /// Names to sort by, and whether all their values are numbers.
    pub(super) sorts: BTreeMap<String, bool>,
    pub(super) is_weighted: bool,
    pub(super) is_named: bool,
    files: Vec<PathBuf>,
}

impl About {
    fn add(&mut self, page: &Page) {
        self.pages += 1;
        self.sections += page.sections.len() as u64;
        self.words += page.words;
        self.is_weighted |= page.sections.iter().any(|section| !section.weighted.is_empty());
        self.is_named |= page.sections.iter().any(|section| !section.names.is_empty());
        for name in page.filters.keys().filter(|name| !self.filters.contains(*name)).cloned().collect::<Vec<_>>() {
            self.filters.insert(name);
        }
        for (name, value) in &page.sorts {
            let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
            let all = self.sorts.entry(name.clone()).or_insert(true);
            *all &= is_number;
        }
    }

    fn join(&mut self, other: Self) {
        self.pages += other.pages;
        self.sections += other.sections;
        self.words += other.words;
        self.is_weighted |= other.is_weighted;
        self.is_named |= other.is_named;
        self.filters.extend(other.filters);
        for (name, is_number) in other.sorts {
            let all = self.sorts.entry(name).or_insert(true);
            *all &= is_number;
        }
        self.files.extend(other.files);
    }

    /// Reads the pages again.
    pub(super) fn pages(&self) -> impl Iterator<Item = Result<Page>> + Send + use<> {
        self.files.clone().into_iter().flat_map(|path| {
            let lines: Box<dyn Iterator<Item = Result<Page>> + Send> = match File::open(&path) {
                Err(error) => Box::new(std::iter::once(Err(failed(&path, &error)))),
                Ok(file) => Box::new(BufReader::with_capacity(1 << 18, file).split(b'\n').map(move |line| {
                    let line = line.map_err(|error| failed(&path, &error))?;
                    serde_json::from_slice(&line).map_err(|error| Error::new(Code::Internal, error.to_string()))
                })),
            };
            lines
        })
    }
}

/// Files under way.
pub(super) struct Spool {
    folder: PathBuf,
    /// By language, empty where a page declares none, and by whether a page's content counts where others mark theirs.
    open: BTreeMap<(String, bool), (BufWriter<File>, About)>,
}

impl Spool {
    /// One in a folder, empty, whatever a build that was stopped has left there.
    pub(super) fn begin(state: &Path) -> Result<Self> {
        let folder = state.join("spool");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        Ok(Self { folder, open: BTreeMap::new() })
    }

    pub(super) fn write(&mut self, page: &Page, counts: bool) -> Result<()> {
        let key = (page.lang.clone().unwrap_or_default(), counts);
        let path = self.folder.join(format!("{}.{counts}", if key.0.is_empty() { "_" } else { &key.0 }));
        let (file, about) = match self.open.entry(key) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => {
                let file = File::create(&path).map_err(|error| failed(&path, &error))?;
                let about = About { files: vec![path.clone()], ..About::default() };
                free.insert((BufWriter::with_capacity(1 << 18, file), about))
            }
        };
        about.add(page);
        let line = serde_json::to_vec(page).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        file.write_all(&line).and_then(|()| file.write_all(b"\n")).map_err(|error| failed(&path, &error))
    }

    /// What there is of each language. With `only_counting` pages that mark no content are left out, and counted; pages
    /// that declare no language have `lang`, else the one that most others have.
    pub(super) fn finish(&mut self, only_counting: bool, lang: Option<&str>) -> Result<(BTreeMap<String, About>, u64)> {
        let (mut found, mut unmarked): (BTreeMap<String, About>, u64) = (BTreeMap::new(), 0);
        for ((language, counts), (mut file, about)) in std::mem::take(&mut self.open) {
            file.flush().map_err(|error| failed(&self.folder, &error))?;
            if only_counting && !counts {
                unmarked += about.pages;
            } else {
                found.entry(language).or_default().join(about);
            }
        }
        if let Some(undeclared) = found.remove("") {
            let most = found.iter().max_by_key(|(_, about)| about.pages).map(|(language, _)| language.clone());
            let language = lang.map(str::to_owned).or(most).unwrap_or_else(|| "en".to_owned());
            found.entry(language).or_default().join(undeclared);
        }
        Ok((found, unmarked))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // What stays is removed by the next build.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
