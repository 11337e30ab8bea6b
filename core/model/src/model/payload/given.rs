//! Payloads as they arrive: their text is what is stored, so that numbers and the order of keys come back as they were
//! given.
//!
//! ```text
//! text ── compact ──> the same tokens without white space, strings as serde_json writes them ── check ──> stored
//! ```

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::PayloadText;
use crate::error::{Code, Error, Result};
use crate::json::message_of;
use crate::limits::MAX_PAYLOAD_DEPTH;

/// Keys by which serde_json marks values of its own: under such a one a reader would find something else than stands
/// there.
const RESERVED: &str = "$serde_json::private::";

/// A text of JSON without white space between tokens, and each string in the one form that serde_json writes. Numbers
/// stay as they are written. Complexity: linear.
pub(super) fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let (before, string) = rest.split_at(start);
        text.extend(before.chars().filter(|c| !c.is_ascii_whitespace()));
        let (string, after) = string.split_at(end_of_string(string));
        // What has no backslash is written in that form. What cannot be read is half of a surrogate pair, which `check`
        // refuses.
        let plain = string.contains('\\').then(|| serde_json::from_str::<String>(string).ok()).flatten();
        match plain.and_then(|plain| serde_json::to_string(&plain).ok()) {
            Some(written) => text.push_str(&written),
            None => text.push_str(string),
        }
        rest = after;
    }
    text.extend(rest.chars().filter(|c| !c.is_ascii_whitespace()));
    text
}

/// Where the string ends that a text begins with.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_end
    });
    end.map_or(text.len(), |position| position + 2)
}

impl PayloadText {
    /// Fails where readers would not all see the same: a key that stands twice in an object, a number that no 64-bit
    /// float reaches, half of a surrogate pair, or more nesting than some reader takes. Asked of what arrives, not of
    /// what is stored.
    pub fn check(&self) -> Result<()> {
        let mut reader = serde_json::Deserializer::from_str(self.as_str());
        Depth(0).deserialize(&mut reader).map_err(|error| {
            let message = format!("payload: {}", message_of(&error));
            Error::new(if message.contains(TOO_DEEP) { Code::LimitExceeded } else { Code::InvalidPoint }, message)
        })
    }
}

const TOO_DEEP: &str = "lists and objects stand in each other deeper than";

/// Goes through a value that stands in so many lists and objects.
#[derive(Clone, Copy)]
struct Depth(usize);

impl Depth {
    fn inside<E: serde::de::Error>(self) -> core::result::Result<Self, E> {
        if self.0 >= MAX_PAYLOAD_DEPTH {
            return Err(E::custom(format_args!("{TOO_DEEP} {MAX_PAYLOAD_DEPTH}")));
        }
        Ok(Self(self.0 + 1))
    }
}

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> core::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> core::result::Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> core::result::Result<(), A::Error> {
        let inside = self.inside::<A::Error>()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> core::result::Result<(), A::Error> {
        let inside = self.inside::<A::Error>()?;
        let mut known = BTreeSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.starts_with(RESERVED) {
                return Err(A::Error::custom(format_args!("no key begins with {RESERVED:?}")));
            }
            members.next_value_seed(inside)?;
            if let Some(twice) = known.replace(name) {
                return Err(A::Error::custom(format_args!("the key {twice:?} stands twice in one object")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;
    use alloc::vec::Vec;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::tests::values;
    use super::*;

    fn given(json: &str) -> PayloadText {
        serde_json::from_str(json).unwrap()
    }

    proptest! {
        /// Of what serde_json writes with white space, compacting makes what it writes without: the same text, so the
        /// same value.
        #[test]
        fn compacting_takes_out_white_space_and_nothing_else(value in values()) {
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty), serde_json::to_string(&value).unwrap());
        }

        /// However strings are escaped, they are kept in one form, which selecting and paths rely on.
        #[test]
        fn strings_have_one_form(text in "[a\"\\\\\u{0}\n é\u{1F600}\u{2028}]{0,8}") {
            let escaped: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let escaped = escaped.concat();
            let json = format!("{{ \"{escaped}\" : [ \"{escaped}\" ] }}");
            let plain = serde_json::to_string(&text).unwrap();
            let payload = given(&json);
            prop_assert_eq!(payload.as_str(), format!("{{{plain}:[{plain}]}}"));
        }
    }

    #[test]
    fn numbers_and_the_order_of_keys_stay() {
        let json = r#"{ "z": 1.0, "wei": 1000000000000000000001, "neg": -0.0, "exp": 1E+2,
            "long": 0.1234567890123456789012, "a": [ 18446744073709551615, { "c": 1, "b": 2 } ] }"#;
        let payload = given(json);
        let kept = r#"{"z":1.0,"wei":1000000000000000000001,"neg":-0.0,"exp":1E+2,"long":0.1234567890123456789012,"a":[18446744073709551615,{"c":1,"b":2}]}"#;
        assert_eq!(payload.as_str(), kept);
        payload.check().unwrap();
        assert_eq!(serde_json::to_string(&payload).unwrap(), kept);
        assert_eq!(serde_json::to_value(&payload).unwrap(), serde_json::from_str::<Value>(kept).unwrap());
    }

    #[test]
    fn what_readers_would_not_all_see_alike_is_refused() {
        let refusal = |json: &str| given(json).check().unwrap_err();
        let twice = refusal(r#"{"a": 1, "b": {"x": 1, "\u0078": 2}}"#);
        assert!(twice.message().starts_with("payload: the key \"x\" stands twice in one object"), "{twice}");
        for (json, says) in [
            (r#"{"a": 1e400}"#, "number out of range"),
            (r#"{"a": "\ud83d"}"#, "payload: a text has half of a surrogate pair"),
            (r#"{"a": [{"$serde_json::private::RawValue": "1"}]}"#, "no key begins with"),
        ] {
            let error = refusal(json);
            assert!(error.code() == Code::InvalidPoint && error.message().contains(says), "{json}: {error:?}");
        }
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        given(&nested(MAX_PAYLOAD_DEPTH)).check().unwrap();
        for depth in [MAX_PAYLOAD_DEPTH + 1, 127, 200, 10_000] {
            let json = nested(depth);
            let text = PayloadText(compact(&json));
            let error = text.check().unwrap_err();
            assert_eq!(error.code(), Code::LimitExceeded, "{depth}: {error:?}");
        }
    }

    #[test]
    fn only_objects_are_payloads() {
        for (json, found) in [("[]", "a list"), ("\"{}\"", "a text"), ("1", "a number"), ("true", "true or false")] {
            let refused = serde_json::from_str::<PayloadText>(json).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("payload: expected an object, found {found}")), "{refused}");
        }
    }
}
