use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::json;

use super::records::RecordParts;
use super::*;
use crate::model::{Metric, PayloadText, Tier};
use crate::parts::{Parts, Stretch};
use crate::quant::{CodeSections, Codes, RECORD_POINTS, RecordStarts, ScalarBuilder};

fn payload(n: usize, length: usize) -> PayloadText {
    PayloadText::parse(json!({ "n": n, "text": format!("{n} river ").repeat(length) }).to_string()).unwrap()
}

proptest! {
    #[test]
    fn ids_are_found_where_they_were_put(ids in prop::collection::hash_set("[a-cé]{1,6}", 0..60), other in "[a-cé]{1,6}") {
        let ids: Vec<String> = ids.into_iter().collect();
        let mut builder = IdBuilder::default();
        ids.iter().for_each(|id| builder.push(id));
        let parts = builder.finish();
        let view = Ids::new(&parts.offsets, &parts.bytes, &parts.by_id, ids.len()).unwrap();
        for (ordinal, id) in ids.iter().enumerate() {
            prop_assert_eq!(view.get(ordinal as u32), Some(id.as_str()));
            prop_assert_eq!(view.find(id), Some(ordinal as u32));
        }
        prop_assert_eq!(view.find(&other).is_some(), ids.contains(&other));
        // Ranks order them as ids do.
        let (ranks, points) = (ranks_of(&parts.by_id), ids.len() as u32);
        prop_assert_eq!(ranks.is_empty(), ids.is_sorted());
        prop_assert!(are_ranks_of(&ranks, &parts.by_id));
        let mut others = ranks.clone();
        if let Some(first) = others.first_mut() {
            *first ^= 1;
            prop_assert!(!are_ranks_of(&others, &parts.by_id));
        }
        let ranks = Some(Stretch::from(&*ranks)).filter(|ranks| !ranks.is_empty());
        let in_parts = view.in_parts(InParts { records: None, ranks, points });
        for (one, other) in (0..points).zip((0..points).rev()) {
            prop_assert_eq!(in_parts.compare(one, other), view.compare(one, other));
            prop_assert_eq!(view.compare(one, other), ids[one as usize].cmp(&ids[other as usize]));
        }
    }

    #[test]
    fn payloads_come_back(lengths in prop::collection::vec(0usize..900, 0..40)) {
        let payloads: Vec<PayloadText> = lengths.iter().enumerate().map(|(n, &l)| payload(n, l)).collect();
        let mut builder = PayloadBuilder::default();
        payloads.iter().for_each(|p| builder.push(p));
        let parts = builder.finish();
        let view = Payloads::new(&parts.blocks, (&*parts.bytes).into(), payloads.len()).unwrap();
        for (ordinal, wanted) in payloads.iter().enumerate() {
            prop_assert_eq!(&view.get(ordinal as u32).unwrap(), wanted);
        }
        prop_assert!(view.get(payloads.len() as u32).is_err());
    }

    #[test]
    fn damaged_payloads_do_no_harm(is_entry in any::<bool>(), at: prop::sample::Index, to: u8) {
        let mut builder = PayloadBuilder::default();
        (0..60).for_each(|n| builder.push(&payload(n, n * 7)));
        let mut parts = builder.finish();
        let target: &mut [u8] = if is_entry { bytemuck::cast_slice_mut(&mut parts.blocks) } else { &mut parts.bytes };
        target[at.index(target.len())] = to;
        if let Ok(view) = Payloads::new(&parts.blocks, (&*parts.bytes).into(), 60) {
            // Each read gives some object or an error; never a panic or more memory than a block.
            (0..61).for_each(|o| drop(view.get(o)));
        }
    }

    #[test]
    fn records_have_codes_factors_ids_and_payloads(count in 1usize..100, length in 0usize..30, dim in prop::sample::select(alloc::vec![16usize, 64, 256])) {
        let payloads: Vec<PayloadText> = (0..count).map(|n| payload(n, length)).collect();
        let (encoded, parts, with_payloads) = records(dim, &payloads);
        let starts: Vec<usize> = parts.starts.iter().map(|&start| start as usize * dim).collect();
        prop_assert_eq!((starts[0], *starts.last().unwrap(), starts.len()), (0, parts.bytes.len(), count.div_ceil(RECORD_POINTS) + 1));
        for run in starts.windows(2) {
            prop_assert!(parts.bytes[run[1] - 192..run[1]].iter().all(|&byte| byte == 0), "room for a proof");
        }
        let whole = encoded.view();
        // As a reader that has no sections of factors and ids.
        let arrived = whole_in_parts(&parts.bytes);
        let codes = in_records(&encoded, &parts, &arrived);
        let none = Stretch::default();
        let ids = Ids::unchecked(none, none, none).in_parts(InParts { records: Some(codes), ranks: None, points: 0 });
        for (n, payload) in (0..).zip(&payloads) {
            prop_assert_eq!(codes.code(n), whole.code(n));
            prop_assert_eq!(codes.factors_of(n), whole.factors_of(n));
            prop_assert_eq!(ids.get(n), Some(&*format!("id{n}")));
            let block = payload_in_record(&codes, n);
            prop_assert_eq!(block.is_some(), with_payloads);
            if let Some(block) = block {
                prop_assert_eq!(&block.get(n).unwrap(), payload);
                prop_assert!(block.get(block.first + block.points as u32).is_err());
            }
        }
        prop_assert_eq!(ids.get(count as u32 + 32), None);
    }

    #[test]
    fn damaged_records_do_no_harm(at: prop::sample::Index, to: u8, cut: prop::sample::Index) {
        let payloads: Vec<PayloadText> = (0..32).map(|n| payload(n, 3)).collect();
        let (encoded, mut parts, with_payloads) = records(256, &payloads);
        prop_assert!(with_payloads);
        let at = at.index(parts.bytes.len());
        parts.bytes[at] = to;
        parts.starts[1] = cut.index(2 * parts.starts[1] as usize) as u32;
        let arrived = whole_in_parts(&parts.bytes);
        let codes = in_records(&encoded, &parts, &arrived);
        let none = Stretch::default();
        let ids = Ids::unchecked(none, none, none).in_parts(InParts { records: Some(codes), ranks: None, points: 0 });
        for n in 0..34 {
            let _ = (ids.get(n), codes.factors_of(n), codes.code(n));
            payload_in_record(&codes, n).into_iter().for_each(|block| drop(block.get(n)));
        }
    }
}

/// Vectors encoded, and the records of points that have these payloads.
fn records(dim: usize, payloads: &[PayloadText]) -> (ScalarBuilder, RecordParts, bool) {
    let mut encoded = ScalarBuilder::new(dim, Metric::L2, Tier::U8);
    let mut builder = RecordBuilder::default();
    for (n, payload) in payloads.iter().enumerate() {
        encoded.push(&(0..dim).map(|d| libm::sinf((n * 31 + d * 7) as f32)).collect::<Vec<_>>());
        builder.push(&format!("id{n}"), payload);
    }
    let sections = encoded.sections();
    let (parts, with_payloads) = builder.finish((sections.codes.whole().unwrap(), dim), sections.factors, 192);
    (encoded, parts, with_payloads)
}

fn whole_in_parts(bytes: &[u8]) -> Parts {
    let mut parts = Parts::new(bytes.len());
    parts.add(0, bytes);
    parts
}

fn in_records<'a>(encoded: &'a ScalarBuilder, parts: &'a RecordParts, arrived: &'a Parts) -> Codes<'a> {
    let codes = Stretch::Parts(arrived, 0, parts.bytes.len());
    let records = Some(RecordStarts(&parts.starts));
    Codes::unchecked(CodeSections { codes, records, factors: &[], ..encoded.sections() })
}
