//! Points: parsed, prepared, searched while they are not published, and published.

use std::sync::Arc;

use headwater_core::ingest::{Models, prepare};
use headwater_core::memtable::Memtable;
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;

use crate::{collection, memory, queries};

/// See the module.
pub fn run(data: &[u8]) {
    let Ok(point) = memory::limited(|| serde_json::from_slice(data)) else { return };
    let snapshot = Snapshot::empty("fuzz".into(), collection::schema(), Models::default());
    let prepared = memory::limited(|| prepare(point, snapshot.schema(), &Models::default()));
    let Ok(prepared) = prepared else { return };
    let mut memtable = Memtable::new();
    memtable.upsert(1, Arc::new(prepared));
    queries::all().iter().for_each(|query| queries::ask_sound(&snapshot, query, Some(&memtable)));
    let draft = Draft::plan(&snapshot, &memtable).expect("a plan").expect("a point is new");
    let published = memory::limited(|| draft.finish(&snapshot, &memtable, Vec::new(), 1_000, &mut |_, _, _| ()));
    let published = published.expect("what was prepared can be published");
    let (_, segment) = &published.new_blobs[0];
    let opened = collection::Sound::small().open(segment, false).expect("what was published can be opened");
    queries::all().iter().for_each(|query| queries::ask_sound(&opened, query, None));
}
