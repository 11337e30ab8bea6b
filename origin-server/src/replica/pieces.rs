//! Objects in pieces of one size, each with a name of its own, for hosts that know no ranges.
//!
//! ```text
//! pieces.json                      {"format":1,"bytes":65536}: objects of more bytes than that are there in pieces
//! pieces/{bytes}/blobs/{hash}/{n}  bytes n·size .. (n+1)·size of blobs/{hash}, from piece 0 on
//! pieces/{bytes}/pages/{hash}/{n}  the same of pages/{hash}
//! ```
//!
//! The size stands in the names, so what a name means never changes. Nothing of it is trusted: readers prove what comes
//! as ever, and fetch an object whole where a piece is not what it should be.

use std::collections::HashMap;
use std::ops::Range;

use bytesize::ByteSize;
use futures::{StreamExt as _, TryStreamExt as _};
use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{BlobRef, PageList};
use serde::{Deserialize, Serialize};

use super::{Source, Target};

/// Says of which size the pieces are. Not below `pieces/`, because hosts may let what is there be kept for ever.
pub(crate) const INDEX: &str = "pieces.json";
/// The folder of all pieces.
pub(crate) const FOLDER: &str = "pieces";
/// What an index has at most.
pub(super) const MAX_INDEX_BYTES: u64 = 1024;
const FORMAT: u32 = 1;
/// Less is many thousand files a segment, and a request for hardly more than proves it.
const MIN_BYTES: u64 = 16 * 1024;
/// More is what pieces are there to spare readers.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Pieces that are written or read at a time: each is a request to a bucket.
const AT_ONCE: usize = 8;

/// How many bytes a piece has; the last one of an object has what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PieceSize(u64);

#[derive(Serialize, Deserialize)]
struct Index {
    format: u32,
    /// 0 where there are no pieces any more: nothing is removed where versions are copied to.
    bytes: u64,
}

impl PieceSize {
    /// A size that readers take.
    pub(crate) fn new(bytes: u64) -> Result<Self> {
        if (MIN_BYTES..=MAX_BYTES).contains(&bytes) {
            return Ok(Self(bytes));
        }
        let shown = |bytes| ByteSize::b(bytes).display().iec().to_string();
        let message = format!(
            "pieces of {bytes} bytes: a piece has between {} and {}, such as 64KiB",
            shown(MIN_BYTES),
            shown(MAX_BYTES)
        );
        Err(Error::new(Code::InvalidOptions, message))
    }

    pub(crate) const fn bytes(self) -> u64 {
        self.0
    }

    /// Where the pieces of an object are.
    pub(crate) fn folder(self, path: &str) -> String {
        format!("{FOLDER}/{}/{path}", self.0)
    }

    /// The ranges of an object's pieces; of one that is no larger than a piece there are none.
    fn ranges(self, total: u64) -> Vec<Range<u64>> {
        let count = if total > self.0 { total.div_ceil(self.0) } else { 0 };
        (0..count).map(|n| n * self.0..total.min((n + 1) * self.0)).collect()
    }

    /// Writes what a target lacks of the pieces of a blob and of its page list. Returns how many were written.
    pub(super) async fn write(self, target: &Target, blob: &BlobRef, whole: &[u8]) -> Result<u64> {
        let pages = if PageList::encoded_bytes(blob) > self.0 { PageList::encode_of(whole) } else { Vec::new() };
        let mut written = 0;
        for (kind, bytes) in [("blobs", whole), ("pages", &pages)] {
            let folder = self.folder(&format!("{kind}/{}", blob.hash));
            let held = target.lengths(&folder, self.ranges(bytes.len() as u64).len()).await?;
            let write = async |(n, range): (usize, Range<u64>)| -> Result<u64> {
                let (path, piece) = (format!("{folder}/{n}"), slice(bytes, &range));
                let is_there = held.get(&n.to_string()) == Some(&(piece.len() as u64));
                // What a folder has is compared; buckets check what they store.
                if is_there && target.local(&path).await?.is_none_or(|held| held.as_ref() == piece) {
                    return Ok(0);
                }
                target.put(&path, piece.to_vec()).await.map(|()| 1)
            };
            let all = futures::stream::iter(self.ranges(bytes.len() as u64).into_iter().enumerate());
            written += all.map(write).buffer_unordered(AT_ONCE).try_fold(0, async |sum, n| Ok(sum + n)).await?;
        }
        Ok(written)
    }

    /// The same for a blob that the target has: of a bucket only the lengths are looked at, and the source is read
    /// where something is missing.
    pub(super) async fn mend(self, target: &Target, blob: &BlobRef, source: &Source) -> Result<u64> {
        if blob.bytes <= self.0 {
            return Ok(0);
        }
        let whole = match target.local(&format!("blobs/{}", blob.hash)).await? {
            Some(whole) => whole.to_vec(),
            None if self.are_listed(target, blob).await? => return Ok(0),
            None => source.blob(blob).await?,
        };
        blob.check(&whole)?;
        self.write(target, blob, &whole).await
    }

    async fn are_listed(self, target: &Target, blob: &BlobRef) -> Result<bool> {
        for (kind, total) in [("blobs", blob.bytes), ("pages", PageList::encoded_bytes(blob))] {
            let ranges = self.ranges(total);
            let held = target.lengths(&self.folder(&format!("{kind}/{}", blob.hash)), ranges.len()).await?;
            let mut all = ranges.iter().enumerate();
            if !all.all(|(n, range)| held.get(&n.to_string()) == Some(&(range.end - range.start))) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the pieces of an object, and says which one is not a piece of it. Returns how many there are.
    pub(super) async fn check(
        self,
        source: &Source,
        path: &str,
        whole: &[u8],
    ) -> std::result::Result<u64, (String, Error)> {
        let folder = self.folder(path);
        let check = async |(n, range): (usize, Range<u64>)| {
            let name = format!("{folder}/{n}");
            let read = source.object(&name, range.end - range.start).await;
            match read {
                Ok(piece) if piece == slice(whole, &range) => Ok(()),
                Ok(_) => Err((name, Error::new(Code::HashMismatch, "it is not this piece of the object"))),
                Err(error) => Err((name, error)),
            }
        };
        let ranges = self.ranges(whole.len() as u64);
        let count = ranges.len() as u64;
        let all = futures::stream::iter(ranges.into_iter().enumerate()).map(check);
        all.buffered(AT_ONCE).try_for_each(async |()| Ok(())).await.map(|()| count)
    }
}

/// What says that there are pieces of a size, or none.
pub(super) fn index(size: Option<PieceSize>) -> Vec<u8> {
    format!("{{\"format\":{FORMAT},\"bytes\":{}}}\n", size.map_or(0, PieceSize::bytes)).into_bytes()
}

/// What an index says.
pub(crate) fn in_index(bytes: &[u8]) -> Result<Option<PieceSize>> {
    let Index { format, bytes } =
        serde_json::from_slice(bytes).map_err(|error| Error::corrupt(format!("it is no index of pieces: {error}")))?;
    if format != FORMAT {
        let message = format!("index of pieces of format {format}; this program reads {FORMAT}");
        return Err(Error::new(Code::FormatUnsupported, message));
    }
    match bytes {
        0 => Ok(None),
        bytes => PieceSize::new(bytes).map(Some).map_err(|error| Error::corrupt(error.message())),
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    bytes.get(at(range.start)..at(range.end)).unwrap_or_default()
}

/// Lengths by the last part of a name.
pub(super) type Lengths = HashMap<String, u64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_put_together_are_the_object() {
        let size = PieceSize::new(MIN_BYTES).unwrap();
        for total in [MIN_BYTES + 1, 2 * MIN_BYTES, 5 * MIN_BYTES - 1] {
            let ranges = size.ranges(total);
            assert_eq!((ranges[0].start, ranges.last().unwrap().end), (0, total));
            assert!(ranges.windows(2).all(|two| two[0].end == two[1].start && two[0].end - two[0].start == MIN_BYTES));
        }
        assert!(size.ranges(MIN_BYTES).is_empty(), "what is one piece has a name already");
    }

    #[test]
    fn an_index_says_a_size_that_there_may_be() {
        let size = PieceSize::new(65_536).unwrap();
        assert_eq!(in_index(&index(Some(size))).unwrap(), Some(size));
        assert_eq!(in_index(&index(None)).unwrap(), None);
        for wrong in
            ["", "[]", r#"{"format":1,"bytes":-1}"#, r#"{"format":1,"bytes":1}"#, r#"{"format":1,"bytes":1e99}"#]
        {
            assert_eq!(in_index(wrong.as_bytes()).unwrap_err().code(), Code::Corrupt, "{wrong}");
        }
        assert_eq!(in_index(br#"{"format":2,"bytes":65536}"#).unwrap_err().code(), Code::FormatUnsupported);
    }
}
