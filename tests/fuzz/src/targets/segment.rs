//! Segments: a sound one, damaged, is opened, and if that goes well all is asked of it.
//!
//! ```text
//! flags u8 · first query u8 · edits of 12 bytes
//! ```

use headwater_core::snapshot::{Arriving, Snapshot};

use crate::collection::{Sound, memtable};
use crate::edits::{self, Edit};
use crate::{memory, queries};

/// The large segment instead of the small one.
const LARGE: u8 = 1;
/// Some of its points are deleted.
const DELETES: u8 = 2;
/// Some have changed since.
const CHANGES: u8 = 4;
/// It is read as a replica in parts reads it.
const PARTS: u8 = 8;
/// With the one above, another large segment: its first vector has residual codes.
const RESIDUAL: u8 = 16;
/// Queries that a segment is asked, so that more segments are.
const ASKED_OF_SMALL: usize = 8;
const ASKED_OF_LARGE: usize = 3;
/// Bytes before the edits.
const HEAD: usize = 2;

/// See the module.
pub fn run(data: &[u8]) {
    let Some(&[flags, first]) = data.first_chunk::<HEAD>() else { return };
    let (sound, asked) = match flags & LARGE {
        0 => (Sound::small(), ASKED_OF_SMALL),
        _ if flags & RESIDUAL != 0 => (Sound::residual(), ASKED_OF_LARGE),
        _ => (Sound::large(), ASKED_OF_LARGE),
    };
    let bytes = edits::apply(&sound.layout, &Edit::all_of(&data[HEAD..]));
    let changes = (flags & CHANGES != 0).then(memtable);
    let all = queries::all();
    let ask_all = |snapshot: &Snapshot| {
        for query in all.iter().cycle().skip(usize::from(first)).take(asked) {
            queries::ask(snapshot, query, changes);
        }
    };
    if flags & PARTS != 0 {
        let arrived = memory::limited(|| sound.arrive(&bytes, flags & DELETES != 0));
        arrived.as_ref().ok().and_then(Arriving::opened).into_iter().for_each(ask_all);
        return;
    }
    let opened = memory::limited(|| sound.open(&bytes, flags & DELETES != 0));
    let Ok(snapshot) = opened else { return };
    ask_all(&snapshot);
    queries::read(&snapshot, memtable());
}

/// Fuzz input from fuzz input, in whole edits; none: in any way. Returns the new length.
pub fn mutate(data: &mut [u8], len: usize, seed: u32) -> Option<usize> {
    edits::mutate(data, len, HEAD, seed)
}
