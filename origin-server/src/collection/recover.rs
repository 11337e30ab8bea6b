//! Starting a collection: the newest committed version, and what was written after it.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use headwater_core::error::Result;
use headwater_core::ids::Lsn;
use headwater_core::ingest::{Models, PreparedPoint, prepare};
use headwater_core::model::Schema;
use headwater_core::snapshot::Snapshot;
use tokio::sync::mpsc;

use super::history::History;
use super::progress::Progress;
use super::retention::Known;
use super::sealing::{self, Sealer};
use super::state::State;
use super::{Collection, Shared, blocking, rollback, versions, writer};
use crate::pending::Account;

/// Points loaded and prepared together.
const BATCH: usize = 1024;
/// Entries of the log read together: a point that was written again and again has many, of which only the last counts.
const LOG_PAGE: usize = 65_536;
/// How often a long start is heard of in the log.
const REPORT_EVERY: Duration = Duration::from_secs(2);

impl Collection {
    /// Opens a collection and starts its writer.
    pub async fn open(name: String, schema: Schema, models: Models, shared: Shared) -> Result<Arc<Self>> {
        let snapshot = match versions::newest(&shared, &name).await? {
            None => Snapshot::empty(name.clone(), schema, models),
            Some(committed) => {
                versions::point_head(&shared, &committed).await?;
                // The record may have synonyms that are not published yet.
                versions::open(&shared, None, committed.manifest, HashMap::new()).await?.with_synonyms(&schema)
            }
        };
        let going = rollback::going_back(&shared, &name).await?.filter(|going| going.is_under_way(snapshot.lsn()));
        let going_back = going.map_or(0, |going| going.version);
        if going_back > 0 {
            tracing::warn!(
                collection = name,
                version = going_back,
                "a rollback to this version was interrupted; the next publish finishes it"
            );
        }
        let account = Account::new(Arc::clone(&shared.pending), name.clone());
        let (state, lsn) = replay(&shared, Arc::new(snapshot), &account).await?;
        tracing::info!(
            collection = name,
            version = state.view.published().version(),
            points = state.live_points(),
            lsn,
            pending = state.view.memtable().len(),
            pending_bytes = state.view.pending_bytes(),
            "opened"
        );
        let (queue, commands) = mpsc::channel(writer::QUEUE);
        let (sealer, told) = Sealer::new();
        let collection = Arc::new(Self {
            name,
            shared,
            state: RwLock::new(state),
            queue,
            sealer,
            publishing: tokio::sync::Mutex::default(),
            progress: Progress::default(),
            account,
            history: History::default(),
            known: Known::default(),
            going_back: going_back.into(),
        });
        tokio::spawn(writer::run(Arc::downgrade(&collection), commands, lsn));
        tokio::spawn(sealing::run(Arc::downgrade(&collection), told));
        Ok(collection)
    }
}

/// Brings back what was acknowledged after the snapshot, and the last number used. Memory is taken for what is pending,
/// not for the log.
async fn replay(shared: &Shared, snapshot: Arc<Snapshot>, account: &Arc<Account>) -> Result<(State, Lsn)> {
    let name = snapshot.collection();
    let mut heard = Heard::default();
    let mut last = snapshot.lsn();
    // The store has the newest state of each id, which belongs to the highest of its numbers.
    let mut newest: HashMap<String, Lsn> = HashMap::new();
    loop {
        let page = shared.store.log(name, last, LOG_PAGE).await?;
        let Some((lsn, _)) = page.last() else { break };
        last = *lsn;
        newest.extend(page.into_iter().map(|(lsn, id)| (id, lsn)));
        heard.every(|| {
            tracing::info!(collection = name, lsn = last, changes = newest.len(), "starting: reading the log")
        });
    }
    let (ids, lsns): (Vec<String>, Vec<Lsn>) = newest.into_iter().unzip();
    let mut state = State::new(Arc::clone(&snapshot), Arc::clone(account));
    for (ids_at_once, lsns) in ids.chunks(BATCH).zip(lsns.chunks(BATCH)) {
        let found = shared.store.get_many(name, ids_at_once).await?;
        let base = Arc::clone(&snapshot);
        let prepared = blocking(move || {
            let each = |point| prepare(point, base.schema(), base.models()).map(Arc::new);
            found
                .into_iter()
                .map(|point| point.map(each).transpose())
                .collect::<Result<Vec<Option<Arc<PreparedPoint>>>>>()
        })
        .await?;
        for ((id, &lsn), point) in ids_at_once.iter().zip(lsns).zip(prepared) {
            state.apply(lsn, id, point);
        }
        let (done, of) = (state.view.memtable().len(), ids.len());
        let bytes = state.view.pending_bytes();
        heard.every(|| tracing::info!(collection = name, done, of, bytes, "starting: reading unpublished points"));
    }
    Ok((state, last))
}

/// When the log last heard of a start.
struct Heard(Instant);

impl Default for Heard {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Heard {
    fn every(&mut self, tell: impl FnOnce()) {
        if self.0.elapsed() >= REPORT_EVERY {
            self.0 = Instant::now();
            tell();
        }
    }
}
