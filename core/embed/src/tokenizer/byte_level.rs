//! Bytes as text: GPT-2's printable character per byte, and SentencePiece's `<0x0A>` tokens.

use alloc::string::String;
use alloc::vec::Vec;

use super::lexicon::Lexicon;

/// The printable character that stands for a byte: itself where Latin-1 prints it, else the next
/// unused one from U+0100 on.
pub(super) const fn char_of(byte: u8) -> char {
    match byte {
        b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => byte as char,
        0..=b' ' => from_u16(0x100 + byte as u16),
        0x7F..=0xA0 => from_u16(0x121 + (byte - 0x7F) as u16),
        0xAD => from_u16(0x143),
    }
}

const fn from_u16(code: u16) -> char {
    match char::from_u32(code as u32) {
        Some(c) => c,
        None => char::REPLACEMENT_CHARACTER,
    }
}

/// Every byte of the text as its printable character.
pub(super) fn spell(text: &str) -> String {
    text.bytes().map(char_of).collect()
}

/// The tokens `<0x00>` to `<0xFF>`, which spell what no other token covers.
pub(super) struct ByteTokens(Vec<Option<u32>>);

impl ByteTokens {
    pub(super) fn find(lexicon: &Lexicon) -> Self {
        Self((0..=u8::MAX).map(|byte| lexicon.get(&alloc::format!("<0x{byte:02X}>"))).collect())
    }

    /// Appends the ids of the text's bytes; appends nothing if one of them has no token.
    pub(super) fn push(&self, text: &str, ids: &mut Vec<u32>) -> bool {
        let before = ids.len();
        for byte in text.bytes() {
            let Some(id) = self.0.get(usize::from(byte)).copied().flatten() else {
                ids.truncate(before);
                return false;
            };
            ids.push(id);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_printable_character() {
        let mut all: Vec<char> = (0..=u8::MAX).map(char_of).collect();
        assert!(all.iter().all(|c| !c.is_whitespace() && !c.is_control()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 256);
        assert_eq!((all.first(), all.last()), (Some(&'!'), Some(&'\u{143}')));
        assert_eq!(spell("é \n"), "Ã©ĠĊ");
    }
}
