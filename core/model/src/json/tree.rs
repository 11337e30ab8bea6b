//! A tree of values in which every key stands once in its object: of two with one name readers would not all take the
//! same, and who wrote both would not learn which one counted.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value of serde_json's that is refused when a key stands twice.
pub(super) struct Tree(pub(super) Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name:?} stands twice")));
            }
            let Tree(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::super::outline;
    use super::*;

    /// How many names a tree has.
    fn names(tree: &Value) -> usize {
        match tree {
            Value::Object(members) => members.len() + members.values().map(names).sum::<usize>(),
            Value::Array(items) => items.iter().map(names).sum(),
            _ => 0,
        }
    }

    proptest! {
        /// Beside serde_json's own: the same trees, and those are refused that have fewer names than their text.
        #[test]
        fn a_tree_is_serde_jsons_unless_a_name_stands_twice(
            text in r#"\{("[ab:]":(1|-2|0\.5|true|null|"[x:"\\\\]{0,2}"|\{\}|\["[a:]",\{"a":[0-9],"[ab]":\[\]\}\]),){0,3}"[abc]":\{"[a:]":1\}\}"#,
        ) {
            let expected = serde_json::from_str::<Value>(&text);
            let tree = serde_json::from_str::<Tree>(&text);
            if let Ok(expected) = expected {
                let is_twice = outline::check(&text).unwrap() != names(&expected);
                prop_assert_eq!(tree.as_ref().is_err(), is_twice, "{}", text);
                if let Ok(Tree(tree)) = tree {
                    prop_assert_eq!(tree, expected);
                }
            }
        }
    }

    #[test]
    fn the_key_is_named_however_it_is_written() {
        for (text, name) in [
            (r#"{"topK": 1, "topK": 1}"#, "topK"),
            (r#"{"a": 1, "b": {"x": 1, "\u0078": 2}}"#, "x"),
            (r#"[{"n": 1}, {"n": null, "n": null}]"#, "n"),
        ] {
            let said = serde_json::from_str::<Tree>(text).map(|_| ()).unwrap_err().to_string();
            assert!(said.starts_with(&format!("{name:?} stands twice")), "{said}");
        }
        assert!(serde_json::from_str::<Tree>(r#"[{"n": {"n": 1}}, {"n": 1}]"#).is_ok());
    }
}
