//! Publishes what has become large, one collection at a time: a build takes all cores and, for a while, some times the
//! memory of its points.
//!
//! Owns: when a publish that failed is tried again. Does not own: publishing, which is the collections'.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use tokio::time::Instant;

use super::Budget;
use crate::collection::Collection;
use crate::server::Origin;

/// How long after a first failure it is tried again; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Collections whose publishing failed: how often, and when it is tried again.
type Failed = HashMap<String, (u32, Instant)>;

/// Publishes until the server is gone or closes. It wakes when a collection has grown.
pub(crate) async fn run(origin: Weak<Origin>, budget: Arc<Budget>) {
    if budget.publish_at().is_none() {
        return;
    }
    let mut failed = Failed::new();
    loop {
        let due = match origin.upgrade() {
            Some(origin) if !origin.is_closing() => due(origin.all().await, &budget, &failed),
            _ => return,
        };
        if let Some(collection) = due {
            let name = collection.name().to_owned();
            match publish(collection).await {
                Ok(()) => drop(failed.remove(&name)),
                Err(error) => {
                    let times = failed.get(&name).map_or(0, |(times, _)| *times);
                    let pause = FIRST_PAUSE.saturating_mul(1 << times.min(10)).min(LONGEST_PAUSE);
                    failed.insert(name.clone(), (times + 1, Instant::now() + pause));
                    tell(&name, &error, pause);
                }
            }
            continue;
        }
        match failed.values().map(|(_, again)| *again).filter(|again| *again > Instant::now()).min() {
            Some(again) => tokio::select! { () = budget.woken() => {}, () = tokio::time::sleep_until(again) => {} },
            None => budget.woken().await,
        }
    }
}

/// The collection that keeps most, when that is enough, among those that are not to be left alone for a while.
fn due(all: Vec<Arc<Collection>>, budget: &Budget, failed: &Failed) -> Option<Arc<Collection>> {
    let now = Instant::now();
    let rests = |name: &str| failed.get(name).is_some_and(|(_, again)| *again > now);
    let largest = all.into_iter().filter(|c| !rests(c.name())).max_by_key(|c| c.pending_bytes())?;
    let bytes = largest.pending_bytes();
    let large = budget.publish_at().is_some_and(|at| bytes >= at);
    (large || bytes > 0 && budget.is_half_full()).then_some(largest)
}

/// In a task of its own: the server may go meanwhile, but no publish is left half-way for that.
async fn publish(collection: Arc<Collection>) -> Result<()> {
    let ended = |_| Err(Error::new(Code::Internal, "publishing ended unexpectedly; see the log above"));
    let receipt = tokio::spawn(async move { collection.publish_automatically().await }).await.unwrap_or_else(ended)?;
    metrics::histogram!("headwater_publish_seconds").record(receipt.took_ms as f64 / 1e3);
    match receipt.changed {
        true => Ok(()),
        false => Err(Error::new(Code::Internal, "there was nothing to publish")),
    }
}

fn tell(collection: &str, error: &Error, pause: Duration) {
    let pause = pause.as_secs();
    match error.code() {
        Code::Closed => tracing::info!(collection, %error, "automatic publishing was left off"),
        _ => tracing::error!(collection, %error, "automatic publishing failed; it is tried again in {pause} s"),
    }
}
