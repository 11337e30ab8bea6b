//! What a prepared point keeps in memory.
//!
//! An estimate: allocators round up, and maps have room to spare. `core/tests/footprint.rs` compares it with what is
//! really allocated.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value};

use super::PreparedPoint;
use crate::text::Words;

/// What an allocation takes beside what was asked for: its header, and half of what it is rounded up to.
const ALLOCATION_BYTES: usize = 16;
/// Members for which a node of a map has room, whether they are there or not.
const NODE_MEMBERS: usize = 11;

impl PreparedPoint {
    /// Bytes that it keeps in memory. Complexity: one pass over the payload's values.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let vectors =
            self.vectors.iter().map(|v| size_of::<Vec<f32>>() + ALLOCATION_BYTES + v.len() * size_of::<f32>());
        let texts = self.texts.iter().map(|words| size_of::<Words>() + 2 * ALLOCATION_BYTES + words.resident_bytes());
        let lists = 2 * ALLOCATION_BYTES + vectors.sum::<usize>() + texts.sum::<usize>();
        let payload = object(&self.payload) + text(self.payload_text.as_str());
        // The two counters of its `Arc`.
        let itself = size_of::<Self>() + 2 * size_of::<usize>() + ALLOCATION_BYTES;
        (itself + text(&self.id) + lists + payload) as u64
    }
}

fn text(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + ALLOCATION_BYTES }
}

/// What a map keeps beside itself. Nodes that were split are about half full.
fn object(members: &Map<String, Value>) -> usize {
    let nodes = match members.len() {
        0 => 0,
        one if one <= NODE_MEMBERS => 1,
        more => more.div_ceil(NODE_MEMBERS / 2 + 1),
    };
    let node = NODE_MEMBERS * (size_of::<String>() + size_of::<Value>()) + ALLOCATION_BYTES;
    nodes * node + members.iter().map(|(name, member)| text(name) + value(member)).sum::<usize>()
}

/// What a value keeps beside itself. Payloads have passed the limit on their depth, so this ends.
fn value(value: &Value) -> usize {
    match value {
        Value::String(string) => text(string),
        Value::Array(items) if items.is_empty() => 0,
        Value::Array(items) => {
            ALLOCATION_BYTES + items.len() * size_of::<Value>() + items.iter().map(self::value).sum::<usize>()
        }
        Value::Object(members) => object(members),
        _ => 0,
    }
}
