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
//! need no answer of their own, so that any server of files can be a source. Behind them stand, in the same way, the
//! chaining values of groups of 4 KiB: [`super::groups`].

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
/// Bytes of a group; the last group of a blob may be shorter.
pub const GROUP_BYTES: usize = 4096;
pub(super) const GROUP: u64 = GROUP_BYTES as u64;
/// Groups of a page.
pub(super) const GROUPS_PER_PAGE: usize = PAGE_BYTES / GROUP_BYTES;
/// Bytes of a chaining value.
pub(super) const HASH_BYTES: u64 = 32;
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
            bytes.chunks(PAGE_BYTES).zip(0..).map(|(page, index)| chaining_value(index * PAGE, page)).collect();
        Self { blob: BlobRef { hash: root(&pages, length), bytes: length }, pages }
    }

    /// The blob whose pages these are.
    #[must_use]
    pub const fn blob(&self) -> &BlobRef {
        &self.blob
    }

    /// The chaining value of a page.
    pub(super) fn page(&self, page: usize) -> Option<&ChainingValue> {
        self.pages.get(page)
    }

    /// How many bytes the chaining values of a blob's pages have: 32 for each, none where there is only one.
    #[must_use]
    pub const fn pages_bytes(blob: &BlobRef) -> u64 {
        if blob.bytes <= PAGE { 0 } else { blob.bytes.div_ceil(PAGE) * HASH_BYTES }
    }

    /// How many bytes the whole list of a blob has, with its groups.
    #[must_use]
    pub const fn encoded_bytes(blob: &BlobRef) -> u64 {
        if blob.bytes <= PAGE { 0 } else { Self::pages_bytes(blob) + blob.bytes.div_ceil(GROUP) * HASH_BYTES }
    }

    /// The whole list of a blob: the chaining values of its pages, then those of its groups. Complexity: one pass of
    /// BLAKE3.
    #[must_use]
    pub fn encode_of(bytes: &[u8]) -> Vec<u8> {
        if bytes.len() <= PAGE_BYTES {
            return Vec::new();
        }
        let groups: Vec<_> =
            (0..).zip(bytes.chunks(GROUP_BYTES)).map(|(group, part)| chaining_value(group * GROUP, part)).collect();
        let lengths = bytes.chunks(PAGE_BYTES).map(|page| page.len() as u64);
        let pages = groups.chunks(GROUPS_PER_PAGE).zip(lengths).map(|(groups, length)| inner(groups, length, GROUP));
        let mut list = pages.collect::<Vec<_>>().concat();
        list.extend_from_slice(groups.as_flattened());
        list
    }

    /// Reads the whole list of a blob; fails with `hash_mismatch` unless its pages lead to the blob's hash, and its
    /// groups to the pages.
    pub fn decode(bytes: &[u8], blob: &BlobRef) -> Result<Self> {
        let of_pages = usize::try_from(Self::pages_bytes(blob)).unwrap_or(usize::MAX);
        let (pages, groups) = bytes.split_at_checked(of_pages).unwrap_or((bytes, &[]));
        let list = Self::decode_pages(pages, blob)?;
        list.check_all_groups(groups)?;
        Ok(list)
    }

    /// Reads the beginning of a blob's list: its pages; fails with `hash_mismatch` unless they lead to the blob's hash.
    pub fn decode_pages(bytes: &[u8], blob: &BlobRef) -> Result<Self> {
        let wrong = |what: &str| {
            let message = format!("page list of blob {}: {what}; fetch it again, or the whole blob", blob.hash);
            Error::new(Code::HashMismatch, message)
        };
        let (pages, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || bytes.len() as u64 != Self::pages_bytes(blob) {
            return Err(wrong(&format!(
                "{} bytes of pages arrived, {} expected",
                bytes.len(),
                Self::pages_bytes(blob)
            )));
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
            if expected != Some(&chaining_value(index * PAGE, page)) {
                return Err(wrong(&format!("page {index} was damaged or replaced on the way")));
            }
        }
        Ok(())
    }
}

/// The chaining value of a part, from an offset on, of a blob that has several such parts: a power of two of chunks, or
/// what is left at the end.
pub(super) fn chaining_value(offset: u64, part: &[u8]) -> ChainingValue {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(offset);
    hasher.update(part);
    hasher.finalize_non_root()
}

/// The hash of a blob of `length` bytes with these pages, of which there are at least two.
fn root(pages: &[ChainingValue], length: u64) -> Hash {
    let (left, right) = children(pages, length, PAGE);
    Hash::from_bytes(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes())
}

fn children(parts: &[ChainingValue], length: u64, each: u64) -> (ChainingValue, ChainingValue) {
    let left_bytes = left_subtree_len(length);
    let (left, right) = parts.split_at((left_bytes / each) as usize);
    (inner(left, left_bytes, each), inner(right, length - left_bytes, each))
}

/// The chaining value of a subtree of so many bytes, which these are the parts of. Its depth is at most 15: a blob has
/// up to 2^15 pages.
pub(super) fn inner(parts: &[ChainingValue], length: u64, each: u64) -> ChainingValue {
    if let [part] = parts {
        return *part;
    }
    let (left, right) = children(parts, length, each);
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
            let sent = PageList::encode_of(&blob);
            assert_eq!(sent.len() as u64, PageList::encoded_bytes(list.blob()), "{length}");
            let pages = &sent[..PageList::pages_bytes(list.blob()) as usize];
            assert_eq!(PageList::decode_pages(pages, list.blob()).unwrap(), list, "{length}");
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
            let mut sent = PageList::encode_of(&blob);
            let at = at.index(sent.len());
            sent[at] ^= 1 << bit;
            prop_assert_eq!(PageList::decode(&sent, list.blob()).unwrap_err().code(), Code::HashMismatch);
        }
    }

    #[test]
    fn lists_and_ranges_that_cannot_be_are_refused() {
        let blob = bytes(200_000);
        let list = PageList::of(&blob);
        let sent = PageList::encode_of(&blob);
        for wrong in [&sent[..96], &sent[..127], &sent[..128], &sent[..sent.len() - 32], &[], &vec![0; sent.len()][..]]
        {
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
