//! Pages to sections, on all cores, in the order of their paths: the same pages make the same files.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use headwater_core::error::{Code, Error, Result};
use headwater_site::{Files, Found, Kind, LeftOut, Options as Reading, Outcome, Page, read_file};

use super::spool::Spool;
use crate::cli::terminal::note;

/// Files that are read side by side, and held until those before them are written.
const TOGETHER: usize = 128;
/// Files that are named with each kind of remark.
const EXAMPLES: usize = 3;

/// Remarks of one kind: how many, and which files first.
#[derive(Debug, Default)]
pub(super) struct Remark {
    pub(super) count: u64,
    pub(super) examples: Vec<String>,
}

/// What was found beside sections.
#[derive(Debug, Default)]
pub(super) struct Extracted {
    pub(super) left_out: BTreeMap<&'static str, Remark>,
    pub(super) warnings: BTreeMap<&'static str, Remark>,
    /// Some page marks its content: pages that do not are not meant.
    pub(super) is_marked: bool,
    is_verbose: bool,
    /// The file of each URL, by a hash: a hundred thousand URLs are more than needs to be held.
    urls: HashMap<[u8; 16], usize>,
}

/// Reads all pages into a spool. `progress` hears how many are read.
pub(super) fn extract(
    folder: &Path,
    files: &Files,
    reading: &Reading,
    spool: &mut Spool,
    is_verbose: bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Extracted> {
    let mut extracted = Extracted { is_verbose, ..Extracted::default() };
    let total = files.pages.len();
    for (number, chunk) in files.pages.chunks(TOGETHER).enumerate() {
        let first = number * TOGETHER;
        for (place, outcome) in read_together(folder, chunk, reading)?.into_iter().enumerate() {
            let found = chunk.get(place);
            let Some(found) = found else { continue };
            extracted.take(first + place, found, outcome, files, spool)?;
        }
        progress((first + chunk.len()) as u64, total as u64);
    }
    for unreadable in &files.unreadable {
        extracted.remark_left_out(&LeftOut::Unreadable(String::new()), unreadable, unreadable);
    }
    if files.excluded > 0 {
        extracted.left_out.entry("by --include or --exclude").or_default().count += files.excluded;
    }
    Ok(extracted)
}

/// The outcomes of files, in their order.
fn read_together(folder: &Path, chunk: &[Found], reading: &Reading) -> Result<Vec<Outcome>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(chunk.len());
    let next = AtomicUsize::new(0);
    let mut outcomes: Vec<Option<Outcome>> = chunk.iter().map(|_| None).collect();
    let (say, said) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (say, next) = (say.clone(), &next);
            scope.spawn(move || {
                while let place = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(found) = chunk.get(place)
                {
                    if say.send((place, read_file(folder, found, reading))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(say);
        for (place, outcome) in said {
            if let Some(free) = outcomes.get_mut(place) {
                *free = Some(outcome);
            }
        }
    });
    let all: Option<Vec<Outcome>> = outcomes.into_iter().collect();
    all.ok_or_else(|| Error::new(Code::Internal, "a page was not read to its end"))
}

impl Extracted {
    fn take(&mut self, number: usize, found: &Found, outcome: Outcome, files: &Files, spool: &mut Spool) -> Result<()> {
        match outcome {
            Outcome::LeftOut(why) => {
                self.remark_left_out(&why, &found.path, &format!("{}: left out: {why}", found.path));
                Ok(())
            }
            Outcome::Page(page) => self.page(number, found, &page, files, spool),
        }
    }

    fn page(&mut self, number: usize, found: &Found, page: &Page, files: &Files, spool: &mut Spool) -> Result<()> {
        if let Some(&other) = self.urls.get(&hash_of(&page.url)) {
            let other = files.pages.get(other).map_or("another page", |other| other.path.as_str());
            let told = format!("{}: left out: {other} has the same URL, {}", found.path, page.url);
            self.remark("twice the same URL", &found.path, &told, true);
            return Ok(());
        }
        self.urls.insert(hash_of(&page.url), number);
        for warning in &page.warnings {
            self.remark(warning.kind(), &found.path, &format!("{}: {warning}", found.path), true);
        }
        // Whoever writes Markdown has said what the content is.
        let counts = page.is_marked || found.kind == Kind::Markdown;
        self.is_marked |= page.is_marked && found.kind == Kind::Html;
        spool.write(page, counts)
    }

    /// Says for which fields there was no room.
    pub(super) fn fields_left_out(&mut self, names: &[String]) {
        for name in names {
            self.remark("fields for which there is no room", name, name, true);
        }
    }

    fn remark_left_out(&mut self, why: &LeftOut, file: &str, told: &str) {
        self.remark(why.kind(), file, told, why.is_fault());
    }

    fn remark(&mut self, kind: &'static str, file: &str, told: &str, is_warning: bool) {
        if self.is_verbose {
            note(told);
        }
        let remarks = if is_warning { &mut self.warnings } else { &mut self.left_out };
        let remark = remarks.entry(kind).or_default();
        remark.count += 1;
        if remark.examples.len() < EXAMPLES && !remark.examples.iter().any(|held| held == file) {
            remark.examples.push(file.to_owned());
        }
    }
}

fn hash_of(url: &str) -> [u8; 16] {
    let hash = headwater_core::ids::Hash::of(url.as_bytes());
    let mut short = [0; 16];
    short.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    short
}
