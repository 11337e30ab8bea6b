//! Points as they arrive, with errors that say what a point is: most imports begin with one that is none.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, de};

use super::{ByName, FromObject, PayloadText, Point};

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        FromObject(deserializer).deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Point;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a point")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Point, A::Error> {
        let (mut id, mut vectors, mut payload) = (None, None, None);
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "id" => once(&mut id, "id", members.next_value::<Id>()?)?,
                "vectors" => once(&mut vectors, "vectors", members.next_value::<Option<Vectors>>()?)?,
                "payload" => once(&mut payload, "payload", members.next_value::<Option<PayloadText>>()?)?,
                other => return Err(unknown(other)),
            }
        }
        let Id(id) = id.ok_or_else(|| A::Error::custom("a point has an \"id\", a text; this one has none"))?;
        let vectors = vectors.flatten().map(|Vectors(vectors)| vectors).unwrap_or_default();
        Ok(Point { id, vectors, payload: payload.flatten().unwrap_or_default() })
    }
}

fn once<T, E: Error>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() {
        return Err(E::duplicate_field(name));
    }
    Ok(())
}

fn unknown<E: Error>(name: &str) -> E {
    E::custom(format_args!(
        "a point has \"id\", \"vectors\" and \"payload\", but no {name:?}; what it carries stands in its payload: \
         {{\"id\": …, \"payload\": {{{name:?}: …}}}}"
    ))
}

/// Vectors by name, each once.
struct Vectors(ByName<Vec<f32>>);

impl<'de> Deserialize<'de> for Vectors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(VectorsVisitor)
    }
}

struct VectorsVisitor;

impl<'de> Visitor<'de> for VectorsVisitor {
    type Value = Vectors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vectors, A::Error> {
        let mut vectors = BTreeMap::new();
        while let Some((name, vector)) = members.next_entry::<String, Option<Vec<f32>>>()? {
            match vectors.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(vector);
                }
                Entry::Occupied(first) => {
                    return Err(A::Error::custom(format_args!("the vector {:?} stands twice", first.key())));
                }
            }
        }
        // `null` is missing.
        Ok(Vectors(vectors.into_iter().filter_map(|(name, vector)| Some((name, vector?))).collect()))
    }
}

struct Id(String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id, which is a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id(text.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
        Err(number_as_id(&number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
        Err(number_as_id(&number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Id, E> {
        Err(de::Error::invalid_type(Unexpected::Float(number), &self))
    }
}

fn number_as_id<E: Error>(number: &str) -> E {
    E::custom(format!("the id {number} is a number, and ids are texts: write \"{number}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Point, String> {
        serde_json::from_str(json).map_err(|e| crate::json::message_of(&e))
    }

    #[test]
    fn null_is_missing() {
        let plain = read(r#"{"id": "a"}"#).unwrap();
        for json in [
            r#"{"id": "a", "payload": null, "vectors": null}"#,
            r#"{"id": "a", "payload": {}, "vectors": {}}"#,
            r#"{"id": "a", "vectors": {"v": null}}"#,
        ] {
            assert_eq!(read(json).as_ref(), Ok(&plain), "{json}");
        }
        let vectors = read(r#"{"id": "a", "vectors": {"v": [1, 2.5], "w": null}}"#).unwrap().vectors;
        assert_eq!(vectors, ByName::from([("v".into(), alloc::vec![1.0, 2.5])]));
    }

    #[test]
    fn errors_say_what_a_point_is() {
        for (json, says) in [
            (r#"["a", {}, {}]"#, "expected an object, found a list"),
            ("5", "expected an object, found the number 5"),
            (r#"{"id": 5}"#, r#"the id 5 is a number, and ids are texts: write "5""#),
            (r#"{"id": -5}"#, r#"write "-5""#),
            (r#"{"id": 5.5}"#, "expected an id, which is a text"),
            (r#"{"id": null}"#, "expected an id, which is a text"),
            (r#"{"id": ["a"]}"#, "expected an id, which is a text"),
            (r#"{"payload": {}}"#, r#"a point has an "id""#),
            (r#"{"id": "a", "title": "x"}"#, r#"{"id": …, "payload": {"title": …}}"#),
            (r#"{"id": "a", "id": "b"}"#, "\"id\" stands twice"),
            (r#"{"id": "a", "vectors": {"v": [1], "\u0076": [2]}}"#, "the vector \"v\" stands twice"),
            (r#"{"id": "a", "vectors": {"v": null, "v": [2]}}"#, "the vector \"v\" stands twice"),
            (r#"{"id": "a", "payload": []}"#, "payload: expected an object, found a list"),
            (r#"{"id": "a", "payload": "{}"}"#, "expected an object, found a text"),
            (r#"{"id": "a", "vectors": [["v", [1]]]}"#, "expected an object, found a list"),
            (r#"{"id": "a", "vectors": {"v": [1, null]}}"#, "expected a number, found null"),
            (r#"{"id": "a", "vectors": {"v": [1, "2"]}}"#, "expected a number, found the text \"2\""),
            (r#"{"id": "a", "vectors": {"v": [NaN]}}"#, "not JSON: expected a value"),
            (r#"{"id": "a", "vectors": {"v": [1e400]}}"#, "number out of range"),
        ] {
            let refused = read(json).unwrap_err();
            assert!(refused.contains(says), "{json}: {refused}");
        }
    }
}
