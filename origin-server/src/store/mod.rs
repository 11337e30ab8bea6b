//! The durable log and point store, behind a trait so that another store could take SlateDB's place.
//!
//! | file | job |
//! | --- | --- |
//! | `slate` | SlateDB: keys, batches, fencing |
//! | `record` | the bytes of a stored point |
//! | `stall` | whether it takes writes |

mod record;
mod slate;
mod stall;

use std::sync::Arc;

use async_trait::async_trait;
use headwater_core::error::{Error, Result};
use headwater_core::ids::Lsn;
use headwater_core::model::Point;
pub use slate::{SlateStore, Upkeep};
pub use stall::Stall;

/// One logged operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Puts a point.
    Upsert(Point),
    /// Deletes a point.
    Delete(String),
}

impl Op {
    /// The id that changes.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Upsert(point) => &point.id,
            Self::Delete(id) => id,
        }
    }
}

/// What a point was before an operation changed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The operation that changed it.
    pub lsn: Lsn,
    /// What it was.
    pub point: Point,
}

/// Points by id.
#[async_trait]
pub trait Points: Send + Sync {
    /// The state of each point, in the order of the ids; none where there is no such point. Only
    /// durable states are seen.
    async fn get_many(&self, collection: &str, ids: &[String]) -> Result<Vec<Option<Point>>>;
}

/// Holds the points of all collections, the log of changes that are not published yet, and small
/// named records. Collection names contain no NUL.
///
/// A write returns when it is durable or has failed, however long that takes: [`Stall`] knows when it takes too long.
#[async_trait]
pub trait PointStore: Points {
    /// Applies operations with consecutive numbers from `first`, all or none, and returns when they
    /// are durable. Of those that `keep` names by position, what the point was before is kept: a published version
    /// holds it.
    async fn append(&self, collection: &str, first: Lsn, ops: &[Op], keep: &[usize]) -> Result<()>;
    /// What was kept of points that operations after `after` have changed, ascending by operation.
    async fn earlier(&self, collection: &str, after: Lsn) -> Result<Vec<Earlier>>;
    /// Forgets what was kept for operations up to `through`.
    async fn forget_earlier(&self, collection: &str, through: Lsn) -> Result<()>;
    /// The points as they are now, untouched by what is written later.
    fn freeze(&self) -> Result<Arc<dyn Points>>;
    /// Numbers and ids of logged operations after `after`, ascending, the first `at_most` of them.
    async fn log(&self, collection: &str, after: Lsn, at_most: usize) -> Result<Vec<(Lsn, String)>>;
    /// Forgets logged operations up to `through`.
    async fn trim(&self, collection: &str, through: Lsn) -> Result<()>;
    /// Forgets everything of a collection.
    async fn remove(&self, collection: &str) -> Result<()>;
    /// Writes a record and returns when it is durable.
    async fn put_record(&self, kind: &str, name: &str, value: Vec<u8>) -> Result<()>;
    /// Removes a record.
    async fn remove_record(&self, kind: &str, name: &str) -> Result<()>;
    /// All records of a kind, by name.
    async fn records(&self, kind: &str) -> Result<Vec<(String, Vec<u8>)>>;
    /// Fails when writing has ended here: the store was closed, or another process took it over.
    fn check_open(&self) -> Result<()>;
    /// Proves, by a durable write, that no other process has taken the store over.
    async fn prove_ownership(&self) -> Result<()>;
    /// Waits until writing has ended here, and says why.
    async fn ended(&self) -> Error;
    /// Whether it takes writes.
    fn stall(&self) -> &Stall;
    /// Flushes and lets go; gives up where the store takes no writes.
    async fn close(&self) -> Result<()>;
}
