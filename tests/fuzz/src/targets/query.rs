//! Queries: parsed, and asked of a small collection with and without unpublished changes. Scores are numbers.

use std::sync::OnceLock;

use headwater_core::model::Query;
use headwater_core::snapshot::Snapshot;

use crate::collection::{Sound, memtable};
use crate::{memory, queries};

fn snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(|| {
        let sound = Sound::small();
        sound.open(&sound.layout.bytes(), true).expect("a sound segment")
    })
}

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(query) = memory::limited(|| Query::from_json(data)) else { return };
    queries::ask_sound(snapshot(), &query, None);
    queries::ask_sound(snapshot(), &query, Some(memtable()));
}
