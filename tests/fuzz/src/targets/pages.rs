//! Page lists and groups: of a blob that the input describes, with its list, an offset and some bytes of the input in
//! place of the true ones.
//!
//! ```text
//! u16 length of the blob, in 64ths of a page · u16 edit · u64 offset · bytes of a list, or of a part
//! ```

use headwater_core::manifest::{BlobRef, PAGE_BYTES, PageList, proving_groups, whole_groups};

use crate::memory;

/// Pages of the largest blob that is tried.
const PAGES: usize = 8;

/// See the module.
pub fn run(data: &[u8]) {
    let Some((head, bytes)) = data.split_first_chunk::<12>() else { return };
    let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let offset = head[4..].first_chunk().copied().map(u64::from_le_bytes).expect("eight bytes");
    let length = number(0) * (PAGE_BYTES / 64) % (PAGES * PAGE_BYTES + 1) + number(0) % 7;
    let blob: Vec<u8> = (0..length).map(|i| (i * 7 + i / PAGE_BYTES) as u8).collect();
    let list = PageList::of(&blob);
    assert_eq!(*list.blob(), BlobRef::of(&blob), "pages lead to the hash");

    // Any other list is refused, whatever it is.
    let sent = PageList::encode_of(&blob);
    let mut other = sent.clone();
    match number(2) % 3 {
        0 => other = bytes.to_vec(),
        1 if !sent.is_empty() => other[number(2) % sent.len()] ^= 1 << (number(2) % 8),
        _ => other.extend_from_slice(bytes),
    }
    let decoded = memory::limited(|| PageList::decode(&other, list.blob()));
    assert_eq!(decoded.is_ok(), other == sent, "one list is right");
    let foreign = BlobRef { hash: list.blob().hash, bytes: offset };
    let _ = memory::limited(|| PageList::decode(bytes, &foreign));

    // Any other bytes are refused at any offset.
    let end = offset.saturating_add(bytes.len() as u64);
    let same =
        usize::try_from(offset).ok().zip(usize::try_from(end).ok()).and_then(|(a, b)| blob.get(a..b)) == Some(bytes);
    let whole =
        offset.is_multiple_of(PAGE_BYTES as u64) && (end.is_multiple_of(PAGE_BYTES as u64) || end == length as u64);
    assert_eq!(list.check(offset, bytes).is_ok(), same && whole, "{offset}, {} bytes", bytes.len());
    let from = number(2) % PAGES * PAGE_BYTES;
    if let Some(part) = blob.get(from..(from + PAGE_BYTES).min(length)) {
        list.check(from as u64, part).expect("a true page is proved");
    }

    // Groups prove what is theirs, and no other bytes by no other groups.
    if length > 0 {
        let start = (number(2) * 977 % length) as u64;
        let range = whole_groups(list.blob(), &(start..(start + 1 + bytes.len() as u64).min(length as u64)));
        let proving = proving_groups(list.blob(), &range);
        let part = &blob[range.start as usize..range.end as usize];
        let groups = &sent[proving.start as usize..proving.end as usize];
        list.check_groups(range.start, part, groups).expect("true groups are proved");
        let is_one = length <= PAGE_BYTES;
        let by_others = memory::limited(|| list.check_groups(range.start, part, bytes));
        assert_eq!(by_others.is_ok(), is_one || bytes == groups, "groups of one blob prove it");
        let others = memory::limited(|| list.check_groups(range.start, bytes, groups));
        // Of no bytes nothing can be wrong.
        assert!(bytes.is_empty() || others.is_ok() == (bytes == part), "other bytes are not proved");
    }
}
