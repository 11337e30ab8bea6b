//! Models: opened, and some texts embedded.
//!
//! ```text
//! 'C' · a whole container
//! other · u16 bytes of config.json · u16 bytes of tokenizer.json · config.json · tokenizer.json · model.safetensors
//! ```
//!
//! The container admits one place for each file, so the second form lets files change their length.

use std::sync::Arc;

use headwater_core::bytes::AlignedBytes;
use headwater_core::embed::StaticModel;

use crate::{json, memory};

/// Marks of one letter in the longest text: what one character becomes, a model's rules may do to each.
const MARKS: usize = 8192;
const TEXTS: [&str; 6] = [
    "",
    "The quick brown fox",
    "naïve 名前 ﬁne １２３ \u{1f9d1}\u{200d}\u{1f680}",
    "  a\t\tb\n\n<s>[CLS] don't  I'LL 3.14e10 \u{0}\u{301}x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "▁the ##ing Ġword \u{feff}İ ß Σ ς ͅ",
];

/// `config.json`, `tokenizer.json`, `model.safetensors`.
fn files(data: &[u8]) -> Option<[&[u8]; 3]> {
    let (config, rest) = data.get(1..)?.split_first_chunk()?;
    let (tokenizer, rest) = rest.split_first_chunk()?;
    let (config, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*config)))?;
    let (tokenizer, tensors) = rest.split_at_checked(usize::from(u16::from_le_bytes(*tokenizer)))?;
    Some([config, tokenizer, tensors])
}

fn open(data: &[u8]) -> Option<StaticModel> {
    if let Some(container) = data.strip_prefix(b"C") {
        return StaticModel::open(Arc::new(AlignedBytes::copy_from(container))).ok();
    }
    let [config, tokenizer, tensors] = files(data)?;
    StaticModel::from_files(config, tokenizer, Arc::new(AlignedBytes::copy_from(tensors))).ok()
}

/// Changes JSON that makes up the whole of `text`, at most to `most` bytes.
fn change(text: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut buffer = text.to_vec();
    buffer.resize(most.max(text.len()), 0);
    let len = json::mutate(&mut buffer, text.len(), seed)?;
    buffer.truncate(len);
    Some(buffer)
}

/// Fuzz input from fuzz input: a file changed as JSON, or in any way where there is none. Returns the new length.
pub fn mutate(data: &mut [u8], len: usize, seed: u32) -> Option<usize> {
    let [config, tokenizer, tensors] = files(&data[..len]).filter(|_| data[0] != b'C')?;
    let (mut config, mut tokenizer, mut tensors) = (config.to_vec(), tokenizer.to_vec(), tensors.to_vec());
    let most = (data.len() - len).min(usize::from(u16::MAX) - tokenizer.len());
    match seed % 8 {
        0 => config = change(&config, config.len() + most, seed)?,
        // A header's length, then the header, then rows of numbers.
        1 => {
            let (length, rest) = tensors.split_first_chunk()?;
            let (header, rows) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
            let header = change(header, header.len() + most, seed)?;
            tensors = [&(header.len() as u64).to_le_bytes()[..], &header, rows].concat();
        }
        2 => return None,
        _ => tokenizer = change(&tokenizer, tokenizer.len() + most, seed)?,
    }
    let lengths = [config.len(), tokenizer.len()].map(|length| (length as u16).to_le_bytes());
    let all = [b"F", lengths.as_flattened(), &config, &tokenizer, &tensors].concat();
    data.get_mut(..all.len())?.copy_from_slice(&all);
    Some(all.len())
}

/// See the module.
pub fn run(data: &[u8]) {
    let Some(model) = memory::limited(|| open(data)) else { return };
    let long = ["e", &"\u{301}".repeat(MARKS)].concat();
    for text in TEXTS.into_iter().chain([long.as_str()]) {
        let vector = memory::limited(|| model.embed(text));
        assert_eq!(vector.len(), model.dim(), "a vector of another dimension");
    }
}
