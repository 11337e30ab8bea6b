//! Names of payload keys as paths: `address.city` is the key `city` in the object `address`, or the key `address.city`
//! itself.
//!
//! Lists are looked through: of `authors.name` each author's name counts. Where several ways lead to something, all
//! that they lead to counts, shorter keys after longer ones. One rule for text fields, filterable fields, `embed.from`
//! and the `fields` of a query.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::Value;

use super::{Payload, PayloadText};
use crate::error::{Code, Error, Result};
use crate::promised::Promised as _;

/// The values that a path leads to, without `null`. Complexity: the objects and lists on the way, each once.
#[must_use]
pub fn values_at<'p>(payload: &'p Payload, path: &str) -> Vec<&'p Value> {
    let mut found = Vec::new();
    descend(payload, path, &mut found);
    found
}

fn descend<'p>(members: &'p Payload, path: &str, found: &mut Vec<&'p Value>) {
    found.extend(members.get(path).filter(|value| !value.is_null()));
    for (dot, _) in path.match_indices('.') {
        let (key, rest) = path.split_at(dot);
        if let Some(value) = members.get(key) {
            inside(value, rest.get(1..).promised(), found);
        }
    }
}

fn inside<'p>(value: &'p Value, path: &str, found: &mut Vec<&'p Value>) {
    match value {
        Value::Object(members) => descend(members, path, found),
        Value::Array(items) => items.iter().for_each(|item| inside(item, path, found)),
        _ => {}
    }
}

impl PayloadText {
    /// Only what these paths lead to, in the objects and lists in which it stands. Complexity: one pass over the text
    /// for each level.
    pub fn select(&self, paths: &[String]) -> Result<Self> {
        // As they stand in the text, where strings have one form: a dot is a dot in it.
        let quoted: Vec<String> = paths
            .iter()
            .map(serde_json::to_string)
            .collect::<serde_json::Result<_>>()
            .map_err(|e| Error::new(Code::Internal, e.to_string()))?;
        let wanted: Vec<&str> = quoted.iter().filter_map(|path| path.strip_prefix('"')?.strip_suffix('"')).collect();
        Ok(selected(self.as_str(), &wanted).map_or_else(Self::default, Self))
    }
}

/// What of a value the paths lead to; none when they lead nowhere.
fn selected(value: &str, wanted: &[&str]) -> Option<String> {
    let is_object = value.starts_with('{');
    let mut text: String = value.get(..1).filter(|_| is_object || value.starts_with('['))?.into();
    for part in parts(value) {
        let chosen = if is_object { selected_member(part, wanted) } else { selected(part, wanted) };
        if let Some(chosen) = chosen {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&chosen);
        }
    }
    text.push(if is_object { '}' } else { ']' });
    Some(text).filter(|text| text.len() > 2)
}

fn selected_member(member: &str, wanted: &[&str]) -> Option<String> {
    let mut rests = Vec::new();
    let mut start = 0;
    for path in wanted {
        for (end, _) in path.match_indices('.').chain([(path.len(), "")]) {
            let Some(value) =
                path.get(..end).and_then(|key| member.strip_prefix('"')?.strip_prefix(key)?.strip_prefix("\":"))
            else {
                continue;
            };
            start = member.len() - value.len();
            match path.get(end + 1..) {
                Some(rest) => rests.push(rest),
                None => return Some(member.into()),
            }
        }
    }
    let (name, value) = member.split_at_checked(start).filter(|_| !rests.is_empty())?;
    Some(String::from(name) + &selected(value, &rests)?)
}

/// The members of an object, `"name":value`, or the items of a list, as they are written: between the commas that stand
/// in no string and no value.
pub(super) fn parts(value: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quoted, mut escaped) = (0u32, false, false);
    let inner = value.get(1..value.len().saturating_sub(1)).promised();
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

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::tests::values;
    use super::*;

    /// Every value that stands under a key, with the keys that lead to it: the definition by enumeration.
    fn every_path<'v>(value: &'v Value, path: Option<&str>, all: &mut Vec<(String, &'v Value)>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let path = path.map_or_else(|| key.clone(), |path| format!("{path}.{key}"));
                    all.push((path.clone(), value));
                    every_path(value, Some(&path), all);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| every_path(item, path, all)),
            _ => {}
        }
    }

    /// What stays of a value when only these of its parts are kept, whole.
    fn kept(value: &Value, chosen: &[*const Value]) -> Option<Value> {
        if chosen.contains(&core::ptr::from_ref(value)) {
            return Some(value.clone());
        }
        match value {
            Value::Object(members) => {
                let members: Payload =
                    members.iter().filter_map(|(key, value)| Some((key.clone(), kept(value, chosen)?))).collect();
                Some(Value::Object(members)).filter(|object| object != &json!({}))
            }
            Value::Array(items) => {
                let items: Vec<Value> = items.iter().filter_map(|item| kept(item, chosen)).collect();
                Some(Value::Array(items)).filter(|list| list != &json!([]))
            }
            _ => None,
        }
    }

    fn payload() -> impl Strategy<Value = Payload> {
        prop::collection::btree_map("[ab.\"\\\\:{]{0,2}", values(), 0..6).prop_map(|m| m.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_path_leads_to_what_enumeration_finds(payload in payload(), pick in any::<prop::sample::Index>(), other in "[ab.]{0,3}") {
            let whole = Value::Object(payload.clone());
            let mut all = Vec::new();
            every_path(&whole, None, &mut all);
            let known = all.get(pick.index(all.len().max(1))).map_or(other.clone(), |(path, _)| path.clone());
            for path in [known, other] {
                let wanted: Vec<&Value> = all.iter().filter(|(p, v)| *p == path && !v.is_null()).map(|(_, v)| *v).collect();
                let mut found: Vec<*const Value> =
                    values_at(whole.as_object().unwrap(), &path).into_iter().map(core::ptr::from_ref).collect();
                let mut wanted: Vec<*const Value> = wanted.into_iter().map(core::ptr::from_ref).collect();
                found.sort_unstable();
                wanted.sort_unstable();
                prop_assert_eq!(found, wanted, "{}", path);
            }
        }

        #[test]
        fn selecting_from_text_is_selecting_from_the_tree(payload in payload(), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
            let whole = Value::Object(payload.clone());
            let mut all = Vec::new();
            every_path(&whole, None, &mut all);
            let paths: Vec<String> =
                picks.iter().filter(|_| !all.is_empty()).map(|pick| all[pick.index(all.len())].0.clone()).collect();
            let chosen: Vec<*const Value> =
                all.iter().filter(|(path, _)| paths.contains(path)).map(|(_, value)| core::ptr::from_ref(*value)).collect();
            let text = PayloadText::of(whole.as_object().unwrap()).unwrap();
            let wanted = kept(&whole, &chosen).unwrap_or_else(|| json!({}));
            prop_assert_eq!(Value::Object(text.select(&paths).unwrap().to_tree().unwrap()), wanted);
        }
    }

    #[test]
    fn paths_lead_through_objects_lists_and_keys_with_dots() {
        let payload = json!({
            "address": { "city": "Berlin" },
            "address.city": "Paris",
            "authors": [{ "name": "Ada", "born": 1815 }, { "name": ["Bob", null] }, { "born": 1 }, 5],
            "a.b": { "c.d": 1 },
            "none": { "city": null },
        });
        let payload = payload.as_object().unwrap();
        assert_eq!(values_at(payload, "address.city"), [&json!("Paris"), &json!("Berlin")]);
        assert_eq!(values_at(payload, "authors.name"), [&json!("Ada"), &json!(["Bob", null])]);
        assert_eq!(values_at(payload, "a.b.c.d"), [&json!(1)]);
        assert!(["none.city", "address.", ".city", "city", ""].iter().all(|path| values_at(payload, path).is_empty()));
        let select = |paths: &[&str]| {
            let paths: Vec<String> = paths.iter().map(|p| String::from(*p)).collect();
            PayloadText::of(payload).unwrap().select(&paths).unwrap().as_str().to_string()
        };
        assert_eq!(select(&["address.city"]), r#"{"address":{"city":"Berlin"},"address.city":"Paris"}"#);
        assert_eq!(select(&["authors.name"]), r#"{"authors":[{"name":"Ada"},{"name":["Bob",null]}]}"#);
        assert_eq!(select(&["address", "a.b.c.d"]), r#"{"a.b":{"c.d":1},"address":{"city":"Berlin"}}"#);
        assert_eq!(select(&["address.town"]), "{}");
    }
}
