//! The publisher is killed before, within and after every operation of its store, while it publishes, folds, compacts,
//! goes back and collects garbage, over the local file system. Whatever is left then, a new process makes good.
//!
//! | file | job |
//! | --- | --- |
//! | `story` | what is done, and an account of what may be there afterwards |
//! | `store` | the store that kills |
//! | `child` | the publisher in a process of its own |
//! | `after` | what must hold |
//!
//! `faults` makes operations fail in memory, where the process lives on. Here it does not: what was only in its memory
//! is gone, and what the file system had begun stays begun.

mod after;
mod child;
mod store;
mod story;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use headwater_origin::collection::Retention;
use headwater_origin::location::Location;
use headwater_origin::server::Origin;
use tokio::runtime::Runtime;

pub(crate) use child::copy_folder;
use child::{Fate, Job};
use store::{Moment, Scope, Strike};
use story::{Story, World};

/// Children that live at the same time.
const PARALLEL: usize = 3;

/// A story with all that its cases start from.
struct Matrix {
    story: Story,
    scope: Scope,
    base: tempfile::TempDir,
    world: World,
}

impl Matrix {
    fn new(name: &str, scope: Scope) -> Self {
        let base = tempfile::tempdir().unwrap();
        let world = Runtime::new().unwrap().block_on(async {
            let started = after::start(base.path(), Retention::default()).await;
            let world = story::prepare(&started.api, name).await;
            started.api.origin.close().await.unwrap();
            world
        });
        Self { story: story::story(name), scope, base, world }
    }

    /// One child, killed or not; what it leaves is judged.
    fn case(&self, runtime: &Runtime, strike: Option<Strike>) -> Fate {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(self.base.path(), folder.path());
        let data = folder.path().to_string_lossy().into_owned();
        let job = Job { story: self.story.name.to_owned(), data, scope: self.scope, strike };
        let fate = job.run();
        let context = format!("{}: {strike:?} {:?}", self.story.name, fate.struck);
        runtime.block_on(after::judge(Path::new(&job.data), &self.story, &self.world, &fate, &context));
        fate
    }

    /// The operations of a child that is not killed.
    fn operations(&self) -> Vec<String> {
        self.case(&Runtime::new().unwrap(), None).saw
    }

    /// All cases, a few at a time. Returns what was struck in each; none where the end came first.
    fn run(&self, strikes: &[Strike]) -> Vec<(Strike, Option<String>)> {
        let (next, struck) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            let runtime = Runtime::new().unwrap();
            while let Some(&strike) = strikes.get(next.fetch_add(1, Ordering::SeqCst)) {
                let fate = self.case(&runtime, Some(strike));
                struck.lock().unwrap().push((strike, fate.struck));
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..PARALLEL {
                scope.spawn(work);
            }
        });
        struck.into_inner().unwrap()
    }
}

/// Without the names that are hashes, which hold the time. Of reads the verb alone: several are under way at once, and
/// come in any order.
fn kind(operation: &str) -> &str {
    if let Some((verb @ ("get" | "list"), _)) = operation.split_once(' ') {
        return verb;
    }
    let hash = operation.len().saturating_sub(64);
    let is_hash = operation.get(hash..).is_some_and(|name| name.len() == 64 && !name.contains('/'));
    if is_hash { &operation[..hash] } else { operation }
}

/// When to kill at each of these operations. After an operation that only reads all is as before the next one, so once
/// is enough.
fn strikes(operations: &[String], before: bool) -> Vec<Strike> {
    let moments = |operation: &String| {
        let verb = operation.split(' ').next();
        let before = (before && !matches!(verb, Some("get" | "list"))).then_some(Moment::Before);
        let midway = (verb == Some("put")).then_some(Moment::Midway);
        before.into_iter().chain(midway).chain([Moment::After])
    };
    let each = |(number, operation)| moments(operation).map(move |moment| Strike { number, moment });
    operations.iter().enumerate().flat_map(each).collect()
}

/// Kills at every operation on the collection; these kinds must be among them.
fn every_operation_of(name: &str, kinds: &[&str]) {
    let matrix = Matrix::new(name, Scope::Collections);
    let operations = matrix.operations();
    for wanted in kinds {
        assert!(operations.iter().any(|o| o.starts_with(wanted)), "{name}: {wanted} is in {operations:?}");
    }
    let struck = matrix.run(&strikes(&operations, true));
    for (strike, struck) in struck {
        assert_eq!(struck.as_deref().map(kind), Some(kind(&operations[strike.number])), "{name}: {strike:?}");
    }
}

const PUBLISH: [&str; 5] = [
    "put collections/c/pages/",
    "put collections/c/blobs/",
    "put collections/c/manifests/",
    "put collections/c/versions/",
    "put collections/c/head",
];
const COLLECT: [&str; 5] = [
    "list collections/c/versions",
    "delete collections/c/versions/",
    "delete collections/c/manifests/",
    "delete collections/c/blobs/",
    "delete collections/c/pages/",
];

#[test]
fn the_first_publish_with_a_model() {
    every_operation_of("first", &PUBLISH[1..]);
}

#[test]
fn a_publish_of_changes() {
    every_operation_of("publish", &PUBLISH);
}

#[test]
fn a_publish_that_folds_segments() {
    every_operation_of("fold", &PUBLISH);
}

#[test]
fn a_publish_that_compacts_everything() {
    every_operation_of("compact", &PUBLISH);
}

#[test]
fn a_publish_after_many_deletes() {
    every_operation_of("deletes", &PUBLISH);
}

#[test]
fn going_back_to_an_earlier_version() {
    every_operation_of("rollback", &PUBLISH);
}

#[test]
fn collecting_garbage() {
    every_operation_of("collect", &COLLECT);
}

#[test]
fn a_publish_that_collects_garbage() {
    every_operation_of("publish and collect", &[PUBLISH, COLLECT].concat());
}

/// SlateDB's operations too, whose number differs: as many as any of a few runs had.
#[test]
fn a_day_of_writing_and_publishing() {
    let matrix = Matrix::new("a day", Scope::All);
    let runs: Vec<Vec<String>> = (0..3).map(|_| matrix.operations()).collect();
    let longest = runs.iter().max_by_key(|run| run.len()).unwrap();
    // Before an operation is after the one before it, or nearly so: what runs beside it differs anyway.
    let strikes = strikes(longest, false);
    let struck = matrix.run(&strikes);
    let least = runs.iter().map(Vec::len).min().unwrap();
    let mut struck: Vec<String> = struck.into_iter().filter_map(|(_, struck)| struck).collect();
    // Each number up to the least of them was surely struck.
    assert!(struck.len() >= least, "{} of {} children were killed", struck.len(), strikes.len());
    // What has a number is another operation in each run, so that rare ones may have been left out: they are aimed at.
    for wanted in [&PUBLISH[..], &COLLECT, &["put db/wal/", "put db/manifest/"]].concat() {
        let is_wanted = |operation: &String| operation.starts_with(wanted);
        for _ in 0..20 {
            if struck.iter().any(is_wanted) {
                break;
            }
            let operations = matrix.operations().into_iter().enumerate();
            let numbers = operations.filter(|(_, operation)| is_wanted(operation)).map(|(number, _)| number);
            let aimed: Vec<Strike> = numbers.map(|number| Strike { number, moment: Moment::After }).collect();
            struck.extend(matrix.run(&aimed).into_iter().filter_map(|(_, struck)| struck));
        }
        assert!(struck.iter().any(is_wanted), "{wanted} is in {struck:?}");
    }
}

/// A log has no garbage collection that finds what was written half; a start does.
#[tokio::test]
async fn a_start_removes_what_was_written_half_long_ago() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |grace| {
        let data = folder.path().to_string_lossy().into_owned();
        let retention = Retention { grace, ..Retention::default() };
        let origin = Origin::open(&Location { data, retention, ..Location::default() }).await.unwrap();
        origin.close().await.unwrap();
    };
    start(Duration::ZERO).await;
    let halves = ["db/wal/00000000000000000009.sst#1", "models/abc#12", "head#3"].map(|half| folder.path().join(half));
    let others = ["db/wal#1/kept", "models/abc#1b", "models/abc#"].map(|other| folder.path().join(other));
    for path in halves.iter().chain(&others) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"half").unwrap();
    }
    start(Duration::from_secs(3600)).await;
    assert!(halves.iter().chain(&others).all(|path| path.exists()), "somebody may still be writing them");
    start(Duration::ZERO).await;
    assert!(halves.iter().all(|path| !path.exists()));
    assert!(others.iter().all(|path| path.exists()), "these are no half-written objects");
}
