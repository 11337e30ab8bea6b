//! What an entry of a reference is called, apart from its signature. People look up `push` and `os.path.join`: what is
//! called so should come before what only speaks of it.

use scraper::node::Element;

use super::NodeRef;
use super::attributes::classes;
use super::content::text_of;

/// Kinds of anchors by which rustdoc links what a type has, newer versions and older ones.
const OF_TYPES: [&str; 5] = ["method", "tymethod", "variant", "associatedconstant", "associatedtype"];

/// Names of what Sphinx lists: its own, and with what it belongs to, as its anchor has it.
pub(super) fn of_entry(entry: NodeRef<'_>, id: &str) -> Vec<String> {
    let is_name = |node: &NodeRef<'_>| {
        node.value().as_element().is_some_and(|e| classes(e).any(|class| matches!(class, "sig-name" | "descname")))
    };
    let Some(name) = entry.descendants().find(is_name).map(text_of).filter(|name| !name.is_empty()) else {
        return Vec::new();
    };
    // Anchors of other languages than Python begin with the language.
    let whole = id.strip_prefix("c.").unwrap_or(id);
    let whole = (whole.ends_with(&name) && whole != name).then(|| whole.to_owned());
    [name].into_iter().chain(whole).collect()
}

/// The module that an anchor of Sphinx stands for.
pub(super) fn of_module(id: &str) -> Option<&str> {
    id.strip_prefix("module-").filter(|name| !name.is_empty())
}

/// Names of the item that a page of rustdoc is about: its own, and its path.
pub(super) fn of_item(heading: NodeRef<'_>, title: &str) -> Vec<String> {
    let parent = heading.parent().and_then(|parent| parent.value().as_element());
    if !parent.is_some_and(|parent| classes(parent).any(|class| class == "main-heading")) {
        return Vec::new();
    }
    let path = title.rsplit(' ').next().unwrap_or(title);
    let name = last_of(path);
    [name].into_iter().chain((name != path).then_some(path)).map(str::to_owned).collect()
}

/// Names of what rustdoc links by an anchor on the page of a type: its own, and with its type.
pub(super) fn of_part(anchor: &str, title: &str) -> Vec<String> {
    let Some((kind, name)) = anchor.split_once('.') else { return Vec::new() };
    if !OF_TYPES.contains(&kind) || name.is_empty() {
        return Vec::new();
    }
    // The second one of a name has a number.
    let name = name.split_once('-').map_or(name, |(name, _)| name);
    let owner = title.rsplit(' ').next().map_or("", last_of);
    vec![name.to_owned(), format!("{owner}::{name}")]
}

/// Whether a heading of rustdoc repeats what the page of a trait says of its method: each type that has the trait has
/// it, and a section for each would bury the one that is meant.
pub(super) fn is_repeated(heading: NodeRef<'_>) -> bool {
    let parent = heading.parent().and_then(|parent| parent.value().as_element());
    parent.is_some_and(|parent: &Element| parent.id().is_some() && classes(parent).any(|class| class == "trait-impl"))
}

fn last_of(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}
