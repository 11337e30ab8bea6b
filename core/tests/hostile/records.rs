//! Records and proofs: what stands there for readers that fetch ranges.

use headwater_core::error::Code;
use headwater_fuzz::collection::Sound;
use headwater_fuzz::layout::Layout;

use crate::{INNER, MOST, Opened, Refused, SPREAD, outcome, strike};

#[test]
fn records_that_lie() {
    strike(
        Sound::large(),
        &[
            ("records that begin late", 30, INNER, |s| s.put(0, [1, 0, 0, 0]), Refused),
            ("a record without room for its codes", 30, INNER, |s| s.put(1, [15, 0, 0, 0]), Refused),
            ("records that descend", 30, INNER, |s| s.put(2, [1, 0, 0, 0]), Refused),
            ("records past the end", 30, INNER, |s| s.put(s.bytes.len() / 4 - 1, MOST), Refused),
            ("a record too few", 30, INNER, |s| s.bytes.truncate(s.bytes.len() - 4), Refused),
            ("no records", 30, INNER, |s| s.bytes.clear(), Refused),
            ("records of garbage", 17, INNER, |s| s.bytes.fill(0xff), Opened),
            ("records of nothing", 17, INNER, |s| s.bytes.fill(0), Opened),
            ("records cut short", 17, INNER, |s| s.bytes.truncate(s.bytes.len() - 128), Refused),
            ("ranks of another order", 75, 0, |s| s.bytes.fill(0), Refused),
            ("ranks cut short", 75, 0, |s| s.bytes.truncate(8), Refused),
            ("no ranks", 75, 0, |s| s.bytes.clear(), Refused),
            ("roots of nothing", 31, 0, |s| s.bytes.clear(), Opened),
            ("roots that prove nothing", 29, INNER, |s| s.bytes.fill(0), Opened),
        ],
    );
    assert!(Sound::large().layout.sections.iter().all(|section| section.kind != 65), "payloads stand in records");
    // Behind 16 codes of 128 bytes and as many factors each record says how many bytes its ids and payloads have.
    let header = 16 * 128 / 4 + 16;
    for (name, at, number, lost) in [
        ("ids past the end", 0, u32::MAX, 16),
        ("gigabytes decompressed", 1, u32::MAX, 16),
        ("the most that payloads may have, which is more than there is", 1, 131_072, 0),
        ("more than payloads may have", 1, 131_073, 16),
        ("nothing decompressed", 1, 0, 16),
        ("payloads past the end", 2, u32::MAX, 16),
        ("payloads of nothing", 2, 0, 16),
    ] {
        let mut layout = Sound::large().layout.clone();
        layout.section(17, INNER).put(header + at, number.to_le_bytes());
        assert_eq!(outcome(Sound::large(), &layout.bytes()), Opened, "{name}");
        // Its points, and no others, cannot be shown.
        let snapshot = Sound::large().open(&layout.bytes(), false).unwrap();
        let ids = snapshot.live_ids().unwrap();
        let errors = ids.iter().filter_map(|id| snapshot.get(id).err());
        assert_eq!(errors.inspect(|e| assert_eq!(e.code(), Code::Corrupt, "{name}")).count(), lost, "{name}");
    }
}

#[test]
fn parts_that_are_not_proved_are_told() {
    let proved = |layout: &Layout| Sound::large().open(&layout.bytes(), false).unwrap().check_proofs();
    proved(&Sound::large().layout).unwrap();
    for (kind, field) in [(29, INNER), (31, INNER)] {
        let mut layout = Sound::large().layout.clone();
        layout.sections.retain(|section| (section.kind, section.field) != (kind, field));
        assert_eq!(proved(&layout).unwrap_err().code(), Code::Corrupt, "no roots {kind}");
    }
    for (kind, field) in [(17, INNER), (25, INNER), (25, SPREAD), (29, SPREAD), (31, INNER)] {
        for at in [0, 3, 7] {
            let mut layout = Sound::large().layout.clone();
            layout.section(kind, field).bytes[at] ^= 0x10;
            assert_eq!(proved(&layout).unwrap_err().code(), Code::Corrupt, "{kind} of {field}, byte {at}");
        }
    }
}
