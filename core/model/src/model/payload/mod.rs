//! Payloads, in two forms: text as it arrives, is stored and is answered; a tree while a point is indexed.
//!
//! | file | job |
//! | --- | --- |
//! | `given` | texts that arrive: without white space, and what is refused |
//! | `path` | what names with dots lead to, in a tree and in a text |

#[cfg(any(not(all(target_family = "wasm", target_os = "unknown")), all(feature = "raw", not(feature = "js"))))]
mod given;
mod path;

use alloc::format;
use alloc::string::String;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::json;

pub use path::values_at;

/// What a point carries besides vectors: any JSON object.
pub type Payload = Map<String, Value>;

/// A payload as JSON text, which passes through a replica in a browser without being taken apart.
///
/// **Invariant**: the text of one JSON object. Stored are texts as [`PayloadText::of`] writes them,
/// without white space between tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadText(String);

impl PayloadText {
    /// Checks that this is the text of an object.
    pub fn parse(text: String) -> Result<Self> {
        // serde_json's RawValue would do the same, but not where the JavaScript host parses.
        json::from_slice::<IgnoredAny>(text.as_bytes()).map_err(|e| Error::corrupt(format!("payload: {e}")))?;
        if !text.starts_with('{') {
            return Err(Error::corrupt("payload: not an object"));
        }
        Ok(Self(text))
    }

    /// The text of a tree.
    pub fn of(payload: &Payload) -> Result<Self> {
        serde_json::to_string(payload).map(Self).map_err(|e| Error::new(Code::Internal, format!("payload: {e}")))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tree.
    pub fn to_tree(&self) -> Result<Payload> {
        // As any value: to read maps as such would bring another reader into the engine.
        match json::from_slice(self.as_str().as_bytes()) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(Error::corrupt("payload: not an object")),
            Err(e) => Err(Error::corrupt(format!("payload: {e}"))),
        }
    }

    /// The members as they are written: names in quotation marks, and values.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        path::parts(&self.0).filter_map(|member| {
            let end = member.match_indices("\":").find(|&(at, _)| at > 0 && !is_escaped(member, at))?.0;
            Some((member.get(..end + 1)?, member.get(end + 2..)?))
        })
    }
}

/// Whether an odd number of backslashes stands before this place.
fn is_escaped(text: &str, at: usize) -> bool {
    text.bytes().take(at).rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

impl Default for PayloadText {
    fn default() -> Self {
        Self("{}".into())
    }
}

// The text itself. The engine of browsers and Node answers member by member and needs neither.
#[cfg(any(not(all(target_family = "wasm", target_os = "unknown")), all(feature = "raw", not(feature = "js"))))]
mod raw {
    use alloc::boxed::Box;

    use serde::de::Error as _;
    use serde_json::value::RawValue;

    use super::{Deserialize, Deserializer, PayloadText, Serialize, Serializer, given};

    impl Serialize for PayloadText {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serde_json::from_str::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for PayloadText {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = Box::<RawValue>::deserialize(deserializer)?;
            let found = match text.get().bytes().next() {
                Some(b'{') => return Ok(Self(given::compact(text.get()))),
                Some(b'[') => "a list",
                Some(b'"') => "a text",
                Some(b't' | b'f') => "true or false",
                Some(b'n') => "null",
                _ => "a number",
            };
            Err(D::Error::custom(format_args!("payload: expected an object, found {found}")))
        }
    }
}

#[cfg(not(any(not(all(target_family = "wasm", target_os = "unknown")), all(feature = "raw", not(feature = "js")))))]
mod raw {
    use super::{Deserialize, Deserializer, Payload, PayloadText, Serialize, Serializer};

    impl Serialize for PayloadText {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.to_tree().map_err(serde::ser::Error::custom)?.serialize(serializer)
        }
    }

    impl<'de> Deserialize<'de> for PayloadText {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Self::of(&Payload::deserialize(deserializer)?).map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    pub(super) fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(Value::from),
            "[a{}\\[\\],\":\\\\\n é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a.,\"\\\\}]{0,3}", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn members_are_those_of_the_tree(members in prop::collection::btree_map("[ab,\"\\\\:{]{0,3}", values(), 0..6)) {
            let tree: Payload = members.into_iter().collect();
            let text = PayloadText::of(&tree).unwrap();
            prop_assert_eq!(text.to_tree().unwrap(), tree.clone());
            prop_assert_eq!(PayloadText::parse(text.as_str().into()).unwrap(), text.clone());
            let read = |json: &str| serde_json::from_str::<Value>(json).unwrap();
            let members: Payload =
                text.members().map(|(name, value)| (read(name).as_str().unwrap().into(), read(value))).collect();
            prop_assert_eq!(members, tree);
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "1", "{", "{\"a\":}", "{}{}", " {}", "null", "\"{}\""] {
            assert_eq!(PayloadText::parse(text.to_string()).unwrap_err().code(), Code::Corrupt, "{text}");
        }
        assert_eq!(serde_json::to_value(PayloadText::parse("{\"a\":[1]}".into()).unwrap()).unwrap(), json!({"a": [1]}));
    }
}
