//! An object that is read whole: the first error is kept, and told at the end.
//!
//! With a `?` at each of thirty members a compiler writes code that drops what was read before, thirty times over: that
//! was 20 KB of the engine that browsers download. Reading on after an error costs nothing, because documents are
//! short.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use serde_json::Value;

use super::{Document, Fields};
use crate::error::{Error, Result};

/// See the module.
#[derive(Debug)]
pub struct Reader<'j> {
    fields: Fields<'j>,
    /// The first one.
    error: Option<Error>,
}

impl<'j> Reader<'j> {
    /// A reader of an object that has these fields and no others.
    pub fn only(fields: Fields<'j>, known: &[&str]) -> Self {
        Self { fields, error: fields.only(known).err() }
    }

    /// What was read, unless something of it is wrong.
    pub fn finish<T>(self, read: T) -> Result<T> {
        match self.error {
            None => Ok(read),
            Some(error) => Err(error),
        }
    }

    fn keep<T>(&mut self, read: Result<T>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// The same; an error says that it is within this field.
    fn keep_within<T>(&mut self, name: &str, read: Result<T>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                self.fail(self.fields.document().error_within(name, error));
                None
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// A string.
    #[inline(never)]
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.keep(self.fields.text(name)).flatten().map(String::from)
    }

    /// A list of strings.
    #[inline(never)]
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        self.keep(self.fields.texts(name)).flatten()
    }

    /// A list of numbers.
    #[inline(never)]
    pub fn numbers(&mut self, name: &str) -> Option<Vec<f32>> {
        self.keep(self.fields.numbers(name)).flatten()
    }

    /// A number.
    #[inline(never)]
    pub fn number(&mut self, name: &str) -> Option<f32> {
        self.keep(self.fields.number(name)).flatten().map(|number| number as f32)
    }

    /// `true` or `false`; false when absent.
    #[inline(never)]
    pub fn flag(&mut self, name: &str) -> bool {
        self.keep(self.fields.flag(name)).flatten().unwrap_or_default()
    }

    /// A whole number of 64 bits.
    #[inline(never)]
    pub fn whole(&mut self, name: &str) -> Option<u64> {
        self.keep(self.fields.whole(name)).flatten()
    }

    /// A whole number of 32 bits, as [`Fields::small`] reads it.
    #[inline(never)]
    pub fn small(&mut self, name: &str, range: RangeInclusive<usize>) -> Option<u32> {
        self.keep(self.fields.small(name, range)).flatten()
    }

    /// The same of one that must be there.
    #[inline(never)]
    pub fn required_small(&mut self, name: &str, range: RangeInclusive<usize>) -> u32 {
        self.keep(self.fields.required(name, |fields, name| fields.small(name, range))).unwrap_or_default()
    }

    /// A string that must be there.
    #[inline(never)]
    pub fn required_text(&mut self, name: &str) -> String {
        self.keep(self.fields.required(name, Fields::text)).unwrap_or_default().into()
    }

    /// What a type reads from any value.
    #[inline(never)]
    pub fn value<T>(&mut self, name: &str, read: fn(&'j Value, Document) -> Result<T>) -> Option<T> {
        let value = self.fields.value(name)?;
        let read = read(value, self.fields.document());
        self.keep_within(name, read)
    }

    /// What a type reads from an object.
    #[inline(never)]
    pub fn object<T>(&mut self, name: &str, read: fn(Fields<'j>) -> Result<T>) -> Option<T> {
        let object = self.keep(self.fields.object(name)).flatten()?;
        self.keep_within(name, read(object))
    }

    /// What a type reads from a list.
    #[inline(never)]
    pub fn list<T>(&mut self, name: &str, read: fn(&'j [Value], Document) -> Result<T>) -> Option<T> {
        let list = self.keep(self.fields.list(name)).flatten()?;
        let read = read(list, self.fields.document());
        self.keep_within(name, read)
    }

    /// What a type reads that looks for several fields, or has no value of its own when absent.
    pub fn with<T>(&mut self, read: impl FnOnce(Fields<'j>) -> Result<Option<T>>) -> Option<T> {
        let read = read(self.fields);
        self.keep(read).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    const DOCUMENT: Document = Document::new("thing", Code::InvalidSchema);

    #[test]
    fn the_first_error_is_told_and_all_else_is_read() {
        let tree = DOCUMENT
            .parse(br#"{"t": "x", "n": "1", "k": -1, "f": true, "v": [1.5], "w": 7, "l": ["a"]}"#, 1 << 16)
            .unwrap();
        let known = ["t", "n", "k", "f", "v", "w", "l"];
        let mut reader = Reader::only(DOCUMENT.object(&tree).unwrap(), &known);
        assert_eq!(reader.text("t").as_deref(), Some("x"));
        assert_eq!((reader.number("n"), reader.small("k", 1..=9)), (None, None));
        assert_eq!((reader.flag("f"), reader.flag("absent")), (true, false));
        assert_eq!((reader.numbers("v"), reader.whole("w")), (Some([1.5].into()), Some(7)));
        assert_eq!(reader.texts("l").unwrap(), ["a"]);
        assert_eq!(reader.list("l", |list, _| Ok(list.len())), Some(1));
        assert_eq!(reader.value("w", |value, _| Ok(value.as_u64())), Some(Some(7)));
        assert_eq!(reader.finish(()).unwrap_err().message(), "thing: \"n\" is not a number, but the text \"1\"");
        let mut nested = Reader::only(DOCUMENT.object(&tree).unwrap(), &known);
        assert_eq!(nested.value("w", |value, document| document.object(value).map(|_| ())), None);
        assert_eq!(nested.finish(()).unwrap_err().message(), "thing: in \"w\": expected an object, found the number 7");
        let inner = DOCUMENT.within("b", DOCUMENT.within("c", Err::<(), _>(DOCUMENT.error("\"d\" is missing"))));
        let outer = DOCUMENT.within("a", DOCUMENT.within("c", inner)).unwrap_err();
        assert_eq!(outer.message(), "thing: in \"a\", \"b\", \"c\": \"d\" is missing");
        let others = Reader::only(DOCUMENT.object(&tree).unwrap(), &known[1..]);
        assert!(others.finish(()).unwrap_err().message().contains("unknown field \"t\""));
    }
}
