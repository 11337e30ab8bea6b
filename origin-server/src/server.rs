//! All collections and models of one data folder.
//!
//! Owns: the running collections, by name. Does not own: listening, which is `http`'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use headwater_core::bytes::AlignedBytes;
use headwater_core::embed::StaticModel;
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::check_path_name;
use headwater_core::ingest::Models;
use headwater_core::json::listed;
use headwater_core::manifest::{BlobRef, ModelRef};
use headwater_core::model::{CollectionStatus, Schema};
use tokio::sync::{Mutex, RwLock};

use crate::collection::{self, Collection, Shared, blocking, object_path};
use crate::data_lock::DataLock;
use crate::keys::{self, Signer};
use crate::languages;
use crate::location::Location;
use crate::objects::Objects;
use crate::pending::{self, Budget};
use crate::store::{SlateStore, Stall, Upkeep};

/// Where the log lies among the objects.
const LOG: &str = "db";
const COLLECTION: &str = "collection";
const MODEL: &str = "model";
/// Collections whose deletion has begun. It is finished at the next start when it was interrupted.
const DELETING: &str = "deleting";
/// Flush intervals of the log: what an acknowledged write waits for.
const LOCAL_FLUSH: Duration = Duration::from_millis(5);
const REMOTE_FLUSH: Duration = Duration::from_millis(50);

/// A running origin.
pub struct Origin {
    shared: Shared,
    collections: RwLock<BTreeMap<String, Arc<Collection>>>,
    models: RwLock<Models>,
    /// Creating and deleting happen one at a time.
    changing: Mutex<()>,
    /// Where the data is in a local folder.
    lock: Mutex<Option<DataLock>>,
    /// Nothing is published any more without being asked for.
    closing: AtomicBool,
    /// A write is under way that tries the store.
    trying: Arc<AtomicBool>,
}

impl Origin {
    /// Opens the data and every collection in it.
    pub async fn open(location: &Location) -> Result<Arc<Self>> {
        let objects = Objects::open(&location.data)?.single_writer(location.single_writer);
        let folder = objects.folder();
        let lock = folder.map(|folder| DataLock::take(folder, &location.address, location.take_over)).transpose()?;
        let signer = Arc::new(Signer::new(location.key_over(&objects, LOG).await?, location.head_lifetime));
        if !location.single_writer {
            objects.prove_conditions().await?;
        }
        // Before the log is open, and begins to write. A server that is about to be taken over may write as well, but
        // not for that long.
        objects.sweep(location.retention.grace).await?;
        let usual = if objects.is_local() { LOCAL_FLUSH } else { REMOTE_FLUSH };
        let flush = location.flush_interval.unwrap_or(usual);
        let boundary_files = !objects.is_local() && !location.single_writer;
        let upkeep = Upkeep { boundary_files, cache_bytes: location.cache_bytes, ..Upkeep::flushing(flush) };
        let store = Arc::new(SlateStore::with(objects.store(), LOG, upkeep).await?);
        let pending = Arc::new(Budget::new(location.pending));
        let origin = Self::over(Shared { store, objects, signer, retention: location.retention, pending }).await?;
        *origin.lock.lock().await = lock;
        Ok(origin)
    }

    /// An origin over given stores.
    pub async fn over(shared: Shared) -> Result<Arc<Self>> {
        shared.signer.take_up(keys::stored(&shared.objects).await?)?;
        let mut models = Models::default();
        for (name, record) in shared.store.records(MODEL).await? {
            let blob: BlobRef = parse(&record, "model")?;
            let bytes = shared.objects.read(&format!("models/{}", blob.hash)).await?;
            let bytes =
                bytes.ok_or_else(|| Error::corrupt(format!("model {name:?} is missing from the object store")))?;
            let verified = blob.verify_copy(&bytes)?;
            models.insert(name, blob, Arc::new(StaticModel::open(Arc::clone(verified.bytes()))?));
        }
        for (name, _) in shared.store.records(DELETING).await? {
            remove(&shared, &name).await?;
        }
        let mut collections = BTreeMap::new();
        for (name, record) in shared.store.records(COLLECTION).await? {
            let schema = Schema::from_json(&record)?;
            let opened = Collection::open(name.clone(), schema.clone(), used(&models, &schema)?, shared.clone()).await;
            collections.insert(name.clone(), opened.map_err(|e| e.context(format_args!("collection {name:?}")))?);
        }
        let (collections, models) = (RwLock::new(collections), RwLock::new(models));
        let (changing, lock) = (Mutex::default(), Mutex::default());
        let (closing, pending) = (AtomicBool::new(false), Arc::clone(&shared.pending));
        let trying = Arc::default();
        let origin = Arc::new(Self { shared, collections, models, changing, lock, closing, trying });
        tokio::spawn(pending::run(Arc::downgrade(&origin), pending));
        Ok(origin)
    }

    /// A collection by name.
    pub async fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        let found = self.collections.read().await.get(name).map(Arc::clone);
        found.ok_or_else(|| {
            Error::new(
                Code::CollectionNotFound,
                format!("no collection {name:?}; create it with PUT /v1/collections/{name}"),
            )
        })
    }

    /// All collections, by name.
    pub(crate) async fn all(&self) -> Vec<Arc<Collection>> {
        self.collections.read().await.values().map(Arc::clone).collect()
    }

    /// Whether it lets go of everything.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// What all collections say of themselves, by name.
    pub async fn statuses(&self) -> Vec<CollectionStatus> {
        self.collections.read().await.values().map(|c| c.status()).collect()
    }

    /// Creates a collection; true when it is new. The same schema again is fine, and other synonyms take the place of
    /// those there.
    pub async fn create(&self, name: &str, schema: Schema) -> Result<(Arc<Collection>, bool)> {
        check_path_name(name, "collection")?;
        let _turn = self.changing.lock().await;
        if let Ok(held) = self.collection(name).await {
            let snapshot = held.snapshot();
            if !snapshot.schema().has_same_fields(&schema) {
                let message = format!(
                    "collection {name:?} exists with another schema, of which only synonyms can be changed; delete it first, or take \
                     another name"
                );
                return Err(Error::new(Code::CollectionExists, message));
            }
            if snapshot.schema().synonyms != schema.synonyms {
                // Durable before anybody searches by them: a restart does not go back.
                self.shared.store.put_record(COLLECTION, name, record_of(&schema)?).await?;
                held.change_synonyms(schema).await?;
            }
            return Ok((held, false));
        }
        languages::check(&schema)?;
        let models = used(&*self.models.read().await, &schema)?;
        models.check(&schema)?;
        if self.is_being_deleted(name).await? {
            remove(&self.shared, name).await?;
        }
        let record = record_of(&schema)?;
        let collection = Collection::open(name.to_owned(), schema, models, self.shared.clone()).await?;
        self.shared.store.put_record(COLLECTION, name, record).await?;
        self.collections.write().await.insert(name.to_owned(), Arc::clone(&collection));
        Ok((collection, true))
    }

    /// Deletes a collection with all its points and versions.
    pub async fn delete(&self, name: &str) -> Result<()> {
        let _turn = self.changing.lock().await;
        let collection = match self.collection(name).await {
            // One that failed half-way is gone on with.
            Err(_) if self.is_being_deleted(name).await? => return remove(&self.shared, name).await,
            found => found?,
        };
        self.shared.store.put_record(DELETING, name, Vec::new()).await?;
        self.collections.write().await.remove(name);
        // Nothing that was queued may arrive after the rest has gone.
        collection.close().await;
        remove(&self.shared, name).await
    }

    async fn is_being_deleted(&self, name: &str) -> Result<bool> {
        Ok(self.shared.store.records(DELETING).await?.iter().any(|(deleting, _)| deleting == name))
    }

    /// Keeps a packed model under a name. Collections that use the name keep what they were created with.
    pub async fn put_model(&self, name: &str, bytes: Vec<u8>) -> Result<ModelRef> {
        check_path_name(name, "model")?;
        let _turn = self.changing.lock().await;
        let blob = BlobRef::of(&bytes);
        let (bytes, model) = blocking(move || {
            let model = StaticModel::open(Arc::new(AlignedBytes::copy_from(&bytes)))?;
            Ok((bytes, Arc::new(model)))
        })
        .await?;
        if let Some(other) = self.models.read().await.refs().iter().find(|m| m.name == name && m.blob != blob) {
            let message =
                format!("model {name:?} is kept with hash {}; take another name for another model", other.blob.hash);
            return Err(Error::new(Code::Conflict, message));
        }
        self.shared.objects.put_immutable(&format!("models/{}", blob.hash), bytes).await?;
        let record = record_of(&blob)?;
        self.shared.store.put_record(MODEL, name, record).await?;
        self.models.write().await.insert(name.to_owned(), blob, model);
        Ok(ModelRef { name: name.to_owned(), blob })
    }

    /// Forgets a model that no collection uses. What collections have published has the model with it.
    pub async fn remove_model(&self, name: &str) -> Result<()> {
        let _turn = self.changing.lock().await;
        let all = self.models().await;
        let Some(removed) = all.iter().find(|model| model.name == name) else {
            let message = format!("no model {name:?}; GET /v1/models lists those that there are");
            return Err(Error::new(Code::ModelNotFound, message));
        };
        let collections = self.all().await;
        let uses = |c: &&Arc<Collection>| {
            let snapshot = c.snapshot();
            snapshot.schema().vectors.values().filter_map(|v| v.embed.as_ref()).any(|embed| embed.model == name)
        };
        let users: Vec<&str> = collections.iter().filter(uses).map(|c| c.name()).collect();
        if !users.is_empty() {
            let message = format!("model {name:?} is used by the schema of {}; delete that first", listed(&users));
            return Err(Error::new(Code::Conflict, message));
        }
        self.shared.store.remove_record(MODEL, name).await?;
        self.models.write().await.remove(name);
        // Another name may be of the same bytes.
        if all.iter().any(|other| other.name != name && other.blob.hash == removed.blob.hash) {
            return Ok(());
        }
        self.shared.objects.remove(&format!("models/{}", removed.blob.hash)).await
    }

    /// The kept models.
    pub async fn models(&self) -> Vec<ModelRef> {
        self.models.read().await.refs()
    }

    /// Signs the heads of all collections anew where that is needed. One that cannot be signed does not stop the
    /// others.
    pub async fn renew_heads(&self) {
        // Whoever ended the writing has said so; heads are the concern of the server that has taken over.
        if self.check_ready().is_err() {
            return;
        }
        for collection in self.all().await {
            if let Err(error) = collection.renew_head().await {
                tracing::error!(collection = collection.name(), %error, "the head was not signed anew");
            }
        }
    }

    /// The object store.
    #[must_use]
    pub const fn objects(&self) -> &Objects {
        &self.shared.objects
    }

    /// Fails when this server can no longer write.
    pub fn check_ready(&self) -> Result<()> {
        self.shared.store.check_open()
    }

    /// Whether the store takes writes.
    #[must_use]
    pub fn stall(&self) -> &Stall {
        self.shared.store.stall()
    }

    /// Fails when this server can no longer write, or its store takes no writes now. Where nothing was written for a
    /// while the store is tried by a write of its own: nobody else would notice a full disk. What comes of it is
    /// known to those who ask later.
    pub fn check_writable(&self) -> Result<()> {
        self.check_ready()?;
        if let Some(reason) = self.stall().reason() {
            return Err(Error::new(Code::NotReady, reason));
        }
        if self.stall().quiet() >= self.stall().within() && !self.trying.swap(true, Ordering::Relaxed) {
            let (store, trying) = (Arc::clone(&self.shared.store), Arc::clone(&self.trying));
            tokio::spawn(async move {
                let _ = store.prove_ownership().await;
                trying.store(false, Ordering::Relaxed);
            });
        }
        Ok(())
    }

    /// Waits until this server can write no more, and says why.
    pub async fn writing_ended(&self) -> Error {
        self.shared.store.ended().await
    }

    /// Flushes everything and lets the data go.
    pub async fn close(&self) -> Result<()> {
        self.closing.store(true, Ordering::Relaxed);
        self.shared.pending.wake();
        let collections = std::mem::take(&mut *self.collections.write().await);
        for collection in collections.into_values().filter(|c| c.publish_progress().publishing) {
            // What it has not committed by now it cannot commit any more: the store is closed. A build goes with the
            // process.
            let collection = collection.name();
            tracing::info!(collection, "a publish is given up; what is unpublished stays, and the next publish has it");
        }
        let closed = self.shared.store.close().await;
        *self.lock.lock().await = None;
        closed
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // Whoever publishes without being asked learns that there is nothing left to publish.
        self.shared.pending.wake();
    }
}

/// Removes all of a collection. It can be repeated; what says that it must be goes last.
async fn remove(shared: &Shared, name: &str) -> Result<()> {
    collection::unpin_all(shared, name).await?;
    collection::forget_going_back(shared, name).await?;
    // Whoever has taken over may have made a collection of that name since.
    shared.store.prove_ownership().await?;
    shared.objects.remove_all(&object_path(name, "")).await?;
    shared.store.remove(name).await?;
    shared.store.remove_record(COLLECTION, name).await?;
    shared.store.remove_record(DELETING, name).await
}

/// The models that a schema names.
fn used(models: &Models, schema: &Schema) -> Result<Models> {
    let mut used = Models::default();
    for embed in schema.vectors.values().filter_map(|v| v.embed.as_ref()) {
        let model = models.get(&embed.model)?;
        let reference = models.refs().into_iter().find(|m| m.name == embed.model);
        if let Some(reference) = reference {
            used.insert(reference.name, reference.blob, Arc::clone(model));
        }
    }
    Ok(used)
}

fn record_of(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::new(Code::Internal, e.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(record: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(record).map_err(|e| Error::corrupt(format!("stored {what}: {e}")))
}
