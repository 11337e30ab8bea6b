use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::PayloadText;

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
    }

    #[test]
    fn payloads_come_back(lengths in prop::collection::vec(0usize..900, 0..40)) {
        let payloads: Vec<PayloadText> = lengths.iter().enumerate().map(|(n, &l)| payload(n, l)).collect();
        let mut builder = PayloadBuilder::default();
        payloads.iter().for_each(|p| builder.push(p));
        let parts = builder.finish();
        let view = Payloads::new(&parts.blocks, &parts.bytes, payloads.len()).unwrap();
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
        if let Ok(view) = Payloads::new(&parts.blocks, &parts.bytes, 60) {
            // Each read gives some object or an error; never a panic or more memory than a block.
            (0..61).for_each(|o| drop(view.get(o)));
        }
    }

    #[test]
    fn records_have_codes_ids_and_payloads(count in 1usize..100, length in 0usize..30, code_bytes in prop::sample::select(alloc::vec![16usize, 64, 256])) {
        let payloads: Vec<PayloadText> = (0..count).map(|n| payload(n, length)).collect();
        let codes: Vec<u8> = (0..count * code_bytes).map(|at| (at / code_bytes) as u8).collect();
        let mut builder = RecordBuilder::default();
        payloads.iter().enumerate().for_each(|(n, payload)| builder.push(&format!("id{n}"), payload));
        let (parts, with_payloads) = builder.finish(&codes, code_bytes, 192);
        let starts: Vec<usize> = parts.starts.iter().map(|&start| start as usize * code_bytes).collect();
        prop_assert_eq!((starts[0], *starts.last().unwrap(), starts.len()), (0, parts.bytes.len(), count.div_ceil(32) + 1));
        for (record, run) in starts.windows(2).enumerate() {
            let points = 32 * record..count.min(32 * record + 32);
            let (own, behind) = parts.bytes[run[0]..run[1]].split_at(points.len() * code_bytes);
            prop_assert_eq!(own, &codes[points.start * code_bytes..points.end * code_bytes]);
            prop_assert!(behind[behind.len() - 192..].iter().all(|&byte| byte == 0), "room for a proof");
            let ids = &behind[12..][..u32::from_le_bytes(behind[..4].try_into().unwrap()) as usize];
            let (ends, ids) = ids.split_at(2 * points.len());
            let mut from = 0;
            for (n, end) in points.clone().zip(ends.as_chunks::<2>().0) {
                let end = u16::from_le_bytes(*end) as usize;
                let id = format!("id{n}");
                prop_assert_eq!(&ids[from..end], id.as_bytes());
                from = end;
            }
            let block = payloads_behind(behind, points.start as u32, points.len());
            prop_assert_eq!(block.is_some(), with_payloads);
            for n in points.clone().filter(|_| with_payloads) {
                prop_assert_eq!(&block.unwrap().get(n as u32).unwrap(), &payloads[n]);
            }
            if let Some(block) = block {
                prop_assert!(block.get(points.end as u32).is_err());
            }
        }
    }

    #[test]
    fn damaged_records_do_no_harm(at: prop::sample::Index, to: u8, cut: prop::sample::Index) {
        let mut builder = RecordBuilder::default();
        (0..32).for_each(|n| builder.push("id", &payload(n, 3)));
        let (parts, with_payloads) = builder.finish(&[0; 32 * 256], 256, 192);
        prop_assert!(with_payloads);
        let mut behind = parts.bytes[32 * 256..].to_vec();
        let at = at.index(behind.len());
        behind[at] = to;
        behind.truncate(cut.index(2 * behind.len()));
        if let Some(block) = payloads_behind(&behind, 0, 32) {
            (0..33).for_each(|o| drop(block.get(o)));
        }
    }
}
