//! Headings and texts in the order of a page, as sections.
//!
//! Owns: white space, and which heading stands above which. Does not own: what of a page counts.

use std::collections::{HashMap, HashSet};

use crate::address::of_anchor;
use crate::cut::parts;
use crate::page::Section;
use crate::warnings::Warning;

/// Characters of a heading or title at most: what is longer is a paragraph in the wrong element.
pub(crate) const MAX_HEADING_CHARS: usize = 300;
/// Headings above each other at most.
const MAX_TRAIL: usize = 12;
/// Sections of a page at most; the headings of further ones are text of the last.
const MAX_SECTIONS: usize = 20_000;
/// Names of a section at most.
const MAX_NAMES: usize = 4;
/// Bytes of a point's id at most, as the engine takes them.
const MAX_ID_BYTES: usize = 512;

/// A text under way, in which white space is one blank and blocks are lines.
#[derive(Debug, Default)]
pub(crate) struct Text {
    text: String,
    gap: Gap,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Blank,
    Line,
}

impl Text {
    /// Text in which white space is one blank.
    pub(crate) fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some(end) = rest.find(is_blank) {
            let (word, after) = rest.split_at(end);
            self.word(word);
            self.gap = self.gap.max(Gap::Blank);
            rest = after.trim_start_matches(is_blank);
        }
        self.word(rest);
    }

    /// Text whose lines are lines.
    pub(crate) fn push_lines(&mut self, text: &str) {
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                self.end_line();
            }
            self.push(line);
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        match self.gap {
            _ if self.text.is_empty() => {}
            Gap::None => {}
            Gap::Blank => self.text.push(' '),
            Gap::Line => self.text.push('\n'),
        }
        self.gap = Gap::None;
        self.text.push_str(word);
    }

    /// What follows is another word.
    pub(crate) fn end_word(&mut self) {
        self.gap = self.gap.max(Gap::Blank);
    }

    /// What follows is another line.
    pub(crate) fn end_line(&mut self) {
        self.gap = Gap::Line;
    }

    /// Its bytes so far.
    pub(crate) const fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// As HTML has it; a no-break space is one that readers see as a blank.
fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{a0}'
}

/// A text of one line, of so many characters at most.
pub(crate) fn one_line(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default().trim_end()),
        None => line,
    }
}

#[derive(Debug, Default)]
struct Draft {
    level: u8,
    above: Option<usize>,
    anchor: Option<String>,
    heading: String,
    names: Vec<String>,
    text: Text,
    weighted: Text,
}

/// The sections of a page under way.
#[derive(Debug)]
pub(crate) struct Outline {
    drafts: Vec<Draft>,
    current: usize,
    /// The heading of the page itself.
    title: Option<String>,
}

impl Outline {
    pub(crate) fn new() -> Self {
        Self { drafts: vec![Draft::default()], current: 0, title: None }
    }

    /// A heading. The first one of the page is its title, when it is of the first level: what follows it stands before
    /// all others.
    pub(crate) fn heading(&mut self, level: u8, heading: &str, anchor: Option<String>) {
        let heading = one_line(heading, MAX_HEADING_CHARS);
        if heading.is_empty() {
            return;
        }
        if level == 1 && self.title.is_none() {
            self.title = Some(heading.clone());
            if self.drafts.len() == 1 {
                self.current = 0;
                self.end_line();
                return;
            }
        }
        let mut above = Some(self.drafts.len() - 1).filter(|&last| last > 0);
        while let Some(draft) = above.and_then(|place| self.drafts.get(place))
            && draft.level >= level
        {
            above = draft.above;
        }
        self.begin(level, above, heading, anchor);
    }

    /// What a list of definitions defines, with an anchor of its own: a heading below what it stands in. Returns where
    /// the text before goes on when the list has ended.
    pub(crate) fn entry(&mut self, heading: &str, anchor: String, within: usize) {
        let heading = one_line(heading, MAX_HEADING_CHARS);
        if !heading.is_empty() {
            let level = self.drafts.get(within).map_or(7, |draft| draft.level.saturating_add(1).max(7));
            self.begin(level, Some(within).filter(|&place| place > 0), heading, Some(anchor));
        }
    }

    fn begin(&mut self, level: u8, above: Option<usize>, heading: String, anchor: Option<String>) {
        if self.drafts.len() >= MAX_SECTIONS {
            self.end_line();
            self.push(&heading, false);
            self.end_line();
            return;
        }
        self.current = self.drafts.len();
        self.drafts.push(Draft { level, above, anchor, heading, ..Draft::default() });
    }

    /// What the heading or entry that has just begun is called.
    pub(crate) fn name(&mut self, names: Vec<String>) {
        if let Some(draft) = self.drafts.get_mut(self.current) {
            for name in names.iter().map(|name| one_line(name, MAX_HEADING_CHARS)) {
                if draft.names.len() < MAX_NAMES && !draft.names.contains(&name) {
                    draft.names.push(name);
                }
            }
        }
    }

    /// Where text goes now.
    pub(crate) const fn place(&self) -> usize {
        self.current
    }

    /// Text goes there again.
    pub(crate) fn go_on(&mut self, place: usize) {
        self.current = place;
        self.end_line();
    }

    /// The heading that is the page's title.
    pub(crate) fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn texts(&mut self, is_weighted: bool) -> impl Iterator<Item = &mut Text> {
        let draft = self.drafts.get_mut(self.current);
        draft.into_iter().flat_map(move |draft| {
            [Some(&mut draft.text), Some(&mut draft.weighted).filter(|_| is_weighted)].into_iter().flatten()
        })
    }

    pub(crate) fn push(&mut self, text: &str, is_weighted: bool) {
        self.texts(is_weighted).for_each(|into| into.push(text));
    }

    pub(crate) fn push_lines(&mut self, text: &str, is_weighted: bool) {
        self.texts(is_weighted).for_each(|into| into.push_lines(text));
    }

    pub(crate) fn end_word(&mut self) {
        self.texts(true).for_each(Text::end_word);
    }

    pub(crate) fn end_line(&mut self) {
        self.texts(true).for_each(Text::end_line);
    }

    /// The sections of the page at a URL, each with an id of its own, and anchors that there are several of.
    pub(crate) fn into_sections(mut self, page: &str, title: &str) -> (Vec<Section>, Vec<Warning>) {
        let (mut sections, mut warnings) = (Vec::new(), Vec::new());
        let (mut ids, mut anchors) = (Ids::default(), HashSet::new());
        for place in 0..self.drafts.len() {
            let trail = self.trail(place, title);
            let Some(draft) = self.drafts.get_mut(place) else { continue };
            let text = std::mem::take(&mut draft.text).into_text();
            let weighted = std::mem::take(&mut draft.weighted).into_text();
            let mut names = std::mem::take(&mut draft.names);
            let url = draft.anchor.as_deref().map_or_else(|| page.to_owned(), |anchor| of_anchor(page, anchor));
            if let Some(anchor) = &draft.anchor
                && !anchors.insert(anchor.clone())
                && warnings.is_empty()
            {
                warnings.push(Warning::DuplicateAnchor(anchor.clone()));
            }
            for part in parts(&text) {
                sections.push(Section {
                    id: ids.unused(&url),
                    url: url.clone(),
                    heading: (place > 0).then(|| draft.heading.clone()),
                    trail: trail.clone(),
                    // With the first part alone: it is where the name is explained.
                    names: std::mem::take(&mut names),
                    text: part.to_owned(),
                    // Whole with the first part: it is short where it is of use.
                    weighted: parts(&weighted).first().copied().unwrap_or_default().to_owned(),
                });
            }
        }
        (sections, warnings)
    }

    fn trail(&self, place: usize, title: &str) -> Vec<String> {
        let mut trail = Vec::new();
        let mut at = Some(place).filter(|&place| place > 0);
        while let Some(draft) = at.and_then(|place| self.drafts.get(place)) {
            if trail.len() < MAX_TRAIL {
                trail.push(draft.heading.clone());
            }
            at = draft.above;
        }
        trail.push(title.to_owned());
        trail.reverse();
        trail
    }
}

/// The ids of a page.
#[derive(Debug, Default)]
struct Ids {
    used: HashSet<String>,
    /// The number to try next for a URL.
    next: HashMap<String, u32>,
}

impl Ids {
    /// An id that no section before has: its URL, else with a number.
    fn unused(&mut self, url: &str) -> String {
        let base = if url.len() > MAX_ID_BYTES - 16 {
            let hash = blake3::hash(url.as_bytes()).to_hex();
            let start: String = url.chars().take(64).collect();
            format!("{start}~{hash}")
        } else {
            url.to_owned()
        };
        if self.used.insert(base.clone()) {
            return base;
        }
        let sign = if base.contains('#') { "" } else { "#" };
        let number = self.next.entry(base.clone()).or_insert(2);
        loop {
            let id = format!("{base}{sign}~{number}");
            *number = number.saturating_add(1);
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_stand_below_those_of_higher_levels_and_ids_are_unique() {
        let mut outline = Outline::new();
        outline.heading(1, "Cats", Some("cats".into()));
        outline.push("All about  cats.", false);
        outline.heading(2, "Food", Some("food".into()));
        outline.heading(4, "Mice", Some("food".into()));
        outline.push("Small.", false);
        outline.heading(2, "Homes", None);
        outline.push(&"A house, and another house. ".repeat(200), false);
        let (sections, warnings) = outline.into_sections("cats.html", "Cats");
        let trails: Vec<_> = sections.iter().map(|s| (s.id.as_str(), s.trail.join("/"))).collect();
        assert_eq!(
            trails[..4],
            [
                ("cats.html", "Cats".into()),
                ("cats.html#food", "Cats/Food".into()),
                ("cats.html#food~2", "Cats/Food/Mice".into()),
                ("cats.html#~2", "Cats/Homes".into()),
            ]
        );
        assert_eq!((sections[0].heading.as_deref(), sections[0].text.as_str()), (None, "All about cats."));
        assert_eq!(warnings, [Warning::DuplicateAnchor("food".into())]);
        assert!(sections.len() > 5, "a long section is cut: {}", sections.len());
        assert!(sections[3..].iter().all(|s| s.url == "cats.html" && s.heading.as_deref() == Some("Homes")));
    }

    #[test]
    fn text_goes_on_after_a_list_of_entries() {
        let mut outline = Outline::new();
        outline.heading(2, "Functions", Some("f".into()));
        let place = outline.place();
        outline.entry("abs(x)", "abs".into(), place);
        outline.push("The absolute value.", false);
        outline.go_on(place);
        outline.push("After all.", false);
        let (sections, _) = outline.into_sections("p", "T");
        let told: Vec<_> = sections.iter().map(|s| (s.url.as_str(), s.text.as_str(), s.trail.len())).collect();
        assert_eq!(told, [("p", "", 1), ("p#f", "After all.", 2), ("p#abs", "The absolute value.", 3)]);
    }
}
