//! The Headwater origin: the authoritative collections, behind an HTTP API.
//!
//! ```text
//! HTTP ── http/ ── collection/ ──┬── store/    durable log and points (SlateDB)
//!                                ├── objects   segments, manifests, heads (object store)
//!                                └── headwater-core: what a search answers, what a publish writes
//! ```
//!
//! | room | job |
//! | --- | --- |
//! | `store/` | the trait of the durable log and point store, and SlateDB behind it |
//! | `objects` | a folder or bucket by URL; immutable objects, create-only versions, heads |
//! | `collection/` | one collection: group commit, recovery, search, publish |
//! | `pending/` | how much may be unpublished; publishing without being asked |
//! | `server` | all collections and models of one data folder |
//! | `http/` | routes, problem documents, OpenAPI |
//! | `data_lock` | one server at a time over a local data folder |
//! | `keys/` | the server's key, the root key, the list between them |
//! | `clock` | what time it is |
//! | `tls` | which library encrypts connections |
//! | `client` | a server's API, for the two rooms below |
//! | `replica/` | what is published, from a reader's side: check, compare, copy |
//! | `cli/` | the `headwater` command |
//! | `counted` | numbers of things in sentences |
//!
//! **Ordering law**: a write is durable before it is acknowledged; a blob before a manifest names it;
//! a manifest before the head names it; the log is trimmed last.

pub mod cli;
mod client;
mod clock;
pub mod collection;
mod counted;
mod data_lock;
mod http;
pub mod keys;
pub mod objects;
pub mod pending;
mod replica;
pub mod server;
pub mod store;
mod tls;

pub use headwater_http::cors::Readers;
pub use http::{Access, Limits, app, serve};
