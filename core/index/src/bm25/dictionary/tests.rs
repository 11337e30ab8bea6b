use alloc::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::parts::Parts;

proptest! {
    #[test]
    fn equals_a_sorted_list(words in prop::collection::btree_set("[ab\u{e9}\u{6f22}]{0,6}|.{0,12}", 0..120), asked in "[ab]{0,4}|.{0,3}") {
        let list: Vec<&str> = words.iter().map(String::as_str).collect();
        let parts = DictionaryParts::of(list.iter().copied());
        let count = list.len() as u32;
        let dictionary = Dictionary::new(&parts.blocks, (&*parts.bytes).into(), &[], count).unwrap();
        for (position, word) in list.iter().enumerate() {
            prop_assert_eq!(dictionary.find(word), Some(position as u32));
            prop_assert_eq!(dictionary.get(position as u32), Some((*word).into()));
        }
        prop_assert_eq!(dictionary.find(&asked), words.iter().position(|w| *w == asked).map(|p| p as u32));
        let mut walk = dictionary.walk(0);
        while walk.next().is_some() {
            let here = list[walk.position() as usize].as_bytes();
            for beginning in (1..=here.len()).map(|end| &here[..end]) {
                let mut further = dictionary.walk(walk.position());
                while further.next().is_some() && further.position() < walk.position() {}
                let wanted = list.iter().position(|word| word.as_bytes() > here && !word.as_bytes().starts_with(beginning));
                let found = further.next_past(beginning).map(|(shared, rest)| [&here[..shared], rest].concat());
                prop_assert_eq!(found.as_deref(), wanted.map(|at| list[at].as_bytes()));
                prop_assert!(wanted.is_none_or(|at| further.position() as usize == at));
            }
        }
        let firsts: BTreeSet<char> = list.iter().filter_map(|word| word.chars().next()).collect();
        let found = dictionary.firsts(0, 0x11_0000);
        prop_assert_eq!(found.iter().map(|first| first.0).collect::<Vec<_>>(), Vec::from_iter(firsts));
        for (first, positions) in found {
            prop_assert_eq!(positions.clone(), dictionary.beginning_with(first.encode_utf8(&mut [0; 4])));
            for word in &list[positions.start as usize..positions.end as usize] {
                prop_assert_eq!(dictionary.find_among(word, &positions), dictionary.find(word));
            }
        }
        let found = dictionary.beginning_with(&asked);
        let wanted: BTreeSet<u32> = (0..count).filter(|&p| list[p as usize].starts_with(&asked)).collect();
        prop_assert_eq!(found.collect::<BTreeSet<u32>>(), wanted);
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_without_harm(at: prop::sample::Index, to: u8, blocks: bool) {
        let words: BTreeSet<String> = (0..100).map(|i| format!("w{}", i * i)).collect();
        let mut parts = DictionaryParts::of(words.iter().map(String::as_str));
        if blocks {
            let at = at.index(parts.blocks.len());
            parts.blocks[at] = u32::from(to);
        } else {
            let at = at.index(parts.bytes.len());
            parts.bytes[at] = to;
        }
        if let Ok(dictionary) = Dictionary::new(&parts.blocks, (&*parts.bytes).into(), &[], 100) {
            dictionary.find("w16");
            dictionary.beginning_with("w1");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// A word is found with the runs that the lookup wants and no other, of which there is one, seldom two.
    #[test]
    fn runs_that_arrive_say_what_the_whole_does(words in prop::collection::btree_set("[a-d]{1,7}", 0..3000), asked in prop::collection::vec("[a-d]{0,5}", 12)) {
        let list: Vec<&str> = words.iter().map(String::as_str).collect();
        let (parts, count) = (DictionaryParts::of(list.iter().copied()), list.len() as u32);
        let (whole, samples) = (parts.view(count), parts.view(count).samples());
        for asked in &asked {
            let mut arriving = Parts::new(parts.bytes.len());
            for round in 0.. {
                let here = Stretch::Parts(&arriving, 0, parts.bytes.len());
                let dictionary = Dictionary::unchecked(&parts.blocks, here, &samples, count);
                let found = (dictionary.find(asked), dictionary.beginning_with(asked));
                let missing = arriving.take_missing();
                if missing.is_empty() {
                    prop_assert_eq!(&found, &(whole.find(asked), whole.beginning_with(asked)));
                    break;
                }
                prop_assert!(round < 3 && missing.len() <= 2, "{} wanted in round {}", missing.len(), round);
                missing.into_iter().for_each(|range| arriving.add(range.start, &parts.bytes[range]));
            }
            let here = Stretch::Parts(&arriving, 0, parts.bytes.len());
            let dictionary = Dictionary::unchecked(&parts.blocks, here, &samples, count);
            let range = whole.beginning_with(asked);
            dictionary.has_all(&range);
            arriving.take_missing().into_iter().for_each(|range| arriving.add(range.start, &parts.bytes[range]));
            let here = Stretch::Parts(&arriving, 0, parts.bytes.len());
            let dictionary = Dictionary::unchecked(&parts.blocks, here, &samples, count);
            prop_assert!(dictionary.has_all(&range));
            for position in range {
                prop_assert_eq!(dictionary.get(position), whole.get(position));
            }
        }
    }
}

#[test]
fn samples_say_which_run_of_blocks_has_a_word() {
    let words: Vec<String> = (0..2000).map(|i| format!("w{i:04}")).collect();
    let parts = DictionaryParts::of(words.iter().map(String::as_str));
    let samples = parts.view(2000).samples();
    let count = parts.blocks.len().saturating_sub(1).div_ceil(BLOCKS_PER_SAMPLE) as u32;
    let mut walk = Dictionary { blocks: &[0], bytes: (&*samples).into(), samples: &[], words: count }.walk(0);
    let mut word = Vec::new();
    let read = (0..count)
        .filter_map(|_| walk.next().map(|(shared, further)| put(&mut word, shared, further)).map(|()| word.clone()));
    let read: Vec<Vec<u8>> = read.collect();
    let firsts = words.iter().step_by(BLOCKS_PER_SAMPLE * BLOCK).map(|word| word.as_bytes().to_vec());
    assert_eq!(read, firsts.collect::<Vec<_>>());
    assert!(DictionaryParts::of(core::iter::empty()).view(0).samples().is_empty());
}

#[test]
fn long_words_are_cut_between_characters() {
    let long = "é".repeat(200);
    assert_eq!(cut(&long).len(), 254);
    let parts = DictionaryParts::of(core::iter::once(long.as_str()));
    assert_eq!(parts.view(1).find(&long), Some(0));
}
