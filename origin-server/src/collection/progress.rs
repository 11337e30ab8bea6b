//! What a publish is doing, for whoever asks and for the log.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use headwater_core::error::Error;
use headwater_core::model::{Problem, PublishPhase, PublishProgress};

use crate::clock;

/// How often a long publish is heard of in the log.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// Of one collection, whose publishes come one after the other.
#[derive(Default)]
pub(super) struct Progress(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    now: Option<Now>,
    automatic: bool,
    last_error: Option<Error>,
}

struct Now {
    phase: PublishPhase,
    done: u64,
    total: u64,
    since: Instant,
    reported: Instant,
}

/// A publish that is shown until this is dropped, however it ends.
pub(super) struct Showing<'a> {
    progress: &'a Progress,
    collection: &'a str,
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins with a phase. Only who has the turn to publish may show what it does.
    pub(super) fn begin<'a>(&'a self, collection: &'a str, phase: PublishPhase) -> Showing<'a> {
        let now = Instant::now();
        self.lock().now = Some(Now { phase, done: 0, total: 0, since: now, reported: now });
        Showing { progress: self, collection }
    }

    /// So many of so many steps of a phase are done; 0 of 0 where that is not known. A build whose publish was given up
    /// is not heard.
    pub(super) fn show(&self, collection: &str, phase: PublishPhase, done: u64, total: u64) {
        let mut shown = self.lock();
        let Some(now) = &mut shown.now else { return };
        let moment = Instant::now();
        if now.phase != phase {
            (now.phase, now.since) = (phase, moment);
        }
        (now.done, now.total) = (done, total);
        if now.reported + REPORT_EVERY <= moment {
            now.reported = moment;
            tracing::info!(collection, done, total, "publishing: {}", phase.in_words());
        }
    }

    /// Says that nobody asked for the publish that comes, or that this has ended and how.
    pub(super) fn set_automatic(&self, automatic: bool, outcome: Option<Error>) {
        let mut shown = self.lock();
        shown.automatic = automatic;
        if !automatic {
            shown.last_error = outcome;
        }
    }

    pub(super) fn read(&self) -> PublishProgress {
        let shown = self.lock();
        let last_error = shown.last_error.as_ref().map(Problem::from);
        let Some(now) = &shown.now else {
            return PublishProgress { last_error, ..PublishProgress::default() };
        };
        PublishProgress {
            publishing: true,
            automatic: shown.automatic,
            phase: Some(now.phase),
            done: now.done,
            total: now.total,
            phase_ms: clock::ms(now.since.elapsed()),
            waits_for: None,
            last_error,
        }
    }
}

impl Showing<'_> {
    /// See [`Progress::show`].
    pub(super) fn show(&self, phase: PublishPhase, done: u64, total: u64) {
        self.progress.show(self.collection, phase, done, total);
    }
}

impl Drop for Showing<'_> {
    fn drop(&mut self) {
        self.progress.lock().now = None;
    }
}
