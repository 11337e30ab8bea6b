//! IndexedDB: one database for all sources of a page's origin, shared by its tabs.
//!
//! ```text
//! blobs     key: hash in hex     value: Uint8Array
//! replicas  key: source URL      value: the record as JSON text
//! ```

use std::collections::BTreeSet;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use idb::{Database, DatabaseEvent as _, Factory, ObjectStoreParams, Transaction, TransactionMode};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::IdbTransaction;

use super::{Record, hashes_of, unneeded};
use crate::border::of_store;

const NAME: &str = "headwater";
const VERSION: u32 = 1;
const BLOBS: &str = "blobs";
const REPLICAS: &str = "replicas";
const WHAT: &str = "IndexedDB";

/// An open database.
pub(crate) struct IdbStore {
    database: Database,
}

impl IdbStore {
    pub(super) async fn open() -> Result<Self> {
        let factory = Factory::new().map_err(|_| {
            Error::new(
                Code::UnsupportedRuntime,
                "there is no IndexedDB here; private windows of some browsers have none",
            )
        })?;
        let mut request = factory.open(NAME, Some(VERSION)).map_err(failed)?;
        request.on_upgrade_needed(|event| {
            if let Ok(database) = event.database() {
                for name in [BLOBS, REPLICAS] {
                    let _ = database.create_object_store(name, ObjectStoreParams::new());
                }
            }
        });
        let mut database = request.await.map_err(failed)?;
        // A later version of this library may need to change the stores: do not stand in its way.
        database.on_version_change(|event| {
            if let Ok(database) = event.database() {
                database.close();
            }
        });
        Ok(Self { database })
    }

    pub(super) async fn record(&self, source: &str) -> Result<Option<Record>> {
        let transaction = self.database.transaction(&[REPLICAS], TransactionMode::ReadOnly).map_err(failed)?;
        let store = transaction.object_store(REPLICAS).map_err(failed)?;
        let found = store.get(JsValue::from_str(source)).map_err(failed)?.await.map_err(failed)?;
        Ok(found.and_then(|value| value.as_string()).and_then(|text| Record::decode(&text)))
    }

    /// One transaction: the record is written and blobs dropped together, or neither.
    pub(super) async fn swap(&self, source: &str, record: &Record) -> Result<()> {
        let transaction = self.database.transaction(&[BLOBS, REPLICAS], TransactionMode::ReadWrite).map_err(failed)?;
        let replicas = transaction.object_store(REPLICAS).map_err(failed)?;
        let blobs = transaction.object_store(BLOBS).map_err(failed)?;
        let key = JsValue::from_str(source);
        let kept = replicas.get(key.clone()).map_err(failed)?.await.map_err(failed)?;
        let kept = kept.and_then(|value| Record::decode(&value.as_string()?));
        replicas.put(&record.encode()?.into(), Some(&key)).map_err(failed)?.await.map_err(failed)?;
        let all = replicas.get_all(None, None).map_err(failed)?.await.map_err(failed)?;
        let records: Vec<Record> = all.iter().filter_map(|v| Record::decode(&v.as_string()?)).collect();
        let keys = blobs.get_all_keys(None, None).map_err(failed)?.await.map_err(failed)?;
        let held = hashes_of(keys.into_iter());
        if let Err(error) = record.check(&held, kept.as_ref()) {
            let _ = transaction.abort();
            return Err(error);
        }
        for hash in unneeded(held, records.iter()) {
            let gone = blobs.delete(JsValue::from_str(&hash.to_string())).map_err(failed)?;
            gone.await.map_err(failed)?;
        }
        commit(transaction).await
    }

    pub(super) async fn blob(&self, hash: &Hash) -> Result<Option<Uint8Array>> {
        let transaction = self.database.transaction(&[BLOBS], TransactionMode::ReadOnly).map_err(failed)?;
        let store = transaction.object_store(BLOBS).map_err(failed)?;
        let found = store.get(JsValue::from_str(&hash.to_string())).map_err(failed)?.await.map_err(failed)?;
        Ok(found.and_then(|value| value.dyn_into().ok()))
    }

    pub(super) async fn put_blob(&self, hash: &Hash, bytes: &Uint8Array) -> Result<()> {
        let transaction = self.database.transaction(&[BLOBS], TransactionMode::ReadWrite).map_err(failed)?;
        let store = transaction.object_store(BLOBS).map_err(failed)?;
        let key = JsValue::from_str(&hash.to_string());
        store.put(bytes, Some(&key)).map_err(failed)?.await.map_err(failed)?;
        commit(transaction).await
    }

    pub(super) async fn hashes(&self) -> Result<BTreeSet<Hash>> {
        let transaction = self.database.transaction(&[BLOBS], TransactionMode::ReadOnly).map_err(failed)?;
        let store = transaction.object_store(BLOBS).map_err(failed)?;
        let keys = store.get_all_keys(None, None).map_err(failed)?.await.map_err(failed)?;
        Ok(hashes_of(keys.into_iter()))
    }
}

/// Commits, and makes sure of it: for want of space a browser may still abort when all requests have succeeded.
async fn commit(transaction: Transaction) -> Result<()> {
    let raw = IdbTransaction::from(transaction);
    let outcome = Transaction::from(raw.clone()).commit().map_err(failed)?.await.map_err(failed)?;
    if outcome.is_committed() {
        return Ok(());
    }
    let reason = raw.error().map(JsValue::from).unwrap_or_else(|| JsValue::from_str("the browser aborted"));
    Err(of_store(WHAT, &reason))
}

fn failed(error: idb::Error) -> Error {
    use idb::Error::{
        DeleteFailed, DomException, GetAllFailed, GetAllKeysFailed, GetFailed, IndexedDbOpenFailed,
        ObjectStoreNotFound, TransactionAbortError, TransactionCommitError, TransactionOpenFailed, UpdateFailed,
    };
    match error {
        DomException(exception) => of_store(WHAT, &exception),
        // What the calls made here throw at once.
        DeleteFailed(thrown)
        | GetAllFailed(thrown)
        | GetAllKeysFailed(thrown)
        | GetFailed(thrown)
        | IndexedDbOpenFailed(thrown)
        | ObjectStoreNotFound(thrown)
        | TransactionAbortError(thrown)
        | TransactionCommitError(thrown)
        | TransactionOpenFailed(thrown)
        | UpdateFailed(thrown) => of_store(WHAT, &thrown),
        _ => Error::new(Code::StorageFailed, format!("{WHAT} is not as it was expected; reload the page")),
    }
}
