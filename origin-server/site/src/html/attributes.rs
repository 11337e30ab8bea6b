//! Attributes of elements, by reading them: the tree's own ways make an atom of each name and each class that is asked
//! for, which takes longer than all else that is asked of an element.

use html5ever::{local_name, ns};
use scraper::node::Element;

/// The value of an attribute, as [`Element::attr`] finds it.
pub(crate) fn attr<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let mut attributes = element.attrs.iter();
    let found = attributes.find(|(own, _)| *own.local == *name && own.prefix.is_none() && own.ns == ns!());
    found.map(|(_, value)| &**value)
}

/// The classes of an element, as they stand there: [`Element::classes`] has them sorted.
pub(crate) fn classes(element: &Element) -> impl Iterator<Item = &str> {
    let lists = element.attrs.iter().filter(|(name, _)| name.local == local_name!("class"));
    lists.flat_map(|(_, value)| value.split_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use scraper::Html;

    use super::*;

    const NAMES: [&str; 5] = ["class", "role", "href", "data-x", "xlink:href"];

    proptest! {
        #[test]
        fn what_is_read_is_what_the_tree_says(
            name in prop::sample::select(vec!["p", "a", "svg", "svg><a", "math"]),
            given in prop::collection::vec((prop::sample::select(NAMES.to_vec()), "[a-c \u{a0}\u{c}\n]{0,8}"), 0..5),
        ) {
            let attributes: String = given.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
            let html = Html::parse_document(&format!("<{name}{attributes}>"));
            for element in html.tree.nodes().filter_map(|node| node.value().as_element()) {
                for name in NAMES {
                    prop_assert_eq!(attr(element, name), element.attr(name));
                }
                let both: [BTreeSet<&str>; 2] = [classes(element).collect(), element.classes().collect()];
                prop_assert_eq!(&both[0], &both[1]);
            }
        }
    }
}
