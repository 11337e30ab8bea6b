//! A replica source: any HTTP server that offers `head`, `manifests/{hash}` and `blobs/{hash}` below a URL.
//!
//! The global `fetch` is used, so the same code runs in pages, workers and Node. No more bytes are
//! read than were announced or are allowed, and no longer than a source keeps sending, whatever it does.

use std::cell::{Cell, RefCell};

use headwater_core::error::{Code, Error, Result};
use headwater_core::limits::{MAX_HEAD_BYTES, MAX_MANIFEST_BYTES};
use headwater_core::manifest::BlobRef;
use headwater_core::model::Problem;
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache, RequestInit, Response};

use crate::border::from_js;

/// Bytes of an error's explanation that are worth reading.
const MAX_PROBLEM_BYTES: u64 = 16 * 1024;

/// Where a replica fetches from.
pub(crate) struct Source {
    url: String,
    patience_ms: u32,
    /// Aborts the request that is under way.
    current: RefCell<Option<AbortController>>,
    stopped: Cell<bool>,
}

impl Source {
    /// A source that counts as unreachable when it is silent for `patience_ms`.
    pub(crate) fn new(url: &str, patience_ms: u32) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { url, patience_ms, current: RefCell::default(), stopped: Cell::new(false) }
    }

    /// The URL without a slash at its end: also the name under which the cache keeps the replica.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The collection that the URL names, when it is a server's: `…/collections/{name}`.
    pub(crate) fn collection(&self) -> Option<&str> {
        let mut parts = self.url.rsplit('/');
        let (name, folder) = (parts.next()?, parts.next()?);
        (folder == "collections").then_some(name)
    }

    /// Ends what is under way and refuses what comes after.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
        if let Some(controller) = self.current.borrow_mut().take() {
            controller.abort();
        }
    }

    /// The head, never from an HTTP cache.
    pub(crate) async fn head(&self) -> Result<Vec<u8>> {
        let bytes = self.get("head", RequestCache::NoStore, Limit::AtMost(MAX_HEAD_BYTES as u64), &|_| ()).await?;
        Ok(bytes.to_vec())
    }

    /// A manifest.
    pub(crate) async fn manifest(&self, reference: &BlobRef) -> Result<Vec<u8>> {
        let path = format!("manifests/{}", reference.hash);
        let limit = Limit::AtMost(reference.bytes.min(MAX_MANIFEST_BYTES as u64));
        Ok(self.get(&path, RequestCache::Default, limit, &|_| ()).await?.to_vec())
    }

    /// A blob, `progress` being told the bytes read so far. The replica keeps it, so the HTTP cache need not.
    pub(crate) async fn blob(&self, reference: &BlobRef, progress: &dyn Fn(u64)) -> Result<Uint8Array> {
        let path = format!("blobs/{}", reference.hash);
        self.get(&path, RequestCache::NoStore, Limit::Exactly(reference.bytes), progress).await
    }

    async fn get(&self, path: &str, cache: RequestCache, limit: Limit, progress: &dyn Fn(u64)) -> Result<Uint8Array> {
        let url = format!("{}/{path}", self.url);
        let mut watch = Watch::new(self.patience_ms)?;
        *self.current.borrow_mut() = Some(watch.controller.clone());
        let outcome = self.read(&url, path, cache, limit, progress, &mut watch).await;
        outcome.map_err(|error| {
            if self.stopped.get() {
                Error::new(Code::Closed, "this replica was closed")
            } else if watch.controller.signal().aborted() {
                Error::new(Code::Unreachable, format!("{url} was silent for {} ms", self.patience_ms))
            } else {
                error
            }
        })
    }

    async fn read(
        &self,
        url: &str,
        path: &str,
        cache: RequestCache,
        limit: Limit,
        progress: &dyn Fn(u64),
        watch: &mut Watch,
    ) -> Result<Uint8Array> {
        if self.stopped.get() {
            return Err(Error::new(Code::Closed, "this replica was closed"));
        }
        let response = fetch(url, cache, &watch.controller).await?;
        watch.heard()?;
        if response.ok() {
            return limit.read(url, &response, progress, watch).await;
        }
        let said = Limit::AtMost(MAX_PROBLEM_BYTES).read(url, &response, &|_| (), watch).await;
        let detail = said.ok().and_then(|bytes| Problem::detail_in(&bytes.to_vec()));
        let detail = detail.map(|text| format!(": {text}")).unwrap_or_default();
        let code = match (response.status(), path) {
            (404, "head") => Code::NotPublished,
            (408 | 429 | 500.., _) => Code::Unreachable,
            _ => Code::BadResponse,
        };
        Err(Error::new(code, format!("{url} answered {}{detail}", response.status())))
    }
}

/// How many bytes a body may have.
enum Limit {
    AtMost(u64),
    Exactly(u64),
}

impl Limit {
    async fn read(
        &self,
        url: &str,
        response: &Response,
        progress: &dyn Fn(u64),
        watch: &mut Watch,
    ) -> Result<Uint8Array> {
        let unreachable = |e: &JsValue| from_js(Code::Unreachable, url, e);
        let (Self::AtMost(most) | Self::Exactly(most)) = *self;
        let (target, room) = buffer(most).map_err(|e| e.context(url))?;
        let mut length = 0u32;
        if let Some(body) = response.body() {
            let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
            loop {
                let step = JsFuture::from(reader.read()).await.map_err(|e| unreachable(&e))?;
                watch.heard()?;
                let field = |name: &str| Reflect::get(&step, &name.into()).unwrap_or(JsValue::UNDEFINED);
                if field("done").is_truthy() {
                    break;
                }
                let chunk: Uint8Array = field("value").unchecked_into();
                let end = length.checked_add(chunk.length()).filter(|&end| end <= room);
                let Some(end) = end else {
                    let _ = JsFuture::from(reader.cancel()).await;
                    return Err(self.wrong(format!("{url} sends more than the {most} bytes that are expected")));
                };
                target.set(&chunk, length);
                length = end;
                progress(u64::from(length));
            }
        }
        if matches!(self, Self::Exactly(_)) && length != room {
            return Err(self.wrong(format!("{url}: {length} bytes arrived, {room} are expected; it was cut")));
        }
        Ok(target.subarray(0, length))
    }

    /// A blob of another length is not the blob; a head may have any length, within reason.
    fn wrong(&self, message: String) -> Error {
        Error::new(if matches!(self, Self::Exactly(_)) { Code::HashMismatch } else { Code::BadResponse }, message)
    }
}

/// A buffer for this many bytes, if the runtime has the room: its constructor throws when it has not.
fn buffer(bytes: u64) -> Result<(Uint8Array, u32)> {
    let too_large = || Error::new(Code::OverBudget, format!("{bytes} bytes do not fit into this runtime's memory"));
    let room = u32::try_from(bytes).map_err(|_| too_large())?;
    let constructor = Reflect::get(&js_sys::global(), &"Uint8Array".into()).ok().and_then(|c| c.dyn_into().ok());
    let made = constructor.and_then(|c: Function| Reflect::construct(&c, &Array::of1(&room.into())).ok());
    let made = made.ok_or_else(too_large)?;
    Ok((made.unchecked_into(), room))
}

async fn fetch(url: &str, cache: RequestCache, controller: &AbortController) -> Result<Response> {
    let init = RequestInit::new();
    init.set_cache(cache);
    init.set_signal(Some(&controller.signal()));
    let started = global("fetch")?.call2(&js_sys::global(), &url.into(), &init);
    let started = started.map_err(|e| from_js(Code::Unreachable, url, &e))?;
    let response = JsFuture::from(started.unchecked_into::<Promise>()).await;
    Ok(response.map_err(|e| from_js(Code::Unreachable, url, &e))?.unchecked_into())
}

fn global(name: &str) -> Result<Function> {
    let function = Reflect::get(&js_sys::global(), &name.into()).ok().and_then(|f| f.dyn_into().ok());
    function.ok_or_else(|| Error::new(Code::UnsupportedRuntime, format!("there is no global {name} here")))
}

/// Aborts a request that hears nothing for too long. Without it a connection that neither answers nor
/// breaks would hold up this replica, and the other tabs that wait for their turn, for ever.
struct Watch {
    controller: AbortController,
    abort: Function,
    patience_ms: u32,
    timer: JsValue,
}

impl Watch {
    fn new(patience_ms: u32) -> Result<Self> {
        let missing = |_| Error::new(Code::UnsupportedRuntime, "there is no AbortController here");
        let controller = AbortController::new().map_err(missing)?;
        let abort: Function = Reflect::get(&controller, &"abort".into()).map_err(missing)?.unchecked_into();
        let abort = abort.bind0(&controller);
        let mut watch = Self { controller, abort, patience_ms, timer: JsValue::UNDEFINED };
        watch.start()?;
        Ok(watch)
    }

    fn start(&mut self) -> Result<()> {
        let started = global("setTimeout")?.call2(&JsValue::UNDEFINED, &self.abort, &self.patience_ms.into());
        self.timer = started.map_err(|e| from_js(Code::UnsupportedRuntime, "setTimeout", &e))?;
        Ok(())
    }

    fn heard(&mut self) -> Result<()> {
        self.end();
        self.start()
    }

    fn end(&self) {
        let _ = global("clearTimeout").map(|clear| clear.call1(&JsValue::UNDEFINED, &self.timer));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}
