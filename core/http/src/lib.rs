//! What origin and edge both say over HTTP, written once: they must answer alike, and neither may import the other.
//!
//! ```text
//! method, headers ──┬── object ──── etag, range     200, 206, 304, 412 or 416, with their headers (RFC 9110, 13 to 15)
//!                   ├── cors                        preflights, and what pages of which origins may read (Fetch)
//!                   ├── media, coding               what a body is, and its bytes without gzip
//!                   └── path                        names and ids out of a URL's path
//! an error ───────────── refusal                    a problem document with its headers (RFC 9457)
//! ```
//!
//! Owns: the reading of headers and paths, and the headers of answers. Does not own: bodies under way, sockets, stores,
//! clocks.

pub mod coding;
pub mod cors;
pub mod etag;
pub mod media;
pub mod object;
pub mod path;
pub mod range;
pub mod refusal;

pub use http;
pub use refusal::Refusal;
