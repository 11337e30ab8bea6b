//! The publisher in a process of its own, which is this test binary once more.
//!
//! It tells its parent of each step on standard output, a line each, before and after:
//!
//! ```text
//! begin 0 ── done 0 ── begin 1 ── struck put collections/c/head      (and no more)
//!                              └─ done 1 ── saw get … ── saw put …   (when it lives to the end: all operations)
//! ```

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use headwater_origin::collection::Shared;
use headwater_origin::keys::Signer;
use headwater_origin::location::Location;
use headwater_origin::objects::Objects;
use headwater_origin::store::SlateStore;
use object_store::ObjectStore;
use serde::{Deserialize, Serialize};

use super::store::{Deadly, Scope, Strike, say};
use super::story::story;
use crate::api::Api;
use crate::process::ended;

/// Names the child's job. Without it the child is a test that has nothing to do.
const JOB: &str = "HEADWATER_KILLED_JOB";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) story: String,
    pub(super) data: String,
    pub(super) scope: Scope,
    pub(super) strike: Option<Strike>,
}

/// What became of a child.
#[derive(Debug, Default)]
pub(super) struct Fate {
    /// Steps that were acknowledged.
    pub(super) done: usize,
    /// Whether one more was under way.
    pub(super) under_way: bool,
    /// The operation at which it was killed.
    pub(super) struck: Option<String>,
    /// All operations, when it lived to the end.
    pub(super) saw: Vec<String>,
}

/// The child's entry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_publisher_itself() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Job = serde_json::from_str(&job).unwrap();
    let story = story(&job.story);
    let store = Arc::new(Deadly::new(job.data.clone().into(), job.scope, job.strike));
    if job.scope == Scope::All {
        store.arm();
    }
    let objects: Arc<dyn ObjectStore> = store.clone();
    let points = SlateStore::open(Arc::clone(&objects), "db", Duration::from_millis(1)).await.unwrap();
    let folder = job.data.clone().into();
    let location = Location { data: job.data, ..Location::default() };
    let signer = Arc::new(Signer::new(location.signing_key().unwrap(), None));
    let objects = Objects::in_folder(objects, folder);
    let shared =
        Shared { store: Arc::new(points), objects, signer, retention: story.retention, pending: Arc::default() };
    let api = Api::of(shared, &headwater_origin::Access::default()).await;
    // A start only reads the collection; what is to be struck is what comes after it.
    store.arm();
    for (number, step) in story.steps.iter().enumerate() {
        say(&format!("begin {number}"));
        step.run(&api).await;
        say(&format!("done {number}"));
    }
    for operation in store.seen() {
        say(&format!("saw {operation}"));
    }
}

impl Job {
    /// Has a child do it, and hears what becomes of it.
    pub(super) fn run(&self) -> Fate {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "killed::child::the_publisher_itself", "--nocapture"]);
        child.env(JOB, serde_json::to_string(self).unwrap()).stdin(Stdio::null());
        let output = ended(child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let text = String::from_utf8_lossy(&output.stdout);
        let mut fate = Fate::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("begin", _)) => fate.under_way = true,
                Some(("done", _)) => (fate.done, fate.under_way) = (fate.done + 1, false),
                Some(("struck", operation)) => fate.struck = Some(operation.to_owned()),
                Some(("saw", operation)) => fate.saw.push(operation.to_owned()),
                _ => {}
            }
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        // Killed by a signal, a process has no exit code.
        let killed = output.status.code().is_none();
        assert_eq!(killed, fate.struck.is_some(), "{self:?}: {}: {text}{errors}", output.status);
        assert!(killed || (output.status.success() && !fate.saw.is_empty()), "{self:?}: {text}{errors}");
        fate
    }
}

/// Copies what a story starts from.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}
