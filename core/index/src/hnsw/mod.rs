//! The graph: Hierarchical Navigable Small World (Malkov and Yashunin, arXiv 1603.09320) over
//! quantized codes.
//!
//! ```text
//! build   Codes, perhaps OneBitRows ── GraphBuilder ── finish (batch after batch) ──> GraphParts (bytes by section)
//! load    sections ── Graph::new (every link checked) ──> Graph ── search(codes, query, ef, accept)
//! ```
//!
//! | file | job |
//! | --- | --- |
//! | `builder` | inserts points in batches, on all cores, and writes the sections |
//! | `level` | the lists of a level in the making |
//! | `edges` | which neighbours a node keeps |
//! | `heaps` | how copies hang on the one of them that is in the graph |
//! | `links` | lists as bytes |
//! | `graph` | the view over the sections and its validator |
//! | `search` | best-first search of one level, shared by builder and graph |
//! | `navigate` | what a search steers by: codes, or 1-bit codes while building |
//! | `visited` | which nodes a search has seen |
//! | `audit` | what a walk finds of a sample's neighbours |
//!
//! Sections of a vector field with n points, `u32` but for links, which are bytes:
//!
//! ```text
//! graph header   m, ground links a node at most, upper levels, entry ordinal
//! ground offsets n + 1        node i's neighbours are the bytes [offsets[i], offsets[i + 1]) of ground links
//! ground links                lists of ordinals, see `links`
//! upper levels   levels + 1   nodes of level l + 1 are upper nodes [levels[l], levels[l + 1])
//! upper nodes                 ordinals, ascending inside a level
//! upper offsets  nodes + 1    the same as ground offsets, by position in upper nodes
//! upper links
//! ```
//!
//! Departures from the paper: points are inserted in batches, each spread over all clusters (`builder`), and levels
//! come from a hash of seed and ordinal, so that the same points give the same bytes everywhere and with any number of
//! threads; all unseen neighbours of a node are compared at once, so that their codes come from memory together; the
//! pruned candidates are not kept (the paper's `keepPrunedConnections` is off: fewer bytes, no loss of recall
//! measured).
//!
//! Copies (points that no score tells apart, or hardly, `copies`): one of them is in the graph and the others hang on
//! it. Linked like others they would fill one another's lists, a search that comes upon them would not get away, and
//! what lies behind would be lost: 6,000 copies among 15,000 points left a recall of .58. To let only links of equal
//! length strike one another out (as Qdrant does since August 2026) makes lists lead away again, but copies still fill
//! the candidates of every search, while building too. To keep copies in lists of their own beside the nodes (pgvector
//! has room for ten) would take another section. What the walk does about them is the other half (`search`): it
//! explores a node that scores as the one it came from after all others, so that copies take no places from what is
//! nearer.
//!
//! Steering: walks steer by the codes that rank hits. A builder may steer by 1-bit codes instead (`steered_by`): what
//! it reads of a node is then a cache line or two, and not a whole code. The candidates that it keeps are compared by
//! codes before edges are chosen, so estimates decide only which nodes are looked at. They cost as much as they save
//! while codes are a few cache lines long; `segment::vectors` says from where on they are used.
//!
//! **Invariant**: a [`Graph`] has only links to existing nodes, and an upper node's neighbours lie
//! on its own level. A search therefore ends: it visits each node once at most.

mod audit;
mod builder;
#[cfg(test)]
mod copy_tests;
mod edges;
mod graph;
mod heaps;
mod level;
mod links;
mod navigate;
mod search;
#[cfg(test)]
mod tests;
mod visited;

pub use builder::{GraphBuilder, GraphParts};
pub use graph::GraphSections;
pub use graph::{Graph, GraphHeader};
pub use search::Walked;

pub use crate::top_k::Candidate;
