//! SlateDB: an LSM tree on an object store, with fencing of older writers.
//!
//! ```text
//! p \0 collection \0 id                         the point, see `record`
//! l \0 collection \0 lsn, 8 bytes big-endian    the id that changed
//! e \0 collection \0 lsn, 8 bytes big-endian    u16 length, id, what the point was before: for rolling back
//! r \0 kind \0 name                             a record
//! ```
//!
//! The log names only the id: replaying takes the point's current state, which is what counts.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Lsn;
use headwater_core::model::Point;
use object_store::ObjectStore;
use slatedb::bytes::Bytes;
use slatedb::config::{
    DurabilityLevel, GarbageCollectorDirectoryOptions, GarbageCollectorOptions, ReadOptions, Settings, WriteOptions,
};
use slatedb::db_cache::moka::{MokaCache, MokaCacheOptions};
use slatedb::db_cache::{DbCache, SplitCache};
use slatedb::{BlockCachePolicy, CacheTarget, CloseReason, Db, DbSnapshot, ErrorKind, WriteBatch};
use tokio::sync::Mutex;

use super::record::{decode, encode};
use super::{Earlier, Op, PointStore, Points, Stall};

/// Keys removed in one batch.
const REMOVE_BATCH: usize = 10_000;
/// Points read at the same time.
const READS: usize = 32;
/// Bytes that SlateDB keeps in memory and has not written into tables yet; more wait. A table has 64 MiB, so writing
/// one does not stop the next.
const MAX_UNFLUSHED_BYTES: usize = 256 * 1024 * 1024;
/// What a slow network and a bucket that asks for patience take is shorter, and what clients and proxies wait for is
/// longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Kind and name of the record that is written to prove ownership.
const OWNER: (&str, &str) = ("server", "owner");

/// SlateDB under a path of an object store.
pub struct SlateStore {
    db: Db,
    /// How far the rows of each kind and collection have been trimmed. What was removed still stands in the tree as
    /// tombstones; a trim that began at the start would walk over all of them again.
    trimmed: Mutex<HashMap<(char, String), Lsn>>,
    stall: Stall,
}

/// How SlateDB keeps its own objects. Everything else of what [`Settings`] has is as it comes.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep {
    /// How long the log gathers writes before it makes them durable.
    pub flush_interval: Duration,
    /// How often what nothing needs any more is looked for.
    pub every: Duration,
    /// How old manifests and lists of compactions are before they go.
    pub manifests_age: Duration,
    /// Whether the store writes over an object only if it has not changed, as buckets do and local folders do not. Then
    /// boundary files say which manifests have gone. Without them a process that lost the store to another one, and
    /// wakes after [`Upkeep::manifests_age`], could take the number of a manifest that has gone for a free one.
    pub boundary_files: bool,
    /// How old parts of the log, and tables that were merged into others, are before they go: longer than a read takes.
    pub data_age: Duration,
    /// How long a write may take before the store counts as one that takes none.
    pub patience: Duration,
    /// Bytes that tables' rows have in memory beside what is not written yet. When absent SlateDB's own half a
    /// gigabyte, which also what is written goes to, so that it is quick to read.
    pub cache_bytes: Option<u64>,
}

impl Upkeep {
    /// The usual one, with this flush interval.
    #[must_use]
    pub const fn flushing(flush_interval: Duration) -> Self {
        let (minute, day) = (Duration::from_secs(60), Duration::from_secs(24 * 3600));
        Self {
            flush_interval,
            every: minute.saturating_mul(5),
            manifests_age: day,
            data_age: minute.saturating_mul(10),
            boundary_files: false,
            patience: PATIENCE,
            cache_bytes: None,
        }
    }

    fn settings(self) -> Settings {
        let older =
            |min_age| Some(GarbageCollectorDirectoryOptions { interval: Some(self.every), min_age, dry_run: false });
        let garbage = GarbageCollectorOptions {
            manifest_options: older(self.manifests_age),
            compactions_options: older(self.manifests_age),
            wal_options: older(self.data_age),
            compacted_options: older(self.data_age),
            // A fence stays for ever: without it a writer that was stopped for long could acknowledge what is lost.
            wal_fence_options: None,
            boundary_files_enabled: self.boundary_files,
            ..GarbageCollectorOptions::default()
        };
        Settings {
            flush_interval: Some(self.flush_interval),
            max_unflushed_bytes: MAX_UNFLUSHED_BYTES,
            garbage_collector_options: Some(garbage),
            ..Settings::default()
        }
    }
}

/// A cache of so many bytes for rows, and as many for where they are.
fn cache(bytes: u64) -> Arc<dyn DbCache> {
    let part = || -> Option<Arc<dyn DbCache>> {
        Some(Arc::new(MokaCache::new_with_opts(MokaCacheOptions {
            max_capacity: bytes,
            ..MokaCacheOptions::default()
        })))
    };
    Arc::new(SplitCache::new().with_block_cache(part()).with_meta_cache(part()))
}

impl SlateStore {
    /// Opens the store and fences any other process that has it open.
    pub async fn open(objects: Arc<dyn ObjectStore>, path: &str, flush_interval: Duration) -> Result<Self> {
        Self::with(objects, path, Upkeep::flushing(flush_interval)).await
    }

    /// The same, with all that can be chosen.
    pub async fn with(objects: Arc<dyn ObjectStore>, path: &str, upkeep: Upkeep) -> Result<Self> {
        let settings = upkeep.settings();
        let mut builder = Db::builder(path, objects).with_settings(settings);
        if let Some(bytes) = upkeep.cache_bytes {
            let written = BlockCachePolicy::default().with_flush_targets(&[CacheTarget::Index, CacheTarget::Filters]);
            builder = builder.with_db_cache(cache(bytes), 0).with_block_cache_policy(written);
        }
        let db = builder.build().await.map_err(failed)?;
        Ok(Self { db, trimmed: Mutex::default(), stall: Stall::new(upkeep.patience) })
    }

    /// Writes a batch and waits until it is durable.
    async fn commit(&self, batch: WriteBatch) -> Result<()> {
        let written = async {
            let handle = self.db.write_with_options(batch, &WriteOptions::default()).await.map_err(failed)?;
            handle.await_durable().await.map_err(failed)
        };
        self.stall.watch(written).await
    }

    /// Rows that keep what points were before operations change them.
    async fn kept(&self, collection: &str, first: Lsn, ops: &[Op], keep: &[usize]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let (points, earlier) = (prefix('p', collection), prefix('e', collection));
        let wanted = keep.iter().filter_map(|&place| Some((first + place as Lsn, ops.get(place)?.id().to_owned())));
        let reads = wanted.map(|(lsn, id)| {
            let key = [&points, id.as_bytes()].concat();
            async move { Ok::<_, slatedb::Error>((lsn, id, self.db.get(key).await?)) }
        });
        let reads: Vec<_> = reads.collect();
        let found: Vec<_> = stream::iter(reads).buffered(READS).try_collect().await.map_err(failed)?;
        let row = |(lsn, id, bytes): (Lsn, String, Option<Bytes>)| {
            let length = u16::try_from(id.len()).unwrap_or(u16::MAX).to_le_bytes();
            let value = [&length[..], id.as_bytes(), &bytes?].concat();
            Some(([&earlier[..], &lsn.to_be_bytes()].concat(), value))
        };
        Ok(found.into_iter().filter_map(row).collect())
    }

    /// Removes rows of operations up to `through`.
    async fn trim_rows(&self, kind: char, collection: &str, through: Lsn) -> Result<()> {
        let place = (kind, collection.to_owned());
        let after = self.trimmed.lock().await.get(&place).copied().unwrap_or_default();
        if through <= after {
            return Ok(());
        }
        let prefix = prefix(kind, collection);
        let key = |lsn: Lsn| [&prefix[..], &lsn.to_be_bytes()].concat();
        self.remove_range((Bound::Excluded(key(after)), Bound::Included(key(through)))).await?;
        self.trimmed.lock().await.insert(place, through);
        Ok(())
    }

    /// Removes all keys of a range.
    async fn remove_range(&self, range: (Bound<Vec<u8>>, Bound<Vec<u8>>)) -> Result<()> {
        let mut rows = self.db.scan(range).await.map_err(failed)?;
        loop {
            let mut batch = WriteBatch::new();
            let mut count = 0;
            while count < REMOVE_BATCH
                && let Some(row) = rows.next().await.map_err(failed)?
            {
                batch.delete(&row.key);
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
            self.commit(batch).await?;
        }
    }
}

/// Only what is durable: an answer never shows a write that a crash could take back.
fn durable() -> ReadOptions {
    ReadOptions { durability_filter: DurabilityLevel::Remote, ..ReadOptions::default() }
}

#[async_trait]
impl Points for SlateStore {
    async fn get_many(&self, collection: &str, ids: &[String]) -> Result<Vec<Option<Point>>> {
        let options = durable();
        let reads: Vec<_> = keys(collection, ids).map(|key| self.db.get_with_options(key, &options)).collect();
        points(ids, stream::iter(reads).buffered(READS).try_collect().await.map_err(failed)?)
    }
}

#[async_trait]
impl Points for DbSnapshot {
    async fn get_many(&self, collection: &str, ids: &[String]) -> Result<Vec<Option<Point>>> {
        let reads: Vec<_> = keys(collection, ids).map(|key| self.get(key)).collect();
        points(ids, stream::iter(reads).buffered(READS).try_collect().await.map_err(failed)?)
    }
}

fn keys(collection: &str, ids: &[String]) -> impl Iterator<Item = Vec<u8>> {
    let prefix = prefix('p', collection);
    ids.iter().map(move |id| [&prefix, id.as_bytes()].concat())
}

fn points(ids: &[String], found: Vec<Option<Bytes>>) -> Result<Vec<Option<Point>>> {
    let each = |(id, bytes): (&String, Option<Bytes>)| bytes.map(|b| decode(id, &b)).transpose();
    ids.iter().zip(found).map(each).collect()
}

#[async_trait]
impl PointStore for SlateStore {
    async fn append(&self, collection: &str, first: Lsn, ops: &[Op], keep: &[usize]) -> Result<()> {
        let mut batch = WriteBatch::new();
        let (points, log) = (prefix('p', collection), prefix('l', collection));
        for (key, value) in self.kept(collection, first, ops, keep).await? {
            batch.put(key, value);
        }
        for (lsn, op) in (first..).zip(ops) {
            let key = [&points, op.id().as_bytes()].concat();
            match op {
                Op::Upsert(point) => batch.put(key, encode(point)?),
                Op::Delete(_) => batch.delete(key),
            }
            batch.put([&log[..], &lsn.to_be_bytes()].concat(), op.id());
        }
        self.commit(batch).await
    }

    async fn earlier(&self, collection: &str, after: Lsn) -> Result<Vec<Earlier>> {
        let prefix = prefix('e', collection);
        let range = (Bound::Excluded([&prefix[..], &after.to_be_bytes()].concat()), end_of(&prefix));
        let mut rows = self.db.scan(range).await.map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().await.map_err(failed)? {
            let damaged = || Error::corrupt("what a point was before is damaged in the point store");
            let lsn = row.key.get(prefix.len()..).and_then(|k| k.try_into().ok()).map(Lsn::from_be_bytes);
            let (length, rest) = row.value.split_first_chunk::<2>().ok_or_else(damaged)?;
            let (id, point) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length))).ok_or_else(damaged)?;
            let id = std::str::from_utf8(id).map_err(|_| damaged())?;
            all.push(Earlier { lsn: lsn.ok_or_else(damaged)?, point: decode(id, point)? });
        }
        Ok(all)
    }

    async fn forget_earlier(&self, collection: &str, through: Lsn) -> Result<()> {
        self.trim_rows('e', collection, through).await
    }

    fn freeze(&self) -> Result<Arc<dyn Points>> {
        let frozen: Arc<dyn Points> = self.db.snapshot().map_err(failed)?;
        Ok(frozen)
    }

    async fn log(&self, collection: &str, after: Lsn, at_most: usize) -> Result<Vec<(Lsn, String)>> {
        let prefix = prefix('l', collection);
        let range = (Bound::Excluded([&prefix[..], &after.to_be_bytes()].concat()), end_of(&prefix));
        let mut rows = self.db.scan(range).await.map_err(failed)?;
        let mut entries = Vec::new();
        while entries.len() < at_most
            && let Some(row) = rows.next().await.map_err(failed)?
        {
            let lsn = row.key.get(prefix.len()..).and_then(|k| k.try_into().ok()).map(Lsn::from_be_bytes);
            let id = String::from_utf8(row.value.to_vec()).ok();
            entries.push(lsn.zip(id).ok_or_else(|| Error::corrupt("a log entry in the point store is damaged"))?);
        }
        Ok(entries)
    }

    async fn trim(&self, collection: &str, through: Lsn) -> Result<()> {
        self.trim_rows('l', collection, through).await
    }

    async fn remove(&self, collection: &str) -> Result<()> {
        self.trimmed.lock().await.retain(|(_, trimmed), _| trimmed != collection);
        for kind in ['l', 'p', 'e'] {
            let prefix = prefix(kind, collection);
            let end = end_of(&prefix);
            self.remove_range((Bound::Included(prefix), end)).await?;
        }
        Ok(())
    }

    async fn put_record(&self, kind: &str, name: &str, value: Vec<u8>) -> Result<()> {
        let mut batch = WriteBatch::new();
        batch.put([&prefix('r', kind), name.as_bytes()].concat(), value);
        self.commit(batch).await
    }

    async fn remove_record(&self, kind: &str, name: &str) -> Result<()> {
        let mut batch = WriteBatch::new();
        batch.delete([&prefix('r', kind), name.as_bytes()].concat());
        self.commit(batch).await
    }

    async fn records(&self, kind: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let prefix = prefix('r', kind);
        let end = end_of(&prefix);
        let mut rows = self.db.scan((Bound::Included(prefix.clone()), end)).await.map_err(failed)?;
        let mut records = Vec::new();
        while let Some(row) = rows.next().await.map_err(failed)? {
            let name = row.key.get(prefix.len()..).unwrap_or_default();
            records.push((String::from_utf8_lossy(name).into_owned(), row.value.to_vec()));
        }
        Ok(records)
    }

    fn check_open(&self) -> Result<()> {
        self.db.status().close_reason.map_or(Ok(()), |reason| Err(closed(reason)))
    }

    async fn prove_ownership(&self) -> Result<()> {
        self.put_record(OWNER.0, OWNER.1, std::process::id().to_string().into_bytes()).await
    }

    async fn ended(&self) -> Error {
        let mut status = self.db.subscribe();
        let last = status.wait_for(|status| status.close_reason.is_some()).await;
        closed(last.ok().and_then(|status| status.close_reason).unwrap_or(CloseReason::Clean))
    }

    fn stall(&self) -> &Stall {
        &self.stall
    }

    async fn close(&self) -> Result<()> {
        // SlateDB would try for ever to write what is not durable.
        let closed = tokio::time::timeout(self.stall.within(), self.db.close()).await;
        closed.map_or_else(|_| Err(unwritten()), |closed| closed.map_err(failed))
    }
}

fn prefix(kind: char, name: &str) -> Vec<u8> {
    format!("{kind}\0{name}\0").into_bytes()
}

/// The end of all keys that start with a [`prefix`]: its last byte is NUL, the next one is 1.
fn end_of(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    end.pop();
    end.push(1);
    Bound::Excluded(end)
}

/// SlateDB's errors by what the caller can do.
fn failed(error: slatedb::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::Closed(reason) => return closed(reason),
        ErrorKind::Unavailable | ErrorKind::Transaction => Code::StorageFailed,
        ErrorKind::Data => Code::Corrupt,
        _ => Code::Internal,
    };
    Error::new(code, format!("point store: {error}"))
}

fn unwritten() -> Error {
    let message = "the store took no writes while the server was stopping: what was acknowledged is durable, and what \
        was not may be lost";
    Error::new(Code::StorageFailed, message)
}

fn closed(reason: CloseReason) -> Error {
    match reason {
        CloseReason::Fenced => Error::new(
            Code::Conflict,
            "another server has opened this data and taken over; write there, and stop this server",
        ),
        CloseReason::Clean => Error::new(Code::Closed, "the point store is closed; the server is stopping"),
        _ => Error::new(Code::StorageFailed, "the point store has failed; restart the server, its log says why"),
    }
}
