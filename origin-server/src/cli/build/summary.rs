//! What is said at the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytesize::ByteSize;
use headwater_core::error::Result;
use headwater_core::ids::Version;
use serde::Serialize;

use super::extract::{Extracted, Remark};
use super::fill::Changes;
use super::places::failed;
use super::spool::About;
use crate::counted::counted;

/// A build in numbers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) output: PathBuf,
    pub(super) languages: Vec<OfLanguage>,
    /// Pages that are not searched, by why.
    pub(super) left_out: BTreeMap<String, u64>,
    pub(super) warnings: BTreeMap<String, Warned>,
    /// Whether anything in the output is another than before.
    pub(super) changed: bool,
    /// Of all files of the output.
    pub(super) bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_answer: Option<FirstAnswer>,
    pub(super) took_ms: u64,
    #[serde(skip)]
    notes: Vec<String>,
}

/// Pages of one language, or data.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfLanguage {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) lang: String,
    pub(super) pages: u64,
    /// Or points.
    pub(super) sections: u64,
    pub(super) words: u64,
    /// Whether they are searched by meaning as well.
    pub(super) meaning: bool,
    pub(super) written: u64,
    pub(super) removed: u64,
    pub(super) version: Version,
}

/// Pages that are worth a look.
#[derive(Debug, Serialize)]
pub(super) struct Warned {
    count: u64,
    pages: Vec<String>,
}

/// Bytes that a visitor fetches before the first hits.
#[derive(Debug, Serialize)]
pub(super) struct FirstAnswer {
    /// Scripts and engine, compressed.
    pub(super) scripts: u64,
    /// Ranges of the index that has most pages.
    pub(super) index: u64,
}

impl OfLanguage {
    pub(super) fn new(lang: &str, about: &About, meaning: bool, changes: Changes, version: Version) -> Self {
        let Changes { written, removed, .. } = changes;
        let &About { pages, sections, words, .. } = about;
        Self { lang: lang.to_owned(), pages, sections, words, meaning, written, removed, version }
    }
}

impl Summary {
    pub(super) fn new(output: &Path) -> Self {
        Self {
            output: output.to_owned(),
            languages: Vec::new(),
            left_out: BTreeMap::new(),
            warnings: BTreeMap::new(),
            changed: false,
            bytes: 0,
            first_answer: None,
            took_ms: 0,
            notes: Vec::new(),
        }
    }

    /// Takes what was found beside sections.
    pub(super) fn take(&mut self, extracted: Extracted, has_box: bool, is_changed: bool) {
        let Extracted { left_out, warnings, .. } = extracted;
        self.left_out = left_out.into_iter().map(|(kind, remark)| (kind.to_owned(), remark.count)).collect();
        let warned =
            |(kind, Remark { count, examples }): (&str, Remark)| (kind.to_owned(), Warned { count, pages: examples });
        self.warnings = warnings.into_iter().map(warned).collect();
        self.changed = is_changed;
        if !has_box {
            self.note("the package has no search-box.js: <headwater-search> shows nothing until it has".to_owned());
        }
    }

    /// Says something more.
    pub(super) fn note(&mut self, line: String) {
        self.notes.push(line);
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let sum = |of: fn(&OfLanguage) -> u64| self.languages.iter().map(of).sum::<u64>();
        let mut lines = Vec::new();
        let (pages, sections) = (sum(|l| l.pages), sum(|l| l.sections));
        let what = if pages > 0 {
            let words = counted(sum(|l| l.words), "word");
            format!("{}, {}, {words}", counted(pages, "page"), counted(sections, "section"))
        } else {
            counted(sections, "point")
        };
        let (output, bytes) = (self.output.display(), size(self.bytes));
        let seconds = self.took_ms as f64 / 1e3;
        lines.push(format!("{what}; {bytes} in {output}, in {seconds:.1} s"));
        for language in self.languages.iter().filter(|l| !l.lang.is_empty()) {
            let how = if language.meaning { "by meaning and by words" } else { "by words" };
            let (pages, sections) = (counted(language.pages, "page"), counted(language.sections, "section"));
            lines.push(format!("  {:<3} {pages}, {sections}, searched {how}", language.lang));
        }
        lines.push(match (self.changed, sum(|l| l.written), sum(|l| l.removed)) {
            (false, ..) => "nothing has changed: the output is as it was".to_owned(),
            (true, written, removed) => format!("{written} written, {removed} removed since the build before"),
        });
        if !self.left_out.is_empty() {
            let kinds: Vec<String> = self.left_out.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            lines.push(format!("left out: {}", kinds.join(", ")));
        }
        for (kind, Warned { count, pages }) in &self.warnings {
            let more = if *count > pages.len() as u64 { ", …" } else { "" };
            let named = if pages.is_empty() { String::new() } else { format!(" ({}{more})", pages.join(", ")) };
            lines.push(format!("worth a look: {count} × {kind}{named}"));
        }
        if let Some(FirstAnswer { scripts, index }) = self.first_answer {
            let all = size(scripts + index);
            let (scripts, index) = (size(scripts), size(index));
            lines.push(format!(
                "a visitor fetches about {all} for a first answer: scripts and engine {scripts} by gzip, of the index {index}"
            ));
        }
        lines.extend(self.notes.iter().cloned());
        lines
    }
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).display().si().to_string()
}

/// Bytes of all files below a folder.
pub(super) fn bytes_in(folder: &Path) -> Result<u64> {
    let (mut open, mut bytes) = (vec![folder.to_owned()], 0);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).map_err(|error| failed(&next, &error))? {
            let entry = entry.map_err(|error| failed(&next, &error))?;
            let about = entry.metadata().map_err(|error| failed(&next, &error))?;
            if about.is_dir() {
                open.push(entry.path());
            } else {
                bytes += about.len();
            }
        }
    }
    Ok(bytes)
}
