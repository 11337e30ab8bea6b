//! How long the server waits for clients, and how much it holds for them.

use std::time::Duration;

/// Limits of connections and of requests under way. All can be set, so that tests need not wait.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A whole head of a request arrives within this time, or the connection is closed, whether nothing came or only a
    /// part. The same limit ends idle connections, so it is longer than proxies keep theirs (nginx: 60 s): they must
    /// not send into a closed one.
    pub head: Duration,
    /// The next piece of a body arrives within this time.
    pub piece: Duration,
    /// All of a body's waits together take no longer than this and what [`Self::body_bytes_per_second`] allows for what
    /// has arrived. The server's own work on an NDJSON stream is not counted.
    pub body: Duration,
    /// The least rate of a body, in the long run: a tenth of what the slowest mobile networks give.
    pub body_bytes_per_second: u64,
    /// A client takes more of its answer within this time.
    pub answer: Duration,
    /// A body waits no longer than this for room among those that are held in memory.
    pub room: Duration,
    /// Connections at once; most systems give a process 1,024 files. Past that idle ones are closed, then those whose
    /// request has not arrived whole, the oldest first.
    pub connections: usize,
    /// Bytes of batches that are held in memory at once: sixteen of the largest.
    pub batch_bytes: usize,
    /// Bytes of queries, schemas and other small bodies that are held in memory at once.
    pub small_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(65),
            piece: Duration::from_secs(30),
            body: Duration::from_secs(60),
            body_bytes_per_second: 1024,
            answer: Duration::from_secs(60),
            room: Duration::from_secs(10),
            connections: 512,
            batch_bytes: 512 * 1024 * 1024,
            small_bytes: 64 * 1024 * 1024,
        }
    }
}
