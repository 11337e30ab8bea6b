//! A folder whose user is killed at one operation: the process aborts, so nothing is unwound, no destructor runs, and
//! nothing that waits is written.
//!
//! Owns: the list of operations, and when the end comes. Does not own: what is done until then, which is the local file
//! system's.

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};
use serde::{Deserialize, Serialize};

/// When, as seen from the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Moment {
    /// Nothing has happened yet.
    Before,
    /// Half of an object is written, under the name that the local file system gives to what is not whole. Of an
    /// operation that writes nothing there is no half: it is as before.
    Midway,
    /// It has happened: nobody has heard of it.
    After,
}

/// Whose operations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Scope {
    /// Those on collections: the same ones in every run.
    Collections,
    /// The log's as well. SlateDB has tasks of its own, so their order and number differ a little between runs.
    All,
}

/// Which operation is the last.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Strike {
    pub(super) number: usize,
    pub(super) moment: Moment,
}

#[derive(Debug)]
struct Fate {
    scope: Scope,
    strike: Option<Strike>,
    /// Before that nothing counts.
    armed: AtomicBool,
    seen: Mutex<Vec<String>>,
    root: PathBuf,
}

/// The folder.
#[derive(Debug)]
pub(super) struct Deadly {
    inner: Arc<LocalFileSystem>,
    fate: Arc<Fate>,
}

impl Deadly {
    pub(super) fn new(root: PathBuf, scope: Scope, strike: Option<Strike>) -> Self {
        let inner = Arc::new(LocalFileSystem::new_with_prefix(&root).unwrap());
        let (armed, seen) = (AtomicBool::new(false), Mutex::default());
        Self { inner, fate: Arc::new(Fate { scope, strike, armed, seen, root }) }
    }

    /// Operations count from now on.
    pub(super) fn arm(&self) {
        self.fate.armed.store(true, Ordering::SeqCst);
    }

    /// All operations that counted.
    pub(super) fn seen(&self) -> Vec<String> {
        self.fate.seen.lock().unwrap().clone()
    }
}

impl Fate {
    /// Ends the process here if it is to end before this operation; otherwise what ends it later.
    fn begins(&self, what: &'static str, path: &Path) -> Option<Moment> {
        if !self.armed.load(Ordering::SeqCst) {
            return None;
        }
        if self.scope == Scope::Collections && !path.as_ref().starts_with("collections/") {
            return None;
        }
        let mut seen = self.seen.lock().unwrap();
        let number = seen.len();
        seen.push(format!("{what} {path}"));
        let moment = self.strike.filter(|strike| strike.number == number)?.moment;
        match moment {
            Moment::Midway if what == "put" => {}
            Moment::Before | Moment::Midway => die(what, path),
            Moment::After => {}
        }
        Some(moment)
    }

    /// What a process leaves that is killed while the local file system writes.
    fn half(&self, path: &Path, payload: &PutPayload) {
        let whole = payload.iter().flatten().copied().collect::<Vec<u8>>();
        let staged = self.root.join(format!("{path}#1"));
        std::fs::create_dir_all(staged.parent().unwrap()).unwrap();
        std::fs::write(staged, &whole[..whole.len() / 2]).unwrap();
    }
}

fn ends(moment: Option<Moment>, what: &str, path: &Path) {
    if moment == Some(Moment::After) {
        die(what, path);
    }
}

fn die(what: &str, path: &Path) -> ! {
    say(&format!("struck {what} {path}"));
    std::process::abort()
}

/// One line to whoever started this process, out before anything else happens.
pub(super) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

impl fmt::Display for Deadly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadly")
    }
}

#[async_trait]
impl ObjectStore for Deadly {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let end = self.fate.begins("put", location);
        if end == Some(Moment::Midway) {
            self.fate.half(location, &payload);
            die("put", location);
        }
        let written = self.inner.put_opts(location, payload, options).await;
        ends(end, "put", location);
        written
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let end = self.fate.begins("put in parts", location);
        let begun = self.inner.put_multipart_opts(location, options).await;
        ends(end, "put in parts", location);
        begun
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let end = self.fate.begins("get", location);
        let found = self.inner.get_opts(location, options).await;
        ends(end, "get", location);
        found
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, fate) = (Arc::clone(&self.inner), Arc::clone(&self.fate));
        let one = move |location: Result<Path>| {
            let (inner, fate) = (Arc::clone(&inner), Arc::clone(&fate));
            async move {
                let location = location?;
                let end = fate.begins("delete", &location);
                let mut one = inner.delete_stream(stream::iter([Ok(location.clone())]).boxed());
                let gone = one.next().await.unwrap();
                ends(end, "delete", &location);
                gone
            }
        };
        locations.then(one).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = prefix.cloned().unwrap_or_default();
        let end = self.fate.begins("list", &folder);
        let last = stream::once(async move { ends(end, "list", &folder) }).filter_map(async |()| None);
        self.inner.list(prefix).chain(last).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let folder = prefix.cloned().unwrap_or_default();
        let end = self.fate.begins("list", &folder);
        let found = self.inner.list_with_delimiter(prefix).await;
        ends(end, "list", &folder);
        found
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let end = self.fate.begins("copy", to);
        let copied = self.inner.copy_opts(from, to, options).await;
        ends(end, "copy", to);
        copied
    }
}
