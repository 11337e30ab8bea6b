//! Codes whose signs stand in clusters.

use headwater_fuzz::collection::Sound;
use headwater_fuzz::layout::{Layout, Section};

use crate::{INNER, MOST, Opened, Refused, of_other_clusters, outcome, strike};

fn nan(section: &mut Section) {
    section.bytes = section.bytes.chunks(4).flat_map(|_| f32::NAN.to_le_bytes()).collect();
}

#[test]
fn residual_codes_that_lie() {
    strike(
        Sound::residual(),
        &[
            ("codes of other dimensions", 16, INNER, |s| s.put(0, 64u32.to_le_bytes()), Refused),
            ("codes of another metric", 16, INNER, |s| s.put(1, 2u32.to_le_bytes()), Refused),
            ("four bits where three are", 16, INNER, |s| s.put(2, 4u32.to_le_bytes()), Refused),
            ("more points without a vector than there are", 16, INNER, |s| s.put(3, MOST), Refused),
            ("codes cut short", 42, INNER, |s| s.bytes.truncate(s.bytes.len() - 1), Refused),
            ("no codes", 42, INNER, |s| s.bytes.clear(), Refused),
            ("codes of garbage", 42, INNER, |s| s.bytes.fill(0xff), Opened),
            ("a factor too few", 43, INNER, |s| s.bytes.truncate(s.bytes.len() - 4), Refused),
            ("no factors", 43, INNER, |s| s.bytes.clear(), Refused),
            ("factors that are no numbers", 43, INNER, nan, Refused),
            ("a point without a vector that is not counted", 43, INNER, |s| s.put(0, [0; 4]), Refused),
            ("the largest factors", 43, INNER, |s| s.put(4, 1e36f32.to_le_bytes()), Opened),
            ("larger factors", 43, INNER, |s| s.put(4, f32::MAX.to_le_bytes()), Refused),
            ("signs of garbage", 25, INNER, |s| s.bytes[..512].fill(0xff), Opened),
            ("a cluster past the last point", 21, INNER, |s| s.put(0, MOST), Refused),
            ("an empty cluster", 21, INNER, |s| s.put(0, [0; 4]), Refused),
            ("signs that say more than one bit", 19, INNER, |s| s.put(5, 2u32.to_le_bytes()), Refused),
            ("a centroid's factor that is no number", 24, INNER, nan, Refused),
        ],
    );
}

#[test]
fn points_of_other_clusters_that_lie_beside_residual_codes() {
    of_other_clusters(Sound::residual(), INNER);
}

/// A section of another vector beside residual codes, as if it were theirs.
#[test]
fn residual_codes_stand_alone() {
    let sound = Sound::residual();
    for (kind, name) in [(26, "an order of their own"), (32, "a graph")] {
        let mut layout: Layout = sound.layout.clone();
        let at = layout.sections.iter().position(|section| section.kind == kind).unwrap();
        layout.sections.insert(at, Section { field: INNER, ..layout.sections[at].clone() });
        assert_eq!(outcome(sound, &layout.bytes()), Refused, "{name}");
    }
    let mut layout = sound.layout.clone();
    layout.sections.retain(|section| (section.kind, section.field) != (19, INNER));
    assert_eq!(outcome(sound, &layout.bytes()), Refused, "no clusters");
}
