//! What within the main content is not content: navigation, tools, what is hidden, and the signs by which generators
//! link headings to themselves.

use scraper::Node;
use scraper::node::Element;

use super::NodeRef;
use super::attributes::{attr, classes};
use crate::marks::{Mark, marks_of};

/// Signs of links from a heading to itself.
const SIGNS: [&str; 9] = ["¶", "#", "§", "🔗", "\u{200b}", "", "^", "∞", "\u{f0c1}"];

/// Whether nothing in an element is content. `in_page`: the content is all of the page, so that its head and foot are
/// in it.
pub(super) fn is_dropped(node: NodeRef<'_>, element: &Element, in_page: bool) -> bool {
    match element.name() {
        "script" | "style" | "template" | "noscript" | "nav" | "footer" | "button" | "svg" | "iframe" | "select"
        | "textarea" | "input" | "object" | "embed" | "canvas" | "video" | "audio" | "dialog" | "head" | "title"
        | "annotation" | "menu" => return true,
        "header" if in_page || !has_heading(node) => return true,
        "aside" if !is_admonition(element) => return true,
        "a" if is_sign(node) => return true,
        _ => {}
    }
    // Most have none, and so nothing of what follows.
    if element.attrs.is_empty() {
        return false;
    }
    is_hidden(element)
        || has_role(element)
        || classes(element).any(is_tool)
        || is_listed(element)
        || marks_of(element).any(|(mark, _)| mark == Mark::Ignore)
}

/// Whether readers do not see it.
pub(super) fn is_hidden(element: &Element) -> bool {
    element.attrs().any(|(name, value)| match name {
        // What is found opens it.
        "hidden" => !value.eq_ignore_ascii_case("until-found"),
        "aria-hidden" => value.eq_ignore_ascii_case("true"),
        "style" => {
            let mut rules = value.split(';').filter_map(|rule| rule.split_once(':'));
            rules.any(|(what, how)| {
                let (what, how) = (what.trim(), how.trim_start());
                what.eq_ignore_ascii_case("display") && how.get(..4).is_some_and(|how| how.eq_ignore_ascii_case("none"))
            })
        }
        _ => false,
    })
}

fn has_role(element: &Element) -> bool {
    attr(element, "role").is_some_and(|role| {
        matches!(
            role,
            "navigation"
                | "search"
                | "banner"
                | "contentinfo"
                | "complementary"
                | "menu"
                | "menubar"
                | "toolbar"
                | "dialog"
                | "alertdialog"
                | "tablist"
                | "button"
                | "doc-toc"
        )
    })
}

/// Names that generators and themes give to what is no content.
fn is_tool(class: &str) -> bool {
    matches!(
        class,
        // Links from a heading to itself.
        "headerlink" | "header-anchor" | "hash-link" | "heading-anchor" | "anchor-link" | "anchorjs-link" | "permalink"
            | "sl-anchor-link" | "heading-link" | "anchorlink"
            // Tables of contents, and ways to other pages.
            | "toc" | "table-of-contents" | "tableOfContents" | "toctree-wrapper" | "sphinxsidebar" | "related"
            | "breadcrumb" | "breadcrumbs" | "theme-doc-breadcrumbs" | "theme-doc-toc-mobile" | "pagination-nav"
            | "page-navigation" | "prev-next-area" | "prev-next-footer" | "rst-breadcrumbs-buttons" | "rst-footer-buttons"
            | "nav-wrapper" | "nav-wide-wrapper" | "md-sidebar" | "md-path" | "menu-bar" | "sidebar" | "skip-link"
            | "theme-doc-footer" | "theme-edit-this-page" | "md-source-file" | "md-content__button" | "edit-page"
            | "VPDocFooter" | "VPDocAside"
            // What copies code, and numbers its lines.
            | "copybtn" | "copy-btn" | "copy-button" | "clip-button" | "buttons" | "linenos" | "lineno"
            | "line-numbers" | "line-numbers-wrapper" | "rouge-gutter" | "gutter" | "lntd-numbers" | "copybutton"
            // Said to screen readers beside what is shown.
            | "sr-only" | "visually-hidden" | "screen-reader-text"
            // rustdoc: links to sources, and what its script shows.
            | "srclink" | "rightside" | "sub-menu" | "out-of-band" | "rustdoc-toolbar" | "search-results"
    )
}

/// rustdoc repeats in each type what all types have.
fn is_listed(element: &Element) -> bool {
    element.id().is_some_and(|id| {
        matches!(
            id,
            "blanket-implementations-list"
                | "synthetic-implementations-list"
                | "blanket-implementations"
                | "synthetic-implementations"
                | "rustdoc-modnav"
                | "rustdoc-toc"
        )
    })
}

/// Notes and tips, which some generators write as asides.
fn is_admonition(element: &Element) -> bool {
    let names =
        ["admonition", "callout", "note", "tip", "warning", "caution", "danger", "important", "starlight-aside"];
    classes(element).any(|class| names.iter().any(|name| class.eq_ignore_ascii_case(name)))
}

fn has_heading(node: NodeRef<'_>) -> bool {
    let is_heading = |below: NodeRef<'_>| {
        below.value().as_element().is_some_and(|e| matches!(e.name(), "h1" | "h2" | "h3" | "h4" | "h5" | "h6"))
    };
    node.descendants().any(is_heading)
}

/// Whether a link to the same page says nothing but a sign. One without a target is a place, not a link.
fn is_sign(node: NodeRef<'_>) -> bool {
    let Some(href) = node.value().as_element().and_then(|element| attr(element, "href")) else { return false };
    if !href.starts_with('#') {
        return false;
    }
    let mut text = String::new();
    for below in node.descendants() {
        match below.value() {
            Node::Text(part) => text.push_str(part),
            Node::Element(element) if matches!(element.name(), "img") => return false,
            _ => {}
        }
        if text.len() > 16 {
            return false;
        }
    }
    SIGNS.contains(&text.trim())
}
