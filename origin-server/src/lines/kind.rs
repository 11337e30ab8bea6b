//! What bytes are that are no lines of JSON at all.

use headwater_core::json::kind_of;
use serde_json::Value;

use super::{Table, without_mark};

/// A kind of file that somebody may take for points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Parquet,
    /// As `iconv` calls the form of UTF-16 that it is in.
    Utf16(&'static str),
    Array,
    /// JSON that is neither an object nor a list: what it is.
    Value(&'static str),
    Table(Table),
    /// Bytes that are no text.
    Bytes,
    Text,
}

/// How files begin that say what they are.
const MAGIC: [(&[u8], Kind); 8] = [
    (b"\x1f\x8b", Kind::Gzip),
    (b"\x28\xb5\x2f\xfd", Kind::Zstd),
    (b"BZh", Kind::Bzip2),
    (b"\xfd7zXZ\0", Kind::Xz),
    (b"PK\x03\x04", Kind::Zip),
    (b"PAR1", Kind::Parquet),
    (b"\xff\xfe", Kind::Utf16("UTF-16")),
    (b"\xfe\xff", Kind::Utf16("UTF-16")),
];
/// Bytes that are looked at to tell a text from other bytes.
const LOOKED_AT: usize = 4096;

impl Kind {
    /// What begins like this; none when it may be a line of JSON.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| beginning.starts_with(magic)) {
            return Some(kind.clone());
        }
        // Every second byte of ASCII in UTF-16 is 0. Without a mark nobody but the bytes says which one.
        match beginning {
            [0, second, ..] if is_printed(*second) => return Some(Self::Utf16("UTF-16BE")),
            [first, 0, ..] if is_printed(*first) => return Some(Self::Utf16("UTF-16LE")),
            _ => {}
        }
        let text = without_mark(beginning).trim_ascii_start();
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
        match text.first()? {
            b'{' => return None,
            b'[' => return Some(Self::Array),
            _ => {}
        }
        if !is_text(line) {
            return Some(Self::Bytes);
        }
        if let Ok(value) = serde_json::from_slice::<Value>(line) {
            return Some(Self::Value(kind_of(&value)));
        }
        Some(Table::with_header(line).map_or(Self::Text, Self::Table))
    }

    /// What it is, in a sentence.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Gzip => "compressed by gzip",
            Self::Zstd => "compressed by zstd",
            Self::Bzip2 => "compressed by bzip2",
            Self::Xz => "compressed by xz",
            Self::Zip => "a zip archive (as Excel's files are, whose sheets have to be saved as CSV)",
            Self::Parquet => "a Parquet file",
            Self::Utf16(_) => "text in UTF-16",
            Self::Array => "a JSON array",
            Self::Value(what) => what,
            Self::Table(table) => table.name(),
            Self::Bytes => "no text in UTF-8, but other bytes",
            Self::Text => "no JSON",
        }
    }

    /// The command that makes lines of it, in which `FILE` stands for the file; none where no usual one does.
    pub(crate) fn command(&self) -> Option<String> {
        // Read from standard input: whatever the file's name ends with.
        let command = match self {
            Self::Gzip => "gzip -dc < FILE",
            Self::Zstd => "zstd -dc < FILE",
            Self::Bzip2 => "bzip2 -dc < FILE",
            Self::Xz => "xz -dc < FILE",
            Self::Zip => "unzip -p FILE",
            Self::Utf16(form) => return Some(format!("iconv -f {form} -t UTF-8 < FILE")),
            Self::Array => "jq -c '.[]' < FILE",
            Self::Table(table) => return Some(table.command()),
            Self::Parquet | Self::Value(_) | Self::Bytes | Self::Text => return None,
        };
        Some(command.to_owned())
    }

    /// What to know of that command before it is run.
    pub(crate) fn remark(&self) -> Option<String> {
        match self {
            Self::Table(table) => table.remark(),
            _ => None,
        }
    }
}

const fn is_printed(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte.is_ascii_whitespace()
}

/// Whether bytes may be a text, in UTF-8 or in an encoding that has ASCII as it is.
fn is_text(line: &[u8]) -> bool {
    let looked_at = line.get(..LOOKED_AT).unwrap_or(line);
    if looked_at.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()) {
        return false;
    }
    let is_utf8 = std::str::from_utf8(looked_at).map_or_else(|e| e.error_len().is_none(), |_| true);
    is_utf8 || looked_at.iter().filter(|byte| !byte.is_ascii()).count() * 3 <= looked_at.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_how_they_begin() {
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        let table = |header: &[u8]| Table::with_header(header).map(Kind::Table);
        for (bytes, kind) in [
            (b"\x1f\x8b\x08\0\0".to_vec(), Some(Kind::Gzip)),
            (b"\x28\xb5\x2f\xfd\x04".to_vec(), Some(Kind::Zstd)),
            (utf16("\u{feff}{\"id\"", false), Some(Kind::Utf16("UTF-16"))),
            (utf16("\u{feff}{\"id\"", true), Some(Kind::Utf16("UTF-16"))),
            (utf16("{\"id\"", false), Some(Kind::Utf16("UTF-16LE"))),
            (utf16("{\"id\"", true), Some(Kind::Utf16("UTF-16BE"))),
            (b"[\n{\"id\":\"a\"}".to_vec(), Some(Kind::Array)),
            (b"\xef\xbb\xbf [".to_vec(), Some(Kind::Array)),
            (b"id,title\n".to_vec(), table(b"id,title")),
            (b"\xef\xbb\xbf\"id\";\"title\"".to_vec(), table(b"\"id\";\"title\"")),
            (b"id\ttitle, or so\n".to_vec(), table(b"id\ttitle, or so")),
            (b"n\xfamero,\x61rea\n".to_vec(), table(b"numero,area")),
            (b"5".to_vec(), Some(Kind::Value("a number"))),
            (b"null\n".to_vec(), Some(Kind::Value("null"))),
            (b"\"a, b\"\r\n".to_vec(), Some(Kind::Value("a text"))),
            (b"\x8f,\x07\xe1;\xf3\n".to_vec(), Some(Kind::Bytes)),
            (b"\xc3\xb1,\xff\x9d\xa0".to_vec(), Some(Kind::Bytes)),
            (b"%PDF-1.7\0,".to_vec(), Some(Kind::Bytes)),
            ("größe,ñandú".into(), table(b"a,b")),
            (b"<html>".to_vec(), Some(Kind::Text)),
            (b"  {\"id\": \"a,b\"}".to_vec(), None),
            (b"\xef\xbb\xbf{\"id\": \"a\"}".to_vec(), None),
            (b" \n".to_vec(), None),
            (Vec::new(), None),
        ] {
            assert_eq!(Kind::of(&bytes), kind, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
