//! Bytes to text: a byte order mark, else what the page declares, else UTF-8 where it is that, else windows-1252, as
//! browsers do.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::walk::Kind;
use crate::warnings::Warning;

/// Browsers look for a declaration in the first 1,024 bytes; generators put scripts before it.
const DECLARED_WITHIN: usize = 4096;

/// The text of a page.
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) warning: Option<Warning>,
}

pub(crate) fn decode(bytes: &[u8], kind: Kind) -> Decoded<'_> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return by(encoding, bytes.get(mark..).unwrap_or_default());
    }
    // What is declared does not count where the bytes are UTF-8: pages are converted, and keep their declaration. Only
    // few texts of other encodings are UTF-8 by chance.
    if let Ok(text) = std::str::from_utf8(bytes) {
        match declared(bytes, kind).filter(|encoding| !encoding.is_ascii_compatible()) {
            Some(encoding) => return by(encoding, bytes),
            None => return Decoded { text: Cow::Borrowed(text), warning: None },
        }
    }
    by(declared(bytes, kind).unwrap_or(WINDOWS_1252), bytes)
}

fn by<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let name = encoding.name();
    let warning = match (had_errors, encoding == UTF_8) {
        (true, _) => Some(Warning::BrokenText { encoding: name }),
        (false, false) => Some(Warning::NotUtf8 { encoding: name }),
        (false, true) => None,
    };
    Decoded { text, warning }
}

/// What `<meta charset>`, `<meta http-equiv>` or an XML declaration says.
fn declared(bytes: &[u8], kind: Kind) -> Option<&'static Encoding> {
    if kind != Kind::Html {
        return None;
    }
    let head = bytes.get(..DECLARED_WITHIN).unwrap_or(bytes).to_ascii_lowercase();
    ["charset", "encoding"].iter().find_map(|name| label_after(&head, name.as_bytes()))
}

fn label_after(head: &[u8], name: &[u8]) -> Option<&'static Encoding> {
    let found = head.windows(name.len()).enumerate().filter(|(_, window)| *window == name);
    found.into_iter().find_map(|(at, _)| {
        let rest = head.get(at + name.len()..)?.trim_ascii_start();
        let rest = rest.strip_prefix(b"=")?.trim_ascii_start();
        let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
        let end = rest.iter().position(|b| b" \"'>;/\t\r\n?".contains(b)).unwrap_or(rest.len());
        // A page that says UTF-16 in ASCII letters is not that: the standard has it read as UTF-8.
        let encoding = Encoding::for_label(rest.get(..end)?)?;
        Some(if encoding.is_ascii_compatible() { encoding } else { UTF_8 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Option<Warning>) {
        let decoded = decode(bytes, Kind::Html);
        (decoded.text.into_owned(), decoded.warning)
    }

    #[test]
    fn marks_declarations_and_bytes_say_what_a_page_is_written_in() {
        assert_eq!(read("é".as_bytes()), ("é".to_owned(), None));
        assert_eq!(read(b"\xef\xbb\xbfa"), ("a".to_owned(), None));
        assert_eq!(read(b"\xff\xfea\0"), ("a".to_owned(), Some(Warning::NotUtf8 { encoding: "UTF-16LE" })));
        let latin = Some(Warning::NotUtf8 { encoding: "windows-1252" });
        assert_eq!(read(b"caf\xe9"), ("caf\u{e9}".to_owned(), latin.clone()));
        let (text, warning) = read(b"<meta charset=shift_jis>\x83\x65");
        assert!(text.ends_with('テ') && warning == Some(Warning::NotUtf8 { encoding: "Shift_JIS" }), "{text}");
        let http = b"<META HTTP-EQUIV=content-type CONTENT='text/html; CHARSET=ISO-8859-1'>\xe9";
        assert!(read(http).0.ends_with('é') && read(http).1 == latin);
        let xml = b"<?xml version=\"1.0\" encoding=\"koi8-r\"?>\xc1";
        assert!(read(xml).0.ends_with('а'), "{:?}", read(xml));
    }

    #[test]
    fn a_declaration_that_is_wrong_is_not_believed_and_broken_bytes_are_told() {
        assert_eq!(read("<meta charset=latin1>é".as_bytes()).1, None, "it was converted since");
        assert_eq!(read(b"<meta charset=utf-16>\xe9").1, Some(Warning::BrokenText { encoding: "UTF-8" }));
        let (text, warning) = read(b"<meta charset=utf-8>a\xffb");
        assert!(text.ends_with("a\u{fffd}b") && warning == Some(Warning::BrokenText { encoding: "UTF-8" }));
        assert_eq!(read(b"<meta charset=nonsense>\xe9").1, Some(Warning::NotUtf8 { encoding: "windows-1252" }));
    }
}
