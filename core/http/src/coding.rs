//! The coding of a request's body (RFC 9110, 8.4): gzip is decoded, piece by piece; others are refused by name.
//!
//! A small body can stand for one a thousand times its size, so nothing is decoded that is not asked for: each step
//! gives a bounded piece, and whoever collects them counts.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;
use headwater_model::error::{Code, Error, Result};
use http::{HeaderMap, HeaderValue, header};

use crate::Refusal;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// By gzip, possibly in several members (RFC 1952).
    Gzip,
}

/// The coding of a body, when it is one that is read.
pub fn coding(headers: &HeaderMap) -> Result<Coding, Refusal> {
    let mut found = Coding::Identity;
    for line in headers.get_all(header::CONTENT_ENCODING) {
        let line = String::from_utf8_lossy(line.as_bytes());
        for name in line.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            found = match (found, name.to_ascii_lowercase().as_str()) {
                (coding, "identity") => coding,
                // `x-gzip` is an old name (8.4.1.3).
                (Coding::Identity, "gzip" | "x-gzip") => Coding::Gzip,
                _ => return Err(refused(&line, GZIP)),
            };
        }
    }
    Ok(found)
}

/// Fails unless the body is written as it is: what is named by its hash has the bytes that it has.
pub fn expect_identity(headers: &HeaderMap) -> Result<(), Refusal> {
    match coding(headers) {
        Ok(Coding::Identity) => Ok(()),
        Ok(Coding::Gzip) | Err(_) => Err(refused("gzip or another coding", IDENTITY)),
    }
}

const GZIP: HeaderValue = HeaderValue::from_static("gzip, identity");
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

fn refused(sent: &str, read: HeaderValue) -> Refusal {
    let instead = if read == IDENTITY { "send it as it is" } else { "send it as it is, or by gzip" };
    let error = Error::new(Code::UnsupportedMediaType, format!("the body's content-encoding is {sent:?}; {instead}"));
    Refusal::from(error).header(header::ACCEPT_ENCODING, read)
}

/// Takes a gzipped body apart.
pub struct Gunzip(MultiGzDecoder<Vec<u8>>);

impl Default for Gunzip {
    fn default() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }
}

impl Gunzip {
    /// Takes from the front of `coded` and gives what comes of it, some 32 KiB at most; call it until `coded` is empty.
    pub fn step(&mut self, coded: &mut &[u8]) -> Result<Vec<u8>> {
        let taken = self.0.write(coded).map_err(damaged)?;
        if taken == 0 && !coded.is_empty() {
            return Err(damaged(std::io::ErrorKind::InvalidData.into()));
        }
        *coded = coded.get(taken..).unwrap_or_default();
        Ok(std::mem::take(self.0.get_mut()))
    }

    /// The rest, which a body that is cut short does not have.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.0.try_finish().map_err(damaged)?;
        Ok(std::mem::take(self.0.get_mut()))
    }
}

/// The bytes of a whole gzipped body, at most so many.
pub fn gunzip(mut coded: &[u8], what: &str, max_bytes: usize) -> Result<Vec<u8>> {
    let (mut decoder, mut bytes) = (Gunzip::default(), Vec::new());
    let mut add = |piece: Vec<u8>| {
        bytes.extend_from_slice(&piece);
        if bytes.len() <= max_bytes { Ok(()) } else { Err(too_long(what, max_bytes)) }
    };
    while !coded.is_empty() {
        add(decoder.step(&mut coded)?)?;
    }
    add(decoder.finish()?)?;
    Ok(bytes)
}

/// The error of a body that has more bytes than it may.
#[must_use]
pub fn too_long(what: &str, max_bytes: usize) -> Error {
    Error::new(Code::LimitExceeded, format!("{what} has at most {max_bytes} bytes, this one has more"))
}

fn damaged(error: std::io::Error) -> Error {
    Error::new(Code::InvalidJson, format!("the body is not what content-encoding says, gzip: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn of(lines: &[&str]) -> Result<Coding, Refusal> {
        coding(&lines.iter().map(|line| (header::CONTENT_ENCODING, line.parse().unwrap())).collect())
    }

    #[test]
    fn gzip_is_read_and_others_are_named() {
        for lines in [&[][..], &["identity"], &[""], &["identity, identity"]] {
            assert_eq!(of(lines).unwrap(), Coding::Identity, "{lines:?}");
        }
        for lines in [&["gzip"][..], &["GZIP"], &["x-gzip"], &["identity", "gzip"]] {
            assert_eq!(of(lines).unwrap(), Coding::Gzip, "{lines:?}");
        }
        for lines in [&["br"][..], &["zstd"], &["deflate"], &["gzip, gzip"], &["gzip", "br"], &["aws-chunked"]] {
            let (status, headers, body) = of(lines).unwrap_err().into_parts();
            assert_eq!(status, 415, "{lines:?}");
            assert_eq!(headers["accept-encoding"], "gzip, identity", "{lines:?}");
            assert!(String::from_utf8(body).unwrap().contains(lines[lines.len() - 1].split(',').next().unwrap()));
        }
    }

    #[test]
    fn what_is_cut_short_or_damaged_is_an_error() {
        let coded = gzip(b"{\"text\": \"cat\"}");
        for end in 0..coded.len() {
            let found = gunzip(&coded[..end], "a query", 100);
            assert_eq!(found.unwrap_err().code(), Code::InvalidJson, "{end}");
        }
        let mut flipped = coded.clone();
        let last = flipped.len() - 5;
        flipped[last] ^= 1;
        assert_eq!(gunzip(&flipped, "a query", 100).unwrap_err().code(), Code::InvalidJson);
        assert_eq!(gunzip(b"{}", "a query", 100).unwrap_err().code(), Code::InvalidJson);
    }

    #[test]
    fn a_bomb_is_given_up_where_the_limit_is() {
        let coded = gzip(&vec![b' '; 64 << 20]);
        let (mut decoder, mut rest, mut most) = (Gunzip::default(), &coded[..], 0);
        while !rest.is_empty() {
            most = most.max(decoder.step(&mut rest).unwrap().len());
        }
        assert!(most <= 64 << 10, "{most}");
        assert_eq!(gunzip(&coded, "a query", 1 << 20).unwrap_err().code(), Code::LimitExceeded);
    }

    proptest! {
        #[test]
        fn what_was_coded_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..3000), at in any::<prop::sample::Index>()) {
            let cut = at.index(bytes.len() + 1);
            // Two members are one body.
            let coded = [gzip(&bytes[..cut]), gzip(&bytes[cut..])].concat();
            prop_assert_eq!(gunzip(&coded, "a body", bytes.len()).unwrap(), bytes);
        }
    }
}
