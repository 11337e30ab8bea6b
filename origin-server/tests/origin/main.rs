//! The origin from outside.
//!
//! | file | what it proves |
//! | --- | --- |
//! | `lifecycle` | create, write, search, publish, restart, delete |
//! | `arrival` | encodings, line ends, forms of points, and payloads that come back as they were given |
//! | `hostile` | bad input: typed problems, nothing lost |
//! | `build` | folders of pages, and data, become search that is plain files |
//! | `watch` | what `build --watch` and `build --serve` do until they are stopped |
//! | `mdbook` | what mdBook hands to an output |
//! | `bodies` | how bodies are written and named, ids in paths, methods |
//! | `pages` | what pages of other origins may ask and read |
//! | `slow` | clients that are slow, silent or many |
//! | `together` | page after page, several queries at once, across collections |
//! | `replica` | heads, manifests, blobs: signatures, ranges, caching |
//! | `versions` | list, pin, go back, collect garbage |
//! | `keys` | root key, rotation, revocation, expiry |
//! | `readers` | export, verify, diff |
//! | `describe` | OpenAPI names every route |
//! | `faults` | a failure at any store operation of a publish, then a restart |
//! | `full` | a store that takes no writes, and then takes them again |
//! | `killed` | a kill before, within and after any store operation of a publish, a rollback, a garbage collection |
//! | `takeover` | two servers over one data folder |
//! | `targets` | publishing to one folder from two origins |
//! | `rollback` | going back while others write and publish |
//! | `synonyms` | synonyms are changed without anything being indexed anew |
//! | `hangup` | clients that hang up within a write |
//! | `pending` | limits on what is unpublished, publishing without being asked |
//! | `pieces` | objects in pieces, for hosts without ranges |
//! | `sealing` | unpublished points in segments |
//! | `deleted` | who still reads what was deleted, and what removes it |
//! | `upkeep` | what SlateDB leaves behind |
//! | `crash` | `kill -9` while importing and publishing |
//! | `command` | the `headwater` command |
//! | `help` | what stands there as an example works |
//! | `speech` | what it says: to a terminal, of mistakes, of what it was given |
//! | `advice` | commands that are proposed work as they stand |
//! | `mistakes` | what mistakes of somebody new are answered with |
//! | `tokens` | who gets a token, and who does not |
//! | `waits` | the command when a server makes it wait, and of rollbacks that were interrupted |
//! | `stops` | the command when nobody reads on, or somebody stops it |
//! | `bucket` | the same over S3 |
//! | `api`, `gate`, `process` | the router in this process; a store that stops where it is told; the real binary |
//! | `desk` | a folder with pages to build |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod advice;
mod api;
mod arrival;
mod bodies;
mod bucket;
mod build;
mod command;
mod crash;
mod deleted;
mod describe;
mod desk;
mod faults;
mod full;
mod gate;
mod hangup;
mod help;
mod hostile;
mod keys;
mod killed;
mod lifecycle;
mod mdbook;
mod mistakes;
mod pages;
mod pending;
mod pieces;
mod process;
mod readers;
mod replica;
mod rollback;
mod sealing;
mod slow;
mod speech;
mod stops;
mod synonyms;
mod takeover;
mod targets;
mod together;
mod tokens;
mod upkeep;
mod versions;
mod waits;
mod watch;
