//! Headings and texts of the main content, in the order of the page.

use ego_tree::NodeId;
use scraper::Node;
use scraper::node::Element;

use super::attributes::{attr, classes};
use super::dropped::is_dropped;
use super::{Go, NodeRef, names, walk};
use crate::marks::{Mark, attributes_of, marks_of};
use crate::outline::{Outline, Text};

/// Bytes of a heading or value, about: more is not kept of it.
const MAX_TEXT_BYTES: usize = 8 * 1024;

/// What is written of a root.
struct Writer<'a, 'o> {
    outline: &'o mut Outline,
    in_page: bool,
    /// The nearest id before: where a heading without one is linked.
    last_id: Option<&'a str>,
    /// The module that the next heading is about.
    module: Option<&'a str>,
    /// Elements whose white space counts, around what is read.
    preformatted: usize,
    /// Weights of the elements around, of those that set one.
    weights: Vec<(NodeId, f32)>,
    /// Lists of entries around, and where text goes on behind each.
    lists: Vec<(NodeId, usize)>,
}

/// Writes a root into the outline.
pub(super) fn write<'a>(root: NodeRef<'a>, in_page: bool, outline: &mut Outline) {
    let writer = Writer {
        outline,
        in_page,
        last_id: None,
        module: None,
        preformatted: 0,
        weights: Vec::new(),
        lists: Vec::new(),
    };
    // Both ways change it, one after the other.
    let writer = std::cell::RefCell::new(writer);
    walk(
        root,
        |node| if writer.borrow_mut().enter(node) { Go::In } else { Go::Past },
        |node| writer.borrow_mut().leave(node),
    );
    writer.into_inner().outline.end_line();
}

impl<'a> Writer<'a, '_> {
    /// Whether what the node holds is to be read.
    fn enter(&mut self, node: NodeRef<'a>) -> bool {
        match node.value() {
            Node::Text(text) => {
                let weight = self.weights.last().map_or(1.0, |(_, weight)| *weight);
                match (weight > 0.0, self.preformatted > 0) {
                    (false, _) => {}
                    (true, true) => self.outline.push_lines(text, weight > 1.0),
                    (true, false) => self.outline.push(text, weight > 1.0),
                }
                false
            }
            Node::Element(element) => self.enter_element(node, element),
            _ => false,
        }
    }

    fn enter_element(&mut self, node: NodeRef<'a>, element: &'a Element) -> bool {
        // Before all else: a heading inside may be dropped for its sign, but its place is one.
        if is_dropped(node, element, self.in_page) {
            return false;
        }
        if let Some(weight) = weight_of(element) {
            self.weights.push((node.id(), weight));
        }
        if let Some(level) = level_of(element).filter(|_| !names::is_repeated(node)) {
            self.begin_heading(node, element, level);
            return false;
        }
        if let Some(id) = id_of(element) {
            self.last_id = Some(id);
            self.module = names::of_module(id).or(self.module);
            if is_entry(element, id) {
                self.begin_entry(node, id);
                return false;
            }
        }
        match element.name() {
            "pre" => self.preformatted += 1,
            "td" | "th" => self.outline.end_word(),
            _ => {}
        }
        if is_block(element.name()) {
            self.outline.end_line();
        }
        self.write_attributes(element);
        true
    }

    fn begin_heading(&mut self, node: NodeRef<'a>, element: &'a Element, level: u8) {
        let anchor = anchor_of(node, element).or(self.last_id);
        self.last_id = anchor;
        let heading = text_of(node);
        self.outline.heading(level, &heading, anchor.map(str::to_owned));
        let title = self.outline.title().unwrap_or_default();
        let mut named = anchor.map_or_else(Vec::new, |anchor| names::of_part(anchor, title));
        named.extend(names::of_item(node, &heading));
        named.extend(self.module.take().filter(|module| heading.contains(module)).map(str::to_owned));
        self.outline.name(named);
        self.write_attributes(element);
    }

    /// What the list defines gets a section of its own, as Sphinx gives it a link.
    fn begin_entry(&mut self, node: NodeRef<'a>, id: &str) {
        let list = node.parent().map_or_else(|| node.id(), |parent| parent.id());
        let within = match self.lists.last() {
            Some((of, place)) if *of == list => *place,
            _ => {
                let place = self.outline.place();
                self.lists.push((list, place));
                place
            }
        };
        self.outline.entry(&text_of(node), id.to_owned(), within);
        self.outline.name(names::of_entry(node, id));
    }

    fn write_attributes(&mut self, element: &'a Element) {
        for text in attributes_of(element) {
            self.outline.end_word();
            self.outline.push(text, false);
            self.outline.end_word();
        }
    }

    fn leave(&mut self, node: NodeRef<'a>) {
        let Node::Element(element) = node.value() else { return };
        if self.weights.last().is_some_and(|(of, _)| *of == node.id()) {
            self.weights.pop();
        }
        if self.lists.last().is_some_and(|(list, _)| *list == node.id())
            && let Some((_, place)) = self.lists.pop()
        {
            self.outline.go_on(place);
        }
        match element.name() {
            // One that was dropped was not entered, and has added nothing.
            "pre" if !is_dropped(node, element, self.in_page) => {
                self.preformatted = self.preformatted.saturating_sub(1)
            }
            "td" | "th" => self.outline.end_word(),
            "br" => self.outline.end_line(),
            name if is_block(name) => self.outline.end_line(),
            _ => {}
        }
    }
}

/// The beginning of the text of an element in one line, without what is dropped in it: as much as a heading or a value
/// has.
pub(crate) fn text_of(root: NodeRef<'_>) -> String {
    let mut text = Text::default();
    let enter = |node: NodeRef<'_>| match node.value() {
        _ if text.len() > MAX_TEXT_BYTES => Go::Stop,
        Node::Text(part) => {
            text.push(part);
            Go::Past
        }
        Node::Element(element) => {
            if is_block(element.name()) || element.name() == "br" {
                text.end_word();
            }
            if is_dropped(node, element, false) { Go::Past } else { Go::In }
        }
        _ => Go::Past,
    };
    walk(root, enter, |_| {});
    text.into_text()
}

/// What Sphinx lists with an anchor of its own: functions, classes, options, terms of a glossary.
fn is_entry(element: &Element, id: &str) -> bool {
    element.name() == "dt" && (classes(element).any(|class| class == "sig") || id.starts_with("term-"))
}

fn level_of(element: &Element) -> Option<u8> {
    match element.name() {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ if attr(element, "role") == Some("heading") => attr(element, "aria-level")
            .map_or(Some(2), |level| level.trim().parse().ok().filter(|l| (1..=6).contains(l))),
        _ => None,
    }
}

/// The anchor that a heading has itself: its id, that of what stands in it, or what its link to itself names.
fn anchor_of<'a>(heading: NodeRef<'a>, element: &'a Element) -> Option<&'a str> {
    let below = || heading.descendants().filter_map(|node| node.value().as_element());
    let named = |href: &'a str| href.strip_prefix('#').filter(|id| !id.is_empty() && !id.contains('%'));
    id_of(element)
        .or_else(|| below().find_map(id_of))
        .or_else(|| below().filter_map(|e| attr(e, "href")).find_map(named))
}

fn id_of(element: &Element) -> Option<&str> {
    let name = if element.name() == "a" { attr(element, "name") } else { None };
    element.id().or(name).filter(|id| !id.is_empty())
}

/// Pagefind's weights go from 0 to 10, and 1 is usual.
fn weight_of(element: &Element) -> Option<f32> {
    let (_, weight) = marks_of(element).find(|(mark, _)| *mark == Mark::Weight)?;
    weight.trim().parse().ok().filter(|weight: &f32| weight.is_finite())
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "main"
            | "header"
            | "aside"
            | "blockquote"
            | "pre"
            | "table"
            | "caption"
            | "tr"
            | "thead"
            | "tbody"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "figure"
            | "figcaption"
            | "details"
            | "summary"
            | "form"
            | "fieldset"
            | "legend"
            | "address"
            | "hr"
            | "hgroup"
            | "center"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
    )
}
