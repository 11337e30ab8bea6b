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
        let view = Payloads::new(&parts.ends, &parts.blocks, &parts.bytes, payloads.len()).unwrap();
        for (ordinal, wanted) in payloads.iter().enumerate() {
            prop_assert_eq!(&view.get(ordinal as u32).unwrap(), wanted);
        }
        prop_assert!(view.get(payloads.len() as u32).is_err());
    }

    #[test]
    fn damaged_payloads_are_errors(section in 0usize..3, at: prop::sample::Index, to: u8) {
        let mut builder = PayloadBuilder::default();
        (0..60).for_each(|n| builder.push(&payload(n, n * 7)));
        let mut parts = builder.finish();
        let target: &mut [u8] = match section {
            0 => bytemuck::cast_slice_mut(&mut parts.ends),
            1 => bytemuck::cast_slice_mut(&mut parts.blocks),
            _ => &mut parts.bytes,
        };
        target[at.index(target.len())] = to;
        if let Ok(view) = Payloads::new(&parts.ends, &parts.blocks, &parts.bytes, 60) {
            // Each read gives some object or an error; never a panic or more memory than a block.
            (0..61).for_each(|o| drop(view.get(o)));
        }
    }
}
