//! What a reader in parts fetches at first, as one object: head, manifest, and of the version's blobs and page lists
//! the ranges without which it cannot be opened.
//!
//! ```text
//! {"format":1,"head":bytes,"manifest":bytes,"pieces":size,"parts":[{"of":"blobs/{hash}","start":n,"bytes":n},…]} · line feed
//! head · manifest · the parts, in this order
//! ```
//!
//! It proves nothing and needs no proof: a reader takes from it what it would have asked for, and checks it as ever. A
//! reader that does without it fetches the same in four requests that wait for each other instead of one.

use std::ops::Range;

use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::MAX_BOOT_BYTES;
use headwater_core::manifest::{Head, Manifest, SignedHead};
use headwater_core::snapshot::{Arriving, Proof, Want};
use serde::Serialize;

use super::{PieceSize, Source};
use crate::collection::blocking;

const FORMAT: u32 = 1;
/// Room for head and index: a hundred bytes for each of its parts, of which a segment has about four.
const INDEX_BYTES: u64 = 1 << 20;

#[derive(Serialize)]
struct Index {
    format: u32,
    head: usize,
    manifest: usize,
    /// How many bytes a piece has, where objects are there in pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pieces: Option<u64>,
    parts: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    of: String,
    start: u64,
    bytes: u64,
}

/// The boot object of a version, read from where it is published. `signed` is the head as it is served.
pub(crate) async fn boot(source: &Source, signed: &[u8], head: &Head, pieces: Option<PieceSize>) -> Result<Vec<u8>> {
    let manifest_bytes = source.manifest(&head.manifest).await?;
    let mut arriving = Arriving::new(Manifest::decode(&manifest_bytes, head)?)?;
    let (mut parts, mut bodies) = (Vec::new(), Vec::new());
    let most = (MAX_BOOT_BYTES - INDEX_BYTES).saturating_sub(manifest_bytes.len() as u64);
    'all: loop {
        // Opening reads all that is here.
        let (back, opened) = blocking(move || {
            let opened = arriving.snapshot().map(drop);
            Ok((arriving, opened))
        })
        .await?;
        arriving = back;
        match opened {
            Err(error) if error.code() == Code::PartsMissing => {}
            opened => break opened?,
        }
        for want in arriving.wants()? {
            let (own, groups) = wanted(&want);
            let proving = groups.as_ref().map_or(0, |groups| groups.bytes);
            if bodies.len() as u64 + own.bytes + proving > most {
                break 'all;
            }
            let bytes = source.part(&own.of, own.start..own.start + own.bytes).await?;
            let proof = match &groups {
                Some(groups) => source.part(&groups.of, groups.start..groups.start + groups.bytes).await?,
                None => Vec::new(),
            };
            arriving.take(&want, &bytes, &proof)?;
            parts.extend([Some(own), groups].into_iter().flatten());
            bodies.extend(bytes);
            bodies.extend(proof);
        }
    }
    let pieces = pieces.map(PieceSize::bytes);
    let index = Index { format: FORMAT, head: signed.len(), manifest: manifest_bytes.len(), pieces, parts };
    let index = serde_json::to_vec(&index).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
    Ok([&index, &b"\n"[..], signed, &manifest_bytes, &bodies].concat())
}

/// What is wanted, and what proves it, as ranges of objects of a source.
fn wanted(want: &Want) -> (Part, Option<Part>) {
    let hash = want.blob.hash;
    let part = |folder: &str, range: &Range<u64>| Part {
        of: format!("{folder}/{hash}"),
        start: range.start,
        bytes: range.end - range.start,
    };
    match &want.proof {
        Proof::Pages => (part("pages", &want.range), None),
        Proof::Groups(groups) if !groups.is_empty() => (part("blobs", &want.range), Some(part("pages", groups))),
        _ => (part("blobs", &want.range), None),
    }
}

/// The head in a boot object, where there is one.
pub(super) fn head_in(boot: &[u8]) -> Option<SignedHead> {
    let (index, rest) = index_of(boot)?;
    let head = usize::try_from(index.get("head")?.as_u64()?).ok()?;
    SignedHead::from_json(rest.get(1..head.checked_add(1)?)?).ok()
}

/// Which size of pieces a boot object names.
pub(super) fn pieces_in(boot: &[u8]) -> Option<PieceSize> {
    PieceSize::new(index_of(boot)?.0.get("pieces")?.as_u64()?).ok()
}

/// The index of a boot object, and what follows it, with the line feed between them.
fn index_of(boot: &[u8]) -> Option<(serde_json::Value, &[u8])> {
    let end = boot.iter().position(|&byte| byte == b'\n')?;
    let (index, rest) = boot.split_at_checked(end)?;
    Some((serde_json::from_slice(index).ok()?, rest))
}
