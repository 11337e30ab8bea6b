//! The body of each target: it takes any bytes, and panics where an invariant does not hold.

pub mod head;
pub mod keys;
pub mod manifest;
pub mod model;
pub mod pages;
pub mod point;
pub mod query;
pub mod schema;
pub mod segment;
pub mod tombstones;

/// A target: its name, which is that of its folders, and its body.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const ALL: [Target; 10] = [
    ("head", head::run),
    ("keys", keys::run),
    ("manifest", manifest::run),
    ("model", model::run),
    ("pages", pages::run),
    ("point", point::run),
    ("query", query::run),
    ("schema", schema::run),
    ("segment", segment::run),
    ("tombstones", tombstones::run),
];
