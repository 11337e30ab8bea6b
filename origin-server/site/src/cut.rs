//! Long sections in parts: one that says much of many things is near to nothing that is asked, and a hit shows a
//! fragment of it anyway.

/// Characters from which on a text is cut.
pub(crate) const MAX_CHARS: usize = 2400;
/// Characters of a part, about.
const PART_CHARS: usize = 1600;

/// The parts of a text, cut at the ends of paragraphs; within one that is too long at the ends of sentences, else of
/// words. Together they are the text but for white space.
pub(crate) fn parts(text: &str) -> Vec<&str> {
    if is_at_most(text, MAX_CHARS) {
        return vec![text];
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while !is_at_most(rest, MAX_CHARS) {
        let (part, after) = rest.split_at(end_of_part(rest));
        parts.push(part.trim_end());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

fn is_at_most(text: &str, chars: usize) -> bool {
    text.len() <= chars || text.chars().nth(chars).is_none()
}

/// Where the first part of a text that is too long ends: never at its beginning.
fn end_of_part(text: &str) -> usize {
    let at = |chars: usize| text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    let (least, good, most) = (at(PART_CHARS / 2), at(PART_CHARS), at(MAX_CHARS));
    let near = |is_end: &dyn Fn(&str) -> Option<usize>| {
        let before = text.get(least..good).and_then(is_end).map(|end| least + end);
        before.or_else(|| text.get(good..most).and_then(is_end).map(|end| good + end))
    };
    let paragraph = |part: &str| part.rfind('\n').map(|end| end + 1);
    let sentence = |part: &str| {
        let western = [". ", "! ", "? ", "; "].iter().filter_map(|end| part.rfind(end)).max().map(|end| end + 2);
        let eastern = part.char_indices().rev().find(|(_, c)| "。！？".contains(*c)).map(|(at, c)| at + c.len_utf8());
        western.max(eastern)
    };
    let word = |part: &str| part.char_indices().rev().find(|(_, c)| c.is_whitespace()).map(|(at, c)| at + c.len_utf8());
    near(&paragraph).or_else(|| near(&sentence)).or_else(|| near(&word)).unwrap_or(good).max(at(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_end_where_paragraphs_or_sentences_do() {
        let paragraph = "The river runs through the valley and turns. ".repeat(12);
        let text = [paragraph.trim(); 10].join("\n");
        let found = parts(&text);
        assert!(found.len() > 2 && found.iter().all(|part| part.ends_with("turns.")), "{found:?}");
        let one = "A sentence of some words, and then it ends. ".repeat(200);
        assert!(parts(&one).iter().all(|part| part.ends_with("ends.") || part.ends_with("ends. ")));
        assert_eq!(parts("short"), ["short"]);
        assert!(parts(&"x".repeat(10_000)).len() > 3, "a word without end is cut somewhere");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_part_is_long(words in prop::collection::vec("[a-z\u{e9}\u{6771}.]{1,40}[ \n]{1,2}", 0..400)) {
            let text = words.concat().trim().to_owned();
            let found = parts(&text);
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&found.concat()), letters(&text));
            prop_assert!(found.iter().all(|part| part.chars().count() <= MAX_CHARS));
        }
    }
}
