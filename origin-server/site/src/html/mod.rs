//! Pages in HTML, as browsers read them.
//!
//! ```text
//! text ── tree ── head ── roots ── content ── outline ── Page
//!                  └── why it is left out
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `tree` | parses, within bounds |
//! | `head` | title, language, canonical URL, redirects |
//! | `roots` | what the main content is |
//! | `dropped` | what within it is not content |
//! | `attributes` | attributes and classes, read in place |
//! | `content` | headings, texts |
//! | `names` | what entries of references are called |

pub(crate) mod attributes;
pub(crate) mod content;
mod dropped;
pub(crate) mod head;
mod names;
mod roots;
mod tree;

use std::path::Path;

pub use roots::Roots;
use scraper::Node;

use crate::address::{self, Canonical};
use crate::marks::{Found, Marks};
use crate::outline::{MAX_HEADING_CHARS, Outline, one_line};
use crate::page::{Options, Outcome, Page};
use crate::warnings::{LeftOut, Warning};
use content::write;
use head::Head;
use tree::{Parsed, parse};

/// Bytes of a page's URL at most: it is a keyword, by which hits are grouped.
const MAX_URL_BYTES: usize = 1000;

type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;

/// What a page in another form says of itself before it is HTML.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) title: Option<String>,
    pub(crate) lang: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) marks: Found,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads a page.
pub(crate) fn read(folder: &Path, file: &str, text: &str, options: &Options) -> Outcome {
    if is_not_found_page(file) {
        return Outcome::LeftOut(LeftOut::NotFoundPage);
    }
    read_given(folder, file, text, options, Given::default())
}

/// The same, of one that has said something already.
pub(crate) fn read_given(folder: &Path, file: &str, text: &str, options: &Options, given: Given) -> Outcome {
    let Parsed { html, is_cut } = parse(text);
    let head = Head::of(&html);
    if head.is_redirect {
        return Outcome::LeftOut(LeftOut::Redirect);
    }
    if head.is_noindex {
        return Outcome::LeftOut(LeftOut::NoIndex);
    }
    let url = match head.canonical.map(|href| address::canonical(folder, file, href)) {
        Some(Canonical::Other(of)) => return Outcome::LeftOut(LeftOut::Copy { of }),
        Some(Canonical::Here(url)) => address::of_page(&url),
        _ => address::of_page(file),
    };
    let url = given.url.unwrap_or(url);
    if url.len() > MAX_URL_BYTES {
        return Outcome::LeftOut(LeftOut::Unreadable(format!("its URL would have {} bytes", url.len())));
    }
    let roots = roots::of(&html, options.roots.as_ref());
    if roots.is_ignored {
        return Outcome::LeftOut(LeftOut::Ignored);
    }
    if head.is_listing || roots.is_listing() {
        return Outcome::LeftOut(LeftOut::Generated);
    }
    let mut marks = Marks::new(given.marks);
    marks.collect(&html);
    let mut outline = Outline::new();
    roots.found.iter().for_each(|root| write(*root, roots.is_whole, &mut outline));
    let Found { filters, sorts, mut meta, warnings, .. } = marks.into_found();
    let mut warnings = [given.warnings, warnings].concat();
    let title = meta.remove("title").or(given.title).or_else(|| outline.title().map(str::to_owned));
    let title = title.or_else(|| head.title.map(|title| one_line(&title, MAX_HEADING_CHARS)));
    let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| {
        warnings.push(Warning::NoTitle);
        name_of(file).to_owned()
    });
    let (sections, doubles) = outline.into_sections(&url, &title);
    if sections.iter().all(|section| section.text.is_empty() && section.heading.is_none()) {
        return Outcome::LeftOut(LeftOut::Empty);
    }
    warnings.extend(doubles);
    warnings.extend(roots.is_whole.then_some(Warning::NoMainContent));
    warnings.extend(is_cut.then_some(Warning::BrokenHtml));
    warnings.extend(ends_in_comment(text).then_some(Warning::OpenComment));
    let words = sections.iter().map(|section| section.text.split_whitespace().count() as u64).sum();
    let lang = given.lang.or(roots.lang).or(head.lang);
    let is_marked = roots.is_marked;
    Outcome::Page(Page { url, title, lang, is_marked, sections, filters, sorts, meta, words, warnings })
}

pub(crate) fn is_not_found_page(file: &str) -> bool {
    matches!(file.rsplit('/').next(), Some("404.html" | "404.htm" | "404.md")) || file.ends_with("404/index.html")
}

fn name_of(file: &str) -> &str {
    let name = file.strip_suffix("/index.html").unwrap_or(file);
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn ends_in_comment(text: &str) -> bool {
    // What follows the last one that begins: scripts may have the signs in them, and are closed before.
    text.rfind("<!--").is_some_and(|begin| {
        let rest = text.get(begin + 4..).unwrap_or_default();
        !rest.contains("-->") && !rest.contains("--!>") && !rest.contains("</script") && !rest.starts_with('>')
    })
}

/// Where a walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Go {
    /// With what the node holds.
    In,
    /// Behind it.
    Past,
    /// Nowhere.
    Stop,
}

/// Calls `enter` for each node below another in the order of the text, and `leave` behind what it holds. In a loop: how
/// deep a page is, is not up to us.
fn walk<'a>(root: NodeRef<'a>, mut enter: impl FnMut(NodeRef<'a>) -> Go, mut leave: impl FnMut(NodeRef<'a>)) {
    let mut next = root.first_child();
    while let Some(node) = next {
        match enter(node) {
            Go::Stop => return,
            Go::In if node.has_children() => {
                next = node.first_child();
                continue;
            }
            Go::In | Go::Past => {}
        }
        let mut at = node;
        next = loop {
            leave(at);
            if let Some(sibling) = at.next_sibling() {
                break Some(sibling);
            }
            match at.parent().filter(|parent| parent.id() != root.id()) {
                Some(parent) => at = parent,
                None => break None,
            }
        };
    }
}

#[cfg(test)]
mod tests;
