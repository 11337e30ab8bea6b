//! Unpublished changes become segments in memory, so that a search need not look at each of them.
//!
//! ```text
//! writer ── many changes, or some for a while? ── plan (under the lock) ── build (one core, no lock) ── take (under the lock)
//! ```
//!
//! One task for each collection. What is sealed stays among the unpublished changes as well: publishing starts from
//! these, so a seal that fails, or that is of no use any more, loses nothing.
//!
//! Owns: when to seal. Does not own: what is sealed together, which the view says.

use std::sync::Weak;
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::snapshot::{Seal, Sealed};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::{Collection, blocking};

/// More unsealed changes than this are sealed at once: each costs a search by words some microseconds, and so few are
/// built in some milliseconds.
const MANY: usize = 128;
/// No more than this are left as they are: to look at them costs a search no more than one segment does.
const FEW: usize = 32;
/// How long what is between the two waits for more.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long after a first failure it is tried again; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Has the sealer look, and ends it.
pub(super) struct Sealer(watch::Sender<bool>);

impl Sealer {
    /// One that nobody listens to yet, and what the task listens to.
    pub(super) fn new() -> (Self, watch::Receiver<bool>) {
        let (sender, told) = watch::channel(false);
        (Self(sender), told)
    }

    /// Says that something has changed.
    pub(super) fn wake(&self) {
        // Whoever was stopped stays so.
        self.0.send_modify(|_| ());
    }

    /// Ends it. What is being built is of no use to anybody then.
    pub(super) fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// Seals until the collection is closed or gone.
pub(super) async fn run(collection: Weak<Collection>, mut told: watch::Receiver<bool>) {
    let (mut first_seen, mut failures): (Option<Instant>, u32) = (None, 0);
    loop {
        if *told.borrow_and_update() {
            return;
        }
        let Some(unsealed) = collection.upgrade().map(|collection| collection.read().view.unsealed()) else { return };
        let due = if unsealed > MANY {
            Some(Instant::now())
        } else if unsealed > FEW {
            Some(*first_seen.get_or_insert_with(Instant::now) + PATIENCE)
        } else {
            None
        };
        let is_due = match due {
            None => {
                first_seen = None;
                told.changed().await.map(|()| false)
            }
            Some(due) if due > Instant::now() => tokio::select! {
                changed = told.changed() => changed.map(|()| false),
                () = tokio::time::sleep_until(due) => Ok(true),
            },
            Some(_) => Ok(true),
        };
        match is_due {
            Err(_) => return,
            Ok(false) => continue,
            Ok(true) => first_seen = None,
        }
        match seal(&collection).await {
            Ok(()) => failures = 0,
            Err(error) => {
                if failures == 0
                    && let Some(collection) = collection.upgrade()
                {
                    let collection = collection.name();
                    tracing::warn!(collection, %error, "sealing failed: searches look at each unpublished change until it succeeds");
                }
                let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE);
                failures += 1;
                if tokio::time::timeout(pause, told.wait_for(|&stopped| stopped)).await.is_ok() {
                    return;
                }
            }
        }
    }
}

/// Seals what is unsealed now, or as much as is sealed at a time.
async fn seal(collection: &Weak<Collection>) -> Result<()> {
    let Some(planning) = collection.upgrade() else { return Ok(()) };
    let Some(seal) = blocking(move || Ok(planning.read().view.plan_seal())).await? else { return Ok(()) };
    let (points, started) = (seal.points(), Instant::now());
    let sealed = built(seal).await?;
    let Some(taking) = collection.upgrade() else { return Ok(()) };
    blocking(move || {
        let taken = taking.write().take(sealed);
        let ms = started.elapsed().as_millis();
        tracing::debug!(collection = taking.name(), points, ms, taken, "sealed");
        Ok(())
    })
    .await
}

/// Builds in a thread of its own, which a stop need not wait for.
async fn built(seal: Seal) -> Result<Sealed> {
    let ended = || Error::new(Code::Internal, "the thread that seals ended unexpectedly; see the log");
    let (done, outcome) = oneshot::channel();
    let build = move || {
        let _ = done.send(seal.build());
    };
    let spawned = std::thread::Builder::new().name("seal".into()).spawn(build);
    spawned.map_err(|e| Error::new(Code::Internal, format!("no thread can be had to seal: {e}")))?;
    outcome.await.map_err(|_| ended())?
}
