//! The words of Headwater's core, and the ground on which all of it stands: the API's types, the error, limits,
//! names, the readers of JSON and numbers, and how far a name is from another one.
//!
//! `headwater-core` has these modules under the same names; hosts take them from there.

// The description features serve build tools and the native host; their derives expect std.
#![cfg_attr(not(any(feature = "typescript", feature = "openapi")), no_std)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod bytes;
pub mod casefold;
pub mod edits;
pub mod error;
pub mod ids;
pub mod json;
pub mod leb128;
pub mod limits;
pub mod nfc;
pub mod parts;
pub mod promised;

pub mod model;

#[cfg(feature = "typescript")]
pub mod typescript;
