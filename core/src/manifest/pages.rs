//! Proof of a part: any pages of a blob, fetched alone, are checked against the hash by which the manifest names it.
//!
//! BLAKE3 is a tree (<https://github.com/BLAKE3-team/BLAKE3-specs>, section 2.1): 64 KiB that begin at a multiple of 64
//! KiB are one whole subtree, and the hash of a blob comes from the chaining values of these subtrees. So the list of
//! them proves itself, by coming out at the hash, and then proves each page. It has 32 bytes for 65,536, half a
//! thousandth, and needs no signature of its own.
//!
//! ```text
//!            hash of the blob               known from the manifest
//!           /                \
//!      parent               parent          computed
//!      /    \               /    \
//!   page 0  page 1      page 2  page 3      the page list
//! ```
//!
//! A list of all pages instead of one path for each range: at the largest blob it is 1 MiB, fetched once, and ranges
//! need no answer of their own, so that any server of files can be a source.

use alloc::format;
use alloc::vec::Vec;

use blake3::Hasher;
use blake3::hazmat::{
    ChainingValue, HasherExt as _, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};

use super::BlobRef;
use crate::error::{Code, Error, Result};
use crate::ids::Hash;

/// Bytes of a page; the last page of a blob may be shorter.
pub const PAGE_BYTES: usize = 64 * 1024;
const PAGE: u64 = PAGE_BYTES as u64;
const CHUNK: u64 = blake3::CHUNK_LEN as u64;

const _: () = assert!(PAGE.is_power_of_two() && PAGE.is_multiple_of(CHUNK));

/// The chaining values of a blob's pages, which lead to its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageList {
    blob: BlobRef,
    pages: Vec<ChainingValue>,
}

impl PageList {
    /// The list of a blob's pages. As fast as hashing it.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let length = bytes.len() as u64;
        if length <= PAGE {
            let hash = Hash::of(bytes);
            return Self { blob: BlobRef { hash, bytes: length }, pages: Vec::new() };
        }
        let pages: Vec<_> =
            bytes.chunks(PAGE_BYTES).zip(0..).map(|(page, index)| chaining_value(index, page)).collect();
        Self { blob: BlobRef { hash: root(&pages, length), bytes: length }, pages }
    }

    /// The blob whose pages these are.
    #[must_use]
    pub const fn blob(&self) -> &BlobRef {
        &self.blob
    }

    /// How many bytes the list of a blob's pages has: 32 for each, none where there is only one.
    #[must_use]
    pub const fn encoded_bytes(blob: &BlobRef) -> u64 {
        if blob.bytes <= PAGE { 0 } else { blob.bytes.div_ceil(PAGE) * 32 }
    }

    /// Its bytes: the chaining values one behind the other.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.pages.concat()
    }

    /// Reads the list of a blob's pages; fails with `hash_mismatch` unless it leads to the blob's hash.
    pub fn decode(bytes: &[u8], blob: &BlobRef) -> Result<Self> {
        let wrong = |what: &str| {
            let message = format!("page list of blob {}: {what}; fetch it again, or the whole blob", blob.hash);
            Error::new(Code::HashMismatch, message)
        };
        let (pages, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || bytes.len() as u64 != Self::encoded_bytes(blob) {
            return Err(wrong(&format!("{} bytes arrived, {} expected", bytes.len(), Self::encoded_bytes(blob))));
        }
        if !pages.is_empty() && root(pages, blob.bytes) != blob.hash {
            return Err(wrong("it does not lead to the blob's hash"));
        }
        Ok(Self { blob: *blob, pages: pages.to_vec() })
    }

    /// Checks bytes that were fetched from `offset` on, which is a multiple of [`PAGE_BYTES`]. They end where a page or
    /// the blob ends; of no bytes nothing can be wrong.
    pub fn check(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let wrong = |what: &str| {
            let end = offset.saturating_add(bytes.len() as u64);
            let message = format!("bytes {offset} to {end} of blob {}: {what}", self.blob.hash);
            Error::new(Code::HashMismatch, message)
        };
        let end = offset.checked_add(bytes.len() as u64).filter(|&end| end <= self.blob.bytes);
        let end = end.ok_or_else(|| wrong(&format!("the blob has {} only", self.blob.bytes)))?;
        if !offset.is_multiple_of(PAGE) || !(end.is_multiple_of(PAGE) || end == self.blob.bytes) {
            return Err(wrong("only whole pages can be checked"));
        }
        if self.pages.is_empty() && !bytes.is_empty() {
            return self.blob.check(bytes);
        }
        for (page, index) in bytes.chunks(PAGE_BYTES).zip(offset / PAGE..) {
            let expected = usize::try_from(index).ok().and_then(|index| self.pages.get(index));
            if expected != Some(&chaining_value(index, page)) {
                return Err(wrong(&format!("page {index} was damaged or replaced on the way")));
            }
        }
        Ok(())
    }
}

/// The chaining value of a page of a blob that has several.
fn chaining_value(index: u64, page: &[u8]) -> ChainingValue {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(index * PAGE);
    hasher.update(page);
    hasher.finalize_non_root()
}

/// The hash of a blob of `length` bytes with these pages, of which there are at least two.
fn root(pages: &[ChainingValue], length: u64) -> Hash {
    let (left, right) = children(pages, length);
    Hash::from_bytes(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes())
}

fn children(pages: &[ChainingValue], length: u64) -> (ChainingValue, ChainingValue) {
    let left_bytes = left_subtree_len(length);
    let (left, right) = pages.split_at((left_bytes / PAGE) as usize);
    (inner(left, left_bytes), inner(right, length - left_bytes))
}

/// The chaining value of a subtree. Its depth is at most 15: a blob has up to 2^15 pages.
fn inner(pages: &[ChainingValue], length: u64) -> ChainingValue {
    if let [page] = pages {
        return *page;
    }
    let (left, right) = children(pages, length);
    merge_subtrees_non_root(&left, &right, Mode::Hash)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 31 % 251 + i / 65_536) as u8).collect()
    }

    #[test]
    fn the_list_leads_to_the_hash_of_the_whole() {
        for length in [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 196_608, 5 * 65_536 + 17, 16 * 65_536, 2_000_001]
        {
            let blob = bytes(length);
            let list = PageList::of(&blob);
            assert_eq!(*list.blob(), BlobRef::of(&blob), "{length}");
            let sent = list.encode();
            assert_eq!(sent.len() as u64, PageList::encoded_bytes(list.blob()), "{length}");
            assert_eq!(PageList::decode(&sent, list.blob()).unwrap(), list, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_pages_are_proved_alone_and_no_others(
            length in 1usize..600_000, first in 0usize..9, count in 1usize..9, at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let blob = bytes(length);
            let list = PageList::of(&blob);
            let start = (first * PAGE_BYTES).min((length - 1) / PAGE_BYTES * PAGE_BYTES);
            let end = (start + count * PAGE_BYTES).min(length);
            let mut part = blob[start..end].to_vec();
            list.check(start as u64, &part).unwrap();
            if start > 0 {
                prop_assert!(list.check((start - PAGE_BYTES) as u64, &part).is_err(), "these are other pages");
            }
            part[at.index(end - start)] ^= 1 << bit;
            prop_assert_eq!(list.check(start as u64, &part).unwrap_err().code(), Code::HashMismatch);
        }

        #[test]
        fn a_list_that_is_changed_is_refused(length in 65_537usize..600_000, at in any::<prop::sample::Index>(), bit in 0u8..8) {
            let blob = bytes(length);
            let list = PageList::of(&blob);
            let mut sent = list.encode();
            let at = at.index(sent.len());
            sent[at] ^= 1 << bit;
            prop_assert_eq!(PageList::decode(&sent, list.blob()).unwrap_err().code(), Code::HashMismatch);
        }
    }

    #[test]
    fn lists_and_ranges_that_cannot_be_are_refused() {
        let blob = bytes(200_000);
        let list = PageList::of(&blob);
        let sent = list.encode();
        for wrong in [&sent[..96], &sent[..127], &[], &vec![0; 160][..]] {
            assert_eq!(PageList::decode(wrong, list.blob()).unwrap_err().code(), Code::HashMismatch);
        }
        for (offset, part) in
            [(1, &blob[1..65_537]), (0, &blob[..65_535]), (65_536, &blob[65_536..65_537]), (u64::MAX, &blob[..1])]
        {
            assert_eq!(list.check(offset, part).unwrap_err().code(), Code::HashMismatch, "{offset}");
        }
        list.check(200_000, &[]).unwrap_err();
    }
}
