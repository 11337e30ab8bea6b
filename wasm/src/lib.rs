//! Headwater in browsers and Node: bindings that validate, convert and delegate.
//!
//! ```text
//! JavaScript ── Replica ──┬── source   fetch: head, manifest, blobs, with limits and progress
//!                         ├── cache/   IndexedDB, or files that Node keeps
//!                         └── headwater-core: trust, difference, snapshot, search
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `replica` | what JavaScript holds: search, status |
//! | `follow` | how it comes to its snapshot: restore from the cache, sync with the source |
//! | `source` | what is asked of a replica source over HTTP |
//! | `cache/` | where blobs and the last good version are kept |
//! | `border` | values and errors across the border |

mod border;
mod cache;
mod follow;
mod replica;
mod source;

pub use replica::Replica;
