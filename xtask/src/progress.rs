//! Says what is going on: every step has a name, and none is silent for long.
//!
//! On a terminal a silent step has a spinner; without one, a line appears from time to time.
//!
//! Owns: the clock of this run and the list of its steps.

use std::io::IsTerminal as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use indicatif::{ProgressBar, ProgressStyle};

use crate::shell::{is_quiet, quietly};

static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
static STEPS: Mutex<Vec<(String, Duration)>> = Mutex::new(Vec::new());

/// How often a step without a terminal says that it still goes on.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Shorter steps do not stand in the summary.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Starts the clock.
pub(crate) fn start() {
    LazyLock::force(&STARTED);
}

/// Runs a step whose commands write to the screen themselves.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say(&format!("▸ {name}"));
    let life = (!std::io::stderr().is_terminal()).then(|| SignsOfLife::start(name));
    finish(name, life, work)
}

/// Runs a step that writes nothing.
pub(crate) fn silent_step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    if is_quiet() || !std::io::stderr().is_terminal() {
        return step(name, work);
    }
    let style = ProgressStyle::with_template("        {spinner} {msg} ({elapsed})")?;
    let bar = ProgressBar::new_spinner().with_style(style).with_message(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    finish(name, Some(bar), work)
}

/// Runs two things at once. What the commands of the first one print is shown only if one of them fails: two at a time
/// could not be read.
pub(crate) fn beside(first: impl FnOnce() -> Result<()> + Send, second: impl FnOnce() -> Result<()>) -> Result<()> {
    thread::scope(|scope| {
        let first = scope.spawn(|| quietly(first));
        let second = second();
        let first = first.join().map_err(|_| anyhow!("a step beside others panicked"))?;
        second.and(first)
    })
}

fn finish<T, P: Clear>(name: &str, sign: Option<P>, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = Instant::now();
    let outcome = work().with_context(|| format!("{name} failed"));
    if let Some(sign) = sign {
        sign.clear();
    }
    let took = started.elapsed();
    if outcome.is_ok() {
        say(&format!("✓ {name} ({:.1} s)", took.as_secs_f64()));
        STEPS.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), took));
    }
    outcome
}

/// A line with the time since the start.
pub(crate) fn say(line: &str) {
    let seconds = STARTED.elapsed().as_secs();
    println!("[{:>2}:{:02}] {line}", seconds / 60, seconds % 60);
}

/// All longer steps and how long they took.
pub(crate) fn summary() {
    let steps = STEPS.lock().unwrap_or_else(PoisonError::into_inner);
    println!("\n   seconds  step");
    for (name, took) in steps.iter().filter(|(_, took)| *took >= WORTH_TELLING) {
        println!("{:>10.1}  {name}", took.as_secs_f64());
    }
    println!("{:>10.1}  in all\n", STARTED.elapsed().as_secs_f64());
}

/// What a step shows while it runs, and takes away at its end.
trait Clear {
    fn clear(self);
}

impl Clear for ProgressBar {
    fn clear(self) {
        self.finish_and_clear();
    }
}

/// A thread that now and then says that a step still goes on.
struct SignsOfLife {
    end: mpsc::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl SignsOfLife {
    fn start(name: &str) -> Self {
        let (end, ended) = mpsc::channel();
        let (name, started) = (name.to_owned(), Instant::now());
        let thread = thread::spawn(move || {
            while ended.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
                say(&format!("  {name} goes on ({} s)", started.elapsed().as_secs()));
            }
        });
        Self { end, thread }
    }
}

impl Clear for SignsOfLife {
    fn clear(self) {
        drop(self.end);
        // A thread that only prints: how it ended is of no interest.
        let _ = self.thread.join();
    }
}
