//! From a head in the bucket to a snapshot in memory, verified at every step.
//!
//! ```text
//! head ──accept (key, signature, version, expiry)──> manifest ──hash──> blobs ──hash──> Snapshot
//! ```
//!
//! Only blobs that the held snapshot does not share are fetched. The snapshot is swapped whole;
//! when anything fails, the last good one goes on serving and its answers name the failure.
//!
//! Nothing here holds a snapshot while it waits: where there is no room for two, the old one is gone before the first
//! blob of the new one arrives.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use headwater_core::error::{Code, Error, Result};
use headwater_core::ids::Hash;
use headwater_core::manifest::{Acceptance, BlobRef, Head, Manifest, Seen, SignedHead};
use headwater_core::snapshot::Snapshot;
use worker::{Context, Delay};

use crate::cache::{Cache, Followed, Loaded, Look, Outcome, Served, Ticket, lost};
use crate::config::Config;
use crate::route::Kind;
use crate::store::{Store, StoredHead};

/// How often a request looks again while another one loads.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long it does so: a load that takes longer is going on all the same, and the client may retry.
const MAX_WAIT_MS: u64 = 20_000;

thread_local! {
    static CACHE: RefCell<Cache<Snapshot>> = const { RefCell::new(Cache::new()) };
}

/// What all collections are loaded with.
#[derive(Clone, Copy)]
pub(crate) struct Deployment<'a> {
    pub(crate) store: &'a Store,
    pub(crate) config: &'a Config,
    pub(crate) context: &'a Context,
}

impl<'a> Deployment<'a> {
    pub(crate) const fn collection(self, collection: &'a str) -> Source<'a> {
        let Self { store, config, context } = self;
        Source { store, config, context, collection }
    }
}

/// What a request needs to load one.
pub(crate) struct Source<'a> {
    pub(crate) store: &'a Store,
    pub(crate) config: &'a Config,
    pub(crate) context: &'a Context,
    pub(crate) collection: &'a str,
}

/// The runtime's clock. At Cloudflare it stands still while code runs and moves on with IO.
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// The snapshot to answer from.
pub(crate) async fn current(source: &Source<'_>) -> Result<Served<Snapshot>> {
    not_older(source, source.config.head_ttl_ms).await
}

/// The snapshot that the bucket's head names now.
pub(crate) async fn newest(source: &Source<'_>) -> Result<Served<Snapshot>> {
    not_older(source, 0).await
}

async fn not_older(source: &Source<'_>, head_ttl_ms: u64) -> Result<Served<Snapshot>> {
    let started_ms = now_ms();
    with_cache(|cache| cache.set_budget(source.config.budget_bytes));
    loop {
        match with_cache(|cache| cache.look(source.collection, now_ms(), head_ttl_ms)) {
            Look::Serve(served) => return source.unless_expired(served),
            Look::Fail(error) => return Err(error),
            Look::Check(ticket) => {
                let outcome = source.check(ticket).await;
                let settled = with_cache(|cache| cache.settle(source.collection, ticket, now_ms(), outcome));
                if let Some(answer) = settled {
                    return answer.and_then(|served| source.unless_expired(served));
                }
            }
            Look::Wait => {}
        }
        if now_ms().saturating_sub(started_ms) > MAX_WAIT_MS {
            let message = format!("collection {:?} is still being loaded; try again in a moment", source.collection);
            return Err(Error::new(Code::NotReady, message));
        }
        Delay::from(LOOK_AGAIN).await;
    }
}

/// State is touched between awaits only, never across one.
fn with_cache<R>(act: impl FnOnce(&mut Cache<Snapshot>) -> R) -> R {
    CACHE.with_borrow_mut(act)
}

impl Source<'_> {
    /// What has expired is served, and says so, unless the operator wants it refused.
    fn unless_expired(&self, served: Served<Snapshot>) -> Result<Served<Snapshot>> {
        if self.config.serve_expired || served.stale != Some(Code::HeadExpired) {
            return Ok(served);
        }
        let message = format!("the head of {:?} has expired; the origin must sign and publish anew", self.collection);
        Err(Error::new(Code::HeadExpired, message))
    }

    async fn check(&self, ticket: Ticket) -> Outcome<Snapshot> {
        let stored = match self.store.head(self.collection).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Outcome::Gone(not_published(self.collection)),
            Err(error) => return Outcome::Failed { manifest: None, error },
        };
        let followed = match self.accept(ticket, &stored) {
            Ok(followed) => followed,
            Err(error) => return Outcome::Failed { manifest: None, error },
        };
        let offered = followed.head.manifest.hash;
        let held = with_cache(|c| c.standing(self.collection, ticket)).and_then(|s| s.held);
        if held.is_some_and(|held| held.head.manifest.hash == offered) {
            return Outcome::Confirmed(followed);
        }
        let failed = match with_cache(|c| c.too_early(self.collection, ticket, offered, now_ms())) {
            Some(error) => error,
            None => match self.load(ticket, followed).await {
                Ok(loaded) => return Outcome::Loaded(loaded),
                Err(error) => error,
            },
        };
        self.fall_back(ticket, offered, failed).await
    }

    /// When the held snapshot had to make room for one that failed, it is loaded again.
    async fn fall_back(&self, ticket: Ticket, offered: Hash, error: Error) -> Outcome<Snapshot> {
        let manifest = Some(offered);
        let standing = with_cache(|c| c.standing(self.collection, ticket));
        let good = standing.filter(|s| s.held.is_none()).and_then(|s| s.last_good);
        let Some(good) = good.filter(|g| g.head.manifest.hash != offered) else {
            return Outcome::Failed { manifest, error };
        };
        match self.load(ticket, good).await {
            Ok(loaded) => Outcome::FellBack { manifest, error, loaded },
            Err(_) => Outcome::Failed { manifest, error },
        }
    }

    fn accept(&self, ticket: Ticket, stored: &StoredHead) -> Result<Followed> {
        let seen = with_cache(|c| c.standing(self.collection, ticket)).map_or(Seen::default(), |s| s.seen);
        let signed = SignedHead::from_json(&stored.bytes)?;
        let key = signed.key.clone();
        let accepted = signed.accept(&Acceptance {
            trust: &self.config.trust,
            collection: Some(self.collection),
            seen,
            now_ms: now_ms(),
        })?;
        with_cache(|c| c.accepted(self.collection, ticket, accepted.seen()));
        Ok(Followed { head: accepted.head, key })
    }

    async fn load(&self, ticket: Ticket, followed: Followed) -> Result<Loaded<Snapshot>> {
        let manifest = self.manifest(&followed.head).await?;
        let wanted = with_cache(|c| c.prepare(self.collection, ticket, &manifest, now_ms()))?;
        self.fetch(ticket, &wanted).await?;
        let snapshot = with_cache(|c| c.open(self.collection, ticket, manifest))?;
        Ok(Loaded { bytes: snapshot.resident_bytes(), snapshot: Arc::new(snapshot), followed })
    }

    async fn manifest(&self, head: &Head) -> Result<Manifest> {
        Manifest::decode(&self.store.manifest(self.collection, &head.manifest).await?, head)
    }

    async fn fetch(&self, ticket: Ticket, blobs: &[BlobRef]) -> Result<()> {
        for blob in blobs {
            if with_cache(|c| c.has_landed(self.collection, ticket, &blob.hash)) {
                continue;
            }
            let beat = || match with_cache(|c| c.beat(self.collection, ticket, now_ms())) {
                true => Ok(()),
                false => Err(lost(self.collection)),
            };
            let (landed, from_r2) = self.store.blob(self.collection, blob, beat).await?;
            if !with_cache(|c| c.land(self.collection, ticket, landed)) {
                return Err(lost(self.collection));
            }
            if from_r2 {
                let (store, collection, hash) = (self.store.clone(), self.collection.to_owned(), blob.hash);
                self.context.wait_until(async move { store.remember(collection, Kind::Blob, hash).await });
            }
        }
        Ok(())
    }
}

pub(crate) fn not_published(collection: &str) -> Error {
    Error::new(
        Code::CollectionNotFound,
        format!(
            "nothing was published to this edge as {collection:?}; run `headwater publish --collection {collection} --to` this URL"
        ),
    )
}
