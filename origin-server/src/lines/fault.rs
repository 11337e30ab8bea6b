//! What is wrong with one line. Looked for only when a line was refused, so it may take its time.

use std::fmt;

use headwater_core::json::{kind_of, words_of};
use headwater_core::model::Point;
use serde_json::{Map, Value};

use super::{Kind, without_mark};

/// Characters of a line that are shown before the place of a fault, and after it.
const NEAR: usize = 24;
/// Characters of a name or value that are shown.
const MAX_SHOWN: usize = 40;

/// Why a line is no point.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No line of JSON at all.
    Is(Kind),
    /// A byte that no UTF-8 has, and the column it stands at.
    Byte(u8, usize),
    /// An object that has no end on this line; whether lines follow that may be the rest of it.
    Cut { goes_on: bool },
    /// Something behind the point, from this column on, and what that is.
    More(usize, Behind),
    /// The body of a JSON request.
    Batch,
    /// No id, and the key that looks like one; whether it has no part of a point, but only keys of a payload.
    NoId { near: Option<String>, is_flat: bool },
    /// An id that is no text.
    Id(String),
    /// A key that points do not have; whether the point has no other part of a point than its id.
    Key { key: String, is_flat: bool },
    /// A part of a point that is something else than it has to be: its name, that, and what it is.
    Part(String, &'static str, &'static str),
    /// What the reader says of anything else.
    Other(String),
}

/// What may stand behind a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Another object, as it seems.
    Object,
    /// A comma and nothing else.
    Comma,
    Other,
}

/// Digits of a number that every program keeps.
const EXACT_DIGITS: usize = 15;

impl Fault {
    /// What is wrong with a line, given the one behind it; none when it is a point.
    pub(crate) fn of(line: &[u8], next: Option<&[u8]>) -> Option<Self> {
        let line = without_mark(line).trim_ascii();
        let error = serde_json::from_slice::<Point>(line).err()?;
        Some(Self::explained(line, next, &error))
    }

    fn explained(line: &[u8], next: Option<&[u8]>, error: &serde_json::Error) -> Self {
        if let Some(kind) = Kind::of(line) {
            return Self::Is(kind);
        }
        if let Err(wrong) = std::str::from_utf8(line) {
            let at = wrong.valid_up_to();
            return Self::Byte(line.get(at).copied().unwrap_or_default(), at + 1);
        }
        let mut values = serde_json::Deserializer::from_slice(line).into_iter::<Value>();
        match values.next() {
            Some(Ok(Value::Object(_))) if values.byte_offset() < line.len() => {
                let behind = line.get(values.byte_offset()..).unwrap_or_default().trim_ascii();
                let behind = match behind {
                    b"," => Behind::Comma,
                    [b'{', ..] => Behind::Object,
                    _ => Behind::Other,
                };
                Self::More(values.byte_offset() + 1, behind)
            }
            Some(Ok(Value::Object(point))) => misshapen(&point).unwrap_or_else(|| other(line, error)),
            Some(Err(wrong)) if wrong.is_eof() => {
                // What is written over several lines goes on with anything but another object.
                let next = next.map(<[u8]>::trim_ascii_start).filter(|next| !next.is_empty());
                Self::Cut { goes_on: next.is_some_and(|next| !next.starts_with(b"{")) }
            }
            Some(Err(wrong)) => other(line, &wrong),
            Some(Ok(_)) | None => other(line, error),
        }
    }

    /// The command that makes points of such lines, in which `FILE` stands for the file; none where no usual one does.
    /// With `is_first` no line before it is a point: commands are meant for files whose lines are all alike.
    ///
    /// Where a line has no id a command fails: one that went on would give many points the same id, and the last would
    /// replace them all.
    pub(crate) fn command(&self, is_first: bool) -> Option<String> {
        let command = match self {
            Self::Is(kind) => return kind.command(),
            Self::Byte(..) => "iconv -f LATIN1 -t UTF-8 < FILE".to_owned(),
            Self::Cut { goes_on: true } | Self::More(_, Behind::Object) => "jq -c . < FILE".to_owned(),
            Self::More(_, Behind::Comma) => "sed 's/,[[:space:]]*$//' < FILE".to_owned(),
            Self::Batch => "jq -c '.points[]' < FILE".to_owned(),
            // jq rounds longer ones, and points with the same id replace each other.
            Self::Id(id) if id.len() <= EXACT_DIGITS => {
                r#"jq -c '.id |= (. // error("no id") | tostring)' < FILE"#.to_owned()
            }
            Self::Key { key, is_flat: true } if is_first && meant(key).is_none() => flat("id"),
            Self::NoId { near: Some(near), is_flat: true } if is_first && is_name(near) => flat(near),
            Self::NoId { near: None, is_flat: true } if is_first => {
                "jq -nc 'foreach inputs as $line (0; . + 1; {id: tostring, payload: $line})' < FILE".to_owned()
            }
            _ => return None,
        };
        Some(command)
    }

    /// What to know of that command before it is run.
    pub(crate) fn remark(&self) -> Option<String> {
        match self {
            Self::Is(kind) => kind.remark(),
            Self::NoId { near: None, .. } => Some("the ids are the numbers of the points".to_owned()),
            _ => None,
        }
    }
}

/// Makes a point of an object that has its id among what is searched.
fn flat(id: &str) -> String {
    format!("jq -c '{{id: (.{id} // error(\"no {id}\") | tostring), payload: del(.{id})}}' < FILE")
}

/// Whether jq takes it behind a dot.
fn is_name(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !key.starts_with(|c: char| c.is_ascii_digit())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let point = r#"{"id": "a", "payload": {"title": "…"}}"#;
        match self {
            Self::Is(kind) => write!(f, "this is {}; a line is a point: {point}", kind.name()),
            Self::Byte(byte, column) => {
                write!(f, "column {column}: the byte 0x{byte:02x} is not UTF-8; points are written in UTF-8")
            }
            Self::Cut { goes_on: true } => {
                f.write_str("the line ends before the point does; a point stands on one line")
            }
            Self::Cut { goes_on: false } => f.write_str("the line ends before the point does: it was cut off"),
            Self::More(column, Behind::Comma) => {
                write!(f, "column {column}: there is a comma behind the point; lines are not separated by commas")
            }
            Self::More(column, _) => write!(f, "column {column}: there is more behind the point; a line is one point"),
            Self::Batch => f.write_str(r#"this is an object with all "points"; a line is one point of them"#),
            Self::NoId { near: None, .. } => write!(f, "the point has no \"id\"; a line is {point}"),
            Self::NoId { near: Some(near), .. } => {
                write!(f, "the point has {near:?}, but no \"id\"; a line is {point}")
            }
            Self::Id(id) => write!(f, "the \"id\" is {id}; an id is a text: \"{}\"", id.trim_matches('"')),
            Self::Key { key, .. } if key == "vector" => {
                f.write_str(r#"the key "vector": vectors have names, "vectors": {"meaning": [0.1, …]}"#)
            }
            Self::Key { key, .. } => match meant(key) {
                Some(meant) => write!(f, "a point has no key {key:?}; did you mean {meant:?}? A line is {point}"),
                None => write!(
                    f,
                    "the key {key:?} stands beside \"id\"; what is searched and shown stands in \"payload\": {point}"
                ),
            },
            Self::Part(name, wanted, found) => write!(f, "{name}: expected {wanted}, found {found}"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

/// What is wrong with an object as a point, where it is often wrong.
fn misshapen(point: &Map<String, Value>) -> Option<Fault> {
    let other = point.keys().find(|key| !["id", "vectors", "payload"].contains(&key.as_str()));
    if point.get("points").is_some_and(Value::is_array) {
        return Some(Fault::Batch);
    }
    let is_flat = ["payload", "vectors"].iter().all(|key| !point.contains_key(*key));
    match point.get("id") {
        Some(Value::String(_)) => {
            other.map(|key| Fault::Key { key: shown(key), is_flat }).or_else(|| wrong_part(point))
        }
        Some(id @ (Value::Number(_) | Value::Bool(_))) => Some(Fault::Id(shown(&id.to_string()))),
        Some(_) => None,
        None => {
            let is_near = |key: &&String| {
                let key = key.to_lowercase();
                ["_id", "key", "uuid", "objectid"].contains(&key.as_str())
                    || strsim::damerau_levenshtein(&key, "id") <= 1
            };
            let near = point.keys().find(is_near);
            // A command that rounds ids is none.
            let is_exact = near
                .and_then(|key| point.get(key))
                .is_none_or(|id| !id.is_number() || id.to_string().len() <= EXACT_DIGITS);
            Some(Fault::NoId { near: near.map(|key| shown(key)), is_flat: is_flat && is_exact })
        }
    }
}

/// The payload or a vector that is none.
fn wrong_part(point: &Map<String, Value>) -> Option<Fault> {
    let of_point = ["payload", "vectors"].into_iter().filter_map(|name| Some((name, point.get(name)?)));
    for (name, value) in of_point {
        if !(value.is_object() || value.is_null()) {
            return Some(Fault::Part(name.to_owned(), "an object", kind_of(value)));
        }
    }
    let vectors = point.get("vectors").and_then(Value::as_object)?;
    let (name, value) = vectors.iter().find(|(_, value)| !(value.is_array() || value.is_null()))?;
    Some(Fault::Part(format!("vector {:?}", shown(name)), "a list of numbers", kind_of(value)))
}

/// The key of points that somebody may have meant.
fn meant(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    ["payload", "vectors", "id"]
        .into_iter()
        .find(|&known| key == known || known.len() > 2 && strsim::damerau_levenshtein(&key, known) <= 1)
}

/// What the reader says, and what stands there.
fn other(line: &[u8], error: &serde_json::Error) -> Fault {
    let message = words_of(error);
    // Of a line that is read in one go the column is the byte; of one that was looked at as a whole there is none.
    let Some(at) = error.column().checked_sub(1).filter(|_| error.line() == 1 && error.column() < line.len()) else {
        return Fault::Other(message);
    };
    let (before, after) = line.split_at(at.min(line.len()));
    let before: Vec<char> = String::from_utf8_lossy(before).chars().collect();
    let before: String = before.get(before.len().saturating_sub(NEAR)..).unwrap_or_default().iter().collect();
    let after: String = String::from_utf8_lossy(after).chars().take(NEAR).collect();
    Fault::Other(format!("column {}: {message}, near {:?}", at + 1, format!("{before}{after}")))
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (line, says) in [
            (&br#"{"id": 7}"#[..], r#"the "id" is 7; an id is a text: "7""#),
            (br#"{"id": "a", "title": "x"}"#, r#"the key "title" stands beside "id""#),
            (br#"{"id": "a", "vector": [1]}"#, "vectors have names"),
            (br#"{"_id": "a", "payload": {}}"#, r#"the point has "_id", but no "id""#),
            (br#"{"payload": {}}"#, r#"the point has no "id""#),
            (br#"{"idd": "a", "payload": {}}"#, r#"the point has "idd", but no "id""#),
            (br#"{"id": "a", "paylod": {}}"#, r#"no key "paylod"; did you mean "payload"?"#),
            (br#"{"id": "a", "vecotrs": {}}"#, r#"no key "vecotrs"; did you mean "vectors"?"#),
            (br#"{"points": [{"id": "a"}]}"#, "one point of them"),
            (br#"{"id": "a"}{"id": "b"}"#, "column 12: there is more behind the point"),
            (b"{\"id\": \"caf\xe9\"}", "column 12: the byte 0xe9 is not UTF-8"),
            (br#"{"id": "a", "#, "the line ends before the point does"),
            (br#"{"id": "a" "payload": {}}"#, r#"near "{\"id\": \"a\" \"payload\": {}}""#),
            (br#"["a"]"#, "this is a JSON array"),
            (b"id,title", "this is CSV"),
            (b"12", "this is a number"),
            (br#"{"id": "a", "payload": 3}"#, "payload: expected an object, found a number"),
            (br#"{"id": "a", "payload": []}"#, "payload: expected an object, found a list"),
            (br#"{"id": "a", "vectors": [1, 2]}"#, "vectors: expected an object, found a list"),
            (br#"{"id": "a", "vectors": {"v": "x"}}"#, r#"vector "v": expected a list of numbers, found a text"#),
            (br#"{"id": "a", "vectors": {"v": [1, "x"]}}"#, r#"expected a number, found the text "x""#),
            (br#"{"id": "a", "Payload": {}}"#, r#"no key "Payload"; did you mean "payload"?"#),
            (br#"{"id": "\ud800"}"#, "a text has half of a surrogate pair"),
        ] {
            let said = Fault::of(line, None).unwrap().to_string();
            assert!(said.contains(says), "{}: {said}", String::from_utf8_lossy(line));
            assert!(!said.contains("at line 1"), "{said}");
        }
    }

    #[test]
    fn a_point_has_no_fault() {
        for line in [&br#"{"id": "a"}"#[..], b"\xef\xbb\xbf{\"id\": \"a\", \"payload\": {\"x\": 1}}\r"] {
            assert_eq!(Fault::of(line, None), None);
        }
    }

    #[test]
    fn an_excerpt_moves_no_terminal_and_is_short() {
        let line = format!("{{\"id\": \"\u{202e}\u{9b}{}\" 5}}", "x".repeat(10_000));
        let said = Fault::of(line.as_bytes(), None).unwrap().to_string();
        assert!(said.len() < 200 && !said.contains(['\u{202e}', '\u{9b}']), "{said}");
    }
}
