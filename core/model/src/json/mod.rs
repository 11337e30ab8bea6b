//! JSON documents from outside, read field by field.
//!
//! ```text
//! text ── Document::parse ──> tree ── Document::object ──> Fields ── text, whole, list … ──> a type's own `read`
//! ```
//!
//! What replicas read is read by hand, not by derived deserializers: for the dozen shapes of the
//! protocol those make the WebAssembly a fifth larger, and their errors lose the code. Bulk data (points,
//! vocabularies) does not come this way: a tree takes many times the memory of its text.
//!
//! Text becomes values by [`from_slice`], which is serde_json's, or with feature `js` in WebAssembly that of the host:
//!
//! | file | job |
//! | --- | --- |
//! | `native` | text into values by serde_json; byte order marks, other encodings |
//! | `host` | text into values by the `JSON.parse` of the JavaScript host |
//! | `outline` | what serde_json refuses and `JSON.parse` takes |
//! | `tree` | values in which no key stands twice |
//! | `reader` | objects of many fields, read whole |

#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
mod host;
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
mod native;
#[cfg(any(test, all(feature = "js", target_family = "wasm", target_os = "unknown")))]
mod outline;
mod reader;
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
mod tree;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{Arguments, Display};
use core::ops::RangeInclusive;
use core::str::FromStr;

use serde_json::{Map, Value};

#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
use host::tree_of;
#[cfg(all(feature = "js", target_family = "wasm", target_os = "unknown"))]
pub use host::{from_slice, message_of, shown};
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
use native::tree_of;
#[cfg(not(all(feature = "js", target_family = "wasm", target_os = "unknown")))]
pub use native::{from_slice, message_of, shown, words_of};

pub use reader::Reader;

use crate::edits::{Fuzzy, MAX_EDITS};
use crate::error::{Code, Error, Result};

/// Letters of a name that is taken for the beginning of another one, at least.
const LEAST_BEGINNING: usize = 3;

/// A kind of document: its name in errors, and their code.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    name: &'static str,
    code: Code,
}

impl Document {
    /// A kind of document.
    #[must_use]
    pub const fn new(name: &'static str, code: Code) -> Self {
        Self { name, code }
    }

    /// Parses a text of at most so many bytes in which no key stands twice in one object. The tree takes up to 32 times
    /// the memory.
    pub fn parse(self, text: &[u8], most_bytes: usize) -> Result<Value> {
        if text.len() > most_bytes {
            // Callers ask for too much; what was damaged on the way to a replica, or is no model, is just that.
            let is_asked = matches!(self.code, Code::InvalidQuery | Code::InvalidSchema);
            let code = if is_asked { Code::LimitExceeded } else { self.code };
            let message = alloc::format!("{}: at most {most_bytes} bytes, these are {}", self.name, text.len());
            return Err(Error::new(code, message));
        }
        tree_of(text).map_err(|e| self.error(message_of(&e)))
    }

    /// The fields of the document or of an object in it.
    pub fn object(self, value: &Value) -> Result<Fields<'_>> {
        match value {
            Value::Object(members) => Ok(self.fields(members)),
            other => Err(self.error(format_args!("expected an object, found {}", shown(other)))),
        }
    }

    /// The same for an object that was taken apart already.
    #[must_use]
    pub const fn fields(self, members: &Map<String, Value>) -> Fields<'_> {
        Fields { members, document: self }
    }

    /// The same, or where it failed with the name of the field that was read, unless that stands there.
    pub fn within<T>(self, name: &str, read: Result<T>) -> Result<T> {
        read.map_err(|error| self.error_within(name, error))
    }

    /// The same error, which says that it is within a field of this name, unless it names that already.
    #[cold]
    #[inline(never)]
    pub fn error_within(self, name: &str, error: Error) -> Error {
        let Some(what) = error.message().strip_prefix(self.name).and_then(|rest| rest.strip_prefix(": ")) else {
            return error;
        };
        let quoted = format!("{name:?}");
        // Not `contains`, whose search for long texts would be the only one of the engine.
        if what.as_bytes().windows(quoted.len()).any(|part| part == quoted.as_bytes()) {
            return error;
        }
        let (separator, what) = what.strip_prefix("in ").map_or((": ", what), |inner| (", ", inner));
        Error::new(error.code(), format!("{}: in {quoted}{separator}{what}", self.name))
    }

    /// Says what is wrong with it.
    #[cold]
    pub fn error(self, what: impl Display) -> Error {
        Error::new(self.code, alloc::format!("{}: {what}", self.name))
    }
}

/// An object whose fields are read one by one; `null` counts as missing.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'j> {
    members: &'j Map<String, Value>,
    document: Document,
}

// Not inlined: there are more than fifty calls, and none is in a loop that is felt.
impl<'j> Fields<'j> {
    /// Fails when there is a field with another name than these: a misspelt option must not be ignored.
    #[inline(never)]
    pub fn only(self, known: &[&str]) -> Result<Self> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(other) => Err(self.document.error(format_args!("unknown field {other:?}; {}", advice(other, known)))),
            None => Ok(self),
        }
    }

    /// What kind of document this is a part of.
    #[must_use]
    pub const fn document(self) -> Document {
        self.document
    }

    /// All fields with their values.
    pub fn entries(self) -> impl Iterator<Item = (&'j String, &'j Value)> {
        self.members.iter()
    }

    /// A field that must be there, read by one of the methods below.
    pub fn required<T>(self, name: &str, read: impl FnOnce(Self, &str) -> Result<Option<T>>) -> Result<T> {
        read(self, name)?.ok_or_else(|| self.document.error(format_args!("{name:?} is missing")))
    }

    /// Any value.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'j Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// An object.
    #[inline(never)]
    pub fn object(self, name: &str) -> Result<Option<Self>> {
        let object = self.read(name, "an object", Value::as_object)?;
        Ok(object.map(|members| Self { members, ..self }))
    }

    /// A list.
    #[inline(never)]
    pub fn list(self, name: &str) -> Result<Option<&'j [Value]>> {
        self.read(name, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    /// A string.
    #[inline(never)]
    pub fn text(self, name: &str) -> Result<Option<&'j str>> {
        self.read(name, "a string", Value::as_str)
    }

    /// A list of strings.
    #[inline(never)]
    pub fn texts(self, name: &str) -> Result<Option<Vec<String>>> {
        self.read(name, "a list of strings", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(String::from)).collect()
        })
    }

    /// A string with one character.
    pub fn character(self, name: &str) -> Result<Option<char>> {
        self.read(name, "one character", |value| {
            let mut characters = value.as_str()?.chars();
            characters.next().filter(|_| characters.next().is_none())
        })
    }

    /// A string that some type has a form for, such as a hash.
    pub fn parsed<T: FromStr<Err = Error>>(self, name: &str) -> Result<Option<T>> {
        let parse = |text: &str| text.parse().map_err(|e: Error| self.document.error(e.message()));
        self.text(name)?.map(parse).transpose()
    }

    /// `true` or `false`.
    #[inline(never)]
    pub fn flag(self, name: &str) -> Result<Option<bool>> {
        self.read(name, "true or false", Value::as_bool)
    }

    /// A whole number from 0.
    #[inline(never)]
    pub fn whole(self, name: &str) -> Result<Option<u64>> {
        self.read(name, "a whole number from 0", whole)
    }

    /// A whole number from 0 to 2^32 - 1. The range is that of what it stands for, as a refusal says it; whether the
    /// number is within it is checked where all that a type cannot say is.
    #[inline(never)]
    pub fn small(self, name: &str, range: RangeInclusive<usize>) -> Result<Option<u32>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let number = whole(value).and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| {
            let (least, most) = range.into_inner();
            self.wrong(name, format_args!("a whole number from {least} to {most}"), value)
        })
    }

    /// The same of what has no smaller range.
    pub fn count(self, name: &str) -> Result<Option<u32>> {
        self.small(name, 0..=u32::MAX as usize)
    }

    /// A number.
    #[inline(never)]
    pub fn number(self, name: &str) -> Result<Option<f64>> {
        self.read(name, "a number", Value::as_f64)
    }

    /// A list of numbers.
    #[inline(never)]
    pub fn numbers(self, name: &str) -> Result<Option<Vec<f32>>> {
        self.read(name, "a list of numbers", |value| {
            value.as_array()?.iter().map(|item| item.as_f64().map(|n| n as f32)).collect()
        })
    }

    fn read<T>(self, name: &str, what: &str, read: impl FnOnce(&'j Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.wrong(name, format_args!("{what}"), value))
    }

    #[cold]
    #[inline(never)]
    fn wrong(self, name: &str, what: Arguments<'_>, value: &Value) -> Error {
        // A list that is none of numbers or texts only says so already.
        match value {
            Value::Array(_) => self.document.error(format_args!("{name:?} is not {what}")),
            _ => self.document.error(format_args!("{name:?} is not {what}, but {}", shown(value))),
        }
    }
}

/// What somebody who wrote `name` may have meant: what has few other letters, or begins so.
pub(crate) fn advice(name: &str, known: &[&str]) -> String {
    let written = name.to_ascii_lowercase();
    let mut fuzzy = Fuzzy::new(&written, MAX_EDITS);
    let mut distance = |other: &str| {
        let other = other.to_ascii_lowercase();
        let begins = written.len() >= LEAST_BEGINNING && other.starts_with(&written);
        fuzzy.within(&other).or_else(|| begins.then_some(MAX_EDITS))
    };
    let distances = known.iter().filter_map(|other| Some((distance(other)?, other)));
    match distances.min_by_key(|(distance, _)| *distance) {
        Some((_, nearest)) => format!("did you mean {nearest:?}? There are {}", listed(known)),
        None => format!("there are {}", listed(known)),
    }
}

/// A whole number, also one that is written `1e1` or `10.0`: JavaScript's parser does not tell these apart.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        let whole = number as u64;
        (whole as f64 == number && whole >> 53 == 0).then_some(whole)
    })
}

/// Names as a sentence has them: `"a", "b"`, or `none`.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    // The brackets of a list; those of a name stand within its quotes.
    format!("{names:?}").trim_matches(['[', ']']).into()
}

/// What a value is, in words. Not the value, which [`shown`] adds where the engine's size does not count.
#[must_use]
pub const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: Document = Document::new("thing", Code::InvalidSchema);

    fn refusal(text: &str, read: impl Fn(Fields<'_>) -> Result<()>) -> String {
        let outcome = DOCUMENT.parse(text.as_bytes(), 1 << 16).and_then(|tree| read(DOCUMENT.object(&tree)?));
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), Code::InvalidSchema);
        error.message().into()
    }

    #[test]
    fn errors_name_the_document_and_the_field() {
        assert!(refusal("{", |_| Ok(())).starts_with("thing: the document ends too early"));
        assert_eq!(refusal("[]", |_| Ok(())), "thing: expected an object, found a list");
        assert_eq!(
            refusal(r#"{"topk": 3}"#, |f| f.only(&["topK"]).map(drop)),
            r#"thing: unknown field "topk"; did you mean "topK"? There are "topK""#
        );
        assert_eq!(
            refusal(r#"{"limit": 3}"#, |f| f.only(&["topK", "filter"]).map(drop)),
            r#"thing: unknown field "limit"; there are "topK", "filter""#
        );
        assert_eq!(
            refusal(r#"{"lang": 3}"#, |f| f.only(&["boost", "language"]).map(drop)),
            r#"thing: unknown field "lang"; did you mean "language"? There are "boost", "language""#
        );
        assert_eq!(
            refusal(r#"{"la": 3}"#, |f| f.only(&["language"]).map(drop)),
            r#"thing: unknown field "la"; there are "language""#
        );
        assert_eq!(refusal(r#"{"n": null}"#, |f| f.required("n", Fields::whole).map(drop)), r#"thing: "n" is missing"#);
        for (wrong, but) in [
            ("-1", ", but the number -1"),
            ("1.5", ", but the number 1.5"),
            ("1e30", ", but the number 1e+30"),
            ("\"1\"", ", but the text \"1\""),
            ("[1]", ""),
            ("{}", ", but an object"),
            ("false", ", but false"),
        ] {
            let text = alloc::format!(r#"{{"n": {wrong}}}"#);
            let said = refusal(&text, |f| f.whole("n").map(drop));
            assert_eq!(said, alloc::format!(r#"thing: "n" is not a whole number from 0{but}"#));
        }
        for ten in ["10", "10.0", "1e1", "100e-1"] {
            let tree = DOCUMENT.parse(alloc::format!(r#"{{"n": {ten}}}"#).as_bytes(), 64).unwrap();
            assert_eq!(DOCUMENT.object(&tree).unwrap().small("n", 1..=10).unwrap(), Some(10), "{ten}");
        }
        let long = alloc::format!(r#"{{"n": "{}"}}"#, "ä".repeat(10_000));
        assert!(refusal(&long, |f| f.number("n").map(drop)).ends_with(&alloc::format!("{}\"…", "ä".repeat(40))));
        assert_eq!((listed(&[]).as_str(), listed(&["a]", "[b"]).as_str()), ("none", r#""a]", "[b""#));
        for wrong in ["4294967296", "-1", "1.5"] {
            let text = alloc::format!(r#"{{"n": {wrong}}}"#);
            let said = refusal(&text, |f| f.small("n", 1..=4096).map(drop));
            assert_eq!(
                said,
                alloc::format!(r#"thing: "n" is not a whole number from 1 to 4096, but the number {wrong}"#)
            );
        }
        assert_eq!(
            refusal(r#"{"v": [1, null]}"#, |f| f.numbers("v").map(drop)),
            r#"thing: "v" is not a list of numbers"#
        );
    }

    #[test]
    fn null_is_missing_and_every_kind_is_read() {
        let tree = DOCUMENT
            .parse(
                br#"{"a": null, "t": "x", "f": true, "n": 1.5, "o": {"w": 7}, "l": ["p", "q"], "c": "\u00e9"}"#,
                1 << 16,
            )
            .unwrap();
        let fields = DOCUMENT.object(&tree).unwrap();
        assert_eq!(fields.text("a").unwrap(), None);
        assert_eq!(fields.text("t").unwrap(), Some("x"));
        assert_eq!(fields.flag("f").unwrap(), Some(true));
        assert_eq!(fields.number("n").unwrap(), Some(1.5));
        assert_eq!(fields.object("o").unwrap().unwrap().small("w", 0..=9).unwrap(), Some(7));
        assert_eq!(fields.texts("l").unwrap().unwrap(), ["p", "q"]);
        assert_eq!(fields.character("c").unwrap(), Some('é'));
        assert!(fields.character("l").is_err());
    }
}
