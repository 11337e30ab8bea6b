//! Attributes by which pages say what is searched, and how: `data-headwater-*`, and those of Pagefind, which mean the
//! same (<https://pagefind.app/docs/>).
//!
//! | attribute | what it says |
//! | --- | --- |
//! | `body` | this is the main content; once one page of a site has it, pages without it are left out |
//! | `ignore` | nothing in it is searched; `all`: its other marks do not count either |
//! | `meta="title"` `meta="image[src]"` `meta="date:2026-01-31"` | something to show: a text, an attribute, a value |
//! | `default-meta` | the same where nothing else says it |
//! | `filter="section"` and so on | a value to filter by |
//! | `sort="date"` and so on | a value to sort by |
//! | `weight="2"` | how much words in it count: 0 not at all, above 1 more |
//! | `index-attrs="title,alt"` | attributes whose texts are searched as well |

use std::collections::BTreeMap;

use scraper::node::Element;
use scraper::{Html, Node};

use crate::html::attributes::attr;
use crate::html::content::text_of;
use crate::outline::one_line;
use crate::warnings::Warning;

/// Bytes of a name, as the engine takes them of a field.
const MAX_NAME_BYTES: usize = 64;
/// Characters of a value.
const MAX_VALUE_CHARS: usize = 200;
/// Values of one page in all: they stand in each of its sections.
const MAX_VALUES: usize = 64;
/// Elements of one page whose marks are read: more were made by a script that has gone wrong.
const MAX_MARKED: usize = 4096;
/// Marks that are told of one page.
const MAX_WARNINGS: usize = 16;
/// Names that sections have anyway.
const RESERVED: [&str; 11] =
    ["page", "url", "title", "heading", "trail", "names", "text", "weighted", "lang", "meta", "vectors"];

/// What an attribute says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Body,
    Ignore,
    Meta,
    DefaultMeta,
    Filter,
    Sort,
    Weight,
    IndexAttrs,
}

/// The marks of an element, with their values.
pub(crate) fn marks_of(element: &Element) -> impl Iterator<Item = (Mark, &str)> {
    element.attrs().filter_map(|(name, value)| {
        let rest = name.strip_prefix("data-")?;
        let what = rest.strip_prefix("headwater-").or_else(|| rest.strip_prefix("pagefind-"))?;
        let mark = match what {
            "body" => Mark::Body,
            "ignore" => Mark::Ignore,
            "meta" => Mark::Meta,
            "default-meta" => Mark::DefaultMeta,
            "filter" => Mark::Filter,
            "sort" => Mark::Sort,
            "weight" => Mark::Weight,
            "index-attrs" => Mark::IndexAttrs,
            _ => return None,
        };
        Some((mark, value))
    })
}

/// Texts of attributes that an element wants to have searched.
pub(crate) fn attributes_of(element: &Element) -> impl Iterator<Item = &str> {
    let names = marks_of(element).filter(|(mark, _)| *mark == Mark::IndexAttrs).flat_map(|(_, names)| names.split(','));
    names.filter_map(|name| attr(element, name.trim())).filter(|text| !text.trim().is_empty())
}

/// What the marks of a page say.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) filters: BTreeMap<String, Vec<String>>,
    pub(crate) sorts: BTreeMap<String, String>,
    pub(crate) meta: BTreeMap<String, String>,
    pub(crate) defaults: BTreeMap<String, String>,
    pub(crate) warnings: Vec<Warning>,
    values: usize,
}

impl Found {
    /// Adds a value to filter by; one that is there already does not count twice.
    pub(crate) fn filter(&mut self, name: &str, value: &str) {
        if let Some((name, value)) = self.taken(name, value)
            && let values = self.filters.entry(name).or_default()
            && !values.contains(&value)
        {
            values.push(value);
        }
    }

    /// Adds a value to sort by; the first one counts.
    pub(crate) fn sort(&mut self, name: &str, value: &str) {
        if let Some((name, value)) = self.taken(name, value) {
            self.sorts.entry(name).or_insert(value);
        }
    }

    /// Adds something to show; the first one counts.
    pub(crate) fn meta(&mut self, name: &str, value: &str) {
        let name = one_line(name, MAX_NAME_BYTES);
        let value = one_line(value, MAX_VALUE_CHARS * 2);
        if !name.is_empty() && !value.is_empty() && self.meta.len() < MAX_VALUES {
            self.meta.entry(name).or_insert(value);
        }
    }

    fn taken(&mut self, name: &str, value: &str) -> Option<(String, String)> {
        let (name, value) = (name.trim(), one_line(value, MAX_VALUE_CHARS));
        let why = if name.is_empty() || name.len() > MAX_NAME_BYTES - 1 || name.chars().any(char::is_control) {
            "a name has 1 to 63 bytes, and no control characters"
        } else if name.starts_with('$') {
            "a name does not begin with $"
        } else if self.values >= MAX_VALUES {
            "a page has at most 64 values to filter and sort by"
        } else if value.is_empty() {
            return None;
        } else {
            self.values += 1;
            let taken = RESERVED.contains(&name);
            return Some((if taken { format!("{name}_") } else { name.to_owned() }, value));
        };
        let warning = Warning::Mark { text: one_line(name, MAX_NAME_BYTES), why };
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
        None
    }
}

/// The marks of a page under way.
pub(crate) struct Marks(Found);

impl Marks {
    /// What is known before counts first.
    pub(crate) const fn new(given: Found) -> Self {
        Self(given)
    }

    /// Reads all marks of a page, within its content and without.
    pub(crate) fn collect(&mut self, html: &Html) {
        let mut left = MAX_MARKED;
        for node in html.tree.root().descendants() {
            let Node::Element(element) = node.value() else { continue };
            let mut marks = marks_of(element).peekable();
            if marks.peek().is_none() {
                continue;
            }
            let Some(rest) = left.checked_sub(1) else { return };
            left = rest;
            let is_said = !node.ancestors().any(ignores_all) && !ignores_all(node);
            for (mark, value) in marks.filter(|_| is_said) {
                let found = &mut self.0;
                match mark {
                    Mark::Filter => each(value, node, element, |name, value| found.filter(name, value)),
                    Mark::Sort => each(value, node, element, |name, value| found.sort(name, value)),
                    Mark::Meta => each(value, node, element, |name, value| found.meta(name, value)),
                    Mark::DefaultMeta => each(value, node, element, |name, value| {
                        found.defaults.entry(one_line(name, MAX_NAME_BYTES)).or_insert_with(|| one_line(value, 400));
                    }),
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn into_found(mut self) -> Found {
        for (name, value) in std::mem::take(&mut self.0.defaults) {
            self.0.meta(&name, &value);
        }
        self.0
    }
}

fn ignores_all(node: ego_tree::NodeRef<'_, Node>) -> bool {
    node.value().as_element().is_some_and(|e| marks_of(e).any(|(mark, v)| mark == Mark::Ignore && v.trim() == "all"))
}

/// Calls back for each part of `section, date[datetime], author:Jane Doe`: a name with the text of the element, with an
/// attribute of it, or with a value, which goes to the end and so may have commas.
fn each(spec: &str, node: ego_tree::NodeRef<'_, Node>, element: &Element, mut take: impl FnMut(&str, &str)) {
    let mut rest = spec;
    while !rest.trim().is_empty() {
        let end = rest.find([',', ':']).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if let Some(value) = after.strip_prefix(':') {
            take(part.trim(), value);
            return;
        }
        rest = after.strip_prefix(',').unwrap_or_default();
        match part.trim().strip_suffix(']').and_then(|part| part.split_once('[')) {
            Some((name, attribute)) => take(name.trim(), attr(element, attribute.trim()).unwrap_or_default()),
            None if part.trim().is_empty() => {}
            None => take(part.trim(), &text_of(node)),
        }
    }
}
