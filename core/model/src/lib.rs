//! The words of Headwater's core, and the ground on which all of it stands: the API's types, the error, limits,
//! names, and the readers of JSON and numbers.
//!
//! `headwater-core` has these modules under the same names; hosts take them from there.

// The description features serve build tools and the native host; their derives expect std.
#![cfg_attr(not(any(feature = "typescript", feature = "openapi")), no_std)]

extern crate alloc;
#[cfg(test)]
extern crate std;

use headwater_text as text;

pub mod bytes;
pub mod casefold;
pub mod error;
pub mod ids;
pub mod json;
pub mod leb128;
pub mod limits;
pub mod nfc;

pub mod model;

#[cfg(feature = "typescript")]
pub mod typescript;
