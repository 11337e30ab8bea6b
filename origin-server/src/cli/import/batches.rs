//! A file of lines, in pieces that are sent in one request each.

use std::io;
use std::path::Path;

use axum::body::Bytes;
use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_LINE_BYTES;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};

use crate::lines::{Kind, without_mark};
use crate::objects::of_file;

/// Bytes sent in one request at most, whatever the number of lines.
const REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// Lines that are sent together.
pub(super) struct Batch {
    pub(super) bytes: Bytes,
    /// Number of the first line in the file, from 1.
    pub(super) first: u64,
    lines: u64,
    /// Bytes of the file that it was made of.
    pub(super) read: u64,
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
    pub(super) count: u64,
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
        let (mut bytes, mut lines, mut read) = (Vec::new(), 0, 0);
        while lines < self.size && bytes.len() < REQUEST_BYTES {
            let before = bytes.len();
            let more = read_line(&mut self.input, &mut bytes).await.map_err(|e| failed(self.file, &e))?;
            if more == 0 {
                break;
            }
            self.count += 1;
            let line = bytes.get(before..).unwrap_or_default();
            if self.count == 1
                && let Some(kind) = Kind::of(line)
            {
                return Ok(Err(kind));
            }
            if line.len() > MAX_LINE_BYTES {
                let message = format!("line {} has more than {MAX_LINE_BYTES} bytes; a point is smaller", self.count);
                return Err(Error::new(Code::LimitExceeded, message));
            }
            if self.count <= self.skip_lines {
                self.total = self.total.saturating_sub(more);
                bytes.truncate(before);
                continue;
            }
            let mark = line.len() - without_mark(line).len();
            drop(bytes.drain(before..before + mark));
            bytes.push(b'\n');
            lines += 1;
            read += more;
        }
        let first = self.count + 1 - lines as u64;
        Ok(Ok((lines > 0).then(|| Batch { bytes: bytes.into(), first, lines: lines as u64, read })))
    }
}

/// Reads a line behind `bytes`, without its end (LF, CRLF, or CR alone), and says how many bytes it had: 0 when there
/// is none. Of a line that is too long one byte more than may be is read.
async fn read_line(input: &mut (dyn AsyncBufRead + Unpin + Send), bytes: &mut Vec<u8>) -> io::Result<u64> {
    let most = bytes.len() + MAX_LINE_BYTES + 1;
    let mut read = 0;
    while bytes.len() < most {
        let piece = input.fill_buf().await?;
        if piece.is_empty() {
            break;
        }
        let piece = piece.get(..most - bytes.len()).unwrap_or(piece);
        let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let (line, is_return) = end.map_or((piece, false), |at| (piece.split_at(at).0, piece.get(at) == Some(&b'\r')));
        bytes.extend_from_slice(line);
        let taken = line.len() + usize::from(end.is_some());
        input.consume(taken);
        read += taken as u64;
        if is_return && input.fill_buf().await?.first() == Some(&b'\n') {
            input.consume(1);
            read += 1;
        }
        if end.is_some() {
            break;
        }
    }
    Ok(read)
}

fn failed(file: &Path, error: &io::Error) -> Error {
    Error::new(Code::StorageFailed, of_file(file, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], size: usize, skip: u64) -> Vec<(String, u64, u64)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut batches = Batches::open(file.path(), size, skip).await.unwrap();
        let mut found = Vec::new();
        while let Some(batch) = batches.next().await.unwrap().unwrap() {
            found.push((String::from_utf8(batch.bytes.to_vec()).unwrap(), batch.first, batch.read));
        }
        found
    }

    #[tokio::test]
    async fn lines_end_in_three_ways_and_marks_are_left_out() {
        let text = b"\xef\xbb\xbf{1}\r\n{2}\r{3}\n\n{5}";
        assert_eq!(all(text, 9, 0).await, [("{1}\n{2}\n{3}\n\n{5}\n".into(), 1, text.len() as u64)]);
        assert_eq!(
            all(text, 2, 1).await,
            [("{2}\n{3}\n".into(), 2, 8), ("\n{5}\n".into(), 4, 4)],
            "what is left out is counted"
        );
    }

    #[tokio::test]
    async fn a_line_without_end_is_not_read_to_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [b"{".as_slice(), &vec![b' '; 2 * MAX_LINE_BYTES]].concat()).unwrap();
        let mut batches = Batches::open(file.path(), 1, 0).await.unwrap();
        assert_eq!(batches.next().await.err().unwrap().code(), Code::LimitExceeded);
    }
}
