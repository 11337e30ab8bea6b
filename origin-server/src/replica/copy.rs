//! Copies a published version. Only what is missing is sent, and the head last: a reader there never sees half a
//! version.

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Hash, Version};
use headwater_core::manifest::{Acceptance, Manifest, PageList, Seen, SignedHead, Trust};

use super::target::{BOOT, State};
use super::{PieceSize, Progress, Source, Target, boot};
use crate::objects::Held;

/// Who finds another head than the one it has read looks again, so often.
const ATTEMPTS: usize = 5;

/// What was copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    /// The version.
    pub(crate) version: Version,
    /// Blobs sent.
    pub(crate) sent: usize,
    /// Blobs of the version.
    pub(crate) blobs: usize,
    /// Blobs among them in whose place something else was.
    pub(crate) mended: usize,
    /// Bytes of the blobs that were sent.
    pub(crate) bytes: u64,
    /// Pieces that were written.
    pub(crate) pieces: u64,
}

/// Copies what the head of `source` names, by a key that is trusted; with `pieces` in pieces of this size as well.
pub(crate) async fn copy(
    source: &Source,
    trust: &Trust,
    collection: &str,
    target: &Target,
    pieces: Option<PieceSize>,
    progress: &mut Progress<'_>,
) -> Result<Copied> {
    let (signed, head_bytes) = source.head().await?;
    let acceptance = Acceptance { trust, collection: Some(collection), seen: Seen::default(), now_ms: 0 };
    let head = signed.clone().accept(&acceptance)?.head;
    // Before anything is sent in vain.
    let mut held = target.head().await?;
    follows(held.as_ref(), &signed, trust)?;
    let manifest_path = format!("manifests/{}", head.manifest.hash);
    let manifest_bytes = source.manifest(&head.manifest).await?;
    let manifest = Manifest::decode(&manifest_bytes, &head)?;
    // What an edge would refuse at the end is not sent.
    target.ask(&head_bytes, manifest.total_bytes()).await?;
    let copied = send(source, &manifest, target, pieces, progress).await?;
    if !target.has(&manifest_path, &manifest_bytes).await? {
        target.put(&manifest_path, manifest_bytes).await?;
    }
    target.put_pieces(pieces).await?;
    let boot = boot(source, &head_bytes, &head, pieces).await?;
    for _ in 0..ATTEMPTS {
        if !follows(held.as_ref(), &signed, trust)? {
            // What is damaged is mended.
            let is_it = held.as_ref().is_some_and(|held| held.bytes() == head_bytes);
            if is_it && !target.has(BOOT, &boot).await? {
                target.put_boot(boot).await?;
            }
            return Ok(copied);
        }
        if target.put_head(head_bytes.clone(), held.as_ref()).await? {
            // Behind the head, so that it is never ahead of it. Should the next writer's come before this one, readers
            // begin with the version before, and follow the head.
            target.put_boot(boot).await?;
            return Ok(copied);
        }
        held = target.head().await?;
    }
    Err(Error::new(Code::Conflict, "others publish there at the same time, again and again; publish once more"))
}

/// Sends the blobs of a version that a target lacks, each with its page list, and what it lacks of their pieces.
async fn send(
    source: &Source,
    manifest: &Manifest,
    target: &Target,
    size: Option<PieceSize>,
    progress: &mut Progress<'_>,
) -> Result<Copied> {
    let (mut missing, mut mended, mut pieces) = (Vec::new(), 0, 0);
    for blob in manifest.blobs() {
        match (target.state_of(&blob).await?, size) {
            (State::Whole, Some(size)) => {
                pieces += size.mend(target, &blob, source).await?;
                continue;
            }
            (State::Whole, None) => continue,
            (State::Absent, _) => {}
            (State::Damaged, _) => mended += 1,
        }
        missing.push(blob);
    }
    let bytes = missing.iter().map(|b| b.bytes).sum();
    let mut sent_bytes = 0;
    for blob in &missing {
        let whole = source.blob(blob).await?;
        blob.check(&whole)?;
        let named = |e: Error| e.context(format_args!("blob {}", short(&blob.hash)));
        let pages = PageList::encode_of(&whole);
        // Before the blob, which gives its bytes away.
        if let Some(size) = size {
            pieces += size.write(target, blob, &whole).await.map_err(named)?;
        }
        target.put(&format!("blobs/{}", blob.hash), whole).await.map_err(named)?;
        if !pages.is_empty() {
            target.put(&format!("pages/{}", blob.hash), pages).await.map_err(named)?;
        }
        sent_bytes += blob.bytes;
        progress(sent_bytes, bytes);
    }
    let (version, sent, blobs) = (manifest.version, missing.len(), manifest.blobs().len());
    Ok(Copied { version, sent, mended, blobs, bytes, pieces })
}

/// Whether a head is to be written where this one is held: not one that is as good. Fails where readers would have to
/// go back.
fn follows(held: Option<&Held>, next: &SignedHead, trust: &Trust) -> Result<bool> {
    // What cannot be parsed was followed by nobody.
    let Some(known) = held.and_then(|held| SignedHead::from_json(held.bytes()).ok()) else { return Ok(true) };
    if known.head.collection != next.head.collection {
        let message = format!(
            "collection {:?} is published there; take another place for {:?}",
            known.head.collection, next.head.collection
        );
        return Err(Error::new(Code::ManifestMismatch, message));
    }
    let (there, here) = (known.claims(trust), next.claims(trust));
    let newer = match (there.version > here.version, there.key_list > here.key_list) {
        (true, _) => {
            Some(format!("version {} is published there, this one is version {}", there.version, here.version))
        }
        (_, true) => {
            Some(format!("key list {} is published there, with this head goes {}", there.key_list, here.key_list))
        }
        _ => None,
    };
    if let Some(newer) = newer {
        let message = format!(
            "{newer}, and readers do not go back: somebody else publishes there, or this origin has lost versions"
        );
        return Err(Error::new(Code::HeadRolledBack, message));
    }
    if there.version < here.version || there.key_list < here.key_list {
        return Ok(true);
    }
    if known.head.manifest != next.head.manifest {
        let message =
            format!("version {} is published there with another content; publish a higher version", here.version);
        return Err(Error::new(Code::Conflict, message));
    }
    // One that was signed later holds for longer.
    Ok(next.head.issued_ms > known.head.issued_ms || (next.head.issued_ms == known.head.issued_ms && *next != known))
}

fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(12).collect()
}
