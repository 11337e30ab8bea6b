//! What a replica keeps in IndexedDB, through the crate `idb`.
//!
//! ```text
//! blobs     key: hash in hex     value: Uint8Array
//! replicas  key: source URL      value: the record as JSON text
//! ```
//!
//! The package opens the database, which takes words for every way in which that can fail, and says what may replace
//! what; here each change is one transaction, and done when the browser has committed.
//!
//! Errors cross as they were thrown: the package tells a full disk by the name of the browser's own error.

use idb::{Database, ObjectStore, Transaction, TransactionMode};
use js_sys::{Array, Function, JsString, Uint8Array};
use wasm_bindgen::prelude::{JsCast as _, JsValue, wasm_bindgen};
use web_sys::{IdbDatabase, IdbTransaction};

const BLOBS: &str = "blobs";
const REPLICAS: &str = "replicas";

type Thrown<T> = Result<T, JsValue>;

/// The open database, for one source.
#[wasm_bindgen]
pub struct IdbStore {
    database: Database,
    source: JsValue,
}

#[wasm_bindgen]
impl IdbStore {
    /// Over a database with both stores.
    #[wasm_bindgen(constructor)]
    pub fn new(database: IdbDatabase, source: JsString) -> IdbStore {
        Self { database: database.into(), source: source.into() }
    }

    /// The record of the source, or undefined.
    pub async fn record(&self) -> Thrown<JsValue> {
        let (_transaction, store) = self.reading(REPLICAS).map_err(thrown)?;
        value(&store, self.source.clone()).await.map_err(thrown)
    }

    /// Puts another record in its place if `may(kept, held)` says so: what was looked at is what is there when the
    /// record is written.
    pub async fn swap(&self, record: JsString, may: Function) -> Thrown<bool> {
        let (transaction, replicas, blobs) = self.changing().map_err(thrown)?;
        let work = async {
            let kept = value(&replicas, self.source.clone()).await.map_err(thrown)?;
            let held: Array = keys(&blobs).await.map_err(thrown)?;
            let is = may.call2(&JsValue::UNDEFINED, &kept, &held)?.is_truthy();
            if is {
                put(&replicas, &record, &self.source).await.map_err(thrown)?;
            }
            Ok(is)
        };
        let outcome = work.await;
        ended(transaction, outcome).await
    }

    /// A blob's bytes, or undefined.
    pub async fn blob(&self, hash: JsString) -> Thrown<JsValue> {
        let (_transaction, store) = self.reading(BLOBS).map_err(thrown)?;
        let found = value(&store, hash.into()).await.map_err(thrown)?;
        Ok(if found.is_instance_of::<Uint8Array>() { found } else { JsValue::UNDEFINED })
    }

    /// Keeps a blob.
    #[wasm_bindgen(js_name = putBlob)]
    pub async fn put_blob(&self, hash: JsString, bytes: Uint8Array) -> Thrown<()> {
        let (transaction, _, blobs) = self.changing().map_err(thrown)?;
        let outcome = put(&blobs, &bytes, &hash).await.map_err(thrown);
        ended(transaction, outcome).await
    }

    /// The hashes of all blobs.
    pub async fn hashes(&self) -> Thrown<Array> {
        let (_transaction, store) = self.reading(BLOBS).map_err(thrown)?;
        keys(&store).await.map_err(thrown)
    }

    /// Drops the blobs that none of the records needs, by `needs(record)`.
    pub async fn tidy(&self, needs: Function) -> Thrown<()> {
        let (transaction, replicas, blobs) = self.changing().map_err(thrown)?;
        let work = async {
            let needed = Array::new();
            let records = replicas.get_all(None, None).map_err(thrown)?.await.map_err(thrown)?;
            for record in records.iter().filter(|record| record.is_string()) {
                for hash in Array::from(&needs.call1(&JsValue::UNDEFINED, record)?).iter() {
                    needed.push(&hash);
                }
            }
            for hash in keys(&blobs).await.map_err(thrown)?.iter() {
                if !needed.includes(&hash, 0) {
                    blobs.delete(hash).map_err(thrown)?.await.map_err(thrown)?;
                }
            }
            Ok(())
        };
        let outcome = work.await;
        ended(transaction, outcome).await
    }
}

impl IdbStore {
    fn reading(&self, name: &str) -> Result<(Transaction, ObjectStore), idb::Error> {
        let transaction = self.database.transaction(&[name], TransactionMode::ReadOnly)?;
        let store = transaction.object_store(name)?;
        Ok((transaction, store))
    }

    fn changing(&self) -> Result<(Transaction, ObjectStore, ObjectStore), idb::Error> {
        let transaction = self.database.transaction(&[REPLICAS, BLOBS], TransactionMode::ReadWrite)?;
        let (replicas, blobs) = (transaction.object_store(REPLICAS)?, transaction.object_store(BLOBS)?);
        Ok((transaction, replicas, blobs))
    }
}

async fn value(store: &ObjectStore, key: JsValue) -> Result<JsValue, idb::Error> {
    Ok(store.get(key)?.await?.unwrap_or(JsValue::UNDEFINED))
}

async fn keys(store: &ObjectStore) -> Result<Array, idb::Error> {
    Ok(store.get_all_keys(None, None)?.await?.into_iter().filter(JsValue::is_string).collect())
}

async fn put(store: &ObjectStore, value: &JsValue, key: &JsValue) -> Result<(), idb::Error> {
    store.put(value, Some(key))?.await.map(drop)
}

/// Commits what went well, and makes sure of it: for want of space a browser may still abort when all requests have
/// succeeded. Of what did not, the transaction's own error says more than what its last request was told.
async fn ended<T>(transaction: Transaction, outcome: Thrown<T>) -> Thrown<T> {
    let raw = IdbTransaction::from(transaction);
    let reason = || raw.error().map(JsValue::from);
    let transaction = Transaction::from(raw.clone());
    match outcome {
        Ok(value) => {
            let result = transaction.commit().map_err(thrown)?.await.map_err(thrown)?;
            let aborted = || reason().unwrap_or_else(|| js_sys::Error::new("the browser aborted").into());
            if result.is_committed() { Ok(value) } else { Err(aborted()) }
        }
        Err(error) => {
            let reason = reason();
            // It may be over already.
            let _ = transaction.abort();
            Err(reason.unwrap_or(error))
        }
    }
}

/// What the browser threw.
fn thrown(error: idb::Error) -> JsValue {
    use idb::Error::{
        DeleteFailed, DomException, GetAllFailed, GetAllKeysFailed, GetFailed, ObjectStoreNotFound,
        TransactionAbortError, TransactionCommitError, TransactionOpenFailed, UpdateFailed,
    };
    match error {
        DomException(exception) => exception.into(),
        DeleteFailed(thrown)
        | GetAllFailed(thrown)
        | GetAllKeysFailed(thrown)
        | GetFailed(thrown)
        | ObjectStoreNotFound(thrown)
        | TransactionAbortError(thrown)
        | TransactionCommitError(thrown)
        | TransactionOpenFailed(thrown)
        | UpdateFailed(thrown) => thrown,
        _ => js_sys::Error::new("IndexedDB is not as it was expected; reload the page").into(),
    }
}
