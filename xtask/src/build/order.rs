//! The order of a module's functions, so that what is alike stands together: it is sent compressed, and brotli names
//! what is near in fewer bits.
//!
//! ```text
//! wasm-opt -g ──> module with names ── in_order ──> names that sort as the functions should stand ── wasm-opt ──> module
//! ```
//!
//! Each next function is the one that has most in common with the five before it: sequences of four bytes, rare ones
//! counting more. Found greedily; of the engine's 3,400 functions, 2 % less than in the order of their names.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use wasm_encoder::{Module, NameMap, NameSection, RawSection};
use wasmparser::{Parser, Payload};

/// Bytes of a sequence.
const SEQUENCE: usize = 4;
/// Large functions have something in common with all others: what one has counts less by this power of the number of
/// its sequences. Tried from 0.3 to 0.8, which makes a module smaller by three thousandths.
const LESS_BY_SIZE: f64 = 0.8;
/// What a function counts that stands so far before the next one.
const BEFORE: [f64; 5] = [1.0, 0.5, 0.35, 0.25, 0.2];

/// The same module, with names of its functions that are in the order in which they should stand.
pub(super) fn in_order(module: &[u8]) -> Result<Vec<u8>> {
    let (mut imported, mut bodies) = (0, Vec::new());
    let mut renamed = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        match &payload {
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            Payload::CustomSection(custom) if custom.name() == "name" => continue,
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            renamed.section(&RawSection { id, data: module.get(range).unwrap_or_default() });
        }
    }
    let mut places: Vec<(usize, usize)> = order(&bodies).into_iter().zip(0..).collect();
    places.sort_unstable();
    let mut names = NameMap::new();
    for (index, (_, place)) in (imported..).zip(places) {
        names.append(index, &format!("{place:06}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    renamed.section(&section);
    Ok(renamed.finish())
}

/// The numbers of functions, as they should stand. Complexity: of each function, all that share a sequence with it.
#[expect(clippy::indexing_slicing, reason = "all are numbers of functions")]
fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let sequences: Vec<HashSet<&[u8]>> = bodies.iter().map(|body| body.windows(SEQUENCE).collect()).collect();
    let mut having: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (function, sequences) in sequences.iter().enumerate() {
        sequences.iter().for_each(|&sequence| having.entry(sequence).or_default().push(function));
    }
    having.retain(|_, functions| functions.len() > 1);
    // Of all functions, how much one has in common with another.
    let in_common = |function: usize| {
        let mut common = vec![0.0; bodies.len()];
        for functions in sequences[function].iter().filter_map(|sequence| having.get(sequence)) {
            let weight = 1.0 / (1.0 + functions.len() as f64).log2();
            functions.iter().for_each(|&other| common[other] += weight);
        }
        common
    };
    let mut left: Vec<bool> = vec![true; bodies.len()];
    let largest = |left: &[bool]| (0..bodies.len()).filter(|&f| left[f]).max_by_key(|&f| bodies[f].len());
    let (mut order, mut recent) = (Vec::new(), Vec::<Vec<f64>>::new());
    let mut next = largest(&left);
    while let Some(function) = next {
        left[function] = false;
        order.push(function);
        recent.insert(0, in_common(function));
        recent.truncate(BEFORE.len());
        let likeness = |other: usize| {
            let common: f64 = recent.iter().zip(BEFORE).map(|(common, counts)| common[other] * counts).sum();
            common / ((sequences[other].len() as f64).powf(LESS_BY_SIZE) + 1.0)
        };
        let rest =
            (0..bodies.len()).filter(|&f| left[f]).map(|f| (likeness(f), f)).filter(|(likeness, _)| *likeness > 0.0);
        next = rest.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, f)| f).or_else(|| largest(&left));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let bodies: [&[u8]; 5] = [b"abcdefgh", b"123456789", b"abcdefgx", b"zzzz", b"12345678y"];
        assert_eq!(order(&bodies), [4, 1, 2, 0, 3]);
    }
}
