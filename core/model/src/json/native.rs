//! JSON text into values by serde_json, for hosts that read what others send.

use alloc::format;
use alloc::string::{String, ToString as _};

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::{Error, Result, Value};

use super::tree::Tree;

/// What some editors and shells put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Characters of a text that are shown.
const MAX_SHOWN: usize = 40;

/// Reads a value; a byte order mark before it is no part of it. Complexity: linear in the text.
pub fn from_slice<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    serde_json::from_slice(text).map_err(|error| match not_utf8(text) {
        Some(what) => Error::custom(format!("the text is {what}; send it as UTF-8")),
        None => error,
    })
}

/// Reads a tree in which no key stands twice.
pub(super) fn tree_of(text: &[u8]) -> Result<Value> {
    from_slice(text).map(|Tree(value)| value)
}

/// What an error says, and where; without the line where that is the first: of texts of one line the caller knows the
/// number better.
#[must_use]
pub fn message_of(error: &Error) -> String {
    let words = words_of(error);
    match (error.line(), error.column()) {
        (0, _) | (1, 0) => words,
        (1, column) => format!("{words} (column {column})"),
        (line, 0) => format!("{words} (line {line})"),
        (line, column) => format!("{words} (line {line}, column {column})"),
    }
}

/// The same without the place.
#[must_use]
pub fn words_of(error: &Error) -> String {
    let (message, place) = (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
    let message = message.strip_suffix(&place).unwrap_or(&message);
    match message.strip_prefix("EOF while parsing ") {
        Some(_) if (error.line(), error.column()) == (1, 0) => "the document is empty".into(),
        Some("a value") => "the document ends too early: a value is missing".into(),
        Some(part) => format!("the document ends too early: {part} has no end"),
        None if error.is_syntax() => no_json(message),
        None => in_words_of_json(message),
    }
}

/// serde_json's words for what is no JSON at all say what its reader looked for.
fn no_json(message: &str) -> String {
    let what = match message {
        "expected value" | "expected ident" => r#"expected a value, such as "text", 5, true, null, [ or {"#,
        "key must be a string" => "a key stands in double quotes",
        "trailing comma" => "a comma has nothing behind it",
        "trailing characters" => "there is more behind its end",
        _ if message.starts_with("control character") => {
            "a text has a line end or another control character in it; write it as \\n or \\u0007"
        }
        _ if message.starts_with("expected `") || message.starts_with("invalid ") => message,
        "recursion limit exceeded" => return "lists and objects are nested too deep".into(),
        _ => return in_words_of_json(message),
    };
    format!("not JSON: {what}")
}

/// serde speaks of fields, maps and sequences, which a caller has as keys, objects and lists, and of escapes where half
/// of a pair is what is wrong.
fn in_words_of_json(message: &str) -> String {
    if message.ends_with(" hex escape") {
        return "a text has half of a surrogate pair: \\ud83d is one half of an emoji, the other half is missing"
            .into();
    }
    if let Some(name) = message.strip_prefix("duplicate field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("{name:?} stands twice");
    }
    let parts = message.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected "));
    let Some((found, wanted)) = parts else { return message.into() };
    let found = match found.split_once(' ') {
        None if found == "map" => "an object".into(),
        None if found == "sequence" => "a list".into(),
        Some(("string", text)) => format!("the text {text}"),
        Some(("integer", number)) => format!("the number {}", number.trim_matches('`')),
        Some(("floating", rest)) => format!("the number {}", rest.trim_start_matches("point ").trim_matches('`')),
        Some(("boolean", value)) => value.trim_matches('`').into(),
        _ => found.into(),
    };
    let wanted = match wanted {
        "a map" => "an object",
        "a sequence" => "a list",
        "a string" => "a text",
        "f32" | "f64" => "a number",
        other => other,
    };
    format!("expected {wanted}, found {found}")
}

/// What a value is, and the value itself where it is short.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let mut rest = text.chars();
            let start: String = rest.by_ref().take(MAX_SHOWN).collect();
            let more = if rest.next().is_some() { "…" } else { "" };
            format!("the text {start:?}{more}")
        }
        Value::Number(number) => format!("the number {number}"),
        Value::Bool(value) => value.to_string(),
        _ => super::kind_of(value).into(),
    }
}

/// What a text is that is not UTF-8, as far as its first bytes say: JSON begins with two ASCII characters (RFC 4627,
/// 3).
fn not_utf8(text: &[u8]) -> Option<&'static str> {
    match text {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] | [_, 0, 0, 0, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => Some("UTF-16"),
        [0x1f, 0x8b, ..] => Some("compressed by gzip, or no text at all"),
        _ => core::str::from_utf8(text).err().map(|_| "not UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(from_slice::<Value>("\u{feff}{\"a\": 1}".as_bytes()).unwrap(), json!({"a": 1}));
        assert!(from_slice::<Value>("\u{feff}\u{feff}1".as_bytes()).is_err(), "two are one too many");
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        let text = "{\"id\": \"ä\"}";
        let wide = |to: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(to).collect() };
        let wider = |to: fn(u32) -> [u8; 4]| -> Vec<u8> { text.chars().flat_map(|c| to(c.into())).collect() };
        let marked = |mark: &[u8], text: Vec<u8>| [mark, &text].concat();
        for (bytes, name) in [
            (wide(u16::to_le_bytes), "UTF-16"),
            (wide(u16::to_be_bytes), "UTF-16"),
            (marked(&[0xff, 0xfe], wide(u16::to_le_bytes)), "UTF-16"),
            (marked(&[0xfe, 0xff], wide(u16::to_be_bytes)), "UTF-16"),
            (wider(u32::to_le_bytes), "UTF-32"),
            (wider(u32::to_be_bytes), "UTF-32"),
            (b"{\"id\": \"caf\xe9\"}".to_vec(), "not UTF-8"),
            (alloc::vec![0x1f, 0x8b, 8, 0], "gzip"),
        ] {
            let refused = from_slice::<Value>(&bytes).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains("send it as UTF-8"), "{name}: {refused}");
        }
        let plain = from_slice::<Value>(b"{\"id\" 1}").unwrap_err();
        assert_eq!(message_of(&plain), "not JSON: expected `:` (column 7)");
        for (text, says) in [
            ("", "the document is empty"),
            ("[", "the document ends too early: a list has no end (column 1)"),
            ("[1,\n 2,", "the document ends too early: a value is missing (line 2, column 3)"),
            ("[\n", "the document ends too early: a list has no end (line 2)"),
            ("[1,\n x]", r#"not JSON: expected a value, such as "text", 5, true, null, [ or { (line 2, column 2)"#),
            ("feline", "not JSON: expected a value"),
            ("nul", "the document ends too early"),
            ("{match: 1}", "not JSON: a key stands in double quotes (column 2)"),
            ("{'match': 1}", "not JSON: a key stands in double quotes (column 2)"),
            ("[1,]", "not JSON: a comma has nothing behind it (column 4)"),
            ("[1] 2", "not JSON: there is more behind its end (column 5)"),
            ("[\"a\nb\"]", "not JSON: a text has a line end"),
            (r#"["\q"]"#, "not JSON: invalid escape (column 4)"),
            ("[01]", "not JSON: invalid number (column 3)"),
            ("1e999", "number out of range"),
            (r#"["\ud83d"]"#, "a text has half of a surrogate pair"),
            (r#"["\ud83d\u0041"]"#, "a text has half of a surrogate pair"),
            ("{}", "expected a list, found an object"),
            ("true", "expected a list, found true"),
            ("1.5", "expected a list, found the number 1.5"),
            ("[[]]", "expected a number, found a list"),
        ] {
            let error = match from_slice::<Value>(text.as_bytes()) {
                Ok(_) => from_slice::<Vec<f32>>(text.as_bytes()).unwrap_err(),
                Err(error) => error,
            };
            let said = message_of(&error);
            assert!(said.starts_with(says), "{said}");
        }
    }
}
