//! Parses, within bounds: a browser takes seconds for elements in each other a hundred thousand deep, and nobody
//! writes them on purpose.

use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use scraper::{Html, HtmlTreeSink};

/// Bytes between two looks at the tree.
const STEP_BYTES: usize = 8 * 1024;
/// Elements in each other at most: pages have thirty, and what a script has nested without end is noise. The standard's
/// algorithm takes time by the square of it.
const MAX_DEPTH: usize = 512;
/// Nodes for each byte at most: formatting elements that are not closed are made again in each paragraph.
const MAX_NODES_PER_BYTE: usize = 2;

/// A tree, and whether it is that of a beginning only.
pub(super) struct Parsed {
    pub(super) html: Html,
    pub(super) is_cut: bool,
}

pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let (mut read, mut rest, mut is_cut) = (0, text, false);
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP_BYTES).max(rest.len().min(4)));
        parser.process(StrTendril::from(step));
        (read, rest) = (read + step.len(), after);
        let html = parser.tokenizer.sink.sink.0.borrow();
        let mut nodes = html.tree.nodes();
        // Their number first: the list knows it.
        let many = nodes.len() > 1000 + read.saturating_mul(MAX_NODES_PER_BYTE);
        let deep = nodes.next_back().is_some_and(|last| last.ancestors().take(MAX_DEPTH).count() == MAX_DEPTH);
        drop(html);
        if many || deep {
            is_cut = !rest.is_empty();
            break;
        }
    }
    Parsed { html: parser.finish(), is_cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_for_ever_is_cut() {
        for text in [
            "<div>".repeat(400_000),
            "<b><i><u>".repeat(100_000),
            (0..3000).map(|n| format!("<b a={n}>")).collect::<String>() + &"<p>x".repeat(100_000),
            "<table><td>".repeat(100_000),
            "<svg><a>".repeat(100_000),
        ] {
            let Parsed { html, is_cut } = parse(&text);
            assert!(is_cut && html.tree.nodes().len() < 3_000_000, "{}", html.tree.nodes().len());
        }
        let long = "<p>é</p>".repeat(100_000);
        let Parsed { html, is_cut } = parse(&long);
        assert!(!is_cut && html.tree.nodes().len() > 200_000);
    }
}
