//! JSON text into values by the JavaScript host, whose `JSON.parse` is there already: a reader of our own, or
//! serde_json's with its tables for floats, is a fifteenth of the engine that a browser downloads.
//!
//! What `JSON.parse` takes and RFC 8259 leaves open is looked for before ([`outline`]), so that the same texts are
//! refused here as by serde_json. Two differences stay: `1.0` is the whole number 1, and whole numbers above 2^53 are
//! rounded, as in all of JavaScript.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::{self, Display};

use js_sys::{Array, JSON, Object, Reflect};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};

use super::outline;

/// Why a text is not the JSON that was expected.
#[derive(Debug)]
pub struct JsonError(String);

/// Reads a value. Complexity: linear in the text.
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonError> {
    counted(text).map(|(_, value)| value)
}

/// Reads a tree in which no key stands twice. `JSON.parse` keeps the last one of a name, so there are fewer in the
/// tree than in the text.
pub(super) fn tree_of(text: &[u8]) -> Result<Value, JsonError> {
    let (names, tree) = counted(text)?;
    if names == names_of(&tree) {
        Ok(tree)
    } else {
        Err(<JsonError as de::Error>::custom("a key stands twice in one object"))
    }
}

fn names_of(tree: &Value) -> usize {
    match tree {
        Value::Object(members) => members.iter().map(|(_, value)| 1 + names_of(value)).sum(),
        Value::Array(items) => items.iter().map(names_of).sum(),
        _ => 0,
    }
}

/// A value, and how many names its text has.
fn counted<T: DeserializeOwned>(text: &[u8]) -> Result<(usize, T), JsonError> {
    let text = core::str::from_utf8(text).map_err(<JsonError as de::Error>::custom)?;
    // A byte order mark is no part of a text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let names = outline::check(text).map_err(<JsonError as de::Error>::custom)?;
    Ok((names, T::deserialize(Parsed(JSON::parse(text)?))?))
}

/// What a value is. Not the value: what prints numbers is large.
#[must_use]
pub const fn shown(value: &Value) -> &'static str {
    super::kind_of(value)
}

/// What an error says.
#[must_use]
pub fn message_of(error: &JsonError) -> &str {
    &error.0
}

impl From<JsValue> for JsonError {
    fn from(error: JsValue) -> Self {
        let message = Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
        Self(message.unwrap_or_else(|| "not JSON".into()))
    }
}

impl Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for JsonError {}

impl de::Error for JsonError {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }

    // Without what was found instead: to print it brings along what prints floats.
    fn invalid_type(_found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("expected {expected}, found something else"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }
}

/// A value that `JSON.parse` returned. Only such: it has no cycles, and `outline` has bounded its depth.
struct Parsed(JsValue);

impl<'de> Deserializer<'de> for Parsed {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let value = self.0;
        if let Some(number) = value.as_f64() {
            visit_number(number, visitor)
        } else if let Some(text) = value.as_string() {
            visitor.visit_string(text)
        } else if let Some(flag) = value.as_bool() {
            visitor.visit_bool(flag)
        } else if let Some(items) = value.dyn_ref::<Array>() {
            visitor.visit_seq(Items { items, next: 0 })
        } else if let Some(object) = value.dyn_ref::<Object>() {
            visitor.visit_map(Members { object, names: Object::keys(object), next: 0 })
        } else {
            visitor.visit_unit()
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// A whole number as such, when it is one of 64 bits.
fn visit_number<'de, V: Visitor<'de>>(number: f64, visitor: V) -> Result<V::Value, JsonError> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if !number.is_finite() {
        Err(<JsonError as de::Error>::custom("number out of range"))
    } else if libm::trunc(number) != number {
        visitor.visit_f64(number)
    } else if (0.0..2.0 * TWO_63).contains(&number) {
        visitor.visit_u64(number as u64)
    } else if (-TWO_63..0.0).contains(&number) {
        visitor.visit_i64(number as i64)
    } else {
        visitor.visit_f64(number)
    }
}

struct Items<'j> {
    items: &'j Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        if self.next == self.items.length() {
            return Ok(None);
        }
        let item = self.items.get(self.next);
        self.next += 1;
        seed.deserialize(Parsed(item)).map(Some)
    }
}

struct Members<'j> {
    object: &'j Object,
    names: Array,
    next: u32,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        if self.next == self.names.length() {
            return Ok(None);
        }
        seed.deserialize(Parsed(self.names.get(self.next))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        // All names are members of the object itself, `__proto__` too.
        let value = Reflect::get(self.object, &self.names.get(self.next))?;
        self.next += 1;
        seed.deserialize(Parsed(value))
    }
}
