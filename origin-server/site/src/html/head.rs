//! What a page says of itself as a whole.

use scraper::node::Element;
use scraper::{Html, Node};

use super::attributes::{attr, classes};

/// What stands in a page's head, or anywhere where it belongs there.
#[derive(Debug, Default)]
pub(super) struct Head<'a> {
    pub(super) title: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) canonical: Option<&'a str>,
    pub(super) is_redirect: bool,
    pub(super) is_noindex: bool,
    /// An index, a search page, or a listing of sources, made by a generator.
    pub(super) is_listing: bool,
}

impl<'a> Head<'a> {
    pub(super) fn of(html: &'a Html) -> Self {
        let (mut head, mut shared) = (Self::default(), None);
        for node in html.tree.nodes() {
            let Node::Element(element) = node.value() else { continue };
            match element.name() {
                "html" => head.lang = head.lang.take().or_else(|| lang_of(element)),
                "title" if head.title.is_none() && !within_drawing(node) => {
                    let text: String =
                        node.children().filter_map(|child| child.value().as_text()).map(|text| &**text).collect();
                    head.title = Some(text).filter(|text| !text.trim().is_empty());
                }
                "meta" => head.meta(element, &mut shared),
                "link" => head.link(element),
                // rustdoc's listings of sources.
                "body" => {
                    let is = |class| classes(element).any(|c| c == class);
                    head.is_listing |= is("rustdoc") && (is("src") || is("source"));
                }
                _ => {}
            }
        }
        head.title = head.title.or(shared);
        head
    }

    fn meta(&mut self, element: &'a Element, shared: &mut Option<String>) {
        let content = attr(element, "content").unwrap_or_default();
        let lower = content.to_ascii_lowercase();
        if attr(element, "http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh")) {
            self.is_redirect |= lower.contains("url");
        }
        let name = attr(element, "name").or_else(|| attr(element, "property")).unwrap_or_default().to_ascii_lowercase();
        match name.as_str() {
            "robots" | "googlebot" => {
                self.is_noindex |= lower.split(',').any(|word| matches!(word.trim(), "noindex" | "none"));
            }
            "og:title" if !content.trim().is_empty() => *shared = Some(content.to_owned()),
            _ => {}
        }
    }

    fn link(&mut self, element: &'a Element) {
        let href = attr(element, "href").unwrap_or_default();
        for rel in attr(element, "rel").unwrap_or_default().split_ascii_whitespace() {
            match rel.to_ascii_lowercase().as_str() {
                "canonical" if !href.trim().is_empty() => self.canonical = self.canonical.or(Some(href)),
                // Sphinx has each page name the index and the search page, and these name themselves.
                "index" | "search" if href == "#" => self.is_listing = true,
                _ => {}
            }
        }
    }
}

fn within_drawing(node: super::NodeRef<'_>) -> bool {
    node.ancestors().any(|above| above.value().as_element().is_some_and(|element| element.name() == "svg"))
}

/// The language that an element declares: its first subtag. What is no tag, such as a template that was not filled in,
/// declares none.
pub(super) fn lang_of(element: &Element) -> Option<String> {
    let tag = attr(element, "lang").or_else(|| attr(element, "xml:lang"))?;
    primary(tag)
}

/// The first subtag of a language tag.
pub(crate) fn primary(tag: &str) -> Option<String> {
    let first = tag.trim().split(['-', '_']).next()?;
    let is_language = (2..=3).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_alphabetic());
    is_language.then(|| first.to_ascii_lowercase()).filter(|first| first != "und")
}
