//! Which library encrypts connections.
//!
//! rustls asks for one; reqwest and object_store take what the process has named.

use std::sync::Once;

/// Names ring, once. Before any client is made.
pub(crate) fn provide() {
    static NAMED: Once = Once::new();
    // An error means that somebody has named one already, which serves as well.
    NAMED.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}
