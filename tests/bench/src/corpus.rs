//! The demo's points and sentences, as the commands take them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use headwater_core::bytes::AlignedBytes;
use headwater_core::embed::{StaticModel, pack};
use headwater_core::ingest::{Models, PreparedPoint, prepare};
use headwater_core::manifest::{BlobRef, Manifest};
use headwater_core::memtable::Memtable;
use headwater_core::model::{Point, Schema};
use headwater_core::publish::Draft;
use headwater_core::snapshot::Snapshot;
use serde::Deserialize;

use crate::Outcome;

/// Points, and sentences that should find them.
#[derive(Args)]
pub(crate) struct Files {
    /// Points, one JSON object a line.
    #[arg(long)]
    pub(crate) points: PathBuf,
    /// Sentences, one `{"text": …, "id": …}` a line, with the id of the point that each comes from.
    #[arg(long)]
    pub(crate) queries: PathBuf,
}

/// A sentence that should find a point.
#[derive(Deserialize)]
pub(crate) struct Sentence {
    pub(crate) text: String,
    pub(crate) id: String,
}

impl Files {
    /// The first ones.
    pub(crate) fn sentences(&self, most: usize) -> Outcome<Vec<Sentence>> {
        lines(&self.queries, most)?.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
    }
}

/// How points are searched by meaning.
#[derive(Args)]
pub(crate) struct Meaning {
    /// Folder of the model.
    #[arg(long)]
    pub(crate) model: PathBuf,
    /// Schema of the collection.
    #[arg(long)]
    pub(crate) schema: PathBuf,
}

/// Points, embedded.
pub(crate) struct Corpus {
    pub(crate) schema: Schema,
    pub(crate) model: Arc<StaticModel>,
    /// The bytes of the model.
    pub(crate) packed: Vec<u8>,
    pub(crate) models: Models,
    pub(crate) points: Vec<Arc<PreparedPoint>>,
}

impl Corpus {
    pub(crate) fn read(files: &Files, meaning: &Meaning) -> Outcome<Self> {
        let (packed, model) = model_in(&meaning.model)?;
        let model = Arc::new(model);
        let schema = Schema::from_json(&fs::read(&meaning.schema)?)?;
        let mut models = Models::default();
        for field in schema.vectors.values().filter_map(|v| v.embed.as_ref()) {
            models.insert(field.model.clone(), BlobRef::of(&packed), model.clone());
        }
        let points = lines(&files.points, usize::MAX)?
            .map(|line| Ok(Arc::new(prepare(serde_json::from_str::<Point>(&line?)?, &schema, &models)?)))
            .collect::<Outcome<_>>()?;
        Ok(Self { schema, model, packed, models, points })
    }

    /// All points in one segment, as replicas open it, and the segment.
    pub(crate) fn published(&self, collection: &str) -> Outcome<(Snapshot, Vec<u8>)> {
        let (manifest, segment) = self.publication(collection)?;
        Ok((opened(manifest, &self.packed, &segment)?, segment))
    }

    /// All points in one segment: the manifest and the segment.
    pub(crate) fn publication(&self, collection: &str) -> Outcome<(Manifest, Vec<u8>)> {
        let mut memtable = Memtable::new();
        (1..).zip(&self.points).for_each(|(lsn, point)| memtable.upsert(lsn, Arc::clone(point)));
        let empty = Snapshot::empty(collection.to_owned(), self.schema.clone(), self.models.clone());
        let draft = Draft::plan(&empty, &memtable)?.ok_or("nothing to publish")?;
        let publication = draft.finish(&empty, &memtable, Vec::new(), 0, &mut |_, _, _| ())?;
        let (_, segment) = publication.new_blobs.into_iter().next().ok_or("no segment")?;
        Ok((publication.manifest, segment))
    }
}

/// Opens what was published; `packed` are the bytes of the model.
pub(crate) fn opened(manifest: Manifest, packed: &[u8], segment: &[u8]) -> Outcome<Snapshot> {
    let model = BlobRef::of(packed);
    Ok(Snapshot::open(manifest, &mut |wanted| wanted.verify_copy(if *wanted == model { packed } else { segment }))?)
}

/// The model of a folder, as bytes and opened.
pub(crate) fn model_in(folder: &Path) -> Outcome<(Vec<u8>, StaticModel)> {
    let read = |name: &str| fs::read(folder.join(name));
    let packed = pack(&read("config.json")?, &read("tokenizer.json")?, &read("model.safetensors")?)?;
    let model = StaticModel::open(Arc::new(AlignedBytes::copy_from(&packed)))?;
    Ok((packed, model))
}

/// The first lines of a file.
pub(crate) fn lines(path: &Path, most: usize) -> Outcome<impl Iterator<Item = std::io::Result<String>> + use<>> {
    Ok(BufReader::new(fs::File::open(path)?).lines().take(most))
}
