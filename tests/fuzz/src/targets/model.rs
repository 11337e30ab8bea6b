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

use crate::memory;

const TEXTS: [&str; 6] = [
    "",
    "The quick brown fox",
    "naïve 名前 ﬁne １２３ \u{1f9d1}\u{200d}\u{1f680}",
    "  a\t\tb\n\n<s>[CLS] don't  I'LL 3.14e10 \u{0}\u{301}x",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "▁the ##ing Ġword \u{feff}İ ß Σ ς ͅ",
];

fn open(data: &[u8]) -> Option<StaticModel> {
    let (&form, rest) = data.split_first()?;
    if form == b'C' {
        return StaticModel::open(Arc::new(AlignedBytes::copy_from(rest))).ok();
    }
    let (config, rest) = rest.split_first_chunk()?;
    let (tokenizer, rest) = rest.split_first_chunk()?;
    let (config, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*config)))?;
    let (tokenizer, tensors) = rest.split_at_checked(usize::from(u16::from_le_bytes(*tokenizer)))?;
    StaticModel::from_files(config, tokenizer, Arc::new(AlignedBytes::copy_from(tensors))).ok()
}

/// See the module.
pub fn run(data: &[u8]) {
    let Some(model) = memory::limited(|| open(data)) else { return };
    for text in TEXTS {
        let vector = memory::limited(|| model.embed(text));
        assert_eq!(vector.len(), model.dim(), "a vector of another dimension");
    }
}
