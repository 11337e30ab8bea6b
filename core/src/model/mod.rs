//! The words of the API, each type written once: what JSON over HTTP, the CLI, JavaScript and the
//! core exchange. TypeScript and OpenAPI descriptions are generated from these definitions.
//!
//! | file | holds |
//! | --- | --- |
//! | `schema` | what a collection declares: vectors, filterable fields |
//! | `vector_field` | what a schema says of one vector |
//! | `point` | an id with vectors and payload, batches of them, receipts of writes |
//! | `payload` | what a point carries besides vectors, as a tree and as text |
//! | `filter` | the filter language and its parser |
//! | `query` | a search and its answer |
//! | `problem` | an error as an RFC 9457 document |
//! | `status` | what a collection or replica says of itself |

mod filter;
mod payload;
mod point;
mod problem;
mod query;
mod schema;
mod status;
mod vector_field;

#[cfg(feature = "typescript")]
pub use filter::FILTER_TYPESCRIPT;
pub use filter::{Condition, Filter, Scalar};
pub use payload::{Payload, PayloadText};
pub use point::{DeleteBatch, Point, PointBatch, PublishReceipt, StoredPoint, WriteReceipt};
pub use problem::Problem;
pub use query::{Answer, AnsweredBy, Hit, Query, SegmentPlan, Strategy};
pub use schema::{FieldType, Schema};
pub use status::{CollectionStatus, Phase, Progress, ReplicaState, ReplicaStatus, SyncReport};
pub use vector_field::{Coarse, Embed, GraphOptions, Metric, Precision, Tier, VectorField};
