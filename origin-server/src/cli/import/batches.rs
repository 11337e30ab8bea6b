//! A file of lines, in pieces that are sent in one request each.

use std::path::Path;

use axum::body::Bytes;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_LINE_BYTES;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use crate::lines::{Kind, without_mark};

/// Bytes sent in one request at most, whatever the number of lines.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Lines that are sent together.
pub(super) struct Batch {
    pub(super) bytes: Bytes,
    /// Number of the first line in the file, from 1.
    pub(super) first: u64,
    lines: u64,
}

impl Batch {
    /// Number of the last line in the file.
    pub(super) fn last(&self) -> u64 {
        self.first + self.lines - 1
    }

    /// A line of it, by its number in the file.
    pub(super) fn line(&self, number: u64) -> Option<&[u8]> {
        self.bytes.split(|&byte| byte == b'\n').nth(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

/// The lines of a file that are still to be sent.
pub(super) struct Batches<'a> {
    input: Box<dyn AsyncBufRead + Unpin + Send>,
    file: &'a Path,
    skip_lines: u64,
    /// Points of one batch.
    size: usize,
    /// Bytes of the file; 0 where unknown.
    pub(super) total: u64,
    /// Lines read.
    count: u64,
}

impl<'a> Batches<'a> {
    pub(super) async fn open(file: &'a Path, size: usize, skip_lines: u64) -> Result<Self> {
        if file.as_os_str() == "-" {
            let input = Box::new(BufReader::new(tokio::io::stdin()));
            return Ok(Self { input, file, skip_lines, size, total: 0, count: 0 });
        }
        let opened = tokio::fs::File::open(file).await.map_err(|e| failed(file, &e))?;
        let about = opened.metadata().await.map_err(|e| failed(file, &e))?;
        if about.is_dir() {
            let message = format!("{} is a folder; name a file of points, a JSON object a line", file.display());
            return Err(Error::new(Code::StorageFailed, message));
        }
        let input = Box::new(BufReader::with_capacity(1 << 20, opened));
        Ok(Self { input, file, skip_lines, size, total: about.len(), count: 0 })
    }

    /// The next lines; the kind of file instead, when it has no lines of points.
    pub(super) async fn next(&mut self) -> Result<Result<Option<Batch>, Kind>> {
        let (mut bytes, mut taken) = (Vec::new(), 0);
        while taken < self.size.max(1) && bytes.len() < REQUEST_BYTES {
            let before = bytes.len();
            // One byte more than may be: then the line is too long, or the file is none of lines.
            let read = (&mut self.input).take(MAX_LINE_BYTES as u64 + 1).read_until(b'\n', &mut bytes).await;
            if read.map_err(|e| failed(self.file, &e))? == 0 {
                break;
            }
            self.count += 1;
            let line = bytes.get(before..).unwrap_or_default();
            if self.count == 1
                && let Some(kind) = Kind::of(line)
            {
                return Ok(Err(kind));
            }
            let (length, mark) = (line.len(), line.len() - without_mark(line).len());
            if length > MAX_LINE_BYTES && !line.ends_with(b"\n") {
                let message = format!("line {} has more than {MAX_LINE_BYTES} bytes; a point is smaller", self.count);
                return Err(Error::new(Code::LimitExceeded, message));
            }
            if self.count <= self.skip_lines {
                self.total = self.total.saturating_sub(length as u64);
                bytes.truncate(before);
            } else {
                drop(bytes.drain(before..before + mark));
                taken += 1;
            }
        }
        let lines = taken as u64;
        Ok(Ok((taken > 0).then(|| Batch { bytes: bytes.into(), first: self.count + 1 - lines, lines })))
    }
}

fn failed(file: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::StorageFailed, format!("{}: {error}", file.display()))
}
