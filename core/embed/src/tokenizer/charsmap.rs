//! SentencePiece's compiled rules (`precompiled_charsmap`): a double-array trie from character
//! sequences to their replacements, in base64.
//!
//! ```text
//! u32 bytes of the trie · trie: u32 units · replacements, each ended by a zero byte
//! ```
//!
//! The reference looks up grapheme clusters of less than 6 bytes as a whole, then single
//! characters, and takes the shortest match even if the cluster is longer. A cluster that short is
//! a character with marks or CR LF, so the full segmentation rules of Unicode are not needed.

use alloc::string::String;
use alloc::vec::Vec;

use super::invalid;
use super::unicode::{is_mark, is_other};
use crate::error::Result;
use crate::limits::MAX_NORMALIZED_BYTES;
use crate::promised::Promised as _;

/// Clusters from this many bytes on are looked up character by character.
const LONG_CLUSTER_BYTES: usize = 6;

pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    pub(super) fn parse(base64: &str) -> Result<Self> {
        let broken = || invalid("its precompiled_charsmap is damaged");
        let bytes = decode_base64(base64).ok_or_else(broken)?;
        if bytes.is_empty() {
            return Ok(Self { units: Vec::new(), replacements: String::new() });
        }
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
        let (trie, replacements) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(broken)?;
        Ok(Self {
            units: trie.as_chunks().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements: String::from_utf8(replacements.to_vec()).map_err(|_| broken())?,
        })
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() && rewritten.len() <= MAX_NORMALIZED_BYTES {
            let (cluster, after) = rest.split_at_checked(cluster_bytes(rest)).unwrap_or((rest, ""));
            rest = after;
            let whole = if cluster.len() < LONG_CLUSTER_BYTES { self.find(cluster) } else { None };
            if let Some(replacement) = whole {
                rewritten.push_str(replacement);
                continue;
            }
            for (start, c) in cluster.char_indices() {
                // A cluster may have as many marks as the text has characters, and each a replacement as long as the
                // file allows.
                if rewritten.len() > MAX_NORMALIZED_BYTES {
                    break;
                }
                match cluster.get(start..start + c.len_utf8()).and_then(|part| self.find(part)) {
                    Some(replacement) => rewritten.push_str(replacement),
                    None => rewritten.push(c),
                }
            }
        }
        rewritten
    }

    /// The replacement of the shortest key that `text` begins with.
    fn find(&self, text: &str) -> Option<&str> {
        let unit = |at: usize| self.units.get(at).copied();
        let mut at = offset(unit(0)?);
        for byte in text.bytes() {
            if byte == 0 {
                return None;
            }
            at ^= usize::from(byte);
            let node = unit(at)?;
            if node & (1 << 31 | 0xFF) != u32::from(byte) {
                return None;
            }
            at ^= offset(node);
            if node >> 8 & 1 == 1 {
                let start = (unit(at)? & !(1 << 31)) as usize;
                let replacement = self.replacements.get(start..)?;
                return replacement.split('\0').next();
            }
        }
        None
    }
}

/// How far a unit's children are from it.
const fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}

/// Bytes of the first grapheme cluster, as far as a cluster under 6 bytes goes.
fn cluster_bytes(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    // These few come before the character that they belong to.
    let lead = text.find(|c| !matches!(c, '\u{600}'..='\u{605}' | '\u{6DD}' | '\u{70F}')).unwrap_or(text.len());
    let mut chars = text.get(lead..).promised().char_indices();
    match chars.next() {
        Some((_, first)) if !stands_alone(first) => {
            chars.find(|(_, c)| !is_extender(*c)).map_or(text.len(), |(end, _)| lead + end)
        }
        Some((_, first)) if lead == 0 => first.len_utf8(),
        _ => lead,
    }
}

/// Whether a character is a cluster whatever follows.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}') || (is_other(c) && !is_extender(c))
}

/// Whether a character belongs to the cluster before it.
fn is_extender(c: char) -> bool {
    let other = matches!(c,
        '\u{200C}' | '\u{200D}' | '\u{E33}' | '\u{EB3}' | '\u{FF9E}' | '\u{FF9F}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}');
    other || is_mark(c)
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut bits = 0u32;
    let mut count = 0;
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_all_lengths() {
        let text = |base64| decode_base64(base64).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(text("").as_deref(), Some(""));
        assert_eq!(text("Zg==").as_deref(), Some("f"));
        assert_eq!(text("Zm8=").as_deref(), Some("fo"));
        assert_eq!(text("Zm9vYmFy").as_deref(), Some("foobar"));
        assert_eq!(text("Zm9 "), None);
    }

    #[test]
    fn one_cluster_does_not_take_endless_memory() {
        // U+0301 is CC 81: from unit 0 by 0xCC to its child, by 0x81 to the leaf, to the place of the replacement.
        let mut units = alloc::vec![0; 846];
        units[0xCC] = 0xCC | 256 << 10;
        units[0xCC ^ 256 ^ 0x81] = 0x81 | 1 << 8 | 512 << 10;
        let charsmap = Charsmap { units, replacements: "x".repeat(100_000) };
        assert_eq!(charsmap.apply("e\u{301}").len(), 100_001);
        let longest = charsmap.apply(&["e", &"\u{301}".repeat(1000)].concat()).len();
        assert!(longest <= MAX_NORMALIZED_BYTES + 100_000, "{longest}");
    }

    #[test]
    fn clusters_are_a_character_with_its_marks() {
        assert_eq!(cluster_bytes("\r\nx"), 2);
        assert_eq!(cluster_bytes("e\u{301}\u{302}x"), 5);
        assert_eq!(cluster_bytes("xe\u{301}"), 1);
        assert_eq!(cluster_bytes("\n\u{301}"), 1);
        assert_eq!(cluster_bytes("\u{603}e\u{301}x"), 5);
        assert_eq!(cluster_bytes("\u{603}\n"), 2);
    }
}
