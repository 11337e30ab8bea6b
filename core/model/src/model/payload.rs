//! Payloads, in two forms: a tree while a point is checked and indexed, text when it is stored and answered.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::json;

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

    /// Only the members with these names. Complexity: one pass over the text.
    pub fn select(&self, names: &[String]) -> Result<Self> {
        let wanted: Vec<String> = names
            .iter()
            .map(|name| serde_json::to_string(name).map(|quoted| quoted + ":"))
            .collect::<serde_json::Result<_>>()
            .map_err(|e| Error::new(Code::Internal, format!("payload: {e}")))?;
        let chosen: Vec<&str> =
            self.members().filter(|member| wanted.iter().any(|start| member.starts_with(start.as_str()))).collect();
        Ok(Self(format!("{{{}}}", chosen.join(","))))
    }

    /// The members as they are written, `"name":value`: between the commas that stand in no string and no value.
    fn members(&self) -> impl Iterator<Item = &str> {
        let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
        let inner = self.0.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
        inner.split(move |c| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                ',' => return depth == 0,
                _ => {}
            }
            false
        })
    }
}

impl Default for PayloadText {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl Serialize for PayloadText {
    fn serialize<S: Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
        self.to_tree().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PayloadText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
        Self::of(&Payload::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
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
                prop::collection::btree_map("[a,\"\\\\}]{0,3}", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn selecting_from_text_is_selecting_from_the_tree(
            members in prop::collection::btree_map("[ab,\"\\\\:{]{0,2}", values(), 0..6),
            names in prop::collection::vec("[ab,\"\\\\:{]{0,2}", 0..4),
        ) {
            let mut tree: Payload = members.into_iter().collect();
            let text = PayloadText::of(&tree).unwrap();
            prop_assert_eq!(text.to_tree().unwrap(), tree.clone());
            prop_assert_eq!(PayloadText::parse(text.as_str().into()).unwrap(), text.clone());
            tree.retain(|name, _| names.contains(name));
            prop_assert_eq!(text.select(&names).unwrap().to_tree().unwrap(), tree);
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
