//! What the main content of a page is.

use scraper::node::Element;
use scraper::{ElementRef, Html, Node, Selector};

use super::NodeRef;
use super::attributes::{attr, classes};
use super::dropped::is_hidden;
use super::head::lang_of;
use crate::marks::{Mark, marks_of};

/// A CSS selector of what counts as main content.
#[derive(Debug)]
pub struct Roots(Selector);

impl Roots {
    /// Parses it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(selector: &str) -> Result<Self, String> {
        Selector::parse(selector).map(Self).map_err(|error| error.to_string())
    }
}

/// By which names the content goes, the surest first. A page's own marks and a given selector come before.
const NAMES: [(&str, &[&str]); 3] = [
    ("", &["main", "article"]),
    ("#", &["content", "main-content", "main", "page-content", "primary"]),
    (
        ".",
        &[
            "content",
            "main-content",
            "markdown-body",
            "post-content",
            "entry-content",
            "page-content",
            "rst-content",
            "md-content",
            "document",
            "body",
            "post",
            "markdown",
        ],
    ),
];

/// The main content.
pub(super) struct Main<'a> {
    pub(super) found: Vec<NodeRef<'a>>,
    /// Nothing names it: it is all of the page.
    pub(super) is_whole: bool,
    /// The page has marked it.
    pub(super) is_marked: bool,
    /// The page is marked to be ignored.
    pub(super) is_ignored: bool,
    /// The language that it is in, where it has one of its own.
    pub(super) lang: Option<String>,
}

impl Main<'_> {
    /// Whether it is an index that Sphinx has made.
    pub(super) fn is_listing(&self) -> bool {
        let is_index = |node: NodeRef<'_>| {
            let element = node.value().as_element();
            element.is_some_and(|element| {
                classes(element).any(|class| matches!(class, "genindextable" | "modindextable" | "indextable"))
            })
        };
        self.found.iter().any(|root| root.descendants().any(is_index))
    }
}

/// Finds it. Of several places that match, those within others do not count twice.
pub(super) fn of<'a>(html: &'a Html, given: Option<&Roots>) -> Main<'a> {
    let (mut is_ignored, mut marked) = (false, Vec::new());
    for (node, element) in elements(html) {
        let (mut is_body, mut is_left_out) = (false, false);
        for (mark, _) in marks_of(element) {
            is_body |= mark == Mark::Body;
            is_left_out |= mark == Mark::Ignore;
        }
        is_ignored |= is_left_out && matches!(element.name(), "html" | "body");
        marked.extend(is_body.then_some(node));
    }
    let of_mark = outermost(marked.into_iter());
    let is_marked = !of_mark.is_empty();
    let mut found = of_mark;
    if found.is_empty()
        && let Some(Roots(selector)) = given
    {
        found = outermost(html.select(selector).map(|element| *element));
    }
    if found.is_empty() {
        found = by_name(html).into_iter().collect();
    }
    let is_whole = found.is_empty();
    if is_whole {
        let body = elements(html).find(|(_, element)| element.name() == "body").map(|(node, _)| node);
        found = vec![body.unwrap_or_else(|| html.tree.root())];
    }
    let lang = found.first().and_then(|root| {
        let own = |node: NodeRef<'_>| node.value().as_element().filter(|e| e.name() != "html").and_then(lang_of);
        own(*root).or_else(|| root.ancestors().find_map(own))
    });
    Main { found, is_whole, is_marked, is_ignored, lang }
}

/// Those in the document, in its order. Parsing leaves some that are not in it.
fn elements(html: &Html) -> impl Iterator<Item = (NodeRef<'_>, &Element)> {
    html.tree.root().descendants().filter_map(|node| node.value().as_element().map(|element| (node, element)))
}

fn outermost<'a>(found: impl Iterator<Item = NodeRef<'a>>) -> Vec<NodeRef<'a>> {
    let mut outermost: Vec<NodeRef<'a>> = Vec::new();
    for node in found {
        // In the order of the document what holds another comes before it, and the last one is the nearest.
        let is_within = outermost.last().is_some_and(|last| node.ancestors().any(|above| above.id() == last.id()));
        if !is_within {
            outermost.push(node);
        }
    }
    outermost
}

/// The first one with text that the surest name finds.
fn by_name(html: &Html) -> Option<NodeRef<'_>> {
    let mut best: Option<(usize, NodeRef<'_>)> = None;
    for (node, element) in elements(html) {
        let Some(rank) = rank(element).filter(|rank| best.is_none_or(|(other, _)| *rank < other)) else { continue };
        if !is_hidden(element) && has_text(node) {
            best = Some((rank, node));
            if rank == 0 {
                break;
            }
        }
    }
    let (_, found) = best?;
    let is_alone = |node: &NodeRef<'_>| node.value().as_element().is_some_and(|e| e.name() == "article");
    let mut articles = found.descendants().filter(is_alone);
    // One article in it is what it is about; what stands beside it are lists and tools.
    match (articles.next(), articles.next()) {
        (Some(article), None) if has_heading(article) => Some(article),
        _ => Some(found),
    }
}

fn has_heading(node: NodeRef<'_>) -> bool {
    node.descendants().any(|below| below.value().as_element().is_some_and(|e| e.name() == "h1"))
}

fn rank(element: &Element) -> Option<usize> {
    if element.name() == "main" || attr(element, "role").is_some_and(|role| role.eq_ignore_ascii_case("main")) {
        return Some(0);
    }
    let mut rank = 0;
    for (kind, names) in NAMES {
        for name in names {
            rank += 1;
            let is_it = match kind {
                "" => element.name() == *name,
                "#" => element.id() == Some(name),
                _ => element.name() != "body" && classes(element).any(|class| class == *name),
            };
            if is_it {
                return Some(rank);
            }
        }
    }
    None
}

fn has_text(node: NodeRef<'_>) -> bool {
    node.descendants().any(|below| match below.value() {
        Node::Text(text) => {
            let is_code = |parent: NodeRef<'_>| {
                ElementRef::wrap(parent).is_some_and(|e| matches!(e.value().name(), "script" | "style" | "template"))
            };
            !text.trim().is_empty() && !below.parent().is_some_and(is_code)
        }
        _ => false,
    })
}
