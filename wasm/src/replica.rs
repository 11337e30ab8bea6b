//! The `Replica` that JavaScript holds: a verified copy of one collection, searched where it lies.
//!
//! Owns: the snapshot that is served, and what is known of the source. Does not own: when to sync, and
//! that tabs and processes do so one at a time, which is the package's; nor how, which is `follow`'s.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{Head, Manifest, Seen, Trust};
use headwater_core::model::{
    Answer, AnsweredBy, Hit, PayloadText, Phase, Problem, Progress, Query, ReplicaState, ReplicaStatus,
};
use headwater_core::snapshot::{Host, Snapshot};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::prelude::{JsCast as _, JsValue, wasm_bindgen};
use wasm_bindgen_futures::future_to_promise;

use crate::border::{convert, to_js};
use crate::cache::Cache;
use crate::source::Source;

/// A replica of one collection.
#[wasm_bindgen]
pub struct Replica {
    inner: Rc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) source: Source,
    pub(crate) trust: Trust,
    pub(crate) state: RefCell<State>,
    host: Option<JsValue>,
    cache: RefCell<Option<Rc<Cache>>>,
    answered_by: AnsweredBy,
    on_progress: Option<Function>,
    pub(crate) budget_bytes: u64,
    /// Whether what has expired is searched all the same.
    serve_expired: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) snapshot: Option<Arc<Snapshot>>,
    /// The head of that snapshot.
    pub(crate) head: Option<Head>,
    /// The collection of the last head that was accepted.
    pub(crate) collection: Option<String>,
    /// The highest version ever accepted, by this replica or by another that shares its cache.
    pub(crate) seen: Seen,
    pub(crate) last_error: Option<Error>,
    last_sync_ms: Option<u64>,
}

#[wasm_bindgen]
impl Replica {
    /// A replica of the source at `url` that trusts these keys. Nothing is read yet.
    ///
    /// `host` is a store for runtimes without IndexedDB; `onProgress` hears where things stand; a source
    /// that is silent for `patienceMs` counts as unreachable; a version with more than `budgetBytes` is not opened; what has
    /// expired is searched only with `serveExpired`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        url: &str,
        trust: Vec<String>,
        host: JsValue,
        #[wasm_bindgen(js_name = onProgress)] on_progress: Option<Function>,
        #[wasm_bindgen(js_name = patienceMs)] patience_ms: u32,
        #[wasm_bindgen(js_name = budgetBytes)] budget_bytes: f64,
        #[wasm_bindgen(js_name = serveExpired)] serve_expired: bool,
    ) -> std::result::Result<Replica, JsValue> {
        let trust = Trust::parse(trust.iter().map(String::as_str)).map_err(|e| to_js(&e))?;
        let host = Some(host).filter(|h| !h.is_undefined() && !h.is_null());
        let answered_by = if host.is_some() { AnsweredBy::Node } else { AnsweredBy::Browser };
        let inner = Inner {
            source: Source::new(url, patience_ms),
            trust,
            state: RefCell::default(),
            host,
            cache: RefCell::default(),
            answered_by,
            on_progress,
            // Infinity becomes the largest number.
            budget_bytes: budget_bytes as u64,
            serve_expired,
        };
        Ok(Self { inner: Rc::new(inner) })
    }

    /// Opens what the cache holds, without the network. Resolves to false when there is no good snapshot.
    pub fn restore(&self) -> Promise {
        let inner = Rc::clone(&self.inner);
        future_to_promise(async move {
            let restored = inner.restore().await.map_err(|e| to_js(&e))?;
            Ok(JsValue::from_bool(restored))
        })
    }

    /// Follows the source to its newest version and resolves to a `SyncReport`. On failure the last
    /// good snapshot goes on serving.
    pub fn sync(&self) -> Promise {
        let inner = Rc::clone(&self.inner);
        future_to_promise(async move {
            let outcome = inner.sync().await;
            inner.synced(outcome.as_ref().err());
            convert(&outcome.map_err(|e| to_js(&e))?)
        })
    }

    /// Ends what is under way with the source: a sync then fails with the code `closed`.
    pub fn stop(&self) {
        self.inner.source.stop();
    }

    /// Searches: takes a `Query` as JSON text, its vector perhaps apart, and returns an `Answer`.
    pub fn search(&self, query: &str, vector: Option<Vec<f32>>) -> std::result::Result<JsValue, JsValue> {
        let started = clock_us();
        let answer = self.inner.snapshot().and_then(|snapshot| {
            let query = Query::from_json_and_vector(query.as_bytes(), vector)?;
            let clock = || clock_us().max(0.0) as u64;
            let host = Host { answered_by: self.inner.answered_by, clock: Some(&clock) };
            snapshot.search(&query, None, host)
        });
        let mut answer = answer.map_err(|e| to_js(&e))?;
        answer.took_us = (clock_us() - started).max(0.0) as u64;
        answer_to_js(&answer)
    }

    /// A point by id, or undefined.
    pub fn get(&self, id: &str) -> std::result::Result<JsValue, JsValue> {
        let found = self.inner.snapshot().and_then(|snapshot| snapshot.get(id)).map_err(|e| to_js(&e))?;
        found.map_or(Ok(JsValue::UNDEFINED), |point| point_to_js(&point.id, &point.payload).map(JsValue::from))
    }

    /// A `ReplicaStatus`; that it is syncing only the package knows.
    pub fn status(&self) -> std::result::Result<JsValue, JsValue> {
        convert(&self.inner.status())
    }
}

impl Inner {
    fn snapshot(&self) -> Result<Arc<Snapshot>> {
        if let Some(error) = self.expiry().filter(|_| !self.serve_expired) {
            return Err(error);
        }
        let held = self.state.borrow().snapshot.clone();
        held.ok_or_else(|| Error::new(Code::NotReady, "the replica holds nothing yet; sync it first"))
    }

    /// That what is held has expired.
    fn expiry(&self) -> Option<Error> {
        let end = self.state.borrow().head.as_ref()?.expires_ms?;
        let message = "the version that is held has expired; sync it when its source can be reached";
        (end <= now_ms()).then(|| Error::new(Code::HeadExpired, message))
    }

    pub(crate) async fn cache(&self) -> Result<Rc<Cache>> {
        if let Some(open) = &*self.cache.borrow() {
            return Ok(Rc::clone(open));
        }
        let opened = Rc::new(Cache::open(self.host.clone()).await?);
        *self.cache.borrow_mut() = Some(Rc::clone(&opened));
        Ok(opened)
    }

    pub(crate) fn progress(&self, phase: Phase, loaded_bytes: u64, total_bytes: u64) {
        let Some(hear) = &self.on_progress else { return };
        if let Ok(progress) = convert(&Progress { phase, loaded_bytes, total_bytes }) {
            // What the listener throws is its own affair.
            let _ = hear.call1(&JsValue::UNDEFINED, &progress);
        }
    }

    fn synced(&self, error: Option<&Error>) {
        if error.is_some_and(|e| e.code() == Code::StorageFailed) {
            // A browser may close a database for good, when a user clears a site's data: open it anew next time.
            *self.cache.borrow_mut() = None;
        }
        let mut state = self.state.borrow_mut();
        state.last_error = error.cloned();
        if error.is_none() {
            state.last_sync_ms = Some(now_ms());
        }
    }

    fn status(&self) -> ReplicaStatus {
        let expiry = self.expiry();
        let state = self.state.borrow();
        let manifest = state.snapshot.as_ref().and_then(|s| s.manifest());
        let error = state.last_error.as_ref().or(expiry.as_ref());
        let standing = match error {
            Some(error) if is_refusal(error.code()) => ReplicaState::Refused,
            Some(_) => ReplicaState::Offline,
            None => ReplicaState::Ready,
        };
        ReplicaStatus {
            state: standing,
            collection: manifest.map(|m| m.collection.clone()).unwrap_or_default(),
            version: manifest.map_or(0, |m| m.version),
            lsn: manifest.map_or(0, |m| m.lsn),
            points: manifest.map_or(0, Manifest::live_points),
            segments: manifest.map_or(0, |m| m.segments.len() as u32),
            bytes: manifest.map_or(0, Manifest::total_bytes),
            last_sync_ms: state.last_sync_ms,
            expires_ms: state.head.as_ref().and_then(|head| head.expires_ms),
            last_error: error.map(Problem::from),
        }
    }
}

/// Member by member, so that serializing payloads is no part of the engine.
fn answer_to_js(answer: &Answer) -> std::result::Result<JsValue, JsValue> {
    // Taken apart by name, so that nothing that is added to an answer is left behind.
    let Answer { hits, facets, ended, stages, version, lsn, took_us, answered_by, plan } = answer;
    let hits = hits.iter().map(|Hit { id, score, highlights, parts, payload }| {
        let object = point_to_js(id, payload)?;
        set(&object, "score", &(*score).into())?;
        set_some(&object, "highlights", highlights.as_ref())?;
        set_some(&object, "parts", parts.as_ref())?;
        Ok(object)
    });
    let object = Object::new();
    let hits: Array = hits.collect::<std::result::Result<_, JsValue>>()?;
    set(&object, "hits", &hits)?;
    set_some(&object, "facets", facets.as_ref())?;
    set_some(&object, "ended", ended.as_ref())?;
    set_some(&object, "stages", stages.as_ref())?;
    set(&object, "version", &(*version as f64).into())?;
    set(&object, "lsn", &(*lsn as f64).into())?;
    set(&object, "tookUs", &(*took_us as f64).into())?;
    set(&object, "answeredBy", &answered_by.as_str().into())?;
    set(&object, "plan", &convert(plan)?)?;
    Ok(object.into())
}

fn set_some<T: serde::Serialize>(object: &Object, name: &str, value: Option<&T>) -> std::result::Result<(), JsValue> {
    value.map_or(Ok(()), |value| set(object, name, &convert(value)?))
}

/// The payload is parsed by the runtime, which is fast, treats large numbers as it always does, and
/// makes nothing of `__proto__`.
fn point_to_js(id: &str, payload: &PayloadText) -> std::result::Result<Object, JsValue> {
    let object = Object::new();
    set(&object, "id", &id.into())?;
    set(&object, "payload", &JSON::parse(payload.as_str())?)?;
    Ok(object)
}

fn set(object: &Object, name: &str, value: &JsValue) -> std::result::Result<(), JsValue> {
    Reflect::set(object, &name.into(), value).map(drop)
}

/// Whether the source was heard, and what it offered cannot be taken. Everything else may pass by itself.
fn is_refusal(code: Code) -> bool {
    !matches!(
        code,
        Code::Unreachable
            | Code::BadResponse
            | Code::StorageFailed
            | Code::StorageFull
            | Code::NotReady
            | Code::Conflict
            | Code::Closed
    )
}

pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Microseconds of the runtime's clock; as coarse as the runtime makes it.
fn clock_us() -> f64 {
    let now = || {
        let performance = Reflect::get(&js_sys::global(), &"performance".into()).ok()?;
        let now: Function = Reflect::get(&performance, &"now".into()).ok()?.dyn_into().ok()?;
        now.call0(&performance).ok()?.as_f64()
    };
    now().unwrap_or_else(js_sys::Date::now) * 1e3
}
