//! Starting a collection: the newest committed version, and what was written after it.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use headwater_core::error::Result;
use headwater_core::ids::Lsn;
use headwater_core::ingest::{Models, PreparedPoint, prepare};
use headwater_core::model::Schema;
use headwater_core::snapshot::Snapshot;
use tokio::sync::mpsc;

use super::history::History;
use super::retention::Known;
use super::state::State;
use super::{Collection, Progress, Shared, blocking, versions, writer};

/// Points loaded and prepared together.
const BATCH: usize = 1024;

impl Collection {
    /// Opens a collection and starts its writer.
    pub async fn open(name: String, schema: Schema, models: Models, shared: Shared) -> Result<Arc<Self>> {
        let snapshot = match versions::newest(&shared, &name).await? {
            None => Snapshot::empty(name.clone(), schema, models),
            Some(committed) => {
                versions::point_head(&shared, &committed).await?;
                versions::open(&shared, None, committed.manifest, HashMap::new()).await?
            }
        };
        let (state, lsn) = replay(&shared, Arc::new(snapshot)).await?;
        tracing::info!(
            collection = name,
            version = state.snapshot.version(),
            points = state.live_points(),
            lsn,
            pending = state.memtable.len(),
            "opened"
        );
        let (queue, commands) = mpsc::channel(writer::QUEUE);
        let collection = Arc::new(Self {
            name,
            shared,
            state: RwLock::new(state),
            queue,
            publishing: tokio::sync::Mutex::default(),
            progress: Progress::default(),
            history: History::default(),
            known: Known::default(),
        });
        tokio::spawn(writer::run(Arc::downgrade(&collection), commands, lsn));
        Ok(collection)
    }
}

/// Brings back what was acknowledged after the snapshot, and the last number used.
async fn replay(shared: &Shared, snapshot: Arc<Snapshot>) -> Result<(State, Lsn)> {
    let log = shared.store.log(snapshot.collection(), snapshot.lsn()).await?;
    let last = log.last().map_or(0, |(lsn, _)| *lsn).max(snapshot.lsn());
    // The store has the newest state of each id, which belongs to the highest of its numbers.
    let mut newest: HashMap<String, Lsn> = HashMap::with_capacity(log.len());
    newest.extend(log.into_iter().map(|(lsn, id)| (id, lsn)));
    let (ids, lsns): (Vec<String>, Vec<Lsn>) = newest.into_iter().unzip();
    let mut state = State::new(Arc::clone(&snapshot));
    for (ids, lsns) in ids.chunks(BATCH).zip(lsns.chunks(BATCH)) {
        let found = shared.store.get_many(snapshot.collection(), ids).await?;
        let base = Arc::clone(&snapshot);
        let prepared = blocking(move || {
            let each = |point| prepare(point, base.schema(), base.models()).map(Arc::new);
            found
                .into_iter()
                .map(|point| point.map(each).transpose())
                .collect::<Result<Vec<Option<Arc<PreparedPoint>>>>>()
        })
        .await?;
        for ((id, &lsn), point) in ids.iter().zip(lsns).zip(prepared) {
            state.apply(lsn, id, point);
        }
    }
    Ok((state, last))
}
