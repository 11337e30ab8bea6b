//! Keys of a server.
//!
//! ```text
//! root key   a file away from the server   signs the key list: which keys may sign heads
//! online key a file beside the data        signs heads
//! key list   object `keys` of the store    public; goes with each head
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `file` | private keys in files with mode 600, never in the object store |
//! | `signer` | signs heads, with an end where one is wanted, and the key list beside them |
//! | `roles` | making the key list: which keys are online, which are revoked |

mod file;
mod roles;
mod signer;

pub(crate) use file::{create, load, load_or_create, parse, random, replace};
pub(crate) use roles::{Change, change, stored};
pub use signer::Signer;
