//! Schemas: what is accepted is written and read again as the same, and a point of it can be published and opened.

use std::sync::Arc;

use headwater_core::bytes::AlignedBytes;
use headwater_core::ingest::{Models, prepare};
use headwater_core::limits::MAX_SCHEMA_BYTES;
use headwater_core::model::{Point, Schema};
use headwater_core::segment::{Segment, SegmentBuilder};

use crate::memory;

/// See the module.
pub fn run(data: &[u8]) {
    // Hosts look at the length before they parse.
    if data.len() > MAX_SCHEMA_BYTES {
        return;
    }
    let Ok(schema) = memory::limited(|| Schema::from_json(data)) else { return };
    let text = serde_json::to_vec(&schema).expect("a schema is JSON");
    assert_eq!(Schema::from_json(&text).as_ref(), Ok(&schema), "a schema changes when it is written");
    publish(&schema);
}

/// Publishes a few points.
fn publish(schema: &Schema) {
    let mut builder = SegmentBuilder::new(schema);
    for n in 0..3u8 {
        let vector = |dim: u32| (0..dim).map(|i| f32::from(n) - (i % 7) as f32).collect();
        let vectors = schema.vectors.iter().map(|(name, field)| (name.clone(), vector(field.dim))).collect();
        let point = Point { id: n.to_string(), vectors, ..Point::default() };
        let point = prepare(point, schema, &Models::default()).expect("the point is as the schema says");
        builder.push(Arc::new(point)).expect("there is room");
    }
    let bytes = builder.finish(&mut |_, _, _| ()).expect("a segment");
    let opened = memory::limited(|| Segment::open(Arc::new(AlignedBytes::copy_from(&bytes)), schema));
    assert_eq!(opened.expect("what was published can be opened").points(), 3);
}
