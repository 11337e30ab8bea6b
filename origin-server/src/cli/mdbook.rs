//! `headwater mdbook`: an output of mdBook, which puts the search box into the book's pages and builds their search.
//!
//! mdBook runs outputs one after the other, in the order of their names, each in a folder of its own beside the others;
//! and gives each the book and its settings as JSON on standard input. The pages are found in `../html`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args as _, FromArgMatches as _};
use headwater_core::error::{Code, Error, Result};
use headwater_site::{Kind, Walk};
use serde::Deserialize;
use serde_json::Value;

use super::build;
use super::terminal::note;
use crate::collection::blocking;

/// What mdBook hands over at most: a book's text, several times what the longest ones have.
const MAX_CONTEXT_BYTES: u64 = 256 << 20;
/// What comes before the search in mdBook's order.
const HTML: &str = "html";
/// The box's place: what stands at the right end of the bar above a page.
const PLACE: &str = "<div class=\"right-buttons\">";
/// Its size as a length: this theme makes a rem of ten pixels.
const BOX: &str = "<headwater-search style=\"vertical-align: middle; --headwater-font-size: 1.6rem; --headwater-accent: var(--links)\"></headwater-search>";
const SCRIPT: &str = "headwater/search.js";
/// A copy of the first chapter, unless that has this name itself.
const FRONT: &str = "index.html";

/// What mdBook says.
#[derive(Deserialize)]
struct Context {
    root: PathBuf,
    destination: PathBuf,
    book: Book,
    config: Config,
}

#[derive(Deserialize)]
struct Book {
    /// mdBook calls them `sections` before 0.5.
    #[serde(alias = "sections")]
    items: Vec<Value>,
}

#[derive(Deserialize)]
struct Config {
    output: serde_json::Map<String, Value>,
}

/// What a book sets for its search: options of `headwater build`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    #[serde(rename = "command")]
    _command: String,
    #[serde(rename = "optional")]
    _optional: Option<bool>,
    state: Option<String>,
    model: Option<String>,
    lang: Option<String>,
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    root_selector: Option<String>,
    pieces: Option<String>,
    package: Option<String>,
}

pub(super) async fn run() -> Result<()> {
    let (html, arguments) = blocking(prepare).await?;
    let command = build::Options::augment_args(clap::Command::new("build"));
    let parsed = command.try_get_matches_from(arguments).and_then(|found| build::Options::from_arg_matches(&found));
    let options = parsed.map_err(|error| invalid(error.to_string()))?;
    blocking(move || add_boxes(&html)).await?;
    build::run(options).await
}

/// Reads what mdBook says, and goes to the book's folder, which paths in its settings are relative to: the pages, and
/// what `headwater build` is told.
fn prepare() -> Result<(PathBuf, Vec<String>)> {
    let mut text = Vec::new();
    let read = std::io::stdin().take(MAX_CONTEXT_BYTES + 1).read_to_end(&mut text);
    read.map_err(|error| failed(Path::new("standard input"), &error))?;
    if text.len() as u64 > MAX_CONTEXT_BYTES {
        return Err(invalid(format!("the book has more than {MAX_CONTEXT_BYTES} bytes")));
    }
    let context: Context = serde_json::from_slice(&text).map_err(|error| {
        invalid(format!(
            "standard input is not what mdBook gives to its outputs ({error}); this command is for book.toml: \
             [output.search] with command = \"headwater mdbook\""
        ))
    })?;
    let html = pages(&context)?;
    std::env::set_current_dir(&context.root).map_err(|error| failed(&context.root, &error))?;
    let arguments = arguments(&context, &html)?;
    Ok((html, arguments))
}

/// The folder of the book's pages, which mdBook has just written.
fn pages(context: &Context) -> Result<PathBuf> {
    let name = name_of(&context.destination);
    if name.as_str() <= HTML {
        return Err(invalid(format!(
            "mdBook runs outputs in the order of their names, and [output.{name}] comes before its pages: call it [output.search]"
        )));
    }
    let html = context.destination.with_file_name(HTML);
    if !context.config.output.contains_key(HTML) || !html.is_dir() {
        return Err(Error::new(
            Code::NotFound,
            "the book has no pages in HTML: book.toml is to have a table [output.html] as well, which may be empty",
        ));
    }
    Ok(html)
}

fn name_of(destination: &Path) -> String {
    destination.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn arguments(context: &Context, html: &Path) -> Result<Vec<String>> {
    let name = name_of(&context.destination);
    let table = context.config.output.get(&name).cloned().unwrap_or_default();
    let settings: Settings =
        serde_json::from_value(table).map_err(|error| invalid(format!("[output.{name}] in book.toml: {error}")))?;
    let Settings { state, model, lang, root_selector, pieces, package, .. } = settings;
    let (include, mut exclude) = (settings.include, settings.exclude);
    if first_chapter(&context.book.items).is_some_and(|path| Path::new(path).with_extension("html") != Path::new(FRONT))
    {
        exclude.push(FRONT.to_owned());
    }
    let mut arguments = vec!["build".to_owned(), html.to_string_lossy().into_owned()];
    let flags = [
        ("state", state),
        ("model", model),
        ("lang", lang),
        ("root-selector", root_selector),
        ("pieces", pieces),
        ("package", package),
    ];
    arguments.extend(flags.into_iter().filter_map(|(flag, value)| Some(format!("--{flag}={}", value?))));
    for (flag, values) in [("include", include), ("exclude", exclude)] {
        arguments.extend(values.iter().map(|value| format!("--{flag}={value}")));
    }
    Ok(arguments)
}

/// The path of the first chapter that has been written.
fn first_chapter(items: &[Value]) -> Option<&str> {
    items.iter().find_map(|item| item.get("Chapter")?.get("path")?.as_str())
}

/// Writes the two lines into every page that lacks them: also into the one that stands for pages that are not there.
fn add_boxes(html: &Path) -> Result<()> {
    let walk = Walk::new(&[], &[], vec![html.join("headwater")]).map_err(invalid)?;
    let mut has_any = false;
    for page in walk.files(html).pages.into_iter().filter(|page| page.kind == Kind::Html) {
        let path = html.join(&page.path);
        let bytes = std::fs::read(&path).map_err(|error| failed(&path, &error))?;
        // A file of the book's own that is no page of mdBook's stays as it is.
        let Some(text) = String::from_utf8(bytes).ok().and_then(|text| with_box(&text, &page.path)) else { continue };
        std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        has_any = true;
    }
    if !has_any {
        note(format_args!(
            "headwater: the book's theme has no place that is known: write <headwater-search></headwater-search> into theme/index.hbs, where the box shall stand"
        ));
    }
    Ok(())
}

/// A page with the box, unless it has no place for it.
fn with_box(page: &str, path: &str) -> Option<String> {
    let has_own = page.contains("<headwater-search");
    let place = page.find(PLACE).map(|at| at + PLACE.len());
    let head = page.find("</head>").filter(|_| has_own || place.is_some())?;
    let up = "../".repeat(path.matches('/').count());
    let script = format!("<script type=\"module\" src=\"{up}{SCRIPT}\"></script>");
    let mut page = page.to_owned();
    // From behind: what stands before stays where it is.
    if let Some(place) = place.filter(|_| !has_own) {
        page.insert_str(place, BOX);
    }
    page.insert_str(head, &script);
    Some(page)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidOptions, message.into())
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::StorageFailed, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gets_the_box_where_its_bar_has_room() {
        let page = format!("<html><head></head><body>{PLACE}<a>Print</a></div></body></html>");
        let expected = format!(
            "<html><head><script type=\"module\" src=\"../{SCRIPT}\"></script></head><body>{PLACE}{BOX}<a>Print</a></div></body></html>"
        );
        assert_eq!(with_box(&page, "guide/cats.html"), Some(expected));
    }

    #[test]
    fn a_theme_may_have_the_box_elsewhere_and_a_file_that_is_no_page_has_none() {
        let own = format!("<head></head><p>{BOX}</p>{PLACE}</div>");
        let found = with_box(&own, "cats.html").unwrap();
        assert_eq!(found.matches(BOX).count(), 1);
        assert!(found.starts_with(&format!("<head><script type=\"module\" src=\"{SCRIPT}\">")));
        assert_eq!(with_box("<head></head><p>a list</p>", "toc.html"), None);
        assert_eq!(with_box("a fragment", "part.html"), None);
    }
}
