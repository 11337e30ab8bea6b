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
//! | `server`, `location` | all collections and models of one data folder; where that and the key are |
//! | `languages` | which languages of texts are taken |
//! | `http/` | routes, problem documents, OpenAPI |
//! | `data_lock` | one server at a time over a local data folder |
//! | `keys/` | the server's key, the root key, the list between them |
//! | `clock` | what time it is |
//! | `tls` | which library encrypts connections |
//! | `client`, `address`, `token` | a server's API, for the two rooms below: who is asked, and with which right |
//! | `replica/` | what is published, from a reader's side: check, compare, copy |
//! | `cli/` | the `headwater` command |
//! | `remedy` | what to do about a server's refusal, in commands |
//! | `lines` | what came in place of points, a point a line |
//! | `shell` | commands that are said so that a shell takes them |
//! | `counted` | numbers of things in sentences |
//!
//! **Ordering law**: a write is durable before it is acknowledged; a blob before a manifest names it;
//! a manifest before the head names it; the log is trimmed last.

mod address;
pub mod cli;
mod client;
mod clock;
pub mod collection;
mod counted;
mod data_lock;
mod http;
pub mod keys;
mod languages;
mod lines;
pub mod location;
pub mod objects;
pub mod pending;
mod remedy;
mod replica;
pub mod server;
mod shell;
pub mod store;
mod tls;
mod token;

pub use headwater_http::cors::Readers;
pub use http::{Access, Limits, app, serve};
pub use token::Token;
