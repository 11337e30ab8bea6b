//! A store that the package hands in: `get(key)`, `put(key, bytes)`, `delete(key)`, `keys(prefix)`, all
//! asynchronous. Node keeps files behind it; `put` is atomic there.

use std::collections::BTreeSet;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Record, hashes_of, unneeded};
use crate::border::of_store;

const BLOBS: &str = "blobs/";
const REPLICAS: &str = "replicas/";

/// The object that was handed in.
pub(crate) struct HostStore {
    object: JsValue,
}

impl HostStore {
    pub(super) const fn new(object: JsValue) -> Self {
        Self { object }
    }

    async fn call(&self, method: &str, arguments: &[JsValue]) -> Result<JsValue> {
        let failed = |e: JsValue| of_store("the cache", &e);
        let function = Reflect::get(&self.object, &method.into()).ok().and_then(|f| f.dyn_into::<Function>().ok());
        let function =
            function.ok_or_else(|| Error::new(Code::Internal, format!("the store has no method {method:?}")))?;
        let started = function.apply(&self.object, &arguments.iter().collect::<Array>()).map_err(failed)?;
        JsFuture::from(Promise::resolve(&started)).await.map_err(failed)
    }

    async fn read(&self, key: &str) -> Result<Option<Uint8Array>> {
        let found = self.call("get", &[key.into()]).await?;
        Ok(found.dyn_into().ok())
    }

    async fn read_record(&self, key: &str) -> Result<Option<Record>> {
        let text = self.read(key).await?.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        Ok(text.and_then(|text| Record::decode(&text)))
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<JsValue>> {
        let keys = self.call("keys", &[prefix.into()]).await?;
        Ok(Array::from(&keys).iter().collect())
    }

    pub(super) async fn record(&self, source: &str) -> Result<Option<Record>> {
        self.read_record(&record_key(source)).await
    }

    /// The record first: a stop before the rest leaves only blobs that nobody needs.
    pub(super) async fn swap(&self, source: &str, record: &Record) -> Result<()> {
        let held = self.hashes().await?;
        record.check(&held, self.record(source).await?.as_ref())?;
        let bytes = Uint8Array::from(record.encode()?.as_bytes());
        self.call("put", &[record_key(source).into(), bytes.into()]).await?;
        let mut records = Vec::new();
        for key in self.keys(REPLICAS).await?.iter().filter_map(JsValue::as_string) {
            records.extend(self.read_record(&format!("{REPLICAS}{key}")).await?);
        }
        for hash in unneeded(held, records.iter()) {
            self.call("delete", &[format!("{BLOBS}{hash}").into()]).await?;
        }
        Ok(())
    }

    pub(super) async fn blob(&self, hash: &Hash) -> Result<Option<Uint8Array>> {
        self.read(&format!("{BLOBS}{hash}")).await
    }

    pub(super) async fn put_blob(&self, hash: &Hash, bytes: &Uint8Array) -> Result<()> {
        self.call("put", &[format!("{BLOBS}{hash}").into(), bytes.into()]).await.map(|_| ())
    }

    pub(super) async fn hashes(&self) -> Result<BTreeSet<Hash>> {
        Ok(hashes_of(self.keys(BLOBS).await?.into_iter()))
    }
}

/// A URL is no file name; its hash is.
fn record_key(source: &str) -> String {
    format!("{REPLICAS}{}", Hash::of(source.as_bytes()))
}
