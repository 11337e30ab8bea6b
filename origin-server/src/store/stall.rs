//! Whether the store takes writes.
//!
//! SlateDB tries a write that its object store refuses again and again, and says nothing: a full disk or a dead
//! bucket shows as writes that do not end. Giving such a write up would be wrong, because it may be durable already
//! or become so; so it is waited for however long it takes, and whoever has asked is told after a while that it is.
//!
//! Owns: since when a write has been waited for too long. Does not own: the writes.

use std::sync::Arc;
use std::time::Duration;

use headwater_core::error::Result;
use tokio::sync::watch;
use tokio::time::Instant;

/// What is known of the writes of a store; clones share it.
#[derive(Debug, Clone)]
pub struct Stall {
    /// How long a write may take.
    within: Duration,
    writes: Arc<watch::Sender<Writes>>,
}

#[derive(Debug)]
struct Writes {
    /// Those that have taken too long and have not ended.
    late: usize,
    /// Since when the first of them has been waited for.
    since: Option<Instant>,
    /// When the last write succeeded, or this was made.
    last_good: Instant,
}

impl Stall {
    pub(super) fn new(within: Duration) -> Self {
        let writes = Writes { late: 0, since: None, last_good: Instant::now() };
        Self { within, writes: Arc::new(watch::Sender::new(writes)) }
    }

    /// Waits for a write to its end, and has it known when that takes too long.
    pub(super) async fn watch<T>(&self, write: impl Future<Output = Result<T>>) -> Result<T> {
        let began = Instant::now();
        let mut write = std::pin::pin!(write);
        let outcome = match tokio::time::timeout(self.within, &mut write).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let late = Late::new(self, began);
                let outcome = write.await;
                late.end(outcome.is_ok());
                outcome
            }
        };
        if outcome.is_ok() {
            self.writes.send_modify(|writes| writes.last_good = Instant::now());
        }
        outcome
    }

    /// For how long a write has been waited for, when that is too long.
    #[must_use]
    pub fn lasts(&self) -> Option<Duration> {
        self.writes.borrow().since.map(|since| since.elapsed())
    }

    /// What keeps whoever waits for the store, in a sentence.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let seconds = self.lasts()?.as_secs();
        Some(format!(
            "the store has taken no write for {seconds} s: its disk may be full, or its bucket does not answer. Writes are tried until \
             they succeed, and nothing that was acknowledged is lost"
        ))
    }

    /// Returns when the store takes no writes.
    pub async fn begins(&self) {
        // The sender lives as long as this, so the wait ends by what is waited for only.
        let _ = self.writes.subscribe().wait_for(|writes| writes.since.is_some()).await;
    }

    /// How long ago a write last succeeded.
    pub(crate) fn quiet(&self) -> Duration {
        self.writes.borrow().last_good.elapsed()
    }

    /// How long a write may take.
    pub(crate) const fn within(&self) -> Duration {
        self.within
    }
}

/// A write that has taken too long.
struct Late<'a>(&'a Stall);

impl<'a> Late<'a> {
    fn new(stall: &'a Stall, began: Instant) -> Self {
        let mut is_first = false;
        stall.writes.send_modify(|writes| {
            writes.late += 1;
            is_first = writes.since.is_none();
            writes.since.get_or_insert(began);
        });
        if is_first && let Some(reason) = stall.reason() {
            tracing::error!("{reason}; until then writes and publishes are answered with 503");
        }
        Self(stall)
    }

    fn end(self, is_good: bool) {
        let lasted = self.0.lasts().unwrap_or_default();
        let stall = self.0;
        drop(self);
        if is_good && stall.lasts().is_none() {
            tracing::info!("the store takes writes again, after {} s", lasted.as_secs());
        }
    }
}

impl Drop for Late<'_> {
    fn drop(&mut self) {
        self.0.writes.send_modify(|writes| {
            writes.late = writes.late.saturating_sub(1);
            if writes.late == 0 {
                writes.since = None;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use headwater_core::error::{Code, Error};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_lasts_from_the_first_late_write_to_the_end_of_the_last() {
        let stall = Stall::new(Duration::from_secs(30));
        let start = || {
            let (end, ended) = oneshot::channel::<Result<u8>>();
            let stall = stall.clone();
            (end, tokio::spawn(async move { stall.watch(async { ended.await.unwrap() }).await }))
        };
        assert_eq!(stall.watch(async { Ok(1) }).await.unwrap(), 1);
        let (first, one) = start();
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(stall.lasts(), None);
        let (second, other) = start();
        stall.begins().await;
        tokio::time::sleep(Duration::from_secs(35)).await;
        assert_eq!(stall.lasts(), Some(Duration::from_secs(65)), "since it was handed over");
        assert!(stall.reason().unwrap().contains("no write for 65 s"));
        first.send(Ok(2)).unwrap();
        assert_eq!(one.await.unwrap().unwrap(), 2, "a late write is no failed one");
        assert!(stall.lasts().is_some(), "another one is late");
        second.send(Err(Error::new(Code::Conflict, "taken over"))).unwrap();
        assert_eq!(other.await.unwrap().unwrap_err().code(), Code::Conflict);
        assert_eq!((stall.lasts(), stall.reason()), (None, None));
    }
}
