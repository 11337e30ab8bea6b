//! Things by name: `BTreeMap` for where the code must be small.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut, Index};

use litemap::LiteMap;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Things by name, in the order of the names; in JSON an object. Of two with one name the last one counts.
///
/// A sorted list: what `BTreeMap` has for a dozen types is a thirtieth of the engine that browsers download.
/// Complexity: finding one O(log n); adding one O(n), many at once O(n log n).
#[derive(Debug, Clone, PartialEq)]
pub struct ByName<T>(LiteMap<String, T>);

impl<T> ByName<T> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(LiteMap::new_vec())
    }

    /// For serde's `skip_serializing_if`.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for ByName<T> {
    type Target = LiteMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for ByName<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Index<&str> for ByName<T> {
    type Output = T;

    /// Panics when there is none of this name.
    #[allow(clippy::expect_used, reason = "as every map's Index does")]
    fn index(&self, name: &str) -> &T {
        self.0.get(name).expect("no entry of this name")
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T, const N: usize> From<[(String, T); N]> for ByName<T> {
    fn from(entries: [(String, T); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<'a, T> IntoIterator for &'a ByName<T> {
    type Item = (&'a String, &'a T);
    type IntoIter = <&'a LiteMap<String, T> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (&self.0).into_iter()
    }
}

impl<T> IntoIterator for ByName<T> {
    type Item = (String, T);
    type IntoIter = alloc::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_tuple_vec().into_iter()
    }
}

// LiteMap's own forms are lists where there is nothing.
impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = ByName<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;
    use alloc::format;
    use alloc::string::ToString as _;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_btree_map_has_the_same_entries_and_the_same_json(
            given in prop::collection::vec(("[a-d]{0,2}", any::<u8>()), 0..12),
            more in prop::collection::vec(("[a-d]{0,2}", any::<u8>()), 0..4),
        ) {
            let (mut ours, mut twin): (ByName<u8>, BTreeMap<String, u8>) =
                (given.iter().cloned().collect(), given.iter().cloned().collect());
            for (name, value) in more {
                prop_assert_eq!(ours.insert(name.clone(), value), twin.insert(name, value));
            }
            prop_assert!(ours.iter().eq(&twin));
            let text = serde_json::to_string(&ours).unwrap();
            prop_assert_eq!(&text, &serde_json::to_string(&twin).unwrap());
            prop_assert_eq!(&serde_json::from_str::<ByName<u8>>(&text).unwrap(), &ours);
            let members: Vec<_> = given.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
            let unsorted = format!("{{{}}}", members.join(","));
            let read: ByName<u8> = serde_json::from_str(&unsorted).unwrap();
            prop_assert!(read.iter().eq(&serde_json::from_str::<BTreeMap<String, u8>>(&unsorted).unwrap()));
        }
    }

    #[test]
    fn only_objects_are_read() {
        let refused = serde_json::from_str::<ByName<u8>>("[[\"a\",1]]").unwrap_err().to_string();
        assert!(refused.starts_with("invalid type: sequence, expected a map"), "{refused}");
    }
}
