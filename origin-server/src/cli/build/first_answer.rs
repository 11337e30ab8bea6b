//! What a visitor fetches for a first answer: counted, by a reader that begins with nothing and asks as the box does.
//!
//! The engine says which ranges it wants; they are read from the output. How a browser joins ranges that lie near each
//! other is its own business, and adds some bytes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{BlobRef, Manifest, SignedHead};
use headwater_core::model::{AnsweredBy, Query};
use headwater_core::snapshot::{Arriving, Proof, Want};
use serde_json::json;

use super::places::failed;

/// Rounds after which a search is taken not to end.
const MOST_ROUNDS: usize = 60;

/// Bytes that an index in a folder of the output costs before its first hits for a text.
pub(super) fn bytes_of(folder: &Path, text: &str) -> Result<u64> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|error| failed(&path, &error))
    };
    let head = read("head")?;
    let signed = SignedHead::from_json(&head)?;
    let manifest = read(&format!("manifests/{}", signed.head.manifest.hash))?;
    let mut fetched = (head.len() + manifest.len()) as u64;
    let mut arriving = Arriving::new(Manifest::decode(&manifest, &signed.head)?)?;
    let mut query: Option<Query> = None;
    for _ in 0..MOST_ROUNDS {
        let outcome = match (&query, arriving.snapshot().is_ok()) {
            (None, false) => None,
            (None, true) => {
                query = Some(query_of(text, !arriving.snapshot()?.schema().vectors.is_empty())?);
                continue;
            }
            (Some(query), _) => Some(arriving.search(query, AnsweredBy::Browser)),
        };
        match outcome {
            Some(Ok(_)) => return Ok(fetched),
            Some(Err(error)) if error.code() != Code::PartsMissing => return Err(error),
            _ => {}
        }
        for want in arriving.wants()? {
            fetched += bring(&mut arriving, &want, folder)?;
        }
    }
    Err(Error::new(Code::Internal, "a search of the index does not end"))
}

/// As the box asks (`packages/js/src/box/query.ts`).
fn query_of(text: &str, by_meaning: bool) -> Result<Query> {
    // By words alone where there is no meaning to search by: null counts as not given.
    let query = json!({
        "text": by_meaning.then_some(text),
        "efSearch": by_meaning.then_some(32),
        "match": { "query": text, "prefix": true, "fuzzy": true },
        "fields": ["page", "url", "title", "heading", "trail", "lang"],
        "highlight": true,
        "snippets": { "fields": ["text"], "chars": 160 },
        "topK": 32,
    });
    Query::from_json(query.to_string().as_bytes())
}

/// Has what is wanted arrive; returns how many bytes that took.
fn bring(arriving: &mut Arriving, want: &Want, folder: &Path) -> Result<u64> {
    let of = if want.proof == Proof::Pages { "pages" } else { "blobs" };
    let wanted = part(folder, of, &want.blob, &want.range)?;
    let groups = match &want.proof {
        Proof::Groups(range) if !range.is_empty() => part(folder, "pages", &want.blob, range)?,
        _ => Vec::new(),
    };
    arriving.take(want, &wanted, &groups)?;
    Ok((wanted.len() + groups.len()) as u64)
}

fn part(folder: &Path, of: &str, blob: &BlobRef, range: &Range<u64>) -> Result<Vec<u8>> {
    let path = folder.join(of).join(blob.hash.to_string());
    let read = || {
        let mut file = File::open(&path)?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error: std::io::Error| failed(&path, &error))
}
