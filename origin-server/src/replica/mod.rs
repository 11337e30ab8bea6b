//! The replica protocol from the reader's side, natively: what `verify`, `diff`, `export` and `publish --to` do.
//!
//! ```text
//! Source (origin, edge, static files, bucket) ── head ── manifest ── blobs, pages ──┬── check   all of it, as a linter would
//!                                                                                   ├── diff    two versions
//!                                                                                   └── copy ──> Target (edge, bucket, folder)
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `source` | where a published collection is read |
//! | `target` | where it is written |
//! | `copy` | from one to the other, the head last |
//! | `boot` | what a reader in parts fetches at first, as one object |
//! | `pieces` | objects in pieces with names of their own, for hosts that know no ranges |
//! | `check` | everything a replica relies on, and what it does not notice |
//! | `finding` | what a check says |
//! | `diff` | what a replica fetches from one version to another |

mod boot;
mod check;
mod copy;
mod diff;
mod finding;
mod pieces;
mod source;
mod target;

pub(crate) use boot::boot;
pub(crate) use check::{Asked, check};
pub(crate) use copy::{Copied, copy};
pub(crate) use diff::{Contents, Difference};
pub(crate) use pieces::{FOLDER as PIECES, INDEX as PIECES_INDEX, PieceSize, in_index};
pub(crate) use source::{PATIENCE, Source};
pub(crate) use target::Target;

/// Called with what is done and the whole, in bytes.
pub(crate) type Progress<'a> = dyn FnMut(u64, u64) + Send + 'a;
