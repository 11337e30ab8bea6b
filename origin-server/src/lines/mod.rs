//! What came in place of points, a point a line: named, so that whoever sent it knows what to do.
//!
//! | file | job |
//! | --- | --- |
//! | `kind` | what bytes are that are no lines of JSON at all, by how they begin |
//! | `table` | tables, and the column that holds the ids |
//! | `fault` | what is wrong with one line |

mod fault;
mod kind;
mod table;

pub(crate) use fault::Fault;
pub(crate) use kind::Kind;
use table::Table;

/// A byte order mark: some editors and exports begin UTF-8 with it, and it means nothing.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The bytes without a byte order mark before them.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}
