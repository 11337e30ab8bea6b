//! Schemas: what is accepted is written and read again as the same.

use headwater_core::limits::MAX_SCHEMA_BYTES;
use headwater_core::model::Schema;

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    // Hosts look at the length before they parse.
    if data.len() > MAX_SCHEMA_BYTES {
        return;
    }
    let Ok(schema) = memory::limited(|| Schema::from_json(data)) else { return };
    let text = serde_json::to_vec(&schema).expect("a schema is JSON");
    assert_eq!(Schema::from_json(&text).as_ref(), Ok(&schema), "a schema changes when it is written");
}
