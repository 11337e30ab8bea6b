//! The origin from outside.
//!
//! | file | what it proves |
//! | --- | --- |
//! | `lifecycle` | create, write, search, publish, restart, delete |
//! | `arrival` | encodings, line ends, forms of points, and payloads that come back as they were given |
//! | `hostile` | bad input: typed problems, nothing lost |
//! | `replica` | heads, manifests, blobs: signatures, ranges, caching |
//! | `versions` | list, pin, go back, collect garbage |
//! | `keys` | root key, rotation, revocation, expiry |
//! | `readers` | export, verify, diff |
//! | `describe` | OpenAPI names every route |
//! | `faults` | a failure at any store operation of a publish, then a restart |
//! | `killed` | a kill before, within and after any store operation of a publish, a rollback, a garbage collection |
//! | `takeover` | two servers over one data folder |
//! | `crash` | `kill -9` while importing and publishing |
//! | `command` | the `headwater` command |
//! | `bucket` | the same over S3 |
//! | `api`, `process` | the router in this process; the real binary |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod api;
mod arrival;
mod bucket;
mod command;
mod crash;
mod describe;
mod faults;
mod hostile;
mod keys;
mod killed;
mod lifecycle;
mod process;
mod readers;
mod replica;
mod takeover;
mod versions;
