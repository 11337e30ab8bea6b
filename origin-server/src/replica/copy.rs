//! Copies a published version. Only what is missing is sent, and the head last: a reader there never sees half a version.

use headwater_core::error::Result;
use headwater_core::ids::{Hash, Version};
use headwater_core::manifest::{Acceptance, Manifest, PageList, Seen, Trust};

use super::{Progress, Source, Target};

/// What was copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    /// The version.
    pub(crate) version: Version,
    /// Blobs sent.
    pub(crate) sent: usize,
    /// Blobs of the version.
    pub(crate) blobs: usize,
    /// Bytes of the blobs that were sent.
    pub(crate) bytes: u64,
}

/// Copies what the head of `source` names, by a key that is trusted.
pub(crate) async fn copy(
    source: &Source,
    trust: &Trust,
    collection: &str,
    target: &Target,
    progress: &mut Progress<'_>,
) -> Result<Copied> {
    let (signed, head_bytes) = source.head().await?;
    let acceptance = Acceptance { trust, collection: Some(collection), seen: Seen::default(), now_ms: 0 };
    let head = signed.accept(&acceptance)?.head;
    let manifest_path = format!("manifests/{}", head.manifest.hash);
    let manifest_bytes = source.manifest(&head.manifest).await?;
    let manifest = Manifest::decode(&manifest_bytes, &head)?;
    // What an edge would refuse at the end is not sent.
    target.ask(&head_bytes, manifest.total_bytes()).await?;
    let mut missing = Vec::new();
    for blob in manifest.blobs() {
        // The blob goes first, then its pages: where the pages are, or none are wanted, the blob is.
        let last = if PageList::encoded_bytes(&blob) == 0 { "blobs" } else { "pages" };
        if !target.has(&format!("{last}/{}", blob.hash)).await? {
            missing.push(blob);
        }
    }
    let bytes = missing.iter().map(|b| b.bytes).sum();
    let mut sent_bytes = 0;
    for blob in &missing {
        let whole = source.blob(blob).await?;
        blob.check(&whole)?;
        let named = |e: headwater_core::error::Error| e.context(format_args!("blob {}", short(&blob.hash)));
        let pages = PageList::of(&whole).encode();
        target.put(&format!("blobs/{}", blob.hash), whole).await.map_err(named)?;
        if !pages.is_empty() {
            target.put(&format!("pages/{}", blob.hash), pages).await.map_err(named)?;
        }
        sent_bytes += blob.bytes;
        progress(sent_bytes, bytes);
    }
    if !target.has(&manifest_path).await? {
        target.put(&manifest_path, manifest_bytes).await?;
    }
    target.put("head", head_bytes).await?;
    Ok(Copied { version: head.version, sent: missing.len(), blobs: manifest.blobs().len(), bytes })
}

fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(12).collect()
}
