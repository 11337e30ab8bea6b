//! How much may be unpublished, and publishing without being asked.
//!
//! ```text
//! write ── reserve ── queue ── durable ── memtable ── settle ── a lot? ── publisher ── publish ── settle
//!             └── too much: `pending_full`, which says what to do
//! ```
//!
//! Unpublished changes are kept in memory, whole, until a publish writes them into a segment, and a start reads them
//! back. So there is a limit for each collection and one for all of a server, whose memory they share. What is counted
//! is what the memtables keep, and what writes under way will add to them. A write is refused when the limit is
//! reached, not when it would be: so a batch of any size is taken once there is room, and the limits are passed by one
//! batch at most.
//!
//! | file | job |
//! | --- | --- |
//! | `budget` | the limits, and who keeps how much |
//! | `publisher` | publishes what has become large, one collection at a time |

mod budget;
mod publisher;

pub(crate) use budget::{Account, Reservation};
pub use budget::{Budget, Limits};
pub(crate) use publisher::run;
