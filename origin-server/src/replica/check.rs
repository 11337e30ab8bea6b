//! Everything that a replica relies on, and what it does not notice by itself.

use std::collections::{HashMap, HashSet};

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::manifest::{
    Acceptance, BlobRef, Head, Manifest, PageList, PublicKey, Seen, SignedHead, Trust, VerifiedBlob,
};
use headwater_core::snapshot::Snapshot;

use super::boot::{head_in, pieces_in};
use super::finding::Report;
use super::source::open;
use super::{PIECES_INDEX, PieceSize, Progress, Source, boot, in_index};
use crate::collection::blocking;
use crate::counted::counted;

/// A day: clocks that differ by more are wrong.
const DAY_MS: u64 = 24 * 3600 * 1000;
/// A key list that ends within this time wants signing.
const SOON_MS: u64 = 7 * DAY_MS;

/// What is known beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Keys that are trusted; none: what the source says of itself is believed, with a warning.
    pub(crate) trust: Option<Trust>,
    /// The public keys that belong to what was given as trusted, were it private keys in the form of the first
    /// versions, which looks like that of public ones.
    pub(crate) if_private: Vec<PublicKey>,
    /// The collection that it should be.
    pub(crate) collection: Option<String>,
    /// The clock.
    pub(crate) now_ms: u64,
}

/// Checks all of a source. What cannot be gone on from ends it; all else is found.
pub(crate) async fn check(source: &Source, asked: &Asked, progress: &mut Progress<'_>) -> Report {
    let mut report = Report::default();
    let Some((head, signed)) = check_head(source, asked, &mut report).await else { return report };
    report.collection = Some(head.collection.clone());
    let Some(manifest) = check_manifest(source, &head, &mut report).await else { return report };
    let boot = source.boot().await;
    report.pieces = check_index(source, boot.as_deref().unwrap_or_default(), &signed, &mut report).await;
    let (mut blobs, mut done, mut pieces, total) = (HashMap::new(), 0, 0, manifest.total_bytes());
    for blob in manifest.blobs() {
        let name = format!("blobs/{}", blob.hash);
        match check_blob(source, &blob, &mut report).await {
            Ok(bytes) => {
                pieces += check_pieces(source, &bytes, &mut report).await;
                blobs.insert(blob.hash, bytes);
            }
            Err(error) => report.error(name, &error),
        }
        done += blob.bytes;
        progress(done, total);
    }
    if let (Some(size), 0) = (report.pieces, report.errors()) {
        let of = counted(size.bytes(), "byte");
        report.ok(PIECES_INDEX, format!("{} of {of}: put together they are the objects", counted(pieces, "piece")));
    }
    if report.errors() == 0 {
        check_contents(manifest, blobs, &mut report).await;
    }
    if report.errors() == 0 {
        check_boot(source, boot, &signed, &head, &mut report).await;
    }
    report
}

/// The head, and as it is served.
async fn check_head(source: &Source, asked: &Asked, report: &mut Report) -> Option<(Head, Vec<u8>)> {
    let (signed, bytes) = match source.head().await {
        Ok(read) => read,
        Err(error) => {
            report.error("head", &error);
            return None;
        }
    };
    if let Some(error) = private_key(asked, &signed) {
        report.error("head", &error);
        return None;
    }
    // Without trust the head's own word is taken for who may sign; that the signatures are right is checked all the
    // same.
    let own_word = || Trust::parse([signed.keys.as_ref().map_or(signed.key.as_str(), |keys| keys.root.as_str())]);
    let trust = match asked.trust.clone().map_or_else(own_word, Ok) {
        Ok(trust) => trust,
        Err(error) => {
            report.error("head", &error);
            return None;
        }
    };
    let collection = asked.collection.as_deref();
    let accept =
        |now_ms| signed.clone().accept(&Acceptance { trust: &trust, collection, seen: Seen::default(), now_ms });
    // Expired or not, what it names can be checked.
    if let Err(error) = accept(asked.now_ms) {
        report.error("head", &error);
        if error.code() != Code::HeadExpired {
            return None;
        }
    }
    let accepted = accept(0).ok()?;
    let head = accepted.head;
    report.ok(
        "head",
        format!("{} version {}, lsn {}, signed by {}", head.collection, head.version, head.lsn, signed.key),
    );
    if asked.trust.is_none() {
        report.warn("head", "nothing says that this key is the right one, so a forged copy would pass as well: name the key that you trust with --trust");
    }
    if head.issued_ms > asked.now_ms.saturating_add(DAY_MS) {
        report.warn("head", "it was signed in the future: the publisher's clock is wrong, or this one");
    }
    check_keys(&signed, accepted.key_list, asked.now_ms, report);
    Some((head, bytes))
}

/// Whether a key that was given as trusted is a private one of this source: whoever was given it could sign.
fn private_key(asked: &Asked, signed: &SignedHead) -> Option<Error> {
    let listed = signed.keys.iter().flat_map(|keys| keys.list.online.iter().chain([&keys.root]));
    let known: Vec<&String> = listed.chain([&signed.key]).collect();
    let public = asked.if_private.iter().map(PublicKey::to_string).find(|public| known.contains(&public))?;
    let message = format!(
        "the trusted key that was given is the private key of {public}: trust this one instead. Whoever has seen the private one can \
         sign; if others may have, replace it by `headwater keys rotate`"
    );
    Some(Error::new(Code::KeyUntrusted, message))
}

fn check_keys(signed: &SignedHead, vouching: u64, now_ms: u64, report: &mut Report) {
    let Some(keys) = &signed.keys else { return };
    if vouching == 0 {
        report.warn("keys", format!("the key list is by {}, which is not trusted here, and has no say", keys.root));
        return;
    }
    let list = &keys.list;
    let counts = format!("list {}: {} may sign, {} revoked", list.version, list.online.len(), list.revoked.len());
    match list.expires_ms {
        Some(end) if end > now_ms && end < now_ms.saturating_add(SOON_MS) => {
            report.warn("keys", format!("{counts}; it expires within a week: `headwater keys sign`"));
        }
        _ => report.ok("keys", counts),
    }
}

async fn check_manifest(source: &Source, head: &Head, report: &mut Report) -> Option<Manifest> {
    let name = format!("manifests/{}", head.manifest.hash);
    let read = async {
        let bytes = source.manifest(&head.manifest).await?;
        let manifest = Manifest::decode(&bytes, head)?;
        Ok((manifest.encode()? == bytes, manifest))
    };
    match read.await {
        Ok((canonical, manifest)) => {
            if !canonical {
                report.warn(name.clone(), "it is not in its canonical form: another program wrote it");
            }
            let (segments, points) = (manifest.segments.len(), manifest.live_points());
            let (points, segments) = (counted(points, "point"), counted(segments as u64, "segment"));
            report.ok(name, format!("{points} in {segments}, {}", counted(manifest.total_bytes(), "byte")));
            Some(manifest)
        }
        Err(error) => {
            report.error(name, &error);
            None
        }
    }
}

async fn check_blob(source: &Source, blob: &BlobRef, report: &mut Report) -> Result<VerifiedBlob> {
    let bytes = source.blob(blob).await?;
    let of = *blob;
    let (bytes, pages) = blocking(move || Ok((of.verify_copy(&bytes)?, PageList::of(&bytes)))).await?;
    let name = format!("pages/{}", blob.hash);
    match source.pages(blob).await {
        Ok(list) if list == pages => match source.last_page(blob).await {
            Ok((from, part)) => list.check(from, &part)?,
            // Of a host that has pieces instead this is known.
            Err(_) if report.pieces.is_some() => {}
            Err(error) => {
                report.warn(format!("blobs/{}", blob.hash), format!("parts cannot be fetched: {}", error.message()))
            }
        },
        Ok(_) => report.error(name, &Error::new(Code::HashMismatch, "the list is not that of the blob's pages")),
        Err(error) if matches!(error.code(), Code::NotFound) => {
            report.warn(name, "there is no list of its pages: parts of it cannot be checked");
        }
        Err(error) => report.error(name, &error),
    }
    report.ok(format!("blobs/{}", blob.hash), counted(blob.bytes, "byte"));
    Ok(bytes)
}

/// Of which size the pieces of a source are. Readers hear of it from the boot object, and from the index where there is
/// none; where neither says anything, it may be a host that answers with some page for what is not there.
async fn check_index(source: &Source, boot: &[u8], signed: &[u8], report: &mut Report) -> Option<PieceSize> {
    let in_boot = pieces_in(boot);
    let index = source.pieces().await.and_then(|bytes| in_index(&bytes));
    // One that is of a version before may name another size.
    let is_of_this = head_in(boot).is_some_and(|of| SignedHead::from_json(signed).is_ok_and(|this| of == this));
    match index {
        Ok(size) if size == in_boot || !is_of_this => size,
        Ok(size) => {
            let message = "it names another size of pieces than the boot object, or one of them names none";
            report.error(PIECES_INDEX, &Error::new(Code::HashMismatch, message));
            size.or(in_boot)
        }
        Err(error) => {
            if in_boot.is_some() {
                report.error(PIECES_INDEX, &error);
            }
            in_boot
        }
    }
}

/// The pieces of a blob and of its page list; returns how many there are.
async fn check_pieces(source: &Source, blob: &VerifiedBlob, report: &mut Report) -> u64 {
    let Some(size) = report.pieces else { return 0 };
    let (hash, whole): (_, &[u8]) = (blob.blob().hash, blob.bytes());
    let (mut count, pages) = (0, PageList::encode_of(whole));
    for (path, bytes) in [(format!("blobs/{hash}"), whole), (format!("pages/{hash}"), &pages)] {
        match size.check(source, &path, bytes).await {
            Ok(pieces) => count += pieces,
            Err((name, error)) => report.error(name, &error),
        }
    }
    count
}

async fn check_contents(manifest: Manifest, blobs: HashMap<Hash, VerifiedBlob>, report: &mut Report) {
    let expected = manifest.live_points();
    let found = blocking(move || {
        let snapshot = open(manifest, &blobs)?;
        snapshot.check_proofs()?;
        points_of(&snapshot)
    });
    match found.await {
        Ok(points) if points == expected => report.ok(
            "points",
            format!("{}: each with an id of its own and a payload that can be read", counted(points, "point")),
        ),
        Ok(points) => {
            let live = counted(points, "live point");
            report.error("points", &Error::corrupt(format!("{live} found, the manifest says {expected}")))
        }
        Err(error) => report.error("points", &error),
    }
}

/// Readers in parts begin without a boot object where there is none, or a wrong one.
async fn check_boot(source: &Source, found: Result<Vec<u8>>, signed: &[u8], head: &Head, report: &mut Report) {
    let found = match found {
        Ok(found) => found,
        Err(error) if error.code() == Code::NotFound => {
            return report.warn(
                "boot",
                "there is none: replicas in parts ask four times, one after the other, before they can search",
            );
        }
        Err(error) => return report.error("boot", &error),
    };
    match boot(source, signed, head, report.pieces).await {
        Ok(right) if right == found => report.ok("boot", counted(found.len() as u64, "byte")),
        Ok(_) if head_in(&found).is_some_and(|of| SignedHead::from_json(signed).is_ok_and(|this| of != this)) => {
            report.warn(
                "boot",
                "it is of another head: replicas in parts begin with that version, and then follow this one",
            );
        }
        Ok(_) => report.error("boot", &Error::new(Code::HashMismatch, "it has other bytes than what it is made from")),
        Err(error) => report.warn("boot", format!("it cannot be compared: {}", error.message())),
    }
}

/// Live points, each read once.
fn points_of(snapshot: &Snapshot) -> Result<u64> {
    let ids = snapshot.live_ids()?;
    let mut seen = HashSet::with_capacity(ids.len());
    for id in &ids {
        if !seen.insert(id.as_str()) {
            return Err(Error::corrupt(format!("point {id:?} is live in two segments")));
        }
        let point = snapshot.get(id)?;
        point.ok_or_else(|| Error::corrupt(format!("point {id:?} cannot be found by its id")))?;
    }
    Ok(ids.len() as u64)
}
