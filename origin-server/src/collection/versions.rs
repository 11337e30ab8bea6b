//! Versions and heads in the object store.
//!
//! `versions/{n}` holds the hash of manifest n and can be created only once: that is the commit. The
//! head follows it; where a stop came in between, it is signed when the commit is seen again. It is signed anew as well
//! when its end comes near, or when keys have changed. It never goes back to a lower version: a server that another one
//! has taken over may know only of versions before the newest, so each write of a head proves that the store is still
//! this server's and replaces nothing but what was read before that proof.

use std::collections::HashMap;
use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::{Hash, Version};
use headwater_core::manifest::{BlobRef, Manifest, PageList, SignedHead, VerifiedBlob};
use headwater_core::publish::Publication;
use headwater_core::snapshot::Snapshot;

use super::{Shared, blocking, object_path};
use crate::{clock, keys};

/// A committed version.
pub(super) struct Committed {
    pub(super) manifest: Manifest,
    pub(super) reference: BlobRef,
}

/// The newest committed version; none when nothing has been published.
pub(super) async fn newest(shared: &Shared, name: &str) -> Result<Option<Committed>> {
    let folder = object_path(name, "versions");
    // The head names the newest version, or the one before it: there is no need to list all others.
    let known = head(shared, name).await?.map_or(0, |signed| signed.head.version);
    let mut found = shared.objects.list_after(&folder, &digits(known.saturating_sub(1))).await?;
    let Some(last) = found.pop() else {
        if known == 0 {
            return Ok(None);
        }
        return Err(Error::corrupt(format!("the head of {name:?} names version {known}, which is missing")));
    };
    let version = last.parse().map_err(|_| Error::corrupt(format!("{folder}/{last} is not the name of a version")))?;
    committed(shared, name, version).await
}

/// The numbers of all versions that are kept, ascending.
pub(super) async fn numbers(shared: &Shared, name: &str) -> Result<Vec<Version>> {
    let folder = object_path(name, "versions");
    let names = shared.objects.list_after(&folder, "").await?;
    let number = |name: &String| {
        name.parse().map_err(|_| Error::corrupt(format!("{folder}/{name} is not the name of a version")))
    };
    names.iter().map(number).collect()
}

/// A committed version by its number.
pub(super) async fn committed(shared: &Shared, name: &str, version: Version) -> Result<Option<Committed>> {
    let path = version_path(name, version);
    let Some(text) = shared.objects.read(&path).await? else { return Ok(None) };
    let hash = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse::<Hash>().ok());
    let hash = hash.ok_or_else(|| Error::corrupt(format!("{path} is damaged")))?;
    let manifest_path = object_path(name, &format!("manifests/{hash}"));
    let bytes = shared.objects.read(&manifest_path).await?.ok_or_else(|| missing(&manifest_path))?;
    hash.check(&bytes, "manifest")?;
    let manifest = Manifest::decode_unlinked(&bytes)?;
    if manifest.version != version || manifest.collection != name {
        return Err(Error::corrupt(format!("{path} names version {} of {:?}", manifest.version, manifest.collection)));
    }
    Ok(Some(Committed { manifest, reference: BlobRef { hash, bytes: bytes.len() as u64 } }))
}

/// Blobs, manifest, version: each durable before the next names it.
pub(super) async fn commit(shared: &Shared, publication: &Publication) -> Result<()> {
    let (manifest, objects) = (&publication.manifest, &shared.objects);
    let name = &manifest.collection;
    for (blob, bytes) in &publication.new_blobs {
        put_blob(shared, name, blob, bytes.clone()).await?;
    }
    for model in &manifest.models {
        let path = blob_path(name, &model.blob);
        if objects.length(&path).await?.is_none() {
            let kept = format!("models/{}", model.blob.hash);
            let bytes = objects.read(&kept).await?.ok_or_else(|| missing(&kept))?;
            model.blob.check(&bytes)?;
            put_blob(shared, name, &model.blob, bytes.to_vec()).await?;
        }
    }
    let reference = publication.manifest_ref;
    let manifest_path = object_path(name, &format!("manifests/{}", reference.hash));
    objects.put_immutable(&manifest_path, publication.manifest_bytes.clone()).await?;
    // A server that was taken over while it built must not commit.
    shared.store.prove_ownership().await?;
    let path = version_path(name, manifest.version);
    let pointer = format!("{}\n", reference.hash).into_bytes();
    // After a lost answer a bucket may say "exists" to the one who created it.
    let ours =
        objects.create(&path, pointer.clone()).await? || objects.read(&path).await?.as_deref() == Some(&pointer[..]);
    if ours { Ok(()) } else { Err(overtaken(name, manifest.version)) }
}

/// A blob, and behind it the list of its pages where it has several: whoever finds the blob finds all of it.
async fn put_blob(shared: &Shared, name: &str, blob: &BlobRef, bytes: Vec<u8>) -> Result<()> {
    let bytes = Arc::new(bytes);
    let whole = Arc::clone(&bytes);
    let pages = blocking(move || Ok(PageList::encode_of(&whole))).await?;
    if !pages.is_empty() {
        shared.objects.put_immutable(&object_path(name, &format!("pages/{}", blob.hash)), pages).await?;
    }
    let bytes = Arc::try_unwrap(bytes).unwrap_or_else(|shared| shared.to_vec());
    shared.objects.put_immutable(&blob_path(name, blob), bytes).await
}

/// Signs and writes the head of a committed version, unless one stands there that would do.
pub(super) async fn point_head(shared: &Shared, committed: &Committed) -> Result<()> {
    let manifest = &committed.manifest;
    shared.signer.take_up(keys::stored(&shared.objects).await?)?;
    // Never before what it names, whatever the clock says.
    let now_ms = clock::now_ms().max(manifest.created_ms);
    let path = head_path(&manifest.collection);
    let held = shared.objects.held(&path).await?;
    if let Some(known) = held.as_ref().and_then(|held| SignedHead::from_json(held.bytes()).ok()) {
        if known.head.version > manifest.version {
            return Err(overtaken(&manifest.collection, known.head.version));
        }
        if known.head.manifest == committed.reference && shared.signer.would_sign(&known, now_ms) {
            return Ok(());
        }
    }
    shared.store.prove_ownership().await?;
    let head = shared.signer.sign(manifest, committed.reference, now_ms);
    if shared.objects.replace(&path, held.as_ref(), head.to_json()?).await? {
        return Ok(());
    }
    let message = format!(
        "the head of {:?} was written by another server at the same time; stop one of the two",
        manifest.collection
    );
    Err(Error::new(Code::Conflict, message))
}

/// Opens a version, reusing what `previous` has opened. Blobs come from `ready`, or from the object store.
pub(super) async fn open(
    shared: &Shared,
    previous: Option<Arc<Snapshot>>,
    manifest: Manifest,
    mut ready: HashMap<BlobRef, VerifiedBlob>,
) -> Result<Snapshot> {
    let mut wanted = Snapshot::wanted_blobs(previous.as_deref(), &manifest);
    wanted.retain(|blob| !ready.contains_key(blob));
    for blob in wanted {
        let path = blob_path(&manifest.collection, &blob);
        let bytes = shared.objects.read(&path).await?.ok_or_else(|| missing(&path))?;
        ready.insert(blob, blocking(move || blob.verify_copy(&bytes)).await?);
    }
    blocking(move || {
        let mut source = |blob: &BlobRef| {
            ready
                .get(blob)
                .cloned()
                .ok_or_else(|| Error::new(Code::Internal, format!("blob {} was not fetched", blob.hash)))
        };
        match previous {
            Some(previous) => Snapshot::open_after(&previous, manifest, &mut source),
            None => Snapshot::open(manifest, &mut source),
        }
    })
    .await
}

/// Somebody else published this number.
pub(super) fn overtaken(name: &str, version: Version) -> Error {
    Error::new(
        Code::Conflict,
        format!("version {version} of {name:?} was published by another server; stop one of the two"),
    )
}

async fn head(shared: &Shared, name: &str) -> Result<Option<SignedHead>> {
    let held = shared.objects.read(&head_path(name)).await?;
    Ok(held.and_then(|bytes| SignedHead::from_json(&bytes).ok()))
}

fn head_path(name: &str) -> String {
    object_path(name, "head")
}

fn blob_path(name: &str, blob: &BlobRef) -> String {
    object_path(name, &format!("blobs/{}", blob.hash))
}

pub(super) fn version_path(name: &str, version: Version) -> String {
    object_path(name, &format!("versions/{}", digits(version)))
}

/// As many digits as the largest number has, so that names sort as numbers do.
fn digits(version: Version) -> String {
    format!("{version:020}")
}

fn missing(path: &str) -> Error {
    Error::corrupt(format!("{path} is missing from the object store"))
}
