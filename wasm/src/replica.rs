//! The `Replica` that JavaScript holds: a verified copy of one collection, searched where it lies.
//!
//! Owns: the snapshot that is served, and what was accepted of the source. Does not own: bytes on their way and at
//! rest, when to sync, and that tabs and processes do so one at a time, all of which is the package's; nor what is
//! checked, which is `follow`'s.

use headwater_core::error::{Code, Error, Result};
use headwater_core::manifest::{Head, Manifest, Seen, Trust};
use headwater_core::model::{
    Answer, AnsweredBy, Group, Hit, PayloadText, Problem, Query, ReplicaState, ReplicaStatus, Suggest, Total,
};
use headwater_core::snapshot::{Arriving, Host, Snapshot};
use js_sys::{Array, Function, JSON, Object, Reflect};
use wasm_bindgen::prelude::{JsCast as _, JsValue, wasm_bindgen};

use crate::border::{convert, to_js};
use crate::follow::Next;

/// A version in service.
pub(crate) enum Served {
    Whole(Box<Snapshot>),
    /// Of which parts are here, and others come when they are wanted.
    Parts(Box<Arriving>),
}

impl Served {
    pub(crate) fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Whole(snapshot) => Some(snapshot),
            Self::Parts(arriving) => arriving.opened(),
        }
    }

    /// The same where all of it is here.
    pub(crate) fn whole(&self) -> Option<&Snapshot> {
        match self {
            Self::Whole(snapshot) => Some(snapshot),
            Self::Parts(_) => None,
        }
    }

    fn held_bytes(&self) -> u64 {
        match self {
            Self::Whole(snapshot) => snapshot.resident_bytes(),
            Self::Parts(arriving) => arriving.held_bytes(),
        }
    }
}

/// A replica of one collection.
#[wasm_bindgen]
pub struct Replica {
    pub(crate) trust: Trust,
    pub(crate) budget_bytes: u64,
    answered_by: AnsweredBy,
    /// Whether what has expired is searched all the same.
    serve_expired: bool,
    pub(crate) served: Option<Served>,
    /// The head of it.
    pub(crate) head: Option<Head>,
    /// The collection that is followed: that of the last head that was accepted.
    pub(crate) collection: Option<String>,
    /// The highest version ever accepted, by this replica or by another that shares its cache.
    pub(crate) seen: Seen,
    pub(crate) next: Option<Next>,
}

#[wasm_bindgen]
impl Replica {
    /// A replica that trusts these keys and holds nothing yet; of this `collection`, where its name is known
    /// beforehand.
    ///
    /// A version with more than `budgetBytes` is not opened; what has expired is searched only with `serveExpired`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        collection: Option<String>,
        trust: Vec<String>,
        #[wasm_bindgen(js_name = inNode)] in_node: bool,
        #[wasm_bindgen(js_name = budgetBytes)] budget_bytes: f64,
        #[wasm_bindgen(js_name = serveExpired)] serve_expired: bool,
    ) -> std::result::Result<Replica, JsValue> {
        let trust = Trust::parse(trust.iter().map(String::as_str)).map_err(|e| to_js(&e))?;
        Ok(Self {
            trust,
            // Infinity becomes the largest number.
            budget_bytes: budget_bytes as u64,
            answered_by: if in_node { AnsweredBy::Node } else { AnsweredBy::Browser },
            serve_expired,
            served: None,
            head: None,
            collection,
            seen: Seen::default(),
            next: None,
        })
    }

    /// Searches: takes a `Query` as JSON text, its vector perhaps apart, and returns an `Answer`.
    pub fn search(&self, query: &str, vector: Option<Vec<f32>>) -> std::result::Result<JsValue, JsValue> {
        let started = clock_us();
        let answer = self.snapshot().and_then(|snapshot| {
            let query = Query::from_json_and_vector(query.as_bytes(), vector)?;
            let clock = || clock_us().max(0.0) as u64;
            let newest_until_ms = Some(self.head.as_ref().map_or(0, |head| head.issued_ms));
            let host = Host { answered_by: self.answered_by, clock: Some(&clock), newest_until_ms };
            snapshot.search(&query, None, host)
        });
        let mut answer = answer.map_err(|e| to_js(&e))?;
        answer.took_us = (clock_us() - started).max(0.0) as u64;
        answer_to_js(&answer)
    }

    /// Completes a text: takes a `Suggest` as JSON text, and returns `Suggestions`.
    pub fn suggest(&self, request: &str) -> std::result::Result<JsValue, JsValue> {
        let started = clock_us();
        let found = self.snapshot().and_then(|snapshot| {
            let request = Suggest::from_json(request.as_bytes())?;
            snapshot.suggest(&request, None, self.answered_by)
        });
        let mut found = found.map_err(|e| to_js(&e))?;
        found.took_us = (clock_us() - started).max(0.0) as u64;
        convert(&found)
    }

    /// A point by id, or undefined.
    pub fn get(&self, id: &str) -> std::result::Result<JsValue, JsValue> {
        let found = self.snapshot().and_then(|snapshot| snapshot.get(id)).map_err(|e| to_js(&e))?;
        found.map_or(Ok(JsValue::UNDEFINED), |point| point_to_js(&point.id, &point.payload).map(JsValue::from))
    }

    /// A `ReplicaStatus` of what is served. Where the source stands, and whether bytes are kept, the package adds.
    pub fn status(&self) -> std::result::Result<JsValue, JsValue> {
        let expiry = self.expiry();
        let manifest = self.served.as_ref().and_then(Served::snapshot).and_then(Snapshot::manifest);
        convert(&ReplicaStatus {
            state: ReplicaState::Ready,
            collection: manifest.map(|m| m.collection.clone()).unwrap_or_default(),
            version: manifest.map_or(0, |m| m.version),
            lsn: manifest.map_or(0, |m| m.lsn),
            points: manifest.map_or(0, Manifest::live_points),
            segments: manifest.map_or(0, |m| m.segments.len() as u32),
            bytes: manifest.map_or(0, Manifest::total_bytes),
            held_bytes: self.served.as_ref().map_or(0, Served::held_bytes),
            whole: self.served.as_ref().and_then(Served::whole).is_some(),
            kept: true,
            last_sync_ms: None,
            expires_ms: self.head.as_ref().and_then(|head| head.expires_ms),
            last_error: expiry.as_ref().map(Problem::from),
        })
    }
}

impl Replica {
    fn snapshot(&self) -> Result<&Snapshot> {
        if let Some(error) = self.expiry().filter(|_| !self.serve_expired) {
            return Err(error);
        }
        self.served
            .as_ref()
            .and_then(Served::snapshot)
            .ok_or_else(|| Error::new(Code::NotReady, "the replica holds nothing yet; sync it first"))
    }

    /// That what is held has expired.
    fn expiry(&self) -> Option<Error> {
        let end = self.head.as_ref()?.expires_ms?;
        let message = "the version that is held has expired; sync it when its source can be reached";
        (end <= now_ms()).then(|| Error::new(Code::HeadExpired, message))
    }
}

/// Member by member, so that serializing payloads is no part of the engine.
fn answer_to_js(answer: &Answer) -> std::result::Result<JsValue, JsValue> {
    // Taken apart by name, so that nothing that is added to an answer is left behind.
    let Answer { hits, total, next, facets, ended, stages, version, lsn, took_us, answered_by, plan } = answer;
    let object = Object::new();
    set(&object, "hits", &hits_to_js(hits)?)?;
    set(&object, "total", &total_to_js(*total)?)?;
    set_some(&object, "next", next.as_ref())?;
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

fn hits_to_js(hits: &[Hit]) -> std::result::Result<JsValue, JsValue> {
    let hit = |Hit { id, score, pinned, highlights, snippets, parts, group, payload }: &Hit| {
        let object = point_to_js(id, payload)?;
        set(&object, "score", &(*score).into())?;
        set_some(&object, "pinned", pinned.then_some(pinned))?;
        set_some(&object, "highlights", highlights.as_ref())?;
        set_some(&object, "snippets", snippets.as_ref())?;
        set_some(&object, "parts", parts.as_ref())?;
        if let Some(Group { value, count, hits }) = group {
            let group = Object::new();
            set_some(&group, "value", value.as_ref())?;
            set(&group, "count", &total_to_js(*count)?)?;
            set(&group, "hits", &hits_to_js(hits)?)?;
            set(&object, "group", &group)?;
        }
        Ok(object)
    };
    let all: Array = hits.iter().map(hit).collect::<std::result::Result<_, JsValue>>()?;
    Ok(all.into())
}

fn total_to_js(Total { value, relation }: Total) -> std::result::Result<JsValue, JsValue> {
    let object = Object::new();
    set(&object, "value", &(value as f64).into())?;
    set(&object, "relation", &relation.as_str().into())?;
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
