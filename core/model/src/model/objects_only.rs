//! Objects are read from objects: what serde derives for a struct also takes a list, field by field, and so a list of
//! ids for an id.

use core::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// A deserializer of a struct that takes no list.
pub struct FromObject<D>(pub D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for FromObject<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        // Not `deserialize_map`, by which serde_json says itself what it finds, in words of its own.
        self.0.deserialize_any(ObjectVisitor(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct ObjectVisitor<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for ObjectVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<V::Value, A::Error> {
        Err(A::Error::custom("expected an object, found a list"))
    }
}

/// For structs that derive `Serialize` and `Deserialize` with `remote = "Self"`, which makes these functions of their
/// own.
#[macro_export]
macro_rules! objects_only {
    ($($object:ty),+ $(,)?) => {$(
        impl serde::Serialize for $object {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> core::result::Result<S::Ok, S::Error> {
                <$object>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $object {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> core::result::Result<Self, D::Error> {
                <$object>::deserialize($crate::model::FromObject(deserializer))
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use serde::de::DeserializeOwned;

    use crate::model::{
        DeleteBatch, Embed, FacetRange, GraphOptions, Point, PointBatch, Query, Schema, TextField, VectorField,
    };

    /// A list with a value for each field, as serde's derived readers take it, and the object itself.
    fn refuses_lists<T: DeserializeOwned>(list: &str, object: &str) {
        serde_json::from_str::<T>(object).map(drop).unwrap();
        let Err(error) = serde_json::from_str::<T>(list) else { panic!("{list} was taken") };
        assert!(error.to_string().starts_with("expected an object, found a list"), "{list}: {error}");
    }

    #[test]
    fn a_list_is_no_object() {
        refuses_lists::<Point>(r#"["a", {}, {}]"#, r#"{"id": "a"}"#);
        refuses_lists::<PointBatch>(r#"[[{"id": "a"}]]"#, r#"{"points": [{"id": "a"}]}"#);
        refuses_lists::<DeleteBatch>(r#"[["a"]]"#, r#"{"ids": ["a"]}"#);
        refuses_lists::<Schema>(r#"[{}, {"t": {}}, {}]"#, r#"{"text": {"t": {}}}"#);
        refuses_lists::<TextField>(r#"["en", 2, true]"#, r#"{"language": "en"}"#);
        refuses_lists::<VectorField>(r#"[4]"#, r#"{"dim": 4}"#);
        refuses_lists::<Embed>(r#"["m", ["a"]]"#, r#"{"model": "m", "from": ["a"]}"#);
        refuses_lists::<GraphOptions>("[16, 128]", "{}");
        refuses_lists::<FacetRange>("[1, 2]", "{}");
        let inner = serde_json::from_str::<PointBatch>(r#"{"points": [["a"]]}"#).unwrap_err().to_string();
        assert!(inner.starts_with("expected an object, found a list"), "{inner}");
    }

    #[test]
    fn a_list_is_no_part_of_a_query_or_schema() {
        for query in [
            "[\"cat\"]",
            r#"{"match": [["cat"]]}"#,
            r#"{"match": "cat", "fusion": ["rrf"]}"#,
            r#"{"match": {"query": "cat", "fields": [["body", 1]]}}"#,
            r#"{"vectors": [["v", {}]]}"#,
            r#"{"filter": ["a"]}"#,
            r#"{"filter": {"$not": ["a"]}}"#,
            r#"{"filter": {"at": {"$geoRadius": [1, 2, 3]}}}"#,
            r#"{"facets": {"n": {"ranges": [[1, 2]]}}}"#,
            r#"{"sort": [["n"]]}"#,
        ] {
            let message = Query::from_json(query.as_bytes()).map(drop).unwrap_err().to_string();
            assert!(message.contains("list") || message.contains("an object"), "{query}: {message}");
        }
        for schema in
            [r#"[{},{"body":["en"]}]"#, r#"{"text":{"body":["en",2]}}"#, r#"{"vectors":{"v":{"dim":2,"graph":[4]}}}"#]
        {
            assert!(Schema::from_json(schema.as_bytes()).is_err(), "{schema}");
        }
    }
}
