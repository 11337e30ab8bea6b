//! One collection at the origin.
//!
//! ```text
//! upsert, delete ── prepare ── queue ── writer: one durable batch for all that wait ── view ── receipts
//! search         ── view: published segments, sealed segments, changes since
//! seal           ── changes since ── segment in memory ── view
//! publish        ── draft from snapshot and changes ── blobs, manifest, version, head ── switch the view ── trim the log
//! start          ── newest version ── snapshot; log after it ── changes
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `state` | what a search sees |
//! | `ingress` | writes on their way to the queue: checked and embedded |
//! | `writer` | the actor that makes them durable |
//! | `sealing` | unpublished changes become segments in memory |
//! | `publish` | the next version |
//! | `progress` | what a publish is doing |
//! | `history` | searches of earlier versions |
//! | `retention` | which versions are kept; removing the rest |
//! | `rollback` | an earlier version as a new one |
//! | `versions` | versions and heads in the object store |
//! | `recover` | start |
//!
//! Owns: the current snapshot and what is not published, and the queue of writes. Does not own: the stores, which
//! all collections share.

mod history;
mod ingress;
mod progress;
mod publish;
mod recover;
mod retention;
mod rollback;
mod sealing;
mod state;
mod versions;
mod writer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::check_point_id;
use headwater_core::manifest::Manifest;
use headwater_core::model::{Answer, AnsweredBy, CollectionStatus, Point, Query, Schema, Suggest, Suggestions};
use headwater_core::snapshot::{Host, Snapshot};
use tokio::sync::{mpsc, oneshot};

pub use ingress::Leading;
pub(crate) use retention::unpin_all;
pub use retention::{Garbage, Retention, VersionInfo};
pub(crate) use rollback::forget_going_back;

use crate::keys::Signer;
use crate::objects::Objects;
use crate::pending::{Account, Budget};
use crate::store::PointStore;
use history::History;
use progress::Progress;
use retention::Known;
use sealing::Sealer;
use state::State;
use writer::Command;

/// How long a read of one point may take.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// What a collection shares with all others.
#[derive(Clone)]
pub struct Shared {
    /// Log and points.
    pub store: Arc<dyn PointStore>,
    /// Segments, manifests, heads.
    pub objects: Objects,
    /// Signs heads.
    pub signer: Arc<Signer>,
    /// Which versions are kept.
    pub retention: Retention,
    /// How much may be unpublished.
    pub pending: Arc<Budget>,
}

/// A running collection.
pub struct Collection {
    name: String,
    shared: Shared,
    state: RwLock<State>,
    queue: mpsc::Sender<Command>,
    sealer: Sealer,
    /// One publish at a time.
    publishing: tokio::sync::Mutex<()>,
    progress: Progress,
    /// What its unpublished changes keep in memory.
    account: Arc<Account>,
    history: History,
    known: Known,
    /// The version that a rollback goes back to which has not ended; 0 when there is none.
    going_back: AtomicU64,
}

impl Collection {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed when it panics.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The published snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(self.read().view.published())
    }

    /// Searches by the synonyms of another schema from now on; the next publish tells replicas.
    pub(crate) async fn change_synonyms(self: &Arc<Self>, schema: Schema) -> Result<()> {
        let this = Arc::clone(self);
        blocking(move || {
            this.write().view.change_synonyms(&schema);
            Ok(())
        })
        .await
    }

    /// Searches what is published and what is not.
    pub async fn search(self: &Arc<Self>, query: Query) -> Result<Answer> {
        let named = self.named(&query).await?;
        let this = Arc::clone(self);
        blocking(move || {
            let started = std::time::Instant::now();
            let clock = || micros(started);
            let host = Host { answered_by: AnsweredBy::Origin, clock: Some(&clock), newest_until_ms: None };
            let mut answer = match named {
                Some(snapshot) => snapshot.search(&query, None, host)?,
                None => this.read().view.search(&query, host)?,
            };
            answer.took_us = micros(started);
            Ok(answer)
        })
        .await
    }

    /// Completes a text from what is published and what is not.
    pub async fn suggest(self: &Arc<Self>, request: Suggest) -> Result<Suggestions> {
        let this = Arc::clone(self);
        blocking(move || {
            let started = std::time::Instant::now();
            let mut found = this.read().view.suggest(&request, AnsweredBy::Origin)?;
            found.took_us = micros(started);
            Ok(found)
        })
        .await
    }

    /// A point as it was given.
    pub async fn get(&self, id: &str) -> Result<Point> {
        check_point_id(id)?;
        let ids = [id.to_owned()];
        let read = tokio::time::timeout(READ_WITHIN, self.shared.store.get_many(&self.name, &ids)).await;
        let found = read.map_err(|_| unanswered(id))?.map_err(|error| unread(id, error))?;
        found
            .into_iter()
            .next()
            .flatten()
            .ok_or_else(|| Error::new(Code::PointNotFound, format!("no point {id:?} in collection {:?}", self.name)))
    }

    /// Points as they were given, by id.
    pub(crate) async fn get_many(&self, ids: &[String]) -> Result<Vec<Option<Point>>> {
        self.shared.store.get_many(&self.name, ids).await
    }

    /// Leaves what is unpublished as it is: where nobody searches it before it is published, to seal it is in vain.
    pub(crate) fn stop_sealing(&self) {
        self.sealer.stop();
    }

    /// What it says of itself.
    #[must_use]
    pub fn status(&self) -> CollectionStatus {
        let state = self.read();
        let (snapshot, pending) = (state.view.published(), state.view.memtable().len() as u64);
        let manifest = snapshot.manifest();
        CollectionStatus {
            collection: self.name.clone(),
            schema: snapshot.schema().clone(),
            version: snapshot.version(),
            lsn: state.lsn(),
            points: state.live_points(),
            pending,
            pending_bytes: state.view.pending_bytes(),
            unfinished_rollback: Some(self.going_back.load(Ordering::Relaxed)).filter(|&version| version > 0),
            segments: manifest.map_or(0, |m| u32::try_from(m.segments.len()).unwrap_or(u32::MAX)),
            bytes: manifest.map_or(0, Manifest::total_bytes),
            trust: vec![self.shared.signer.trusted()],
        }
    }

    /// Bytes that its unpublished changes keep in memory.
    #[must_use]
    pub fn pending_bytes(&self) -> u64 {
        self.account.settled()
    }

    /// Lets writes and a publish under way end, and takes no more of them.
    pub async fn close(&self) {
        let _last = self.publishing.lock().await;
        let (done, closed) = oneshot::channel();
        if self.queue.send(Command::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
        self.sealer.stop();
    }
}

fn unanswered(id: &str) -> Error {
    let seconds = READ_WITHIN.as_secs();
    let message =
        format!("point {id:?} could not be read: the store has not answered for {seconds} s; ask again later");
    Error::new(Code::StorageFailed, message)
}

/// Points are read from the log's tables, which another server changes and removes from the moment on at which it
/// takes over.
fn unread(id: &str, error: Error) -> Error {
    if error.code() != Code::Conflict {
        return error;
    }
    let message = format!(
        "point {id:?} cannot be read here: another server has taken this data over, and only there points can be \
         read by id. Ask that server; until you do, POST …/search here finds points as they were at the takeover"
    );
    Error::new(Code::Conflict, message)
}

/// A path of a collection in the object store.
pub(crate) fn object_path(collection: &str, rest: &str) -> String {
    format!("collections/{collection}/{rest}")
}

/// Runs work that takes time away from where requests are answered.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|_| Err(Error::new(Code::Internal, "a task ended unexpectedly; see the log")))
}

fn micros(since: std::time::Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
