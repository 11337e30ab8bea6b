//! Segments that mean harm: the worst that can stand in each section, made by hand, and edits at random.
//!
//! Each is refused with a typed error when it is opened, or gives some answer or other. `tests/fuzz` has what damages a
//! sound segment and what is asked of it; its fuzzer makes up more of the same.

mod records;
mod residual;

use headwater_core::error::Code;
use headwater_core::snapshot::{Arriving, Snapshot};
use headwater_fuzz::collection::{Sound, memtable};
use headwater_fuzz::edits::{EDIT_BYTES, Edit, apply};
use headwater_fuzz::layout::{Layout, Section};
use headwater_fuzz::{memory, queries};
use proptest::prelude::*;

// Positions by name in the schema of `headwater_fuzz::collection`.
const INNER: u32 = 0;
const MEANING: u32 = 1;
const SPREAD: u32 = 3;
const PLACE: u32 = 2;
const BODY: u32 = 0;
const AT: u32 = 0;
const COUNT: u32 = 1;
const KIND: u32 = 3;
const TAGS: u32 = 5;
const TOWN: u32 = 6;
const WHERE: u32 = 8;
const WINS: u32 = 9;

const MOST: [u8; 4] = u32::MAX.to_le_bytes();

/// What becomes of a case: an error when it is opened, or answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Refused,
    Opened,
}
use End::{Opened, Refused};

/// Name, what it does to a section (kind and field), how it ends.
type Case = (&'static str, u32, u32, fn(&mut Section), End);

fn words(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Asks a snapshot everything, as it was published and with changes since.
fn ask_all(snapshot: &Snapshot) {
    for query in queries::all() {
        queries::ask(snapshot, query, None);
        queries::ask(snapshot, query, Some(memtable()));
    }
    queries::read(snapshot, memtable());
}

fn outcome(sound: &Sound, bytes: &[u8]) -> End {
    // In parts, what stands outside the front is not looked at before it is wanted.
    let arrived = memory::limited(|| sound.arrive(bytes, false)).ok();
    if let Some(snapshot) = arrived.as_ref().and_then(Arriving::opened) {
        queries::all().iter().for_each(|query| drop(queries::ask(snapshot, query, None)));
    }
    match memory::limited(|| sound.open(bytes, false)) {
        Ok(snapshot) => {
            ask_all(&snapshot);
            Opened
        }
        Err(error) => {
            assert!(matches!(error.code(), Code::Corrupt | Code::FormatUnsupported), "{error}");
            Refused
        }
    }
}

fn strike(sound: &Sound, cases: &[Case]) {
    strike_from(sound, &sound.layout, cases);
}

/// The same beginning with other bytes than the sound ones.
fn strike_from(sound: &Sound, from: &Layout, cases: &[Case]) {
    for &(name, kind, field, change, end) in cases {
        let mut layout = from.clone();
        change(layout.section(kind, field));
        assert_eq!(outcome(sound, &layout.bytes()), end, "{name}");
    }
}

#[test]
fn graphs_that_lie() {
    strike(
        Sound::small(),
        &[
            ("no neighbours allowed", 32, MEANING, |s| s.put(0, [0; 4]), Refused),
            ("more neighbours than any graph has", 32, MEANING, |s| s.put(0, MOST), Refused),
            ("more levels than any graph has", 32, MEANING, |s| s.put(2, MOST), Refused),
            ("an entry that does not exist", 32, MEANING, |s| s.put(3, 60u32.to_le_bytes()), Refused),
            ("two headers", 32, MEANING, |s| s.bytes.extend_from_within(..), Refused),
            ("no header", 32, MEANING, |s| s.bytes.clear(), Refused),
            ("offsets that descend", 33, MEANING, |s| s.put(5, MOST), Refused),
            ("offsets that end early", 33, MEANING, |s| s.bytes.truncate(40), Refused),
            ("a link past the last node", 34, MEANING, |s| s.put(0, [0x7e]), Refused),
            ("a number without an end", 34, MEANING, |s| s.bytes.fill(0xff), Refused),
            ("levels that begin late", 35, MEANING, |s| s.put(0, [1, 0, 0, 0]), Refused),
            ("levels past the upper nodes", 35, PLACE, |s| s.put(1, MOST), Refused),
            ("upper nodes that do not exist", 36, MEANING, |s| s.bytes.fill(0xff), Refused),
            ("upper offsets past the links", 37, MEANING, |s| s.put(1, MOST), Refused),
            ("upper links to strangers", 38, PLACE, |s| s.bytes.fill(1), Refused),
        ],
    );
}

#[test]
fn links_in_circles_end() {
    // Two nodes that know each other only, and nodes that know themselves only.
    for distance in [|node: u8| if node.is_multiple_of(2) { 2u8 } else { 1 }, |_| 0] {
        let mut layout = Sound::small().layout.clone();
        layout.section(33, MEANING).bytes = words(0..=60);
        layout.section(34, MEANING).bytes = (0..60).map(distance).collect();
        assert_eq!(outcome(Sound::small(), &layout.bytes()), Opened);
    }
}

fn fill(section: &mut Section, with: f32) {
    section.bytes = section.bytes.chunks(4).flat_map(|_| with.to_le_bytes()).collect();
}

#[test]
fn codes_and_vectors_that_lie() {
    let nan = |s: &mut Section| s.put(7, f32::NAN.to_le_bytes());
    let infinite = |s: &mut Section| s.put(0, f32::INFINITY.to_le_bytes());
    let largest: fn(&mut Section) = |s| fill(s, 1e36);
    let larger: fn(&mut Section) = |s| fill(s, 1.01e36);
    strike(
        Sound::small(),
        &[
            ("codes of other dimensions", 16, MEANING, |s| s.put(0, MOST), Refused),
            ("codes for another metric", 16, PLACE, |s| s.put(1, [0; 4]), Refused),
            ("codes of no bits", 16, INNER, |s| s.put(2, [0; 4]), Refused),
            ("too few codes", 17, MEANING, |s| s.bytes.truncate(s.bytes.len() - 1), Refused),
            ("too many codes", 17, PLACE, |s| s.bytes.push(0), Refused),
            ("codes at their ends", 17, MEANING, |s| s.bytes.fill(0), Opened),
            ("a factor that is no number", 18, MEANING, nan, Refused),
            ("an infinite factor", 18, PLACE, infinite, Refused),
            ("the largest factors", 18, PLACE, largest, Opened),
            ("the largest steps", 18, INNER, largest, Opened),
            ("larger factors", 18, PLACE, larger, Refused),
            ("larger steps", 18, INNER, larger, Refused),
            ("whole vectors that are no numbers", 27, INNER, |s| s.bytes.fill(0xff), Opened),
            ("infinite whole vectors", 28, PLACE, |s| s.bytes = [0, 0x7c].repeat(s.bytes.len() / 2), Opened),
            ("one component too few", 28, PLACE, |s| s.bytes.truncate(s.bytes.len() - 2), Refused),
        ],
    );
}

/// Puts one more point into each cluster that has room for it in its last block: `of` says which, given the cluster's
/// first point and the one behind its last.
fn with_others(layout: &mut Layout, field: u32, of: impl Fn(u32, u32) -> u32) {
    let proof = layout.section(19, field).word(6) as usize;
    let bytes = &layout.section(21, field).bytes;
    let ends: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let blocks = layout.section(25, field).bytes.clone();
    let (mut first, mut from, mut others, mut changed, mut pieces) = (0, 0, 0, Vec::new(), Vec::new());
    for &[points, _, to] in ends.as_chunks::<3>().0 {
        pieces.extend(blocks.iter().take(to as usize - proof).skip(from));
        if !(points - first).is_multiple_of(32) {
            others += 1;
            pieces.extend(of(first, points).to_le_bytes());
        }
        pieces.resize((pieces.len() + proof).next_multiple_of(64), 0);
        changed.extend([points, others, pieces.len() as u32]);
        (first, from) = (points, to as usize);
    }
    assert!(others > 4);
    layout.section(21, field).bytes = words(changed);
    layout.section(25, field).bytes = pieces;
}

#[test]
fn points_of_other_clusters_that_lie() {
    for field in [MEANING, SPREAD] {
        of_other_clusters(Sound::large(), field);
    }
}

fn of_other_clusters(sound: &Sound, field: u32) {
    let strangers = |_, behind| (behind + 40) % 2_000;
    for (name, of, end) in [
        ("points of other clusters", strangers as fn(u32, u32) -> u32, Opened),
        ("one point in all clusters", |_, _| 7, Opened),
        ("the cluster's own points", |first, _| first, Opened),
        ("points that do not exist", |_, _| 2_050, Refused),
        ("points past all numbers", |_, _| u32::MAX, Refused),
    ] {
        let mut layout = sound.layout.clone();
        with_others(&mut layout, field, of);
        assert_eq!(outcome(sound, &layout.bytes()), end, "{name}");
    }
    let mut layout = sound.layout.clone();
    with_others(&mut layout, field, strangers);
    strike_from(
        sound,
        &layout,
        &[
            ("a piece cut short", 25, field, |s| s.bytes.truncate(s.bytes.len() - 64), Refused),
            ("a piece too many", 25, field, |s| s.bytes.extend([0; 64]), Refused),
            ("more than there are", 21, field, |s| s.put(1, MOST), Refused),
            ("fewer than there are", 21, field, |s| s.put(1, [0; 4]), Refused),
        ],
    );
}

#[test]
fn clusters_that_lie() {
    let nan = |s: &mut Section| s.bytes = s.bytes.chunks(4).flat_map(|_| f32::NAN.to_le_bytes()).collect();
    strike(
        Sound::large(),
        &[
            ("measurements that are none", 2, MEANING, |s| s.bytes.fill(0xff), Opened),
            ("half of what was measured", 2, MEANING, |s| s.bytes.truncate(16), Opened),
            ("a scan of other dimensions", 19, INNER, |s| s.put(0, [0; 4]), Refused),
            ("more clusters than there are", 19, INNER, |s| s.put(1, MOST), Refused),
            ("all points for each candidate", 19, INNER, |s| s.put(2, MOST), Opened),
            ("no points for any candidate", 19, INNER, |s| s.put(2, [0; 4]), Opened),
            ("no candidates", 19, MEANING, |s| s.put(3, [0; 4]), Refused),
            ("all candidates", 19, MEANING, |s| s.put(3, MOST), Refused),
            ("the most candidates", 19, MEANING, |s| s.put(3, (1u32 << 16).to_le_bytes()), Opened),
            ("an error that is no number", 19, PLACE, |s| s.put(4, f32::NAN.to_le_bytes()), Refused),
            ("the largest error", 19, PLACE, |s| s.put(4, f32::MAX.to_le_bytes()), Opened),
            ("codes of no bits", 19, MEANING, |s| s.put(5, [0; 4]), Refused),
            ("codes of more bits than there are", 19, MEANING, |s| s.put(5, 2u32.to_le_bytes()), Refused),
            ("codes of more bits than any has", 19, MEANING, |s| s.put(5, MOST), Refused),
            ("centroids of garbage", 20, MEANING, |s| s.bytes.fill(0xff), Opened),
            ("a cluster past the last point", 21, INNER, |s| s.put(0, MOST), Refused),
            ("an empty cluster", 21, INNER, |s| s.put(0, [0; 4]), Refused),
            ("more points of others than there are", 21, PLACE, |s| s.put(1, MOST), Refused),
            ("a cluster of no blocks", 21, PLACE, |s| s.put(2, [0; 4]), Refused),
            ("clusters that end early", 21, MEANING, |s| s.bytes.truncate(s.bytes.len() - 12), Refused),
            ("a centroid's factor that is no number", 24, PLACE, nan, Refused),
            ("blocks of garbage", 25, MEANING, |s| s.bytes.fill(0xff), Opened),
            ("blocks that are no numbers", 25, PLACE, nan, Opened),
            ("proofs of other lengths", 19, SPREAD, |s| s.put(6, 64u32.to_le_bytes()), Refused),
            ("proofs where there are none", 19, MEANING, |s| s.put(6, 192u32.to_le_bytes()), Refused),
            ("no proofs where there are some", 19, SPREAD, |s| s.put(6, [0; 4]), Refused),
            ("two bits taken for one", 19, SPREAD, |s| s.put(5, 1u32.to_le_bytes()), Refused),
            ("two bits taken for three", 19, SPREAD, |s| s.put(5, 3u32.to_le_bytes()), Refused),
            ("pieces of two bits that are no numbers", 25, SPREAD, nan, Opened),
            ("half a block", 25, MEANING, |s| s.bytes.truncate(s.bytes.len() - 64), Refused),
            ("an order past the last point", 26, MEANING, |s| s.put(3, 2_050u32.to_le_bytes()), Refused),
            ("an order that names one point only", 26, MEANING, |s| s.bytes.fill(0), Refused),
        ],
    );
}

#[test]
fn texts_that_lie() {
    strike(
        Sound::large(),
        &[
            ("more words than counted", 80, BODY, |s| s.put(0, MOST), Opened),
            ("as many words as numbers go", 80, BODY, |s| s.put(0, [0xff; 8]), Opened),
            ("no words at all", 80, BODY, |s| s.put(0, [0; 8]), Opened),
            ("as many texts as numbers go", 80, BODY, |s| s.put(1, [0xff; 8]), Opened),
            ("no texts at all", 80, BODY, |s| s.put(1, [0; 8]), Opened),
            ("more terms than there are", 80, BODY, |s| s.put(4, MOST), Refused),
            ("more forms than there are", 80, BODY, |s| s.put(5, MOST), Refused),
            ("several texts where there is one", 80, BODY, |s| s.put(7, MOST), Refused),
            ("dictionary offsets that descend", 81, 1, |s| s.put(1, MOST), Refused),
            ("a word that shares more than there is", 82, BODY, |s| s.put(7, [0xff]), Refused),
            ("words that are no UTF-8", 82, BODY, |s| s.put(1, [0xff]), Refused),
            ("a form of a term that does not exist", 85, BODY, |s| s.put(0, MOST), Refused),
            ("a list of no points", 86, BODY, |s| s.put(0, [0; 4]), Refused),
            ("a list of all points", 86, BODY, |s| s.put(0, MOST), Refused),
            ("lists from past the end", 86, BODY, |s| s.bytes.fill(0x7f), Refused),
            ("blocks that end nowhere", 87, BODY, |s| s.put(0, MOST), Opened),
            (
                "blocks that end at the first point",
                87,
                BODY,
                |s| s.bytes.chunks_mut(16).for_each(|b| b[..4].fill(0)),
                Opened,
            ),
            ("widths of 255 bits", 87, BODY, |s| s.bytes.chunks_mut(16).for_each(|b| b[12..].fill(0xff)), Opened),
            ("blocks outside", 87, BODY, |s| s.put(1, MOST), Refused),
            ("positions outside", 87, BODY, |s| s.put(2, MOST), Refused),
            ("postings of ones", 88, 1, |s| s.bytes.fill(0xff), Opened),
            ("postings of nothing", 88, 1, |s| s.bytes.fill(0), Opened),
            ("positions without an end", 89, BODY, |s| s.bytes.fill(0xff), Opened),
            ("positions that are all the same", 89, BODY, |s| s.bytes.fill(0), Opened),
            ("the longest texts", 90, BODY, |s| s.bytes.fill(0xff), Opened),
            ("a length too few", 90, BODY, |s| s.bytes.truncate(s.bytes.len() - 1), Refused),
        ],
    );
}

#[test]
fn fields_that_lie() {
    strike(
        Sound::small(),
        &[
            ("keywords that descend", 48, KIND, |s| s.put(2, [0; 4]), Refused),
            ("keywords past the dictionary", 48, KIND, |s| s.put(2, MOST), Refused),
            ("keywords that are no UTF-8", 49, KIND, |s| s.bytes.fill(0xff), Refused),
            ("rows that descend", 50, TAGS, |s| s.put(3, MOST), Refused),
            ("values that no dictionary has", 51, KIND, |s| s.bytes.fill(0xff), Refused),
            ("values of another width", 51, TAGS, |s| s.bytes.extend_from_within(..), Refused),
            ("numbers that are none", 52, COUNT, |s| s.bytes.fill(0xff), Refused),
            ("one more number", 52, COUNT, |s| s.put(0, 1f64.to_le_bytes()), Refused),
            ("an order that is no permutation", 53, COUNT, |s| s.bytes.fill(1), Refused),
            ("an order that descends", 53, COUNT, |s| s.bytes.reverse(), Refused),
            ("a set of more points than there are", 54, KIND, |s| s.put(0, MOST), Refused),
            ("a set of all points", 54, TAGS, |s| s.put(0, 60u32.to_le_bytes()), Opened),
            ("a set outside", 54, KIND, |s| s.put(1, MOST), Refused),
            ("sets of 255 bits", 55, KIND, |s| s.bytes.fill(0xff), Opened),
            ("sets of nothing", 55, TAGS, |s| s.bytes.fill(0), Opened),
            ("places off the earth", 56, AT, |s| s.bytes.fill(0x7f), Opened),
            ("places half there", 56, AT, |s| s.put(0, i32::MIN.to_le_bytes()), Opened),
            ("spellings that descend", 49, TOWN, |s| s.put(0, *b"Z"), Refused),
            ("a spelling that stands twice", 49, TOWN, |s| s.bytes.make_ascii_lowercase(), Refused),
            ("rows of numbers that descend", 50, WINS, |s| s.put(3, MOST), Refused),
            ("rows of numbers that end early", 50, WINS, |s| s.bytes.truncate(s.bytes.len() - 4), Refused),
            ("numbers that descend in their rows", 52, WINS, |s| s.bytes.fill(0), Refused),
            ("a number that is none among several", 52, WINS, |s| s.bytes[..8].fill(0xff), Refused),
            ("an order of several that is none", 53, WINS, |s| s.put(0, MOST), Refused),
            ("an order of several that repeats", 53, WINS, |s| s.bytes.fill(0), Refused),
            ("rows of places past their end", 50, WHERE, |s| s.put(60, MOST), Refused),
            ("several places half there", 56, WHERE, |s| s.bytes.fill(0x80), Opened),
            ("places without their rows", 56, WHERE, |s| s.bytes.truncate(8), Refused),
            ("fields of another schema", 1, 0, |s| s.bytes.fill(b' '), Refused),
            ("fields without an end", 1, 0, |s| s.bytes.fill(b'['), Refused),
        ],
    );
}

/// An LZ4 block of one letter, repeated some 255 × 60,000 times.
fn bomb() -> Vec<u8> {
    [&[0x1f, b'{', 1, 0][..], &[0xff; 60_000], &[0, 0x10, b'}']].concat()
}

#[test]
fn payloads_and_ids_that_lie() {
    let largest = |s: &mut Section| s.put(1, 77_828u32.to_le_bytes());
    strike(
        Sound::small(),
        &[
            ("a block from nowhere", 65, 0, |s| s.put(0, MOST), Refused),
            ("a block of gigabytes", 65, 0, |s| s.put(1, MOST), Refused),
            ("a block above the limit", 65, 0, |s| s.put(1, 77_829u32.to_le_bytes()), Refused),
            ("a block at the limit, which is shorter", 65, 0, largest, Opened),
            ("a block that is longer than it says", 65, 0, |s| s.put(1, [1, 0, 0, 0]), Opened),
            ("no blocks", 65, 0, |s| s.bytes.clear(), Refused),
            ("blocks outside", 65, 0, |s| s.put(3, [0xff; 8]), Refused),
            ("a decompression bomb", 66, 0, |s| s.bytes = bomb(), Opened),
            ("no bytes", 66, 0, |s| s.bytes.clear(), Refused),
            ("garbage", 66, 0, |s| s.bytes.fill(0xff), Opened),
            ("ids that descend", 72, 0, |s| s.put(9, MOST), Refused),
            ("ids that are no UTF-8", 73, 0, |s| s.bytes.fill(0xff), Refused),
            ("ids that are all the same", 73, 0, |s| s.bytes.fill(b'a'), Refused),
            ("an order that is no permutation", 74, 0, |s| s.bytes.fill(0), Refused),
            ("an order that descends", 74, 0, |s| s.bytes = words((0..60).rev()), Refused),
            ("an order past the last point", 74, 0, |s| s.put(59, [60, 0, 0, 0]), Refused),
        ],
    );
}

#[test]
fn tables_that_lie() {
    let sound = Sound::small();
    let mut layout = sound.layout.clone();
    for points in [0, 59, 61, 1 << 24, u32::MAX] {
        layout.set_points(points);
        assert_eq!(outcome(sound, &layout.bytes()), Refused, "{points} points");
    }
    let bytes = sound.layout.bytes();
    let rows = sound.layout.sections.len();
    // Of each row: another offset or length, so that sections overlap, lie outside, or wrap around.
    for row in 0..rows {
        for (at, number) in
            [(16, 0u64), (16, 64), (16, u64::MAX - 63), (24, u64::MAX), (24, u64::MAX - 128), (24, 1 << 40)]
        {
            let place = 64 + row * 32 + at;
            let mut damaged = bytes.clone();
            damaged[place..place + 8].copy_from_slice(&number.to_le_bytes());
            assert_eq!(outcome(sound, &damaged), Refused, "row {row}, {number} at {at}");
        }
    }
    for (at, number) in [(12, u32::MAX), (12, 2_049), (12, 0), (24, 0), (28, 1), (8, 0), (8, u32::MAX)] {
        let mut damaged = bytes.clone();
        damaged[at..at + 4].copy_from_slice(&number.to_le_bytes());
        assert_eq!(outcome(sound, &damaged), Refused, "{number} at {at} of the header");
    }
    for length in [0, 1, 8, 63, 64, 96, 64 + rows * 32, bytes.len() - 64, bytes.len() - 1] {
        assert_eq!(outcome(sound, &bytes[..length]), Refused, "{length} bytes");
    }
}

/// Every section gone, and every section taken for another one.
#[test]
fn sections_that_are_others() {
    for sound in [Sound::small(), Sound::large(), Sound::residual()] {
        let count = sound.layout.sections.len();
        for at in 0..count {
            let mut without: Layout = sound.layout.clone();
            without.sections.remove(at);
            outcome(sound, &without.bytes());
            let mut other = sound.layout.clone();
            other.sections[at].bytes = sound.layout.sections[(at + 1) % count].bytes.clone();
            outcome(sound, &other.bytes());
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<[u8; EDIT_BYTES]>> {
    prop::collection::vec(any::<[u8; EDIT_BYTES]>(), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn edits_of_a_small_segment_do_no_harm(edits in edits()) {
        let sound = Sound::small();
        outcome(sound, &apply(&sound.layout, &edits.into_iter().map(Edit::of).collect::<Vec<_>>()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn edits_of_a_large_segment_do_no_harm(edits in edits()) {
        let sound = Sound::large();
        outcome(sound, &apply(&sound.layout, &edits.into_iter().map(Edit::of).collect::<Vec<_>>()));
    }
}
