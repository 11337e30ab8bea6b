use super::*;
use headwater_core::ids::Version;
use headwater_core::manifest::{BlobRef, Seen};

const TTL_MS: u64 = 1000;

fn cache(budget_bytes: u64) -> Cache<&'static str> {
    let mut cache = Cache::new();
    cache.set_budget(budget_bytes);
    cache
}

fn followed(version: Version) -> Followed {
    let manifest = BlobRef::of(&version.to_le_bytes());
    let head = Head { collection: "c".into(), version, lsn: version, manifest, issued_ms: 0, expires_ms: None };
    Followed { head, key: "ed25519:…".into() }
}

fn loaded(name: &'static str, version: Version, bytes: u64) -> Loaded<&'static str> {
    Loaded { snapshot: Arc::new(name), followed: followed(version), bytes }
}

fn ticket(look: Look<&'static str>) -> Ticket {
    match look {
        Look::Check(ticket) => ticket,
        other => panic!("a ticket was expected, not {other:?}"),
    }
}

fn served(look: Look<&'static str>) -> Served<&'static str> {
    match look {
        Look::Serve(served) => served,
        other => panic!("a snapshot was expected, not {other:?}"),
    }
}

/// Reserves for a load of which nothing is shared.
fn reserve(cache: &mut Cache<&'static str>, name: &str, ticket: Ticket, fetch: u64, total: u64) -> Result<Room> {
    cache.reserve(name, ticket, (fetch, total), 0, |_| Base { snapshot: Arc::new("what is shared"), bytes: 0 })
}

fn fill(cache: &mut Cache<&'static str>, name: &'static str, bytes: u64, now_ms: u64) -> Result<Room> {
    let ticket = ticket(cache.look(name, now_ms, TTL_MS));
    let room = reserve(cache, name, ticket, bytes, bytes)?;
    cache.settle(name, ticket, now_ms, Outcome::Loaded(loaded(name, 1, bytes))).unwrap().unwrap();
    Ok(room)
}

#[test]
fn one_request_loads_and_the_others_wait_then_serve() {
    let mut cache = cache(100);
    let ticket = ticket(cache.look("c", 0, TTL_MS));
    assert!(matches!(cache.look("c", 1, TTL_MS), Look::Wait));
    assert!(matches!(cache.look("c", 2, TTL_MS), Look::Wait));
    cache.settle("c", ticket, 10, Outcome::Loaded(loaded("one", 1, 10))).unwrap().unwrap();
    let answer = served(cache.look("c", 500, TTL_MS));
    assert_eq!((*answer.snapshot, answer.head_age_ms, answer.stale), ("one", 490, None));
}

#[test]
fn while_one_checks_the_others_serve_what_is_held() {
    let mut cache = cache(100);
    fill(&mut cache, "c", 10, 0).unwrap();
    let ticket = ticket(cache.look("c", 1000, TTL_MS));
    assert_eq!(served(cache.look("c", 1500, TTL_MS)).head_age_ms, 1500);
    let outcome = Outcome::Loaded(loaded("two", 2, 10));
    assert_eq!(*cache.settle("c", ticket, 1600, outcome).unwrap().unwrap().snapshot, "two");
    assert_eq!(*served(cache.look("c", 1700, TTL_MS)).snapshot, "two");
}

#[test]
fn a_silent_loader_loses_its_ticket_but_not_what_has_landed() {
    let mut cache = cache(100);
    let first = ticket(cache.look("c", 0, TTL_MS));
    let blob = BlobRef::of(b"landed");
    let landed = || blob.verify_copy(b"landed").unwrap();
    assert!(cache.land("c", first, landed()));
    assert!(cache.beat("c", first, 3000));
    assert!(matches!(cache.look("c", 3000 + STALLED_MS - 1, TTL_MS), Look::Wait));
    let second = ticket(cache.look("c", 3000 + STALLED_MS, TTL_MS));
    assert!(cache.has_landed("c", second, &blob.hash));
    assert!(!cache.beat("c", first, 9000) && !cache.land("c", first, landed()));
    assert!(cache.settle("c", first, 9000, Outcome::Loaded(loaded("late", 1, 10))).is_none());
    assert!(cache.settle("c", second, 9000, Outcome::Loaded(loaded("second", 1, 10))).unwrap().is_ok());
}

#[test]
fn a_failure_leaves_the_last_good_snapshot_and_says_so() {
    let mut cache = cache(100);
    fill(&mut cache, "c", 10, 0).unwrap();
    let check = ticket(cache.look("c", 1000, TTL_MS));
    let error = Error::new(Code::HashMismatch, "damaged");
    let manifest = Hash::of(b"damaged");
    let outcome = Outcome::Failed { manifest: Some(manifest), error };
    let answer = cache.settle("c", check, 1000, outcome).unwrap().unwrap();
    assert_eq!((*answer.snapshot, answer.stale, answer.head_age_ms), ("c", Some(Code::HashMismatch), 1000));
    let again = ticket(cache.look("c", 2001, TTL_MS));
    assert!(cache.too_early("c", again, manifest, 1999).is_some());
    assert!(cache.too_early("c", again, Hash::of(b"another"), 1999).is_none());
    assert!(cache.too_early("c", again, manifest, 2001).is_none());
    let answer = cache.settle("c", again, 2001, Outcome::Loaded(loaded("repaired", 2, 10))).unwrap().unwrap();
    assert_eq!((*answer.snapshot, answer.stale), ("repaired", None));
}

#[test]
fn the_same_failure_is_tried_ever_more_seldom() {
    let mut cache = cache(100);
    let manifest = Hash::of(b"m");
    let mut tries_ms = Vec::new();
    for now_ms in (0..120_000).step_by(1000) {
        let check = ticket(cache.look("c", now_ms, TTL_MS));
        if cache.too_early("c", check, manifest, now_ms).is_none() {
            tries_ms.push(now_ms);
        }
        let outcome = Outcome::Failed { manifest: Some(manifest), error: Error::corrupt("damaged") };
        assert_eq!(cache.settle("c", check, now_ms, outcome).unwrap().unwrap_err().code(), Code::Corrupt);
        assert!(matches!(cache.look("c", now_ms + 999, TTL_MS), Look::Fail(e) if e.code() == Code::Corrupt));
    }
    assert_eq!(tries_ms, [0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
}

#[test]
fn the_longest_unused_collection_makes_room() {
    let mut cache = cache(100);
    fill(&mut cache, "a", 40, 0).unwrap();
    fill(&mut cache, "b", 40, 0).unwrap();
    served(cache.look("a", 1, TTL_MS));
    assert_eq!(fill(&mut cache, "c", 50, 2), Ok(Room::Beside));
    served(cache.look("a", 3, TTL_MS));
    ticket(cache.look("b", 3, TTL_MS));
    assert_eq!(cache.used_bytes(), 90);
}

#[test]
fn what_can_never_fit_is_over_budget_and_lets_nothing_go() {
    let mut cache = cache(100);
    fill(&mut cache, "a", 40, 0).unwrap();
    assert_eq!(fill(&mut cache, "big", 101, 0).unwrap_err().code(), Code::OverBudget);
    served(cache.look("a", 1, TTL_MS));
}

#[test]
fn a_collection_that_does_not_fit_twice_is_replaced() {
    let mut cache = cache(100);
    fill(&mut cache, "c", 60, 0).unwrap();
    let held = Arc::downgrade(&served(cache.look("c", 1, TTL_MS)).snapshot);
    let check = ticket(cache.look("c", 1000, TTL_MS));
    assert_eq!(reserve(&mut cache, "c", check, 30, 90), Ok(Room::Beside));
    assert_eq!(reserve(&mut cache, "c", check, 60, 70), Ok(Room::Instead));
    assert!(held.upgrade().is_none(), "what was let go is freed");
    assert!(cache.standing("c", check).unwrap().held.is_none());
    assert_eq!(cache.standing("c", check).unwrap().last_good, Some(followed(1)));
    assert_eq!(cache.used_bytes(), 60);
}

#[test]
fn loads_under_way_count() {
    let mut cache = cache(100);
    let a = ticket(cache.look("a", 0, TTL_MS));
    let b = ticket(cache.look("b", 0, TTL_MS));
    assert_eq!(reserve(&mut cache, "a", a, 60, 60), Ok(Room::Beside));
    assert_eq!(reserve(&mut cache, "b", b, 60, 60).unwrap_err().code(), Code::NotReady);
    assert!(cache.settle("a", a, 0, Outcome::Failed { manifest: None, error: Error::corrupt("x") }).unwrap().is_err());
    assert_eq!(reserve(&mut cache, "b", b, 60, 60), Ok(Room::Beside));
}

#[test]
fn a_load_whose_client_went_away_makes_room() {
    let mut cache = cache(100);
    let gone = ticket(cache.look("a", 0, TTL_MS));
    assert_eq!(reserve(&mut cache, "a", gone, 60, 60), Ok(Room::Beside));
    let blob = BlobRef::of(b"landed").verify_copy(b"landed").unwrap();
    let landed = Arc::downgrade(blob.bytes());
    assert!(cache.land("a", gone, blob));
    let check = ticket(cache.look("b", STALLED_MS, TTL_MS));
    let shared = |_: &&'static str| Base { snapshot: Arc::new(""), bytes: 0 };
    assert!(cache.reserve("b", check, (60, 60), STALLED_MS - 1, shared).is_err());
    assert_eq!(cache.reserve("b", check, (60, 60), STALLED_MS, shared), Ok(Room::Beside));
    assert!(landed.upgrade().is_none() && !cache.beat("a", gone, STALLED_MS));
}

#[test]
fn a_collection_that_is_gone_is_let_go_but_its_version_is_remembered() {
    let mut cache = cache(100);
    let check = ticket(cache.look("c", 0, TTL_MS));
    cache.accepted("c", check, Seen { version: 7, key_list: 0 });
    cache.settle("c", check, 0, Outcome::Loaded(loaded("c", 7, 10))).unwrap().unwrap();
    let check = ticket(cache.look("c", 1000, TTL_MS));
    let gone = Outcome::Gone(Error::new(Code::CollectionNotFound, "gone"));
    assert!(cache.settle("c", check, 1000, gone).unwrap().is_err());
    assert_eq!(cache.used_bytes(), 0);
    let check = ticket(cache.look("c", 1001, TTL_MS));
    assert_eq!(cache.standing("c", check).unwrap().seen.version, 7);
}

#[test]
fn names_from_outside_do_not_pile_up() {
    let mut cache = cache(100);
    fill(&mut cache, "kept", 10, 0).unwrap();
    for n in 0..3 * MAX_COLLECTIONS {
        let name = format!("stranger-{n}");
        let check = ticket(cache.look(&name, 0, TTL_MS));
        let error = Error::new(Code::StorageFailed, "down");
        assert!(cache.settle(&name, check, 0, Outcome::Failed { manifest: None, error }).unwrap().is_err());
    }
    assert!(cache.entries.len() <= MAX_COLLECTIONS);
    served(cache.look("kept", 1, TTL_MS));
}
