//! Which files of a folder are pages.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

/// Folders in each other at most: more is a loop.
const MAX_DEPTH: usize = 64;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTML.
    Html,
    /// Markdown.
    Markdown,
}

/// A file that may be a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path in the folder, with `/`.
    pub path: String,
    /// What it is written in.
    pub kind: Kind,
}

/// Which files are looked at.
#[derive(Debug, Default)]
pub struct Walk {
    include: Option<GlobSet>,
    exclude: GlobSet,
    without: Vec<PathBuf>,
}

/// The files of a folder.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Files {
    /// Pages, in the order of their paths.
    pub pages: Vec<Found>,
    /// Pages that a pattern leaves out.
    pub excluded: u64,
    /// Folders and files that cannot be looked at, and why.
    pub unreadable: Vec<String>,
}

impl Walk {
    /// Files that match one of `include`, where there is one, and none of `exclude`: patterns such as `guide/**` over
    /// paths in the folder. What lies below `without` is not looked at.
    ///
    /// # Errors
    /// Says which pattern is wrong, and why.
    pub fn new(include: &[String], exclude: &[String], without: Vec<PathBuf>) -> Result<Self, String> {
        let include = if include.is_empty() { None } else { Some(set(include)?) };
        Ok(Self { include, exclude: set(exclude)?, without })
    }

    /// Looks through a folder. Links are followed; what is hidden by its name is not looked at.
    #[must_use]
    pub fn files(&self, folder: &Path) -> Files {
        let mut files = Files::default();
        let without = self.without.clone();
        let mut walk = WalkBuilder::new(folder);
        // What a project ignores is often just what its generator writes.
        walk.standard_filters(false).hidden(true).follow_links(true).max_depth(Some(MAX_DEPTH));
        walk.sort_by_file_name(std::cmp::Ord::cmp)
            .filter_entry(move |entry| !without.iter().any(|w| entry.path() == w));
        for entry in walk.build() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    files.unreadable.push(error.to_string());
                    continue;
                }
            };
            let Some(kind) = kind_of(entry.path()).filter(|_| entry.path().is_file()) else { continue };
            let Some(path) = relative(folder, entry.path()) else {
                files.unreadable.push(format!("{}: its name is not UTF-8", entry.path().display()));
                continue;
            };
            if self.include.as_ref().is_some_and(|set| !set.is_match(&path)) || self.exclude.is_match(&path) {
                files.excluded += 1;
                continue;
            }
            files.pages.push(Found { path, kind });
        }
        without_sources(&mut files);
        files
    }
}

/// Some generators publish the source of a page beside it.
fn without_sources(files: &mut Files) {
    let pages: std::collections::HashSet<String> =
        files.pages.iter().filter(|page| page.kind == Kind::Html).map(|page| page.path.clone()).collect();
    if pages.is_empty() {
        return;
    }
    files.pages.retain(|page| {
        let stem = page.path.rsplit_once('.').map_or(page.path.as_str(), |(stem, _)| stem);
        let folder = stem.strip_suffix("/index").unwrap_or(stem);
        page.kind == Kind::Html
            || ![format!("{stem}.html"), format!("{folder}.html"), format!("{stem}/index.html")]
                .iter()
                .any(|html| pages.contains(html))
    });
}

fn set(patterns: &[String]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.trim_start_matches("./");
        let glob = Glob::new(pattern).map_err(|error| format!("{pattern:?} is no pattern: {}", error.kind()))?;
        set.add(glob);
        // A folder means what is in it.
        if !pattern.contains('*')
            && let Ok(below) = Glob::new(&format!("{}/**", pattern.trim_end_matches('/')))
        {
            set.add(below);
        }
    }
    set.build().map_err(|error| error.to_string())
}

fn kind_of(path: &Path) -> Option<Kind> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "html" | "htm" | "xhtml" => Some(Kind::Html),
        "md" | "markdown" | "mdx" => Some(Kind::Markdown),
        _ => None,
    }
}

fn relative(folder: &Path, path: &Path) -> Option<String> {
    let rest = path.strip_prefix(folder).ok()?;
    let steps: Option<Vec<&str>> = rest.components().map(|step| step.as_os_str().to_str()).collect();
    Some(steps?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str], include: &[&str], exclude: &[&str], without: &[&str]) -> (Vec<String>, u64) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let list = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
        let without = without.iter().map(|w| folder.path().join(w)).collect();
        let files = Walk::new(&list(include), &list(exclude), without).unwrap().files(folder.path());
        (files.pages.into_iter().map(|page| page.path).collect(), files.excluded)
    }

    #[test]
    fn pages_are_found_in_order_and_what_is_hidden_or_made_here_is_not_looked_at() {
        let files = ["b.html", "a/index.HTM", "a/x.css", ".git/x.html", "headwater/en/x.html", "c d.md"];
        assert_eq!(
            found(&files, &[], &[], &["headwater"]),
            (vec!["a/index.HTM".into(), "b.html".into(), "c d.md".into()], 0)
        );
    }

    #[test]
    fn patterns_choose_and_a_folder_means_what_is_in_it() {
        let files = ["guide/a.html", "guide/deep/b.html", "blog/c.html", "d.html"];
        assert_eq!(found(&files, &["guide/**"], &["**/b.html"], &[]), (vec!["guide/a.html".into()], 3));
        assert_eq!(found(&files, &[], &["guide", "./d.html"], &[]), (vec!["blog/c.html".into()], 3));
        assert!(Walk::new(&["a[".to_owned()], &[], Vec::new()).unwrap_err().contains("a["));
    }

    #[test]
    fn sources_beside_their_pages_do_not_count_twice() {
        let files = ["a.html", "a.md", "b/index.html", "b.md", "b/index.md", "c.md"];
        assert_eq!(found(&files, &[], &[], &[]).0, ["a.html", "b/index.html", "c.md"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_above_ends() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.html"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        let files = Walk::default().files(folder.path());
        assert_eq!(files.pages.len(), 1);
        assert_eq!(files.unreadable.len(), 1, "{:?}", files.unreadable);
    }
}
