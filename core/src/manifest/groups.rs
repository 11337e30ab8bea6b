//! Proof of less than a page: any groups of 4 KiB of a blob, fetched alone.
//!
//! A page of a [`PageList`] is a subtree of BLAKE3, and so are the 16 groups of 4 KiB in it. Behind the chaining values
//! of all pages the list of a blob has those of all groups, 32 bytes for 4,096; those of one page lead to the page's,
//! so a reader fetches them for the pages that it reads in and nothing else of them.
//!
//! ```text
//! blob hash ── page list ── page 0 ─┬─ group 0    4 KiB
//!                        └─ page 1  ├─ …
//!                                   └─ group 15
//! ```
//!
//! A blob of one page has no list: it is fetched as a whole.

use alloc::format;
use core::ops::Range;

use super::BlobRef;
use super::pages::{GROUP, GROUP_BYTES, GROUPS_PER_PAGE, HASH_BYTES, PAGE_BYTES, PageList, chaining_value, inner};
use crate::error::{Code, Error, Result};

/// What is to be fetched of a blob so that a range of it can be proved: whole groups, or all of it where it has one
/// page.
#[must_use]
pub fn whole_groups(blob: &BlobRef, range: &Range<u64>) -> Range<u64> {
    if blob.bytes <= PAGE_BYTES as u64 {
        return 0..blob.bytes;
    }
    range.start / GROUP * GROUP..range.end.next_multiple_of(GROUP).min(blob.bytes)
}

/// Where in a blob's page list the groups stand that prove a range of it: those of all pages in which it lies. None for
/// a blob of one page.
#[must_use]
pub fn proving_groups(blob: &BlobRef, range: &Range<u64>) -> Range<u64> {
    if blob.bytes <= PAGE_BYTES as u64 {
        return 0..0;
    }
    let (first, behind) = groups_of_pages(blob, range);
    let from = PageList::pages_bytes(blob);
    from + first * HASH_BYTES..from + behind * HASH_BYTES
}

/// The groups of all pages in which a range lies: the first, and the one behind the last.
fn groups_of_pages(blob: &BlobRef, range: &Range<u64>) -> (u64, u64) {
    let page = PAGE_BYTES as u64;
    let last = range.end.div_ceil(page) * GROUPS_PER_PAGE as u64;
    (range.start / page * GROUPS_PER_PAGE as u64, last.min(blob.bytes.div_ceil(GROUP)))
}

impl PageList {
    /// Checks bytes that were fetched from `offset` on: whole groups, as [`whole_groups`] says. `groups` are those that
    /// prove them, as [`proving_groups`] says.
    pub fn check_groups(&self, offset: u64, bytes: &[u8], groups: &[u8]) -> Result<()> {
        let blob = self.blob();
        let wrong = |what: &str| {
            let end = offset.saturating_add(bytes.len() as u64);
            let message = format!("bytes {offset} to {end} of blob {}: {what}", blob.hash);
            Error::new(Code::HashMismatch, message)
        };
        let range = offset..offset.saturating_add(bytes.len() as u64);
        if range.end > blob.bytes || whole_groups(blob, &range) != range {
            return Err(wrong("only whole groups can be checked"));
        }
        if blob.bytes <= PAGE_BYTES as u64 {
            return blob.check(bytes);
        }
        let (first, behind) = groups_of_pages(blob, &range);
        self.check_lead(groups, first..behind)?;
        let groups = groups.as_chunks::<32>().0;
        for (bytes, group) in bytes.chunks(GROUP_BYTES).zip(offset / GROUP..) {
            if groups.get((group - first) as usize) != Some(&chaining_value(group * GROUP, bytes)) {
                return Err(wrong(&format!("group {group} was damaged or replaced on the way")));
            }
        }
        Ok(())
    }

    /// Checks the chaining values of all groups.
    pub(super) fn check_all_groups(&self, groups: &[u8]) -> Result<()> {
        let blob = self.blob();
        let count = if blob.bytes <= PAGE_BYTES as u64 { 0 } else { blob.bytes.div_ceil(GROUP) };
        self.check_lead(groups, 0..count)
    }

    /// Checks that the chaining values of some groups, all those of their pages, lead to these.
    fn check_lead(&self, groups: &[u8], numbers: Range<u64>) -> Result<()> {
        let wrong = |what: &str| {
            let message = format!("page list of blob {}: {what}; fetch it again, or the whole blob", self.blob().hash);
            Error::new(Code::HashMismatch, message)
        };
        let (groups, rest) = groups.as_chunks::<32>();
        let expected = numbers.end.saturating_sub(numbers.start);
        if !rest.is_empty() || groups.len() as u64 != expected {
            return Err(wrong(&format!("{} groups arrived, {expected} expected", groups.len())));
        }
        for (page, groups) in (numbers.start as usize / GROUPS_PER_PAGE..).zip(groups.chunks(GROUPS_PER_PAGE)) {
            let bytes = self.blob().bytes.saturating_sub((page * PAGE_BYTES) as u64).min(PAGE_BYTES as u64);
            if self.page(page) != Some(&inner(groups, bytes, GROUP)) {
                return Err(wrong(&format!("the groups of page {page} do not lead to it")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 31 % 251 + i / 65_536) as u8).collect()
    }

    fn of(all: &[u8], range: Range<u64>) -> Vec<u8> {
        all[range.start as usize..range.end as usize].to_vec()
    }

    proptest! {
        #[test]
        fn any_range_is_proved_by_its_groups_and_no_other_is(
            length in 1usize..400_000, from in any::<prop::sample::Index>(), count in 1u64..200_000,
            at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let all = bytes(length);
            let (pages, list) = (PageList::of(&all), PageList::encode_of(&all));
            let from = from.index(length) as u64;
            let range = whole_groups(pages.blob(), &(from..(from + count).min(length as u64)));
            let groups = proving_groups(pages.blob(), &range);
            let (mut part, mut groups) = (of(&all, range.clone()), of(&list, groups));
            pages.check_groups(range.start, &part, &groups).unwrap();
            prop_assert!(pages.check_groups(range.start + GROUP, &part, &groups).is_err());
            let at = at.index(part.len());
            part[at] ^= 1 << bit;
            prop_assert_eq!(pages.check_groups(range.start, &part, &groups).unwrap_err().code(), Code::HashMismatch);
            part[at] ^= 1 << bit;
            if !groups.is_empty() {
                let at = at % groups.len();
                groups[at] ^= 1 << bit;
                prop_assert_eq!(pages.check_groups(range.start, &part, &groups).unwrap_err().code(), Code::HashMismatch);
            }
        }
    }

    #[test]
    fn what_are_no_whole_groups_is_refused() {
        let all = bytes(200_000);
        let (pages, list) = (PageList::of(&all), PageList::encode_of(&all));
        for (offset, part) in [(1, &all[1..4097]), (0, &all[..4095]), (0, &all[..0]), (u64::MAX, &all[..4096])] {
            let groups = proving_groups(pages.blob(), &(0..4096));
            let groups = of(&list, groups);
            let refused = pages.check_groups(offset, part, &groups).map_or_else(|e| e.code(), |()| Code::Internal);
            assert!(part.is_empty() || refused == Code::HashMismatch, "{offset}");
        }
        let groups = of(&list, proving_groups(pages.blob(), &(0..4096)));
        assert!(pages.check_groups(0, &all[..4096], &groups[..480]).is_err());
        let of_others = of(&list, proving_groups(pages.blob(), &(65_536..70_000)));
        assert!(pages.check_groups(0, &all[..4096], &of_others).is_err());
    }
}
