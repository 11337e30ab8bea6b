//! A vocabulary without numbers: tokens ascending by their bytes, each of which has its place as its id.
//!
//! ```text
//! for each token   a byte: bytes that it shares with the one before (0 to 15) × 16 + bytes that follow (1 to 15, 0: more)
//!                  where that is 0, the bytes that follow as LEB128; then these
//! ```
//!
//! Of the 30,522 tokens of BERT it takes a quarter of what `tokenizer.json` does. Readers in parts fetch it before the
//! first text. Fetching a few blocks of it for each text instead would be fewer bytes and a round more, and which
//! blocks a word of several tokens needs is only known when the first ones are there.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::invalid;
use super::lexicon::TokenList;
use crate::error::Result;
use crate::leb128;
use crate::limits::MAX_TOKEN_BYTES;

/// Most that half a byte says.
const HALF: usize = 15;

/// Appends the next token; `before` is the one before it.
pub(super) fn push(token: &[u8], before: &[u8], bytes: &mut Vec<u8>) {
    let shared = token.iter().zip(before).take(HALF).take_while(|(a, b)| a == b).count();
    let rest = token.get(shared..).unwrap_or_default();
    let short = if rest.len() <= HALF { rest.len() } else { 0 };
    bytes.push((shared << 4 | short) as u8);
    if short == 0 {
        leb128::push(rest.len() as u64, bytes);
    }
    bytes.extend_from_slice(rest);
}

/// The tokens with their ids. Fails unless they ascend.
pub(super) fn read(bytes: &[u8]) -> Result<TokenList> {
    let cut = || invalid("the vocabulary is cut off or out of order; pack the model's files again");
    let (mut list, mut token) = (TokenList::default(), Vec::new());
    let mut left = bytes.iter();
    while let Some(&byte) = left.next() {
        let (shared, short) = (usize::from(byte >> 4), usize::from(byte) & HALF);
        let rest = if short > 0 { Some(short) } else { leb128::next(&mut left).and_then(|n| usize::try_from(n).ok()) };
        let rest = rest.filter(|&rest| rest <= MAX_TOKEN_BYTES).ok_or_else(cut)?;
        let (new, after) = left.as_slice().split_at_checked(rest).ok_or_else(cut)?;
        let ascends = token.get(shared..).is_some_and(|old| list.len() == 0 || new.cmp(old) == Ordering::Greater);
        if !ascends {
            return Err(cut());
        }
        token.truncate(shared);
        token.extend_from_slice(new);
        let id = list.len() as u32;
        list.push(&token).map_err(invalid)?;
        list.set_last_id(id);
        left = after.iter();
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens_come_back(tokens in prop::collection::btree_set("[ab]{0,3}(abc){0,9}[é-ü]{0,12}", 0..40)) {
            let tokens: BTreeSet<&[u8]> = tokens.iter().map(|token| token.as_bytes()).collect();
            let (mut bytes, mut before) = (Vec::new(), &[][..]);
            for token in &tokens {
                push(token, before, &mut bytes);
                before = token;
            }
            let list = read(&bytes).unwrap();
            let back: Vec<(&[u8], u32)> = list.numbered().collect();
            let numbered: Vec<(&[u8], u32)> = tokens.into_iter().zip(0..).collect();
            prop_assert_eq!(back, numbered);
        }

        #[test]
        fn other_bytes_are_tokens_in_order_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(list) = read(&bytes) {
                let tokens: Vec<&[u8]> = list.numbered().map(|(token, _)| token).collect();
                prop_assert!(tokens.is_sorted_by(|a, b| a < b));
            }
        }
    }
}
