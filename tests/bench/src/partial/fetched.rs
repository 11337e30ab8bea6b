//! Counts what is fetched.

use std::collections::BTreeMap;
use std::ops::Range;

use headwater_core::snapshot::{Proof, Want};
use serde_json::{Map, Value, json};

use super::sections::Sections;

/// How a reader asks for bytes.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    pub(super) name: &'static str,
    /// Ranges with no more bytes than this between them are fetched as one.
    gap: u64,
}

pub(super) const POLICIES: [Policy; 3] = [
    Policy { name: "gaps up to 4 KiB", gap: 4 << 10 },
    Policy { name: "gaps up to 16 KiB", gap: 16 << 10 },
    Policy { name: "gaps up to 64 KiB", gap: 64 << 10 },
];

/// What the rows call what proves other things.
const PROOFS: &str = "group lists";

/// What an answer took.
pub(super) struct Fetched {
    rounds: usize,
    /// Bytes and ranges by what they are.
    parts: BTreeMap<&'static str, (u64, usize)>,
}

impl Fetched {
    pub(super) fn of(rounds: &[Vec<Want>], policy: Policy, sections: &Sections) -> Self {
        let mut parts = BTreeMap::new();
        for wants in rounds {
            // The pages of the list come with the front.
            let of_blob = wants.iter().filter(|want| want.proof != Proof::Pages);
            let mut ranges: Vec<Range<u64>> = of_blob.map(|want| want.range.clone()).collect();
            for run in runs(&mut ranges, policy.gap) {
                add(&mut parts, sections.group(&run), &run);
            }
            let groups = wants.iter().filter_map(|want| match &want.proof {
                Proof::Groups(groups) => Some(groups.clone()),
                _ => None,
            });
            for run in runs(&mut groups.collect::<Vec<_>>(), policy.gap) {
                add(&mut parts, PROOFS, &run);
            }
        }
        Self { rounds: rounds.len(), parts }
    }
}

/// Ranges that are fetched as one where that is cheaper.
fn runs(ranges: &mut [Range<u64>], gap: u64) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut runs: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match runs.last_mut() {
            Some(run) if range.start <= run.end.saturating_add(gap) => run.end = run.end.max(range.end),
            _ => runs.push(range.clone()),
        }
    }
    runs
}

fn add(parts: &mut BTreeMap<&'static str, (u64, usize)>, what: &'static str, run: &Range<u64>) {
    let (bytes, ranges) = parts.entry(what).or_default();
    *bytes += run.end - run.start;
    *ranges += 1;
}

/// Bytes, ranges and rounds that answers take in the mean: all of them, and their parts.
pub(super) fn means(all: &[Fetched]) -> Value {
    let mean = |sum: u64| sum as f64 / all.len() as f64;
    let of = |part: Option<&str>| {
        let parts = || all.iter().flat_map(|one| &one.parts).filter(|(name, _)| part.is_none_or(|part| **name == part));
        let (bytes, ranges): (u64, u64) = (parts().map(|(_, of)| of.0).sum(), parts().map(|(_, of)| of.1 as u64).sum());
        (mean(bytes), mean(ranges))
    };
    let names: Vec<&str> = all.iter().flat_map(|one| one.parts.keys().copied()).collect();
    let part = |name: &str| {
        let (bytes, ranges) = of(Some(name));
        (name.to_owned(), json!({ "bytes": bytes, "ranges": ranges }))
    };
    let parts: Map<String, Value> = names.into_iter().map(part).collect();
    let (bytes, ranges) = of(None);
    let rounds = mean(all.iter().map(|one| one.rounds as u64).sum());
    json!({ "all": { "bytes": bytes, "ranges": ranges, "rounds": rounds }, "parts": parts })
}
