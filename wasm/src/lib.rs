//! Headwater in browsers and Node: bindings that validate, convert and delegate.
//!
//! ```text
//! package headwater ── Replica ──┬── follow   head, manifest and blobs that the package brings: checked, opened, served
//!                                └── headwater-core: trust, difference, snapshot, search
//! ```
//!
//! Nothing waits but `idb_store`: what is fetched, and when what is kept, is the package's (`packages/js/src`), so each
//! failure, a trap included, is thrown into the call that met it.
//!
//! | file | job |
//! | --- | --- |
//! | `replica` | what JavaScript holds: search, status |
//! | `follow` | how it comes to its snapshot, step by step |
//! | `parts` | a replica of which parts come as searches want them |
//! | `idb_store` | blobs and records in IndexedDB |
//! | `border` | values and errors across the border |

mod border;
mod follow;
mod idb_store;
mod parts;
mod replica;

pub use idb_store::IdbStore;
pub use parts::WantedPart;
pub use replica::Replica;
