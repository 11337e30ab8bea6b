//! What an isolate holds in memory: one snapshot a collection, within a budget of bytes.
//!
//! ```text
//! look ──> Serve                            a snapshot, its head asked for lately
//!      ──> Fail                             none, and a lately refused source
//!      ──> Wait                             none, and somebody is loading
//!      ──> Check(ticket) ──> prepare ──> land … ──> open ──> settle ──> Serve | Fail
//! ```
//!
//! An isolate runs many requests, interleaved on one thread, and a request must not await what
//! another one started: its reads belong to its own context and end with it. So nothing is shared
//! but this state. One request takes the *ticket* of a collection and loads; the others serve what
//! is held, or look again after a little while. A holder that has not shown a sign of life for
//! [`STALLED_MS`] (its client went away, say) loses the ticket to the next request, which goes on
//! with the blobs that have landed; whatever the old holder still does is ignored.
//!
//! Who loads has no snapshot in its hands while it waits for bytes: what the next version is built on stays in here,
//! where it can be let go (`renewal`). What is let go is freed at once, or when the requests that are answering from it
//! have answered.
//!
//! Owns: snapshots, blobs under way, the highest versions accepted of each collection, failures.
//! Does not own: how bytes come here, and the clock.

mod budget;
#[cfg(test)]
mod living_tests;
mod renewal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::manifest::{Head, Seen, VerifiedBlob};

#[cfg(test)]
use budget::Room;
pub(crate) use budget::check_budget;
pub(crate) use renewal::lost;

/// A loader that has been silent for so long is gone. It beats with every piece it receives.
pub(crate) const STALLED_MS: u64 = 5000;
/// After a failed load the same manifest is tried again after 1 s, 2 s, 4 s … up to this.
const MAX_BACKOFF_MS: u64 = 30_000;
/// Collections that are remembered without a snapshot. Names come from outside.
const MAX_COLLECTIONS: usize = 1024;

/// The right to load one collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

/// A head with the key that signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    pub(crate) head: Head,
    pub(crate) key: String,
}

/// A snapshot to answer from.
#[derive(Debug)]
pub(crate) struct Served<S> {
    pub(crate) snapshot: Arc<S>,
    /// The key that signed its head.
    pub(crate) key: String,
    /// When that was.
    pub(crate) issued_ms: u64,
    /// Milliseconds since its head was last found to be the newest.
    pub(crate) head_age_ms: u64,
    /// Why a newer one, or the newest state of the source, could not be had.
    pub(crate) stale: Option<Code>,
}

/// What to do for a request.
#[derive(Debug)]
pub(crate) enum Look<S> {
    Serve(Served<S>),
    Fail(Error),
    Wait,
    Check(Ticket),
}

/// What a holder of the ticket has to know.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(crate) held: Option<Followed>,
    pub(crate) seen: Seen,
    /// The last head whose snapshot opened, also when that snapshot has been let go since.
    pub(crate) last_good: Option<Followed>,
}

/// How a check ended.
#[derive(Debug)]
pub(crate) enum Outcome<S> {
    /// The head names what is held.
    Confirmed(Followed),
    /// A snapshot that was loaded anew.
    Loaded(Loaded<S>),
    /// The source was refused or could not be read; `manifest` is what could not be loaded.
    Failed { manifest: Option<Hash>, error: Error },
    /// The same, and the last good version was loaded again because it had been let go.
    FellBack { manifest: Option<Hash>, error: Error, loaded: Loaded<S> },
    /// The source has no such collection (any more).
    Gone(Error),
}

#[derive(Debug)]
pub(crate) struct Loaded<S> {
    pub(crate) snapshot: Arc<S>,
    pub(crate) followed: Followed,
    pub(crate) bytes: u64,
}

#[derive(Debug)]
struct Load<S> {
    ticket: Ticket,
    beat_ms: u64,
    reserved_bytes: u64,
    landed: BTreeMap<Hash, VerifiedBlob>,
    base: Option<Base<S>>,
}

/// What is left of a snapshot that had to go: the parts that its successor takes over.
#[derive(Debug)]
struct Base<S> {
    snapshot: Arc<S>,
    bytes: u64,
}

#[derive(Debug)]
struct Refusal {
    manifest: Option<Hash>,
    error: Error,
    attempts: u32,
    retry_ms: u64,
}

#[derive(Debug)]
struct Entry<S> {
    held: Option<Loaded<S>>,
    last_good: Option<Followed>,
    seen: Seen,
    load: Option<Load<S>>,
    refusal: Option<Refusal>,
    /// When the source was last asked, with whatever success.
    checked_ms: Option<u64>,
    /// When it last confirmed what is held.
    confirmed_ms: u64,
    used: u64,
}

impl<S> Default for Entry<S> {
    fn default() -> Self {
        Self {
            held: None,
            last_good: None,
            seen: Seen::default(),
            load: None,
            refusal: None,
            checked_ms: None,
            confirmed_ms: 0,
            used: 0,
        }
    }
}

impl<S> Entry<S> {
    fn serve(&self, now_ms: u64) -> Option<Served<S>> {
        self.held.as_ref().map(|held| Served {
            snapshot: Arc::clone(&held.snapshot),
            key: held.followed.key.clone(),
            issued_ms: held.followed.head.issued_ms,
            head_age_ms: now_ms.saturating_sub(self.confirmed_ms),
            stale: self.refusal.as_ref().map(|r| r.error.code()),
        })
    }

    /// Bytes that are held, and that a load has or will have.
    fn bytes(&self) -> u64 {
        let load = |l: &Load<S>| l.reserved_bytes.saturating_add(l.base.as_ref().map_or(0, |base| base.bytes));
        let held = self.held.as_ref().map_or(0, |held| held.bytes);
        held.saturating_add(self.load.as_ref().map_or(0, load))
    }

    fn hold(&mut self, loaded: Loaded<S>, now_ms: u64) {
        self.last_good = Some(loaded.followed.clone());
        self.held = Some(loaded);
        self.confirmed_ms = now_ms;
    }

    fn refuse(&mut self, manifest: Option<Hash>, error: Error, now_ms: u64) {
        let attempts = match &self.refusal {
            Some(last) if last.manifest == manifest => {
                if manifest.is_some() && now_ms < last.retry_ms {
                    // Nothing was tried: it was too early.
                    return;
                }
                last.attempts.saturating_add(1)
            }
            _ => 1,
        };
        let wait_ms = 1000u64.checked_shl(attempts - 1).unwrap_or(MAX_BACKOFF_MS).min(MAX_BACKOFF_MS);
        self.refusal = Some(Refusal { manifest, error, attempts, retry_ms: now_ms.saturating_add(wait_ms) });
    }
}

/// The snapshots of one isolate.
#[derive(Debug)]
pub(crate) struct Cache<S> {
    budget_bytes: u64,
    entries: BTreeMap<String, Entry<S>>,
    ticks: u64,
}

impl<S> Cache<S> {
    pub(crate) const fn new() -> Self {
        Self { budget_bytes: 0, entries: BTreeMap::new(), ticks: 0 }
    }

    /// Decides what a request for `collection` does.
    pub(crate) fn look(&mut self, collection: &str, now_ms: u64, head_ttl_ms: u64) -> Look<S> {
        self.ticks += 1;
        let ticket = Ticket(self.ticks);
        self.forget_strangers();
        let entry = self.entries.entry(collection.to_owned()).or_default();
        entry.used = self.ticks;
        let loading = entry.load.as_ref().is_some_and(|l| now_ms.saturating_sub(l.beat_ms) < STALLED_MS);
        let fresh = entry.checked_ms.is_some_and(|at| now_ms.saturating_sub(at) < head_ttl_ms);
        if loading || fresh {
            if let Some(served) = entry.serve(now_ms) {
                return Look::Serve(served);
            }
            if loading {
                return Look::Wait;
            }
            if let Some(refusal) = &entry.refusal {
                return Look::Fail(refusal.error.clone());
            }
        }
        let (landed, base) = entry.load.take().map(|l| (l.landed, l.base)).unwrap_or_default();
        let reserved_bytes = landed.values().map(|landed| landed.blob().bytes).sum();
        entry.load = Some(Load { ticket, beat_ms: now_ms, reserved_bytes, landed, base });
        Look::Check(ticket)
    }

    /// What the holder of this ticket starts from; none: the ticket is lost.
    pub(crate) fn standing(&self, collection: &str, ticket: Ticket) -> Option<Standing> {
        self.entry(collection, ticket).map(|entry| Standing {
            held: entry.held.as_ref().map(|h| h.followed.clone()),
            seen: entry.seen,
            last_good: entry.last_good.clone(),
        })
    }

    /// Remembers the versions that were accepted, so that no lower one ever is.
    pub(crate) fn accepted(&mut self, collection: &str, ticket: Ticket, seen: Seen) {
        if let Some(entry) = self.entry_mut(collection, ticket) {
            entry.seen = entry.seen.and(seen);
        }
    }

    /// The error of this manifest's last load, while it is too early to try it again.
    pub(crate) fn too_early(&self, collection: &str, ticket: Ticket, manifest: Hash, now_ms: u64) -> Option<Error> {
        let refusal = self.entry(collection, ticket)?.refusal.as_ref()?;
        (refusal.manifest == Some(manifest) && now_ms < refusal.retry_ms).then(|| refusal.error.clone())
    }

    /// Says that the load goes on; false: the ticket is lost.
    pub(crate) fn beat(&mut self, collection: &str, ticket: Ticket, now_ms: u64) -> bool {
        self.load_mut(collection, ticket).map(|load| load.beat_ms = now_ms).is_some()
    }

    /// Keeps a checked blob of the load; false: the ticket is lost.
    pub(crate) fn land(&mut self, collection: &str, ticket: Ticket, blob: VerifiedBlob) -> bool {
        self.load_mut(collection, ticket).map(|load| load.landed.insert(blob.blob().hash, blob)).is_some()
    }

    /// Whether a blob of the load has landed.
    pub(crate) fn has_landed(&self, collection: &str, ticket: Ticket, hash: &Hash) -> bool {
        let load = self.entry(collection, ticket).and_then(|e| e.load.as_ref());
        load.is_some_and(|load| load.landed.contains_key(hash))
    }

    /// Ends the check and says how to answer; none: the ticket was lost, look again.
    pub(crate) fn settle(
        &mut self,
        collection: &str,
        ticket: Ticket,
        now_ms: u64,
        outcome: Outcome<S>,
    ) -> Option<Result<Served<S>>> {
        let entry = self.entry_mut(collection, ticket)?;
        entry.load = None;
        entry.checked_ms = Some(now_ms);
        match outcome {
            Outcome::Confirmed(followed) => {
                if let Some(held) = &mut entry.held {
                    held.followed = followed.clone();
                }
                entry.last_good = Some(followed);
                entry.confirmed_ms = now_ms;
                entry.refusal = None;
            }
            Outcome::Loaded(loaded) => {
                entry.hold(loaded, now_ms);
                entry.refusal = None;
            }
            Outcome::Failed { manifest, error } => entry.refuse(manifest, error, now_ms),
            Outcome::FellBack { manifest, error, loaded } => {
                entry.hold(loaded, now_ms);
                entry.refuse(manifest, error, now_ms);
            }
            Outcome::Gone(error) => {
                (entry.held, entry.last_good, entry.refusal, entry.checked_ms) = (None, None, None, None);
                if entry.seen == Seen::default() {
                    self.entries.remove(collection);
                }
                return Some(Err(error));
            }
        }
        let refused = || Error::new(Code::NotReady, "the snapshot was let go while it was confirmed; try again");
        let answer =
            entry.serve(now_ms).ok_or_else(|| entry.refusal.as_ref().map_or_else(refused, |r| r.error.clone()));
        self.keep_to_budget(collection);
        Some(answer)
    }

    fn entry(&self, collection: &str, ticket: Ticket) -> Option<&Entry<S>> {
        self.entries.get(collection).filter(|e| e.load.as_ref().is_some_and(|l| l.ticket == ticket))
    }

    fn entry_mut(&mut self, collection: &str, ticket: Ticket) -> Option<&mut Entry<S>> {
        self.entries.get_mut(collection).filter(|e| e.load.as_ref().is_some_and(|l| l.ticket == ticket))
    }

    fn load_mut(&mut self, collection: &str, ticket: Ticket) -> Option<&mut Load<S>> {
        self.entry_mut(collection, ticket)?.load.as_mut()
    }

    fn forget_strangers(&mut self) {
        while self.entries.len() >= MAX_COLLECTIONS {
            let idle = self.entries.iter().filter(|(_, e)| e.held.is_none() && e.load.is_none());
            let Some(oldest) = idle.min_by_key(|(_, e)| e.used).map(|(name, _)| name.clone()) else { return };
            self.entries.remove(&oldest);
        }
    }
}
