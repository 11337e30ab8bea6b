//! What goes to the terminal. All that comes from points, sources and servers passes through here, so that no text
//! which somebody has stored moves the cursor, renames the window, or shows its letters in another order.
//!
//! Whoever prints in another way is stopped by a lint (`cli/mod.rs`).

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{ErrorKind, IsTerminal as _};

use headwater_core::error::{Code, Error, Result};
use serde::Serialize;

/// Prints a line to standard output.
pub(super) fn say(line: impl Display) {
    write(&mut std::io::stdout().lock(), &visible(&line.to_string()));
}

/// Prints a line to standard error.
pub(super) fn note(line: impl Display) {
    write(&mut std::io::stderr().lock(), &visible(&line.to_string()));
}

/// Prints a value as JSON. What would move the terminal is escaped as JSON does it, so a program reads what was stored.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::new(Code::Internal, e.to_string()))?;
    write(&mut std::io::stdout().lock(), &escaped(&text));
    Ok(())
}

/// Prints JSON as a server sent it, escaped in the same way.
pub(super) fn raw_json(text: &str) {
    write(&mut std::io::stdout().lock(), &escaped(text));
}

/// Prints a line to standard output, with its marks where that is a terminal, unless NO_COLOR says otherwise.
pub(super) fn say_line(line: &Line) {
    let mut out = std::io::stdout().lock();
    let has_marks = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let (begin, end) = if has_marks { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    write(&mut out, &line.text(begin, end));
}

/// A line, some of whose characters are marked. Whatever is put into it moves no terminal.
#[derive(Debug, Default)]
pub(super) struct Line(Vec<(char, bool)>);

impl From<String> for Line {
    fn from(text: String) -> Self {
        let mut line = Self::default();
        line.push(&text, false);
        line
    }
}

impl Line {
    /// Puts a text at the end.
    pub(super) fn push(&mut self, text: &str, is_marked: bool) {
        self.0.extend(visible(text).chars().map(|character| (character, is_marked)));
    }

    /// Puts another line at the end.
    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Leaves out what comes after so many characters.
    pub(super) fn cut(&mut self, columns: usize) {
        if self.0.len() > columns {
            self.0.truncate(columns);
            self.0.push(('…', false));
        }
    }

    /// Leaves out what comes before the first mark, but for so many characters.
    pub(super) fn begin_near_mark(&mut self, columns: usize) {
        let first = self.0.iter().position(|(_, is_marked)| *is_marked).unwrap_or_default();
        if let Some(left_out) = first.checked_sub(columns).filter(|&count| count > 0) {
            self.0.splice(..left_out, [('…', false)]);
        }
    }

    /// The text, with these around what is marked.
    pub(super) fn text(&self, begin: &str, end: &str) -> String {
        let mut text = String::with_capacity(self.0.len());
        for run in self.0.chunk_by(|(_, before), (_, after)| before == after) {
            let (begin, end) =
                if run.first().is_some_and(|(_, is_marked)| *is_marked) { (begin, end) } else { ("", "") };
            text.push_str(begin);
            text.extend(run.iter().map(|(character, _)| character));
            text.push_str(end);
        }
        text
    }
}

/// A line with its invisible characters as Rust writes them: `\u{202e}`.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c| !is_plain(c), |c, out| out.extend(c.escape_unicode()))
}

/// JSON text, in which such characters stand in strings only.
fn escaped(json: &str) -> Cow<'_, str> {
    replaced(
        json,
        |c| c != '\n' && !is_plain(c),
        |c, out| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

fn replaced(text: &str, is_bad: impl Fn(char) -> bool, replace: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(&is_bad) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_bad(c) { replace(c, &mut out) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Neither a control character (C0, DEL, C1), nor one that sets directions (Bidi_Control), nor one that separates lines
/// or paragraphs, nor one that is never seen. The joiners of emoji and of Persian are none of these.
fn is_plain(c: char) -> bool {
    let is_direction =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
    let is_unseen =
        matches!(c, '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !(c.is_control() || is_direction || is_separator || is_unseen)
}

/// Whoever reads may stop reading, as `head` does; that is no failure.
fn write(out: &mut impl std::io::Write, line: &str) {
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        std::process::exit(if error.kind() == ErrorKind::BrokenPipe { 0 } else { 1 });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a terminal obeys, by Unicode's own names: general category Cc, property Bidi_Control, Zl and Zp.
    fn is_obeyed(c: char) -> bool {
        let code = u32::from(c);
        code < 0x20
            || (0x7f..0xa0).contains(&code)
            || [0x61c, 0x200e, 0x200f, 0x2028, 0x2029].contains(&code)
            || (0x202a..=0x202e).contains(&code)
            || (0x2066..=0x2069).contains(&code)
    }

    #[test]
    fn texts_of_all_scripts_stay_as_they_are() {
        for text in ["a small wild cat · é", "שלום", "می\u{200c}خواهم", "👩\u{200d}🚀", "東京", "e\u{301}", "—“”…"]
        {
            assert_eq!(visible(text), text);
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn what_moves_the_terminal_is_seen() {
        assert_eq!(visible("a\u{1b}[2J\u{202e}b\n\u{9b}5m"), "a\\u{1b}[2J\\u{202e}b\\u{a}\\u{9b}5m");
        assert_eq!(escaped("\"\u{7f}\u{e0041}\""), "\"\\u007f\\udb40\\udc41\"");
    }

    #[test]
    fn marks_are_the_only_thing_that_a_terminal_obeys_in_a_line() {
        let mut line = Line::from("a \u{1b}[2J".to_owned());
        line.push("cat\n\u{9b}", true);
        line.push(" b", false);
        assert_eq!(line.text("<", ">"), "a \\u{1b}[2J<cat\\u{a}\\u{9b}> b");
        assert_eq!(line.text("", ""), "a \\u{1b}[2Jcat\\u{a}\\u{9b} b");
        line.begin_near_mark(2);
        line.cut(7);
        assert_eq!(line.text("<", ">"), "…2J<cat\\>…");
    }

    proptest! {
        #[test]
        fn nothing_obeyed_passes_and_json_says_the_same(text in any::<String>(), c in 0u32..0xe0080) {
            let text = text + &char::from_u32(c).map(String::from).unwrap_or_default();
            prop_assert!(!visible(&text).chars().any(is_obeyed));
            let json = serde_json::to_string_pretty(&[&text]).unwrap();
            let shown = escaped(&json).into_owned();
            prop_assert!(!shown.chars().any(|c| c != '\n' && is_obeyed(c)));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
        }
    }
}
