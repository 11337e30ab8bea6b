//! What bytes are that are no lines of JSON at all.

use super::without_mark;

/// A kind of file that somebody may take for points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Parquet,
    Utf16,
    Array,
    Commas,
    Semicolons,
    Tabs,
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
    (b"\xff\xfe", Kind::Utf16),
    (b"\xfe\xff", Kind::Utf16),
];

impl Kind {
    /// What begins like this; none when it may be a line of JSON.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| beginning.starts_with(magic)) {
            return Some(*kind);
        }
        // Every second byte of ASCII in UTF-16 is 0.
        if matches!(beginning, [first, second, ..] if (*first == 0) != (*second == 0)) {
            return Some(Self::Utf16);
        }
        let text = without_mark(beginning).trim_ascii_start();
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let has = |sign| line.contains(&sign);
        match text.first()? {
            b'{' => None,
            b'[' => Some(Self::Array),
            _ if has(b'\t') => Some(Self::Tabs),
            _ if has(b',') => Some(Self::Commas),
            _ if has(b';') => Some(Self::Semicolons),
            _ => Some(Self::Text),
        }
    }

    /// What it is, in a sentence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "compressed by gzip",
            Self::Zstd => "compressed by zstd",
            Self::Bzip2 => "compressed by bzip2",
            Self::Xz => "compressed by xz",
            Self::Zip => "a zip archive (as Excel's files are)",
            Self::Parquet => "a Parquet file",
            Self::Utf16 => "text in UTF-16",
            Self::Array => "a JSON array",
            Self::Commas => "CSV, as it seems",
            Self::Semicolons => "CSV with semicolons, as it seems",
            Self::Tabs => "a table with tabs, as it seems",
            Self::Text => "no JSON",
        }
    }

    /// The command that makes lines of it, in which `FILE` stands for the file; none where no usual one does.
    pub(crate) const fn command(self) -> Option<&'static str> {
        // Rows are flat: the column "id" becomes the id, all others the payload.
        match self {
            Self::Gzip => Some("zcat FILE"),
            Self::Zstd => Some("zstdcat FILE"),
            Self::Bzip2 => Some("bzcat FILE"),
            Self::Xz => Some("xzcat FILE"),
            Self::Zip => Some("unzip -p FILE"),
            Self::Utf16 => Some("iconv -f UTF-16 -t UTF-8 FILE"),
            Self::Array => Some("jq -c '.[]' FILE"),
            Self::Commas => Some("mlr --icsv --ojsonl cat FILE | jq -c '{id: (.id|tostring), payload: del(.id)}'"),
            Self::Semicolons => {
                Some("mlr --icsv --ifs ';' --ojsonl cat FILE | jq -c '{id: (.id|tostring), payload: del(.id)}'")
            }
            Self::Tabs => Some("mlr --itsv --ojsonl cat FILE | jq -c '{id: (.id|tostring), payload: del(.id)}'"),
            Self::Parquet | Self::Text => None,
        }
    }
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
        for (bytes, kind) in [
            (b"\x1f\x8b\x08\0\0".to_vec(), Some(Kind::Gzip)),
            (b"\x28\xb5\x2f\xfd\x04".to_vec(), Some(Kind::Zstd)),
            (utf16("\u{feff}{\"id\"", false), Some(Kind::Utf16)),
            (utf16("\u{feff}{\"id\"", true), Some(Kind::Utf16)),
            (utf16("{\"id\"", false), Some(Kind::Utf16)),
            (utf16("{\"id\"", true), Some(Kind::Utf16)),
            (b"[\n{\"id\":\"a\"}".to_vec(), Some(Kind::Array)),
            (b"\xef\xbb\xbf [".to_vec(), Some(Kind::Array)),
            (b"id,title\n".to_vec(), Some(Kind::Commas)),
            (b"\xef\xbb\xbf\"id\";\"title\"".to_vec(), Some(Kind::Semicolons)),
            (b"id\ttitle, or so\n".to_vec(), Some(Kind::Tabs)),
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
